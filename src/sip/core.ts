import { randomToken, type Random } from '../wire/index.js'
import { Authenticator } from './authenticator.js'
import { responseTo } from './build-response.js'
import { Delays } from './delays.js'
import type { Dialog } from './dialog.js'
import type { MessageLimits } from './decode-message.js'
import { encodeMessage } from './encode-message.js'
import { Flows, type OpenFlow, type Source } from './flows.js'
import { SipHeaders } from './headers.js'
import { type Hop, hopOf, isSecure, routeRequest, type Routing } from './hop.js'
import { withDefaults } from './limits.js'
import { LocalContact } from './local-contact.js'
import type { SipMessage, SipRequest } from './message.js'
import { tagIn } from './name-address.js'
import { MAGIC_COOKIE, type ServerRequest, TransactionLayer, type TransactionUser } from './transaction-layer.js'
import { Resolver } from './resolver.js'
import { asSips, demandsSips, isSips } from './sips.js'
import { Turn } from './turn.js'
import { parseSipUri } from './uri.js'
import type { Body, ExtraHeaders, FlowId, OwnContact, SipLimits, UserAgentOptions } from './user-agent-types.js'
import { formatVia } from './via.js'

/** What a response may carry besides the copied fields. */
export interface ResponseExtras {
  readonly reason?: string | undefined
  readonly toTag?: string | undefined
  readonly headers?: ExtraHeaders | undefined
  readonly body?: Body | undefined
}

/** The UAC and UAS core (RFC 3261 §6): identity, capabilities, next hops; shared by usages, registrations and single requests. */
export class UserAgentCore {
  readonly turn = new Turn()
  readonly delays = new Delays(this.turn)
  readonly resolver: Resolver
  readonly limits: SipLimits
  /** How messages are read. */
  readonly reading: MessageLimits
  readonly flows: Flows
  readonly layer: TransactionLayer
  readonly authenticator: Authenticator
  readonly localContact: LocalContact
  readonly random: Random
  /** Route values learnt from the registrar (RFC 3608, SIP-3). */
  serviceRoute: readonly string[] = []
  /** Identities the registrar gave us besides the address of record. */
  associatedUris: readonly string[] = []
  readonly user: string
  /** Servers of the outbound proxy's domain, as DNS named them last. */
  #proxyHosts: ReadonlySet<string> = new Set()
  /** Fields that many messages have alike. */
  readonly #capabilities: Partial<Record<`${boolean} ${'User-Agent' | 'Server'}`, ExtraHeaders>> = {}

  constructor(
    readonly options: UserAgentOptions,
    transactionUser: TransactionUser,
    flowLost: (flow: FlowId) => void,
  ) {
    this.limits = withDefaults(options.limits)
    this.reading = { ...this.limits, text: options.text }
    this.random = options.random
    this.flows = new Flows(this.turn, options, this.limits, options.random, flowLost)
    this.layer = new TransactionLayer(this.turn, this.limits, this.flows, transactionUser, options.text)
    this.localContact = new LocalContact(options, this.flows, this.turn)
    const { resolve = false, secure = false, connects = ['tcp', 'tls'] } = options
    const transports = new Set([...options.listening.map(place => place.transport), ...connects].filter(one => !secure || isSecure(one)))
    this.resolver = new Resolver(this.turn, this.delays, { enabled: resolve, transports, random: options.random })
    this.authenticator = new Authenticator(options)
    this.user = parseSipUri(options.aor)?.user ?? ''
  }

  encode(message: SipMessage): Uint8Array {
    return encodeMessage(message, this.options.text)
  }

  token(length = TOKEN_LENGTH): string {
    return randomToken(this.random, length)
  }

  /** `"Alice" <sip:alice@home1.example>;tag=…` */
  localIdentity(tag: string, override?: string): string {
    if (override !== undefined) return `${override};tag=${tag}`
    const name = this.options.displayName === undefined ? '' : `"${this.options.displayName.replaceAll(/["\\]/g, '\\$&')}" `
    return `${name}<${this.options.aor}>;tag=${tag}`
  }

  /** Contact of a request inside or before a dialog. */
  contact(flow: Pick<OpenFlow, 'transport' | 'local'>, secure = false, own?: OwnContact): string {
    return this.localContact.ofRequest(flow, secure, own)
  }

  /** Allow, Supported, Accept, Allow-Events and User-Agent; the name of the last depends on the side. */
  capabilities(accept: boolean, product: 'User-Agent' | 'Server' = 'User-Agent'): ExtraHeaders {
    const name = `${accept} ${product}` as const
    this.#capabilities[name] ??= this.#listCapabilities(accept, product)
    return this.#capabilities[name]
  }

