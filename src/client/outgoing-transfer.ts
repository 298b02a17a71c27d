import { FILES_PER_SESSION, type Outcome, type OutgoingFile } from '../cpm/index.js'
import { formatOctets, sha1Hash } from '../sdp/index.js'
import { parseMediaType } from '../wire/index.js'
import type { Party, SendOptions, TransferFile } from './api.js'
import { CpmftError } from './errors.js'
import { FileReader } from './file-reader.js'
import { type FileInput, type FileSource, type Host, HostError } from './host.js'
import { errorOf, LiveFile, stateOf } from './live-file.js'
import type { LooseEnds } from './loose-ends.js'
import type { MsrpDriver } from './msrp-driver.js'
import type { FileEvent, FileListener, SessionRunner } from './session-runner.js'
import { TransferHandle } from './transfer-handle.js'

export class OutgoingFileView extends LiveFile {
  source: FileSource | undefined
  reader: FileReader | undefined
  runner: SessionRunner | undefined

  constructor(
    readonly fileId: string,
    readonly input: FileInput,
  ) {
    super({ name: nameOf(input), size: undefined, type: 'application/octet-stream', state: 'hashing' })
  }
}

export interface OutgoingTransferOptions {
  readonly id: string
  readonly host: Host
  readonly msrp: MsrpDriver
  readonly peer: Party
  readonly inputs: readonly FileInput[]
  readonly send: SendOptions
  readonly maxFileSize: number | undefined
  readonly looseEnds: LooseEnds
  /** Hands the files to a session: a running one of the same peer, or a new one (CR-16). */
  readonly join: (files: readonly OutgoingFile[], transfer: OutgoingTransfer) => Promise<void>
}

/** Files on their way to one peer: opened, hashed, offered, sent. */
export class OutgoingTransfer extends TransferHandle<OutgoingFileView> implements FileListener {
  readonly #options: OutgoingTransferOptions
  readonly #cancel = new AbortController()
  /** The files that are in hand; a session carries no more (SDP-25). */
  #batch: readonly OutgoingFileView[] = []
  #batchOver: () => void = () => undefined

