import type { Machine } from '../wire/index.js'
import type { Host } from './host.js'

/** Runs one sans-I/O machine on a host: inputs in order, outputs to one place, one timer for its deadline. */
export class Driver<Input, Output> {
  readonly #machine: Machine<Input, Output>
  readonly #host: Host
  readonly #timeout: Input
  readonly #handle: (output: Output) => void
  readonly #rest: (() => void) | undefined
  readonly #inputs: Input[] = []
  #running = false
  #stopTimer: (() => void) | undefined
  #armedFor: number | undefined
  #closed = false

  /** @param rest called each time nothing is left to handle: what was held back until then may go */
  constructor(machine: Machine<Input, Output>, host: Host, timeout: Input, handle: (output: Output) => void, rest?: () => void) {
    this.#machine = machine
    this.#host = host
    this.#timeout = timeout
    this.#handle = handle
    this.#rest = rest
  }

  /** An input pushed while outputs are handled is taken right after them, so outputs keep their order. */
  push(input: Input): void {
    if (this.#closed) return
    this.#inputs.push(input)
    if (this.#running) return
    this.#running = true
    try {
      do {
        for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift())
          for (const output of this.#machine.step(next, this.#host.now())) this.#handle(output)
        this.#rest?.()
      } while (this.#inputs.length > 0)
    } finally {
      this.#running = false
    }
    this.#arm()
  }

  /** Stops the timer; later inputs are dropped. */
  close(): void {
    this.#closed = true
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }

  /** A timer that is due too early stays: it costs one look at the clock, and most deadlines move on before they come. */
  #arm(): void {
    const deadline = this.#machine.deadline
    if (this.#closed) return
    if (deadline === this.#armedFor || (deadline !== undefined && this.#armedFor !== undefined && deadline > this.#armedFor)) return
    this.#stopTimer?.()
    this.#stopTimer = undefined
    this.#armedFor = deadline
    if (deadline === undefined) return
    this.#stopTimer = this.#host.after(Math.max(0, deadline - this.#host.now()), () => {
      this.#armedFor = undefined
      this.#stopTimer = undefined
      const due = this.#machine.deadline
      if (due !== undefined && due <= this.#host.now()) this.push(this.#timeout)
      this.#arm()
    })
  }
}
