import { ANONYMOUS_URI, type Identity, identityOf, isAnonymous } from '../cpm/index.js'
import { equalSipUris, parseNameAddress, parseSipUri, type SipRequest } from '../sip/index.js'
import type { ClientOptions } from './api.js'
import { factoryOf } from './group.js'

/** What is known of how a request came here. */
export interface Arrival {
  readonly request: SipRequest
  /** Host of the other end of its connection. */
  readonly host: string
  /** That is our own proxy, which asserts nothing that it does not know (SIP-28). */
  readonly trusted: boolean
}

/**
 * Who sent what comes through a group server or a mailbox (RCV-9, RCS-10): the one it names in Referred-By where it is trusted by name,
 * else whom our proxy asserts, else whoever the request claims to be from (SEC-15).
 */
export function originalSender(
  arrival: Arrival,
  options: Pick<ClientOptions, 'aor' | 'proxy' | 'conferenceFactory' | 'trustedFocus'>,
): Identity {
  const { request, trusted } = arrival
  const caller = identityOf(request, trusted)
  if (caller.certainty === 'anonymous') return caller
  const focuses = options.trustedFocus ?? [factoryOf(options) ?? []].flat()
  const direct = !trusted && focuses.some(focus => sameHost(hostOf(focus), arrival.host))
  const named = caller.certainty === 'asserted' && focuses.some(focus => isFocus(focus, caller.uri))
  if (!direct && !named) return caller
  const referred = parseNameAddress(request.headers.get('Referred-By') ?? '')
  const sender = referred === undefined || !isAddress(referred.uri) ? (direct ? asserted(request) : undefined) : referred
  if (sender === undefined) return caller
  if (isAnonymous(sender.uri)) return { uri: ANONYMOUS_URI, displayName: undefined, certainty: 'anonymous' }
  return { uri: sender.uri, displayName: sender.displayName === '' ? undefined : sender.displayName, certainty: 'asserted' }
}

/** A focus that connects to us itself says whom it calls for. */
function asserted(request: SipRequest): ReturnType<typeof parseNameAddress> {
  const value = parseNameAddress(request.headers.get('P-Asserted-Identity') ?? '')
  return value !== undefined && isAddress(value.uri) ? value : undefined
}

/** `sip:pf@example.com` is that address alone; `cf.example.com` is everybody at that host. */
function isFocus(focus: string, uri: string): boolean {
  const configured = parseSipUri(focus)
  if (configured?.user !== undefined) return equalSipUris(focus, uri)
  return sameHost(hostOf(focus), parseSipUri(uri)?.host)
}

function hostOf(focus: string): string | undefined {
  return /^sips?:/i.test(focus) ? parseSipUri(focus)?.host : focus
}

function sameHost(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== '' && bare(a) === bare(b)
}

function bare(host: string): string {
  return (host.startsWith('[') ? host.slice(1, -1) : host).toLowerCase()
}

function isAddress(uri: string): boolean {
  return /^(sips?|tel):/i.test(uri)
}
