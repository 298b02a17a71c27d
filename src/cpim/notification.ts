import { decodeMultipart, equalFold, parseMediaType, partHeader } from '../wire/index.js'
import { decodeImdn } from './decode-imdn.js'
import { encodeImdn } from './encode-imdn.js'
import { mimeHeader } from './head.js'
import { IMDN_TYPE, type Imdn, type ImdnReport } from './imdn.js'
import { formatImdnHeaders } from './imdn-headers.js'
import type { CpimMessage } from './message.js'

/** The message a notification is about, as its receiver remembers it. Addresses are URIs. */
export interface NotifiedMessage {
  /** `imdn.Message-ID` */
  readonly messageId: string
  /** CPIM `From`: who wants to know. */
  readonly from: string
  /** CPIM `To`: who we are. */
  readonly to: string
  /** CPIM `DateTime` */
  readonly dateTime: string | undefined
  readonly originalTo?: string | undefined
  readonly recordRoute: readonly string[]
}

/** Of the notification itself. */
export interface OwnNotification {
  /** From `newImdnId`. */
  readonly messageId: string
  /** Now, as RFC 3339 text; also stands for the time of the message when that said none. */
  readonly dateTime: string
  readonly displayName?: string
}

/**
 * The notification of `report` for `message` (IMDN-4): its recorded routes become the route, in order (IMDN-6), and no notification is
 * asked for itself (IMDN-3).
 * @returns the CPIM message, and the address to send it to: the first route, else who sent the message (IMDN-5)
 */
export function notificationFor(
  message: NotifiedMessage,
  report: ImdnReport,
  own: OwnNotification,
): { readonly target: string; readonly message: CpimMessage } {
  const body = encodeImdn({
    ...report,
    messageId: message.messageId,
    dateTime: message.dateTime ?? own.dateTime,
    recipientUri: message.to,
    ...(message.originalTo !== undefined && { originalRecipientUri: message.originalTo }),
  })
  const head = {
    from: { uri: message.to, ...(own.displayName !== undefined && { displayName: own.displayName }) },
    to: [{ uri: message.from }],
    dateTime: own.dateTime,
    extensions: formatImdnHeaders({ messageId: own.messageId, route: message.recordRoute }),
    mime: [
      ['Content-Type', IMDN_TYPE],
      ['Content-Disposition', 'notification'],
      ['Content-Length', `${body.length}`],
    ] as const,
  }
  return { target: message.recordRoute[0] ?? message.from, message: { head, body } }
}

/**
 * The notifications in a message: one, or several that a server gathered (RFC 5438 §8.3); none when the message is an ordinary one.
 * @throws RemoteProtocolError as `decodeImdn` and `decodeMultipart`
 */
export function readNotifications({ head, body }: CpimMessage): Imdn[] {
  const type = parseMediaType(mimeHeader(head, 'Content-Type') ?? '')
  const disposition = (mimeHeader(head, 'Content-Disposition') ?? '').split(';', 1)[0] as string
  // RFC 5438 §9: type and disposition together tell a notification
  if (type === undefined || !equalFold(disposition.trim(), 'notification')) return []
  if (isImdn(`${type.type}/${type.subtype}`)) return [decodeImdn(body)]
  if (!equalFold(type.type, 'multipart')) return []
  const parts = decodeMultipart(body, type.parameters.get('boundary') ?? '')
  return parts.filter(part => isImdn(partHeader(part, 'Content-Type') ?? '')).map(part => decodeImdn(part.body))
}

function isImdn(type: string): boolean {
  return equalFold((type.split(';', 1)[0] as string).trim(), IMDN_TYPE)
}
