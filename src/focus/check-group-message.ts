import { type CpimHead, mimeHeader } from '../cpim/index.js'
import { acceptsType } from '../sdp/index.js'
import { equalSipUris } from '../sip/index.js'
import { RemoteProtocolError } from '../wire/index.js'

/** What a message into a conference is measured by. */
export interface GroupMessageRules {
  readonly conferenceUri: string
  /** Every address by which the participant on whose line it came is known, the one that hides it among them (RFC 7701 §6.1). */
  readonly identities: readonly string[]
}

/**
 * Checks author and recipient of a SEND before anything of it is passed on (GRP-26, SEC-15, RFC 7701 §6.1, §6.3).
 * @param head undefined when the content of the SEND is no message/cpim
 * @throws RemoteProtocolError 415 without CPIM, 403 when the author is somebody else or there are several recipients, 404 when the
 * recipient is not the conference
 */
export function checkGroupMessage(head: CpimHead | undefined, { conferenceUri, identities }: GroupMessageRules): void {
  if (head === undefined) throw new RemoteProtocolError('group-without-cpim', 'A message to a group is wrapped in CPIM.', 415)
  if (!identities.some(uri => equalSipUris(uri, head.from.uri)))
    throw new RemoteProtocolError('foreign-author', 'The author of the message is not the participant who sends it.', 403)
  const [to, ...more] = head.to
  if (more.length > 0) throw new RemoteProtocolError('several-recipients', 'A message to a group has one recipient, the group.', 403)
  if (to === undefined || !equalSipUris(to.uri, conferenceUri))
    throw new RemoteProtocolError('not-the-conference', 'The recipient of the message is not this conference.', 404)
}

/** What a member takes inside CPIM, as its SDP says. */
export interface MemberTypes {
  readonly acceptTypes: readonly string[]
  readonly acceptWrappedTypes: readonly string[]
}

/** Whether a message may be passed on to a member: not when its accept-wrapped-types exclude the type inside (GRP-28). */
export function mayForward(head: CpimHead, { acceptTypes, acceptWrappedTypes }: MemberTypes): boolean {
  // Who lists no wrapped types excludes none; what is accepted as it is may come wrapped as well (RFC 4975 §8.6)
  if (acceptWrappedTypes.length === 0) return true
  return acceptsType([...acceptWrappedTypes, ...acceptTypes], mimeHeader(head, 'Content-Type') ?? 'text/plain')
}

/** Where a header of a forwarded SEND comes from (GRP-27, RFC 7701 §6.1, D-14). */
export type ForwardedHeader =
  /** As it came. */
  | 'kept'
  /** Of the leg: every leg has a path, ids and chunks of its own. */
  | 'own'
  /** Asked for by the focus for itself, whatever the sender asked for. */
  | 'focus'

/** The MSRP headers of a forwarded SEND. The content, CPIM head included, is kept octet by octet. */
export const FORWARDED_HEADERS: Readonly<Record<string, ForwardedHeader>> = {
  'To-Path': 'own',
  'From-Path': 'own',
  'Message-ID': 'own',
  'Byte-Range': 'own',
  'Success-Report': 'focus',
  'Failure-Report': 'focus',
  'Content-Type': 'kept',
}
