import type { RequestEvent } from './desk-options.js'
import { isLoopback } from './listen-address.js'

/**
 * Whether a request came from one of the addresses whose word counts (RFC 3325 §3). A datagram may bear the address of anybody, so that only what came over
 * a connection counts; loopback is the exception, since no datagram from outside gets in with such an address (RFC 1122 §3.2.1.3).
 */
export function isTrustedSender(trusted: ReadonlySet<string>, { transport, remote }: Pick<RequestEvent, 'transport' | 'remote'>): boolean {
  return trusted.has(remote.host) && (transport !== 'udp' || isLoopback(remote.host))
}
