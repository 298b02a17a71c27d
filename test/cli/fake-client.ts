import type { Client, ClientOptions, IncomingOffer, OfferedFile, ReceivedFile, Transfer, TransferEvent } from '../../src/client/api.js'
import { CpmftError } from '../../src/client/errors.js'
import type { Notice, RegistrationNews, Share, SharedFile } from '../../src/client/api.js'
import type { HistoryQuery, Store, StoredCapabilities, StoredTransfer } from '../../src/client/store.js'
import type { TraceEntry } from '../../src/trace/entry.js'

/** A file of a transfer; done and confirmed unless told otherwise. */
export function transferFile(fields: Partial<ReceivedFile> = {}): ReceivedFile {
  return {
    id: 'f1',
    name: 'plan.pdf',
    size: 1_300_000,
    type: 'application/pdf',
    sha1: 'AA:BB',
    state: 'done',
    bytes: 1_300_000,
    confirmed: true,
    path: undefined,
    error: undefined,
    readable: new ReadableStream<Uint8Array<ArrayBuffer>>(),
    ...fields,
  }
}

export function offeredFile(fields: Partial<OfferedFile> = {}): OfferedFile {
  return {
    id: 'f1',
    name: 'plan.pdf',
    size: 1_300_000,
    type: 'application/pdf',
    sha1: 'AA:BB',
    disposition: 'attachment',
    description: undefined,
    modified: undefined,
    icon: undefined,
    unavailable: undefined,
    ...fields,
  }
}

/** A transfer that tells each file's progress and end; with `hang` it ends only when aborted. */
export class FakeTransfer implements Transfer<ReceivedFile> {
  readonly peer = { uri: 'sip:bob@example.org', displayName: undefined, identity: 'unverified', known: false } as const
  readonly aborted: (string | undefined)[] = []
  readonly done: Transfer['done']
  #end: (report: Awaited<Transfer['done']>) => void = () => {}
  #abort: () => void = () => {}
  readonly #abortion = new Promise<void>(resolve => (this.#abort = resolve))

