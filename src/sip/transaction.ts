import { follow, type Table, type Timers } from '../wire/index.js'
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

const MACHINES: Record<
  TransactionKind,
  { table: Table<string, string, TransactionAction>; initial: string; first: readonly TimerAction[] }
> = {
  'invite client': { table: INVITE_CLIENT_TABLE, initial: 'calling', first: ['start A', 'start B'] },
  'non-invite client': { table: NON_INVITE_CLIENT_TABLE, initial: 'trying', first: ['start E', 'start F'] },
  'invite server': { table: INVITE_SERVER_TABLE, initial: 'proceeding', first: [] },
  'non-invite server': { table: NON_INVITE_SERVER_TABLE, initial: 'trying', first: [] },
}

/** Timers that exist on unreliable transports only, and those that are zero on reliable ones (RFC 3261 Table 4). */
const UNRELIABLE_ONLY = 'AEG'
const ZERO_IF_RELIABLE = 'DIJK'

/** One of the four machines at work: it keeps state and timers and tells its owner what to send or report. */
export class Transaction {
  state: string
  #interval: Partial<Record<TransactionTimer, number>> = {}

  /**
   * @param key names this transaction in `timers`, whose rows are `<timer>/<key>`
   * @param reliable whether the transport of the transaction is (all but UDP)
   */
  constructor(
    readonly kind: TransactionKind,
    readonly key: string,
    readonly reliable: boolean,
    private readonly limits: SipLimits,
    private readonly timers: Timers,
  ) {
    this.state = MACHINES[kind].initial
  }

  start(now: number): void {
    for (const action of MACHINES[this.kind].first) this.#timerAction(action, now)
  }

  get terminated(): boolean {
    return this.state === 'terminated'
  }

  /** Follows the arrow of `event`; undefined when the table has none, and then nothing has changed. */
  handle(event: string, now: number): TransactionWork[] | undefined {
    const arrow = follow(MACHINES[this.kind].table, this.state, event)
    if (arrow === undefined) return undefined
    this.state = arrow.to
    const work: TransactionWork[] = []
    let expired: string | undefined
    for (const action of arrow.do) {
      if (action.startsWith('start') || action.startsWith('stop')) expired = this.#timerAction(action as TimerAction, now) ?? expired
      else work.push(action as TransactionWork)
    }
    if (expired !== undefined) work.push(...(this.handle(`timer ${expired}`, now) as TransactionWork[]))
    return work
  }

  /** Ends the transaction whatever its state. */
  stop(): void {
    for (const timer of 'ABDEFGHIJKLM') this.timers.stop(`${timer}/${this.key}`)
    this.state = 'terminated'
  }

  /** @returns the timer when it is zero and so has fired already */
  #timerAction(action: TimerAction, now: number): string | undefined {
    const [verb, name] = action.split(' ') as ['start' | 'stop', TransactionTimer]
    const row = `${name}/${this.key}`
    if (verb === 'stop') this.timers.stop(row)
    else if (this.reliable && UNRELIABLE_ONLY.includes(name)) return undefined
    else if (this.reliable && ZERO_IF_RELIABLE.includes(name)) return name
    else this.timers.start(row, now + (action === 'start E at T2' ? this.limits.t2 : this.#duration(name)))
    return undefined
  }

  #duration(timer: TransactionTimer): number {
    const { t1, t2, t4 } = this.limits
    // RFC 3261 §17.1.1.2: A doubles without bound, E and G up to T2
    if (timer === 'A' || timer === 'E' || timer === 'G') {
      const last = this.#interval[timer]
      const next = last === undefined ? t1 : timer === 'A' ? last * 2 : Math.min(last * 2, t2)
      this.#interval[timer] = next
      return next
    }
    return timer === 'I' || timer === 'K' ? t4 : 64 * t1
  }
}
