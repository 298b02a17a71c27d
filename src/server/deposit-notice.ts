import { encodeCpimMessage, type ImdnReport, newImdnId, notificationFor } from '../cpim/index.js'
import { MESSAGE_ICSI } from '../cpm/index.js'
import { parseSipUri, type UserAgentCommand } from '../sip/index.js'
import type { Random } from '../wire/index.js'
import type { DepositOrder } from './deposit-note.js'

/** What the store tells a sender: it keeps the file, will never deliver it, or the recipient did not want it. */
export type DepositNotice = 'stored' | 'failed' | 'declined'

const REPORTS: Readonly<Record<DepositNotice, ImdnReport>> = {
  stored: { kind: 'processing', status: 'stored' },
  failed: { kind: 'delivery', status: 'failed' },
  declined: { kind: 'delivery', status: 'forbidden' },
}

/**
 * RFC 5438 §7.1.1.3: only what was asked for. Who wants to hear of the delivery also hears that it will take a while (RCS-9), as the
 * sender would otherwise take the file for delivered.
 */
const WISHES: Readonly<Record<DepositNotice, readonly string[]>> = {
  stored: ['processing', 'positive-delivery'],
  failed: ['negative-delivery'],
  declined: ['negative-delivery'],
}

export interface NoticeParts {
  readonly order: DepositOrder | undefined
  /** Proven address of the sender: notifications go nowhere else, whatever the message says. */
  readonly sender: string
  readonly recipient: string
  /** Our own address. */
  readonly service: string
  readonly conversationId: string
  readonly random: Random
  readonly dateTime: string
}

/** A notification of the store as a MESSAGE (IMDN-4, IMDN-5); undefined when nobody asked for it. */
export function depositNotice(
  notice: DepositNotice,
  parts: NoticeParts,
): Omit<Extract<UserAgentCommand, { name: 'request' }>, 'id'> | undefined {
  const { order, sender, recipient, service, conversationId, random, dateTime } = parts
  if (order === undefined || parseSipUri(sender) === undefined || !WISHES[notice].some(wish => order.wanted.includes(wish)))
    return undefined
  const { message } = notificationFor({ ...order, from: sender, to: recipient, recordRoute: [] }, REPORTS[notice], {
    messageId: newImdnId(random),
    dateTime,
  })
  const bytes = encodeCpimMessage({ ...message, head: { ...message.head, from: { uri: service } } })
  return {
    name: 'request',
    method: 'MESSAGE',
    to: sender,
    body: { contentType: 'message/cpim', bytes },
    headers: [
      ['From', `<${service}>`],
      ['P-Asserted-Identity', `<${service}>`],
      ['P-Asserted-Service', MESSAGE_ICSI],
      ...(conversationId === '' ? [] : [['Conversation-ID', conversationId] as const]),
    ],
  }
}
