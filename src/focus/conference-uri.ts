import { equalSipUris, formatHost, parseSipUri } from '../sip/index.js'
import { type Random, randomToken } from '../wire/index.js'
import { CONFERENCE_TOKEN } from './limits.js'

/** `sip:ft-8Jq2Lx71ZkP0tYw3Rb5nHc@cf.home1.example`: a new one for each session, which nobody can guess (GRP-18, SEC-8). */
export function newConferenceUri(random: Random, host: string): string {
  return `sip:${CONFERENCE_PREFIX}${randomToken(random, CONFERENCE_TOKEN)}@${formatHost(host)}`
}

/** What the focus is asked for by a Request-URI (GRP-17). */
export type AddressKind =
  /** Makes conferences. */
  | 'factory'
  /** A conference that runs. */
  | 'conference'
  /** A group that is defined once and for all. */
  | 'group'
  /** Looks like a conference of this focus, but none runs there (any more). */
  | 'no-conference'
  /** None of ours. */
  | 'foreign'

/** The addresses a focus answers for. */
export interface FocusAddresses {
  readonly factory: string
  /** Host part of its conference URIs. */
  readonly host: string
  readonly conferences: Iterable<string>
  readonly groups: Iterable<string>
}

/** Which kind of address a Request-URI is; parameters of the transport do not count. */
export function addressKind(requestUri: string, addresses: FocusAddresses): AddressKind {
  const uri = bare(requestUri)
  if (uri === undefined) return 'foreign'
  const is = (other: string) => equalSipUris(uri, bare(other) ?? other)
  if (is(addresses.factory)) return 'factory'
  if (some(addresses.conferences, is)) return 'conference'
  if (some(addresses.groups, is)) return 'group'
  const ours = parseSipUri(uri)
  const looksLikeOne = ours?.user?.startsWith(CONFERENCE_PREFIX) === true && ours.host.toLowerCase() === addresses.host.toLowerCase()
  return looksLikeOne ? 'no-conference' : 'foreign'
}

/** What the OPTIONS answer of such an address says beside the usual (GRP-17, RFC 5366 §5, RFC 4579 §4.3). */
export const ADDRESS_CAPABILITIES: Readonly<Record<'factory' | 'conference' | 'group', { recipientList: boolean; isFocus: boolean }>> = {
  factory: { recipientList: true, isFocus: false },
  conference: { recipientList: false, isFocus: true },
  group: { recipientList: false, isFocus: true },
}

/** User, host and port alone: `;transport=tcp` and `sips` say how the request came, not where it goes (RFC 5630 §4). */
function bare(text: string): string | undefined {
  const uri = parseSipUri(text)
  if (uri === undefined) return undefined
  const port = uri.port === undefined ? '' : `:${uri.port}`
  return uri.scheme === 'tel' ? text : `sip:${uri.user === undefined ? '' : `${uri.user}@`}${formatHost(uri.host)}${port}`
}

function some(values: Iterable<string>, accept: (value: string) => boolean): boolean {
  for (const value of values) if (accept(value)) return true
  return false
}

const CONFERENCE_PREFIX = 'ft-'
