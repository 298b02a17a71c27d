import type { Connection, Host, Listener } from '../node/index.js'
import {
  credentialsOf,
  decodeMessage,
  encodeMessage,
  formatChallenge,
  formatNameAddress,
  formatVia,
  parseNameAddress,
  parseSipUri,
  parseVia,
  responseTo,
  type SipHeaders,
  type SipMessage,
  type SipRequest,
  StreamFramer,
  verifyDigest,
} from '../sip/index.js'
import { randomToken } from '../wire/index.js'

/** Connections and bindings of a demo are few; a stranger on loopback shall not fill the memory. */
const MAX_CONNECTIONS = 32
const MAX_BINDINGS = 32

export interface RegistrarOptions {
  readonly host: Host
  readonly domain: string
  /** User name -> password. */
  readonly users: ReadonlyMap<string, string>
}

/** A binding: who registered over which connection. */
interface Binding {
  readonly contact: string
  readonly connection: Connection
}

/**
 * The SIP core of the demo: registrar with digest and stateless proxy for one domain, over TCP on loopback.
 * Asserts the caller's identity when the request came over the connection that registered it (RFC 3325).
 */
export class DemoRegistrar {
  readonly #options: RegistrarOptions
  readonly #bindings = new Map<string, Binding>()
  readonly #connections = new Map<string, Connection>()
  readonly #nonces = new Map<string, number>()
  #listener: Listener | undefined

  constructor(options: RegistrarOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    this.#listener = await this.#options.host.listen({
      transport: 'tcp',
      host: '127.0.0.1',
      port: 0,
      onConnection: connection => this.#serve(connection),
    })
  }

  /** `sip:127.0.0.1:40123;transport=tcp` */
  get uri(): string {
    return `sip:127.0.0.1:${this.#listener?.address.port ?? 0};transport=tcp`
  }

  async close(): Promise<void> {
    for (const connection of this.#connections.values()) connection.end()
    await this.#listener?.close()
  }

  #serve(connection: Connection): void {
    const name = nameOf(connection)
    if (this.#connections.size >= MAX_CONNECTIONS) return connection.destroy()
    this.#connections.set(name, connection)
    const framer = new StreamFramer()
    connection.start({
      onBytes: bytes => {
        for (const event of framer.push(bytes)) {
          if (event.type === 'message') this.#take(decodeMessage(event.bytes.slice()), connection)
          else if (event.type === 'ping') connection.write([new Uint8Array([13, 10])])
          else if (event.type === 'fault' && event.fatal) connection.end()
        }
      },
      onWritten: () => undefined,
      onClosed: () => {
        this.#connections.delete(name)
        for (const [user, binding] of this.#bindings) if (binding.connection === connection) this.#bindings.delete(user)
      },
    })
  }

  #take(message: SipMessage, connection: Connection): void {
    if (message.kind === 'response') this.#backward(message)
    else if (message.method === 'REGISTER') this.#register(message, connection)
    else this.#forward(message, connection)
  }

  #register(request: SipRequest, connection: Connection): void {
    const user = parseSipUri(parseNameAddress(request.headers.get('To') ?? '')?.uri ?? '')?.user ?? ''
    const answer = (status: number, headers: [string, string][] = []) =>
      connection.write([encodeMessage(responseTo(request, status, { headers, toTag: randomToken(this.#options.host.random, 8) }))])
    if (!this.#authentic(request, user)) {
      const nonce = randomToken(this.#options.host.random, 24)
      this.#nonces.set(nonce, 0)
      const challenge = { proxy: false, realm: this.#options.domain, nonce, qop: ['auth'], stale: false }
      const challenges = (['SHA-256', 'MD5'] as const).map(algorithm => formatChallenge({ ...challenge, algorithm }))
      answer(
        401,
        challenges.map(value => ['WWW-Authenticate', value]),
      )
      return
    }
    const contact = request.headers.get('Contact') ?? ''
    const expires = Number(request.headers.get('Expires') ?? '3600')
    const parsed = parseNameAddress(contact)
    if (expires === 0 || parsed === undefined) this.#bindings.delete(user)
    else if (this.#bindings.size < MAX_BINDINGS) this.#bindings.set(user, { contact: parsed.uri, connection })
    answer(
      200,
      expires === 0 ? [] : [['Contact', `${formatNameAddress({ uri: parsed?.uri ?? '', parameters: new Map() })};expires=${expires}`]],
    )
  }

  #authentic(request: SipRequest, user: string): boolean {
    const password = this.#options.users.get(user)
    if (password === undefined) return false
    for (const given of credentialsOf(request.headers, false)) {
      const nonce = given.get('nonce') ?? ''
      const lastCount = this.#nonces.get(nonce)
      if (lastCount === undefined || given.get('username') !== user) continue
      const count = verifyDigest({
        given,
        realm: this.#options.domain,
        nonce,
        method: request.method,
        uri: request.uri,
        password,
        algorithms: ['SHA-256', 'MD5'],
        lastCount,
        hash: (algorithm, bytes) => this.#options.host.hash(algorithm, bytes),
      })
      if (count === undefined) continue
      this.#nonces.set(nonce, count)
      return true
    }
    return false
  }

  /** RFC 3261 §16.11: a stateless proxy; the branch follows from the one above it, so retransmissions and ACK match. */
  #forward(request: SipRequest, connection: Connection): void {
    const { headers } = request
    const hops = Number(headers.get('Max-Forwards') ?? '70')
    const binding = this.#bindings.get(parseSipUri(request.uri)?.user ?? '')
    if (binding === undefined || hops <= 0) {
      const status = binding === undefined ? 404 : 483
      if (request.method !== 'ACK') connection.write([encodeMessage(responseTo(request, status, { toTag: 'demo' }))])
      return
    }
    const above = parseVia(headers.get('Via') ?? '')
    headers.set('Max-Forwards', String(hops - 1))
    this.#dropOwnRoute(headers)
    this.#assertIdentity(headers, connection)
    const port = this.#listener?.address.port ?? 0
    const branch = `z9hG4bK${nameOf(connection).replaceAll(/[^0-9]/g, '')}.${above?.branch ?? ''}`
    headers.prepend(
      'Via',
      formatVia({ transport: 'TCP', host: '127.0.0.1', port, branch, parameters: new Map([['demo-from', nameOf(connection)]]) }),
    )
    binding.connection.write([encodeMessage({ ...request, uri: binding.contact })])
  }

  #dropOwnRoute(headers: SipHeaders): void {
    const route = headers.get('Route')
    if (route?.includes(`127.0.0.1:${this.#listener?.address.port}`)) headers.delete('Route')
  }

  #assertIdentity(headers: SipHeaders, connection: Connection): void {
    const from = parseSipUri(parseNameAddress(headers.get('From') ?? '')?.uri ?? '')
    headers.delete('P-Asserted-Identity')
    if (from?.user === undefined || this.#bindings.get(from.user)?.connection !== connection) return
    headers.append('P-Asserted-Identity', `<sip:${from.user}@${this.#options.domain}>`)
  }

  /** Takes our Via off and sends the response over the connection the request came from (RFC 3261 §16.11). */
  #backward(response: SipMessage): void {
    const [own, ...rest] = response.headers.getAll('Via')
    const from = parseVia(own ?? '')?.parameters.get('demo-from')
    const target = from === undefined ? undefined : this.#connections.get(from)
    if (target === undefined) return
    response.headers.delete('Via')
    for (const via of rest.reverse()) response.headers.prepend('Via', via)
    target.write([encodeMessage(response)])
  }
}

function nameOf({ remote }: Connection): string {
  return `${remote.host}_${remote.port}`
}
