import { isIpv4, isIpv6 } from './host.js'
import { parseNameAddress } from './name-address.js'
import { parseSipUri, type SipUri } from './uri.js'
import type { Address, FlowId, Transport } from './user-agent-types.js'

/** Where a request goes next: transport and address, and the flow to prefer while it lives. */
export interface Hop {
  readonly transport: Transport
  readonly remote: Address
  readonly flow?: FlowId
  /** Set for a domain name without port, which may have NAPTR and SRV records. */
  readonly service?: Service
  /** Name a TLS certificate must be for, when it is not `remote.host` (RFC 5922 §4). */
  readonly domain?: string
}

/** What RFC 3263 §4.1 looks for: the domain, and the transport when the URI names it. */
export interface Service {
  readonly name: string
  readonly secure: boolean
  readonly transport: Transport | undefined
}

const TRANSPORTS: ReadonlySet<string> = new Set<Transport>(['udp', 'tcp', 'tls', 'ws', 'wss'])

/** RFC 3261 §19.1.2, RFC 7118 §5.3 */
export function defaultPort(transport: Transport): number {
  return transport === 'tls' ? 5061 : transport === 'ws' ? 80 : transport === 'wss' ? 443 : 5060
}

export function isReliable(transport: Transport): boolean {
  return transport !== 'udp'
}

/**
 * Transport and address a SIP URI names (RFC 3263 §4.1 without DNS: names go to the driver as they are).
 * @param fallback transport for a URI that names none
 * @returns undefined for a tel URI, an unknown transport or text that is no URI
 */
export function hopOf(uri: string | SipUri, fallback: Transport): Hop | undefined {
  const parsed = typeof uri === 'string' ? parseSipUri(uri) : uri
  if (parsed === undefined || parsed.scheme === 'tel') return undefined
  const named = parsed.parameters.get('transport')?.toLowerCase()
  if (named !== undefined && !TRANSPORTS.has(named)) return undefined
  const secure = parsed.scheme === 'sips'
  const transport = secured((named ?? (secure ? 'tls' : fallback)) as Transport, secure)
  const host = parsed.parameters.get('maddr') ?? parsed.host
  const hop = { transport, remote: { host, port: parsed.port ?? defaultPort(transport) } }
  // a name without a dot is a machine of this network, as localhost is, and no domain
  if (parsed.port !== undefined || isIpAddress(host) || !host.includes('.')) return hop
  return { ...hop, service: { name: host.toLowerCase(), secure, transport: named === undefined ? undefined : transport } }
}

/** RFC 3261 §26.2.2: a sips URI travels over TLS whatever transport it names. */
function secured(transport: Transport, secure: boolean): Transport {
  if (!secure) return transport
  return transport === 'ws' || transport === 'wss' ? 'wss' : 'tls'
}

/** Same place: same port and same host, names without case. */
export function sameAddress(a: Address, b: Address): boolean {
  return a.port === b.port && a.host.toLowerCase() === b.host.toLowerCase()
}

export function isIpAddress(host: string): boolean {
  return isIpv4(host) || isIpv6(host)
}

/** Request-URI and Route values after the rules for the topmost route (RFC 3261 §12.2.1.1). */
export interface Routing {
  readonly requestUri: string
  readonly routes: readonly string[]
  /** URI that decides the next hop. */
  readonly nextHop: string
}

export function routeRequest(target: string, routeSet: readonly string[]): Routing {
  const [first, ...rest] = routeSet
  const address = first === undefined ? undefined : parseNameAddress(first)
  if (first === undefined || address === undefined) return { requestUri: target, routes: [], nextHop: target }
  if (parseSipUri(address.uri)?.parameters.has('lr')) return { requestUri: target, routes: routeSet, nextHop: address.uri }
  // strict router: it becomes the Request-URI and the target goes to the end of the list
  return { requestUri: address.uri, routes: [...rest, `<${target}>`], nextHop: address.uri }
}
