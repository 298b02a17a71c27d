import { type OfferedFileDescription, verifyFile } from '../cpm/index.js'
import { formatOctets, strongestHash } from '../sdp/index.js'
import type { AcceptOptions, Party, ReceivedFile, Transfer, TransferFile } from './api.js'
import { CpmftError } from './errors.js'
import type { FileSink, Host } from './host.js'
import { errorOf, LiveFile, stateOf } from './live-file.js'
import type { LooseEnds } from './loose-ends.js'
import type { MsrpDriver } from './msrp-driver.js'
import { asError, outcomeOfHost } from './outgoing-transfer.js'
import type { FileEvent, FileListener, SessionRunner } from './session-runner.js'
import { StreamSink } from './stream-sink.js'
import { TransferHandle } from './transfer-handle.js'
import { SINK_HIGH_WATER } from './limits.js'

/** Least time between two progress events of one file, ms (SND-11). */
const PROGRESS_INTERVAL = 100

export class IncomingFileView extends LiveFile implements ReceivedFile {
  sink: FileSink | undefined
  stream: StreamSink | undefined
  progressAt = Number.NEGATIVE_INFINITY
  held = false

  constructor(
    readonly description: OfferedFileDescription,
    readonly host: Host,
  ) {
    const { selector } = description
    const hash = strongestHash(selector.hashes)
    super({
      id: description.transferId,
      name: selector.name ?? 'unnamed',
      size: selector.size,
      type: selector.type === undefined ? 'application/octet-stream' : `${selector.type.type}/${selector.type.subtype}`,
      state: 'offered',
      sha1: hash === undefined ? undefined : formatOctets(hash.octets),
    })
  }

  get readable(): StreamSink['readable'] {
    this.stream ??= new StreamSink(this.host.sha1())
    return this.stream.readable
  }
}

export interface IncomingTransferOptions {
  readonly id: string
  readonly host: Host
  readonly msrp: MsrpDriver
  readonly runner: SessionRunner
  readonly peer: Party
  readonly chosen: readonly OfferedFileDescription[]
  readonly into: string
  readonly accept: AcceptOptions
  readonly looseEnds: LooseEnds
}

/** Accepted files on their way to disk: prepared, received, verified, saved (RCV-10 to RCV-14). */
export class IncomingTransfer extends TransferHandle<IncomingFileView> implements FileListener, Transfer<ReceivedFile> {
  readonly #options: IncomingTransferOptions
  #answered = false

  constructor(options: IncomingTransferOptions) {
    super(
      options.id,
      options.peer,
      options.chosen.map(description => new IncomingFileView(description, options.host)),
    )
    this.#options = options
    const { signal } = options.accept
    const abort = () => this.abort()
    if (signal?.aborted === true) queueMicrotask(abort)
    signal?.addEventListener('abort', abort, { once: true })
    void this.done.then(() => signal?.removeEventListener('abort', abort))
    for (const file of this.files) options.runner.listen(file.description.fileId, this)
    // A turn later, so that the caller can ask for a stream first
    queueMicrotask(() => options.looseEnds.add(this.#start()))
  }

  override abort(_reason?: string): void {
    for (const file of this.files) this.abortFile(file)
  }

  override abortFile(file: TransferFile): void {
    const view = this.files.find(candidate => candidate === file)
    if (view === undefined || view.over) return
    if (this.#answered) this.#options.runner.command({ name: 'abort', fileId: view.description.fileId })
    else this.#end(view, 'cancelled', new CpmftError('cancelled'))
  }

  onFileEvent(event: FileEvent): void {
    const file = this.files.find(({ description }) => description.fileId === event.fileId)
    if (file === undefined) return
    if (event.type === 'octets') this.#write(file, event.position, event.bytes)
    else if (event.type === 'complete') this.#options.looseEnds.add(this.#save(file, event.contentType))
    else if (event.type === 'file') {
      const state = stateOf(event.state, event.outcome)
      // `saved` and `spoiled` come from here: their outcome is already told with the path
      if (state !== undefined) this.#end(file, state, event.outcome === undefined ? undefined : errorOf(event.outcome))
    }
  }

  async #start(): Promise<void> {
    const { runner, host, into, accept } = this.#options
    for (const file of this.files) {
      const { selector } = file.description
      try {
        const options = {
          into,
          name: file.name,
          size: selector.size,
          onConflict: accept.onConflict ?? 'rename',
          hash: selector.hashes.length > 0,
        } as const
        const sink = file.stream ?? (await host.create(options))
        if (file.over) await sink.discard()
        else this.#adopt(file, sink)
      } catch (error) {
        this.#end(file, 'failed', asError(error))
      }
    }
    this.#answered = true
    // What could not be prepared is declined: the sender sees port 0 (RCV-10)
    const accepted = this.files.filter(({ over }) => !over).map(({ description }) => description.fileId)
    runner.command({ name: 'answer', accepted })
    // Nothing was chosen: there is nothing to wait for
    this.settle()
  }

  #adopt(file: IncomingFileView, sink: FileSink): void {
    file.sink = sink
    sink.onError = error => this.#options.runner.command({ name: 'abort', fileId: file.description.fileId, outcome: outcomeOfHost(error) })
  }

  #write(file: IncomingFileView, position: number, bytes: Uint8Array): void {
    const { sink } = file
    if (sink === undefined || file.over) return
    sink.write(position, bytes)
    file.bytes = Math.max(file.bytes, position + bytes.length)
    this.#progress(file)
    if (sink.pending <= SINK_HIGH_WATER || file.held) return
    file.held = true
    const drained = sink.drained().catch(() => undefined)
    this.#options.msrp.hold(
      drained.then(() => {
        file.held = false
      }),
    )
  }

  #progress(file: IncomingFileView): void {
    const now = this.#options.host.now()
    if (now - file.progressAt < PROGRESS_INTERVAL && file.bytes !== file.size) return
    file.progressAt = now
    this.emit({ type: 'progress', file, bytes: file.bytes, sent: file.bytes, total: file.size })
  }

  async #save(file: IncomingFileView, contentType: string): Promise<void> {
    const { runner } = this.#options
    const { fileId, selector } = file.description
    const { sink } = file
    if (sink === undefined) return
    try {
      const written = await sink.finish()
      const mismatch = verifyFile(selector, { size: written.size, sha1: written.sha1, contentType })
      if (mismatch !== undefined) {
        await sink.discard()
        file.sink = undefined
        runner.command({ name: 'spoiled', fileId, outcome: mismatch })
        return
      }
      const path = await sink.commit()
      file.path = file.stream === undefined ? path : undefined
      file.sink = undefined
      file.size = written.size
      file.bytes = written.size
      if (written.sha1 !== undefined) file.sha1 = formatOctets(written.sha1)
      runner.command({ name: 'saved', fileId })
    } catch (error) {
      runner.command({ name: 'spoiled', fileId, outcome: outcomeOfHost(error) })
    }
  }

  #end(file: IncomingFileView, state: IncomingFileView['state'], error: CpmftError | undefined): void {
    this.move(file, state, error)
    if (!file.over || file.sink === undefined) return
    const { sink } = file
    file.sink = undefined
    this.#options.looseEnds.add(sink === file.stream ? file.stream.discard(error) : sink.discard())
  }
}
