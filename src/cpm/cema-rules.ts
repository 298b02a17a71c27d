import { parseHost, parseMsrpUri } from '../msrp/index.js'
import type { FileMedia, Setup } from '../sdp/index.js'
import { equalFold } from '../wire/index.js'

/** Whether c=/m= and a URI of the path are one place; `unknown` when a name and an address would have to be compared without DNS. */
export type AddressMatch = 'same' | 'other' | 'unknown'

/** The addresses of a host name, as far as they are known (RFC 6714 §4.4). */
export type AddressesOf = (name: string) => readonly string[]

/** Compares the address of c=/m= with each URI of the path; one match is enough (RFC 6714 §4.4). */
export function matchAddress(media: Pick<FileMedia, 'address' | 'port' | 'path'>, addressesOf: AddressesOf = () => []): AddressMatch {
  const { address, port, path } = media
  if (address === undefined) return 'unknown'
  let match: AddressMatch = 'other'
  for (const text of path) {
    const uri = parseMsrpUri(text)
    if (uri === undefined || uri.port !== port) continue
    const hosts = matchHosts(uri.host, bracketed(address), addressesOf)
    if (hosts === 'same') return 'same'
    if (hosts === 'unknown') match = 'unknown'
  }
  return match
}

/** An IPv6 address in brackets, as URIs have it; anything else as it is. */
export function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}

/** What the offerer knows when an answer without `a=msrp-cema` came to its offer with one. */
export interface PlainAnswer {
  readonly match: AddressMatch
  /** Our role. */
  readonly role: 'active' | 'passive'
  readonly ownRelay: boolean
  readonly peerRelay: boolean
}

/** `offer-again`: without `a=msrp-cema`. `path` and `address`: connect to the path, or to c=/m=. `wait`: the peer connects. */
export type PlainAnswerVerdict = 'offer-again' | 'path' | 'address' | 'wait'

interface Rule<Facts, Then> {
  readonly when: (facts: Facts) => boolean
  readonly result: Then
}

/** RFC 6714 §4.2, first rule that holds (CON-33); when none does, we connect to c=/m=. What nobody could compare counts as equal: no second offer for a mere name. */
export const PLAIN_ANSWER_RULES: readonly Rule<PlainAnswer, PlainAnswerVerdict>[] = [
  // 1: the peer connects to our path and not to the middlebox
  { when: ({ match, role }) => match === 'other' && role === 'passive', result: 'offer-again' },
  // 2: our relay connects to the peer's path and not to the middlebox
  { when: ({ match, ownRelay }) => match === 'other' && ownRelay, result: 'offer-again' },
  // 3: c=/m= leads past the relay of the peer
  { when: ({ match, peerRelay }) => match === 'other' && peerRelay, result: 'offer-again' },
  { when: ({ role }) => role === 'passive', result: 'wait' },
  // No middlebox in sight: plain RFC 4975 without another offer
  { when: ({ peerRelay }) => peerRelay, result: 'path' },
]

/** What to do about an answer that leaves out `a=msrp-cema` (CON-33). */
export function judgePlainAnswer(answer: PlainAnswer): PlainAnswerVerdict {
  return PLAIN_ANSWER_RULES.find(({ when }) => when(answer))?.result ?? 'address'
}

/** What the answerer knows of an offer. */
export interface CemaOffer {
  readonly setup: Setup | undefined
  readonly peerRelay: boolean
  readonly ownRelay: boolean
}

/** RFC 6714 §4.3, when an answer must not say `a=msrp-cema` (CON-34). */
export const NO_CEMA_RULES: readonly ((offer: CemaOffer) => boolean)[] = [
  ({ peerRelay, ownRelay }) => peerRelay && ownRelay,
  // A missing role and holdconn count as active (CON-21)
  ({ peerRelay, setup }) => peerRelay && setup !== 'actpass' && setup !== 'passive',
  ({ ownRelay, setup }) => ownRelay && setup === 'passive',
]

/** Whether our answer carries `a=msrp-cema` (CON-34). */
export function answersCema(offer: CemaOffer): boolean {
  return !NO_CEMA_RULES.some(forbids => forbids(offer))
}

/**
 * Whether an offer without `a=msrp-cema` must be refused because something on the way changed c=/m= and not the path (CON-32).
 * @param offererConnects the offerer will be active: then nobody uses its address, and the lenient reading lets it pass
 */
export function refusesPlainOffer(
  offer: Pick<FileMedia, 'cema' | 'address' | 'port' | 'path'>,
  offererConnects: boolean,
  options: { readonly strict: boolean; readonly addressesOf?: AddressesOf | undefined },
): boolean {
  if (offer.cema || matchAddress(offer, options.addressesOf) !== 'other') return false
  return options.strict || !(offererConnects || hasNoPlace(offer.path))
}

/** `msrp://0.0.0.0:9/…` or `….invalid`: nobody is to connect there (RFC 2606 §2). */
function hasNoPlace(path: readonly string[]): boolean {
  const host = parseMsrpUri(path[0] ?? '')?.host.toLowerCase() ?? ''
  return parseHost(host) === '0.0.0.0' || parseHost(host) === '0:0:0:0:0:0:0:0' || host === 'invalid' || host.endsWith('.invalid')
}

/** Addresses by value, IPv6 in one form for all (RFC 5952), names without regard to case and, if known, by their addresses. */
function matchHosts(a: string, b: string, addressesOf: AddressesOf): AddressMatch {
  const [left, right] = [parseHost(a), parseHost(b)]
  if (left !== undefined && right !== undefined) return left === right ? 'same' : 'other'
  if (equalFold(a, b)) return 'same'
  const places = (host: string, value: string | undefined) => (value === undefined ? addressesOf(host).map(valueOf) : [value])
  const [lefts, rights] = [places(a, left), places(b, right)]
  if (lefts.length === 0 || rights.length === 0) return 'unknown'
  return lefts.some(place => rights.includes(place)) ? 'same' : 'other'
}

function valueOf(address: string): string {
  return parseHost(bracketed(address)) ?? address
}
