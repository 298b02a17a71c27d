import { MAX_SETTLED_TRANSACTIONS } from './limits.js'
import type { Outgoing } from './outgoing-message.js'
import type { Session } from './session.js'

/** One SEND of ours and its response (RFC 4975 §7.1). */
export class Transaction {
  /** When the head of its chunk was written. */
  begun = 0
  /** Body octets, final when the chunk has ended. */
  length = 0
  /** Position after its last octet in the connection's octets; 0 while it is being sent. */
  end = 0
  /** When the response must be there; undefined until the last octet was written (MSRP-43). */
  due: number | undefined
  /** Answered 200 before its end-line went out. */
  isEarly = false
  isOver = false

  /**
   * @param outgoing the message it carries a chunk of; undefined for a bodiless SEND
   * @param needsAnswer Failure-Report is `yes`
   */
  constructor(
    readonly tid: string,
    readonly session: Session,
    readonly outgoing: Outgoing | undefined,
    readonly needsAnswer: boolean,
  ) {}
}

/** The transactions of one connection, oldest first. */
export class Transactions {
  readonly #unanswered = new Map<string, Transaction>()
  /** Written, no answer needed, but an error may still come (RFC 4975 §7.1.4 `partial`). */
  readonly #settled = new Map<string, Transaction>()
  readonly #unwritten: Transaction[] = []
  /** Nothing is overdue before, because something else was answered. */
  #notBefore = 0

  /** How many wait for their response or are being sent. */
  get size(): number {
    return this.#unanswered.size
  }

  has(tid: string): boolean {
    return this.#unanswered.has(tid) || this.#settled.has(tid)
  }

  add(transaction: Transaction): void {
    this.#unanswered.set(transaction.tid, transaction)
  }

  /** The last octet went to the transport's queue. */
  end(transaction: Transaction, position: number): void {
    transaction.end = position
    if (transaction.isEarly) this.#over(transaction)
    else this.#unwritten.push(transaction)
  }

  /**
   * The transport took everything before `position`: starts the response timers.
   * @returns the transactions that are thereby done because they need no answer
   */
  written(position: number, due: number): Transaction[] {
    const done: Transaction[] = []
    let count = 0
    for (const transaction of this.#unwritten) {
      if (transaction.end > position) break
      count++
      if (transaction.isOver) continue
      if (transaction.needsAnswer) transaction.due = due
      else {
        this.#settle(transaction)
        done.push(transaction)
      }
    }
    if (count > 0) this.#unwritten.splice(0, count)
    return done
  }

  /** The transaction a response belongs to; undefined for an unknown or repeated one, which is ignored (MSRP-44). */
  find(tid: string): Transaction | undefined {
    return this.#unanswered.get(tid) ?? this.#settled.get(tid)
  }

  /**
   * It got its response.
   * @param next no other response is due before
   */
  answered(transaction: Transaction, next = 0): void {
    this.#notBefore = next
    if (transaction.end === 0) transaction.isEarly = true
    else this.#over(transaction)
  }

  /** Earliest time at which a response is missing; transactions are written, so due, in order. */
  get deadline(): number | undefined {
    for (const { due } of this.#unanswered.values()) return due === undefined ? undefined : Math.max(due, this.#notBefore)
    return undefined
  }

  /** The oldest transaction whose time is over. */
  overdue(now: number): Transaction | undefined {
    const due = this.deadline
    if (due === undefined || due > now) return undefined
    for (const transaction of this.#unanswered.values()) return transaction
    /* v8 ignore next -- without a transaction there is no deadline */
    return undefined
  }

  /** Nobody waits for this session's responses any more. */
  forget(session: Session): void {
    for (const transaction of this.#unanswered.values()) if (transaction.session === session) this.#over(transaction)
    for (const transaction of this.#settled.values()) if (transaction.session === session) this.#over(transaction)
  }

  #settle(transaction: Transaction): void {
    this.#unanswered.delete(transaction.tid)
    this.#settled.set(transaction.tid, transaction)
    if (this.#settled.size <= MAX_SETTLED_TRANSACTIONS) return
    for (const oldest of this.#settled.keys()) {
      this.#settled.delete(oldest)
      break
    }
  }

  #over(transaction: Transaction): void {
    transaction.isOver = true
    this.#unanswered.delete(transaction.tid)
    this.#settled.delete(transaction.tid)
  }
}
