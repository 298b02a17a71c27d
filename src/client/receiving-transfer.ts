import { type NotifyOrder, verifyFile } from '../cpm/index.js'
import { type FileSelector, formatOctets, strongestHash } from '../sdp/index.js'
import type { AcceptOptions, Party, ReceivedFile, Transfer } from './api.js'
import { CpmftError } from './errors.js'
import type { FileSink, Host } from './host.js'
import type { JournalEntry } from './journal.js'
import { errorOf, LiveFile, stateOf } from './live-file.js'
import type { LooseEnds } from './loose-ends.js'
import type { MsrpDriver } from './msrp-driver.js'
import { outcomeOfHost } from './sending-transfer.js'
import type { FileEvent, FileListener } from './session-runner.js'
import type { StoredTransfer } from './store.js'
import { StreamSink } from './stream-sink.js'
import { TransferHandle } from './transfer-handle.js'
import { SILENT_ATTEMPT, SINK_HIGH_WATER, SMALLEST_PART } from './limits.js'

/** Least time between two progress events of one file, ms (SND-11). */
const PROGRESS_INTERVAL = 100

/** A partial file that is gone on with. */
export interface KnownPart {
  readonly path: string
  /** Octets from its start that are used. */
  readonly length: number
  /** The record it belongs to, and its place there. */
  readonly origin?: { readonly transfer: StoredTransfer; readonly index: number }
}

export class ReceivedFileView extends LiveFile implements ReceivedFile {
  sink: FileSink | undefined
  stream: StreamSink | undefined
  progressAt = Number.NEGATIVE_INFINITY
  /** When its last octets came. */
  heardAt = Number.NEGATIVE_INFINITY
  /** The connection is not read because of this file. */
  heldBack = false
  selector: FileSelector
  from: KnownPart | undefined
  order: NotifyOrder | undefined

  constructor(
    fileId: string,
    selector: FileSelector,
    readonly host: Host,
    index: number,
  ) {
    const hash = strongestHash(selector.hashes)
    super({
      name: selector.name ?? 'unnamed',
      size: selector.size,
      type: selector.type === undefined ? 'application/octet-stream' : `${selector.type.type}/${selector.type.subtype}`,
      state: 'offered',
      sha1: hash === undefined ? undefined : formatOctets(hash.octets),
    })
    this.fileId = fileId
    this.selector = selector
    this.index = index
  }

  get readable(): StreamSink['readable'] {
    this.stream ??= new StreamSink(this.host.sha1())
    return this.stream.readable
  }

  /** The rest of a file whose first octets are here. */
  goOn(part: KnownPart): void {
    this.from = part
    this.part = part.path
    this.resumedAt = part.length
    this.bytes = part.length
  }
}

export interface ReceivingOptions {
  readonly id: string
  /** Begins the names that sessions know pulled files by. */
  readonly label: string
  readonly host: Host
  readonly msrp: MsrpDriver
  readonly peer: Party
  readonly into: string
  readonly accept: AcceptOptions
  readonly looseEnds: LooseEnds
  readonly entry: JournalEntry
  /** Whether a partial file is worth keeping: somebody remembers it. */
  readonly keepParts: boolean
  /** A file with an order for notifications was saved, or was lost. */
  readonly notify: (order: NotifyOrder, state: 'delivered' | 'failed') => void
}

/** What accepted and pulled files share: octets go into sinks as they come, and a file counts once it is verified (RCV-11 to RCV-14). */
export abstract class ReceivingTransfer extends TransferHandle<ReceivedFileView> implements FileListener, Transfer<ReceivedFile> {
  readonly #receiving: ReceivingOptions

  protected constructor(options: ReceivingOptions, files: ReceivedFileView[]) {
    super(options.id, options.peer, files, options.entry)
    this.#receiving = options
    const { signal } = options.accept
    const abort = () => this.abort()
    if (signal?.aborted === true) queueMicrotask(abort)
    signal?.addEventListener('abort', abort, { once: true })
    void this.done.then(() => signal?.removeEventListener('abort', abort))
    this.entry.save(this.files)
  }

  onFileEvent(event: FileEvent): void {
    const file = this.fileOf(event.fileId)
    if (file === undefined) return
    switch (event.type) {
      case 'octets':
        this.octets(file, event.position, event.bytes)
        break
      case 'complete':
        file.order = event.notify
        if (event.sender !== undefined) file.sender = event.sender
        if (event.notify !== undefined) file.imdn = JSON.stringify(event.notify)
        this.#receiving.looseEnds.add(this.save(file, event.contentType))
        break
      case 'held':
        this.held(file, event.held, event.by)
        break
      case 'file': {
        file.id = event.transferId
        // A file that fails before it is complete brings its order with the failure
        file.order ??= event.notify
        const state = stateOf(event.state, event.outcome)
        // `saved` and `spoiled` come from here: their outcome is already told with the path
        if (state !== undefined) this.end(file, state, event.outcome === undefined ? undefined : errorOf(event.outcome))
        break
      }
      default:
    }
  }

