import { isIpv4, isIpv6 } from './host.js'
import { formatNameAddress, parseNameAddress } from './name-address.js'
import { asSips, isSips } from './sips.js'
import { parseSipUri } from './uri.js'
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

/** Whether nobody on the way can read or change what this transport carries. */
export function isSecure(transport: Transport): boolean {
  return transport === 'tls' || transport === 'wss'
}

/** Mark of an event that came over this transport. */
export function protectedBy(transport: Transport): { readonly secure?: true } {
  return isSecure(transport) ? { secure: true } : {}
}

/** Message oriented: one SIP message in one WebSocket message (RFC 7118 §5). */
export function isWebSocket(transport: Transport): boolean {
  return transport === 'ws' || transport === 'wss'
}

/** RFC 2606 §2: a name of this kind is in no DNS; only the flow leads there (RFC 7118 appendix B.1). */
export function isUnreachable(host: string): boolean {
  const name = host.toLowerCase()
  return name === 'invalid' || name.endsWith('.invalid')
}

/**
 * Transport and address a SIP URI names (RFC 3263 §4.1 without DNS: names go to the driver as they are).
 * @param fallback transport for a URI that names none
 * @param secure only TLS will do, whatever the scheme: a URI that names UDP or TCP leads nowhere then (SEC-7)
 * @returns undefined for a tel URI, an unknown transport, a `.invalid` host or text that is no URI
 */
export function hopOf(uri: string, fallback: Transport, secure = false): Hop | undefined {
  const parsed = parseSipUri(uri)
  if (parsed === undefined || parsed.scheme === 'tel') return undefined
  const named = parsed.parameters.get('transport')?.toLowerCase()
  if (named !== undefined && !isTransport(named)) return undefined
  const sips = parsed.scheme === 'sips'
  if (secure && !sips && (named === 'udp' || named === 'tcp')) return undefined
  const transport = secured(named ?? fallback, sips || secure)
  const host = parsed.parameters.get('maddr') ?? parsed.host
  if (isUnreachable(host)) return undefined
  const hop = { transport, remote: { host, port: parsed.port ?? defaultPort(transport) } }
  // a name without a dot is a machine of this network, as localhost is, and no domain
  if (parsed.port !== undefined || isIpAddress(host) || !host.includes('.')) return hop
  return { ...hop, service: { name: host.toLowerCase(), secure: sips || secure, transport: named === undefined ? undefined : transport } }
}

function isTransport(name: string): name is Transport {
  return TRANSPORTS.has(name)
}

/** RFC 3261 §26.2.2: a sips URI travels over TLS whatever transport it names. */
function secured(transport: Transport, secure: boolean): Transport {
  if (!secure) return transport
  return isWebSocket(transport) ? 'wss' : 'tls'
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
  // RFC 5630 §5.1.1: with a sips target every route is sips too
  const routes = isSips(target) ? routeSet.map(secureRoute) : routeSet
  const [first, ...rest] = routes
  const address = first === undefined ? undefined : parseNameAddress(first)
  if (first === undefined || address === undefined) return { requestUri: target, routes: [], nextHop: target }
  if (parseSipUri(address.uri)?.parameters.has('lr')) return { requestUri: target, routes, nextHop: address.uri }
  // strict router: it becomes the Request-URI and the target goes to the end of the list
  return { requestUri: address.uri, routes: [...rest, `<${target}>`], nextHop: address.uri }
}

function secureRoute(route: string): string {
  const address = parseNameAddress(route)
  return address === undefined ? route : formatNameAddress({ ...address, uri: asSips(address.uri) })
}
