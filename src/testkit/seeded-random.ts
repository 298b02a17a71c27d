import type { Random } from '../wire/index.js'

/** A repeatable source of numbers (mulberry32): the same seed gives the same run. For tests only, it is predictable. */
export class SeededRandom {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** A number in `[0, 1)`. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000
  }

  /** An integer in `from … to`, both included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /** True with the given probability; takes no number from the sequence when the answer is certain. */
  chance(probability: number): boolean {
    return probability > 0 && (probability >= 1 || this.next() < probability)
  }

  readonly bytes: Random = length => {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) bytes[index] = this.next() * 256
    return bytes
  }
}
