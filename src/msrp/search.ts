/** Longest pattern: the shift table holds one octet per entry. */
const MAX_PATTERN = 255
/** Octets after which the faster way pays for its table; chunks of 2 KiB never get there. */
const LONG = 8192
/** Bits of a hash of four octets: the table stays in the first cache. */
const HASH_BITS = 12
/** Looks that promised the pattern and lied; with more of them the octets are made of its letters, and the plain way is faster. */
const MAX_LIES = 64

/**
 * Finds one short ASCII pattern in long runs of octets. Horspool looks at one octet per stride of up to the pattern's length, so a long transaction
 * id means a fast search. In long runs the next look would still wait for the one before; so there four octets are looked at in strides that no
 * occurrence fits between, and only where they may be part of the pattern Horspool looks closer. Holds no octets of what it searched.
 */
export class Search {
  readonly #shift = new Uint8Array(256)
  #pattern = new Uint8Array(0)
  /** Stride after a candidate that was none; the table holds 0 for the pattern's last octet to mark candidates. */
  #lastShift = 1
  /** 1 at the hashes of any four octets of the pattern in a row; built when it is first needed. */
  readonly #isPart = new Uint8Array(1 << HASH_BITS)
  #hasParts = false

  get length(): number {
    return this.#pattern.length
  }

  /** Looks for `prefix` and `text` from now on. */
  setPattern(text: string, prefix = ''): void {
    const begin = prefix.length
    const length = Math.min(begin + text.length, MAX_PATTERN)
    const pattern = this.#pattern.length === length ? this.#pattern : new Uint8Array(length)
    const shift = this.#shift.fill(length)
    this.#pattern = pattern
    this.#hasParts = false
    const last = length - 1
    for (let index = 0; index < length; index++) {
      const code = index < begin ? prefix.charCodeAt(index) : text.charCodeAt(index - begin)
      pattern[index] = code
      if (index === last) this.#lastShift = shift[code] as number
      shift[code] = last - index
    }
  }

  /** Index of the first occurrence that lies inside `bytes[from, to)`, or -1. */
  find(bytes: Uint8Array, from: number, to: number): number {
    if (to - from < 2 * LONG || this.#pattern.length < 16) return this.#findNear(bytes, from, to)
    // most chunks that end in a run end at its start
    const near = this.#findNear(bytes, from, from + LONG)
    return near < 0 ? this.#findFar(bytes, from + LONG - this.#pattern.length + 1, to) : near
  }

  #findFar(bytes: Uint8Array, from: number, to: number): number {
    const isPart = this.#parts()
    const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const { length } = this.#pattern
    const stride = length - 3
    let lies = 0
    for (let at = from + stride - 1; at + 4 <= to; at += stride) {
      if (isPart[hash(words.getUint32(at))] === 0) continue
      const near = at + 4 - length
      if (++lies > MAX_LIES) return this.#findNear(bytes, near, to)
      const hit = this.#findNear(bytes, near, Math.min(at + length, to))
      if (hit >= 0) return hit
    }
    return -1
  }

  #parts(): Uint8Array {
    if (this.#hasParts) return this.#isPart
    this.#hasParts = true
    this.#isPart.fill(0)
    const words = new DataView(this.#pattern.buffer)
    for (let at = 0; at + 4 <= this.#pattern.length; at++) this.#isPart[hash(words.getUint32(at))] = 1
    return this.#isPart
  }

  #findNear(bytes: Uint8Array, from: number, to: number): number {
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

/** Zeros, dashes and text must not fall together with the pattern: the multiplier is that of Fibonacci hashing, 2^32 / golden ratio. */
function hash(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - HASH_BITS)
}
