/** Time the smoothed rate needs to follow a change, milliseconds. */
const SMOOTHING = 3000
/** No estimate is shown before this many milliseconds of data: early rates jump. */
const SETTLING = 2000

/** Rate and remaining time of one file, from octets the peer confirmed. */
export class ProgressRate {
  #start: number | undefined
  #time = 0
  #octets = 0
  /** Octets a millisecond. */
  #rate = 0

  /** Takes the count of octets at `now` milliseconds. */
  update(octets: number, now: number): void {
    if (this.#start === undefined) {
      this.#start = now
    } else if (now > this.#time) {
      const elapsed = now - this.#time
      const current = Math.max(0, octets - this.#octets) / elapsed
      const weight = this.#rate === 0 ? 1 : 1 - Math.exp(-elapsed / SMOOTHING)
      this.#rate += (current - this.#rate) * weight
    } else return
    this.#time = now
    this.#octets = octets
  }

  /** Octets a second; undefined before two updates. */
  get perSecond(): number | undefined {
    return this.#rate > 0 ? this.#rate * 1000 : undefined
  }

  /** Milliseconds until `total` octets are there; undefined until the rate is settled. */
  remaining(total: number): number | undefined {
    if (this.#start === undefined || this.#rate <= 0 || this.#time - this.#start < SETTLING) return undefined
    return Math.max(0, total - this.#octets) / this.#rate
  }
}
