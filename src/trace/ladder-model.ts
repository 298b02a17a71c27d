import type { TraceEntry } from './entry.js'
import type { Ladder, LadderRow } from './ladder.js'
import type { GrowingMessage } from './ladder-arrow.js'
import { LadderRows } from './ladder-rows.js'
import { Lanes } from './lanes.js'
import { MAX_ENTRIES } from './limits.js'
import { type MessageHead, readHead } from './message-head.js'
import { Pairing } from './pairing.js'
import { visibleText } from './visible-text.js'

export interface LadderOptions {
  /** Entries that are kept; beyond, the oldest quarter goes. Default `MAX_ENTRIES`. */
  readonly maxEntries?: number
}

interface Numbered {
  readonly id: number
  readonly entry: TraceEntry
}

/** A ladder of so few entries is set right at once. */
const FEW = 512

/**
 * A ladder that grows. What is added costs the same however long the ladder is: each entry is looked at once, and a bounded number of times
 * more when the order or the ends of earlier ones turn out to be others than they seemed. `rows` and `lanes` are live: read them again when
 * `version` changed.
 */
export class LadderModel implements Ladder {
  readonly #maxEntries: number
  #entries: Numbered[] = []
  #lanes = new Lanes()
  #pairing = new Pairing()
  #rows = new LadderRows()
  #nextId = 1
  #outOfOrder = false
  #hasDropped = false
  #settledLength = 0
  #version = 0
  #work = 0
  #names: { readonly version: number; readonly names: readonly string[] } | undefined

  constructor(options: LadderOptions = {}) {
    this.#maxEntries = options.maxEntries ?? MAX_ENTRIES
  }

  /** Changes with every change. */
  get version(): number {
    return this.#version
  }

  /** How often an entry was looked at. */
  get work(): number {
    return this.#work
  }

  /** Entries that are kept. */
  get size(): number {
    return this.#entries.length
  }

  /** The entries that are kept, in order of time as far as they are settled. */
  get entries(): readonly TraceEntry[] {
    return this.#entries.map(({ entry }) => entry)
  }

  get rows(): readonly LadderRow[] {
    return this.#rows.rows
  }

  /** Names of the lanes from left to right, services in the middle; safe for a terminal. */
  get lanes(): readonly string[] {
    if (this.#names?.version !== this.#version) this.#names = { version: this.#version, names: this.#lanes.names().map(visibleText) }
    return this.#names.names
  }

  /** Whether `settle` would change something. */
  get unsettled(): boolean {
    return this.#outOfOrder || this.#lanes.unsettled || this.#rows.unsettled
  }

  add(entries: readonly TraceEntry[]): void {
    if (entries.length === 0) return
    const last = this.#entries.at(-1)?.entry.time ?? Number.NEGATIVE_INFINITY
    const added = entries.map(entry => ({ id: this.#nextId++, entry })).sort(inOrder)
    if ((added[0] as Numbered).entry.time < last) this.#outOfOrder = true
    for (const one of added) {
      const head = headOf(one)
      this.#entries.push(one)
      const message = this.#meet(one, head)
      if (message !== undefined && message.id !== one.id) this.#rows.twinCame(message, this.#lanes)
      this.#place(one, message, head)
    }
    this.#version++
    this.#lanes.refresh()
    if (this.#entries.length > this.#maxEntries) this.#dropOldest()
    else if (this.#entries.length < FEW || this.#entries.length >= 2 * this.#settledLength) this.settle()
  }

  /** Brings all into the order and to the ends that `buildLadder` of all entries gives; costs nothing when that is so already. */
  settle(): void {
    if (!this.unsettled) return
    if (this.#outOfOrder) this.#entries.sort(inOrder)
    this.#again(this.#hasDropped ? this.#rows.heir() : new LadderRows())
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries = []
    this.#again(new LadderRows())
  }

  #dropOldest(): void {
    if (this.#outOfOrder) this.#entries.sort(inOrder)
    this.#entries = this.#entries.slice(this.#entries.length - Math.ceil(this.#maxEntries * 0.75))
    this.#hasDropped = true
    // Dialogs keep their numbers
    this.#again(this.#rows.heir())
  }

  /** Meets all entries first, to learn who is where, and makes the rows then. */
  #again(rows: LadderRows): void {
    this.#lanes = new Lanes()
    this.#pairing = new Pairing()
    this.#rows = rows
    const messages = this.#entries.map(one => this.#meet(one, headOf(one)))
    this.#lanes.refresh()
    this.#entries.forEach((one, index) => this.#place(one, messages[index], headOf(one)))
    this.#outOfOrder = false
    this.#settledLength = this.#entries.length
    this.#version++
  }

  /** Learns what a message tells of its ends. @returns the message, or the earlier one of which this is the other record */
  #meet({ id, entry }: Numbered, head: MessageHead | undefined): GrowingMessage | undefined {
    if (entry.kind === 'state') return undefined
    this.#lanes.own(entry)
    this.#lanes.learn(entry, head)
    const message: GrowingMessage = { id, entry, twin: undefined, method: undefined }
    const earlier = this.#pairing.twinOf(message, head)
    if (earlier === undefined) return message
    earlier.twin = entry
    this.#lanes.pair(entry, earlier.entry)
    return earlier
  }

  /** Makes the row, or lets an arrow grow; the second record of a message makes none. */
  #place({ id, entry }: Numbered, message: GrowingMessage | undefined, head: MessageHead | undefined): void {
    this.#work++
    if (entry.kind === 'state') this.#rows.state(id, entry, this.#lanes)
    else if (message?.id === id) this.#rows.message(message, head, this.#lanes)
  }
}

function headOf({ entry }: Numbered): MessageHead | undefined {
  return entry.kind === 'message' ? readHead(entry) : undefined
}

function inOrder(a: Numbered, b: Numbered): number {
  return a.entry.time - b.entry.time || a.id - b.id
}
