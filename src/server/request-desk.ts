import { namesFileTransfer } from '../cpm/index.js'
import { type ProxyTarget, type RegisteredContact } from '../sip/index.js'
import { callerHost } from './caller-host.js'
import { assertedAddress, type Claim, claimOf, strangerKind } from './caller.js'
import type { DeskOptions, RequestEvent } from './desk-options.js'
import { type Destination, destinationOf, isInDialog, type Places } from './destination.js'
import { identityHeaders } from './identity-headers.js'
import { KNOWN_FLOWS, UNDECIDED_REQUESTS } from './limits.js'
import { isLoopback } from './listen-address.js'
import { targetsOf } from './location.js'
import { LoginDesk } from './login-desk.js'
import { isLostFlow } from './node-places.js'
import { RegistrarDesk } from './registrar-desk.js'
import { comeBackLater, type Reply } from './reply.js'
import { type CallerKind, DIALOG_POLICY, ROUTING_POLICY } from './routing-policy.js'
import { TokenBuckets } from './token-buckets.js'

/** Who sent a request, decided. */
interface Caller {
  readonly kind: CallerKind
  /** Proved address, for `user`. */
  readonly asserted?: { readonly aor: string; readonly displayName?: string }
}

type Decision =
  | { readonly reply: Reply }
  | {
      readonly targets: readonly ProxyTarget[]
      readonly caller: Caller
      readonly towardsTrusted: boolean
      /** The sender says itself how it gets there. */
      readonly keepsRoute?: true
      /** Another server of the database, which gets it in place of the targets. */
      readonly host?: string
    }

/** Answers the proxy's question about each request whose way is not settled: limits, who it is from, whether it may, where it goes. */
export class RequestDesk {
  readonly #login: LoginDesk
  readonly #registrar: RegistrarDesk
  readonly #rates: TokenBuckets
  /** Requests that wait for a decision. */
  readonly #pending = new Set<string>()
  #drainWait: number | undefined
  readonly #places: Places

  constructor(private readonly options: DeskOptions) {
    this.#login = new LoginDesk(options)
    this.#registrar = new RegistrarDesk(options, this.#login)
    const { domains, factory, gruus, database } = options
    this.#places = { domains, factory, gruus, isGroup: async aor => (await database.groups.get(aor)) !== undefined }
    this.#rates = new TokenBuckets(options.limits.requests, KNOWN_FLOWS)
  }

  /** From now on no sessions begin: callers are told to come back after so many milliseconds. */
  drain(wait: number): void {
    this.#drainWait = wait
  }

  get pending(): number {
    return this.#pending.size
  }

  take(event: RequestEvent): void {
    const { meter } = this.options
    meter.request(event.request.method)
    const refusal = this.#refuseEarly(event)
    if (refusal !== undefined) return this.#reply(event, refusal)
    this.#pending.add(event.id)
    void this.#decide(event)
      .then(
        decision => this.#carryOut(event, decision),
        (error: unknown) => {
          this.#failed(event, error)
          this.#carryOut(event, { reply: comeBackLater(FAILURE_WAIT) })
        },
      )
      .catch((error: unknown) => {
        this.#failed(event, error)
        // what could not be sent on for something in it
        this.#reply(event, { status: 400 })
      })
  }

