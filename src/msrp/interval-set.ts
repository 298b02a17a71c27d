/** A set of octet positions kept as sorted, disjoint, non-touching ranges [start, end), 0-based. */
export class IntervalSet {
  /** start, end, start, end, … */
  readonly #edges: number[] = []
  #size = 0

  /** Number of positions in the set. */
  get size(): number {
    return this.#size
  }

  /** Number of separate ranges. */
  get count(): number {
    return this.#edges.length / 2
  }

  /** End of the last range, 0 for the empty set. */
  get end(): number {
    return this.#edges.at(-1) ?? 0
  }

  /** Adds [start, end); overlapping positions count once (MSRP-54). An empty range changes nothing. */
  add(start: number, end: number): void {
    if (end <= start) return
    const edges = this.#edges
    const last = edges.length - 1
    if (last > 0 && start === edges[last]) {
      // octets that arrive in order only ever take this way
      edges[last] = end
      this.#size += end - start
      return
    }
    let from = 0
    while (from < edges.length && (edges[from + 1] as number) < start) from += 2
    let to = from
    let [low, high] = [start, end]
    while (to < edges.length && (edges[to] as number) <= end) {
      low = Math.min(low, edges[to] as number)
      high = Math.max(high, edges[to + 1] as number)
      this.#size -= (edges[to + 1] as number) - (edges[to] as number)
      to += 2
    }
    edges.splice(from, to - from, low, high)
    this.#size += high - low
  }

  /** Whether every position of [start, end) is in the set. */
  covers(start: number, end: number): boolean {
    if (end <= start) return true
    for (let index = 0; index < this.#edges.length; index += 2) {
      if ((this.#edges[index] as number) <= start && (this.#edges[index + 1] as number) >= end) return true
    }
    return false
  }
}
