import { follow } from '../wire/index.js'
import type { UserAgentCore } from './core.js'
import { sequenceOf } from './cseq.js'
import type { Dialog } from './dialog.js'
import { Exchange, type ExchangeFailure } from './exchange.js'
import type { Source } from './flows.js'
import { listValues } from './header-list.js'
import { INVITE_USAGE_TABLE, type InviteUsageAction, type InviteUsageEvent, type InviteUsageState } from './invite-usage-table.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { OfferExchange } from './offer-exchange.js'
import { OwnTimers } from './own-timers.js'
import { SessionTimer } from './session-timer.js'
import type { ServerRequest } from './transaction-layer.js'
import type { Body, ExtraHeaders, OwnContact, UserAgentEvent } from './user-agent-types.js'

export type UsageTimer =
  | 'final response'
  | 'CANCEL'
  | 'answer'
  | '180 again'
  | '180 copy'
  | 'PRACK'
  | '2xx copy'
  | 'ACK'
  | 'refresh'
  | 'expire'
  | 'offer answer'
  | 'offer final'
  | 'offer CANCEL'

type EndedBy = Extract<UserAgentEvent, { name: 'ended' }>['by']

/** What came with an event of the usage table. */
export interface UsageDetail {
  readonly response?: SipResponse | undefined
  readonly source?: Source | undefined
  readonly cause?: ExchangeFailure | undefined
  readonly status?: number | undefined
  readonly reason?: string | undefined
  readonly headers?: ExtraHeaders | undefined
  readonly body?: Body | undefined
}

/** Where usages are found by dialog. */
export interface UsageDirectory {
  bind(dialog: Dialog, usage: InviteUsage): void
  unbind(dialog: Dialog): void
  /** The usage has ended; its id is free. */
  release(usage: InviteUsage): void
}

/** What the role of a usage does before the dialog is established. */
export interface InviteRole {
  perform(action: InviteUsageAction, detail: UsageDetail): void
  /** Only the callee has timers of its own. */
  timeout?(timer: UsageTimer): void
  prack(server: ServerRequest): void
  /** Early dialog a request of the peer belongs to, while there may be several: at the caller. */
  earlyDialog?(request: SipRequest): Dialog | undefined
  /** Early and forked dialogs go. */
  release(): void
}

/** A 2xx of ours that is repeated until its ACK comes. */
interface Unacknowledged {
  readonly server: ServerRequest
  readonly response: SipResponse
  readonly sequence: number
  interval: number
}

/** One INVITE usage of a dialog, ours or theirs, at work on `INVITE_USAGE_TABLE`. */
export class InviteUsage {
  state: InviteUsageState
  dialog: Dialog | undefined
  /** Our description that holds now: what a refresh by re-INVITE repeats (SIP-26). */
  ownBody: Body | undefined
  peerAllowsUpdate = false
  /** Our Contact in this dialog, where it is not the address we are reached at. */
  contact: OwnContact | undefined
  role!: InviteRole
  readonly timers: OwnTimers<UsageTimer>
  readonly session: SessionTimer
  readonly offers: OfferExchange
  #blame: EndedBy = 'local'
  #reason: string | undefined
  #unacknowledged: Unacknowledged | undefined

  constructor(
    readonly core: UserAgentCore,
    readonly directory: UsageDirectory,
    readonly id: string,
    readonly outgoing: boolean,
  ) {
    this.state = outgoing ? 'calling' : 'received'
    this.timers = new OwnTimers(core.delays, timer => this.#ring(timer))
    this.session = new SessionTimer(core.limits)
    this.offers = new OfferExchange(core, this)
  }

  /** Follows an arrow of the table; false when there is none, and then nothing has changed. */
  apply(event: InviteUsageEvent, detail: UsageDetail = {}): boolean {
    const arrow = follow(INVITE_USAGE_TABLE, this.state, event)
    if (arrow === undefined) return false
    this.state = arrow.to
    if (arrow.to === 'leaving' || arrow.to === 'undoing' || arrow.to === 'ended') this.#settle()
    for (const action of arrow.do) this.#perform(action, detail)
    if (arrow.to === 'ended') this.#release()
    return true
  }

  #ring(timer: UsageTimer): void {
    if (timer === 'CANCEL') this.apply('CANCEL without effect')
    else if (timer === 'final response') this.apply('no final response')
    else if (timer === 'answer') this.apply('no answer')
    else if (timer === 'expire') this.apply('session expired', { reason: 'SIP;cause=408;text="Session expired"' })
    else if (timer === '2xx copy') this.#repeatSuccess()
    else if (timer === 'ACK') this.#noAck()
    else if (timer === 'refresh' || timer.startsWith('offer')) this.offers.timeout(timer)
    else this.role.timeout?.(timer)
  }

  /** Agreement on a session timer: runs it from now (RFC 4028 §10). */
  runSessionTimer(): void {
    const { now } = this.core.turn
    this.timers.stop('refresh')
    this.timers.stop('expire')
    const { refreshAfter, expireAfter } = this.session
    if (refreshAfter !== undefined) this.timers.start('refresh', now + refreshAfter)
    if (expireAfter !== undefined) this.timers.start('expire', now + expireAfter)
  }

