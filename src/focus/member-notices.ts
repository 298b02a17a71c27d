import { decodeCpimMessage, encodeCpimMessage } from '../cpim/index.js'
import { MESSAGE_BYTES, MESSAGE_ICSI, notificationMessage } from '../cpm/index.js'
import { equalSipUris, type UserAgentEvent } from '../sip/index.js'
import { RemoteProtocolError } from '../wire/index.js'
import type { ConferenceCore } from './conference-core.js'
import { coverNotification } from './cover-imdn.js'
import { FORWARDED_MESSAGES } from './limits.js'
import type { Participant } from './roster-types.js'
import { isSamePerson } from './same-person.js'
import type { SourceFile } from './source-file.js'

/** Notifications on their way from members to whoever sent them a file (IMDN-7, GRP-31). */
export class MemberNotices {
  readonly #core: ConferenceCore
  /** Requests of ours that wait for their response. */
  readonly #waiting = new Set<string>()
  #count = 0

  constructor(core: ConferenceCore) {
    this.#core = core
  }

  get open(): boolean {
    return this.#waiting.size > 0
  }

  answered(id: string): void {
    this.#waiting.delete(id)
  }

  /** A notification that a member sent to the conference goes on to the participant it is for, one by one. */
  forward({ id, request }: UserAgentEvent & { readonly name: 'request' }, sender: string | undefined): void {
    this.#core.sip({ name: 'respond', id, status: this.#pass(request, sender) })
  }

  /** @returns the status for the member */
  #pass(request: (UserAgentEvent & { readonly name: 'request' })['request'], sender: string | undefined): number {
    const { participants } = this.#core.roster
    const member = sender === undefined ? undefined : participants.find(({ uri }) => isSamePerson(uri, sender))
    const { body } = request
    const contentType = request.headers.get('Content-Type') ?? ''
    if (member === undefined) return 403
    if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== 'message/cpim') return 415
    if (body.length > MESSAGE_BYTES) return 413
    try {
      const message = decodeCpimMessage(body)
      // Nobody finds out by asking whether somebody is a hidden member (GRP-25)
      const isNamed = ({ uri, entity, role }: Participant, to: string): boolean =>
        equalSipUris(to, entity) || (role === 'creator' && equalSipUris(to, uri))
      const target = participants.find(one => message.head.to.some(to => isNamed(one, to.uri)))
      if (target === undefined || target === member) return 404
      // SEC-15; that of a hidden one is taken off
      if (!member.hidden && !isSamePerson(message.head.from.uri, member.uri)) return 403
      const covered = coverNotification(message, member)
      return this.#send(target.uri, covered === message ? body : encodeCpimMessage(covered)) ? 200 : 480
    } catch (error) {
      /* v8 ignore next -- what peers send throws nothing else */
      if (!(error instanceof RemoteProtocolError)) throw error
      /* v8 ignore next -- all of these errors have one */
      return error.status ?? 400
    }
  }

  /** A file that was accepted did not get to a member: its sender hears so if it asked for that (GRP-31). */
  lost(participant: string, { order }: SourceFile): void {
    const { roster, settings, conversation } = this.#core
    const { entity } = roster.participant(participant) as Participant
    if (order === undefined || !order.wanted.includes('negative-delivery')) return
    const { random, dateTime } = settings.dialogs
    const { conversationId } = conversation
    const message = notificationMessage(order, 'failed', { ownUri: entity, random, dateTime: dateTime(), conversationId })
    if (message !== undefined) this.#send(message.to, message.body.bytes)
  }

  /** @returns false when too many wait for their response */
  #send(to: string, bytes: Uint8Array): boolean {
    if (this.#waiting.size >= FORWARDED_MESSAGES) return false
    const id = `${this.#core.settings.id}/m${++this.#count}`
    this.#waiting.add(id)
    const { uri } = this.#core.settings
    const headers = [
      ['From', `<${uri}>`],
      ['P-Asserted-Service', MESSAGE_ICSI],
      ['Conversation-ID', this.#core.conversation.conversationId],
    ] as const
    this.#core.sip({ name: 'request', id, method: 'MESSAGE', to, body: { contentType: 'message/cpim', bytes }, headers })
    return true
  }
}
