import { FLOW_SILENCE } from './limits.js'
import type { ProxyCore } from './proxy-core.js'
import type { FlowId } from './user-agent-types.js'

/** Closes connections that bring no message: accepted ones that never bring any (SEC-12), and our own that nobody uses any more. */
export class FlowSilence {
  /** Open stream flows and what calls their closing off. */
  readonly #flows = new Map<FlowId, (() => void) | undefined>()

  constructor(private readonly core: ProxyCore) {}

  opened(flow: FlowId): void {
    const { kept = [] } = this.core.options
    this.#flows.set(flow, undefined)
    if (!kept.includes(flow)) this.#wait(flow)
  }

  heard(flow: FlowId): void {
    const callOff = this.#flows.get(flow)
    if (callOff === undefined) return
    callOff()
    this.#flows.set(flow, undefined)
    if (isOurs(flow)) this.#wait(flow)
  }

  /** @returns whether it was open */
  closed(flow: FlowId): boolean {
    this.#flows.get(flow)?.()
    return this.#flows.delete(flow)
  }

  #wait(flow: FlowId): void {
    const { delays, flows } = this.core
    this.#flows.set(
      flow,
      delays.after(isOurs(flow) ? FLOW_SILENCE.unused : FLOW_SILENCE.first, () => flows.close(flow)),
    )
  }
}

/** Names of flows that we open are ours to give. */
function isOurs(flow: FlowId): boolean {
  return flow.startsWith('out-')
}
