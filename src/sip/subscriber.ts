import { follow } from '../wire/index.js'
import { bodyOf } from './body.js'
import { buildRequest } from './build-request.js'
import { parseDeltaSeconds } from './contact.js'
import type { UserAgentCore } from './core.js'
import { Dialog } from './dialog.js'
import { type EventType, formatEventType } from './event-type.js'
import { type Again, Exchange, type ExchangeFailure } from './exchange.js'
import type { OpenFlow, Source } from './flows.js'
import { CORRECTIONS, LEAST_REFRESH_WAIT, REGISTER_REFRESH, SUBSCRIPTION_EXPIRES } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { OwnTimers } from './own-timers.js'
import { Recovery } from './recovery.js'
import { parseRetryAfter } from './retry-after.js'
import { asksForSips } from './sips.js'
import { SUBSCRIBER_TABLE, type SubscriberAction, type SubscriberEvent, type SubscriberState } from './subscriber-table.js'
import { resubscribeAfter, type SubscriptionState } from './subscription-state.js'
import type { SubscriptionCommand, SubscriptionEvent } from './subscription-types.js'
import type { SubscriptionDirectory } from './subscriptions.js'
import type { ServerRequest } from './transaction-layer.js'
import type { ExtraHeaders } from './user-agent-types.js'

type SubscribeCommand = Extract<SubscriptionCommand, { name: 'subscribe' }>
type Ended = Extract<SubscriptionEvent, { name: 'subscription-ended' }>

/** What came with an event of the table. */
interface SubscriberDetail {
  readonly response?: SipResponse | undefined
  readonly cause?: ExchangeFailure
  readonly notify?: { readonly server: ServerRequest; readonly state: SubscriptionState }
}

/** Responses that end the subscription when they answer a refresh (RFC 6665 §4.1.2.2) or a NOTIFY (§4.2.2). */
export const SUBSCRIPTION_GONE: ReadonlySet<number> = new Set([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604])

/** One subscription of ours at work on `SUBSCRIBER_TABLE`. */
export class Subscriber {
  state: SubscriberState = 'calling'
  /** Known once the first NOTIFY came, or from the start inside a session. */
  dialog: Dialog | undefined
  readonly callId: string
  readonly tag: string
  readonly #timers: OwnTimers<'N' | 'refresh' | 'expire'>
  readonly #recovery: Recovery
  #exchange: Exchange | undefined
  #sequence = 0
  #corrections = 0
  /** Seconds we ask for, and have. */
  #wanted: number
  #granted: number
  /** Clock time of the end. */
  #until: number | undefined
  /** While a refresh is planned. */
  #refreshAt: number | undefined
  #withdrawn = false

