import {
  NotificationLedger,
  type NotificationState,
  NotificationTracker,
  notificationMessage,
  type NotifyOrder,
  type NotifyRequest,
  newNotifyRequest,
  readNotification,
  type ReceivedNotification,
} from '../cpm/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import type { Notice } from './api.js'
import { EventQueue } from './event-queue.js'
import type { Host } from './host.js'
import type { Journal } from './journal.js'
import type { SipDriver } from './sip-driver.js'
import { withNews } from './recipient-news.js'
import type { StoredTransfer } from './store.js'
import { EVENTS_KEPT, NOTICES_AWAITED } from './limits.js'

export interface NoticeDeskOptions {
  readonly host: Host
  readonly sip: SipDriver
  readonly journal: Journal
  readonly aor: string
  readonly displayName: string | undefined
  /** Whether senders hear that a file was opened (IMDN-8). */
  readonly tellsDisplay: boolean
  /** Puts news into the record of a transfer that still runs; false when it is over. */
  readonly onNotice: (notice: Notice) => boolean
}

/** A file of this process that we want to hear of; `recipient` where it goes to one of several by itself. */
export type AwaitedFile = Omit<Notice, 'state'>

/** Notifications of delivery and display, in both directions (RFC 5438, IMDN-1 to IMDN-8). */
export class NoticeDesk {
  readonly notices = new EventQueue<Notice>(EVENTS_KEPT)
  readonly #options: NoticeDeskOptions
  readonly #tracker: NotificationTracker
  readonly #ledger = new NotificationLedger()
  readonly #awaited = new Map<string, AwaitedFile & { readonly ofGroup: boolean }>()
  /** The last attempt of each awaited file, by `placeOf`: its `imdn.Message-ID`. */
  readonly #latest = new Map<string, string>()
  #next = 1

  constructor(options: NoticeDeskOptions) {
    this.#options = options
    this.#tracker = new NotificationTracker(options.tellsDisplay)
  }

  /** What a file of ours says about the notifications we want (IMDN-1). */
  request(file: AwaitedFile, ofGroup = false): NotifyRequest {
    const plain = newNotifyRequest(this.#options.host.random)
    // What failed with one member of a group is told by nobody else (GRP-31)
    const request: NotifyRequest = ofGroup ? { ...plain, wanted: [...plain.wanted, 'negative-delivery'] } : plain
    this.#ledger.ask(request)
    this.#awaited.set(request.messageId, { ...file, ofGroup })
    this.#latest.set(placeOf(file), request.messageId)
    if (this.#awaited.size > NOTICES_AWAITED) this.#forgetOldest()
    return request
  }

  /** A new attempt of a transfer begins: what fails of those before is no news any more. */
  startOver(transferId: string): void {
    for (const place of this.#latest.keys()) if (place.startsWith(`${transferId} `)) this.#latest.delete(place)
  }

  #forgetOldest(): void {
    const [oldest] = this.#awaited
    if (oldest === undefined) return
    const [messageId, file] = oldest
    this.#awaited.delete(messageId)
    if (this.#latest.get(placeOf(file)) === messageId) this.#latest.delete(placeOf(file))
  }

  /** A late word that an attempt failed says nothing about the one that runs now. */
  #isOutdated(messageId: string, file: AwaitedFile, state: Notice['state']): boolean {
    return state === 'failed' && this.#latest.get(placeOf(file)) !== messageId
  }

  /** Tells the sender of a file what became of it, if it wants to know and was not told before (IMDN-3). */
  send(order: NotifyOrder, state: NotificationState, conversationId: string | undefined): void {
    if (!this.#tracker.claim(order, state)) return
    const { host, sip, aor, displayName } = this.#options
    const message = notificationMessage(order, state, {
      ownUri: aor,
      random: host.random,
      dateTime: new Date(host.date()).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...(displayName === undefined ? {} : { ownDisplayName: displayName }),
      ...(conversationId === undefined ? {} : { conversationId }),
    })
    if (message !== undefined) sip.command({ name: 'request', id: `notice-${this.#next++}`, method: 'MESSAGE', ...message })
  }

  /** A MESSAGE came; it may tell of files of ours. Nothing in it can do harm: what is not understood is dropped (IMDN-4). */
  async onMessage({ request }: UserAgentEvent & { name: 'request' }): Promise<void> {
    const contentType = request.headers.get('Content-Type') ?? ''
    for (const news of readNotification({ contentType, bytes: request.body })) {
      const awaited = this.#awaited.get(news.messageId)
      if (awaited === undefined) await this.#hearOfEarlier(news)
      else if (this.#ledger.hear(news) && !this.#isOutdated(news.messageId, awaited, news.state)) {
        const { ofGroup: said, ...file } = awaited
        const recipient = file.recipient ?? (said ? news.recipient : undefined)
        const notice = { ...file, state: news.state, ...(recipient === undefined ? {} : { recipient }) }
        if (!this.#options.onNotice(notice)) await this.#note(notice)
        this.notices.push(notice)
      }
    }
  }

  /** News of a transfer that is over go into its record only. */
  async #note({ transferId, index, state, recipient }: Notice): Promise<void> {
    const { journal, host } = this.#options
    await journal.settled()
    const transfer = await journal.store?.transfer(transferId).catch(() => undefined)
    const file = transfer?.files.find(each => each.index === index)
    if (transfer?.recipients !== undefined) return this.#noteRecipient(transfer, index, state, recipient)
    if (file !== undefined) journal.write(store => store.saveFile(transferId, { ...file, notice: state, updated: host.date() }))
  }

  /** One of several recipients says what it has. */
  #noteRecipient(transfer: StoredTransfer, index: number, state: Notice['state'], uri: string | undefined): void {
    // Read again when its turn has come: news of another recipient may be on their way into the record
    this.#options.journal.write(async store => {
      const latest = (await store.transfer(transfer.id)) ?? transfer
      const recipients = withNews(latest, index, state, uri)
      if (recipients !== undefined) await store.saveTransfer({ ...latest, recipients })
    })
  }

  /** News of a file that another run of the program sent. */
  async #hearOfEarlier({ messageId, state, recipient }: ReceivedNotification): Promise<void> {
    const { journal, host } = this.#options
    const [transfer] = (await journal.store?.transfers({ direction: 'sent', imdn: messageId, limit: 1 }).catch(() => [])) ?? []
    const file = transfer?.files.find(({ imdn }) => imdn === messageId)
    if (transfer?.recipients !== undefined && file !== undefined) {
      if (withNews(transfer, file.index, state, recipient) === undefined) return
      this.#noteRecipient(transfer, file.index, state, recipient)
      const said = recipient === undefined ? {} : { recipient }
      this.notices.push({ transferId: transfer.id, index: file.index, name: file.name, peer: transfer.peer, state, ...said })
      return
    }
    // A display is never taken back by a late delivery
    if (transfer === undefined || file === undefined || file.notice === state || file.notice === 'displayed') return
    journal.write(store => store.saveFile(transfer.id, { ...file, notice: state, updated: host.date() }))
    this.notices.push({ transferId: transfer.id, index: file.index, name: file.name, peer: transfer.peer, state })
  }
}

/** Names one file of one transfer on its way to one person, whatever the attempt. */
function placeOf({ transferId, index, recipient = '' }: AwaitedFile): string {
  return `${transferId} ${index} ${recipient}`
}
