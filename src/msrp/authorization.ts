import { hasLineBreak, LocalProtocolError } from '../wire/index.js'
import type { AuthRequest } from './auth-queue.js'
import type { Connection } from './connection.js'
import type { Context } from './context.js'
import type { AuthorizationFailure, AuthorizationOptions, RelayOptions } from './endpoint-types.js'
import { parseHost } from './host-address.js'
import { MAX_RELAYS } from './limits.js'
import { RelayDigest } from './relay-digest.js'
import { RelayLogin, type RelayLoginPort } from './relay-login.js'
import type { Session } from './session.js'
import { type MsrpUri, parseMsrpUri } from './uri.js'

/** The relays that act for one session: a chain of logins, each through the relays before it (RFC 4976 §5.1, RLY-6). */
export class Authorization implements RelayLoginPort {
  readonly fromPath: string
  /** The session, once it was added. */
  session: Session | undefined
  /** Use-Path of the last relay: the beginning of To-Path in our requests (RLY-3). */
  usePath: readonly string[] = []
  isAuthorized = false
  readonly #logins: readonly RelayLogin[]
  /** What stands before the relay in To-Path of its latest AUTH. */
  readonly #through = new Map<RelayLogin, string>()
  #isOver = false

  constructor(
    readonly context: Context,
    readonly id: string,
    readonly connection: Connection,
    options: AuthorizationOptions,
  ) {
    this.fromPath = options.localUri
    const { hash, random } = context.settings
    if (hash === undefined) throw new LocalProtocolError('no-hash', 'Relays need an endpoint with a hash function')
    this.#logins = options.relays.map((relay, index) => new RelayLogin(this, relay, new RelayDigest(relay, hash, random), `${index}/${id}`))
    context.timers.start(`auth/0/${id}`, context.now + context.settings.limits.bind)
    connection.use(this)
  }

  login(index: number): RelayLogin | undefined {
    return this.#logins[index]
  }

  onConnected(): void {
    this.#logins[0]?.on('open')
  }

  /** The connection ended: the URIs of Use-Path are void (RFC 4976 §6.3, RLY-9). */
  onLost(cause: AuthorizationFailure): void {
    for (const login of this.#logins) login.refuse(cause)
  }

  /** Nobody wants it any more. Relays have no request for that: their URIs expire (RFC 4976 §6.3). */
  stop(): void {
    this.#isOver = true
    this.isAuthorized = false
    for (const login of this.#logins) login.stop()
  }

  pathTo(login: RelayLogin): string {
    const before = this.#logins[this.#logins.indexOf(login) - 1]
    return before === undefined ? '' : `${before.usePath.join(' ')} `
  }

  request(login: RelayLogin, request: AuthRequest): void {
    this.#through.set(login, this.pathTo(login))
    this.connection.auths.add(request)
  }

  forget(request: AuthRequest): void {
    this.connection.auths.forget(request)
  }

  accepted(login: RelayLogin): void {
    const next = this.#logins[this.#logins.indexOf(login) + 1]
    if (next === undefined) this.#publish(login.usePath)
    else if (this.#through.get(next) !== this.pathTo(next)) next.on('open')
  }

  refused(cause: AuthorizationFailure, status: number | undefined, comment: string): void {
    if (this.#isOver) return
    this.stop()
    const details = { ...(status !== undefined && { status }), ...(comment !== '' && { comment }) }
    this.context.emit({ type: 'unauthorized', sessionId: this.id, cause, ...details })
    if (this.connection.state === 'connecting') this.connection.giveUp('connection-timeout')
  }

  #publish(usePath: readonly string[]): void {
    this.usePath = usePath
    this.isAuthorized = true
    this.session?.goThrough(usePath)
    const times = this.#logins.flatMap(login => login.expires ?? [])
    // RFC 4976 §5.1: the peer comes from the other end
    const path = [...usePath].reverse().concat(this.fromPath)
    this.context.emit({ type: 'authorized', sessionId: this.id, path, expires: times.length === 0 ? undefined : Math.min(...times) })
  }
}

/**
 * Checks what the application asks for. @returns the URI of the relay to connect to
 * @throws LocalProtocolError when these relays cannot be used (RLY-1)
 */
export function firstRelay(relays: readonly RelayOptions[]): MsrpUri {
  const [first] = relays.map(relayUri)
  if (first === undefined || relays.length > MAX_RELAYS) throw new LocalProtocolError('bad-relays', `There are 1 to ${MAX_RELAYS} relays`)
  return first
}

function relayUri({ uri: text, username, expires = 0 }: RelayOptions): MsrpUri {
  const uri = parseMsrpUri(text)
  if (uri === undefined || (uri.transport !== 'tcp' && uri.transport !== 'ws')) {
    throw new LocalProtocolError('bad-relay', `${text} is no URI of an MSRP relay`)
  }
  if (!uri.secure) throw new LocalProtocolError('insecure-relay', 'Relays are used over TLS only (RFC 4976 §9.2)')
  if (uri.port === undefined && parseHost(uri.host) !== undefined) {
    throw new LocalProtocolError('bad-relay', `${text} needs a port, as all addresses do (RFC 4976 §8)`)
  }
  if (hasLineBreak(username)) throw new LocalProtocolError('bad-relay', 'A user name has no line breaks')
  if (!Number.isSafeInteger(expires) || expires < 0) throw new LocalProtocolError('bad-relay', 'Expires is a whole number of seconds')
  return uri
}
