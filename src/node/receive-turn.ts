import { RECEIVE_TURN } from './limits.js'

/**
 * Octets that connections receive within one turn of the event loop. A sender that is as fast as we are would keep a socket readable, and what
 * else waits, as a question over SIP, from being seen.
 */
export class ReceiveTurn {
  #received = 0
  #waiting: (() => void)[] = []
  #begun = false

  /** Counts what was received. False when it is enough: reading must stop, and `goOn` is called in the next turn. */
  goesOn(octets: number, goOn: () => void): boolean {
    this.#received += octets
    if (!this.#begun) {
      this.#begun = true
      setImmediate(() => this.#end())
    }
    if (this.#received < RECEIVE_TURN) return true
    this.#waiting.push(goOn)
    return false
  }

  #end(): void {
    this.#begun = false
    this.#received = 0
    for (const goOn of this.#waiting.splice(0)) goOn()
  }
}

/** All connections of the process. */
export const receiveTurn = new ReceiveTurn()
