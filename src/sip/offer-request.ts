import type { UserAgentCore } from './core.js'
import type { Dialog } from './dialog.js'
import { Exchange } from './exchange.js'
import type { OpenFlow, Source } from './flows.js'
import type { InviteUsage } from './invite-usage.js'
import { CORRECTIONS, FINAL_RESPONSE_TIME } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { ackFor } from './outgoing-invite.js'
import type { Body, ExtraHeaders } from './user-agent-types.js'

export interface OfferRequestParts {
  readonly method: 'INVITE' | 'UPDATE'
  readonly body?: Body | undefined
  readonly headers?: ExtraHeaders | undefined
}

export type OfferOutcome =
  | { readonly type: 'success'; readonly response: SipResponse }
  | { readonly type: 'refusal'; readonly response: SipResponse | undefined }
  /** 481, 408, silence or no connection: RFC 3261 §12.2.1.2. */
  | { readonly type: 'peer lost'; readonly why: 'dialog unknown' | 'peer silent' | 'peer unreachable' }

/** A re-INVITE or UPDATE of ours until its final response; the ACK and its copies too. */
export class OfferRequest {
  readonly #exchange: Exchange
  #cancelled = false
  #over = false
  #tooSmall = 0

  constructor(
    private readonly core: UserAgentCore,
    private readonly usage: InviteUsage,
    private readonly dialog: Dialog,
    private readonly parts: OfferRequestParts,
    private readonly done: (outcome: OfferOutcome) => void,
  ) {
    this.#exchange = new Exchange(core, {
      hop: () => core.dialogHop(dialog),
      sequence: () => dialog.nextSequence(),
      build: (flow, sequence) => this.#build(flow, sequence),
      wanted: () => !this.#cancelled,
      final: (response, source) => this.#final(response, source),
      failed: (cause, response) => {
        if (cause === 'auth') this.#finish({ type: 'refusal', response })
        else this.#finish({ type: 'peer lost', why: cause === 'timeout' ? 'peer silent' : 'peer unreachable' })
      },
    })
  }

  start(): void {
    if (this.parts.method === 'INVITE') this.usage.timers.start('offer final', this.core.turn.now + FINAL_RESPONSE_TIME)
    this.#exchange.start()
  }

  /** No final response in time: take the re-INVITE back (RFC 3261 §9.1). */
  cancel(): void {
    this.#cancelled = true
    this.#exchange.cancel()
    this.usage.timers.start('offer CANCEL', this.core.turn.now + 64 * this.core.limits.t1)
  }

  /** 64*T1 after the CANCEL: the peer is gone. */
  forget(): void {
    this.#exchange.drop()
    this.#finish({ type: 'peer lost', why: 'peer silent' })
  }

  drop(): void {
    this.#over = true
    this.#exchange.drop()
  }

  #build(flow: OpenFlow, sequence: number): SipRequest {
    const { core, usage, parts } = this
    const fields: ExtraHeaders = [
      ['Contact', core.contact(flow, this.dialog.secure, usage.contact)],
      ...(parts.headers ?? []),
      ...usage.session.requestFields(),
      ...core.capabilities(parts.method === 'INVITE'),
    ]
    return this.dialog.request(parts.method, sequence, fields, parts.body)
  }

  #final(response: SipResponse, source: Source): 'again' | undefined {
    const { core, usage, dialog } = this
    const { status } = response
    const { request } = this.#exchange
    // the ACK goes to the new target (RFC 3261 §12.2.1.2), for every copy of the 2xx (§13.2.2.4)
    if (status < 300 && !this.#over) dialog.refreshTarget(response, source)
    if (status < 300 && request?.method === 'INVITE') core.sendAck(ackFor(dialog, request), dialog)
    if (this.#over) return undefined
    if (status === 422 && this.#tooSmall++ < CORRECTIONS && usage.session.tooSmall(response)) return 'again'
    if (status < 300) {
      usage.learn(response)
      usage.session.agreedByResponse(response)
      usage.runSessionTimer()
      this.#finish({ type: 'success', response })
    } else if (status === 481) this.#finish({ type: 'peer lost', why: 'dialog unknown' })
    else if (status === 408) this.#finish({ type: 'peer lost', why: 'peer silent' })
    else this.#finish({ type: 'refusal', response })
    return undefined
  }

  #finish(outcome: OfferOutcome): void {
    this.#over = true
    this.usage.timers.stop('offer final')
    this.usage.timers.stop('offer CANCEL')
    this.done(outcome)
  }
}
