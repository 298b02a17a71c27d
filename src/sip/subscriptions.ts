import { consistsOf, LocalProtocolError, SIP_TOKEN } from '../wire/index.js'
import { bodyOf } from './body.js'
import { parseDeltaSeconds } from './contact.js'
import type { UserAgentCore } from './core.js'
import { Dialog, dialogKey } from './dialog.js'
import { type EventType, parseEventType, sameEventType } from './event-type.js'
import { EVENT_BODY_BYTES, SUBSCRIPTION_EXPIRES } from './limits.js'
import type { SipRequest } from './message.js'
import { tagIn } from './name-address.js'
import { Notifier } from './notifier.js'
import { Subscriber } from './subscriber.js'
import { parseSubscriptionState } from './subscription-state.js'
import type { SubscriptionCommand } from './subscription-types.js'
import type { ServerRequest } from './transaction-layer.js'

export type Subscription = Subscriber | Notifier
type Command<Name extends SubscriptionCommand['name']> = Extract<SubscriptionCommand, { name: Name }>

/** Where subscriptions are found by dialog. */
export interface SubscriptionDirectory {
  bind(dialog: Dialog, subscription: Subscription): void
  unbind(dialog: Dialog, subscription: Subscription): void
  /** It has ended; its id is free. */
  release(subscription: Subscription): void
}

/** A session in whose dialog a subscription lives (RFC 5057). */
export interface SharedDialog {
  readonly id: string
  readonly dialog: Dialog
}

/** All subscriptions of a user agent, ours and those of peers (RFC 6665). */
export class Subscriptions implements SubscriptionDirectory {
  readonly #all = new Map<string, Subscription>()
  readonly #dialogs = new Map<string, Subscription[]>()
  #incoming = 0

  /** @param taken whether the user agent knows this id, here or elsewhere */
  constructor(
    private readonly core: UserAgentCore,
    private readonly taken: (id: string) => boolean,
  ) {}

  has(id: string): boolean {
    return this.#all.has(id)
  }

  bind(dialog: Dialog, subscription: Subscription): void {
    const others = this.#dialogs.get(dialog.key)
    if (others === undefined) this.#dialogs.set(dialog.key, [subscription])
    else others.push(subscription)
  }

  unbind(dialog: Dialog, subscription: Subscription): void {
    const all = this.#dialogs.get(dialog.key) as Subscription[]
    if (all.length === 1) this.#dialogs.delete(dialog.key)
    else all.splice(all.indexOf(subscription), 1)
  }

  release(subscription: Subscription): void {
    this.#all.delete(subscription.id)
  }