  constructor(options: OutgoingTransferOptions) {
    super(
      options.id,
      options.peer,
      options.inputs.map((input, index) => new OutgoingFileView(`${options.id}/out-${index + 1}`, input)),
    )
    this.#options = options
    const { signal } = options.send
    const abort = () => this.abort()
    if (signal?.aborted === true) queueMicrotask(abort)
    signal?.addEventListener('abort', abort, { once: true })
    void this.done.then(() => signal?.removeEventListener('abort', abort))
    options.looseEnds.add(this.#start())
  }

  override abort(_reason?: string): void {
    for (const file of this.files) this.abortFile(file)
  }

  override abortFile(file: TransferFile): void {
    const view = this.files.find(candidate => candidate === file)
    if (view === undefined || view.over) return
    if (view.runner === undefined) {
      this.#end(view, 'cancelled', new CpmftError('cancelled'))
      if (this.files.every(({ over }) => over)) this.#cancel.abort()
    } else view.runner.command({ name: 'abort', fileId: view.fileId })
  }

  onFileEvent(event: FileEvent): void {
    const file = this.files.find(({ fileId }) => fileId === event.fileId)
    if (file === undefined) return
    if (event.type === 'need-octets') file.reader?.need(event.position, event.length)
    else if (event.type === 'progress') {
      file.bytes = event.confirmed
      this.emit({ type: 'progress', file, bytes: event.confirmed, sent: event.handed, total: file.size })
    } else if (event.type === 'file') {
      file.id = event.transferId
      const state = stateOf(event.state, event.outcome)
      if (state === undefined) return
      if (state === 'done') {
        file.bytes = file.size ?? file.bytes
        file.confirmed = event.confirmed ?? true
      }
      this.#end(file, state, event.outcome === undefined || state === 'done' ? undefined : errorOf(event.outcome))
    }
  }

  /** The peer's device rings. */
  ringing(): void {
    this.emit({ type: 'ringing' })
  }

  #end(file: OutgoingFileView, state: OutgoingFileView['state'], error: CpmftError | undefined): void {
    const before = file.over
    this.move(file, state, error)
    if (file.over && this.#batch.every(({ over }) => over)) this.#batchOver()
    if (file.over && !before) this.#options.looseEnds.add(file.reader?.stop() ?? file.source?.close())
  }

  /** More files than one session carries go one session after the other: the peer is asked for each. */
  async #start(): Promise<void> {
    for (let first = 0; first < this.files.length; first += FILES_PER_SESSION) {
      this.#batch = this.files.slice(first, first + FILES_PER_SESSION)
      const over = new Promise<void>(resolve => {
        this.#batchOver = resolve
      })
      await this.#offer(this.#batch)
      if (this.#batch.some(file => !file.over)) await over
    }
  }

  async #offer(views: readonly OutgoingFileView[]): Promise<void> {
    const described: { view: OutgoingFileView; file: OutgoingFile }[] = []
    for (const view of views) {
      if (view.over) continue
      try {
        described.push({ view, file: await this.#describe(view) })
      } catch (error) {
        this.#end(view, this.#cancel.signal.aborted ? 'cancelled' : 'failed', asError(error))
      }
    }
    const ready = described.filter(({ view }) => !view.over)
    if (ready.length === 0) return
    try {
      await this.#options.join(
        ready.map(({ file }) => file),
        this,
      )
    } catch (error) {
      for (const { view } of ready) this.#end(view, 'failed', asError(error))
    }
  }

  /** Whether the user still wants this file. */
  wants(fileId: string): boolean {
    return this.#batch.some(view => view.fileId === fileId && !view.over)
  }

  /** Called by the client just before the session gets the files of the batch, so that no event is missed. */
  attach(runner: SessionRunner): void {
    for (const view of this.#batch) {
      const { source } = view
      if (view.over || source === undefined) continue
      view.runner = runner
      runner.listen(view.fileId, this)
      view.reader = new FileReader(
        source,
        this.#options.msrp.ledger,
        (position, bytes) => runner.command({ name: 'octets', fileId: view.fileId, position, bytes }),
        error => runner.command({ name: 'abort', fileId: view.fileId, outcome: outcomeOfHost(error) }),
      )
    }
  }

  async #describe(view: OutgoingFileView): Promise<OutgoingFile> {
    const source = await this.#options.host.open(view.input)
    if (view.over) {
      await source.close()
      throw new CpmftError('cancelled')
    }
    view.source = source
    view.name = source.name
    view.size = source.size
    view.type = source.type
    const { maxFileSize } = this.#options
    if (maxFileSize !== undefined && source.size > maxFileSize) throw new CpmftError('too-large', `The limit is ${maxFileSize} octets.`)
    this.emit({ type: 'hashing', file: view, bytes: 0, total: source.size })
    const sha1 = await source.hash({
      signal: this.#cancel.signal,
      onProgress: bytes => this.emit({ type: 'hashing', file: view, bytes, total: source.size }),
    })
    view.sha1 = formatOctets(sha1)
    return { ...describeSource(source, sha1), fileId: view.fileId, disposition: this.#options.send.disposition ?? 'attachment' }
  }
}

/** Selector and dates of a source as they go into the offer (OA-3, D-16, D-22). */
export function describeSource(source: FileSource, sha1: Uint8Array): Pick<OutgoingFile, 'selector' | 'modified' | 'created'> {
  const type = parseMediaType(source.type)
  return {
    selector: {
      name: source.name,
      ...(type === undefined ? {} : { type }),
      ...(source.size > 0 ? { size: source.size } : {}),
      hashes: [sha1Hash(sha1)],
    },
    ...(source.modified === undefined ? {} : { modified: source.modified }),
    ...(source.created === undefined ? {} : { created: source.created }),
  }
}

/** The error for people behind whatever a host threw. */
export function asError(error: unknown): CpmftError {
  if (error instanceof CpmftError) return error
  if (error instanceof HostError)
    return new CpmftError(error.code === 'aborted' ? 'cancelled' : error.code, undefined, undefined, { cause: error })
  return new CpmftError('internal', error instanceof Error ? error.message : String(error), undefined, { cause: error })
}

/** The same as a session wants it. */
export function outcomeOfHost(error: unknown): Outcome {
  const { code, message } = asError(error)
  return { code: code as Outcome['code'], detail: message }
}

function nameOf(input: FileInput): string {
  if (typeof input === 'string') return input.slice(Math.max(input.lastIndexOf('/'), input.lastIndexOf('\\')) + 1)
  if (input instanceof URL) return decoded(input.pathname.slice(input.pathname.lastIndexOf('/') + 1))
  return 'name' in input && typeof input.name === 'string' ? input.name : 'unnamed'
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
