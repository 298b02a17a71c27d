import type { UserAgentEvent } from '../sip/index.js'
import type { RegistrationNews } from './api.js'
import { CpmftError } from './errors.js'
import { EventQueue } from './event-queue.js'
import { asError } from './sending-transfer.js'
import type { SipDriver } from './sip-driver.js'
import { EVENTS_KEPT, LEAVE_WAIT, REGISTRATION_EXPIRES } from './limits.js'

const CODES = { auth: 'auth-failed', response: 'not-allowed', transport: 'connection-refused', timeout: 'unreachable' } as const

/** Keeps one address of record registered while the client lives. */
export class Registrar {
  /** Settles with the first registration; rejects when the account is not accepted or nothing answers. */
  readonly ready: Promise<void>
  /** Failures, and the success after them. */
  readonly news = new EventQueue<RegistrationNews>(EVENTS_KEPT)
  readonly #sip: SipDriver
  #settle: { resolve: () => void; reject: (error: CpmftError) => void } | undefined
  #left: (() => void) | undefined
  #registered = false
  /** A success would be one: this is not the first that is heard of it. */
  #hasNews = false
  #isLeaving = false

  constructor(sip: SipDriver, registrar: string) {
    this.#sip = sip
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    sip.command({ name: 'register', id: 'registration', registrar, expires: REGISTRATION_EXPIRES })
  }

  onEvent(event: UserAgentEvent): void {
    if (event.name === 'registered') {
      // A refresh is no news
      if (this.#hasNews && !this.#registered) this.news.push({ state: 'registered' })
      this.#registered = true
      this.#hasNews = true
      this.#settle?.resolve()
    } else if (event.name === 'unregistered') {
      this.#registered = false
      this.#left?.()
    } else if (event.name === 'registration-failed') {
      this.#registered = false
      this.#left?.()
      const error = this.#errorOf(event)
      this.#settle?.reject(error)
      this.#hasNews = true
      if (!this.#isLeaving) this.news.push({ state: 'failed', error, retryIn: event.retryAfter })
    }
  }

  #errorOf({ cause, status }: UserAgentEvent & { name: 'registration-failed' }): CpmftError {
    // A certificate that nobody vouches for is no closed port
    const { connectError } = this.#sip
    if (cause === 'transport' && connectError !== undefined) return asError(connectError)
    // A server that fails forbids nothing (SIP-34)
    const code = cause === 'response' && status !== undefined && status >= 500 ? 'network-error' : CODES[cause]
    return new CpmftError(code, 'Registration failed.', status)
  }

  /** Ends the registration; who still waits for `ready` is told that the client closes. */
  async leave(): Promise<void> {
    this.#isLeaving = true
    this.news.end()
    this.#settle?.reject(new CpmftError('cancelled', 'The client closes.'))
    if (!this.#registered) return
    const left = new Promise<void>(resolve => {
      this.#left = resolve
    })
    this.#sip.command({ name: 'unregister', id: 'registration' })
    await Promise.race([left, this.#sip.wait(LEAVE_WAIT)])
  }
}
