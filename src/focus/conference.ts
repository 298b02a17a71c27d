import { conversationOf } from '../cpm/index.js'
import type { Machine } from '../wire/index.js'
import { ConferenceRoom } from './conference-room.js'
import type { ConferenceInput, ConferenceOutput, ConferenceSettings } from './conference-types.js'

/**
 * One conference of a focus, from the INVITE that makes it to its last dialog (GRP-18 to GRP-42): one dialog with its creator and one with
 * each member, whose files go through passages. Stands between the user agent, the MSRP endpoint and the keeper of the octets.
 */
export class Conference implements Machine<ConferenceInput, ConferenceOutput> {
  readonly settings: ConferenceSettings
  #room: ConferenceRoom | undefined

  constructor(settings: ConferenceSettings) {
    this.settings = settings
  }

  get deadline(): number | undefined {
    return this.#room?.deadline
  }

  step(input: ConferenceInput, now: number): ConferenceOutput[] {
    if (this.#room === undefined && input.type === 'begin') {
      const { request } = input.event
      const conversation = conversationOf(request, this.settings.dialogs.random)
      this.#room = new ConferenceRoom(this.settings, conversation, request.headers.get('Subject'))
      return this.#room.step(input, now)
    }
    return input.type === 'begin' ? [] : (this.#room?.step(input, now) ?? [])
  }
}
