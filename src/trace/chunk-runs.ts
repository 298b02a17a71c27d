import type { MessageEntry } from './entry.js'
import type { Arrow } from './ladder.js'
import { headerOf, type MessageHead } from './message-head.js'
import { msrpLabel, sendLabel } from './message-label.js'

/** What `ChunkRuns` needs of a message; the entry that was recorded first stands first. */
export type MsrpEnds = Pick<Arrow, 'time' | 'from' | 'to' | 'protocol' | 'entries'>

/** An arrow while more messages may join it. */
type GrowingArrow = { -readonly [Key in keyof Arrow]: Arrow[Key] } & { entries: MessageEntry[] }

/** Chunks of one message (same ends, same Message-ID) and what came back for them. */
interface Run {
  readonly chunks: GrowingArrow
  count: number
  octets: number
  /** Further chunks join `chunks`. */
  growing: boolean
  /** The arrow of the answers, until something else happens between the two ends. */
  answers: GrowingArrow | undefined
  /** Labels of the answers with their counts, in order of first appearance. */
  readonly answered: Map<string, number>
}

/** Folds the chunks of one message into one arrow, and their responses and reports into one arrow back. */
export class ChunkRuns {
  readonly #byMessage = new Map<string, Run>()
  readonly #byTransaction = new Map<string, Run>()
  /** Runs to which something was added since the last interruption. */
  readonly #open = new Set<Run>()

  /** The new arrow this message begins, or undefined when it joined one. */
  add(ends: MsrpEnds, head: MessageHead): Arrow | undefined {
    if (head.method === 'SEND') return this.#addChunk(ends, head)
    const back = `${ends.to}>${ends.from}`
    const run =
      head.method === 'REPORT'
        ? this.#byMessage.get(`${back} ${headerOf(head, 'message-id')}`)
        : head.method === undefined
          ? this.#byTransaction.get(`${back} ${head.transaction}`)
          : undefined
    if (run === undefined) return startArrow(ends, msrpLabel(head))
    this.#open.add(run)
    return joinAnswers(run, ends, msrpLabel(head))
  }

  /** Something else happened between the two lanes: what follows begins new arrows, so that the order stays visible. */
  interrupt(from: number, to: number): void {
    for (const run of this.#open) {
      const { chunks } = run
      if (!((chunks.from === from && chunks.to === to) || (chunks.from === to && chunks.to === from))) continue
      run.growing = false
      run.answers = undefined
      run.answered.clear()
      this.#open.delete(run)
    }
  }

  #addChunk(ends: MsrpEnds, head: MessageHead): Arrow | undefined {
    const entry = ends.entries[0] as MessageEntry
    const key = `${ends.from}>${ends.to} ${headerOf(head, 'message-id')}`
    const known = this.#byMessage.get(key)
    const joins = known?.growing === true
    const run: Run = joins ? known : startRun(ends)
    if (joins) run.chunks.entries.push(...ends.entries)
    else this.#byMessage.set(key, run)
    this.#open.add(run)
    this.#byTransaction.set(`${ends.from}>${ends.to} ${head.transaction}`, run)
    run.count++
    run.octets += entry.bodyLength
    run.chunks.label = sendLabel(run.count, run.octets, entry.flag)
    return joins ? undefined : run.chunks
  }
}

function startRun(ends: MsrpEnds): Run {
  return { chunks: startArrow(ends, ''), count: 0, octets: 0, growing: true, answers: undefined, answered: new Map() }
}

function joinAnswers(run: Run, ends: MsrpEnds, label: string): Arrow | undefined {
  // `200 OK` and `200` are the same answer.
  const short = /^\d{3}/.test(label) ? label.slice(0, 3) : label
  run.answered.set(short, (run.answered.get(short) ?? 0) + 1)
  const whole = [...run.answered].map(([text, count]) => (count > 1 ? `${text} ×${count}` : text)).join(', ')
  if (run.answers !== undefined) {
    run.answers.label = whole
    run.answers.entries.push(...ends.entries)
    return undefined
  }
  run.answers = startArrow(ends, whole)
  return run.answers
}

function startArrow(ends: MsrpEnds, label: string): GrowingArrow {
  return { kind: 'arrow', ...ends, entries: [...ends.entries], label, dialog: undefined, undecodable: false }
}
