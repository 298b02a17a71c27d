interface Range {
  from: number
  to: number
}

/** Which octets of a file are written: a contiguous front part and scattered ranges behind it. */
export class WrittenRanges {
  #frontier = 0
  /** Sorted, disjoint, not adjacent, all behind the frontier. */
  readonly #ranges: Range[] = []
  #overflow = false

  /** @param most ranges that are remembered; with more of them the frontier stands still */
  constructor(readonly most: number) {}

  /** Octets `0 … frontier - 1` are all written. */
  get frontier(): number {
    return this.#frontier
  }

  /** The bookkeeping was given up: the frontier no longer moves. */
  get overflow(): boolean {
    return this.#overflow
  }

  add(from: number, to: number): void {
    if (this.#overflow) return
    if (from <= this.#frontier) this.#frontier = Math.max(this.#frontier, to)
    else this.#insert(from, to)
    for (let first = this.#ranges[0]; first !== undefined && first.from <= this.#frontier; first = this.#ranges[0]) {
      this.#frontier = Math.max(this.#frontier, first.to)
      this.#ranges.shift()
    }
    if (this.#ranges.length > this.most) {
      this.#overflow = true
      this.#ranges.length = 0
    }
  }

  #insert(from: number, to: number): void {
    const ranges = this.#ranges
    let index = ranges.length
    // from the end: a late range is the usual one
    while (index > 0 && (ranges[index - 1] as Range).to >= from) index--
    let end = index
    let range: Range = { from, to }
    for (let next = ranges[end]; next !== undefined && next.from <= to; next = ranges[end]) {
      range = { from: Math.min(range.from, next.from), to: Math.max(range.to, next.to) }
      end++
    }
    ranges.splice(index, end - index, range)
  }
}
