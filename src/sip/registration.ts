import { randomInteger, Timers } from '../wire/index.js'
import { buildRequest } from './build-request.js'
import { contactExpires, contactsOf, parseDeltaSeconds } from './contact.js'
import type { UserAgentCore } from './core.js'
import { routesOf } from './dialog.js'
import { Exchange, type ExchangeFailure } from './exchange.js'
import type { OpenFlow, Source } from './flows.js'
import { listValues } from './header-list.js'
import { isWebSocket, protectedBy, type Routing } from './hop.js'
import { CORRECTIONS, LEAST_REGISTER_WAIT, REGISTER_BACKOFF, REGISTER_REFRESH } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { type NameAddress, parseNameAddress } from './name-address.js'
import { hasOptionTag } from './option-tags.js'
import { parseRetryAfter } from './retry-after.js'
import { asksForSips, asSips, isSips } from './sips.js'
import { equalSipUris, parseSipUri } from './uri.js'
import type { FlowId, UserAgentCommand } from './user-agent-types.js'
import { topVia } from './via.js'

type RegisterCommand = Extract<UserAgentCommand, { name: 'register' }>

/** Responses after which asking again cannot help: the account, not the network, is the matter. */
const FINAL: ReadonlySet<number> = new Set([400, 403, 404, 405, 416, 420, 501, 505])

/** One binding at a registrar, kept alive until it is taken back (RFC 3261 §10, SIP-1, SIP-3). */
export class Registration {
  readonly #callId: string
  readonly #tag: string
  readonly #timers = new Timers<'register'>()
  #sequence = 0
  #expires: number
  #backoff = REGISTER_BACKOFF.first
  #leaving = false
  #corrections = 0
  #contact = ''
  #flow: FlowId | undefined
  /** The one before, which dialogs may still name. */
  #lostFlow: FlowId | undefined
  /** Until the first hop says that it cannot keep flows. */
  #outbound = true
  /** A REGISTER waits for its final response. */
  #asking = false
  #exchange: Exchange | undefined

