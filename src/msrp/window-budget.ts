import { QUANTUM } from './limits.js'

/**
 * Octets that all connections of a process may have under way together, asked for or written and not yet taken by the transport. Those that have
 * something to send share them evenly: memory does not grow with their number, and a few have all they want.
 */
export class WindowBudget {
  #sharers = 0

  constructor(readonly octets: number) {}

  /** What one connection may have under way: never less than a turn, with which it still goes on. */
  get share(): number {
    return Math.max(QUANTUM, Math.floor(this.octets / Math.max(1, this.#sharers)))
  }

  enter(): void {
    this.#sharers++
  }

  leave(): void {
    this.#sharers--
  }
}
