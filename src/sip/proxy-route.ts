import { defaultPort } from './hop.js'
import { listValues } from './header-list.js'
import type { SipRequest } from './message.js'
import { type NameAddress, parseNameAddress } from './name-address.js'
import type { ProxyCore } from './proxy-core.js'
import { formatSipUri, parseSipUri, type SipUri } from './uri.js'
import type { FlowId, Transport } from './user-agent-types.js'

/** A request without the Route values that led to us (RFC 3261 §16.4). */
export interface Routed {
  readonly request: SipRequest
  /** Route values of others that are left. */
  readonly routes: readonly string[]
  /**
   * What our own Route values say, if one is genuine: `dialog` that we record-routed it (so that it was let in before), `path` that it is for a
   * registered user agent.
   */
  readonly passed: 'dialog' | 'path' | undefined
  /** The flow it goes on over; undefined when the route says none, or the one it came on. */
  readonly flow: FlowId | undefined
  /** User part of our own Route values that is no genuine flow token. */
  readonly unread: string | undefined
}

/** Route information preprocessing (RFC 3261 §16.4) with flow tokens (RFC 5626 §5.3). */
export function routed(core: ProxyCore, request: SipRequest, from: FlowId): Routed {
  const { headers } = request
  const callId = headers.get('call-id') as string
  const routes = listValues(headers, 'route')
  const own: (string | undefined)[] = []
  let { uri } = request
  const parsed = parseSipUri(uri) as SipUri
  const last = routes.at(-1)
  // the hop before us is a strict router: the Request-URI is our own Record-Route value, the true one came last
  if (last !== undefined && parsed.parameters.has('lr') && core.names.hasUri(parsed)) {
    own.push(parsed.user)
    routes.pop()
    uri = (parseNameAddress(last) as NameAddress).uri
  } else uri = withoutOwnMaddr(core, uri, parsed)
  for (let first = ownRoute(core, routes[0]); first !== undefined; first = ownRoute(core, routes[0])) {
    own.push(first.user)
    routes.shift()
  }
  let passed: Routed['passed']
  let flow: FlowId | undefined
  let unread: string | undefined
  for (const token of own) {
    const known = core.tokens.read(token, callId)
    if (known === undefined) {
      unread ??= token
      continue
    }
    passed = passed === 'dialog' ? passed : known.kind
    // RFC 5626 §5.3: on its own flow it is outgoing, and another value or the Request-URI says where to
    if (known.kind === 'path' || known.flow !== from) flow = known.flow === '' ? undefined : known.flow
  }
  if (own.length > 0) {
    headers.delete('Route')
    if (routes.length > 0) headers.append('Route', routes.join(', '))
  }
  return { request: uri === request.uri ? request : { ...request, uri }, routes, passed, flow, unread }
}

/** The URI of a Route value that means us. */
export function ownRoute(core: ProxyCore, route: string | undefined): SipUri | undefined {
  const address = route === undefined ? undefined : parseNameAddress(route)
  const uri = address === undefined ? undefined : parseSipUri(address.uri)
  return uri !== undefined && core.names.hasUri(uri) ? uri : undefined
}

/** RFC 3261 §16.4: a maddr that led to us has done its work, and so have port and transport beside it. */
function withoutOwnMaddr(core: ProxyCore, text: string, uri: SipUri): string {
  const host = uri.parameters.get('maddr')
  if (host === undefined) return text
  const transport = (uri.parameters.get('transport')?.toLowerCase() ?? 'udp') as Transport
  if (!core.names.hasUri({ ...uri, host, port: uri.port ?? defaultPort(transport) })) return text
  const parameters = new Map(uri.parameters)
  parameters.delete('maddr')
  parameters.delete('transport')
  const { port: _, ...rest } = uri
  return formatSipUri({ ...rest, parameters })
}
