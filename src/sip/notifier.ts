import { follow } from '../wire/index.js'
import { bodyOf } from './body.js'
import type { UserAgentCore } from './core.js'
import type { Dialog } from './dialog.js'
import { type EventType, formatEventType } from './event-type.js'
import { Exchange } from './exchange.js'
import { NON_INVITE_ANSWER_TIME, NOTIFICATIONS, STATE_TIME } from './limits.js'
import type { SipRequest } from './message.js'
import { NOTIFIER_TABLE, type NotifierAction, type NotifierEvent, type NotifierState } from './notifier-table.js'
import { OwnTimers } from './own-timers.js'
import { SUBSCRIPTION_GONE } from './subscriber.js'
import { formatSubscriptionState, type SubscriptionState } from './subscription-state.js'
import type { SubscriptionCommand } from './subscription-types.js'
import type { SubscriptionDirectory } from './subscriptions.js'
import type { ServerRequest } from './transaction-layer.js'
import type { Body, ExtraHeaders, OwnContact } from './user-agent-types.js'

/** One NOTIFY that waits for its turn. */
interface Notification {
  /** Without `expires`, which is what is left when it goes out. */
  readonly state: SubscriptionState
  readonly body?: Body | undefined
  readonly headers?: ExtraHeaders | undefined
}

/** What came with an event of the table. */
interface NotifierDetail extends Partial<Notification> {
  readonly server?: ServerRequest
  readonly status?: number
  readonly reason?: string | undefined
}

const TIMED_OUT: SubscriptionState = { state: 'terminated', reason: 'timeout' }
/** RFC 6665 §4.1.3: the subscriber begins anew, and with it the numbering of what it is told. */
const TOO_SLOW: SubscriptionState = { state: 'terminated', reason: 'deactivated' }

/** One subscription of a peer at work on `NOTIFIER_TABLE`. */
export class Notifier {
  state: NotifierState = 'requested'
  readonly #timers: OwnTimers<'answer' | 'expire' | 'state'>
  readonly #queue: Notification[] = []
  #exchange: Exchange | undefined
  #until = 0
  #cause: 'local' | 'remote' | 'timeout' = 'local'
  #reason: string | undefined
  #contact: OwnContact | undefined

  /** @param expires seconds asked for, limited already */
  constructor(
    private readonly core: UserAgentCore,
    private readonly directory: SubscriptionDirectory,
    readonly id: string,
    readonly event: EventType,
    readonly dialog: Dialog,
    private readonly first: ServerRequest,
    private readonly expires: number,
  ) {
    this.#timers = new OwnTimers(core.delays, timer => this.#timeout(timer))
    this.#timers.start('answer', core.turn.now + NON_INVITE_ANSWER_TIME)
  }

  /** Follows an arrow of the table; false when there is none, and then nothing has changed. */
  apply(event: NotifierEvent, detail: NotifierDetail = {}): boolean {
    const arrow = follow(NOTIFIER_TABLE, this.state, event)
    if (arrow === undefined) return false
    this.state = arrow.to
    if (arrow.to === 'closing' || arrow.to === 'ended') this.#timers.clear()
    for (const action of arrow.do) this.#perform(action, detail)
    if (arrow.to === 'ended') this.#release()
    return true
  }

  accept({ state = 'active', expires, headers, body, contact }: Extract<SubscriptionCommand, { name: 'accept-subscription' }>): void {
    if (this.state !== 'requested') return
    const seconds = Math.max(0, Math.min(this.expires, Math.floor(expires ?? this.expires)))
    this.#run(seconds)
    this.#contact = contact
    const content = { server: this.first, headers, body }
    if (seconds === 0) this.apply('accept once', { ...content, state: TIMED_OUT })
    else this.apply(`accept ${state}`, { ...content, state: { state } })
  }

  notify({ state, reason, retryAfter, headers, body }: Extract<SubscriptionCommand, { name: 'notify' }>): void {
    const to = state ?? (this.state === 'pending' ? 'pending' : 'active')
    const told = { ...(reason !== undefined && { reason }), ...(retryAfter !== undefined && { retryAfter }) }
    if (to === 'terminated') this.apply('close', { state: { state: to, ...told }, headers, body })
    else if (this.#queue.length < NOTIFICATIONS) this.apply(`notify ${to}`, { state: { state: to }, headers, body })
    else {
      this.#queue.length = 1
      this.apply('too slow', { state: TOO_SLOW })
    }
  }

  /** SUBSCRIBE inside the dialog (RFC 6665 §4.2.1.4). */
  resubscribed(server: ServerRequest, expires: number): void {
    const event = expires === 0 ? 'unsubscribe' : 'refresh'
    if (follow(NOTIFIER_TABLE, this.state, event) === undefined) return void this.core.respond(server, 481)
    this.dialog.refreshTarget(server.request, server.source)
    this.#run(expires)
    this.apply(event, { server, state: TIMED_OUT })
  }

  #run(seconds: number): void {
    this.#until = this.core.turn.now + seconds * 1000
    this.#timers.stop('answer')
    this.#timers.start('expire', this.#until)
  }

