import { follow, randomInteger } from '../wire/index.js'
import { bodyOf } from './body.js'
import { responseTo } from './build-response.js'
import type { UserAgentCore } from './core.js'
import type { InviteUsage, UsageTimer } from './invite-usage.js'
import { ANSWER_TIME, EARLY_OFFER_WAIT, GLARE_WAIT, NON_INVITE_ANSWER_TIME, REFRESH_RETRY } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { type OfferOutcome, OfferRequest, type OfferRequestParts } from './offer-request.js'
import { OFFER_TABLE, type OfferAction, type OfferEvent, type OfferState } from './offer-table.js'
import { parseRetryAfter } from './retry-after.js'
import type { ServerRequest } from './transaction-layer.js'
import type { Body, ExtraHeaders } from './user-agent-types.js'

interface Offer {
  readonly body: Body
  readonly headers?: ExtraHeaders | undefined
}

interface Answer {
  readonly status: number
  readonly reason?: string | undefined
  readonly body?: Body | undefined
  readonly headers?: ExtraHeaders | undefined
}

interface OfferDetail {
  readonly offer?: Offer
  readonly answer?: Answer
  readonly server?: ServerRequest
  readonly response?: SipResponse | undefined
  readonly why?: Extract<OfferOutcome, { type: 'peer lost' }>['why']
}

/** Offers and refreshes inside an established dialog, by re-INVITE and UPDATE, both ways (SIP-20 to SIP-26). */
export class OfferExchange {
  state: OfferState = 'idle'
  /** The peer's offer that waits for the application. */
  #server: ServerRequest | undefined
  #request: OfferRequest | undefined
  #held: Offer | undefined

  constructor(
    private readonly core: UserAgentCore,
    private readonly usage: InviteUsage,
  ) {}

  apply(event: OfferEvent, detail: OfferDetail = {}): boolean {
    const arrow = follow(OFFER_TABLE, this.state, event)
    if (arrow === undefined) return false
    this.state = arrow.to
    for (const action of arrow.do) this.#perform(action, detail)
    return true
  }

  /** Command `offer`: now, or as soon as the dialog is confirmed. */
  offer(offer: Offer): void {
    if (this.usage.state === 'accepted') this.#held = offer
    else if (this.usage.state === 'established') this.apply('offer', { offer })
  }

  /** Commands `accept` and `reject` for an offer of the peer. */
  answer(answer: Answer): void {
    const method = this.#server?.request.method
    if (method === undefined) return
    this.apply(answer.status >= 300 ? 'reject' : method === 'UPDATE' ? 'accept UPDATE' : 'accept INVITE', { answer })
  }

  /** Command `ring` for a re-INVITE whose new files the user is asked about. */
  ring(): void {
    const server = this.#server
    if (this.state === 'offered' && server?.request.method === 'INVITE')
      this.core.respond(server, 180, { headers: [['Contact', this.core.contactOn(server, this.usage.contact)]] })
  }

  isOffer(request: SipRequest): boolean {
    return this.#server?.request === request
  }

  /** The dialog is confirmed: what had to wait may go. */
  ready(): void {
    this.#sendHeld()
  }

  /** re-INVITE or UPDATE of the peer. */
  request(server: ServerRequest): void {
    const { usage, core } = this
    const { request } = server
    const least = usage.session.refusal(request)
    if (least !== undefined) return void core.respond(server, 422, { headers: [['Min-SE', `${least}`]] })
    // the peer makes its next request only after our 2xx: the ACK alone was lost
    if (usage.state === 'accepted') usage.successArrived()
    usage.learn(request)
    const body = bodyOf(request)
    if (request.method === 'UPDATE' && body === undefined) this.#refreshed(server)
    else if (usage.state === 'established') this.#offered(server, body)
    // RFC 3311 §5.2, RFC 3261 §14.2: before the first answer
    else if (usage.outgoing) core.respond(server, 491)
    else core.respond(server, 500, { headers: this.#comeBack() })
  }

  timeout(timer: UsageTimer): void {
    if (timer === 'refresh') this.#refresh()
    else if (timer === 'offer answer') this.apply('no answer')
    else if (timer === 'offer final') this.#request?.cancel()
    else this.#request?.forget()
  }

  /** The dialog ends: nothing stays open (RFC 3261 §15.1.2: pending requests get 487). */
  settle(): void {
    const unanswered = this.state === 'offered' ? this.#server : undefined
    this.state = 'idle'
    this.#server = undefined
    this.#held = undefined
    this.#request?.drop()
    this.#request = undefined
    if (unanswered !== undefined) this.core.respond(unanswered, 487)
  }

  #offered(server: ServerRequest, body: Body | undefined): void {
    if (this.state === 'answered') this.usage.successArrived()
    if (this.state === 'idle') this.#server = server
    if (server.request.method === 'INVITE') this.core.respond(server, 100)
    this.apply(body === undefined ? 'peer asks' : 'peer offers', { server })
  }

  #perform(action: OfferAction, detail: OfferDetail): void {
    const { core, usage } = this
    const { server, response, offer } = detail
    if (action === 'send offer' && offer !== undefined) this.#send({ method: 'INVITE', ...offer })
    else if (action === 'send refresh') this.#sendRefresh()
    else if (action === 'hold offer') this.#held = offer
    else if (action === 'send held offer') this.#sendHeld()
    else if (action === 'refuse locally') this.#report(491, undefined)
    else if (action === 'report answered' && response !== undefined)
      core.turn.event({ name: 'answered', id: usage.id, body: bodyOf(response) })
    else if (action === 'report refused') this.#report(response?.status ?? 500, response)
    else if (action === 'report offered') this.#reportOffered()
    else if (action === 'report withdrawn') core.turn.event({ name: 'offer-withdrawn', id: usage.id })
    else if (action === 'retry refresh') this.#retryRefresh(response)
    else if (action === 'end dialog') usage.apply(detail.why ?? 'peer silent')
    else if (server !== undefined && action === 'send 491') core.respond(server, 491)
    else if (server !== undefined && action === 'send 500') core.respond(server, 500, { headers: this.#comeBack() })
    else if (action.startsWith('send')) this.#sendAnswer(action, detail.answer)
  }

  #sendAnswer(action: OfferAction, answer: Answer | undefined): void {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    this.usage.timers.stop('offer answer')
    if (action === 'send 2xx') this.#succeed(server, answer?.body, answer)
    else if (action === 'send own description') this.#succeed(server, this.usage.ownBody, undefined)
    else if (action === 'send 487') this.core.respond(server, 487)
    // an UPDATE nobody answered needed the user after all (RFC 3311 §5.2)
    else if (action === 'send 480') this.core.respond(server, server.request.method === 'UPDATE' ? 504 : 480)
    else this.core.respond(server, (answer as Answer).status, { reason: answer?.reason, headers: answer?.headers })
  }

  #succeed(server: ServerRequest, body: Body | undefined, answer: Answer | undefined): void {
    const { core, usage } = this
    const { request } = server
    usage.dialog?.refreshTarget(request, server.source)
    const response = responseTo(request, 200, {
      headers: [...core.answerFields(server, false, usage.contact), ...usage.session.agreedByRequest(request), ...(answer?.headers ?? [])],
      ...(body !== undefined && { body }),
    })
    usage.runSessionTimer()
    usage.ownBody = body
    if (request.method === 'INVITE') usage.sendUntilAck(server, response)
    else server.respond(response)
  }

