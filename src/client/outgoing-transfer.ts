import { FILES_PER_SESSION, type Icon, type NotifyRequest, type Outcome, type OutgoingFile, type RelayPath } from '../cpm/index.js'
import { formatOctets } from '../sdp/index.js'
import type { Notice, SendOptions, TransferFile } from './api.js'
import { describeSource, nameOf } from './describe-source.js'
import { CpmftError } from './errors.js'
import type { FileInput, FileSource, Host } from './host.js'
import type { AwaitedFile } from './notice-desk.js'
import { asError, type SendingOptions, SendingTransfer, SentFileView } from './sending-transfer.js'
import type { SessionRunner } from './session-runner.js'
import { REFUSED_UNASKED, RESUME_STEP_BACK } from './limits.js'

/** What is to be sent; with `resume` the rest of a file that was sent in part before. */
export interface FilePlan {
  readonly input: FileInput
  /** Place in the record of the transfer. */
  readonly index: number
  readonly resume?: { readonly confirmed: number; readonly sha1: string }
}

export class OutgoingFileView extends SentFileView {
  /** Octets that are not offered again. */
  startAt = 0
  /** When the peer's device began to ring. */
  rangAt = Number.NEGATIVE_INFINITY
  /** It was to join a session that ran already (CR-16): once, since one that is gone is no reason to fail. */
  joins = false
  hasJoined = false

  constructor(
    readonly plan: FilePlan,
    label: string,
  ) {
    super({ name: nameOf(plan.input), size: undefined, type: 'application/octet-stream', state: 'hashing' })
    this.index = plan.index
    this.fileId = `${label}/out-${plan.index + 1}`
    if (typeof plan.input === 'string') this.path = plan.input
    if (plan.resume === undefined) return
    // A process that dies while it hashes again must not lose what is known
    this.sha1 = plan.resume.sha1
    this.bytes = plan.resume.confirmed
  }
}

/** Failures that trying again in the same way does not cure (RCS-13). */
const HOPELESS: ReadonlySet<string> = new Set([
  'not-supported',
  'unsupported-media',
  'unreachable',
  'connection-refused',
  'connection-timeout',
])

export interface OutgoingTransferOptions extends SendingOptions {
  readonly host: Host
  readonly plans: readonly FilePlan[]
  readonly send: SendOptions
  readonly maxFileSize: number | undefined
  /** Octets above which the user is warned (RCS-6). */
  readonly warnSize: number | undefined
  /** Hands the files to a session: a running one of the same peer, or a new one (CR-16). */
  readonly join: (files: readonly OutgoingFile[], transfer: OutgoingTransfer) => Promise<void>
  /** A little picture and a request for notifications to go with the file, each where wanted and to be had. */
  readonly extras: (
    source: FileSource,
    awaited: AwaitedFile,
  ) => Promise<{ readonly icon?: Icon; readonly notify?: NotifyRequest; readonly relay?: RelayPath }>
  /** The peer took none of it because it cannot. */
  readonly onIncapable: () => void
  /** Another way to this peer. */
  readonly fallback: () => 'http' | 'sms-link' | 'none'
}

/** Files on their way to one peer: opened, hashed, offered, sent. */
export class OutgoingTransfer extends SendingTransfer<OutgoingFileView> {
  readonly #options: OutgoingTransferOptions
  readonly #cancel = new AbortController()
  readonly #offered = new Map<OutgoingFileView, OutgoingFile>()
  /** The files that are in hand; a session carries no more (SDP-25). */
  #batch: readonly OutgoingFileView[] = []
  #batchOver: () => void = () => undefined

