import type { UserAgentEvent, UserAgentOutput } from './user-agent-types.js'

/** What the parts of a user agent share during one `step`: the clock reading and the outputs so far. */
export class Turn {
  now = 0
  #outputs: UserAgentOutput[] = []

  begin(now: number): void {
    this.now = now
    this.#outputs = []
  }

  emit(output: UserAgentOutput): void {
    this.#outputs.push(output)
  }

  event(event: UserAgentEvent): void {
    this.#outputs.push({ type: 'event', event })
  }

  get outputs(): UserAgentOutput[] {
    return this.#outputs
  }
}
