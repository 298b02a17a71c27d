import type { Conference } from '../cpm/index.js'
import { CONFERENCE_EVENT, CONFERENCE_TYPE, ConferenceView, type ConferenceUser, decodeConferenceInfo } from '../focus/index.js'
import type { ExtraHeaders, SubscriptionCommand, SubscriptionEvent } from '../sip/index.js'
import { CONFERENCE_EXPIRES, CONFERENCE_SUBSCRIPTIONS } from './limits.js'

export interface ConferenceWatchOptions {
  /** Begins the ids of our subscriptions. */
  readonly id: string
  readonly conference: Conference
  readonly headers: ExtraHeaders
  readonly command: (command: SubscriptionCommand) => void
  /** Runs `work` after so many milliseconds; the result calls it off. */
  readonly after: (milliseconds: number, work: () => void) => () => void
  /** The picture changed. */
  readonly onView: (users: readonly ConferenceUser[]) => void
  /** The server will not tell, or not any more. */
  readonly onSilence: () => void
}

/** Our view of one conference: subscribes to it and puts the documents together (GRP-9, GRP-39). */
export class ConferenceWatch {
  readonly #options: ConferenceWatchOptions
  readonly #view = new ConferenceView()
  #subscription: string | undefined
  #count = 0
  #callOff: () => void = () => undefined
  #over = false

  constructor(options: ConferenceWatchOptions) {
    this.#options = options
    if (options.conference.tells) this.#subscribe()
    else this.#silence()
  }

  /** Whether the event was for a subscription of this conference, an earlier one included. */
  onEvent(event: SubscriptionEvent): boolean {
    if (!event.id.startsWith(`${this.#options.id}/`)) return false
    // What an earlier subscription still says is older than what the new one will
    if (event.id !== this.#subscription) return true
    if (event.name === 'notified') this.#take(event.body?.contentType, event.body?.bytes)
    else if (event.name === 'subscription-ended') this.#ended(event)
    return true
  }

  /** Nobody wants to know any more. */
  close(): void {
    this.#over = true
    this.#callOff()
    if (this.#subscription !== undefined) this.#options.command({ name: 'unsubscribe', id: this.#subscription })
    this.#subscription = undefined
  }

  #subscribe(): void {
    if (this.#over) return
    if (this.#count >= CONFERENCE_SUBSCRIPTIONS) return this.#silence()
    const { id, conference, headers, command } = this.#options
    this.#view.restart()
    this.#subscription = `${id}/${++this.#count}`
    command({
      name: 'subscribe',
      id: this.#subscription,
      target: conference.uri,
      event: CONFERENCE_EVENT,
      accept: [CONFERENCE_TYPE],
      expires: CONFERENCE_EXPIRES,
      headers,
    })
  }

  #take(contentType: string | undefined, bytes: Uint8Array | undefined): void {
    if (bytes === undefined || (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() !== CONFERENCE_TYPE) return
    let change: ReturnType<ConferenceView['apply']>
    try {
      change = this.#view.apply(decodeConferenceInfo(bytes))
    } catch {
      // What cannot be read tells nothing; the next whole document does
      return
    }
    if (change === 'updated') this.#options.onView(this.#view.users)
    else if (change === 'refresh') this.#again()
    else if (change === 'ended') this.#silence()
  }

  /** A document is missing: a new subscription begins with the whole (GRP-39). */
  #again(): void {
    if (this.#subscription !== undefined) this.#options.command({ name: 'unsubscribe', id: this.#subscription })
    this.#subscription = undefined
    this.#subscribe()
  }

  #ended({ retryAfter }: SubscriptionEvent & { name: 'subscription-ended' }): void {
    this.#subscription = undefined
    if (retryAfter === undefined) return this.#silence()
    this.#callOff = this.#options.after(retryAfter, () => this.#subscribe())
  }

  #silence(): void {
    if (this.#over) return
    this.close()
    this.#options.onSilence()
  }
}
