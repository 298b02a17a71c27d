import type { Machine } from '../wire/index.js'
import type { ConferenceDescription, ConferenceInfo, ConferenceState, ConferenceUser } from './conference-info.js'
import { NOTIFY_INTERVAL } from './limits.js'

/** All that a subscriber may know of a conference at one moment. Users carry the state `full`. */
export interface ConferenceContent {
  readonly description?: ConferenceDescription
  readonly conferenceState?: ConferenceState
  readonly users: readonly ConferenceUser[]
}

export type FeedInput =
  /** A SUBSCRIBE, the first or a refresh: the whole must follow at once (RFC 4575 §3.1). */
  | { readonly type: 'subscribed'; readonly content: ConferenceContent }
  | { readonly type: 'changed'; readonly content: ConferenceContent }
  | { readonly type: 'timeout' }
  /** The conference is over; `content` is what it ended with. */
  | { readonly type: 'ended'; readonly content: ConferenceContent }

/**
 * A NOTIFY to send; `ends` goes out with `Subscription-State: terminated;reason=noresource` and is the last: with what changed since the one
 * before, so that nothing is lost to the interval, or, when nothing did, with a document that says `deleted`.
 */
export interface FeedOutput {
  readonly type: 'notify'
  readonly document: ConferenceInfo
  readonly ends: boolean
}

/** What one subscriber is told of a conference: the whole first, then what changed, not oftener than every 5 s (GRP-38). */
export class ConferenceFeed implements Machine<FeedInput, FeedOutput> {
  readonly #entity: string
  readonly #interval: number
  #version = 0
  #sentAt = 0
  #told: ConferenceContent | undefined
  /** What is true now, while the subscriber has yet to learn it. */
  #news: ConferenceContent | undefined
  #ended = false

  /**
   * @param entity the conference URI
   * @param interval least time between two notifications, ms
   */
  constructor(entity: string, interval: number = NOTIFY_INTERVAL) {
    this.#entity = entity
    this.#interval = interval
  }

  get deadline(): number | undefined {
    return this.#news === undefined ? undefined : this.#sentAt + this.#interval
  }

  step(input: FeedInput, now: number): FeedOutput[] {
    if (this.#ended) return []
    if (input.type === 'subscribed') return [this.#full(input.content, now)]
    if (input.type === 'ended') return this.#end(input.content, now)
    if (input.type === 'changed') this.#news = this.#told && differs(this.#told, input.content) ? input.content : undefined
    return this.#part(now)
  }

  #full(content: ConferenceContent, now: number): FeedOutput {
    const { users, ...rest } = content
    return this.#notify({ ...rest, state: 'full', users: { state: 'full', list: users } }, content, now)
  }

  #part(now: number): FeedOutput[] {
    const told = this.#told
    const content = this.#news
    if (told === undefined || content === undefined || now < this.#sentAt + this.#interval) return []
    return [this.#notify(partOf(content, told), content, now)]
  }

  #end(content: ConferenceContent, now: number): FeedOutput[] {
    this.#ended = true
    const told = this.#told
    // Nobody listens before the first NOTIFY
    if (told === undefined) return []
    const last = differs(told, content) ? partOf(content, told) : { state: 'deleted' as const }
    return [{ ...this.#notify(last, content, now), ends: true }]
  }

  #notify(part: Omit<ConferenceInfo, 'entity' | 'version'>, content: ConferenceContent, now: number): FeedOutput {
    this.#version++
    this.#sentAt = now
    this.#told = content
    this.#news = undefined
    return { type: 'notify', document: { entity: this.#entity, version: this.#version, ...part }, ends: false }
  }
}

/** Only users that changed are told, each of them as a whole. */
function partOf(
  { description, conferenceState, users }: ConferenceContent,
  told: ConferenceContent,
): Omit<ConferenceInfo, 'entity' | 'version'> {
  const list = changedUsers(told.users, users)
  return {
    state: 'partial',
    ...(description !== undefined && !same(description, told.description) && { description }),
    ...(conferenceState !== undefined && !same(conferenceState, told.conferenceState) && { conferenceState }),
    ...(list.length > 0 && { users: { state: 'partial', list } }),
  }
}

function changedUsers(before: readonly ConferenceUser[], after: readonly ConferenceUser[]): ConferenceUser[] {
  const old = new Map(before.map(user => [user.entity, user]))
  const present = new Set(after.map(({ entity }) => entity))
  const gone = before.filter(({ entity }) => !present.has(entity))
  return [
    ...after.filter(user => !same(user, old.get(user.entity))),
    ...gone.map(({ entity }): ConferenceUser => ({ entity, state: 'deleted', endpoints: [] })),
  ]
}

function differs(a: ConferenceContent, b: ConferenceContent): boolean {
  return !same(a, b)
}

/** Contents are built in one place, so equal ones have their members in the same order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
