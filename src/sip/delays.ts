import { Timers } from '../wire/index.js'
import type { Turn } from './turn.js'

/** Work put off to a later time of the machine's clock. */
export class Delays {
  readonly #timers = new Timers()
  readonly #work = new Map<string, () => void>()
  #started = 0

  constructor(private readonly turn: Turn) {}

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  /** Does `work` once, `milliseconds` from now. @returns a function that calls it off */
  after(milliseconds: number, work: () => void): () => void {
    return this.at(this.turn.now + milliseconds, work)
  }

  /** As `after`, for a time of the machine's clock. */
  at(time: number, work: () => void): () => void {
    const name = `${++this.#started}`
    this.#work.set(name, work)
    this.#timers.start(name, time)
    return () => {
      this.#timers.stop(name)
      this.#work.delete(name)
    }
  }

  timeout(): void {
    for (const name of this.#timers.take(this.turn.now)) {
      const work = this.#work.get(name)
      this.#work.delete(name)
      work?.()
    }
  }
}
