import type { Conversation } from '../cpm/index.js'
import type { EndpointInput } from '../msrp/index.js'
import type { UserAgentCommand } from '../sip/index.js'
import { Timers } from '../wire/index.js'
import type { ConferenceEvent } from './conference-table.js'
import type { ConferenceNews, ConferenceOutput, ConferenceSettings } from './conference-types.js'
import { CreatorAnswer, type CreatorAnswerInput, type CreatorAnswerOutput } from './creator-answer.js'
import type { DeliveryEvent } from './delivery-table.js'
import type { LegEvent } from './leg-table.js'
import type { PassageCommand } from './passage-types.js'
import { Roster } from './roster.js'
import type { RosterOutput } from './roster-types.js'
import type { SourceEvent } from './source-table.js'

/** What carries out the outputs of the roster and of the machine that answers the creator. */
export interface ConferenceHands {
  roster(output: Exclude<RosterOutput, { type: 'tell' }>): void
  answer(output: CreatorAnswerOutput): void
}

/** What the parts of one conference share: the roster, the clock reading, what waits to be done and the outputs of the running step. */
export class ConferenceCore {
  readonly settings: ConferenceSettings
  readonly conversation: Conversation
  readonly subject: string | undefined
  readonly roster: Roster
  readonly answer: CreatorAnswer
  /** `ring/p1`: that member rang long enough. `spool`: members were served long enough. `progress`: time to tell of it. */
  readonly timers = new Timers<string>()
  now = 0
  /** The roster moved since the last look. */
  moved = false
  /** The conference package has news. */
  changed = false
  readonly #hands: ConferenceHands
  readonly #out: ConferenceOutput[] = []
  readonly #tasks: (() => void)[] = []

  constructor(settings: ConferenceSettings, conversation: Conversation, subject: string | undefined, hands: ConferenceHands) {
    const { uri, displayName, hidden } = settings.creator
    this.settings = settings
    this.conversation = conversation
    this.subject = subject
    this.#hands = hands
    this.roster = new Roster({
      creator: { uri, ...(displayName !== undefined && { displayName }), ...(hidden !== undefined && { hidden }) },
      recipients: settings.recipients,
      ...(subject !== undefined && { subject }),
    })
    this.answer = new CreatorAnswer(this.roster, settings)
  }

  /** Puts something off until what runs now is done: no machine is entered twice. */
  later(task: () => void): void {
    this.#tasks.push(task)
  }

  drain(): void {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) task()
  }

  takeOutputs(): ConferenceOutput[] {
    return this.#out.splice(0)
  }

  sip(command: UserAgentCommand): void {
    this.#out.push({ type: 'sip', command })
  }

  msrp(input: EndpointInput): void {
    this.#out.push({ type: 'msrp', input })
  }

  passage(...commands: readonly PassageCommand[]): void {
    for (const command of commands) this.#out.push({ type: 'passage', command })
  }

  news(event: ConferenceNews): void {
    this.#out.push({ type: 'event', event })
  }

  /** @returns false when the roster refused the event */
  moveLeg(participant: string, event: LegEvent, status?: number): boolean {
    return this.apply(this.roster.moveLeg(participant, event, status))
  }

  moveDelivery(participant: string, fileId: string, event: DeliveryEvent): boolean {
    return this.apply(this.roster.moveDelivery(participant, fileId, event))
  }

  moveSource(fileId: string, event: SourceEvent): boolean {
    return this.apply(this.roster.moveSource(fileId, event))
  }

  moveConference(event: ConferenceEvent): boolean {
    return this.apply(this.roster.moveConference(event))
  }

  /** Carries out what a move of the roster asks for. */
  apply(outputs: readonly RosterOutput[] | undefined): boolean {
    if (outputs === undefined) return false
    this.moved = true
    for (const output of outputs) {
      if (output.type === 'tell') this.changed = true
      else this.#hands.roster(output)
    }
    return true
  }

  stepAnswer(input: CreatorAnswerInput): void {
    for (const output of this.answer.step(input, this.now)) this.#hands.answer(output)
  }
}
