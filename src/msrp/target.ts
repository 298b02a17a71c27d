import { LocalProtocolError } from '../wire/index.js'
import type { AuthorizationOptions, MsrpTransport, SessionOptions, TlsPeer } from './endpoint-types.js'
import { RELAY_PORT, WEBSOCKET_PORT } from './limits.js'
import type { MsrpUri } from './uri.js'

/** Where a connection leads. */
export interface Target extends TlsPeer {
  readonly host: string
  readonly port: number
  readonly transport: MsrpTransport
  /** SRV records come first, see the `connect` output. */
  readonly service?: '_msrps._tcp'
}

/** Same text, same connection (CON-11): one place, and one identity at it. */
export function targetKey({ transport, host, port, service, serverName, fingerprints = [] }: Target): string {
  const hashes = fingerprints.map(({ algorithm, octets }) => `${algorithm}=${octets.join('.')}`)
  return [transport, host.toLowerCase(), service ?? port, serverName?.toLowerCase() ?? '', ...hashes].join(' ')
}

/** What a target says of the certificate at its other end; nothing without TLS. */
export function tlsPeerOf({ transport, serverName, fingerprints }: Target): TlsPeer {
  if (transport === 'tcp') return {}
  return { ...(serverName !== undefined && { serverName }), ...(fingerprints !== undefined && { fingerprints }) }
}

/**
 * Where an active session connects: the given target, or the leftmost URI of the peer's path (CON-5).
 * @returns undefined when there is no place to connect to, or only one of a transport that we do not connect with (CON-4)
 * @throws LocalProtocolError when the given target gives up the TLS that the path asks for (CON-40)
 */
export function sessionTarget(options: SessionOptions, first: MsrpUri | undefined): Target | undefined {
  const { target } = options
  if (target !== undefined) {
    if (first?.secure === true && !target.secure) throw new LocalProtocolError('downgrade', 'The path of the peer asks for TLS')
    const { secure, ...place } = target
    return { ...place, transport: secure ? 'tls' : 'tcp' }
  }
  if (first?.port === undefined || first.transport !== 'tcp') return undefined
  return { host: bareHost(first.host), port: first.port, transport: first.secure ? 'tls' : 'tcp' }
}

/** Where the first of our relays is found (RFC 4976 §8, RLY-1, RLY-4): over TLS or WebSocket over TLS, nothing else. */
export function relayTarget(options: AuthorizationOptions, relay: MsrpUri): Target {
  const transport = relay.transport === 'ws' ? 'wss' : 'tls'
  if (options.target !== undefined) return { ...options.target, transport }
  const host = bareHost(relay.host)
  if (relay.port !== undefined) return { host, port: relay.port, transport }
  return transport === 'wss' ? { host, port: WEBSOCKET_PORT, transport } : { host, port: RELAY_PORT, transport, service: '_msrps._tcp' }
}

/** A transport wants an IPv6 address without its brackets. */
function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
