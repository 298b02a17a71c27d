import type { Party, Transfer, TransferEvent, TransferFile, TransferReport, WarningCode } from './api.js'
import { CpmftError } from './errors.js'
import { EventQueue } from './event-queue.js'
import type { JournalEntry } from './journal.js'
import type { LiveFile } from './live-file.js'
import { EVENTS_KEPT } from './limits.js'

/** What outgoing and incoming transfers share: the files, the events, the record and the report. */
export abstract class TransferHandle<File extends LiveFile> implements Transfer<File> {
  readonly id: string
  readonly peer: Party
  readonly done: Promise<TransferReport>
  protected error: CpmftError | undefined
  protected readonly entry: JournalEntry
  readonly #files: File[]
  readonly #events = new EventQueue<TransferEvent>(EVENTS_KEPT)
  #finish: (report: TransferReport) => void = () => undefined
  #finished = false

  protected constructor(id: string, peer: Party, files: File[], entry: JournalEntry) {
    this.id = id
    this.peer = peer
    this.#files = files
    this.entry = entry
    this.done = new Promise(resolve => {
      this.#finish = resolve
    })
  }

  get files(): readonly File[] {
    return this.#files
  }

  /** A file reaches a new state; ends what belongs to it when that is its last. */
  protected abstract end(file: File, state: File['state'], error: CpmftError | undefined): void

  abortFile(file: TransferFile): void {
    const view = this.#files.find(candidate => candidate === file)
    if (view === undefined || view.over) return
    if (view.runner === undefined) this.end(view, 'cancelled', new CpmftError('cancelled'))
    else view.runner.command({ name: 'abort', fileId: view.fileId })
  }

  abort(_reason?: string): void {
    for (const file of this.files) this.abortFile(file)
  }

  pause(file?: TransferFile): void {
    for (const view of this.#chosen(file)) view.runner?.command({ name: 'pause', fileId: view.fileId })
  }

  continue(file?: TransferFile): void {
    for (const view of this.#chosen(file)) view.runner?.command({ name: 'continue', fileId: view.fileId })
  }

  [Symbol.asyncIterator](): AsyncIterator<TransferEvent> {
    return this.#events[Symbol.asyncIterator]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort()
    await this.done
  }

  warn(code: WarningCode, text: string, file?: TransferFile): void {
    this.emit({ type: 'warning', code, text, ...(file === undefined ? {} : { file }) })
  }

  protected emit(event: TransferEvent): void {
    this.#events.push(event)
  }

  protected fileOf(fileId: string): File | undefined {
    return this.#files.find(file => file.fileId === fileId)
  }

  /** Somebody paused a file or went on with it (OA-38). */
  protected held(file: File, held: boolean, by: 'us' | 'peer'): void {
    if (held) file.heldBy.add(by)
    else file.heldBy.delete(by)
    const paused = file.heldBy.size > 0
    if (file.over || paused === (file.state === 'paused')) return
    if (paused) file.running = file.state
    this.move(file, paused ? 'paused' : (file.running ?? 'accepted'))
  }

  /** A new state of one file; the transfer is done when its last file is. */
  protected move(file: File, state: File['state'], error?: CpmftError): void {
    if (file.over) return
    file.state = state
    file.error = error
    // what dies while it is verified was under way, as the record has it
    if (state !== 'verifying') this.entry.file(file)
    this.emit({ type: 'state', file, state })
    if (file.over) file.onEnded()
    this.settle()
  }

  /** Whether the transfer is over when its files are. */
  protected get complete(): boolean {
    return true
  }

  protected report(): TransferReport {
    return { ok: this.#files.every(({ state }) => state === 'done'), files: this.#files, error: this.error }
  }

  protected settle(): void {
    if (this.#finished || !this.#files.every(file => file.over) || !this.complete) return
    this.#finished = true
    const report = this.report()
    this.entry.save(this.#files, true)
    this.emit({ type: 'done', report })
    this.#events.end()
    this.#finish(report)
  }

  #chosen(file: TransferFile | undefined): readonly File[] {
    return this.#files.filter(view => !view.over && (file === undefined || view === file))
  }
}
