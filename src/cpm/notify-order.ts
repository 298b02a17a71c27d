import {
  type CpimHead,
  decodeCpimMessage,
  encodeCpimHead,
  formatImdnHeaders,
  IMDN_TYPE,
  mimeHeader,
  readImdnHeaders,
} from '../cpim/index.js'
import type { Body } from '../sip/index.js'
import { encodeMultipart, type Part, partHeader, parseMediaType, randomToken } from '../wire/index.js'
import type { FileLine, Line } from './file-line.js'
import { isAnonymous } from './identity.js'
import { NOTIFY_DATE_CHARACTERS, ORDERS_PER_OFFER } from './limits.js'
import type { OfferBody } from './offer-body.js'
import type { Notification, NotifyOrder, NotifyRequest, SessionSettings } from './session-types.js'

/** What we tell a sender; `processing` is for servers (IMDN-3). */
const NOTIFICATIONS: readonly string[] = ['positive-delivery', 'negative-delivery', 'display'] satisfies Notification[]

/**
 * The notifications that the head of a file message asks for (IMDN-1).
 * @returns undefined when it asks for none, is a notification itself (IMDN-3), or says what could not be written into a notification
 */
export function notifyOrderOf(head: CpimHead): NotifyOrder | undefined {
  const { messageId, wanted: all, originalTo, recordRoute } = readImdnHeaders(head)
  const wanted = all.filter((wish): wish is Notification => NOTIFICATIONS.includes(wish))
  if (messageId === undefined || wanted.length === 0 || isNotification(head)) return undefined
  const texts = [messageId, head.from.uri, ...recordRoute, ...(originalTo === undefined ? [] : [originalTo])]
  if (!texts.every(isVisible)) return undefined
  return { messageId, wanted, from: head.from.uri, dateTime: readDate(head.dateTime), originalTo, recordRoute }
}

/**
 * Takes the orders of `message/cpim` parts that come beside the SDP, for files that are sent without a wrapper of their own (IMDN-2):
 * the first one is for the first new file, and so on. What cannot be read is no order.
 */
export function takeOrders(lines: readonly Line[], offer: OfferBody): void {
  const parts = offer.parts.filter(part => parseMediaType(partHeader(part, 'content-type') ?? '')?.subtype.toLowerCase() === 'cpim')
  lines.filter(isNewFile).forEach((line, index) => {
    const part = parts[index]
    if (part !== undefined && line.kind === 'receive') line.notify = readPart(part)
  })
}

/**
 * The same offer with a `message/cpim` part for each new file that asks for notifications (IMDN-2), up to the first one that does not:
 * the receiver tells the parts apart by their order.
 */
export function withOrders(body: Body, fresh: readonly FileLine[], settings: SessionSettings): Body {
  const orders: NotifyRequest[] = []
  for (const line of isAnonymous(settings.ownUri) ? [] : fresh) {
    if (line.kind !== 'send' || line.file.notify === undefined || orders.length === ORDERS_PER_OFFER) break
    orders.push(line.file.notify)
  }
  if (orders.length === 0) return body
  const root: Part = { headers: [['Content-Type', body.contentType]], body: body.bytes }
  const boundary = randomToken(settings.random, BOUNDARY_CHARACTERS)
  const bytes = encodeMultipart([root, ...orders.map(order => orderPart(order, settings))], boundary)
  return { contentType: `multipart/mixed;boundary="${boundary}"`, bytes }
}

function orderPart(order: NotifyRequest, { ownUri, ownDisplayName, peerUri, dateTime }: SessionSettings): Part {
  const head = encodeCpimHead({
    from: { uri: ownUri, ...(ownDisplayName === undefined ? {} : { displayName: ownDisplayName }) },
    to: [{ uri: peerUri }],
    dateTime: dateTime(),
    extensions: formatImdnHeaders(order),
    mime: [],
  })
  return { headers: [['Content-Type', 'message/cpim']], body: head }
}

const BOUNDARY_CHARACTERS = 24

function isNewFile(line: Line): line is FileLine {
  return line.kind === 'receive' && line.state === 'offered' && line.own === undefined
}

function readPart(part: Part): NotifyOrder | undefined {
  try {
    return notifyOrderOf(decodeCpimMessage(part.body).head)
  } catch {
    return undefined
  }
}

function isNotification(head: CpimHead): boolean {
  return parseMediaType(mimeHeader(head, 'content-type') ?? '')?.subtype.toLowerCase() === IMDN_TYPE.slice(IMDN_TYPE.indexOf('/') + 1)
}

/** Date and time of RFC 3339; any other text would make our notification invalid. */
function readDate(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= NOTIFY_DATE_CHARACTERS && isVisible(text) && !Number.isNaN(Date.parse(text))
    ? text
    : undefined
}

/** Printable ASCII without blanks: what ids and addresses are made of, and XML and SIP can carry. */
function isVisible(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code <= 0x20 || code >= 0x7f) return false
  }
  return text !== ''
}
