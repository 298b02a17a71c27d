import { type Machine, sooner } from '../wire/index.js'
import type { ResponseExtras } from './core.js'
import { checkForward, checkRequest } from './check-request.js'
import type { Source } from './flows.js'
import { FlowSilence } from './flow-silence.js'
import { forwardedRequest, type ForwardOptions, type ForwardPlan, forwardPlan, wayOf } from './forwarded-request.js'
import { checkHeader } from './header-checks.js'
import { listValues } from './header-list.js'
import { isReliable, protectedBy } from './hop.js'
import { DECISION_TIME, TRYING_WAIT, WAITING_ACKS } from './limits.js'
import { earlyMark, isLoop, loopMark } from './loop-detection.js'
import { PassingMap } from './passing-map.js'
import type { SipMessage, SipRequest } from './message.js'
import { tagIn } from './name-address.js'
import { ProxyCore } from './proxy-core.js'
import { type Routed, routed } from './proxy-route.js'
import type { ProxyCommand, ProxyInput, ProxyOptions, ProxyOutput, ProxyTarget } from './proxy-types.js'
import { Receiver } from './receiver.js'
import { ResponseContext } from './response-context.js'
import type { ServerRequest, TransactionUser } from './transaction-layer.js'
import type { FlowId } from './user-agent-types.js'

/** A request that waits for the word of the policy. */
interface Undecided {
  readonly server: ServerRequest
  readonly routed: Routed
  readonly mark: string | undefined
  readonly callOff: () => void
  /** Calls off the 100 that is due; undefined when none is. */
  hush: (() => void) | undefined
}

/** What dialogs are for (RFC 3261 §12, §14, §15, RFC 3262, 3311, 6086, 6665); a MESSAGE, REGISTER, REFER or PUBLISH asks the policy anew (SEC-5). */
const IN_DIALOG: ReadonlySet<string> = new Set(['INVITE', 'BYE', 'UPDATE', 'PRACK', 'INFO', 'SUBSCRIBE', 'NOTIFY', 'OPTIONS'])

type Command<Name extends ProxyCommand['name']> = Extract<ProxyCommand, { name: Name }>

/** A stateful forking proxy (RFC 3261 §16) without sockets or clock; who is where is told to it by `forward`. */
export class Proxy implements Machine<ProxyInput, ProxyOutput>, TransactionUser {
  readonly ignoresMerged = true
  readonly #core: ProxyCore
  readonly #receiver: Receiver
  readonly #silence: FlowSilence
  readonly #undecided = new PassingMap<string, Undecided>()
  #requests = 0
  /** ACKs among the undecided. */
  #acks = 0

