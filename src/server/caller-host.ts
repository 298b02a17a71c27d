import { parseVias } from '../sip/index.js'
import type { RequestEvent } from './desk-options.js'

/**
 * Address of who sent a request, to be counted by (SEC-12). What comes through a proxy of ours is from where that one got it, which stands in the
 * second Via (RFC 3261 §18.2.1): its own is the first.
 */
export function callerHost({ request, remote }: Pick<RequestEvent, 'request' | 'remote'>, edges?: ReadonlySet<string>): string {
  if (edges?.has(remote.host) !== true) return remote.host
  const via = parseVias(request.headers)?.[1]
  return via?.received ?? via?.host ?? remote.host
}
