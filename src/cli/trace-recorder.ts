import { closeSync, openSync, writeSync } from 'node:fs'
import { CpmftError } from '../client/index.js'
import { encodeEntry, redactEntry, type TraceEntry } from '../trace/index.js'

/** How long the last entries may take after the client is closed, milliseconds. */
const LAST_ENTRIES = 250

/** Follows what a client does: writes the trace file (owner only, redacted, SEC-9) and tells the listeners. */
export class TraceRecorder {
  readonly #descriptor: number | undefined
  #finished: Promise<void> = Promise.resolve()

  /** Throws `CpmftError('write-failed')` when the file cannot be written. */
  constructor(
    file: string | undefined,
    private readonly onEntry: (entry: TraceEntry) => void,
  ) {
    if (file === undefined) return
    try {
      this.#descriptor = openSync(file, 'w', 0o600)
    } catch (error) {
      throw new CpmftError('write-failed', `The trace file: ${(error as NodeJS.ErrnoException).code}.`)
    }
  }

  follow(entries: AsyncIterable<TraceEntry>): void {
    this.#finished = this.#run(entries)
  }

  /** Call after the client is closed. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await Promise.race([this.#finished, new Promise(resolve => (timer = setTimeout(resolve, LAST_ENTRIES)))])
    clearTimeout(timer)
    if (this.#descriptor !== undefined) closeSync(this.#descriptor)
    this.#closed = true
  }

  #closed = false

  async #run(entries: AsyncIterable<TraceEntry>): Promise<void> {
    for await (const entry of entries) {
      if (this.#closed) return
      if (this.#descriptor !== undefined) writeSync(this.#descriptor, encodeEntry(redactEntry(entry)))
      this.onEntry(entry)
    }
  }
}
