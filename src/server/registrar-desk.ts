import {
  addressOfRecord,
  firstAddress,
  listValues,
  parseSipUri,
  register,
  type RegisteredContact,
  type RegisterResult,
} from '../sip/index.js'
import type { Binding } from './database.js'
import type { DeskOptions, RequestEvent } from './desk-options.js'
import { isOurDomain } from './destination.js'
import type { LoginDesk } from './login-desk.js'
import { KNOWN_FLOWS } from './limits.js'
import type { Reply } from './reply.js'

/** The registrar: who may register what (RFC 3261 §10.3 steps 1 to 5), and bindings that outlive the process. */
export class RegistrarDesk {
  /** Registrations that are being written, by flow. */
  readonly #writing = new Map<string, number>()
  /** Flows that closed while one was being written. */
  readonly #closed = new Set<string>()
  /** Address that registered last over a flow. */
  readonly #registered = new Map<string, string>()

  constructor(
    private readonly options: DeskOptions,
    private readonly login: LoginDesk,
  ) {}

  /** The connection may close at any moment of it: what is written then is taken back. */
  answer(event: RequestEvent): Promise<Reply> {
    return this.#write(event.flow, () => this.#answer(event))
  }

  async #answer(event: RequestEvent): Promise<Reply> {
    const { options } = this
    const to = parseSipUri(firstAddress(event.request.headers, 'to')?.uri ?? '')
    if (to === undefined) return { status: 400 }
    const aor = to.scheme === 'tel' || isOurDomain(to, options.domains) ? addressOfRecord(to, options.domains[0]) : undefined
    if (options.authentication === 'open') return aor === undefined ? NOT_FOUND : this.#register(event, aor)
    const login = await this.login.check(event, false)
    if (login.outcome === 'none') return this.login.challenge(event, false)
    if (login.outcome === 'refused') return login.reply
    if (aor === undefined) return NOT_FOUND
    if (!login.own.includes(aor)) {
      options.log.warn({ remote: event.remote.host }, 'registration of another address refused')
      options.meter.registration('refused')
      return { status: 403 }
    }
    return this.#register(event, aor)
  }

  /** Whose connection it is, as far as a registration told. */
  ownerOf(flow: string): string | undefined {
    return this.#registered.get(flow)
  }

  async flowClosed(flow: string): Promise<void> {
    this.#registered.delete(flow)
    if (this.#writing.has(flow)) this.#closed.add(flow)
    else await this.options.database.bindings.dropFlow(this.options.node, flow)
  }

  async #register({ request, flow, flowToken, transport, remote }: RequestEvent, aor: string): Promise<Reply> {
    const { options } = this
    const { bindings } = options.database
    const now = options.date()
    const result = await bindings.update(aor, now, known => {
      const source = { node: options.node, flow, transport, remote }
      const done = register({ request, aor, bindings: known, now, source, associatedUris: [aor] }, options.registrar)
      const own = (binding: RegisteredContact): Binding =>
        this.#withPath(known.find(one => one === binding) ?? { ...binding, aor }, flow, flowToken)
      return { bindings: done.changed ? done.bindings.map(own) : known, result: done }
    })
    // other proxies bring many people over one connection
    this.#note(result, aor, listValues(request.headers, 'via').length === 1 ? flow : undefined)
    return { status: result.status, headers: result.headers, ...(result.reason !== undefined && { reason: result.reason }) }
  }

  /** What leads the other servers to a device over our connection. */
  #withPath(binding: Binding, flow: string, flowToken: string): Binding {
    const { nodes, node } = this.options
    if (nodes === undefined || binding.node !== node || binding.flow !== flow) return binding
    return { ...binding, path: [nodes.pathOf(flowToken)] }
  }

  /** A connection that closes meanwhile takes with it what is being written, too. */
  async #write<Result>(flow: string, work: () => Promise<Result>): Promise<Result> {
    this.#writing.set(flow, (this.#writing.get(flow) ?? 0) + 1)
    try {
      return await work()
    } finally {
      const left = (this.#writing.get(flow) as number) - 1
      if (left > 0) this.#writing.set(flow, left)
      else {
        this.#writing.delete(flow)
        if (this.#closed.delete(flow)) await this.options.database.bindings.dropFlow(this.options.node, flow)
      }
    }
  }

  #note({ status, changed, bindings }: RegisterResult, aor: string, flow: string | undefined): void {
    const { meter, log } = this.options
    if (status >= 300) meter.registration('refused')
    else if (changed) meter.registration(bindings.length === 0 ? 'removed' : 'registered')
    log.debug({ aor, status, bindings: bindings.length }, 'registration')
    if (flow === undefined || status >= 300 || bindings.length === 0) return
    this.#registered.set(flow, aor)
    for (const oldest of this.#registered.keys()) {
      if (this.#registered.size <= KNOWN_FLOWS) break
      this.#registered.delete(oldest)
    }
  }
}

/** RFC 3261 §10.3 step 5 */
const NOT_FOUND: Reply = { status: 404 }
