import { type Body, type ExtraHeaders, firstAddress, type SipMessage } from '../sip/index.js'
import { encodeMultipart, equalFold, type Part, type Random, randomToken } from '../wire/index.js'

/** A conference focus is at the other end of the session (GRP-1 to GRP-11, GRP-43). */
export interface GroupProfile {
  /** Whom the focus is to invite, as body part of the INVITE (GRP-3); absent for a group with an address of its own (GRP-10) and for members. */
  readonly recipientList?: Part
}

/** What the Contact of a focus says: `<sip:ft-8Jq2Lx71Zk@cf.home1.example>;isfocus` (GRP-7). */
export interface Conference {
  readonly uri: string
  /** It tells of its members: `Allow-Events: conference` (GRP-9). */
  readonly tells: boolean
}

/** All a group takes and is given: a sender of its own must stand in each message (GRP-6, D-15). */
export const CPIM_ONLY: readonly string[] = ['message/cpim']

/** Header fields of the INVITE with a recipient list (GRP-2); later requests of the dialog have none of them (GRP-8). */
export const RECIPIENT_LIST_HEADERS: ExtraHeaders = [['Require', 'recipient-list-invite']]

/** The conference that a message comes from; undefined when its sender is no focus (RFC 4579 §5.1). */
export function conferenceOf({ headers }: SipMessage): Conference | undefined {
  const contact = firstAddress(headers, 'contact')
  if (contact === undefined || !contact.parameters.has('isfocus')) return undefined
  const events = headers.getAll('allow-events').flatMap(line => line.split(','))
  return { uri: contact.uri, tells: events.some(event => equalFold(event.trim(), 'conference')) }
}

/** Whether what answered takes messages for somebody who is away, by its own word (RFC 3840 §10, RCS-9). */
export function isMessageTaker({ headers }: SipMessage): boolean {
  return equalFold(firstAddress(headers, 'contact')?.parameters.get('actor') ?? '', 'msg-taker')
}

/** The offer and the list beside it: multipart/mixed with the offer first, itself multipart/related where it has icons (GRP-3). */
export function withRecipientList(offer: Body, list: Part, random: Random): Body {
  const boundary = randomToken(random, BOUNDARY_CHARACTERS)
  const first: Part = { headers: [['Content-Type', offer.contentType]], body: offer.bytes }
  return { contentType: `multipart/mixed;boundary="${boundary}"`, bytes: encodeMultipart([first, list], boundary) }
}

const BOUNDARY_CHARACTERS = 24
