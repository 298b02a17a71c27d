import { Driver, type Host, sessionIdOf } from '../client/index.js'
import { CpmSession, type SessionEvent, type SessionInput, type SessionOutput, type SessionSettings } from '../cpm/index.js'
import type { EndpointInput } from '../msrp/index.js'
import type { UserAgentCommand } from '../sip/index.js'

/** Where the outputs of a session of the store go. */
export interface DepositOutlets {
  readonly sip: (command: UserAgentCommand) => void
  readonly msrp: (input: EndpointInput) => void
  /** MSRP sessions that are its own from now on, and not any more. */
  readonly claim: (sessionId: string) => void
  readonly release: (sessionId: string) => void
}

/** One CPM session of the store with a sender or a recipient. A fault in it ends it and nothing else. */
export class DepositSession {
  readonly id: string
  readonly #outlets: DepositOutlets
  readonly #onEvent: (event: SessionEvent) => void
  readonly #onFault: (error: unknown) => void
  readonly #session: CpmSession
  readonly #driver: Driver<SessionInput, SessionOutput>
  readonly #own = new Set<string>()
  #over = false

  constructor(
    settings: SessionSettings,
    host: Host,
    outlets: DepositOutlets,
    on: { readonly event: (event: SessionEvent) => void; readonly fault: (error: unknown) => void },
  ) {
    this.id = settings.id
    this.#outlets = outlets
    this.#onEvent = on.event
    this.#onFault = on.fault
    this.#session = new CpmSession(settings)
    this.#driver = new Driver<SessionInput, SessionOutput>(this.#session, host, { type: 'timeout' }, output => this.#handle(output), {
      onFault: error => {
        this.#fail(error)
        return true
      },
    })
  }

  get state(): CpmSession['state'] {
    return this.#session.state
  }

  push(input: SessionInput): void {
    if (!this.#over) this.#driver.push(input)
  }

  /** Nothing more comes from it; what it left open is ended. */
  end(): void {
    if (this.#over) return
    this.#over = true
    this.#driver.close()
    if (this.#session.state !== 'terminated') this.#outlets.sip({ name: 'bye', id: this.id })
    for (const sessionId of this.#own) {
      this.#outlets.msrp({ type: 'remove-session', sessionId })
      this.#outlets.release(sessionId)
    }
  }

  #fail(error: unknown): void {
    if (this.#over) return
    this.end()
    this.#onFault(error)
  }

  #handle(output: SessionOutput): void {
    if (this.#over) return
    if (output.type === 'event') return this.#onEvent(output.event)
    if (output.type === 'sip') return this.#outlets.sip(output.command)
    const { input } = output
    if (input.type === 'add-session') {
      const sessionId = sessionIdOf(input.session.localUri)
      this.#own.add(sessionId)
      this.#outlets.claim(sessionId)
    }
    this.#outlets.msrp(input)
    if (input.type !== 'remove-session') return
    this.#own.delete(input.sessionId)
    this.#outlets.release(input.sessionId)
  }
}
