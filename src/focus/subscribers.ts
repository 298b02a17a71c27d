import type { SubscriptionCommand } from '../sip/index.js'
import { earliest } from '../wire/index.js'
import { type ConferenceContent, ConferenceFeed, type FeedInput, type FeedOutput } from './conference-feed.js'
import { CONFERENCE_TYPE } from './conference-info.js'
import { encodeConferenceInfo } from './encode-conference-info.js'
import { SUBSCRIPTIONS_PER_PARTICIPANT } from './limits.js'

/** Who subscribed to the conference package, and what each of them has been told (GRP-38). */
export class Subscribers {
  readonly #uri: string
  readonly #interval: number | undefined
  readonly #feeds = new Map<string, { readonly participant: string; readonly feed: ConferenceFeed }>()

  constructor(uri: string, interval: number | undefined) {
    this.#uri = uri
    this.#interval = interval
  }

  get size(): number {
    return this.#feeds.size
  }

  get deadline(): number | undefined {
    return earliest(...[...this.#feeds.values()].map(({ feed }) => feed.deadline))
  }

  /** SUBSCRIBE of a participant: the whole goes out with the answer. */
  add(id: string, participant: string, content: ConferenceContent, now: number): SubscriptionCommand {
    const own = [...this.#feeds.values()].filter(subscriber => subscriber.participant === participant).length
    if (own >= SUBSCRIPTIONS_PER_PARTICIPANT) return { name: 'reject-subscription', id, status: 403 }
    const feed = new ConferenceFeed(this.#uri, this.#interval)
    this.#feeds.set(id, { participant, feed })
    const body = feed.step({ type: 'subscribed', content }, now).map(bodyOf)[0]
    return { name: 'accept-subscription', id, contact: this.#uri, ...(body !== undefined && { body }) }
  }

  refreshed(id: string, content: ConferenceContent, now: number): SubscriptionCommand[] {
    return this.#step(id, { type: 'subscribed', content }, now)
  }

  remove(id: string): void {
    this.#feeds.delete(id)
  }

  /** Something changed, the clock reached the deadline, or all is over. */
  tell(input: FeedInput, now: number): SubscriptionCommand[] {
    return [...this.#feeds.keys()].flatMap(id => this.#step(id, input, now))
  }

  #step(id: string, input: FeedInput, now: number): SubscriptionCommand[] {
    const outputs = this.#feeds.get(id)?.feed.step(input, now) ?? []
    return outputs.map(output => ({
      name: 'notify',
      id,
      ...(output.ends && { state: 'terminated' as const, reason: 'noresource' }),
      body: bodyOf(output),
    }))
  }
}

function bodyOf({ document }: FeedOutput) {
  return { contentType: CONFERENCE_TYPE, bytes: encodeConferenceInfo(document) }
}