  constructor(options: ProxyOptions) {
    const core = new ProxyCore(options, this, flow => this.#flowLost(flow))
    this.#core = core
    this.#silence = new FlowSilence(core)
    const layer = { receive: (message: SipMessage, source: Source) => this.#received(message, source) }
    const { turn, flows, limits, reading, forwards } = core
    const encode = (message: SipMessage) => core.encode(message)
    this.#receiver = new Receiver({ turn, flows, layer, limits, reading, forwards, encode, token: () => core.token() })
  }

  get deadline(): number | undefined {
    const { layer, flows, delays } = this.#core
    return sooner(sooner(layer.deadline, flows.deadline), sooner(delays.deadline, this.#receiver.deadline))
  }

  /** Transactions, branches and undecided requests; 0 when nothing is under way or remembered. */
  get size(): number {
    return this.#core.layer.size + this.#core.branches + this.#undecided.size
  }

  /** @throws LocalProtocolError for a command with a line break in a header field (SEC-14); nothing was sent then */
  step(input: ProxyInput, now: number): ProxyOutput[] {
    const { turn, flows } = this.#core
    turn.begin(now)
    if (input.type === 'command') this.#command(input.command)
    else if (input.type === 'opened') {
      flows.opened(input.flow, input.transport, input.local, input.remote)
      if (flows.isOpen(input.flow)) this.#silence.opened(input.flow)
    } else if (input.type === 'bytes') this.#receiver.stream(input.flow, input.bytes)
    else if (input.type === 'datagram') this.#receiver.datagram(flows.sender(input.flow, input.local, input.remote), input.bytes)
    else if (input.type === 'closed') flows.closed(input.flow)
    else if (input.type === 'resolved') this.#core.resolver.resolved(input.id, input.records)
    else this.#timeout()
    return turn.outputs
  }

  /** @internal */
  request(server: ServerRequest): void {
    const core = this.#core
    const { request, source } = server
    if (!this.#passes(server)) return
    const mark = earlyMark(core, request)
    if (mark !== undefined && isLoop(core, request, mark)) return this.#refuse(server, 482)
    const way = routed(core, request, source.flow)
    const { passed, flow } = way
    if (passed === undefined || (passed === 'dialog' && !this.#belongs(request, source.flow))) this.#ask(server, way, mark)
    else {
      const target = flow === undefined ? { uri: way.request.uri } : { uri: way.request.uri, flow }
      this.#forward(
        server,
        way,
        mark,
        { targets: [target], otherwise: passed === 'dialog', remove: this.#forged(way, source.flow) },
        status => this.#passed(request, status),
        request.method === 'INVITE',
      )
    }
  }

  /** Whether a request with a genuine Record-Route value of ours can be of its dialog: the value says nothing but the Call-ID, which all may use. */
  #belongs({ method, headers }: SipRequest, from: FlowId): boolean {
    if (tagIn(headers, 'to') === undefined) return false
    return IN_DIALOG.has(method) || this.#core.options.kept?.includes(from) === true
  }

  /** @internal */
  cancel(cancel: ServerRequest, invite: ServerRequest | 'answered' | undefined): void {
    this.#core.respond(cancel, invite === undefined ? 481 : 200)
    if (typeof invite === 'object') invite.cancelled?.(cancel.request)
  }

  /** @internal RFC 3261 §16.11: an ACK to a 2xx goes the way of its dialog, without a transaction. */
  ack(request: SipRequest, source: Source): void {
    const core = this.#core
    if (checkRequest(request) !== undefined || checkForward(request) !== undefined) return
    const way = routed(core, request, source.flow)
    // one of no dialog is of no use to anybody
    if (tagIn(request.headers, 'to') === undefined) return
    const mark = loopMark(core, request)
    if (way.passed === undefined) {
      if (this.#acks >= WAITING_ACKS || isLoop(core, request, mark)) return
      this.#acks++
      /* v8 ignore next -- what has no transaction is never dropped */
      const drop = (): void => {}
      return this.#ask({ request, source, merged: false, respond: () => false, drop }, way, mark)
    }
    const target = way.flow === undefined ? { uri: way.request.uri } : { uri: way.request.uri, flow: way.flow }
    this.#passAck(way, source, mark, { targets: [target], otherwise: way.passed === 'dialog', remove: this.#forged(way, source.flow) })
  }

  #passAck(way: Routed, source: Source, mark: string, options: ForwardOptions): void {
    const plan = forwardPlan(way, source, mark, { ...options, recordRoute: false })
    for (const target of plan.groups.flat()) this.#sendAck(plan, target)
  }

  /** Where no hop answers, nobody is told (RFC 3261 §16.11). */
  #sendAck(plan: ForwardPlan, target: ProxyTarget): void {
    const core = this.#core
    const where = wayOf(core, plan, target)
    const kept = where.flow === undefined ? undefined : core.flows.leads(where.flow)
    const hop = kept ?? (where.flow === undefined || where.otherwise ? core.hop(where.nextHop) : undefined)
    if (hop === undefined) return
    core.resolver.resolve(hop, ([server]) => {
      if (server === undefined) return
      core.flows.use(
        server,
        flow => core.flows.send(flow.flow, core.encode(forwardedRequest(core, plan, where, flow))),
        () => {},
      )
    })
  }

  /** @internal */
  overloaded(request: SipRequest, source: Source): void {
    this.#receiver.overloaded(request, source)
  }

  /** RFC 3261 §16.3; what does not pass is answered. */
  #passes(server: ServerRequest): boolean {
    const { request } = server
    const fault = checkRequest(request)
    if (fault !== undefined) {
      const reason = fault.status === 400 ? `Bad Request (${fault.code})` : undefined
      this.#refuse(server, fault.status as number, { reason })
      return false
    }
    if (checkForward(request) !== undefined) {
      // RFC 3261 §11: somebody looks for the proxies on the way
      this.#refuse(server, request.method === 'OPTIONS' ? 200 : 483)
      return false
    }
    const unknown = listValues(request.headers, 'proxy-require')
    if (unknown.length > 0) this.#refuse(server, 420, { headers: [['Unsupported', unknown.join(', ')]] })
    return unknown.length === 0
  }

  #ask(server: ServerRequest, way: Routed, mark: string | undefined): void {
    const core = this.#core
    const id = `request-${++this.#requests}`
    const { flow, transport, remote } = server.source
    const callOff = core.delays.after(DECISION_TIME, () => {
      this.#take(id)
      core.respond(server, 500)
      core.turn.event({ name: 'cancelled', id })
    })
    this.#undecided.set(id, { server, routed: way, mark, callOff, hush: this.#trying(id, server) })
    server.cancelled = () => {
      this.#take(id)
      core.respond(server, 487)
      core.turn.event({ name: 'cancelled', id })
    }
    const flowToken = core.tokens.path(flow)
    const { request, unread } = way
    const said = unread === undefined ? {} : { routeUser: unread }
    core.turn.event({ name: 'request', id, request, flow, transport, remote, ...protectedBy(transport), flowToken, ...said })
  }

  /** RFC 3261 §16.2: within 200 ms, and the policy may take longer. Over UDP it waits: a refusal goes to a forged address once then, and alone. */
  #trying(id: string, server: ServerRequest): Undecided['hush'] {
    if (server.request.method !== 'INVITE') return undefined
    if (!isReliable(server.source.transport)) return this.#core.delays.after(TRYING_WAIT, () => this.#sayTrying(id))
    this.#core.respond(server, 100)
    return undefined
  }

  #sayTrying(id: string): void {
    const waiting = this.#undecided.get(id) as Undecided
    waiting.hush = undefined
    this.#core.respond(waiting.server, 100)
  }

  /** An answer of our own before anything went on. */
  #refuse(server: ServerRequest, status: number, extras: ResponseExtras = {}): void {
    this.#core.respond(server, status, { ...extras, once: true })
  }

