import type { Arrow, LadderMessage } from './ladder.js'
import { type Ends, endsOf, LadderArrow } from './ladder-arrow.js'
import type { Lanes } from './lanes.js'
import { MAX_LIKE_RUNS, MAX_OPEN_RUNS } from './limits.js'
import { headerOf, type MessageHead } from './message-head.js'
import { msrpLabel, sendLabel } from './message-label.js'

/** Chunks of one message (same ends, same Message-ID) and what came back for them. */
interface Run {
  readonly chunks: LadderArrow
  count: number
  octets: number
  /** Further chunks join `chunks`. */
  growing: boolean
  /** The arrow of the answers, until something else happens between the two ends. */
  answers: LadderArrow | undefined
  /** Labels of the answers with their counts, in order of first appearance. */
  readonly answered: Map<string, number>
}

/** Folds the chunks of one message into one arrow, and their responses and reports into one arrow back. */
export class ChunkRuns {
  readonly #byMessage = new Map<string, Run[]>()
  readonly #byTransaction = new Map<string, Run[]>()
  /** Runs to which something was added since the last interruption. */
  readonly #open = new Set<Run>()

  /** The new arrow this message begins, or undefined when it joined one. */
  add(message: LadderMessage, head: MessageHead, dialog: number | undefined, lanes: Lanes): Arrow | undefined {
    if (head.method === 'SEND') return this.#addChunk(message, head, dialog, lanes)
    const { source, target } = endsOf(message)
    const back = { source: target, target: source }
    const run =
      head.method === 'REPORT'
        ? runBetween(this.#byMessage.get(headerOf(head, 'message-id') ?? ''), back, lanes)
        : head.method === undefined
          ? runBetween(this.#byTransaction.get(head.transaction), back, lanes)
          : undefined
    if (run === undefined) return new LadderArrow(message, lanes, msrpLabel(head), dialog, false)
    this.#touch(run)
    return joinAnswers(run, message, msrpLabel(head), lanes)
  }

  /** Something else happened between the two ends: what follows begins new arrows, so that the order stays visible. */
  interrupt(source: string, target: string, lanes: Lanes): void {
    for (const run of this.#open) {
      if (!isBetween(run, { source, target }, lanes) && !isBetween(run, { source: target, target: source }, lanes)) continue
      this.#close(run)
    }
  }

  #touch(run: Run): void {
    this.#open.delete(run)
    this.#open.add(run)
    if (this.#open.size <= MAX_OPEN_RUNS) return
    const [oldest] = this.#open
    this.#close(oldest as Run)
  }

  #close(run: Run): void {
    run.growing = false
    run.answers = undefined
    run.answered.clear()
    this.#open.delete(run)
  }

  #addChunk(message: LadderMessage, head: MessageHead, dialog: number | undefined, lanes: Lanes): Arrow | undefined {
    const ends = endsOf(message)
    const id = headerOf(head, 'message-id') ?? ''
    const known = runBetween(this.#byMessage.get(id), ends, lanes)
    const joins = known?.growing === true
    const run: Run = joins ? known : startRun(message, dialog, lanes)
    if (joins) run.chunks.messages.push(message)
    else remember(this.#byMessage, id, run, known)
    this.#touch(run)
    remember(this.#byTransaction, head.transaction, run, runBetween(this.#byTransaction.get(head.transaction), ends, lanes))
    run.count++
    run.octets += message.entry.bodyLength
    run.chunks.label = sendLabel(run.count, run.octets, message.entry.flag)
    return joins ? undefined : run.chunks
  }
}

function startRun(message: LadderMessage, dialog: number | undefined, lanes: Lanes): Run {
  const chunks = new LadderArrow(message, lanes, '', dialog, false)
  return { chunks, count: 0, octets: 0, growing: true, answers: undefined, answered: new Map() }
}

/** Puts `run` into the list of `key`, in the place of `former`. */
function remember(lists: Map<string, Run[]>, key: string, run: Run, former: Run | undefined): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [run])
  else {
    if (former !== undefined) list.splice(list.indexOf(former), 1)
    else if (list.length === MAX_LIKE_RUNS) list.shift()
    list.push(run)
  }
}

function runBetween(runs: readonly Run[] | undefined, ends: Ends, lanes: Lanes): Run | undefined {
  return runs?.find(run => isBetween(run, ends, lanes))
}

function isBetween({ chunks: { ends } }: Run, { source, target }: Ends, lanes: Lanes): boolean {
  return lanes.same(ends.source, source) && lanes.same(ends.target, target)
}

function joinAnswers(run: Run, message: LadderMessage, label: string, lanes: Lanes): Arrow | undefined {
  // `200 OK` and `200` are the same answer.
  const short = /^\d{3}/.test(label) ? label.slice(0, 3) : label
  run.answered.set(short, (run.answered.get(short) ?? 0) + 1)
  const whole = [...run.answered].map(([text, count]) => (count > 1 ? `${text} ×${count}` : text)).join(', ')
  if (run.answers !== undefined) {
    run.answers.label = whole
    run.answers.messages.push(message)
    return undefined
  }
  run.answers = new LadderArrow(message, lanes, whole, run.chunks.dialog, false)
  return run.answers
}
