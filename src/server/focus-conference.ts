import { Driver, type Host, sessionIdOf } from '../client/index.js'
import type { ConferenceInput, ConferenceNews, ConferenceOutput, ConferenceSettings, PassageCommand } from '../focus/index.js'
import type { EndpointInput } from '../msrp/index.js'
import type { UserAgentCommand } from '../sip/index.js'
import type { ConferenceMachine } from './focus-options.js'

/** Where the outputs of a conference go. */
export interface ConferenceOutlets {
  readonly sip: (command: UserAgentCommand) => void
  readonly msrp: (input: EndpointInput) => void
  readonly passage: (command: PassageCommand) => void
  /** MSRP sessions that are its own from now on, and not any more. */
  readonly claim: (sessionId: string) => void
  readonly release: (sessionId: string) => void
  readonly news: (news: ConferenceNews) => void
  /** Its machine threw: everything of it was ended, and nothing comes any more. */
  readonly crashed: (error: unknown) => void
}

/** One conference that runs: its machine, and what it has open in case the machine fails. */
export class FocusConference {
  readonly settings: ConferenceSettings
  readonly #outlets: ConferenceOutlets
  readonly #driver: Driver<ConferenceInput, ConferenceOutput>
  readonly #dialogs = new Set<string>()
  readonly #sessions = new Set<string>()
  readonly #passages = new Set<string>()
  #over = false

  constructor(settings: ConferenceSettings, machine: ConferenceMachine, host: Host, outlets: ConferenceOutlets) {
    this.settings = settings
    this.#outlets = outlets
    // a timer of the driver steps too: what is thrown there must not end the process either
    const guarded: ConferenceMachine = {
      step: (input, now) => this.#guard(() => machine.step(input, now)) ?? [],
      get deadline() {
        return machine.deadline
      },
    }
    this.#driver = new Driver(guarded, host, { type: 'timeout' }, output => this.#guard(() => this.#handle(output)))
  }

  get id(): string {
    return this.settings.id
  }

  push(input: ConferenceInput): void {
    if (this.#over) return
    if (input.type === 'begin') this.#dialogs.add(input.event.id)
    else if (input.type === 'sip' && (input.event.name === 'ended' || input.event.name === 'rejected' || input.event.name === 'cancelled'))
      this.#dialogs.delete(input.event.id)
    this.#driver.push(input)
  }

  /** Nothing more is given to it or taken from it; what it left open is ended. */
  end(): void {
    if (this.#over) return
    this.#over = true
    this.#driver.close()
    for (const id of this.#dialogs) this.#outlets.sip({ name: 'bye', id })
    for (const passage of this.#passages) this.#outlets.passage({ name: 'close', passage })
    for (const sessionId of this.#sessions) {
      this.#outlets.msrp({ type: 'remove-session', sessionId })
      this.#outlets.release(sessionId)
    }
  }

  #guard<Result>(work: () => Result): Result | undefined {
    if (this.#over) return undefined
    try {
      return work()
    } catch (error) {
      this.end()
      this.#outlets.crashed(error)
      return undefined
    }
  }

  #handle(output: ConferenceOutput): void {
    switch (output.type) {
      case 'sip':
        if (output.command.name === 'invite') this.#dialogs.add(output.command.id)
        this.#outlets.sip(output.command)
        break
      case 'msrp':
        this.#msrp(output.input)
        break
      case 'passage':
        if (output.command.name === 'open') this.#passages.add(output.command.passage)
        else if (output.command.name === 'close') this.#passages.delete(output.command.passage)
        this.#outlets.passage(output.command)
        break
      case 'event':
        this.#outlets.news(output.event)
    }
  }

  #msrp(input: EndpointInput): void {
    if (input.type === 'add-session') {
      const sessionId = sessionIdOf(input.session.localUri)
      this.#sessions.add(sessionId)
      this.#outlets.claim(sessionId)
    }
    this.#outlets.msrp(input)
    if (input.type !== 'remove-session') return
    this.#sessions.delete(input.sessionId)
    this.#outlets.release(input.sessionId)
  }
}
