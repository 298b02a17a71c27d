import { formatHost } from './host.js'
import { normalizeEscapes, parseSipUri, type SipUri } from './uri.js'

/**
 * The form under which an address is looked up (RFC 3261 §10.3 step 5): `sip:alice@example.org`, without parameters, password, port and headers,
 * the host in lower case, escapes only where they must be. `sips:` is the same address. A global `tel:` number is a user of `domain`.
 * @returns undefined for an address without user part, and for what is no SIP or tel address
 */
export function addressOfRecord(address: string | SipUri, domain?: string): string | undefined {
  const uri = typeof address === 'string' ? parseSipUri(address) : address
  if (uri?.user === undefined) return undefined
  if (uri.scheme !== 'tel') return `sip:${normalizeEscapes(uri.user)}@${formatHost(uri.host.toLowerCase())}`
  return domain === undefined || !uri.user.startsWith('+') ? undefined : `sip:${digitsOf(uri.user)}@${domain}`
}

/** RFC 3966 §3: visual separators mean nothing. */
function digitsOf(number: string): string {
  let digits = ''
  for (const character of number) if (!'-.()'.includes(character)) digits += character
  return digits
}
