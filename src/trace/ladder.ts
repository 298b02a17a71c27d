import type { MessageEntry, StateEntry, TraceEntry } from './entry.js'
import { LadderModel } from './ladder-model.js'

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
  /** Stays the same while more joins this arrow and while rows before it go. */
  readonly id: number
  /** Of the first message, milliseconds since 1970. */
  readonly time: number
  /** Lane indexes. */
  readonly from: number
  readonly to: number
  readonly label: string
  readonly protocol: 'sip' | 'msrp'
  /** Number of the INVITE dialog or of the one whose SDP named the MSRP session, from 1, in order of appearance; undefined outside. */
  readonly dialog: number | undefined
  /** The message could not be read. */
  readonly undecodable: boolean
  /** What the arrow stands for, in order; more than one when a run is folded. */
  readonly messages: readonly LadderMessage[]
  /** The messages behind the arrow; both records of a message that both ends recorded. */
  readonly entries: readonly MessageEntry[]
}

/** One message of an arrow. */
export interface LadderMessage {
  /** Number of its first record, in order of arrival. */
  readonly id: number
  /** The record that came first. */
  readonly entry: MessageEntry
  /** The record of the other end, when that recorded too. */
  readonly twin: MessageEntry | undefined
  /** Of an answer: the method it answers. */
  readonly method: string | undefined
}

/** A state change of one of our machines. */
export interface StateMark {
  readonly kind: 'state'
  readonly id: number
  readonly time: number
  readonly lane: number
  readonly text: string
  readonly entry: StateEntry
}

/** Builds the ladder of `entries`, which may come from several parties and need not be in order. */
export function buildLadder(entries: readonly TraceEntry[]): Ladder {
  const model = new LadderModel({ maxEntries: Math.max(1, entries.length) })
  model.add(entries)
  model.settle()
  return { lanes: model.lanes, rows: model.rows }
}
