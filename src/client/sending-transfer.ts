import type { Outcome } from '../cpm/index.js'
import type { Party } from './api.js'
import { CpmftError } from './errors.js'
import { FileReader } from './file-reader.js'
import { type FileSource, HostError } from './host.js'
import type { JournalEntry } from './journal.js'
import { errorOf, LiveFile, stateOf } from './live-file.js'
import type { LooseEnds } from './loose-ends.js'
import type { MsrpDriver } from './msrp-driver.js'
import type { FileEvent, FileListener, SessionRunner } from './session-runner.js'
import { TransferHandle } from './transfer-handle.js'

/** A file that leaves us. */
export class SentFileView extends LiveFile {
  source: FileSource | undefined
  reader: FileReader | undefined
}

export interface SendingOptions {
  readonly id: string
  /** Begins the names that sessions know the files by: a transfer that is gone on with in the same session needs new ones (OA-6). */
  readonly label: string
  readonly peer: Party
  readonly msrp: MsrpDriver
  readonly looseEnds: LooseEnds
  readonly entry: JournalEntry
}

/** What pushed and served files share: octets are read when the session asks for them, and progress is what the peer confirmed. */
export abstract class SendingTransfer<File extends SentFileView> extends TransferHandle<File> implements FileListener {
  readonly #sending: SendingOptions

  protected constructor(options: SendingOptions, files: File[]) {
    super(options.id, options.peer, files, options.entry)
    this.#sending = options
  }

  onFileEvent(event: FileEvent): void {
    const file = this.fileOf(event.fileId)
    if (file === undefined) return
    switch (event.type) {
      case 'need-octets':
        file.reader?.need(event.position, event.length)
        break
      case 'progress':
        file.bytes = Math.max(file.resumedAt, event.confirmed)
        this.entry.progress(file, file.bytes)
        this.emit({ type: 'progress', file, bytes: file.bytes, sent: event.handed, total: file.size })
        break
      case 'held':
        this.held(file, event.held, event.by)
        break
      case 'file':
        this.#phase(file, event)
        break
      default:
    }
  }

  #phase(file: File, event: FileEvent & { type: 'file' }): void {
    file.id = event.transferId
    const state = stateOf(event.state, event.outcome)
    if (state === undefined || this.refused(file, event.outcome, state)) return
    if (state === 'done') {
      file.bytes = file.size ?? file.bytes
      file.confirmed = event.confirmed ?? true
      if (file.runner?.session.messageTaker === true) file.stored = true
    }
    this.end(file, state, event.outcome === undefined || state === 'done' ? undefined : errorOf(event.outcome))
  }

  /** A chance to try again in another way before the file ends; true when that is done. */
  protected refused(_file: File, _outcome: Outcome | undefined, _state: File['state']): boolean {
    return false
  }

  protected override end(file: File, state: File['state'], error: CpmftError | undefined): void {
    const before = file.over
    this.move(file, state, error)
    if (!file.over || before) return
    this.#sending.looseEnds.add(file.reader?.stop() ?? file.source?.close())
    // The view lives on as long as notifications are awaited (IMDN-3): it must not keep the session
    file.reader = undefined
    file.source = undefined
    file.runner = undefined
  }

  /** The session takes this file: events come here, octets from its source. Called before the session hears of it, so that no event is missed. */
  protected attach(file: File, runner: SessionRunner): void {
    const { source, fileId } = file
    if (source === undefined) return
    file.runner = runner
    runner.listen(fileId, this)
    file.reader = new FileReader(
      source,
      this.#sending.msrp.ledger,
      (position, bytes) => runner.command({ name: 'octets', fileId, position, bytes }),
      error => runner.command({ name: 'abort', fileId, outcome: outcomeOfHost(error) }),
    )
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
