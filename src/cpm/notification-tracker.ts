import { TRACKED_NOTIFICATIONS } from './limits.js'
import type { NotificationState, ReceivedNotification } from './notification-message.js'
import type { Notification, NotifyOrder, NotifyRequest } from './session-types.js'

/** Which wish a notification fulfils (RFC 5438 §7.1.1.3). */
const WISHES: Readonly<Record<NotificationState, Notification>> = {
  delivered: 'positive-delivery',
  failed: 'negative-delivery',
  displayed: 'display',
}

/** What was told of one message, by type: a delivery is told once, whether it went well or not (RFC 5438 §7.2.1). */
interface Told {
  delivery: 'delivered' | 'failed' | undefined
  display: boolean
}

/** Says which notifications may go out: only those asked for, and one of each type for each message (IMDN-3). */
export class NotificationTracker {
  readonly #tellsDisplay: boolean
  readonly #told = new Map<string, Told>()

  /** @param tellsDisplay the user lets senders know what was opened (IMDN-8) */
  constructor(tellsDisplay = true) {
    this.#tellsDisplay = tellsDisplay
  }

  /** Whether to send this notification now; the answer is yes at most once. */
  claim(order: NotifyOrder, state: NotificationState): boolean {
    if (state === 'displayed' && !this.#tellsDisplay) return false
    const told = this.#of(`${order.from} ${order.messageId}`)
    if (state === 'displayed') {
      // What could not be had cannot have been seen
      if (told.display || told.delivery === 'failed') return false
      told.display = true
    } else {
      if (told.delivery !== undefined) return false
      told.delivery = state
    }
    return order.wanted.includes(WISHES[state])
  }

  #of(key: string): Told {
    const told = this.#told.get(key) ?? { delivery: undefined, display: false }
    keep(this.#told, key, told)
    return told
  }
}

/** Files whose notifications we wait for; tells each piece of news once (IMDN-3, IMDN-4). */
export class NotificationLedger {
  readonly #asked = new Map<string, { readonly request: NotifyRequest; readonly heard: Set<string> }>()

  /** A file goes out with this request. */
  ask(request: NotifyRequest): void {
    keep(this.#asked, request.messageId, { request, heard: new Set() })
  }

  /**
   * Whether a notification is news: about a file of ours, asked for, and not heard from this recipient before. `stored` comes unasked,
   * from servers that keep a file.
   */
  hear({ messageId, state, recipient = '' }: ReceivedNotification): boolean {
    const asked = this.#asked.get(messageId)
    if (asked === undefined || (state !== 'stored' && !asked.request.wanted.includes(WISHES[state]))) return false
    const key = `${state} ${recipient}`
    if (asked.heard.has(key) || asked.heard.size >= TRACKED_NOTIFICATIONS) return false
    asked.heard.add(key)
    return true
  }
}

/** The youngest entries stay. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > TRACKED_NOTIFICATIONS && oldest !== undefined) map.delete(oldest)
}
