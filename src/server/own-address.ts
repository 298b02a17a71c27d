import type { SipUri } from '../sip/index.js'
import { isOurDomain } from './destination.js'

/** What a Contact must not be: an address at which we listen, or a name of ours without port or on such a one. */
export function ownAddress(names: readonly string[], listening: readonly { readonly host: string; readonly port: number }[]) {
  const ports = new Set(listening.map(({ port }) => port))
  return (uri: SipUri): boolean => {
    const port = uri.port ?? (uri.scheme === 'sips' ? 5061 : 5060)
    if (listening.some(place => place.host === uri.host.toLowerCase() && place.port === port)) return true
    return isOurDomain(uri, names) && (uri.port === undefined || ports.has(uri.port))
  }
}
