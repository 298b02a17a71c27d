import { identityOf, readOfferBody } from '../cpm/index.js'
import {
  addressKind,
  type AddressKind,
  admit,
  type FanOutGuard,
  type GroupDefinition,
  groupRecipients,
  readRecipientListPart,
  type Recipient,
  splitByConsent,
} from '../focus/index.js'
import { type ExtraHeaders, listValues, parseNameAddress, parseSipUri, type SipRequest, type UserAgentEvent } from '../sip/index.js'
import { RemoteProtocolError } from '../wire/index.js'
import { wantsPrivateIdentity } from './identity-headers.js'

/** A proven sender. */
export interface Sender {
  readonly uri: string
  readonly displayName: string | undefined
  /** All its proven addresses. */
  readonly identities: readonly string[]
  readonly hidden: boolean
}

export interface Refusal {
  readonly status: number
  readonly reason?: string
  readonly headers?: ExtraHeaders
}

/** Whom a conference is made of, or why there is none. */
export type Invitation =
  | {
      readonly sender: Sender
      readonly recipients: readonly Recipient[]
      readonly unwilling: readonly string[]
      readonly group: GroupDefinition | undefined
    }
  | { readonly refusal: Refusal }

export interface AdmissionOptions {
  /** `sip:conference-factory@example.org` */
  readonly factory: string
  readonly domain: string
  readonly conferences: Iterable<string>
  readonly group: (uri: string) => Promise<GroupDefinition | undefined>
  readonly permitted: (creator: string) => boolean
  readonly consents: ((uri: string) => boolean) | undefined
  readonly guard: FanOutGuard
  readonly groupSize: number
  readonly now: number
  /** Why there cannot be a conference with so many members now; undefined when there can. */
  readonly room: (members: number) => Refusal | undefined
}

type Incoming = UserAgentEvent & { readonly name: 'incoming' }

/** Who sent a request, as our proxy asserts (RFC 3325); undefined when it came from elsewhere or says nothing (GRP-14, SEC-15). */
export function senderOf(request: SipRequest, trusted: boolean): Sender | undefined {
  if (!trusted) return undefined
  const { headers } = request
  const asserted = listValues(headers, 'P-Asserted-Identity').flatMap(value => parseNameAddress(value) ?? [])
  const [first, ...others] = asserted.filter(({ uri }) => parseSipUri(uri) !== undefined)
  if (first === undefined) return undefined
  const shown = identityOf(request, true)
  return {
    uri: first.uri,
    displayName: shown.certainty === 'anonymous' ? undefined : (shown.displayName ?? (first.displayName || undefined)),
    identities: [first.uri, ...others.map(({ uri }) => uri)],
    hidden: shown.certainty === 'anonymous' || wantsPrivateIdentity(headers),
  }
}

/** What the address of a request is, and the group if it is one. */
export async function addressedBy(
  uri: string,
  options: Pick<AdmissionOptions, 'factory' | 'domain' | 'conferences' | 'group'>,
): Promise<{ readonly kind: AddressKind; readonly group?: GroupDefinition }> {
  const { factory, domain, conferences } = options
  const kind = addressKind(uri, { factory, host: domain, conferences, groups: [] })
  if (kind !== 'foreign') return { kind }
  const group = await options.group(uri)
  return group === undefined ? { kind } : { kind: 'group', group }
}

/** Decides about an INVITE outside of any conference (GRP-14 to GRP-16, GRP-40, GRP-41). Never throws for what the INVITE says. */
export async function invitationOf(event: Incoming, options: AdmissionOptions): Promise<Invitation> {
  const { request } = event
  const { kind, group } = await addressedBy(request.uri, options)
  const sender = senderOf(request, event.trusted === true)
  const admission = admit({
    kind,
    again: false,
    required: listValues(request.headers, 'Require').map(tag => tag.toLowerCase()),
    sender: sender?.uri,
    permitted: sender !== undefined && options.permitted(sender.uri),
    ...(group !== undefined && { group }),
  })
  if (admission.verdict === 'refuse') {
    const { unsupported } = admission
    // we ask nobody for a password: our proxy does that, and has not
    const status = admission.status === 401 ? 403 : admission.status
    return { refusal: { status, ...(unsupported !== undefined && { headers: [['Unsupported', unsupported]] }) } }
  }
  if (sender === undefined || admission.verdict === 'again') return { refusal: { status: 403 } }
  try {
    const all = group === undefined ? listOf(event, sender, options) : groupRecipients(group, sender.identities)
    if (all.length === 0) return { refusal: { status: 480 } }
    const full = options.room(all.length)
    if (full !== undefined) return { refusal: full }
    const wait = options.guard.take(sender.uri, options.now)
    if (wait !== undefined) return { refusal: { status: 486, headers: [['Retry-After', `${wait}`]] } }
    const { unwilling } = splitByConsent(all, options.consents)
    return { sender, recipients: all, unwilling: unwilling.map(({ uri }) => uri), group }
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error
    return { refusal: refusalOf(error, options.domain) }
  }
}

function listOf({ body }: Incoming, sender: Sender, { groupSize }: AdmissionOptions): Recipient[] {
  if (body === undefined) throw new RemoteProtocolError('no-offer', 'The INVITE has no body.', 488)
  const offer = readOfferBody(body)
  if (offer === undefined) throw new RemoteProtocolError('no-offer', 'The INVITE offers no session.', 488)
  return readRecipientListPart(offer.parts, { creator: sender.identities, maxGroupSize: groupSize })
}

/** RFC 3261 §20.43: what is wrong, in words for people. */
function refusalOf(error: RemoteProtocolError, domain: string): Refusal {
  const words = error.message.replaceAll(/["\\]/g, '')
  return { status: error.status ?? 400, headers: [['Warning', `399 ${domain} "${words}"`]] }
}
