/** Longest pattern: the shift table holds one octet per entry. */
const MAX_PATTERN = 255

/**
 * Finds one short ASCII pattern in long runs of octets (Horspool: looks at one octet per stride of up to the pattern's
 * length, so a long transaction id means a fast search). Holds no octets of what it searched.
 */
export class Search {
  readonly #shift = new Uint8Array(256)
  #pattern = new Uint8Array(0)
  /** Stride after a candidate that was none; the table holds 0 for the pattern's last octet to mark candidates. */
  #lastShift = 1

  get length(): number {
    return this.#pattern.length
  }

  setPattern(text: string): void {
    const length = Math.min(text.length, MAX_PATTERN)
    const pattern = this.#pattern.length === length ? this.#pattern : new Uint8Array(length)
    this.#pattern = pattern
    this.#shift.fill(length)
    this.#lastShift = length
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index)
      pattern[index] = code
      if (index === length - 1) {
        this.#lastShift = this.#shift[code] as number
        this.#shift[code] = 0
      } else this.#shift[code] = length - 1 - index
    }
  }

  /** Index of the first occurrence that lies inside `bytes[from, to)`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    const shift = this.#shift
    const last = this.#pattern.length - 1
    let at = from + last
    while (at < to) {
      const stride = shift[bytes[at] as number] as number
      if (stride !== 0) at += stride
      else if (this.#matches(bytes, at - last, last)) return at - last
      else at += this.#lastShift
    }
    return -1
  }

  /** Index where the longest suffix of `bytes[from, to)` starts that could grow into the pattern, or `to` when none does. */
  findPartial(bytes: Uint8Array, from: number, to: number): number {
    const first = this.#pattern[0]
    for (let at = Math.max(from, to - this.#pattern.length + 1); at < to; at++) {
      if (bytes[at] === first && this.#matches(bytes, at, to - at)) return at
    }
    return to
  }

  /** How many octets at `at` agree with the pattern from its start; at most up to `to`. */
  matchedLength(bytes: Uint8Array, at: number, to: number): number {
    const limit = Math.min(this.#pattern.length, to - at)
    let length = 0
    while (length < limit && bytes[at + length] === this.#pattern[length]) length++
    return length
  }

  #matches(bytes: Uint8Array, at: number, length: number): boolean {
    for (let index = 0; index < length; index++) if (bytes[at + index] !== this.#pattern[index]) return false
    return true
  }
}
