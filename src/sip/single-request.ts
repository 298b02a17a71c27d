import { buildRequest } from './build-request.js'
import type { UserAgentCore } from './core.js'
import { Exchange } from './exchange.js'
import { Recovery } from './recovery.js'
import { asksForSips } from './sips.js'
import type { UserAgentCommand } from './user-agent-types.js'

/** A request outside any dialog: OPTIONS, MESSAGE and the like. */
export function sendSingleRequest(core: UserAgentCore, command: Extract<UserAgentCommand, { name: 'request' }>, done: () => void): void {
  const tag = core.token()
  const callId = core.token()
  const { id, method, to, body } = command
  const extras = command.headers ?? []
  const from = extras.find(([name]) => name.toLowerCase() === 'from')?.[1]
  let sequence = 0
  const recovery = new Recovery(core, to)
  const exchange = new Exchange(core, {
    hop: () => core.hop(core.routing(recovery.target).nextHop),
    sequence: () => ++sequence,
    build: (flow, number) => {
      const { requestUri: uri, routes } = core.routing(recovery.target)
      // RFC 3261 §11.1: our own capabilities travel with the question (callflow 13a); RFC 3428 §4: no Contact in MESSAGE
      const contact = method === 'MESSAGE' ? [] : [['Contact', core.contact(flow, asksForSips(uri, routes))] as const]
      const request = buildRequest({
        method,
        uri,
        routes,
        from: core.localIdentity(tag, from),
        to: `<${to}>`,
        callId,
        sequence: number,
        fields: [...contact, ...extras.filter(([name]) => name.toLowerCase() !== 'from'), ...core.capabilities(method === 'OPTIONS')],
        body,
      })
      return recovery.without(request)
    },
    final: response => {
      const again = recovery.after(response, exchange.request)
      if (again !== undefined) return again
      done()
      core.turn.event({ name: 'response', id, cause: 'response', response })
      return undefined
    },
    failed: (cause, response) => {
      done()
      core.turn.event({ name: 'response', id, cause, ...(response !== undefined && { response }) })
    },
  })
  exchange.start()
}
