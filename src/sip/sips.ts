import type { SipRequest } from './message.js'
import { firstAddress, parseNameAddress } from './name-address.js'
import { uriScheme } from './uri.js'

/** Whether every hop to this URI must be TLS (RFC 3261 §26.2.2, RFC 5630 §3). */
export function isSips(uri: string): boolean {
  return uriScheme(uri) === 'sips'
}

/** The same address, to be reached over TLS only; other schemes stay as they are. The way back does not exist (RFC 5630 §5.1.1). */
export function asSips(uri: string): string {
  return uriScheme(uri) === 'sip' ? `sips${uri.slice(3)}` : uri
}

/** RFC 3261 §8.1.1.8: whether the Contact of a request of ours must be sips. */
export function asksForSips(requestUri: string, routes: readonly string[]): boolean {
  return isSips(requestUri) || firstIsSips(routes)
}

/** RFC 3261 §12.1.1: whether the Contact of our response must be sips: by Request-URI, else top Record-Route, else Contact. */
export function demandsSips({ uri, headers }: SipRequest): boolean {
  if (isSips(uri)) return true
  const first = firstAddress(headers, headers.has('record-route') ? 'record-route' : 'contact')
  return first !== undefined && isSips(first.uri)
}

function firstIsSips([first]: readonly string[]): boolean {
  return isSips(parseNameAddress(first ?? '')?.uri ?? '')
}