  /** @throws LocalProtocolError for an event type, target or number of seconds that cannot be sent, or when there are too many */
  subscribe(command: Command<'subscribe'>, shared: SharedDialog | undefined): void {
    const event = parseEventType(command.event)
    if (event === undefined) throw new LocalProtocolError('bad-event', 'That is no event type.')
    if (this.#full) throw new LocalProtocolError('too-many-subscriptions', 'There are too many subscriptions.')
    const expires = Math.min(command.expires ?? SUBSCRIPTION_EXPIRES.usual, SUBSCRIPTION_EXPIRES.most)
    if (!Number.isInteger(expires) || expires < 0) throw new LocalProtocolError('bad-expires', 'Expires is a number of seconds.')
    const subscriber = new Subscriber(this.core, this, { ...command, expires }, event, shared?.dialog)
    this.#all.set(command.id, subscriber)
    if (shared !== undefined) this.bind(shared.dialog, subscriber)
    subscriber.start()
  }

  /** Every command but `subscribe`; one for a subscription that is gone does nothing. */
  command(command: Exclude<SubscriptionCommand, { name: 'subscribe' }>): void {
    const subscription = this.#all.get(command.id)
    if (subscription instanceof Subscriber) {
      if (command.name === 'unsubscribe') subscription.withdraw()
    } else if (command.name === 'accept-subscription') subscription?.accept(command)
    else if (command.name === 'reject-subscription') subscription?.apply('reject', command)
    else if (command.name === 'notify') {
      // RFC 6665 §8.4: event-reason-value = token
      if (command.reason !== undefined && !consistsOf(command.reason, SIP_TOKEN))
        throw new LocalProtocolError('bad-reason', 'The reason of a subscription state is one token.')
      subscription?.notify(command)
    }
  }

  /** SUBSCRIBE or NOTIFY with a To tag. @returns false when it concerns a session alone: then nothing was done */
  inDialog(server: ServerRequest, shared: SharedDialog | undefined): boolean {
    const { method } = server.request
    const event = parseEventType(server.request.headers.get('event'))
    const found = event === undefined ? undefined : this.#find(server.request, event)
    if (found === undefined) {
      if (shared === undefined) return this.#refuse(server, 481)
      return method === 'SUBSCRIBE' && this.core.options.events !== undefined && this.requested(server, shared)
    }
    // RFC 3261 §12.2.2; the dialog of a session has looked at the CSeq already
    if (shared === undefined && found.dialog !== undefined && !found.dialog.inOrder(server.request))
      return this.#refuse(server, 500, [['Retry-After', '0']])
    if (server.request.body.length > EVENT_BODY_BYTES) return this.#refuse(server, 413)
    if (found instanceof Notifier) this.#resubscribed(server, found)
    else this.#notified(server, found)
    return true
  }

  /** SUBSCRIBE that starts a subscription. @returns true */
  requested(server: ServerRequest, shared?: SharedDialog): boolean {
    const { core } = this
    const { request, source } = server
    const event = parseEventType(request.headers.get('event'))
    const { events = [] } = core.options
    if (event === undefined || !events.includes(event.name)) return this.#refuse(server, 489, [['Allow-Events', events.join(', ')]])
    if (request.body.length > EVENT_BODY_BYTES) return this.#refuse(server, 413)
    const expires = this.#expires(server)
    if (expires === undefined) return true
    if (this.#full) return this.#refuse(server, 503, [['Retry-After', '30']])
    let id = `subscription-${++this.#incoming}`
    while (this.taken(id)) id = `subscription-${++this.#incoming}`
    const dialog = shared?.dialog ?? Dialog.ofRequest(request, core.token(), source)
    const notifier = new Notifier(core, this, id, event, dialog, server, expires)
    this.#all.set(id, notifier)
    this.bind(dialog, notifier)
    core.turn.event({
      name: 'subscription-requested',
      id,
      event: event.name,
      expires,
      body: bodyOf(request),
      request,
      remote: source.remote,
      transport: source.transport,
      trusted: core.trusts(source),
      ...(shared !== undefined && { within: shared.id }),
    })
    return true
  }

  get #full(): boolean {
    return this.#all.size >= this.core.limits.subscriptions
  }

  #find(request: SipRequest, event: EventType): Subscription | undefined {
    const { headers } = request
    const callId = headers.get('call-id') as string
    const tag = tagIn(headers, 'to') as string
    const fits = (one: Subscription) => (request.method === 'NOTIFY') === one instanceof Subscriber && sameEventType(one.event, event)
    const known = this.#dialogs.get(dialogKey(callId, tag, tagIn(headers, 'from') ?? ''))?.find(fits)
    if (known !== undefined || request.method !== 'NOTIFY') return known
    // RFC 6665 §4.4.1: the first NOTIFY makes the dialog
    for (const one of this.#all.values())
      if (one instanceof Subscriber && one.dialog === undefined && one.callId === callId && one.tag === tag && fits(one)) return one
    return undefined
  }

  #notified(server: ServerRequest, subscriber: Subscriber): void {
    const state = parseSubscriptionState(server.request.headers.get('subscription-state'))
    if (state === undefined) this.#refuse(server, 400, [], 'Bad Request (Subscription-State)')
    else subscriber.notified(server, state)
  }

  #resubscribed(server: ServerRequest, notifier: Notifier): void {
    const expires = this.#expires(server)
    if (expires !== undefined) notifier.resubscribed(server, expires)
  }

  /** Seconds asked for, limited; undefined when they were too few and 423 is sent (RFC 6665 §4.2.1.1). */
  #expires(server: ServerRequest): number | undefined {
    const { least, usual, most } = SUBSCRIPTION_EXPIRES
    const asked = parseDeltaSeconds(server.request.headers.get('expires')) ?? usual
    if (asked === 0 || asked >= least) return Math.min(asked, most)
    this.#refuse(server, 423, [['Min-Expires', `${least}`]])
    return undefined
  }

  #refuse(server: ServerRequest, status: number, headers: readonly (readonly [string, string])[] = [], reason?: string): true {
    this.core.respond(server, status, { headers, reason })
    return true
  }
}
