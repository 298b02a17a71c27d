import type { Delay, Delays } from './delays.js'

interface OwnTimer<Name> {
  readonly name: Name
  readonly delay: Delay
}

/** Named timers of one owner among the delays of the whole user agent, so that the earliest deadline of all is one look-up. */
export class OwnTimers<Name extends string> {
  /** Seldom more than three run, so that a list is faster than a map and smaller. */
  readonly #running: OwnTimer<Name>[] = []

  constructor(
    private readonly delays: Delays,
    private readonly ring: (timer: Name) => void,
  ) {}

  /** Starts or restarts `name` so that it is due at `at`, milliseconds of the machine's clock. */
  start(name: Name, at: number): void {
    this.stop(name)
    const delay = this.delays.at(at, () => {
      this.stop(name)
      this.ring(name)
    })
    this.#running.push({ name, delay })
  }

  stop(name: Name): void {
    const index = this.#running.findIndex(timer => timer.name === name)
    if (index < 0) return
    const [timer] = this.#running.splice(index, 1)
    this.delays.callOff((timer as OwnTimer<Name>).delay)
  }

  clear(): void {
    for (const { delay } of this.#running) this.delays.callOff(delay)
    this.#running.length = 0
  }
}