  #command(command: ProxyCommand): void {
    const headers = (command.name === 'respond' ? command.headers : command.add) ?? []
    for (const [name, value] of headers) checkHeader(name, value)
    if (command.name === 'respond') this.#respond(command)
    else {
      const waiting = this.#take(command.id)
      if (waiting === undefined) return
      const { server, routed: way, mark, hush } = waiting
      const { id } = command
      const { method } = server.request
      if (method === 'ACK') return this.#passAck(way, server.source, mark as string, command)
      const finished = (status: number): void => this.#core.turn.event({ name: 'finished', id, method, status })
      this.#forward(server, way, mark, command, finished, hush !== undefined)
    }
  }

  #respond({ id, status, reason, headers, body }: Command<'respond'>): void {
    const waiting = this.#undecided.get(id)
    if (waiting === undefined) return
    this.#refuse(waiting.server, status, { reason, headers, body })
    waiting.hush?.()
    waiting.hush = undefined
    if (status >= 200) this.#take(id)
  }

  /** What a request of a dialog must not say; one for a registered user agent was let in by another node, which asserts. */
  #forged({ passed, request }: Routed, from: FlowId): string[] {
    const { kept = [], asserted = [] } = this.#core.options
    return passed === 'dialog' && !kept.includes(from) ? asserted.filter(name => request.headers.has(name)) : []
  }

  #passed({ method, headers }: SipRequest, status: number): void {
    this.#core.turn.event({ name: 'passed', method, status, callId: headers.get('call-id') as string })
  }

  /** The request leaves the list of those that wait. */
  #take(id: string): Undecided | undefined {
    const waiting = this.#undecided.get(id)
    this.#undecided.delete(id)
    waiting?.callOff()
    waiting?.hush?.()
    if (waiting?.server.request.method === 'ACK') this.#acks--
    return waiting
  }

  /** @param trying whether 100 is due */
  #forward(
    server: ServerRequest,
    way: Routed,
    mark: string | undefined,
    options: ForwardOptions,
    finished: (status: number) => void,
    trying: boolean,
  ): void {
    const plan = forwardPlan(way, server.source, mark ?? loopMark(this.#core, server.request), options)
    new ResponseContext(this.#core, server, plan, finished, trying).start()
  }

  #received(message: SipMessage, source: Source): void {
    this.#silence.heard(source.flow)
    this.#core.layer.receive(message, source)
  }

  #timeout(): void {
    const { layer, flows, delays } = this.#core
    layer.timeout()
    flows.timeout()
    this.#receiver.timeout()
    delays.timeout()
  }

  #flowLost(flow: FlowId): void {
    const { tokens, layer, turn } = this.#core
    this.#receiver.forget(flow)
    tokens.forget(flow)
    layer.flowClosed(flow)
    if (this.#silence.closed(flow)) turn.event({ name: 'flow-closed', flow })
  }
}
