/**
 * Named timers of one machine: a row per name with its deadline in milliseconds of the host's clock.
 * Keys are the names the specification gives them (`A`, `B`, `release`), optionally with an owner: `B/z9hG4bK1`.
 */
export class Timers<Name extends string = string> {
  readonly #rows = new Map<Name, number>()
  #next: number | undefined

  /** Starts or restarts `name` so that it is due at `at`. */
  start(name: Name, at: number): void {
    this.#rows.set(name, at)
    this.#next = undefined
  }

  stop(name: Name): void {
    if (this.#rows.delete(name)) this.#next = undefined
  }

  has(name: Name): boolean {
    return this.#rows.has(name)
  }

  get size(): number {
    return this.#rows.size
  }

  /** Earliest deadline of all running timers. */
  get deadline(): number | undefined {
    if (this.#next === undefined && this.#rows.size > 0) {
      let next = Number.POSITIVE_INFINITY
      for (const at of this.#rows.values()) if (at < next) next = at
      this.#next = next
    }
    return this.#next
  }

  /** Removes and returns the names that are due at `now`, earliest first. */
  take(now: number): Name[] {
    const earliest = this.deadline
    if (earliest === undefined || earliest > now) return []
    const due = [...this.#rows].filter(([, at]) => at <= now).sort((a, b) => a[1] - b[1])
    for (const [name] of due) this.stop(name)
    return due.map(([name]) => name)
  }

  clear(): void {
    this.#rows.clear()
    this.#next = undefined
  }
}

/** Earliest of several deadlines, ignoring those that are undefined. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let next: number | undefined
  for (const at of deadlines) if (at !== undefined && (next === undefined || at < next)) next = at
  return next
}