  constructor(
    private readonly core: UserAgentCore,
    private readonly directory: SubscriptionDirectory,
    private readonly command: SubscribeCommand & { readonly expires: number },
    readonly event: EventType,
    dialog: Dialog | undefined,
  ) {
    this.dialog = dialog
    this.callId = dialog?.callId ?? core.token()
    this.tag = dialog?.localTag ?? core.token()
    this.#wanted = command.expires
    this.#granted = command.expires
    this.#recovery = new Recovery(core, command.target)
    this.#timers = new OwnTimers(core.delays, timer =>
      this.apply(timer === 'N' ? 'no NOTIFY' : timer === 'refresh' ? 'refresh due' : 'expired', { cause: 'timeout' }),
    )
  }

  get id(): string {
    return this.command.id
  }

  start(): void {
    this.#subscribe()
  }

  /** Follows an arrow of the table; false when there is none, and then nothing has changed. */
  apply(event: SubscriberEvent, detail: SubscriberDetail = {}): boolean {
    const arrow = follow(SUBSCRIBER_TABLE, this.state, event)
    if (arrow === undefined) return false
    this.state = arrow.to
    if (arrow.to === 'ended') this.#release()
    for (const action of arrow.do) this.#perform(action, detail)
    return true
  }

  withdraw(): void {
    this.#withdrawn = true
    if (!this.apply('withdraw') || this.state !== 'withdrawn' || this.#exchange?.onWire) return
    // nothing is on its way, so there is nothing to take back
    this.apply('failure')
  }

  /** A NOTIFY that belongs here; `dialog` is the one it makes when it is the first. */
  notified(server: ServerRequest, state: SubscriptionState): void {
    const { core } = this
    if (this.dialog === undefined && state.state !== 'terminated') {
      this.dialog = Dialog.ofNotify(server.request, this.#sequence, server.source)
      this.directory.bind(this.dialog, this)
    } else this.dialog?.refreshTarget(server.request, server.source)
    core.respond(server, 200)
    this.#timers.stop('N')
    this.apply(`NOTIFY ${state.state}`, { notify: { server, state } })
  }

  #subscribe(): void {
    const { core, dialog } = this
    this.#timers.stop('refresh')
    this.#refreshAt = undefined
    this.#exchange?.drop()
    const exchange = new Exchange(core, {
      hop: () => (dialog === undefined ? core.hop(core.routing(this.#recovery.target).nextHop) : core.dialogHop(dialog)),
      sequence: () => (dialog === undefined ? ++this.#sequence : dialog.nextSequence()),
      build: (flow, sequence) => this.#build(flow, sequence, dialog),
      final: (response, source) => this.#final(response, source, exchange.request),
      failed: (cause, response) => void this.apply('failure', { cause, response }),
    })
    this.#exchange = exchange
    exchange.start()
  }

  #build(flow: OpenFlow, sequence: number, dialog: Dialog | undefined): SipRequest {
    const { core, command } = this
    // RFC 6665 §4.1.2.4
    this.#timers.start('N', core.turn.now + 64 * core.limits.t1)
    const { accept = [], headers = [], body } = command
    const from = headers.find(([name]) => name.toLowerCase() === 'from')?.[1]
    const { target } = this.#recovery
    const { requestUri: uri, routes } = core.routing(target)
    const fields: ExtraHeaders = [
      ['Contact', core.contact(flow, dialog?.secure ?? asksForSips(uri, routes))],
      ['Event', formatEventType(this.event)],
      ['Expires', `${this.#withdrawn ? 0 : this.#wanted}`],
      ...(accept.length > 0 ? [['Accept', accept.join(', ')] as const] : []),
      ...headers.filter(([name]) => name.toLowerCase() !== 'from'),
      ...core.capabilities(false),
    ]
    const first = this.state === 'calling' || this.state === 'withdrawn'
    if (dialog !== undefined) return dialog.request('SUBSCRIBE', sequence, fields, first ? body : undefined)
    const { tag, callId } = this
    const ends = { from: core.localIdentity(tag, from), to: `<${target}>`, callId }
    return this.#recovery.without(buildRequest({ method: 'SUBSCRIBE', uri, routes, ...ends, sequence, fields, body }))
  }

  #final(response: SipResponse, source: Source, sent: SipRequest | undefined): Again | undefined {
    const { status, headers } = response
    if (status < 300) {
      // RFC 5839 §7.1 by RFC 6665 §4.1.2.2: 204 says that no NOTIFY follows
      if (status === 204) this.#timers.stop('N')
      if (this.dialog !== undefined) this.dialog.refreshTarget(response, source)
      this.#granted = Math.min(this.#wanted, parseDeltaSeconds(headers.get('expires')) ?? this.#wanted)
      this.apply('success', { response })
      return undefined
    }
    const least = status === 423 ? parseDeltaSeconds(headers.get('min-expires')) : undefined
    let again: Again | undefined
    const asked = !this.#withdrawn && this.#wanted > 0
    if (asked && least !== undefined && least > this.#wanted && this.#corrections++ < CORRECTIONS) {
      this.#wanted = Math.min(least, SUBSCRIPTION_EXPIRES.most)
      again = 'again'
    } else if (this.state === 'calling') again = this.#recovery.after(response, sent)
    this.#timers.stop('N')
    if (again === undefined && !(SUBSCRIPTION_GONE.has(status) && this.apply('subscription unknown', { response })))
      this.apply('failure', { response })
    return again
  }

  #perform(action: SubscriberAction, { response, cause, notify }: SubscriberDetail): void {
    const { core, id } = this
    if (action === 'report notified' && notify !== undefined) {
      const { request, source } = notify.server
      const { state } = notify.state
      core.turn.event({ name: 'notified', id, state, body: bodyOf(request), request, remote: source.remote })
    } else if (action === 'report subscribed' && response !== undefined)
      core.turn.event({ name: 'subscribed', id, expires: this.#granted, response })
    else if (action === 'note duration') this.#run(notify === undefined ? this.#granted : notify.state.expires)
    else if (action === 'put off refresh') this.#run(undefined)
    else if (action === 'send refresh') this.#subscribe()
    else if (action === 'send unsubscription') {
      this.#timers.clear()
      this.#subscribe()
    } else this.#reportEnded(response, cause, notify?.state)
  }

  /** Plans the refresh and the end. A refresh that is planned already is never put off, else NOTIFYs could push it over the end. */
  #run(seconds: number | undefined): void {
    const { now } = this.core.turn
    if (seconds !== undefined) this.#until = now + seconds * 1000
    this.#until ??= now + this.#granted * 1000
    const left = Math.max(0, this.#until - now)
    const { long, before } = REGISTER_REFRESH
    const refreshAt = now + Math.max(LEAST_REFRESH_WAIT, left > long * 1000 ? left - before * 1000 : left / 2)
    this.#refreshAt = Math.min(this.#refreshAt ?? refreshAt, refreshAt)
    this.#timers.start('refresh', this.#refreshAt)
    this.#timers.start('expire', this.#until)
  }

  #reportEnded(response: SipResponse | undefined, failure: ExchangeFailure | undefined, last: SubscriptionState | undefined): void {
    const { core, id } = this
    // RFC 6665 §4.4.3: asking once is over after one NOTIFY, as was wanted
    const told = last === undefined ? undefined : this.command.expires === 0 ? 'local' : 'remote'
    const cause: Ended['cause'] = this.#withdrawn ? 'local' : (told ?? failure ?? 'response')
    const wait = last === undefined ? parseRetryAfter(response?.headers.get('retry-after') ?? '')?.seconds : resubscribeAfter(last)
    core.turn.event({
      name: 'subscription-ended',
      id,
      cause,
      ...(last?.reason !== undefined && { reason: last.reason }),
      ...(response !== undefined && { status: response.status, response }),
      ...(wait !== undefined && { retryAfter: wait * 1000 }),
    })
  }

  #release(): void {
    this.#timers.clear()
    this.#exchange?.drop()
    if (this.dialog !== undefined) this.directory.unbind(this.dialog, this)
    this.directory.release(this)
  }
}
