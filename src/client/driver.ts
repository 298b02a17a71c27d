import type { Machine } from '../wire/index.js'
import type { Host } from './host.js'
import { FAULTS_FORGIVEN } from './limits.js'

/** What else a driver may be told. */
export interface DriverOptions<Input> {
  /** Called each time nothing is left to handle: what was held back until then may go. */
  readonly rest?: () => void
  /**
   * The machine, or what handles its outputs, threw at this input: ends what the input belongs to, so that the rest lives on.
   * False for an input of the application, whose call then throws. Faults that do not end are thrown on after some.
   */
  readonly onFault?: (error: unknown, input: Input) => boolean
}

/** Runs one sans-I/O machine on a host: inputs in order, outputs to one place, one timer for its deadline. */
export class Driver<Input, Output> {
  readonly #machine: Machine<Input, Output>
  readonly #host: Host
  readonly #timeout: Input
  readonly #handle: (output: Output) => void
  readonly #options: DriverOptions<Input>
  readonly #inputs: Input[] = []
  #running = false
  #stopTimer: (() => void) | undefined
  #armedFor: number | undefined
  #closed = false
  #faults = 0

  constructor(
    machine: Machine<Input, Output>,
    host: Host,
    timeout: Input,
    handle: (output: Output) => void,
    options: DriverOptions<Input> = {},
  ) {
    this.#machine = machine
    this.#host = host
    this.#timeout = timeout
    this.#handle = handle
    this.#options = options
  }

  /** An input pushed while outputs are handled is taken right after them, so outputs keep their order. */
  push(input: Input): void {
    if (this.#closed) return
    this.#inputs.push(input)
    if (this.#running) return
    this.#running = true
    try {
      do {
        for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#take(next)
        this.#options.rest?.()
      } while (this.#inputs.length > 0)
    } finally {
      this.#running = false
    }
    this.#arm()
  }

  #take(input: Input): void {
    try {
      for (const output of this.#machine.step(input, this.#host.now())) this.#handle(output)
    } catch (error) {
      if (this.#faults >= FAULTS_FORGIVEN || this.#options.onFault?.(error, input) !== true) throw error
      this.#faults++
    }
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
