import { consistsOf, earliest, LocalProtocolError, type Machine, SIP_TOKEN, sooner, Timers } from '../wire/index.js'
import { refusalOf } from './admission.js'
import { bodyOf } from './body.js'
import { UserAgentCore } from './core.js'
import { type Dialog, dialogKey } from './dialog.js'
import type { Source } from './flows.js'
import { checkHeader, checkText } from './header-checks.js'
import { protectedBy } from './hop.js'
import { IncomingInvite } from './incoming-invite.js'
import { InviteUsage, type UsageDirectory } from './invite-usage.js'
import { NON_INVITE_ANSWER_TIME } from './limits.js'
import type { SipRequest } from './message.js'
import { tagIn } from './name-address.js'
import { OutgoingInvite } from './outgoing-invite.js'
import { PassingMap } from './passing-map.js'
import { Receiver } from './receiver.js'
import { Registration } from './registration.js'
import { sendSingleRequest } from './single-request.js'
import { type SharedDialog, Subscriptions } from './subscriptions.js'
import type { ServerRequest, TransactionUser } from './transaction-layer.js'
import type { ExtraHeaders, FlowId, UserAgentCommand, UserAgentInput, UserAgentOptions, UserAgentOutput } from './user-agent-types.js'

/** A SIP user agent without sockets or clock: registration, INVITE usages and single requests over any transport (section 9). */
export class UserAgent implements Machine<UserAgentInput, UserAgentOutput>, TransactionUser, UsageDirectory {
  readonly #core: UserAgentCore
  readonly #receiver: Receiver
  readonly #usages = new PassingMap<string, InviteUsage>()
  readonly #dialogs = new PassingMap<string, InviteUsage>()
  readonly #registrations = new Map<string, Registration>()
  readonly #subscriptions: Subscriptions
  readonly #ours = new Set<string>()
  /** Requests of peers that wait for `respond`. */
  readonly #requests = new PassingMap<string, ServerRequest>()
  readonly #unanswered = new Timers()
  #incoming = 0

  constructor(options: UserAgentOptions) {
    this.#core = new UserAgentCore(options, this, flow => this.#flowLost(flow))
    this.#receiver = new Receiver(this.#core)
    this.#subscriptions = new Subscriptions(this.#core, id => this.#taken(id))
  }