  constructor(
    private readonly core: UserAgentCore,
    private readonly command: RegisterCommand,
    /** The registration is over; its id is free. */
    private readonly release: () => void,
  ) {
    this.#callId = core.token()
    this.#tag = core.token()
    this.#expires = command.expires
  }

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  start(): void {
    this.#asking = true
    this.#timers.clear()
    this.#exchange?.drop()
    this.#exchange = new Exchange(this.core, {
      hop: () => this.core.hop(this.#routing.nextHop),
      sequence: () => ++this.#sequence,
      build: flow => this.#build(flow),
      final: (response, source) => this.#final(response, source),
      failed: (cause, response) => this.#failed(cause, response),
    }).start()
  }

  /** Takes the binding back (RFC 3261 §10.2.2). */
  unregister(): void {
    this.#leaving = true
    this.start()
  }

  timeout(): void {
    if (this.#timers.take(this.core.turn.now).length > 0) this.start()
  }

  /** The connection to the registrar broke: nobody reaches us until a new one is registered (RFC 5626 §4.5). */
  flowLost(flow: FlowId): void {
    if (flow !== this.#flow || this.#leaving) return
    this.#flow = undefined
    this.#lostFlow = flow
    // a refresh under way finds its own way to another server
    if (!this.#asking) this.#again('transport')
  }

  /** RFC 5630 §5.1.1.1: a sips address is registered over TLS. No service route: that comes from here (RFC 3608 §5). */
  get #routing(): Routing {
    const { core, command } = this
    return core.routing(isSips(core.options.aor) ? asSips(command.registrar) : command.registrar, false)
  }

  #build(flow: OpenFlow): SipRequest {
    const { core, command } = this
    const { requestUri: uri, routes } = this.#routing
    // RFC 5630 §5.1.1.1: a sips Contact goes with a sips address of record, and asks to be reached over TLS only
    const secure = isSips(core.options.aor) || asksForSips(uri, routes)
    const aor = secure ? asSips(core.options.aor) : core.options.aor
    this.#contact = core.localContact.ofRegistration(flow, secure, this.#outbound)
    const expires = this.#leaving ? 0 : this.#expires
    const { allow, supported, userAgent } = core.options
    // SIP-1
    const tags = [...new Set(['path', 'gruu', 'outbound', ...supported])]
    return buildRequest({
      method: 'REGISTER',
      uri,
      routes,
      from: core.localIdentity(this.#tag, aor === core.options.aor ? undefined : `<${aor}>`),
      to: `<${aor}>`,
      callId: this.#callId,
      sequence: this.#sequence,
      fields: [
        ['Contact', this.#contact],
        ['Expires', `${expires}`],
        ...(command.headers ?? []),
        ['Allow', allow.join(', ')],
        ['Supported', tags.join(', ')],
        ...(userAgent === undefined ? [] : [['User-Agent', userAgent] as const]),
      ],
    })
  }

  #final(response: SipResponse, source: Source): 'again' | undefined {
    const { status, headers } = response
    const least = status === 423 ? parseDeltaSeconds(headers.get('min-expires')) : undefined
    if (least !== undefined && least > this.#expires && !this.#leaving && this.#corrections++ < CORRECTIONS) {
      this.#expires = least
      return 'again'
    }
    // RFC 5626 §4.2.1, §11.6: First Hop Lacks Outbound Support
    if (status === 439 && this.#outbound) {
      this.#outbound = false
      return 'again'
    }
    this.#asking = false
    if (this.#leaving) this.#left()
    else if (status < 300) this.#registered(response, source)
    else {
      const told = parseRetryAfter(headers.get('retry-after') ?? '')?.seconds
      this.#again('response', response, told === undefined ? undefined : Math.max(told * 1000, LEAST_REGISTER_WAIT))
    }
    return undefined
  }

  #failed(cause: ExchangeFailure, response: SipResponse | undefined): void {
    this.#asking = false
    if (this.#leaving) this.#left()
    else this.#again(cause, response)
  }

  #registered(response: SipResponse, source: Source): void {
    const { core } = this
    const { headers } = response
    const mine = this.#own(response)
    const expires = this.#granted(response, mine)
    const associatedUris = listValues(headers, 'p-associated-uri').flatMap(value => parseNameAddress(value)?.uri ?? [])
    const serviceRoute = routesOf(headers, 'service-route')
    core.serviceRoute = serviceRoute
    core.associatedUris = associatedUris
    this.#backoff = REGISTER_BACKOFF.first
    this.#corrections = 0
    this.#flow = source.flow
    // RFC 5627 §4.2
    const gruu = gruuOf(mine?.parameters.get('pub-gruu'))
    core.localContact.gruu = gruu === undefined ? undefined : { uri: gruu, until: core.turn.now + expires * 1000 }
    this.#keepAlive(response, source)
    const { long, before } = REGISTER_REFRESH
    const wait = expires > long ? expires - before : expires / 2
    this.#timers.start('register', core.turn.now + wait * 1000)
    core.turn.event({ name: 'registered', id: this.command.id, expires, serviceRoute, associatedUris, ...protectedBy(source.transport) })
  }

  #keepAlive(response: SipResponse, { flow, transport }: Source): void {
    const { headers } = response
    // RFC 6223 §4.3, §5: a value is the promise to answer, and above 0 the same as Flow-Timer
    const keep = parseDeltaSeconds(topVia(response)?.parameters.get('keep'))
    const flowTimer = parseDeltaSeconds(headers.get('flow-timer')) ?? (keep === 0 ? undefined : keep)
    const promised = flowTimer !== undefined || keep !== undefined || hasOptionTag(headers, 'require', 'outbound')
    // SIP-4 says TCP and TLS; a WebSocket server that promised nothing may keep to its own pings (RFC 7118 §6)
    this.core.flows.registered(flow, this.#lostFlow, promised || !isWebSocket(transport), flowTimer)
  }

  /** Our own Contact; the answer lists those of other devices too (RFC 3261 §10.2.4). */
  #own(response: SipResponse): NameAddress | undefined {
    const own = parseNameAddress(this.#contact)
    const contacts = contactsOf(response.headers)
    const listed = contacts === undefined || contacts === '*' ? [] : contacts
    const instance = own?.parameters.get('+sip.instance')
    return (
      listed.find(contact => own !== undefined && equalSipUris(contact.uri, own.uri)) ??
      listed.find(contact => instance !== undefined && contact.parameters.get('+sip.instance') === instance)
    )
  }

  /** Seconds the binding lives. */
  #granted(response: SipResponse, mine: NameAddress | undefined): number {
    const otherwise = parseDeltaSeconds(response.headers.get('expires')) ?? this.#expires
    return Math.max(1, mine === undefined ? otherwise : contactExpires(mine, response.headers, this.#expires))
  }

  /** @param told milliseconds the registrar asks us to wait */
  #again(cause: 'response' | 'timeout' | 'transport' | 'auth', response?: SipResponse, told?: number): void {
    const { core } = this
    const { id } = this.command
    // its loss is known now
    if (this.#flow !== undefined && !core.flows.isOpen(this.#flow)) {
      this.#lostFlow = this.#flow
      this.#flow = undefined
    }
    const status = response === undefined ? {} : { status: response.status }
    if (cause === 'auth' || (response !== undefined && FINAL.has(response.status))) {
      core.turn.event({ name: 'registration-failed', id, cause, ...status })
      this.release()
      return
    }
    // RFC 5626 §4.5: half of the wait is random, so that a restarted registrar is not flooded
    const retryAfter = told ?? this.#backoff / 2 + randomInteger(core.random, this.#backoff / 2 + 1)
    this.#backoff = Math.min(this.#backoff * 2, REGISTER_BACKOFF.last)
    this.#timers.start('register', core.turn.now + retryAfter)
    core.turn.event({ name: 'registration-failed', id, cause, ...status, retryAfter })
  }

  #left(): void {
    this.core.serviceRoute = []
    this.core.associatedUris = []
    this.core.localContact.gruu = undefined
    this.core.turn.event({ name: 'unregistered', id: this.command.id })
    this.release()
  }
}

/** A usable GRUU as its sip form; the registrar assigned the sips form with it (RFC 5630 §5.1.1.4). */
function gruuOf(text = ''): string | undefined {
  const uri = parseSipUri(text)
  if (uri === undefined || uri.scheme === 'tel' || uri.headers.size > 0 || !uri.parameters.has('gr')) return undefined
  return `sip${text.slice(uri.scheme.length)}`
}
