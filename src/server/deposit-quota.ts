import type { DepositLimits } from './deposit-options.js'
import type { DepositTable } from './deposit-types.js'
import { DATABASE_PAGE } from './limits.js'

/** Octets that were promised to senders and are not in the database yet. */
interface Promised {
  readonly sender: string
  readonly recipient: string
  readonly octets: number
}

const DAY = 24 * 3600 * 1000

/** Which files may be kept: per file, recipient, sender and day, and in all (SEC-4). Decided before anything is written. */
export class DepositQuota {
  readonly #table: DepositTable
  readonly #node: string
  readonly #limits: DepositLimits
  readonly #promised = new Set<Promised>()
  #turn: Promise<unknown> = Promise.resolve()

  constructor(table: DepositTable, node: string, limits: DepositLimits) {
    this.#table = table
    this.#node = node
    this.#limits = limits
  }

  /** Octets promised. */
  get promised(): number {
    return this.#sum(() => true)
  }

  /**
   * Promises room for files of these sizes, one decision after the other.
   * @returns for each file what takes the promise back, or undefined when it does not fit
   */
  reserve(sender: string, recipient: string, sizes: readonly number[], now: number): Promise<((() => void) | undefined)[]> {
    const decision = this.#turn.then(() => this.#reserve(sender, recipient, sizes, now))
    this.#turn = decision.catch(() => undefined)
    return decision
  }

  async #reserve(sender: string, recipient: string, sizes: readonly number[], now: number): Promise<((() => void) | undefined)[]> {
    const { file, ofRecipient, ofSender, total, count } = this.#limits
    // before the database is asked: what moves there meanwhile counts twice rather than never
    const own = {
      total: this.promised,
      recipient: this.#sum(each => each.recipient === recipient),
      sender: this.#sum(each => each.sender === sender),
      count: [...this.#promised].filter(each => each.recipient === recipient).length,
    }
    const [waiting, deposited, usage] = await Promise.all([
      this.#table.waitingFor(recipient),
      this.#table.deposited(sender, now - DAY),
      this.#table.usage(this.#node),
    ])
    const kept = waiting.flatMap(({ files }) => files)
    const used = {
      total: usage + own.total,
      recipient: kept.reduce((sum, { octets }) => sum + octets, own.recipient),
      sender: deposited + own.sender,
      count: kept.length + own.count,
    }
    return sizes.map(octets => {
      const fits =
        octets <= file &&
        used.total + octets <= total &&
        used.recipient + octets <= ofRecipient &&
        used.sender + octets <= ofSender &&
        used.count < Math.min(count, DATABASE_PAGE)
      if (!fits) return undefined
      used.total += octets
      used.recipient += octets
      used.sender += octets
      used.count++
      const promise: Promised = { sender, recipient, octets }
      this.#promised.add(promise)
      return () => void this.#promised.delete(promise)
    })
  }

  #sum(counts: (promised: Promised) => boolean): number {
    let sum = 0
    for (const promised of this.#promised) if (counts(promised)) sum += promised.octets
    return sum
  }
}