  /** Reads what the peer can do from a message that carries Allow. */
  learn(message: SipMessage): void {
    if (message.headers.has('allow')) this.peerAllowsUpdate = listValues(message.headers, 'allow').includes('UPDATE')
  }

  /** Whether a request of the peer has a CSeq above all before it. */
  inOrder(request: SipRequest): boolean {
    const dialog = this.dialog ?? this.role.earlyDialog?.(request)
    return dialog === undefined || dialog.inOrder(request)
  }

  /** A request of the peer inside this dialog that is no ACK, CANCEL, OPTIONS or the like. */
  request(server: ServerRequest): void {
    const { request } = server
    if (request.method === 'BYE') this.#bye(server)
    else if (this.state === 'leaving' || this.state === 'undoing' || this.state === 'ended') this.core.respond(server, 481)
    else if (request.method === 'PRACK') this.role.prack(server)
    else this.offers.request(server)
  }

  /** The peer took back an INVITE of its own, the first or a later one. */
  cancelled(request: SipRequest, cancel: SipRequest): void {
    const reason = reasonOf(cancel)
    if (this.offers.isOffer(request)) this.offers.apply('CANCEL')
    else this.apply('CANCEL', { reason })
  }

  acknowledged(request: SipRequest): void {
    if (this.#unacknowledged !== undefined && sequenceOf(request) === this.#unacknowledged.sequence) this.successArrived()
  }

  /** The peer has our 2xx: its ACK came, or a later request of it. */
  successArrived(): void {
    this.#stopRepeating()
    if (!this.apply('ACK')) this.offers.apply('ACK')
  }

  /** Sends a 2xx to an INVITE and repeats it until the ACK comes, over any transport (RFC 3261 §13.3.1.4, SIP-15). */
  sendUntilAck(server: ServerRequest, response: SipResponse): void {
    const { t1 } = this.core.limits
    const { now } = this.core.turn
    this.#unacknowledged = { server, response, sequence: sequenceOf(server.request), interval: t1 }
    server.respond(response)
    this.timers.start('2xx copy', now + t1)
    this.timers.start('ACK', now + 64 * t1)
  }

  #repeatSuccess(): void {
    const waiting = this.#unacknowledged as Unacknowledged
    waiting.interval = Math.min(waiting.interval * 2, this.core.limits.t2)
    this.timers.start('2xx copy', this.core.turn.now + waiting.interval)
    waiting.server.respond(waiting.response)
  }

  #noAck(): void {
    this.#stopRepeating()
    if (!this.apply('no ACK', { reason: 'SIP;cause=408;text="No ACK"' })) this.offers.apply('no ACK')
  }

  #stopRepeating(): void {
    this.#unacknowledged = undefined
    this.timers.stop('2xx copy')
    this.timers.stop('ACK')
  }

  #bye(server: ServerRequest): void {
    this.core.respond(server, 200)
    this.apply('BYE', { reason: reasonOf(server.request) })
  }

  #perform(action: InviteUsageAction, detail: UsageDetail): void {
    const { turn } = this.core
    if (action.startsWith('blame')) {
      this.#blame = action.slice('blame '.length) as EndedBy
      this.#reason = detail.reason
    } else if (action === 'report ended') {
      const reason = this.#reason ?? detail.reason
      turn.event({ name: 'ended', id: this.id, by: this.#blame, ...(reason !== undefined && { reason }) })
    } else if (action === 'send BYE') this.#sendBye(detail.reason ?? this.#reason)
    else if (action === 'report cancelled' && this.outgoing) this.#reportCancelled(detail)
    else if (action === 'report confirmed') turn.event({ name: 'confirmed', id: this.id })
    else this.role.perform(action, detail)
    if (action === 'report confirmed') this.offers.ready()
  }

  #reportCancelled({ response }: UsageDetail): void {
    const cause = this.#blame === 'timeout' ? 'timeout' : 'cancelled'
    const status = response === undefined ? {} : { status: response.status, response }
    this.core.turn.event({ name: 'rejected', id: this.id, cause, ...status })
  }

  #sendBye(reason: string | undefined): void {
    const { dialog, core } = this
    if (dialog === undefined) return
    const fields: ExtraHeaders = reason === undefined ? [] : [['Reason', reason]]
    const done = () => {
      this.apply('BYE done')
      return undefined
    }
    new Exchange(core, {
      hop: () => core.dialogHop(dialog),
      sequence: () => dialog.nextSequence(),
      build: (_flow, sequence) => dialog.request('BYE', sequence, fields),
      final: done,
      failed: done,
    }).start()
  }

  /** No timer or offer outlives the established state. */
  #settle(): void {
    this.#stopRepeating()
    this.offers.settle()
    this.timers.clear()
  }

  #release(): void {
    this.#settle()
    this.role.release()
    if (this.dialog !== undefined) this.directory.unbind(this.dialog)
    this.directory.release(this)
  }
}

/** Reason header values of a request as one text, or undefined. */
export function reasonOf(request: SipRequest): string | undefined {
  const values = request.headers.getAll('reason')
  return values.length === 0 ? undefined : values.join(', ')
}
