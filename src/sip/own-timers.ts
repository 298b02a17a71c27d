import type { Delays } from './delays.js'

/** Named timers of one owner among the delays of the whole user agent, so that the earliest deadline of all is one look-up. */
export class OwnTimers<Name extends string> {
  /** By name, what calls the timer off. */
  readonly #running = new Map<Name, () => void>()

  constructor(
    private readonly delays: Delays,
    private readonly ring: (timer: Name) => void,
  ) {}

  /** Starts or restarts `name` so that it is due at `at`, milliseconds of the machine's clock. */
  start(name: Name, at: number): void {
    this.stop(name)
    this.#running.set(
      name,
      this.delays.at(at, () => {
        this.#running.delete(name)
        this.ring(name)
      }),
    )
  }

  stop(name: Name): void {
    this.#running.get(name)?.()
    this.#running.delete(name)
  }

  clear(): void {
    for (const callOff of this.#running.values()) callOff()
    this.#running.clear()
  }
}
