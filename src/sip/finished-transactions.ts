import type { Source } from './flows.js'
import type { Address } from './user-agent-types.js'

/** What is left of a server transaction that only answers copies of its request. */
export interface FinishedTransaction {
  readonly key: string
  readonly source: Source
  /** Where responses go when the connection of the request is gone. */
  readonly back: Address
  readonly response: Uint8Array
  readonly mergeKey: string | undefined
}

interface Kept extends FinishedTransaction {
  readonly until: number
  next: Kept | undefined
}

/**
 * Non-INVITE server transactions over UDP in the state "completed" (RFC 3261 §17.2.2). All wait the same time for their timer J, so that they
 * stand in a queue; there are thousands of them for each one under way, and each consists of as little as can be.
 */
export class FinishedTransactions {
  readonly #kept = new Map<string, Kept>()
  /** Oldest; no entry goes before it. */
  #first: Kept | undefined
  #last: Kept | undefined

  get size(): number {
    return this.#kept.size
  }

  get deadline(): number | undefined {
    return this.#first?.until
  }

  get(key: string): FinishedTransaction | undefined {
    return this.#kept.get(key)
  }

  /** @param until no earlier than that of any before */
  add(transaction: FinishedTransaction, until: number): void {
    const { key, source, back, response, mergeKey } = transaction
    const kept: Kept = { key, source, back, response, mergeKey, until, next: undefined }
    this.#kept.set(key, kept)
    if (this.#last === undefined) this.#first = kept
    else this.#last.next = kept
    this.#last = kept
  }

  /** Takes away what is due, oldest first. */
  take(now: number): FinishedTransaction[] {
    return this.#takeWhile(({ until }) => until <= now)
  }

  /** Takes away all that came from `flow`. */
  takeFrom(flow: string): FinishedTransaction[] {
    if (!this.#has(flow)) return []
    const all = this.#takeWhile(() => true)
    for (const kept of all) if (kept.source.flow !== flow) this.add(kept, kept.until)
    return all.filter(({ source }) => source.flow === flow)
  }

  #has(flow: string): boolean {
    for (let kept = this.#first; kept !== undefined; kept = kept.next) if (kept.source.flow === flow) return true
    return false
  }

  #takeWhile(isTaken: (kept: Kept) => boolean): Kept[] {
    const taken: Kept[] = []
    for (let first = this.#first; first !== undefined && isTaken(first); first = this.#first) {
      taken.push(first)
      this.#kept.delete(first.key)
      this.#first = first.next
      // an old one must not keep a young one from being collected
      first.next = undefined
    }
    if (this.#first === undefined) this.#last = undefined
    return taken
  }
}
