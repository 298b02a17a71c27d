import { addressOfRecord, type Gruus, parseSipUri, type SipRequest, type SipUri, tagIn } from '../sip/index.js'

/** What a request asks for, as far as its Request-URI tells. */
export type Destination =
  /** The registrar, or the server itself: an address of ours without a user. */
  | { readonly kind: 'server' }
  /** The conference factory, a conference or a pre-defined group. */
  | { readonly kind: 'focus'; readonly role: 'factory' | 'conference' | 'group' }
  /** An address of our domain. */
  | { readonly kind: 'person'; readonly aor: string; readonly instance?: string; readonly callIdMark?: string }
  /** Says it is one of our devices, and is none (RFC 5627 §6.1). */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'foreign' }
  /** No address that SIP can reach. */
  | { readonly kind: 'unsupported' }

export interface Places {
  /** Our domains and the names of this server, lower case: `example.org`. */
  readonly domains: readonly string[]
  /** User part of the conference factory. */
  readonly factory: string
  readonly gruus: Gruus
  isGroup(aor: string): Promise<boolean> | boolean
}

/** User parts of conferences begin so (GRP-18). */
const CONFERENCE = 'ft-'

/** Where a request goes, whoever sent it. */
export async function destinationOf(request: SipRequest, places: Places): Promise<Destination> {
  const uri = parseSipUri(request.uri)
  if (uri === undefined) return { kind: 'unsupported' }
  const isOurs = uri.scheme === 'tel' || isOurDomain(uri, places.domains)
  if (!isOurs) return { kind: 'foreign' }
  const aor = addressOfRecord(uri, places.domains[0])
  if (request.method === 'REGISTER') return { kind: 'server' }
  if (aor === undefined) return uri.scheme === 'tel' ? { kind: 'nobody' } : { kind: 'server' }
  if (uri.user === places.factory) return { kind: 'focus', role: 'factory' }
  if (uri.user?.startsWith(CONFERENCE)) return { kind: 'focus', role: 'conference' }
  const gruu = places.gruus.read(uri)
  if (gruu === 'invalid') return { kind: 'nobody' }
  if (gruu !== undefined) return { kind: 'person', ...gruu }
  return (await places.isGroup(aor)) ? { kind: 'focus', role: 'group' } : { kind: 'person', aor }
}

export function isOurDomain(uri: Pick<SipUri, 'host'>, domains: readonly string[]): boolean {
  const host = uri.host.toLowerCase()
  // RFC 3261 §25.1: `example.org.` is the same name
  return domains.includes(host.endsWith('.') ? host.slice(0, -1) : host)
}

/** Whether a request says it belongs to a dialog (RFC 3261 §12.2). */
export function isInDialog(request: SipRequest): boolean {
  return tagIn(request.headers, 'to') !== undefined
}
