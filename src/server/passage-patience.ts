import { STRAGGLER_SHARE } from './limits.js'

/** How long the sender of one passage was held for readers that are behind, and how long it may be. Milliseconds. */
export class PassagePatience {
  readonly #now: () => number
  readonly #atOnce: number
  #began: number | undefined
  #since: number | undefined
  #waited = 0

  /**
   * @param now a clock; only differences have a meaning
   * @param atOnce what a passage may take of the time of its readers before it has earned any
   */
  constructor(now: () => number, atOnce: number) {
    this.#now = now
    this.#atOnce = atOnce
  }

  get isWaiting(): boolean {
    return this.#since !== undefined
  }

  begin(): void {
    this.#since = this.#now()
  }

  end(): void {
    this.#waited += this.#waiting
    this.#since = undefined
  }

  /** Whether those who could read on may be kept waiting (still): it takes no more than a small share of their time. */
  get isLeft(): boolean {
    const now = this.#now()
    this.#began ??= now
    return this.#waited + this.#waiting < this.#atOnce + (now - this.#began) * STRAGGLER_SHARE
  }

  get #waiting(): number {
    return this.#since === undefined ? 0 : this.#now() - this.#since
  }
}
