import { type Timed, TimerHeap } from '../wire/index.js'
import type { NetworkTurn } from './turn.js'

/** Work that waits for its time. */
export interface Delay extends Timed {
  /** Undefined once it is done or called off. */
  work: (() => void) | undefined
}

/** Work put off to a later time of the machine's clock. */
export class Delays {
  readonly #heap = new TimerHeap<Delay>()

  constructor(private readonly turn: NetworkTurn) {}

  get deadline(): number | undefined {
    return this.#heap.deadline
  }

  /** Does `work` once, `milliseconds` from now. @returns a function that calls it off */
  after(milliseconds: number, work: () => void): () => void {
    const delay = this.at(this.turn.now + milliseconds, work)
    return () => this.callOff(delay)
  }

  /** As `after`, for a time of the machine's clock; `callOff` takes what is returned. */
  at(time: number, work: () => void): Delay {
    const delay: Delay = { at: time, order: 0, place: -1, work }
    this.#heap.start(delay, time)
    return delay
  }

  callOff(delay: Delay): void {
    delay.work = undefined
    this.#heap.stop(delay)
  }

  timeout(): void {
    for (const delay of this.#heap.take(this.turn.now)) {
      const { work } = delay
      delay.work = undefined
      // one that was due before may have called it off
      work?.()
    }
  }
}
