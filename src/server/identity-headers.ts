import {
  type ExtraHeaders,
  formatNameAddress,
  listValues,
  parseNameAddress,
  parseSipUri,
  type SipHeaders,
  type SipRequest,
} from '../sip/index.js'
import { hasLineBreak, parseDigest } from '../wire/index.js'

/** How header fields of a request change on its way through us. */
export interface HeaderChanges {
  readonly remove: readonly string[]
  readonly add: ExtraHeaders
}

export interface IdentityInput {
  readonly request: SipRequest
  /** Its sender is our focus or a proxy of ours: what it asserts is true. */
  readonly isTrusted: boolean
  /** Who it is from, proved by credentials: `sip:alice@example.org`. */
  readonly asserted?: { readonly aor: string; readonly displayName?: string }
  /** What it goes to believes us, and keeps private what should be: the focus. */
  readonly towardsTrusted: boolean
  /** Our realm: credentials for it end here. */
  readonly realm: string
}

/** Only the sender's own domain may say these (RFC 3325 §5, RFC 6050 §4.1, RFC 7315 §4). */
export const ASSERTED = ['P-Asserted-Identity', 'P-Asserted-Service', 'P-Preferred-Identity', 'P-Preferred-Service']

/** Service identifiers that we pass on as asserted: those of 3GPP, CPM's among them (RFC 6050 §8.2). */
const SERVICE = 'urn:urn-7:3gpp-service.'

/** Identities a proxy of a trust domain takes away and puts in (RFC 3325 §5 to §7, RFC 6050 §4). */
export function identityHeaders(input: IdentityInput): HeaderChanges {
  const { request, isTrusted, towardsTrusted } = input
  const { headers } = request
  const isPrivate = !towardsTrusted && wantsPrivateIdentity(headers)
  const credentials = credentialsOfOthers(headers, input.realm)
  const drops = headers.has('Proxy-Authorization') ? ['Proxy-Authorization'] : []
  if (isTrusted)
    return { remove: [...drops, ...(isPrivate && headers.has('P-Asserted-Identity') ? ['P-Asserted-Identity'] : [])], add: credentials }
  const add: [name: string, value: string][] = [...credentials.map(([name, value]) => [name, value] as [string, string])]
  if (input.asserted !== undefined && !isPrivate) add.push(['P-Asserted-Identity', addressOf(input.asserted)])
  if (input.asserted !== undefined) for (const service of preferredServices(headers)) add.push(['P-Asserted-Service', service])
  return { remove: [...drops, ...ASSERTED.filter(name => headers.has(name))], add }
}

/** `"Alice Reed" <sip:alice@example.org>` */
function addressOf({ aor, displayName }: NonNullable<IdentityInput['asserted']>): string {
  return formatNameAddress({ uri: aor, parameters: new Map(), ...(displayName !== undefined && { displayName }) })
}

/** RFC 3325 §9.3: `Privacy: id`, beside other kinds that are not ours to give. */
export function wantsPrivateIdentity(headers: SipHeaders): boolean {
  return headers.getAll('privacy').some(line => line.split(/[;,]/, 16).some(value => value.trim().toLowerCase() === 'id'))
}

/** Who a trusted sender says a request is from; the first SIP address of P-Asserted-Identity. */
export function assertedIdentity(headers: SipHeaders): string | undefined {
  const uris = listValues(headers, 'P-Asserted-Identity').flatMap(value => parseNameAddress(value)?.uri ?? [])
  return uris.find(uri => parseSipUri(uri) !== undefined)
}

/** RFC 6050 §4.4: what the user's device says the request is for. */
function preferredServices(headers: SipHeaders): string[] {
  return listValues(headers, 'P-Preferred-Service')
    .filter(value => value.toLowerCase().startsWith(SERVICE) && !hasLineBreak(value))
    .slice(0, 1)
}

/** RFC 3261 §22.3: credentials for proxies further on stay. */
function credentialsOfOthers(headers: SipHeaders, realm: string): ExtraHeaders {
  return (
    headers
      .getAll('Proxy-Authorization')
      // a NUL may be received (RFC 3261 §25.1, quoted-pair) and must not be sent as ours
      .filter(value => !hasLineBreak(value) && parseDigest(value)?.get('realm') !== realm)
      .map(value => ['Proxy-Authorization', value])
  )
}
