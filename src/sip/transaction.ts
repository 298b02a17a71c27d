import type { Arrow, Table, Timed, TimerHeap } from '../wire/index.js'
import { INVITE_CLIENT_TABLE } from './invite-client-transaction.js'
import { INVITE_SERVER_TABLE } from './invite-server-transaction.js'
import { NON_INVITE_CLIENT_TABLE } from './non-invite-client-transaction.js'
import { NON_INVITE_SERVER_TABLE } from './non-invite-server-transaction.js'
import type { SipLimits } from './user-agent-types.js'

/** Timers of RFC 3261 Table 4 with L and M of RFC 6026 §8.4; C belongs to proxies. */
export type TransactionTimer = 'A' | 'B' | 'D' | 'E' | 'F' | 'G' | 'H' | 'I' | 'J' | 'K' | 'L' | 'M'

type TimerAction = `start ${TransactionTimer}` | `stop ${TransactionTimer}` | 'start E at T2'
type Report = 'report timeout' | 'report transport error'
export type ClientAction = TimerAction | Report | 'send request' | 'send ACK' | 'report'
export type ServerAction = TimerAction | Report | 'send response' | 'report ACK'
export type TransactionAction = ClientAction | ServerAction
/** What the owner of a transaction has to carry out. */
export type TransactionWork = Exclude<TransactionAction, TimerAction>

export type TransactionKind = 'invite client' | 'non-invite client' | 'invite server' | 'non-invite server'

/** An arrow with its actions sorted: what it does to timers, and what the owner has to carry out. */
interface Step {
  readonly to: string
  readonly timers: readonly { readonly verb: string; readonly timer: TransactionTimer; readonly atT2: boolean }[]
  readonly work: readonly TransactionWork[]
}

interface Course {
  readonly initial: string
  readonly first: Step
  readonly steps: ReadonlyMap<string, ReadonlyMap<string, Step>>
}

/** Read once, since every message goes through here. */
const COURSES: Record<TransactionKind, Course> = {
  'invite client': courseOf(INVITE_CLIENT_TABLE, 'calling', ['start A', 'start B']),
  'non-invite client': courseOf(NON_INVITE_CLIENT_TABLE, 'trying', ['start E', 'start F']),
  'invite server': courseOf(INVITE_SERVER_TABLE, 'proceeding', []),
  'non-invite server': courseOf(NON_INVITE_SERVER_TABLE, 'trying', []),
}

/** Timers that exist on unreliable transports only, and those that are zero on reliable ones (RFC 3261 Table 4). */
const UNRELIABLE_ONLY = 'AEG'
const ZERO_IF_RELIABLE = 'DIJK'

/** A running timer of a transaction. */
export interface RunningTimer extends Timed {
  readonly timer: TransactionTimer
  readonly transaction: Transaction
}

/** One of the four machines at work: it keeps state and timers and tells its owner what to send or report. */
export class Transaction {
  state: string
  /** Last wait of timer A, E or G, of which a transaction has at most one. */
  #interval: number | undefined
  /** At most two at a time. */
  #running: RunningTimer[] = NO_TIMERS

  /**
   * @param key names this transaction for its owner
   * @param reliable whether the transport of the transaction is (all but UDP)
   * @param timers where its timers run, among those of others
   */
  constructor(
    readonly kind: TransactionKind,
    readonly key: string,
    readonly reliable: boolean,
    private readonly limits: SipLimits,
    private readonly timers: TimerHeap<RunningTimer>,
  ) {
    this.state = COURSES[kind].initial
  }

  start(now: number): void {
    this.#runTimers(COURSES[this.kind].first, now)
  }

  get terminated(): boolean {
    return this.state === 'terminated'
  }

  /** Follows the arrow of `event`; undefined when the table has none, and then nothing has changed. */
  handle(event: string, now: number): readonly TransactionWork[] | undefined {
    const step = COURSES[this.kind].steps.get(this.state)?.get(event)
    if (step === undefined) return undefined
    this.state = step.to
    const expired = this.#runTimers(step, now)
    return expired === undefined ? step.work : [...step.work, ...(this.handle(`timer ${expired}`, now) as readonly TransactionWork[])]
  }

  /** Ends the transaction whatever its state. */
  stop(): void {
    for (const timer of this.#running) this.timers.stop(timer)
    this.#running = NO_TIMERS
    this.state = 'terminated'
  }

  /** @returns the timer that is zero and so has fired already */
  #runTimers(step: Step, now: number): TransactionTimer | undefined {
    let expired: TransactionTimer | undefined
    for (const { verb, timer, atT2 } of step.timers) {
      if (verb === 'stop') this.#stop(timer)
      else if (this.reliable && UNRELIABLE_ONLY.includes(timer)) continue
      else if (this.reliable && ZERO_IF_RELIABLE.includes(timer)) expired = timer
      else this.#start(timer, now + (atT2 ? this.limits.t2 : this.#duration(timer)))
    }
    return expired
  }

  #start(timer: TransactionTimer, at: number): void {
    let row = this.#running.find(one => one.timer === timer)
    if (row === undefined) {
      row = { timer, transaction: this, at, order: 0, place: -1 }
      this.#running = [...this.#running, row]
    }
    this.timers.start(row, at)
  }

  #stop(timer: TransactionTimer): void {
    const row = this.#running.find(one => one.timer === timer)
    if (row !== undefined) this.timers.stop(row)
  }

  #duration(timer: TransactionTimer): number {
    const { t1, t2, t4 } = this.limits
    // RFC 3261 §17.1.1.2: A doubles without bound, E and G up to T2
    if (timer === 'A' || timer === 'E' || timer === 'G') {
      const last = this.#interval
      this.#interval = last === undefined ? t1 : timer === 'A' ? last * 2 : Math.min(last * 2, t2)
      return this.#interval
    }
    return timer === 'I' || timer === 'K' ? t4 : 64 * t1
  }
}

function courseOf(table: Table<string, string, TransactionAction>, initial: string, first: readonly TransactionAction[]): Course {
  const steps = Object.entries(table).map(([state, arrows]) => {
    const entries = Object.entries(arrows).map(([event, arrow]) => [event, stepOf(arrow as Arrow<string, TransactionAction>)] as const)
    return [state, new Map(entries)] as const
  })
  return { initial, first: stepOf({ to: initial, do: first }), steps: new Map(steps) }
}

function stepOf(arrow: Arrow<string, TransactionAction>): Step {
  const timers: Step['timers'][number][] = []
  const work: TransactionWork[] = []
  for (const action of arrow.do) {
    const [verb, timer, ...rest] = action.split(' ') as [verb: string, timer: TransactionTimer, ...rest: string[]]
    if (verb === 'start' || verb === 'stop') timers.push({ verb, timer, atT2: rest.length > 0 })
    else work.push(action as TransactionWork)
  }
  return { to: arrow.to, timers, work }
}

/** Most transactions never have a timer. */
const NO_TIMERS: RunningTimer[] = []