  get deadline(): number | undefined {
    const { layer, flows, delays } = this.#core
    const below = sooner(sooner(layer.deadline, flows.deadline), sooner(delays.deadline, this.#receiver.deadline))
    const next = sooner(below, this.#unanswered.deadline)
    if (this.#registrations.size === 0) return next
    return earliest(next, ...[...this.#registrations.values()].map(registration => registration.deadline))
  }

  /** A request of ours has no final answer yet: whoever closes now does not hear whether a BYE arrived. */
  get awaitsAnswers(): boolean {
    return this.#core.layer.awaitsAnswers
  }

  /** @throws LocalProtocolError for a command with an id in use or a line break in a header (SEC-14); nothing was sent then */
  step(input: UserAgentInput, now: number): UserAgentOutput[] {
    const { turn, flows } = this.#core
    turn.begin(now)
    if (input.type === 'command') this.#command(input.command)
    else if (input.type === 'opened') flows.opened(input.flow, input.transport, input.local, input.remote)
    else if (input.type === 'bytes') this.#receiver.stream(input.flow, input.bytes)
    else if (input.type === 'datagram') this.#receiver.datagram(flows.sender(input.flow, input.local, input.remote), input.bytes)
    else if (input.type === 'closed') flows.closed(input.flow)
    else if (input.type === 'resolved') this.#core.resolver.resolved(input.id, input.records)
    else this.#timeout()
    return turn.outputs
  }

  /** @internal */
  request(server: ServerRequest): void {
    const { request } = server
    const core = this.#core
    const toTag = tagIn(request.headers, 'to')
    const refusal = refusalOf(core, server, toTag !== undefined)
    if (refusal !== undefined) {
      const { status, ...extras } = refusal
      core.respond(server, status, extras)
    } else if (toTag !== undefined) this.#inDialog(server, toTag)
    else if (request.method === 'INVITE') this.#invited(server)
    else if (request.method === 'SUBSCRIBE' && core.options.events !== undefined) this.#subscriptions.requested(server)
    // RFC 3261 §12.2.2: these exist inside dialogs only
    else if (IN_DIALOG_ONLY.has(request.method)) core.respond(server, 481)
    else this.#requested(server)
  }

  /** @internal */
  cancel(cancel: ServerRequest, invite: ServerRequest | 'answered' | undefined): void {
    // RFC 3261 §9.2: 200 as long as the transaction is there, 481 otherwise
    this.#core.respond(cancel, invite === undefined ? 481 : 200)
    if (typeof invite === 'object') invite.cancelled?.(cancel.request)
  }

  /** @internal */
  ack(request: SipRequest): void {
    this.#usageOf(request)?.acknowledged(request)
  }

  /** @internal */
  overloaded(request: SipRequest, source: Source): void {
    this.#receiver.overloaded(request, source)
  }

  /** @internal */
  bind(dialog: Dialog, usage: InviteUsage): void {
    this.#dialogs.set(dialog.key, usage)
  }

  /** @internal */
  unbind(dialog: Dialog): void {
    this.#dialogs.delete(dialog.key)
  }

  /** @internal */
  release(usage: InviteUsage): void {
    this.#usages.delete(usage.id)
  }

  #timeout(): void {
    const { layer, flows, turn } = this.#core
    layer.timeout()
    flows.timeout()
    this.#receiver.timeout()
    this.#core.delays.timeout()
    for (const registration of [...this.#registrations.values()]) registration.timeout()
    for (const id of this.#unanswered.take(turn.now)) this.#respond(id, 500)
  }

  #flowLost(flow: FlowId): void {
    this.#receiver.forget(flow)
    this.#core.layer.flowClosed(flow)
    for (const registration of [...this.#registrations.values()]) registration.flowLost(flow)
  }

  #command(command: UserAgentCommand): void {
    if ('headers' in command) for (const [name, value] of command.headers ?? []) checkHeader(name, value)
    if ('reason' in command && command.reason !== undefined) checkHeader('Reason', command.reason)
    if ('to' in command) checkText('The address', command.to)
    if ('target' in command) checkText('The target', command.target)
    if ('contact' in command && command.contact !== undefined) checkText('The contact', command.contact)
    if ('registrar' in command) checkText('The address of the registrar', command.registrar)
    if ('method' in command && !consistsOf(command.method, SIP_TOKEN)) throw new LocalProtocolError('bad-method', 'That is no method.')
    if ('body' in command && command.body !== undefined) checkHeader('Content-Type', command.body.contentType)
    switch (command.name) {
      case 'register':
        return this.#register(command)
      case 'unregister':
        return this.#registrations.get(command.id)?.unregister()
      case 'invite':
        return this.#invite(command)
      case 'request':
        this.#claim(command.id)
        return sendSingleRequest(this.#core, command, () => this.#ours.delete(command.id))
      case 'subscribe':
        return this.#subscribe(command)
      case 'unsubscribe':
      case 'accept-subscription':
      case 'reject-subscription':
      case 'notify':
        return this.#subscriptions.command(command)
      case 'respond':
        return this.#respond(command.id, command.status, command)
      default:
        this.#usageCommand(command)
    }
  }

  #usageCommand(command: UsageCommand): void {
    const usage = this.#usages.get(command.id)
    if (usage === undefined) return
    const { offers, role } = usage
    switch (command.name) {
      case 'ring':
        usage.contact = command.contact ?? usage.contact
        if (!usage.apply('ring')) offers.ring()
        return
      case 'accept':
        usage.contact = command.contact ?? usage.contact
        if (!usage.apply('accept', command)) offers.answer({ ...command, status: 200 })
        return
      case 'reject':
        if (!usage.apply('reject', command)) offers.answer(command)
        return
      case 'offer':
        return offers.offer(command)
      default:
        if (role instanceof OutgoingInvite) role.withdraw(command.reason)
        else usage.apply('withdraw', { reason: command.reason })
    }
  }

  #taken(id: string): boolean {
    return this.#ours.has(id) || this.#usages.has(id) || this.#registrations.has(id) || this.#subscriptions.has(id)
  }

  #claim(id: string): void {
    if (this.#taken(id)) throw new LocalProtocolError('id-in-use', `The id "${id}" is in use.`)
    this.#ours.add(id)
  }

  #register(command: Extract<UserAgentCommand, { name: 'register' }>): void {
    this.#claim(command.id)
    const registration = new Registration(this.#core, command, () => {
      this.#registrations.delete(command.id)
      this.#ours.delete(command.id)
    })
    this.#registrations.set(command.id, registration)
    registration.start()
  }

  #invite(command: Extract<UserAgentCommand, { name: 'invite' }>): void {
    this.#claim(command.id)
    this.#ours.delete(command.id)
    const usage = new InviteUsage(this.#core, this, command.id, true)
    usage.contact = command.contact
    const role = new OutgoingInvite(this.#core, usage, command)
    usage.role = role
    this.#usages.set(command.id, usage)
    role.start()
  }

  #subscribe(command: Extract<UserAgentCommand, { name: 'subscribe' }>): void {
    this.#claim(command.id)
    this.#ours.delete(command.id)
    const usage = command.within === undefined ? undefined : this.#usages.get(command.within)
    if (command.within !== undefined && usage?.state !== 'established')
      throw new LocalProtocolError('no-dialog', 'That session has no dialog to subscribe in.')
    this.#subscriptions.subscribe(command, sharedOf(usage))
  }

  #usageOf(request: SipRequest): InviteUsage | undefined {
    const { headers } = request
    const key = dialogKey(headers.get('call-id') ?? '', tagIn(headers, 'to') ?? '', tagIn(headers, 'from') ?? '')
    return this.#dialogs.get(key)
  }

  #inDialog(server: ServerRequest, toTag: string): void {
    const core = this.#core
    const { request } = server
    const usage = toTag === '' ? undefined : this.#usageOf(request)
    const eventMethod = request.method === 'SUBSCRIBE' || request.method === 'NOTIFY'
    if (usage === undefined) {
      if (!eventMethod || toTag === '') core.respond(server, 481)
      else this.#subscriptions.inDialog(server, undefined)
      return
    }
    // RFC 3261 §12.2.2, SIP-16
    if (!usage.inOrder(request)) return void core.respond(server, 500, { headers: [['Retry-After', '0']] })
    if (request.method === 'OPTIONS') core.respond(server, 200, { headers: core.answerFields(server, true) })
    else if (IN_DIALOG.has(request.method)) {
      if (request.method === 'INVITE') server.cancelled = cancel => usage.cancelled(request, cancel)
      usage.request(server)
    } else if (!eventMethod || !this.#subscriptions.inDialog(server, sharedOf(usage))) this.#requested(server)
  }

  #invited(server: ServerRequest): void {
    const core = this.#core
    const { request, source } = server
    if (this.#usages.size >= core.limits.dialogs) return void core.respond(server, 503, { headers: [['Retry-After', '30']] })
    const id = this.#freeId()
    const usage = new InviteUsage(core, this, id, false)
    const least = usage.session.refusal(request)
    if (least !== undefined) return void core.respond(server, 422, { headers: [['Min-SE', `${least}`]] })
    // SIP-13: at once, so that the caller stops repeating
    core.respond(server, 100)
    this.#usages.set(id, usage)
    server.cancelled = cancel => usage.cancelled(request, cancel)
    usage.role = new IncomingInvite(core, usage, server)
    const { remote, transport } = source
    const trusted = core.trusts(source)
    core.turn.event({ name: 'incoming', id, request, body: bodyOf(request), remote, transport, trusted, ...protectedBy(transport) })
  }

  /** The application chooses ids too: an incoming session never takes the place of one of its own. */
  #freeId(): string {
    let id = `in-${++this.#incoming}`
    while (this.#taken(id)) id = `in-${++this.#incoming}`
    return id
  }

  #requested(server: ServerRequest): void {
    const id = `request-${++this.#incoming}`
    this.#requests.set(id, server)
    this.#unanswered.start(id, this.#core.turn.now + NON_INVITE_ANSWER_TIME)
    const { request, source } = server
    this.#core.turn.event({ name: 'request', id, request, remote: source.remote, trusted: this.#core.trusts(source) })
  }

  #respond(id: string, status: number, extras: Partial<Extract<UserAgentCommand, { name: 'respond' }>> = {}): void {
    const server = this.#requests.get(id)
    if (server === undefined) return
    this.#requests.delete(id)
    this.#unanswered.stop(id)
    const { reason, body, headers } = extras
    const core = this.#core
    const own = status < 300 && server.request.method === 'OPTIONS' ? core.answerFields(server, true) : []
    core.respond(server, status, { reason, body, headers: withFields(own, headers) })
  }
}

/** Our fields, except those the application gives itself. */
function withFields(own: ExtraHeaders, given: ExtraHeaders = []): ExtraHeaders {
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  return [...own.filter(([name]) => !names.has(name.toLowerCase())), ...given]
}

/** The dialog of a session for subscriptions; none while it is early and may fork. */
function sharedOf(usage: InviteUsage | undefined): SharedDialog | undefined {
  return usage?.dialog === undefined ? undefined : { id: usage.id, dialog: usage.dialog }
}

type UsageCommand = Extract<UserAgentCommand, { name: 'cancel' | 'ring' | 'accept' | 'reject' | 'offer' | 'bye' }>

const IN_DIALOG: ReadonlySet<string> = new Set(['INVITE', 'UPDATE', 'PRACK', 'BYE'])
const IN_DIALOG_ONLY: ReadonlySet<string> = new Set(['UPDATE', 'PRACK', 'BYE', 'INFO', 'NOTIFY'])
