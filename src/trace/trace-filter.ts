import { decodeLatin1, encodeUtf8 } from '../wire/index.js'
import type { MessageEntry, StateEntry, TraceEntry } from './entry.js'
import { buildLadder, type LadderMessage, type LadderRow } from './ladder.js'

/** What to show of a trace. An empty set or text leaves everything; values of one kind widen the choice, those of another kind narrow it. */
export interface TraceFilter {
  readonly kinds: ReadonlySet<'sip' | 'msrp' | 'state'>
  /** Names in lower case. */
  readonly parties: ReadonlySet<string>
  /** In upper case; an answer belongs to the method it answers. */
  readonly methods: ReadonlySet<string>
  readonly dialogs: ReadonlySet<number>
  /** Part of a message or of the text of a state; upper and lower case are the same. */
  readonly text: string
}

export const NO_FILTER: TraceFilter = { kinds: new Set(), parties: new Set(), methods: new Set(), dialogs: new Set(), text: '' }

/**
 * A filter from its words: `sip`, `msrp`, `state`, `party=alice`, `method=INVITE`, `dialog=2`, `text=plan.pdf`, apart by commas or given one
 * by one.
 * @returns the filter, or the first word that says nothing
 */
export function readFilter(words: readonly string[]): TraceFilter | string {
  const [kinds, parties, methods, dialogs] = [new Set<'sip' | 'msrp' | 'state'>(), new Set<string>(), new Set<string>(), new Set<number>()]
  let text = ''
  for (const word of words.flatMap(list => list.split(',')).map(item => item.trim())) {
    const equals = word.indexOf('=')
    const name = word.slice(0, Math.max(0, equals)).toLowerCase()
    const value = word.slice(equals + 1)
    if (word === 'sip' || word === 'msrp' || word === 'state') kinds.add(word)
    else if (value === '') return word
    else if (name === 'party') parties.add(value.toLowerCase())
    else if (name === 'method') methods.add(value.toUpperCase())
    else if (name === 'text') text = value
    else if (name === 'dialog' && Number.isSafeInteger(Number(value))) dialogs.add(Number(value))
    else return word
  }
  return { kinds, parties, methods, dialogs, text }
}

/** Picks the entries of a trace one by one; a party is the one that recorded. @param entries the whole trace, for numbers of dialogs */
export function entryFilter(filter: TraceFilter, entries: readonly TraceEntry[]): (entry: TraceEntry) => boolean {
  const test = new EntryTest(filter)
  const rows = new Map<TraceEntry, { message: LadderMessage | undefined; dialog: number | undefined }>()
  if (filter.dialogs.size > 0 || filter.methods.size > 0)
    for (const row of buildLadder(entries).rows)
      if (row.kind === 'arrow')
        for (const message of row.messages)
          for (const entry of [message.entry, message.twin]) if (entry !== undefined) rows.set(entry, { message, dialog: row.dialog })
  return entry => {
    if (filter.parties.size > 0 && !filter.parties.has(entry.party.toLowerCase())) return false
    const { message, dialog } = rows.get(entry) ?? {}
    return test.passes(entry, message?.method, dialog)
  }
}

/** Picks the rows of a ladder, also of one that grows: what was looked at once is not looked at again. A party is a lane that the row touches. */
export class RowFilter {
  readonly #filter: TraceFilter
  readonly #test: EntryTest
  /** Row -> messages looked at in vain; -1 when one passed. */
  readonly #seen = new Map<number, number>()

  constructor(filter: TraceFilter) {
    this.#filter = filter
    this.#test = new EntryTest(filter)
  }

  /** Whether it lets everything pass. */
  get isOpen(): boolean {
    const { kinds, parties, methods, dialogs, text } = this.#filter
    return kinds.size + parties.size + methods.size + dialogs.size + text.length === 0
  }

  /** @param lanes names of the lanes of that ladder */
  passes(row: LadderRow, lanes: readonly string[]): boolean {
    const ends = row.kind === 'state' ? [row.lane] : [row.from, row.to]
    if (this.#filter.parties.size > 0 && !ends.some(lane => this.#filter.parties.has((lanes[lane] as string).toLowerCase()))) return false
    const seen = this.#seen.get(row.id) ?? 0
    if (seen === -1) return true
    if (row.kind === 'state') return this.#test.passes(row.entry, undefined, undefined)
    const { messages, dialog } = row
    for (let at = seen; at < messages.length; at++) {
      const { entry, method } = messages[at] as LadderMessage
      if (!this.#test.passes(entry, method, dialog)) continue
      this.#seen.set(row.id, -1)
      return true
    }
    this.#seen.set(row.id, messages.length)
    return false
  }
}

/** All but the party, which is another thing for an entry than for a row. */
class EntryTest {
  readonly #filter: TraceFilter
  readonly #text: string

  constructor(filter: TraceFilter) {
    this.#filter = filter
    // Messages are recorded as one character for each octet
    this.#text = decodeLatin1(encodeUtf8(filter.text)).toLowerCase()
  }

  passes(entry: MessageEntry | StateEntry, method: string | undefined, dialog: number | undefined): boolean {
    const { kinds, methods, dialogs, text } = this.#filter
    if (kinds.size > 0 && !kinds.has(entry.kind === 'state' ? 'state' : entry.protocol)) return false
    if (methods.size > 0 && !methods.has(method?.toUpperCase() ?? '')) return false
    if (dialogs.size > 0 && !dialogs.has(dialog ?? Number.NaN)) return false
    if (text === '') return true
    if (entry.kind === 'message') return entry.text.toLowerCase().includes(this.#text)
    return `${entry.subject} ${entry.state}`.toLowerCase().includes(text.toLowerCase())
  }
}
