import { addressKey } from './address-key.js'
import type { DepositHostOptions, DepositLimits } from './deposit-options.js'
import type { Deposit } from './deposit-types.js'
import { DEPOSIT_RECORD, DEPOSIT_WAITING, KNOWN_FLOWS } from './limits.js'

export interface ClockDesk {
  /** Deliveries that may begin now. */
  readonly free: () => number
  /** Whether any delivery runs. */
  readonly busy: () => boolean
  /** These are ours to deliver, in one session. */
  readonly deliver: (deposits: readonly Deposit[]) => void
  /** Nobody took these; the spool files are not needed any more. */
  readonly expired: (deposits: readonly Deposit[], spool: readonly string[]) => void
  readonly log: (error: unknown, what: string) => void
}

/** As the sender offered them. */
const byId = (a: Deposit, b: Deposit): number => (a.id < b.id ? -1 : 1)

/** Least time between two looks, ms: a deposit that is due and cannot begin must not make a busy loop. */
const LEAST_WAIT = 200

/** Says when what is delivered: when its recipient registers, when it is due, and when another node died. One look at a time. */
export class DepositClock {
  readonly #options: DepositHostOptions
  readonly #limits: DepositLimits
  readonly #desk: ClockDesk
  /** Recipients that registered and were not looked at yet. */
  readonly #back = new Set<string>()
  /** When addresses registered last, the latest ones. */
  readonly #seen = new Map<string, number>()
  readonly #work = new Set<Promise<unknown>>()
  #stopNews: (() => void) | undefined
  #stopTimer: (() => void) | undefined
  #stopSweep: (() => void) | undefined
  #looking = false
  #again = false
  #closed = false
  /** Whether the node may have any. */
  #some = true

  constructor(options: DepositHostOptions, limits: DepositLimits, desk: ClockDesk) {
    this.#options = options
    this.#limits = limits
    this.#desk = desk
  }

  start(): void {
    this.#stopNews = this.#options.database.news.onBinding(aor => this.#moved(aor))
    this.#sweepLater()
    this.look()
  }

  /** Whether an address registered since then. */
  cameBack(aor: string, since: number): boolean {
    return (this.#seen.get(addressKey(aor)) ?? 0) >= since
  }

  /** Something may be due. */
  look(): void {
    this.#some = true
    this.#go()
  }

  /** Work that `settled` waits for; its failure is logged. */
  later(work: Promise<unknown>): void {
    const settled = work.catch((error: unknown) => this.#desk.log(error, 'deposit not brought up to date'))
    this.#work.add(settled)
    void settled.then(() => this.#work.delete(settled))
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#stopNews?.()
    this.#stopTimer?.()
    this.#stopSweep?.()
    await this.settled()
  }

  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work)
  }

  #moved(aor: string | undefined): void {
    if (aor === undefined) return this.look()
    const key = addressKey(aor)
    this.#seen.delete(key)
    this.#seen.set(key, this.#options.host.date())
    for (const oldest of this.#seen.keys()) {
      if (this.#seen.size <= KNOWN_FLOWS) break
      this.#seen.delete(oldest)
    }
    // a thousand registrations a second are nothing to us while nothing is kept
    if (!this.#some || this.#back.size >= DEPOSIT_WAITING) return
    this.#back.add(key)
    this.#go()
  }

  #go(): void {
    if (this.#closed) return
    this.#again = true
    if (this.#looking) return
    this.#looking = true
    this.later(
      this.#look().finally(() => {
        this.#looking = false
        // asked for while the timer was set
        if (this.#again) this.#go()
      }),
    )
  }

  async #look(): Promise<void> {
    while (this.#again && !this.#closed) {
      this.#again = false
      for (const recipient of this.#back) {
        if (this.#desk.free() <= 0) break
        this.#back.delete(recipient)
        await this.#returned(recipient)
      }
      await this.#due()
    }
    await this.#arm()
  }

  /** Somebody registered: everything kept for it is due. */
  async #returned(recipient: string): Promise<void> {
    const { database, node, host } = this.#options
    const now = host.date()
    const waiting = await database.deposits.waitingFor(recipient)
    if (!waiting.some(deposit => deposit.node === node && deposit.state === 'waiting')) return
    // it may as well have left
    if ((await database.bindings.of(recipient, now)).length === 0) return
    this.#deliver(await database.deposits.claim({ node, now, recipient }))
  }

  async #due(): Promise<void> {
    const { database, node, host } = this.#options
    const now = host.date()
    const { deposits, spool } = await database.deposits.expire(node, now)
    if (deposits.length > 0) this.#desk.expired(deposits, spool)
    const limit = this.#desk.free()
    if (limit > 0) this.#deliver(await database.deposits.claim({ node, now, limit }))
  }

  /** What one sender left in one session goes in one session. */
  #deliver(claimed: readonly Deposit[]): void {
    const sessions = new Map<string, Deposit[]>()
    for (const deposit of claimed) {
      const { recipient, creator, contributionId, group = '' } = deposit
      const key = JSON.stringify([recipient, creator, contributionId, group])
      const session = sessions.get(key)
      if (session === undefined) sessions.set(key, [deposit])
      else session.push(deposit)
    }
    for (const deposits of sessions.values()) this.#desk.deliver(deposits.sort(byId))
  }

  async #arm(): Promise<void> {
    const { database, node, host } = this.#options
    const due = await database.deposits.nextDue(node)
    // what is being delivered may wait again in a moment
    this.#some = due !== undefined || this.#desk.busy()
    this.#stopTimer?.()
    this.#stopTimer = undefined
    if (due === undefined || this.#closed || this.#desk.free() <= 0) return
    const wait = Math.min(Math.max(LEAST_WAIT, due - host.date()), this.#limits.sweep)
    this.#stopTimer = host.after(wait, () => this.#go())
  }

  #sweepLater(): void {
    if (this.#closed) return
    this.#stopSweep = this.#options.host.after(this.#limits.sweep, () => {
      this.later(this.#sweep())
      this.#sweepLater()
    })
  }

  async #sweep(): Promise<void> {
    const { database, node, host, sharedSpool } = this.#options
    const now = host.date()
    try {
      await database.deposits.forget(now - DEPOSIT_RECORD)
      if (sharedSpool === true) {
        const since = now - this.#limits.nodeDead
        for (const { id } of await database.nodes.dead(since)) if (id !== node) await database.deposits.takeOver(id, node, since, now)
      }
    } finally {
      // also what a look missed while the database was away
      this.look()
    }
  }
}