  /** UPDATE without a body: only the session timer and the target (RFC 4028 §9). */
  #refreshed(server: ServerRequest): void {
    const { core, usage } = this
    usage.dialog?.refreshTarget(server.request, server.source)
    const headers = [...core.answerFields(server, false, usage.contact), ...usage.session.agreedByRequest(server.request)]
    if (usage.state === 'established') usage.runSessionTimer()
    core.respond(server, 200, { headers })
  }

  #reportOffered(): void {
    const server = this.#server
    const body = server === undefined ? undefined : bodyOf(server.request)
    if (server === undefined || body === undefined) return
    const method = server.request.method as 'INVITE' | 'UPDATE'
    const wait = method === 'INVITE' ? ANSWER_TIME : NON_INVITE_ANSWER_TIME
    this.usage.timers.start('offer answer', this.core.turn.now + wait)
    this.core.turn.event({ name: 'offered', id: this.usage.id, body, method, request: server.request })
  }

  #send(parts: OfferRequestParts): void {
    const { dialog } = this.usage
    if (dialog === undefined) return
    this.#request = new OfferRequest(this.core, this.usage, dialog, parts, outcome => {
      if (outcome.type === 'success') this.usage.ownBody = parts.body ?? this.usage.ownBody
      const { type, ...detail } = outcome
      this.apply(type, detail)
    })
    this.#request.start()
  }

  /** SIP-26: UPDATE without a description if the peer can, else the description that holds, unchanged. */
  #sendRefresh(): void {
    if (this.usage.peerAllowsUpdate) this.#send({ method: 'UPDATE' })
    else this.#send({ method: 'INVITE', body: this.usage.ownBody })
  }

  #refresh(): void {
    if (!this.apply('refresh')) this.usage.timers.start('refresh', this.core.turn.now + REFRESH_RETRY)
  }

  #retryRefresh(response: SipResponse | undefined): void {
    const told = this.#retryAfter(response?.status, response) ?? REFRESH_RETRY
    // after a 491 the wait is ours to draw; a peer that says 0 gets no flood
    const wait = response?.status === 491 ? told : Math.max(told, REFRESH_RETRY)
    this.usage.timers.start('refresh', this.core.turn.now + wait)
  }

  #sendHeld(): void {
    const offer = this.#held
    this.#held = undefined
    if (offer !== undefined) this.apply('offer', { offer })
  }

  #report(status: number, response: SipResponse | undefined): void {
    const retryAfter = this.#retryAfter(status, response)
    this.core.turn.event({
      name: 'refused',
      id: this.usage.id,
      status,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(response !== undefined && { response }),
    })
  }

  /** Milliseconds: after a 491 by who owns the Call-ID (SIP-22), else what Retry-After says. */
  #retryAfter(status: number | undefined, response: SipResponse | undefined): number | undefined {
    if (status === 491) {
      const { least, most } = this.usage.outgoing ? GLARE_WAIT.owner : GLARE_WAIT.other
      return least + randomInteger(this.core.random, (most - least) / GLARE_WAIT.step + 1) * GLARE_WAIT.step
    }
    const told = parseRetryAfter(response?.headers.get('retry-after') ?? '')
    return told === undefined ? undefined : told.seconds * 1000
  }

  /** SIP-21 */
  #comeBack(): ExtraHeaders {
    return [['Retry-After', `${randomInteger(this.core.random, EARLY_OFFER_WAIT + 1)}`]]
  }
}