  #listCapabilities(accept: boolean, product: 'User-Agent' | 'Server'): ExtraHeaders {
    const { allow, supported, accept: types, userAgent, events = [] } = this.options
    return [
      ['Allow', allow.join(', ')],
      ...(supported.length > 0 ? [['Supported', supported.join(', ')] as const] : []),
      ...(accept ? [['Accept', types.join(', ')] as const] : []),
      // RFC 6665 §4.4.4
      ...(events.length > 0 ? [['Allow-Events', events.join(', ')] as const] : []),
      ...(userAgent === undefined ? [] : [[product, userAgent] as const]),
    ]
  }

  /** Route and Request-URI of a request outside any dialog: outbound proxy, then service route (SIP-3). */
  routing(uri: string, withServiceRoute = true): Routing {
    const { proxy } = this.options
    const loose = proxy !== undefined && parseSipUri(proxy)?.parameters.has('lr')
    const routes = [...(loose ? [`<${proxy}>`] : []), ...(withServiceRoute ? this.serviceRoute : [])]
    const routing = routeRequest(uri, routes)
    return proxy === undefined ? routing : { ...routing, nextHop: isSips(uri) ? asSips(proxy) : proxy }
  }

  hop(uri: string): Hop | undefined {
    return hopOf(uri, this.flows.fallback, this.options.secure)
  }

  /** Whether a message came from the outbound proxy, the only hop we have reason to believe (SIP-28, RFC 3325 §4). */
  trusts({ flow, remote }: Source): boolean {
    const { proxy } = this.options
    const host = proxy === undefined ? undefined : this.hop(proxy)?.remote.host
    // A connection of ours is known by the name we asked for, whatever address it led to
    const from = this.flows.stream(flow)?.remote.host ?? remote.host
    return host !== undefined && (host.toLowerCase() === from.toLowerCase() || this.#proxyHosts.has(from.toLowerCase()))
  }

  /** Servers to try for `hop`, in order (SIP-37): see `Resolver.resolve`. */
  servers(hop: Hop, done: (hops: readonly Hop[]) => void): void {
    this.resolver.resolve(hop, hops => {
      const { proxy } = this.options
      const service = proxy === undefined ? undefined : this.hop(proxy)?.service
      if (service === undefined || service.name !== hop.service?.name) return done(hops)
      this.#proxyHosts = new Set(hops.map(({ remote }) => remote.host.toLowerCase()))
      // RFC 5626 §4.3: requests follow the flow of the registration while it lives
      done([...hops].sort((a, b) => Number(this.flows.reaches(b)) - Number(this.flows.reaches(a))))
    })
  }

  /** In a dialog: its own connection while that lives, which also reaches a peer behind a NAT; a flow through a proxy is opened anew. */
  dialogHop(dialog: Dialog): Hop | undefined {
    return this.flows.stream(dialog.flow) ?? this.flows.former(dialog.flow) ?? this.hop(dialog.nextHop)
  }

  /** Puts our Via with a fresh branch on top (RFC 3261 §8.1.1.7, SIP-38). */
  addVia(request: SipRequest, flow: OpenFlow): void {
    const { host, port } = flow.local
    const branch = `${MAGIC_COOKIE}${this.token()}`
    const place = port === undefined ? { host } : { host, port }
    const via = {
      transport: flow.transport.toUpperCase(),
      ...place,
      branch,
      rport: true as const,
      parameters: request.method === 'REGISTER' ? KEEP : NONE,
    }
    request.headers.prepend('Via', formatVia(via))
  }

  /** Sends an ACK to a 2xx: a request without a transaction. */
  sendAck(request: SipRequest, dialog: Dialog): void {
    const hop = this.dialogHop(dialog)
    if (hop !== undefined) this.servers(hop, servers => this.#sendAckTo(servers, request))
  }

  #sendAckTo([server, ...others]: readonly Hop[], request: SipRequest): void {
    if (server === undefined) return
    this.flows.use(
      server,
      flow => {
        const copy = { ...request, headers: new SipHeaders(request.headers) }
        this.addVia(copy, flow)
        this.flows.send(flow.flow, this.encode(copy))
      },
      () => this.#sendAckTo(others, request),
    )
  }

  respond(server: ServerRequest, status: number, extras: ResponseExtras = {}): boolean {
    const { reason, toTag, headers, body } = extras
    const tagged = status === 100 || tagIn(server.request.headers, 'to') !== undefined
    const tag = toTag ?? (tagged ? undefined : this.token())
    return server.respond(
      responseTo(server.request, status, {
        ...(reason !== undefined && { reason }),
        ...(tag !== undefined && { toTag: tag }),
        ...(headers !== undefined && { headers }),
        ...(body !== undefined && { body }),
      }),
    )
  }

  /** Contact and capabilities of a 2xx to INVITE, UPDATE or OPTIONS. */
  answerFields(server: ServerRequest, accept = false, own?: OwnContact): ExtraHeaders {
    return [['Contact', this.contactOn(server, own)], ...this.capabilities(accept, 'Server')]
  }

  /** Contact for a dialog whose request came over this flow. */
  contactOn(server: ServerRequest, own?: OwnContact): string {
    const { source, request } = server
    return this.localContact.ofResponse({ transport: source.transport, local: this.flows.place(source) }, demandsSips(request), own)
  }
}

/** RFC 6223 §4.3: we are ready to send keep-alives while registered. */
const KEEP: ReadonlyMap<string, string> = new Map([['keep', '']])
const NONE: ReadonlyMap<string, string> = new Map()

/** 119 bits: tags, branches and Call-IDs nobody guesses (SEC-8). */
const TOKEN_LENGTH = 20
