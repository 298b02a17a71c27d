import { encodeEntry, redactEntry, type TraceEntry } from '../trace/index.js'
import { TRACE_ENTRIES, TRACE_PAGE, TRACE_TEXT, type TracePage, type TraceRecord } from './protocol/index.js'

/** The latest messages and state changes, numbered from 1, redacted as in a trace file (SEC-9); the oldest go first. */
export class TraceRing {
  #records: TraceRecord[] = []
  /** Where the kept ones begin in `#records`. */
  #from = 0
  #text = 0
  #last = 0

  constructor(
    private readonly limits: { readonly entries: number; readonly text: number } = { entries: TRACE_ENTRIES, text: TRACE_TEXT },
  ) {}

  add(entry: TraceEntry): void {
    const line = encodeEntry(redactEntry(entry)).trimEnd()
    this.#records.push({ seq: ++this.#last, line })
    this.#text += line.length
    while (
      this.#records.length - this.#from > 1 &&
      (this.#records.length - this.#from > this.limits.entries || this.#text > this.limits.text)
    )
      this.#text -= (this.#records[this.#from++] as TraceRecord).line.length
    // The array is cut in large pieces: shifting it for each entry would move all of them
    if (this.#from > 1024 && this.#from * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#from)
      this.#from = 0
    }
  }

  /** Number of the newest entry, 0 when there is none. */
  get last(): number {
    return this.#last
  }

  /** Entries after `after`, oldest first: as many as fit into `characters`, at least one. */
  page(after: number, characters = Number.POSITIVE_INFINITY): TracePage {
    const oldest = this.#records[this.#from]?.seq ?? this.#last + 1
    const start = this.#from + Math.max(0, after + 1 - oldest)
    const entries: TraceRecord[] = []
    let room = characters
    for (let at = start; at < this.#records.length && entries.length < TRACE_PAGE; at++) {
      const record = this.#records[at] as TraceRecord
      room -= record.line.length
      if (room < 0 && entries.length > 0) break
      entries.push(record)
    }
    return { entries, last: entries.at(-1)?.seq ?? Math.min(Math.max(after, oldest - 1), this.#last), oldest }
  }

  /** Another world: numbers go on, so that nobody takes new entries for old ones. */
  clear(): void {
    this.#records = []
    this.#from = 0
    this.#text = 0
  }
}