  constructor(options: OutgoingTransferOptions) {
    super(
      options,
      options.plans.map(plan => new OutgoingFileView(plan, options.label)),
    )
    this.#options = options
    const { signal } = options.send
    const abort = () => this.abort()
    if (signal?.aborted === true) queueMicrotask(abort)
    signal?.addEventListener('abort', abort, { once: true })
    void this.done.then(() => signal?.removeEventListener('abort', abort))
    this.entry.save(this.files)
    options.looseEnds.add(this.#start())
  }

  override abortFile(file: TransferFile): void {
    super.abortFile(file)
    if (this.files.every(({ over }) => over)) this.#cancel.abort()
  }

  /** The peer's device rings. */
  ringing(): void {
    for (const view of this.#batch) if (!view.over) view.rangAt = this.#options.host.now()
    this.emit({ type: 'ringing' })
  }

  /** A notification came about the file at this place of the record. */
  noted(index: number, state: Notice['state'], _recipient?: string): void {
    const view = this.files.find(file => file.index === index)
    if (view === undefined) return
    view.notice = state
    this.entry.file(view)
  }

  /** Whether the user still wants this file. */
  wants(fileId: string): boolean {
    return this.#batch.some(view => view.fileId === fileId && !view.over)
  }

  /** Called by the client just before the session gets these files. */
  attachAll(runner: SessionRunner, files: readonly OutgoingFile[]): void {
    for (const { fileId } of files) {
      const view = this.fileOf(fileId)
      if (view === undefined || view.over) continue
      // In a session that runs already no device rings: the answer then comes to the offer itself
      view.rangAt = this.#options.host.now()
      view.joins = !view.hasJoined && runner.session.state !== 'idle'
      view.hasJoined ||= view.joins
      this.attach(view, runner)
    }
  }

  protected override end(file: OutgoingFileView, state: OutgoingFileView['state'], error: CpmftError | undefined): void {
    if (!file.over && state === 'failed' && HOPELESS.has(error?.code ?? '')) this.#suggest(file)
    super.end(file, state, error)
    if (error?.code === 'not-supported' || error?.code === 'unsupported-media') this.#options.onIncapable()
    if (file.over && this.#batch.every(({ over }) => over)) this.#batchOver()
  }

  /** RCS-13 */
  #suggest(file: OutgoingFileView): void {
    const way = this.#options.fallback()
    if (way === 'none') return
    const what = way === 'http' ? 'takes files over HTTP' : 'can be sent a link by text message'
    this.warn('fallback', `${this.peer.uri} ${what}; this client does neither.`, file)
  }

  /** RCS-4: a range that the receiver cannot use is offered again from further back, in the end from the start. */
  protected override refused(file: OutgoingFileView, outcome: Outcome | undefined, state: OutgoingFileView['state']): boolean {
    const offered = this.#offered.get(file)
    if (offered !== undefined && isGone(file, outcome)) {
      this.#options.looseEnds.add(this.#offerAgain(file, offered, file.startAt))
      return true
    }
    if (state !== 'declined' || offered === undefined || file.startAt === 0 || outcome?.code !== 'declined') return false
    // Nobody reads, thinks and declines that fast; a line refused beside accepted ones may always be for its range
    if (outcome.status === 488 && this.#options.host.now() - file.rangAt > REFUSED_UNASKED) return false
    const back = Math.max(0, file.startAt - RESUME_STEP_BACK)
    this.warn('range-refused', `The receiver has less of ${file.name} than it confirmed; it is offered from further back.`, file)
    this.#options.looseEnds.add(this.#offerAgain(file, offered, back))
    return true
  }

  async #offerAgain(file: OutgoingFileView, offered: OutgoingFile, startAt: number): Promise<void> {
    file.fileId = `${file.fileId}+`
    file.startAt = startAt
    file.resumedAt = startAt
    file.bytes = startAt
    file.runner = undefined
    const { range: _, ...whole } = offered
    const again: OutgoingFile = { ...whole, fileId: file.fileId, ...rangeFrom(startAt, file.size) }
    this.#offered.set(file, again)
    try {
      await this.#options.join([again], this)
    } catch (error) {
      this.end(file, 'failed', asError(error))
    }
  }

  /**
   * More files than one session carries go one session after the other: the peer is asked for each. The files of the next one are opened and
   * hashed meanwhile.
   */
  async #start(): Promise<void> {
    let described = this.#describeAll(this.files.slice(0, FILES_PER_SESSION))
    for (let first = 0; first < this.files.length; first += FILES_PER_SESSION) {
      const end = first + FILES_PER_SESSION
      this.#batch = this.files.slice(first, end)
      const over = new Promise<void>(resolve => {
        this.#batchOver = resolve
      })
      await described
      await this.#offer(this.#batch)
      described = this.#describeAll(this.files.slice(end, end + FILES_PER_SESSION))
      if (this.#batch.some(file => !file.over)) await over
    }
  }

  async #describeAll(views: readonly OutgoingFileView[]): Promise<void> {
    for (const view of views) {
      if (view.over) continue
      try {
        this.#offered.set(view, await this.#describe(view))
      } catch (error) {
        this.end(view, this.#cancel.signal.aborted ? 'cancelled' : 'failed', asError(error))
      }
    }
  }

  async #offer(views: readonly OutgoingFileView[]): Promise<void> {
    const ready = views.filter(view => !view.over)
    if (ready.length === 0) return
    this.entry.changed(ready)
    try {
      const files = ready.map(view => this.#offered.get(view)).filter(file => file !== undefined)
      await this.#options.join(files, this)
    } catch (error) {
      for (const view of ready) this.end(view, 'failed', asError(error))
    }
  }

  async #describe(view: OutgoingFileView): Promise<OutgoingFile> {
    const source = await this.#options.host.open(view.plan.input)
    if (view.over) {
      await source.close()
      throw new CpmftError('cancelled')
    }
    view.source = source
    view.name = source.name
    view.size = source.size
    view.type = source.type
    view.path = source.path
    view.modified = source.modified?.getTime()
    this.#checkSize(view, source.size)
    this.emit({ type: 'hashing', file: view, bytes: 0, total: source.size })
    const sha1 = await source.hash({
      signal: this.#cancel.signal,
      onProgress: bytes => this.emit({ type: 'hashing', file: view, bytes, total: source.size }),
    })
    view.sha1 = formatOctets(sha1)
    this.#planResume(view, source.size)
    const extras = await this.#options.extras(source, {
      transferId: this.id,
      index: view.index,
      name: view.name,
      peer: this.peer.uri,
    })
    view.imdn = extras.notify?.messageId
    const disposition = this.#options.send.disposition ?? 'attachment'
    const { description } = this.#options.send
    return {
      ...describeSource(source, sha1),
      ...rangeFrom(view.startAt, view.size),
      ...extras,
      ...(description === undefined ? {} : { description }),
      fileId: view.fileId,
      disposition,
    }
  }

  #checkSize(view: OutgoingFileView, size: number): void {
    const { maxFileSize, warnSize } = this.#options
    if (maxFileSize !== undefined && size > maxFileSize) throw new CpmftError('too-large', `The limit is ${maxFileSize} octets.`)
    if (warnSize !== undefined && size > warnSize) this.warn('large', `${view.name} is larger than ${warnSize} octets.`, view)
  }

  /** Only the same file goes on where it stopped (RCS-1). */
  #planResume(view: OutgoingFileView, size: number): void {
    const { resume } = view.plan
    if (resume === undefined) return
    view.bytes = 0
    if (resume.confirmed <= 0) return
    if (resume.sha1 !== view.sha1) {
      this.warn('file-changed', `${view.name} changed since; it is sent from its start.`, view)
      return
    }
    // At least one octet is left to send, else nothing would tell that the file is complete
    view.startAt = Math.min(resume.confirmed, size - 1)
    view.resumedAt = view.startAt
    view.bytes = view.startAt
  }
}

/** The session that the file was to join ended before the answer: the peer left just then, or had forgotten the dialog (RFC 3261 §12.2.1.2). */
function isGone({ joins, state }: OutgoingFileView, outcome: Outcome | undefined): boolean {
  return joins && (state === 'hashing' || state === 'offered') && ENDINGS.has(outcome?.code ?? '')
}

/** How the end of a session looks to a file in it. */
const ENDINGS: ReadonlySet<string> = new Set(['session-ended', 'aborted-by-peer'])

/** `a=file-range:<n+1>-<size>` (RCS-2); nothing for a whole file. */
function rangeFrom(octets: number, size: number | undefined): Pick<OutgoingFile, 'range'> {
  return octets > 0 && size !== undefined ? { range: { start: octets + 1, stop: size } } : {}
}