  #timeout(timer: 'answer' | 'expire' | 'state'): void {
    if (timer === 'answer') this.apply('no answer')
    else if (timer === 'expire') this.apply('expired', { state: TIMED_OUT })
    else this.apply('no state', { state: { state: this.state === 'pending' ? 'pending' : 'active' } })
  }

  #perform(action: NotifierAction, detail: NotifierDetail): void {
    const { core, id } = this
    if (action === 'send 200') this.#accepted(detail)
    else if (action === 'send rejection') core.respond(this.first, detail.status ?? 403, { headers: detail.headers, reason: detail.reason })
    else if (action === 'send 500') core.respond(this.first, 500)
    else if (action === 'send NOTIFY' || action === 'send last NOTIFY') this.#enqueue(detail)
    else if (action === 'report refreshed') {
      const { server = this.first } = detail
      this.#timers.start('state', core.turn.now + STATE_TIME)
      core.turn.event({ name: 'subscription-refreshed', id, expires: this.#left, body: bodyOf(server.request) })
    } else if (action === 'report ended') {
      const reason = this.#reason === undefined ? {} : { reason: this.#reason }
      core.turn.event({ name: 'subscription-ended', id, cause: this.#cause, ...reason })
    } else {
      this.#cause = action.slice('blame '.length) as 'local'
      this.#reason = detail.state?.reason
    }
  }

  /** Seconds that are left. */
  get #left(): number {
    return Math.max(0, Math.round((this.#until - this.core.turn.now) / 1000))
  }

  /** RFC 6665 §4.2.1.1: what is granted stands in Expires. */
  #accepted({ server = this.first, headers = [] }: NotifierDetail): void {
    const { core } = this
    const own = server === this.first ? headers : []
    const fields: ExtraHeaders = [...core.answerFields(server, false, this.#contact), ['Expires', `${this.#left}`], ...own]
    core.respond(server, 200, { toTag: this.dialog.localTag, headers: fields })
  }

  #enqueue({ state = TIMED_OUT, headers, body, server }: NotifierDetail): void {
    // the headers of `accept-subscription` stood in the 200
    this.#queue.push({ state, body, headers: server === undefined ? headers : [] })
    this.#timers.stop('state')
    if (this.#exchange === undefined) this.#send()
  }

  /** One at a time: overtaken on the way, an older NOTIFY would be refused for its CSeq and its state lost. */
  #send(): void {
    const { core, dialog } = this
    const [next] = this.#queue
    this.#exchange = undefined
    if (next === undefined) return
    const last = next.state.state === 'terminated'
    const state = last ? next.state : { ...next.state, expires: this.#left }
    this.#exchange = new Exchange(core, {
      hop: () => core.dialogHop(dialog),
      sequence: () => dialog.nextSequence(),
      build: flow => this.#build(core.contact(flow, dialog.secure, this.#contact), state, next),
      final: ({ status }) => {
        if (SUBSCRIPTION_GONE.has(status)) this.apply('subscriber gone')
        else this.#sent(last)
        return undefined
      },
      // RFC 6665 §4.2.2: nobody is there any more
      failed: () => void this.apply('subscriber gone'),
    })
    this.#exchange.start()
  }

  #sent(last: boolean): void {
    this.#queue.shift()
    if (last) this.apply('NOTIFY done')
    else this.#send()
  }

  #build(contact: string, state: SubscriptionState, { headers = [], body }: Notification): SipRequest {
    const fields: ExtraHeaders = [
      ['Contact', contact],
      ['Event', formatEventType(this.event)],
      ['Subscription-State', formatSubscriptionState(state)],
      ...headers,
      ...this.core.capabilities(false),
    ]
    return this.dialog.request('NOTIFY', this.dialog.localSequence, fields, body)
  }

  #release(): void {
    this.#exchange?.drop()
    this.#queue.length = 0
    this.directory.unbind(this.dialog, this)
    this.directory.release(this)
  }
}
