import { ChunkRuns } from './chunk-runs.js'
import type { MessageEntry, StateEntry, TraceEntry } from './entry.js'
import { addressNode, Lanes, partyNode } from './lanes.js'
import { headerOf, type MessageHead, readHead } from './message-head.js'
import { mediaPorts, sipLabel } from './message-label.js'
import { pairMessages } from './pair-messages.js'
import { visibleText } from './visible-text.js'

/** Who spoke with whom, ready to be drawn. */
export interface Ladder {
  /** Lane names from left to right; safe for a terminal. */
  readonly lanes: readonly string[]
  readonly rows: readonly LadderRow[]
}

export type LadderRow = Arrow | StateMark

/** One message, or a run of MSRP messages of the same direction. */
export interface Arrow {
  readonly kind: 'arrow'
  /** Of the first message, milliseconds since 1970. */
  readonly time: number
  /** Lane indexes. */
  readonly from: number
  readonly to: number
  readonly label: string
  readonly protocol: 'sip' | 'msrp'
  /** Number of the dialog, from 1, in order of appearance; undefined outside INVITE dialogs. */
  readonly dialog: number | undefined
  /** The message could not be read. */
  readonly undecodable: boolean
  /** The messages behind the arrow; both records of a message that both ends recorded. */
  readonly entries: readonly MessageEntry[]
}

/** A state change of one of our machines. */
export interface StateMark {
  readonly kind: 'state'
  readonly time: number
  readonly lane: number
  readonly text: string
  readonly entry: StateEntry
}

/** Builds the ladder of `entries`, which may come from several parties and need not be in order. */
export function buildLadder(entries: readonly TraceEntry[]): Ladder {
  const ordered = [...entries].sort((a, b) => a.time - b.time)
  const heads = ordered.map(entry => (entry.kind === 'message' ? readHead(entry) : undefined))
  const pairs = pairMessages(ordered, heads)
  const lanes = learnLanes(ordered, heads, pairs)
  const second = new Map([...pairs].map(([later, earlier]) => [earlier, later]))
  const builder = new RowBuilder()
  ordered.forEach((entry, index) => {
    if (entry.kind === 'state') return builder.state(entry, lanes.indexOf(partyNode(entry.party)))
    if (pairs.has(index)) return undefined
    const twin = ordered[second.get(index) ?? -1] as MessageEntry | undefined
    const ends = [partyNode(entry.party), twin === undefined ? addressNode(entry.remote) : partyNode(twin.party)] as const
    const [from, to] = entry.direction === 'out' ? ends : [ends[1], ends[0]]
    const fromLane = lanes.indexOf(from)
    return builder.message(entry, twin, heads[index], fromLane, lanes.indexOf(to))
  })
  return { lanes: lanes.names().map(visibleText), rows: builder.rows }
}

function learnLanes(
  entries: readonly TraceEntry[],
  heads: readonly (MessageHead | undefined)[],
  pairs: ReadonlyMap<number, number>,
): Lanes {
  const lanes = new Lanes()
  // A pair proves who is at the other end; it comes before what a message merely says.
  for (const couple of pairs)
    for (const [one, other] of [couple, [couple[1], couple[0]]] as const) {
      const mine = entries[one] as MessageEntry
      const theirs = entries[other] as MessageEntry
      lanes.join(partyNode(theirs.party), addressNode(mine.remote))
    }
  for (const entry of entries) if (entry.kind === 'message') lanes.own(entry)
  entries.forEach((entry, index) => {
    if (entry.kind === 'message') lanes.learn(entry, heads[index])
  })
  return lanes
}

class RowBuilder {
  readonly rows: LadderRow[] = []
  readonly #runs = new ChunkRuns()
  readonly #dialogs = new Map<string, number>()
  readonly #offers = new Map<string, readonly number[]>()

  state(entry: StateEntry, lane: number): void {
    const subject = entry.machine === 'file' ? `${entry.subject} ` : ''
    this.rows.push({ kind: 'state', time: entry.time, lane, text: visibleText(`${subject}${entry.state}`), entry })
  }

  message(entry: MessageEntry, twin: MessageEntry | undefined, head: MessageHead | undefined, from: number, to: number): void {
    const ends = { time: entry.time, from, to, protocol: entry.protocol, entries: twin === undefined ? [entry] : [entry, twin] }
    if (head === undefined) {
      this.rows.push({ kind: 'arrow', ...ends, label: 'undecodable message', dialog: undefined, undecodable: true })
    } else if (entry.protocol === 'msrp') {
      const arrow = this.#runs.add(ends, head)
      if (arrow !== undefined) this.rows.push(arrow)
    } else {
      this.#runs.interrupt(from, to)
      const label = this.#sipLabel(head)
      this.rows.push({ kind: 'arrow', ...ends, label, dialog: this.#dialogOf(head), undecodable: false })
    }
  }

  #sipLabel(head: MessageHead): string {
    const key = `${headerOf(head, 'call-id')} ${headerOf(head, 'cseq')}`
    if (head.method === undefined) return sipLabel(head, this.#offers.get(key))
    const ports = mediaPorts(head)
    if (ports.length > 0) this.#offers.set(key, ports)
    return sipLabel(head)
  }

  #dialogOf(head: MessageHead): number | undefined {
    const id = headerOf(head, 'call-id')
    if (id === undefined) return undefined
    const known = this.#dialogs.get(id)
    if (known !== undefined || head.method !== 'INVITE') return known
    this.#dialogs.set(id, this.#dialogs.size + 1)
    return this.#dialogs.size
  }
}