  /**
   * The sender of a file goes on with it elsewhere: an attempt that nothing was heard of for a while is dead and ends here.
   * Settles once its part can be gone on with, or when it lives on.
   */
  async yield(sha1: string): Promise<void> {
    const now = this.#receiving.host.now()
    for (const file of this.files) {
      if (file.sha1 !== sha1 || file.stream !== undefined) continue
      if (!file.over && file.sink !== undefined) {
        if (now - file.heardAt < SILENT_ATTEMPT) continue
        file.runner?.command({ name: 'abort', fileId: file.fileId, outcome: { code: 'connection-lost' } })
      }
      await file.ended
    }
  }

  protected octets(file: ReceivedFileView, position: number, bytes: Uint8Array): void {
    const { sink } = file
    if (sink === undefined || file.over) return
    sink.write(position, bytes)
    file.bytes = Math.max(file.bytes, position + bytes.length)
    file.heardAt = this.#receiving.host.now()
    this.#progress(file)
    // What is still queued would be lost with the process
    this.entry.progress(file, sink.prefix ?? Math.max(0, file.bytes - sink.pending))
    if (sink.pending <= SINK_HIGH_WATER || file.heldBack) return
    file.heldBack = true
    const drained = sink.drained().catch(() => undefined)
    this.#receiving.msrp.hold(
      drained.then(() => {
        file.heldBack = false
      }),
    )
  }

  /** Makes the place for a file (RCV-10). Rejects with a `HostError`. */
  protected async prepare(file: ReceivedFileView): Promise<void> {
    const { host, into, accept } = this.#receiving
    const { selector } = file
    const options = {
      into,
      name: file.name,
      size: selector.size,
      onConflict: accept.onConflict ?? 'rename',
      hash: selector.hashes.length > 0,
      ...(file.from === undefined ? {} : { part: file.from }),
    } as const
    const sink: FileSink = file.stream ?? (await host.create(options))
    if (file.over) return sink.discard()
    file.sink = sink
    file.part = sink.part
    sink.onError = error => file.runner?.command({ name: 'abort', fileId: file.fileId, outcome: outcomeOfHost(error) })
    // a part that nobody would go on with needs no record
    if (selector.size === undefined || selector.size >= SMALLEST_PART) this.entry.file(file)
  }

  #progress(file: ReceivedFileView): void {
    const now = this.#receiving.host.now()
    if (now - file.progressAt < PROGRESS_INTERVAL && file.bytes !== file.size) return
    file.progressAt = now
    this.emit({ type: 'progress', file, bytes: file.bytes, sent: file.bytes, total: file.size })
  }

  protected async save(file: ReceivedFileView, contentType: string): Promise<void> {
    const { fileId, sink, selector } = file
    if (sink === undefined) return
    try {
      const written = await sink.finish()
      const mismatch = verifyFile(selector, { size: written.size, sha1: written.sha1, contentType })
      if (mismatch !== undefined) {
        await sink.discard()
        file.sink = undefined
        file.part = undefined
        file.runner?.command({ name: 'spoiled', fileId, outcome: mismatch })
        return
      }
      const path = await sink.commit()
      file.path = file.stream === undefined ? path : undefined
      file.sink = undefined
      file.part = undefined
      file.size = written.size
      file.bytes = written.size
      if (written.sha1 !== undefined) file.sha1 = formatOctets(written.sha1)
      file.runner?.command({ name: 'saved', fileId })
      if (file.order !== undefined) this.#receiving.notify(file.order, 'delivered')
    } catch (error) {
      file.runner?.command({ name: 'spoiled', fileId, outcome: outcomeOfHost(error) })
    }
  }

  protected override end(file: ReceivedFileView, state: ReceivedFileView['state'], error: CpmftError | undefined): void {
    const before = file.over
    const { sink } = file
    const willEnd = state === 'done' || state === 'failed' || state === 'declined' || state === 'cancelled'
    if (!before && willEnd && sink !== undefined && sink !== file.stream && this.#isWorthKeeping(file, sink)) {
      file.sink = undefined
      this.#receiving.looseEnds.add(this.#keep(file, sink, state, error))
      return
    }
    this.move(file, state, error)
    if (!before && file.over && state === 'failed' && file.order !== undefined) this.#receiving.notify(file.order, 'failed')
    if (!file.over || file.sink === undefined) return
    const left = file.sink
    file.sink = undefined
    this.#receiving.looseEnds.add(left === file.stream ? file.stream.discard(error) : left.discard())
  }

  #isWorthKeeping(file: ReceivedFileView, sink: FileSink): boolean {
    return this.#receiving.keepParts && sink.keep !== undefined && file.sha1 !== undefined && file.bytes >= SMALLEST_PART
  }

  /** Leaves what is there for a resume (RCS-3); the file has ended only when that is on disk. */
  async #keep(file: ReceivedFileView, sink: FileSink, state: ReceivedFileView['state'], error: CpmftError | undefined): Promise<void> {
    try {
      const kept = await sink.keep?.()
      if (kept !== undefined && kept.length >= SMALLEST_PART) {
        file.part = kept.path
        file.bytes = kept.length
      } else file.part = undefined
    } catch {
      file.part = undefined
    }
    this.move(file, state, error)
    if (state === 'failed' && file.order !== undefined) this.#receiving.notify(file.order, 'failed')
  }
}
