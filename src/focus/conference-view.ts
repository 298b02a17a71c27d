import type {
  ConferenceDescription,
  ConferenceEndpoint,
  ConferenceInfo,
  ConferenceMedia,
  ConferenceState,
  ConferenceUser,
} from './conference-info.js'
import { MAX_CONFERENCE_USERS, MAX_ENDPOINT_MEDIA, MAX_ENDPOINTS } from './limits.js'

/** What one document did to the picture. */
export type ViewChange =
  /** It counts: the picture is as new as the document. */
  | 'updated'
  /** It was older than the picture, or a part while the whole is awaited. */
  | 'dropped'
  /** A document is missing: subscribe anew so that the focus sends the whole (RFC 4575 §4.6). */
  | 'refresh'
  /** The conference is over. */
  | 'ended'

/** The picture of a conference that a subscriber puts together from full and partial documents (GRP-39, RFC 4575 §4.6). */
export class ConferenceView {
  readonly #users = new Map<string, ConferenceUser>()
  #version: number | undefined
  #awaitsFull = false
  #description: ConferenceDescription = {}
  #state: ConferenceState = {}

  /** Version of the newest document that counted. */
  get version(): number | undefined {
    return this.#version
  }

  get description(): ConferenceDescription {
    return this.#description
  }

  get conferenceState(): ConferenceState {
    return this.#state
  }

  /** In the order they appeared. */
  get users(): readonly ConferenceUser[] {
    return [...this.#users.values()]
  }

  /** A subscription of its own began: its versions have nothing to do with those before. The picture stays until the new one is there. */
  restart(): void {
    this.#version = undefined
    this.#awaitsFull = false
  }

  apply(info: ConferenceInfo): ViewChange {
    if (this.#version !== undefined && info.version <= this.#version) return 'dropped'
    if (info.state === 'partial') return this.#applyPart(info)
    this.#version = info.version
    this.#awaitsFull = false
    this.#users.clear()
    this.#description = {}
    this.#state = {}
    // What stands inside a deleted element counts for nothing (RFC 4575 §4.4)
    if (info.state === 'deleted') return 'ended'
    this.#take(info)
    return 'updated'
  }

  #applyPart(info: ConferenceInfo): ViewChange {
    if (this.#version === undefined || info.version > this.#version + 1) {
      const asked = this.#awaitsFull
      this.#awaitsFull = true
      return asked ? 'dropped' : 'refresh'
    }
    this.#version = info.version
    this.#take(info)
    return 'updated'
  }

  /** Description and state carry no `state`, so they are replaced as a whole (RFC 4575 §4.6, step 3.2). */
  #take({ description, conferenceState, users }: ConferenceInfo): void {
    if (description !== undefined) this.#description = description
    if (conferenceState !== undefined) this.#state = conferenceState
    if (users === undefined) return
    if (users.state !== 'partial') this.#users.clear()
    if (users.state !== 'deleted') mergeInto(this.#users, users.list, MAX_CONFERENCE_USERS, mergeUser)
  }
}

interface Keyed {
  readonly entity: string
  readonly state: 'full' | 'partial' | 'deleted'
}

/** Puts the rows of an update into a table by their keys (RFC 4575 §4.6, step 3.1). */
function mergeInto<Row extends Keyed>(
  table: Map<string, Row>,
  update: readonly Row[],
  limit: number,
  merge: (old: Row | undefined, row: Row) => Row,
): void {
  for (const row of update) {
    if (row.state === 'deleted') table.delete(row.entity)
    else if (table.has(row.entity) || table.size < limit)
      table.set(row.entity, merge(row.state === 'partial' ? table.get(row.entity) : undefined, row))
  }
}

function mergeUser(old: ConferenceUser | undefined, user: ConferenceUser): ConferenceUser {
  const endpoints = new Map(old?.endpoints.map(endpoint => [endpoint.entity, endpoint]))
  mergeInto(endpoints, user.endpoints, MAX_ENDPOINTS, mergeEndpoint)
  return { ...old, ...user, state: 'full', endpoints: [...endpoints.values()] }
}

function mergeEndpoint(old: ConferenceEndpoint | undefined, endpoint: ConferenceEndpoint): ConferenceEndpoint {
  // Files have no state: each is replaced as a whole
  const media = new Map<string, ConferenceMedia>(old?.media.map(file => [file.id, file]))
  for (const file of endpoint.media) if (media.has(file.id) || media.size < MAX_ENDPOINT_MEDIA) media.set(file.id, file)
  return { ...old, ...endpoint, state: 'full', media: [...media.values()] }
}
