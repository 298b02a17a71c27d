import { cancelOf } from './ack.js'
import type { UserAgentCore } from './core.js'
import type { OpenFlow, Source } from './flows.js'
import type { Hop } from './hop.js'
import { ATTEMPTS, UDP_REQUEST_BYTES } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import type { ClientTransaction, ClientUser } from './transaction-layer.js'

export type ExchangeFailure = 'timeout' | 'transport' | 'auth'

/** Send the request once more, now or after some milliseconds. */
export type Again = 'again' | { readonly after: number }

/** What a request is and who hears of its fate. */
export interface ExchangePlan {
  readonly hop: () => Hop | undefined
  /** CSeq number of the next attempt. */
  readonly sequence: () => number
  /** The request without Via and credentials. */
  readonly build: (flow: OpenFlow, sequence: number) => SipRequest
  readonly provisional?: (response: SipResponse, source: Source) => void
  /**
   * Final response other than an answered challenge; repeated and forked 2xx of an INVITE too.
   * Whoever asks for another attempt counts them.
   */
  readonly final: (response: SipResponse, source: Source) => Again | undefined
  readonly failed: (cause: ExchangeFailure, response?: SipResponse) => void
  /** False once the application gave the request up: no further attempt is made then. */
  readonly wanted?: () => boolean
}

/** A request with its repetitions after challenges and corrections (RFC 3261 §8.1.3.5, §22). */
export class Exchange implements ClientUser {
  /** The request as it was sent last. */
  request: SipRequest | undefined
  flow: OpenFlow | undefined
  #transaction: ClientTransaction | undefined
  #attempts = 0
  #dropped = false
  /** Still to be tried; the first is the one under way. */
  #servers: readonly Hop[] = []
  /** The attempt under way had a provisional response, so that CANCEL may follow it (RFC 3261 §9.1). */
  #heard = false
  #onWire = false
  #cancel: { readonly reason: string | undefined } | undefined
  #stopWaiting: (() => void) | undefined
  readonly #answered = new Set<string>()

  constructor(
    private readonly core: UserAgentCore,
    private readonly plan: ExchangePlan,
  ) {}

  start(): this {
    const hop = this.plan.hop()
    if (hop === undefined) this.plan.failed('transport')
    else {
      this.#attempts++
      this.core.servers(hop, servers => {
        this.#servers = servers
        if (!this.#dropped) this.#attempt()
      })
    }
    return this
  }

  #attempt(): void {
    const [hop] = this.#servers
    if (hop === undefined) return this.plan.failed('transport')
    this.#heard = false
    this.#send(hop, this.plan.sequence())
  }

  /** RFC 3263 §4.3: the next server of the domain gets the request as a new transaction. @returns false when there is none */
  #failOver(): boolean {
    const [failed, ...others] = this.#servers
    if (failed === undefined || others.length === 0 || this.plan.wanted?.() === false) return false
    this.core.resolver.demote(failed)
    this.#servers = others
    this.#attempt()
    return true
  }

  /** Nobody hears of this exchange any more. */
  drop(): void {
    this.#dropped = true
    this.#stopWaiting?.()
    this.#transaction?.stop()
  }

  /** Whether an attempt waits for its final response; false while a connection opens or a Retry-After runs. */
  get onWire(): boolean {
    return this.#onWire
  }

  /** Takes the attempt back that is under way, as soon as it may be (RFC 3261 §9.1). */
  cancel(reason?: string): void {
    this.#cancel = { reason }
    if (this.#heard) this.#sendCancel()
  }

  /** RFC 3261 §9.1: travels exactly where the request went. */
  #sendCancel(): void {
    const reason = this.#cancel?.reason
    this.#cancel = undefined
    // a response came, so a request went
    const { flow } = this.flow as OpenFlow
    this.core.layer.request(cancelOf(this.request as SipRequest, reason), flow, { response: () => {}, failed: () => {} })
  }

  response(response: SipResponse, source: Source): void {
    const { status } = response
    if (status < 200) {
      this.#heard = true
      if (this.#cancel !== undefined) this.#sendCancel()
      this.plan.provisional?.(response, source)
      return
    }
    this.#onWire = false
    const wanted = this.plan.wanted?.() ?? true
    if (status === 503 && this.#failOver()) return
    const challenge = status === 401 || status === 407
    if (challenge && wanted && this.#attempts < ATTEMPTS && this.#isChallenge(response)) this.start()
    else if (challenge) this.plan.failed('auth', response)
    else this.#repeat(this.plan.final(response, source))
  }

  #isChallenge(response: SipResponse): boolean {
    return this.core.authenticator.challenged(this.request as SipRequest, response, this.#answered)
  }

  failed(cause: 'timeout' | 'transport'): void {
    this.#onWire = false
    if (!this.#dropped && !this.#failOver()) this.plan.failed(cause)
  }

  #repeat(again: Again | undefined): void {
    if (again === 'again') this.start()
    else if (again !== undefined) this.#stopWaiting = this.core.delays.after(again.after, () => this.start())
  }

  #send(hop: Hop, sequence: number): void {
    this.core.flows.use(
      hop,
      flow => {
        if (this.#dropped) return
        const request = this.plan.build(flow, sequence)
        this.core.authenticator.authorize(request)
        this.core.addVia(request, flow)
        // SIP-5, RFC 3261 §18.1.1
        if (hop.transport === 'udp' && this.core.encode(request).length > UDP_REQUEST_BYTES)
          this.#send({ transport: 'tcp', remote: hop.remote }, sequence)
        else {
          this.request = request
          this.flow = flow
          this.#onWire = true
          this.#transaction = this.core.layer.request(request, flow.flow, this)
        }
      },
      () => this.failed('transport'),
    )
  }
}
