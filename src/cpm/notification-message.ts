import {
  decodeCpimMessage,
  encodeCpimMessage,
  type Imdn,
  type ImdnReport,
  newImdnId,
  notificationFor,
  readNotifications,
} from '../cpim/index.js'
import { type Body, type ExtraHeaders, parseSipUri } from '../sip/index.js'
import type { Random } from '../wire/index.js'
import { isAnonymous } from './identity.js'
import { MESSAGE_BYTES, NOTIFICATIONS_IN_MESSAGE } from './limits.js'
import type { NotifyOrder, NotifyRequest } from './session-types.js'

/** Service identifier of CPM messages that are no files (IMDN-5). */
export const MESSAGE_ICSI = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg'

/** What a receiver tells: the file is saved, was opened, or could not be had although it was accepted (IMDN-3). */
export type NotificationState = 'delivered' | 'displayed' | 'failed'

const REPORTS: Readonly<Record<NotificationState, ImdnReport>> = {
  delivered: { kind: 'delivery', status: 'delivered' },
  displayed: { kind: 'display', status: 'displayed' },
  failed: { kind: 'delivery', status: 'failed' },
}

/** What a file of ours asks for by default (IMDN-1), under a fresh id. */
export function newNotifyRequest(random: Random): NotifyRequest {
  return { messageId: newImdnId(random), wanted: ['positive-delivery', 'display'] }
}

export interface NotificationOptions {
  readonly ownUri: string
  readonly ownDisplayName?: string
  readonly random: Random
  /** Now, RFC 3339. */
  readonly dateTime: string
  /** Of the session that brought the file (IMDN-5). */
  readonly conversationId?: string
}

/** A MESSAGE request to be sent outside of any dialog. */
export interface NotificationMessage {
  /** Request-URI: the first recorded route, else who sent the file (IMDN-5, IMDN-6). */
  readonly to: string
  readonly body: Body
  readonly headers: ExtraHeaders
}

/**
 * The notification of one file (IMDN-4 to IMDN-6). Whether it may be sent at all is for `NotificationTracker` to say.
 * @returns undefined when there is nobody to send it to: an anonymous sender, or an address that SIP cannot reach
 */
export function notificationMessage(
  order: NotifyOrder,
  state: NotificationState,
  options: NotificationOptions,
): NotificationMessage | undefined {
  const { ownUri, ownDisplayName, random, dateTime, conversationId } = options
  const own = { messageId: newImdnId(random), dateTime, ...(ownDisplayName === undefined ? {} : { displayName: ownDisplayName }) }
  const { target, message } = notificationFor({ ...order, to: ownUri }, REPORTS[state], own)
  if (isAnonymous(order.from) || parseSipUri(target) === undefined) return undefined
  return {
    to: target,
    body: { contentType: 'message/cpim', bytes: encodeCpimMessage(message) },
    headers: [
      ['P-Preferred-Service', MESSAGE_ICSI],
      ['P-Preferred-Identity', `<${ownUri}>`],
      ...(conversationId === undefined ? [] : [['Conversation-ID', conversationId] as const]),
    ],
  }
}

/** What a notification says of a file of ours. */
export interface ReceivedNotification {
  /** `imdn.Message-ID` of the file. */
  readonly messageId: string
  /** `stored`: a server keeps it for the recipient (RCS-9). */
  readonly state: NotificationState | 'stored'
  /** Who tells it; undefined when the notification hides it (IMDN-7). */
  readonly recipient: string | undefined
}

/**
 * The notifications in the body of a MESSAGE. Never throws: a message that is none, is broken or holds a document type gives none
 * (IMDN-4), and so does a status that says nothing of the file, such as `forbidden`.
 */
export function readNotification(body: Body): ReceivedNotification[] {
  if (body.bytes.length > MESSAGE_BYTES || !isCpim(body.contentType)) return []
  try {
    return readNotifications(decodeCpimMessage(body.bytes)).slice(0, NOTIFICATIONS_IN_MESSAGE).flatMap(toldBy)
  } catch {
    return []
  }
}

function toldBy(imdn: Imdn): ReceivedNotification[] {
  const state = STATES[`${imdn.kind} ${imdn.status}`]
  return state === undefined ? [] : [{ messageId: imdn.messageId, state, recipient: imdn.recipientUri }]
}

const STATES: Readonly<Record<string, ReceivedNotification['state']>> = {
  'delivery delivered': 'delivered',
  'delivery failed': 'failed',
  'display displayed': 'displayed',
  'processing stored': 'stored',
}

function isCpim(contentType: string): boolean {
  return (contentType.split(';', 1)[0] as string).trim().toLowerCase() === 'message/cpim'
}
