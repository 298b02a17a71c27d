import {
  type CpimMessage,
  decodeImdn,
  encodeImdn,
  formatImdnHeaders,
  IMDN_TYPE,
  type Imdn,
  mimeHeader,
  readImdnHeaders,
} from '../cpim/index.js'
import { parseMediaType, RemoteProtocolError, equalFold } from '../wire/index.js'

/** The member a notification comes from. */
export interface NotifyingMember {
  readonly hidden: boolean
  /** What the others see in place of a hidden one: `sip:anonymous2@anonymous.invalid`. */
  readonly entity: string
}

/**
 * The notification of a member as the creator may get it (IMDN-7): unchanged from a visible member; from a hidden one without recipients
 * and under its other name (RFC 5438 §8). Every other header is dropped then: any of them could tell.
 * @throws RemoteProtocolError 415 when it is no notification, and like `decodeImdn`
 */
export function coverNotification(message: CpimMessage, member: NotifyingMember): CpimMessage {
  const type = parseMediaType(mimeHeader(message.head, 'Content-Type') ?? '')
  if (type === undefined || !equalFold(`${type.type}/${type.subtype}`, IMDN_TYPE))
    throw new RemoteProtocolError('no-notification', `A notification is of the type ${IMDN_TYPE}.`, 415)
  const imdn = decodeImdn(message.body)
  if (!member.hidden) return message
  const { head } = message
  const { messageId } = readImdnHeaders(head)
  return {
    head: {
      from: { uri: member.entity },
      to: head.to,
      dateTime: head.dateTime,
      extensions: messageId === undefined ? [] : formatImdnHeaders({ messageId }),
      mime: [
        ['Content-Type', IMDN_TYPE],
        ['Content-Disposition', 'notification'],
      ],
    },
    body: encodeImdn(uncovered(imdn)),
  }
}

/** Without addresses, and without the texts a member may have written into it. */
function uncovered(imdn: Imdn): Imdn {
  const { recipientUri: _recipient, originalRecipientUri: _original, subject: _subject, note: _note, ...rest } = imdn
  return rest
}