  constructor(
    public files: readonly ReceivedFile[],
    private readonly options: { readonly hang?: boolean; readonly error?: CpmftError } = {},
    readonly id = 't1',
  ) {
    this.done = new Promise(resolve => (this.#end = resolve))
  }

  abort(reason?: string): void {
    this.aborted.push(reason)
    this.#abort()
  }

  abortFile(): void {}

  /** `pause`, `continue`, in order. */
  readonly holds: string[] = []

  pause(): void {
    this.holds.push('pause')
  }

  continue(): void {
    this.holds.push('continue')
  }

  async *[Symbol.asyncIterator](): AsyncIterator<TransferEvent> {
    yield { type: 'ringing' }
    for (const file of this.files) yield { type: 'progress', file, bytes: 1000, sent: 2000, total: file.size }
    if (this.options.hang) {
      await this.#abortion
      this.files = this.files.map(file => ({ ...file, state: 'cancelled', error: new CpmftError('cancelled') }))
    }
    for (const file of this.files) yield { type: 'state', file, state: file.state }
    const report = { ok: this.files.every(file => file.state === 'done'), files: this.files, error: this.options.error }
    this.#end(report)
    yield { type: 'done', report }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}

/** An offer that writes down how it was answered. */
export class FakeOffer implements IncomingOffer {
  readonly id = 'o1'
  declare readonly accepted?: Transfer<ReceivedFile>
  readonly from: IncomingOffer['from'] = { uri: 'sip:alice@example.com', displayName: 'Alice Reed', identity: 'unverified', known: false }
  readonly subject: string | undefined = undefined
  readonly conversationId = 'c1'
  readonly contributionId = 'c2'
  readonly answers: string[] = []
  readonly withdrawal = new AbortController()
  readonly signal = this.withdrawal.signal

  constructor(
    readonly files: readonly OfferedFile[],
    private readonly transfer = new FakeTransfer([transferFile({ path: '/in/plan.pdf' })]),
    more: Partial<Pick<IncomingOffer, 'from' | 'accepted'>> = {},
  ) {
    if (more.from !== undefined) this.from = more.from
    if (more.accepted !== undefined) this.accepted = more.accepted
  }

  get totalSize(): number {
    return this.files.reduce((sum, file) => sum + (file.size ?? 0), 0)
  }

  accept(files: readonly OfferedFile[] = this.files, options: object = {}): Transfer<ReceivedFile> {
    this.answers.push(`accept ${files.map(file => file.id).join(',')} ${JSON.stringify(options)}`)
    return this.transfer
  }

  async decline(): Promise<void> {
    this.answers.push('decline')
  }

  ignore(): void {
    this.answers.push('ignore')
  }
}

const SESSION_ENDED: TraceEntry = { v: 1, kind: 'state', time: 1, party: 'a', machine: 'session', subject: 'b', state: 'ended' }

/** A client that sends what it is told to send and has the offers it was given; then it waits. */
export class FakeClient implements Client {
  readonly aor: string
  readonly contact = 'sip:me@127.0.0.1:5070'
  readonly ready: Promise<void>
  readonly sent: unknown[][] = []
  readonly store: Store | undefined
  closed = 0

  constructor(
    options: ClientOptions,
    private readonly world: {
      transfer?: Transfer
      offers?: readonly IncomingOffer[]
      entries?: readonly TraceEntry[]
      ready?: Promise<void> | ((options: ClientOptions) => Promise<void>)
      notices?: readonly Notice[]
      registration?: readonly RegistrationNews[]
      fetched?: readonly Transfer[]
      shared?: readonly Transfer[]
    },
    store?: Store,
  ) {
    this.aor = options.aor
    this.store = store
    this.ready = typeof world.ready === 'function' ? world.ready(options) : (world.ready ?? Promise.resolve())
  }

  send(...call: Parameters<Client['send']>): Transfer {
    this.sent.push(call)
    return this.world.transfer ?? new FakeTransfer([transferFile()])
  }

  async *offers({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<IncomingOffer> {
    for (const offer of this.world.offers ?? []) {
      signal?.throwIfAborted()
      yield offer
    }
    signal?.throwIfAborted()
    await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }

  get(...call: Parameters<Client['get']>): Transfer<ReceivedFile> {
    this.sent.push(['get', ...call])
    return (this.world.transfer as Transfer<ReceivedFile> | undefined) ?? new FakeTransfer([transferFile({ path: '/in/plan.pdf' })])
  }

  async share(...call: Parameters<Client['share']>): Promise<Share> {
    this.sent.push(['share', ...call])
    const files: SharedFile[] = [{ name: 'plan.pdf', size: 5, type: 'a/b', sha1: 'AA' }]
    const { shared = [] } = this.world
    let end = (): void => {}
    const closed = new Promise<void>(resolve => {
      end = resolve
    })
    return {
      files,
      close: async () => end(),
      [Symbol.asyncDispose]: async () => end(),
      async *[Symbol.asyncIterator]() {
        yield* shared
        await closed
      },
    }
  }

  async interrupted(): Promise<StoredTransfer[]> {
    return []
  }

  async resume(...call: Parameters<Client['resume']>): Promise<Transfer> {
    this.sent.push(['resume', ...call])
    return this.world.transfer ?? new FakeTransfer([transferFile()])
  }

  async retry(...call: Parameters<Client['retry']>): Promise<Transfer> {
    this.sent.push(['retry', ...call])
    return this.world.transfer ?? new FakeTransfer([transferFile()])
  }

  async history(query: HistoryQuery = {}): Promise<StoredTransfer[]> {
    return (await this.store?.transfers(query)) ?? []
  }

  async *notices({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<Notice> {
    yield* this.world.notices ?? []
    if (signal?.aborted !== true) await new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }

  async *registration(): AsyncGenerator<RegistrationNews> {
    yield* this.world.registration ?? []
  }

  async *fetched(): AsyncGenerator<Transfer> {
    yield* this.world.fetched ?? []
  }

  async displayed(...call: Parameters<Client['displayed']>): Promise<void> {
    this.sent.push(['displayed', ...call])
  }

  async capabilities(uri: string): Promise<StoredCapabilities> {
    return { uri, fileTransfer: true, maxSize: undefined, tags: [], learned: 0 }
  }

  async *trace(): AsyncGenerator<TraceEntry> {
    yield* this.world.entries ?? [SESSION_ENDED]
  }

  async close(): Promise<void> {
    this.closed++
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