  #failed({ request }: RequestEvent, error: unknown): void {
    this.options.log.error({ method: request.method, error: codeOf(error) }, 'request failed')
  }

  /** The caller took the request back. */
  cancelled(id: string): void {
    this.#pending.delete(id)
  }

  async flowClosed(flow: string): Promise<void> {
    try {
      await this.#registrar.flowClosed(flow)
    } catch (error) {
      this.options.log.error({ error: codeOf(error) }, 'bindings of a closed connection not removed')
    }
  }

  /** Before anything is looked up or computed (SEC-12). */
  #refuseEarly(event: RequestEvent): Reply | undefined {
    const { options } = this
    if (options.isTrusted(event)) return undefined
    const caller = callerHost(event, options.edges)
    const isCounted = options.limits.limitsLoopback || !isLoopback(caller)
    const wait = isCounted ? this.#rates.take(caller, options.now()) : 0
    if (wait > 0) {
      options.meter.refused('rate')
      return comeBackLater(wait)
    }
    if (this.#pending.size >= UNDECIDED_REQUESTS) {
      options.meter.refused('busy')
      return comeBackLater(FAILURE_WAIT)
    }
    if (this.#drainWait === undefined || event.request.method !== 'INVITE' || isInDialog(event.request)) return undefined
    options.meter.refused('draining')
    return comeBackLater(this.#drainWait)
  }

  async #decide(event: RequestEvent): Promise<Decision> {
    const { options } = this
    const { request } = event
    // RFC 5626 §5.3.1
    if (isLostFlow(event)) return { reply: { status: 430 } }
    const destination = await destinationOf(request, this.#places)
    if (destination.kind === 'server' && request.method === 'REGISTER') return { reply: await this.#registrar.answer(event) }
    const found = await this.#caller(event)
    if ('reply' in found) return found
    const inDialog = isInDialog(request)
    const verdict = (inDialog ? DIALOG_POLICY : ROUTING_POLICY)[destination.kind][found.kind]
    switch (verdict) {
      case 'serve':
        return { reply: request.method === 'OPTIONS' ? CAPABILITIES : { status: 405, headers: [['Allow', 'OPTIONS, REGISTER']] } }
      case 'challenge':
        return { reply: this.#login.challenge(event, true) }
      case 'forbid':
        options.meter.refused('policy')
        return { reply: { status: 403 } }
      case 'not-found':
        return { reply: { status: 404 } }
      case 'unsupported':
        return { reply: { status: 416 } }
      case 'forward':
        return this.#route(event, destination, found)
    }
  }

  async #caller(event: RequestEvent): Promise<Caller | { readonly reply: Reply }> {
    const { options } = this
    const claim = claimOf(event.request)
    if (options.isTrusted(event)) return { kind: 'trusted' }
    if (options.authentication === 'open') return this.#believed(event, claim)
    // RFC 3261 §22.1: it repeats the credentials of its INVITE, and cannot be challenged
    if (event.request.method === 'ACK') return { kind: strangerKind(claim, options.domains) }
    const login = await this.#login.check(event, true)
    if (login.outcome === 'refused') return { reply: login.reply }
    if (login.outcome === 'none') return { kind: strangerKind(claim, options.domains) }
    const aor = assertedAddress(claim, login.own, options.domains)
    if (aor === undefined && !isInDialog(event.request)) {
      options.meter.refused('policy')
      options.log.warn({ remote: event.remote.host, method: event.request.method }, 'identity of another refused')
      return { reply: { status: 403, reason: 'Not Your Address' } }
    }
    const { displayName } = login.user
    return { kind: 'user', ...(aor !== undefined && { asserted: { aor, ...(displayName !== undefined && { displayName }) } }) }
  }

  /** Open registration: everybody on this machine is who they say. */
  #believed({ flow }: RequestEvent, claim: Claim): Caller {
    const { domains } = this.options
    if (strangerKind(claim, domains) === 'outside') return { kind: 'outside' }
    const aor = claim.preferred ?? (claim.anonymous ? this.#registrar.ownerOf(flow) : claim.from)
    return { kind: 'user', ...(aor !== undefined && { asserted: { aor } }) }
  }

  async #route(event: RequestEvent, destination: Destination, caller: Caller): Promise<Decision> {
    const { request } = event
    const { database, node, nodes, date } = this.options
    if (destination.kind === 'foreign') return { targets: [{ uri: request.uri }], caller, towardsTrusted: false, keepsRoute: true }
    if (destination.kind === 'focus') return this.#toFocus(event, destination.role, caller)
    if (destination.kind !== 'person') return { reply: { status: 404 } }
    const living = await database.bindings.of(destination.aor, date())
    const bindings = this.#devices(destination, (await nodes?.reachable(living)) ?? living)
    const targets = targetsOf(request, bindings, node)
    const store = this.#storeFor(event, destination)
    // A device that nobody answers is as good as none; what a person says of the file stands (RCS-9)
    if (targets.length > 0)
      return { targets: [...targets, ...store.map(target => ({ ...target, onlyAfter: UNREACHED }))], caller, towardsTrusted: false }
    if (bindings.length > 0) return { reply: { status: 480 } }
    const isGone = destination.callIdMark !== undefined
    if (isGone || !(await this.#isKnown(destination.aor))) return { reply: { status: 404 } }
    return store.length > 0 ? { targets: store, caller, towardsTrusted: true } : { reply: { status: 480 } }
  }

  /** To our focus, or to the server that has the conference; where that one died, the conference is gone with it. */
  async #toFocus(event: RequestEvent, role: 'factory' | 'conference' | 'group', caller: Caller): Promise<Decision> {
    const { focus, nodes } = this.options
    const { request } = event
    const host = role === 'conference' ? await nodes?.hostOf(request.uri) : undefined
    // what another server took for ours goes no further
    if (host === 'gone' || (host !== undefined && nodes?.isSealed(event) === true))
      return { reply: { status: isInDialog(request) ? 481 : 404 } }
    if (host !== undefined) return { targets: [], caller, towardsTrusted: true, host: host.address }
    return focus === undefined ? { reply: { status: 404 } } : { targets: [{ uri: request.uri, flow: focus }], caller, towardsTrusted: true }
  }

  /** The store, for a new session with files; never for what it delivers itself, nor for a member of a group. */
  #storeFor({ request, flow }: RequestEvent, destination: Extract<Destination, { kind: 'person' }>): ProxyTarget[] {
    const { store, focus } = this.options
    const { aor, instance, callIdMark } = destination
    if (store === undefined || flow === store.flow || flow === focus || request.method !== 'INVITE' || isInDialog(request)) return []
    if (instance !== undefined || callIdMark !== undefined || !namesFileTransfer(request) || !store.keepsFor(aor)) return []
    return [{ uri: aor, flow: store.flow, q: -1 }]
  }

  #devices({ instance, callIdMark }: Extract<Destination, { kind: 'person' }>, all: readonly RegisteredContact[]): RegisteredContact[] {
    const { gruus } = this.options
    return all.filter(
      binding =>
        (instance === undefined || binding.instance === instance) &&
        (callIdMark === undefined || gruus.markOf(binding.callId) === callIdMark),
    )
  }

  async #isKnown(aor: string): Promise<boolean> {
    const { authentication, database } = this.options
    return authentication === 'open' || (await database.users.get(aor)) !== undefined
  }

  #carryOut(event: RequestEvent, decision: Decision): void {
    if (!this.#pending.delete(event.id)) return
    if ('reply' in decision) return this.#reply(event, decision.reply)
    const { caller, targets, towardsTrusted, keepsRoute, host } = decision
    const { request, id } = event
    const { nodes } = this.options
    const identity = identityHeaders({
      request,
      isTrusted: caller.kind === 'trusted',
      towardsTrusted,
      realm: this.options.domains[0],
      ...(caller.asserted !== undefined && { asserted: caller.asserted }),
    })
    // What comes to an address of ours goes where we say: whoever adds a Route must not have it sent to himself, nor to anybody else
    const isLed = keepsRoute !== true && caller.kind !== 'trusted' && request.headers.has('Route')
    const changes = isLed ? { ...identity, remove: [...identity.remove, 'Route'] } : identity
    if (request.method === 'INVITE' && !isInDialog(request)) this.options.began(id, request.headers.get('call-id') ?? '')
    const elsewhere = host === undefined || nodes === undefined ? undefined : nodes.route(host, request, changes)
    const all = elsewhere === undefined ? targets : [{ uri: request.uri, route: [elsewhere] }]
    this.options.command({ name: 'forward', id, targets: all, ...changes })
  }

  #reply({ id, request }: RequestEvent, reply: Reply): void {
    // An ACK has no answer: it goes nowhere
    if (request.method !== 'ACK') this.options.meter.response(request.method, reply.status)
    this.options.command({ name: 'respond', id, ...reply })
  }
}

/** No person and no program of the recipient said anything: no answer, no connection, away (RCS-9; 503 stands for a connection that broke). */
const UNREACHED: readonly number[] = [408, 430, 480, 503]

const CAPABILITIES: Reply = {
  status: 200,
  headers: [
    ['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, OPTIONS, NOTIFY, SUBSCRIBE, MESSAGE, REGISTER'],
    ['Supported', 'path, outbound, gruu'],
  ],
}

/** After something of our own failed, milliseconds. */
const FAILURE_WAIT = 10_000

/** `store`, `ERR_…`: never a text that could hold a path or a password (SEC-9). */
function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined
  return typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown'
}
