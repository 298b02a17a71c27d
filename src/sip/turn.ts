import type { NetworkOutput } from './network-types.js'
import type { UserAgentEvent } from './user-agent-types.js'

/** What the parts below the transactions use of a turn: they have no events of their own. */
export interface NetworkTurn {
  readonly now: number
  emit(output: NetworkOutput): void
}

/** What the parts of a machine share during one `step`: the clock reading and the outputs so far. */
export class Turn<Event = UserAgentEvent> implements NetworkTurn {
  now = 0
  #outputs: (NetworkOutput | { type: 'event'; event: Event })[] = []

  begin(now: number): void {
    this.now = now
    this.#outputs = []
  }

  emit(output: NetworkOutput): void {
    this.#outputs.push(output)
  }

  event(event: Event): void {
    this.#outputs.push({ type: 'event', event })
  }

  get outputs(): (NetworkOutput | { type: 'event'; event: Event })[] {
    return this.#outputs
  }
}
