import type { Party, Transfer, TransferEvent, TransferFile, TransferReport } from './api.js'
import type { CpmftError } from './errors.js'
import { EventQueue } from './event-queue.js'
import type { LiveFile } from './live-file.js'
import { EVENTS_KEPT } from './limits.js'

/** What outgoing and incoming transfers share: the files, the events and the report. */
export abstract class TransferHandle<File extends LiveFile> implements Transfer<File> {
  readonly id: string
  readonly peer: Party
  readonly done: Promise<TransferReport>
  protected error: CpmftError | undefined
  readonly #files: File[]
  readonly #events = new EventQueue<TransferEvent>(EVENTS_KEPT)
  #finish: (report: TransferReport) => void = () => undefined
  #finished = false

  protected constructor(id: string, peer: Party, files: File[]) {
    this.id = id
    this.peer = peer
    this.#files = files
    this.done = new Promise(resolve => {
      this.#finish = resolve
    })
  }

  get files(): readonly File[] {
    return this.#files
  }

  abstract abort(reason?: string): void
  abstract abortFile(file: TransferFile): void

  [Symbol.asyncIterator](): AsyncIterator<TransferEvent> {
    return this.#events[Symbol.asyncIterator]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort()
    await this.done
  }

  protected emit(event: TransferEvent): void {
    this.#events.push(event)
  }

  /** A new state of one file; the transfer is done when its last file is. */
  protected move(file: File, state: File['state'], error?: CpmftError): void {
    if (file.over) return
    file.state = state
    file.error = error
    this.emit({ type: 'state', file, state })
    this.settle()
  }

  protected settle(): void {
    if (this.#finished || !this.#files.every(file => file.over)) return
    this.#finished = true
    const report: TransferReport = { ok: this.#files.every(({ state }) => state === 'done'), files: this.#files, error: this.error }
    this.emit({ type: 'done', report })
    this.#events.end()
    this.#finish(report)
  }
}
