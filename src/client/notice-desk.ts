import {
  decodeCpimMessage,
  encodeCpimMessage,
  type Imdn,
  type ImdnReport,
  newImdnId,
  notificationFor,
  readNotifications,
} from '../cpim/index.js'
import type { NotifyOrder, NotifyRequest } from '../cpm/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import type { Notice } from './api.js'
import { EventQueue } from './event-queue.js'
import type { Host } from './host.js'
import type { Journal } from './journal.js'
import type { SipDriver } from './sip-driver.js'
import { EVENTS_KEPT, NOTICES_SENT } from './limits.js'

/** Service of messages that are no files (IMDN-5). */
const MESSAGE_SERVICE = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.msg'

export interface NoticeDeskOptions {
  readonly host: Host
  readonly sip: SipDriver
  readonly journal: Journal
  readonly aor: string
  readonly displayName: string | undefined
  /** Whether senders hear that a file was opened (IMDN-8). */
  readonly tellsDisplay: boolean
}

type Told = 'delivered' | 'displayed' | 'failed'

const WISHES = { delivered: 'positive-delivery', failed: 'negative-delivery', displayed: 'display' } as const
const REPORTS: Readonly<Record<Told, ImdnReport>> = {
  delivered: { kind: 'delivery', status: 'delivered' },
  failed: { kind: 'delivery', status: 'failed' },
  displayed: { kind: 'display', status: 'displayed' },
}

/** Notifications of delivery and display, in both directions (RFC 5438, IMDN-1 to IMDN-8). */
export class NoticeDesk {
  readonly notices = new EventQueue<Notice>(EVENTS_KEPT)
  readonly #options: NoticeDeskOptions
  /** What was told of which message; each at most once (IMDN-3). */
  readonly #told = new Set<string>()
  #next = 1

  constructor(options: NoticeDeskOptions) {
    this.#options = options
  }

  /** What the file says about notifications that are wanted (IMDN-1). */
  request(): NotifyRequest {
    return { messageId: newImdnId(this.#options.host.random), wanted: ['positive-delivery', 'negative-delivery', 'display'] }
  }

  /** Tells the sender of a file what became of it, if it wants to know and was not told before. */
  send(order: NotifyOrder, state: Told): void {
    if (!order.wanted.includes(WISHES[state]) || (state === 'displayed' && !this.#options.tellsDisplay)) return
    const key = `${state} ${order.messageId}`
    if (this.#told.has(key)) return
    this.#told.add(key)
    const [oldest] = this.#told
    if (this.#told.size > NOTICES_SENT && oldest !== undefined) this.#told.delete(oldest)
    const { host, aor, displayName } = this.#options
    const own = {
      messageId: newImdnId(host.random),
      dateTime: new Date(host.date()).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...(displayName === undefined ? {} : { displayName }),
    }
    const { target, message } = notificationFor({ ...order, to: aor }, REPORTS[state], own)
    this.#options.sip.command({
      name: 'request',
      id: `notice-${this.#next++}`,
      method: 'MESSAGE',
      to: target,
      headers: [['P-Preferred-Service', MESSAGE_SERVICE]],
      body: { contentType: 'message/cpim', bytes: encodeCpimMessage(message) },
    })
  }

  /** A MESSAGE came; it may tell of files of ours. Nothing in it can do harm: what is not understood is dropped (IMDN-4). */
  async onMessage({ request }: UserAgentEvent & { name: 'request' }): Promise<void> {
    const type = (request.headers.get('Content-Type') ?? '').split(';', 1)[0] ?? ''
    if (type.trim().toLowerCase() !== 'message/cpim') return
    for (const notification of notificationsIn(request.body)) await this.#tell(notification)
  }

  async #tell(notification: Imdn): Promise<void> {
    const state = stateOf(notification)
    const { store } = this.#options.journal
    if (state === undefined || store === undefined) return
    const [transfer] = await store.transfers({ direction: 'sent', imdn: notification.messageId, limit: 1 }).catch(() => [])
    const file = transfer?.files.find(({ imdn }) => imdn === notification.messageId)
    // A display is never taken back by a late delivery
    if (transfer === undefined || file === undefined || file.notice === state || file.notice === 'displayed') return
    this.#options.journal.write(each => each.saveFile(transfer.id, { ...file, notice: state, updated: this.#options.host.date() }))
    this.notices.push({ transferId: transfer.id, index: file.index, name: file.name, peer: transfer.peer, state })
  }
}

function notificationsIn(body: Uint8Array): readonly Imdn[] {
  try {
    return readNotifications(decodeCpimMessage(body))
  } catch {
    return []
  }
}

function stateOf({ kind, status }: Imdn): Notice['state'] | undefined {
  if (kind === 'display') return status === 'displayed' ? 'displayed' : undefined
  if (kind === 'processing') return status === 'stored' ? 'stored' : undefined
  return status === 'delivered' ? 'delivered' : 'failed'
}
