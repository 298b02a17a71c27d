import { parseNameAddress, type SipRequest } from '../sip/index.js'
import { splitOutsideQuotes } from '../wire/index.js'

/** Who sent a request, and how sure that is (SIP-28, RCV-9). */
export interface Identity {
  readonly uri: string
  readonly displayName: string | undefined
  readonly certainty: 'asserted' | 'unverified' | 'anonymous'
}

/** The From of somebody who does not say who it is (RFC 3323 §4.1.1.3). */
export const ANONYMOUS_URI = 'sip:anonymous@anonymous.invalid'

/**
 * The identity to show for an incoming request.
 * @param trusted whether the request came over a hop whose assertions count; otherwise P-Asserted-Identity is ignored
 */
export function identityOf(request: SipRequest, trusted: boolean): Identity {
  const from = parseNameAddress(request.headers.get('From') ?? '')
  const privacy = (request.headers.get('Privacy') ?? '').toLowerCase().split(';')
  const hidden = privacy.some(value => ['id', 'header', 'user'].includes(value.trim()))
  if (hidden || from === undefined || isAnonymous(from.uri)) return { uri: ANONYMOUS_URI, displayName: undefined, certainty: 'anonymous' }
  if (trusted) {
    for (const value of request.headers.getAll('P-Asserted-Identity').flatMap(line => splitOutsideQuotes(line, ','))) {
      const asserted = parseNameAddress(value)
      if (asserted !== undefined && /^(sips?|tel):/i.test(asserted.uri))
        return { uri: asserted.uri, displayName: named(asserted.displayName), certainty: 'asserted' }
    }
  }
  return { uri: from.uri, displayName: named(from.displayName), certainty: 'unverified' }
}

/** RFC 3323 §4.1.1.3: the anonymous From of a caller who asked for privacy. */
export function isAnonymous(uri: string): boolean {
  const lower = uri.toLowerCase()
  return lower.endsWith('@anonymous.invalid') || lower.endsWith('.anonymous.invalid')
}

function named(displayName: string | undefined): string | undefined {
  return displayName === undefined || displayName === '' ? undefined : displayName
}
