import { decodeEntries, decodeEntry, LadderModel, type TraceEntry } from '../../../../trace/index.js'
import type { TracePage, TraceRecord } from '../../../protocol/index.js'
import { TRACE_ENTRIES } from '../../../protocol/limits.js'

/** Milliseconds between two drawings while traffic comes. */
const DRAW_INTERVAL = 100
/** Milliseconds without traffic after which the ladder is brought into its final order. */
const QUIET = 400

/** A recording that was opened instead of the live traffic. */
export interface OpenedFile {
  readonly name: string
  readonly entries: number
  readonly bad: number
}

/** What the place shows; another object after each change. */
export interface WireView {
  readonly model: LadderModel
  /** Changes whenever the model does. */
  readonly version: number
  readonly paused: boolean
  /** Entries that came while it was paused. */
  readonly waiting: number
  readonly file: OpenedFile | undefined
}

/** The traffic that the page has seen, and the recording that may lie above it. It outlives the place, so that nothing is read twice. */
export class WireStore {
  readonly #live = new LadderModel({ maxEntries: TRACE_ENTRIES })
  #file: { readonly opened: OpenedFile; readonly model: LadderModel } | undefined
  #waiting: TraceEntry[] = []
  #paused = false
  #last = 0
  #view: WireView
  #drawTimer: ReturnType<typeof setTimeout> | undefined
  #quietTimer: ReturnType<typeof setTimeout> | undefined
  readonly #watchers = new Set<() => void>()

  constructor() {
    this.#view = this.#makeView()
  }

  /** Number of the last record seen: go on after it. */
  get last(): number {
    return this.#last
  }

  readonly view = (): WireView => this.#view

  readonly subscribe = (watch: () => void): (() => void) => {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }

  /** Takes a page of records; a line that is no entry is left out. */
  receive({ entries, last }: TracePage): void {
    const fresh = entries.filter(({ seq }) => seq > this.#last).flatMap(readRecord)
    this.#last = Math.max(this.#last, last)
    if (fresh.length === 0) return
    if (this.#paused) {
      this.#waiting.push(...fresh)
      if (this.#waiting.length > TRACE_ENTRIES) this.#waiting = this.#waiting.slice(-TRACE_ENTRIES)
    } else this.#live.add(fresh)
    this.#drawSoon()
    clearTimeout(this.#quietTimer)
    this.#quietTimer = setTimeout(() => this.settle(), QUIET)
  }

  /** Brings the ladder into the order that an export would have. */
  settle(): void {
    if (!this.#live.unsettled) return
    this.#live.settle()
    this.#draw()
  }

  pause(): void {
    this.#paused = true
    this.#draw()
  }

  /** Shows what came meanwhile. */
  goOn(): void {
    this.#paused = false
    this.#live.add(this.#waiting)
    this.#waiting = []
    this.#draw()
  }

  clear(): void {
    this.#live.clear()
    this.#waiting = []
    this.#draw()
  }

  /** Shows a recording instead of the live traffic. @returns false when there is none in `text` */
  open(name: string, text: string): boolean {
    const { entries, bad } = decodeEntries(text)
    if (entries.length === 0) return false
    const model = new LadderModel({ maxEntries: entries.length })
    model.add(entries)
    model.settle()
    this.#file = { opened: { name, entries: entries.length, bad: bad.length }, model }
    this.#draw()
    return true
  }

  closeFile(): void {
    this.#file = undefined
    this.#draw()
  }

  #drawSoon(): void {
    this.#drawTimer ??= setTimeout(() => this.#draw(), DRAW_INTERVAL)
  }

  #draw(): void {
    clearTimeout(this.#drawTimer)
    this.#drawTimer = undefined
    this.#view = this.#makeView()
    for (const watch of this.#watchers) watch()
  }

  #makeView(): WireView {
    const model = this.#file?.model ?? this.#live
    return { model, version: model.version, paused: this.#paused, waiting: this.#waiting.length, file: this.#file?.opened }
  }
}

function readRecord({ line }: TraceRecord): TraceEntry[] {
  const entry = decodeEntry(line)
  return typeof entry === 'object' ? [entry] : []
}
