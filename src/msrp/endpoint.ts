import { LocalProtocolError, type Machine, Timers } from '../wire/index.js'
import { Authorization, firstRelay } from './authorization.js'
import { ConnectionPool } from './connection-pool.js'
import type { Context, Settings, TimerKind, TimerName } from './context.js'
import type {
  AuthorizationOptions,
  EndpointEvent,
  EndpointInput,
  EndpointOptions,
  EndpointOutput,
  FailureCause,
  OutgoingMessage,
  SessionOptions,
} from './endpoint-types.js'
import { BLOCK_SIZE, DEFAULT_LIMITS, SHORT_CHUNK, WINDOW } from './limits.js'
import { Outgoing } from './outgoing-message.js'
import { parsePath } from './path.js'
import { Session } from './session.js'
import { relayTarget, sessionTarget } from './target.js'
import { TokenSource } from './token-source.js'
import { equalMsrpUris, parseMsrpUri } from './uri.js'

/**
 * All MSRP sessions and connections of one client (RFC 4975): one machine, because connections are shared between sessions.
 * `step` throws `LocalProtocolError` for inputs that break the contract in `endpoint-types.ts`, never for anything a peer sent.
 */
export class Endpoint implements Machine<EndpointInput, EndpointOutput> {
  readonly #settings: Settings
  readonly #timers = new Timers<TimerName>()
  readonly #context: Context
  #now = 0
  readonly #sessions = new Map<string, Session>()
  /** By the text of their own URI, which is what To-Path usually says. */
  readonly #sessionsByUri = new Map<string, Session>()
  /** By session-id. */
  readonly #authorizations = new Map<string, Authorization>()
  readonly #connections: ConnectionPool
  readonly #progressed = new Set<Session>()
  #transport: EndpointOutput[] = []
  #outputs: EndpointOutput[] = []

  constructor(options: EndpointOptions) {
    // a smaller window could never fill the first chunk
    const window = Math.max(SHORT_CHUNK, options.window ?? WINDOW)
    this.#settings = {
      limits: { ...DEFAULT_LIMITS, ...options.limits },
      random: options.random,
      hash: options.hash,
      chunkSize: options.chunkSize,
      blockSize: Math.max(1, Math.min(window, options.blockSize ?? BLOCK_SIZE)),
      window,
      budget: options.budget,
      slowPeers: options.slowPeers ?? false,
      trace: options.trace ?? false,
    }
    this.#context = this.#share(new TokenSource(options.random))
    this.#connections = new ConnectionPool(this.#context)
  }

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  step(input: EndpointInput, now: number): EndpointOutput[] {
    this.#now = now
    this.#take(input)
    this.#connections.flush()
    for (const session of this.#progressed) this.#emitProgress(session)
    // transport first: a driver that answers an event with another step at once must not get the writes out of order
    const outputs = this.#transport.length === 0 ? this.#outputs : [...this.#transport, ...this.#outputs]
    this.#outputs = []
    if (this.#transport.length > 0) this.#transport = []
    return outputs
  }

  /** It is not stepped any more: leaves its part of the budget to others. */
  close(): void {
    this.#connections.stop()
  }

  /** What sessions and connections may use of this endpoint. */
  #share(tokens: TokenSource): Context {
    const now = (): number => this.#now
    return {
      get now() {
        return now()
      },
      settings: this.#settings,
      timers: this.#timers,
      tokens,
      output: output => this.#output(output),
      emit: event => this.#emit(event),
      progress: session => void this.#progressed.add(session),
      fail: (session, cause, status, comment) => this.#fail(session, cause, status, comment),
      findSession: toPath => this.#findSession(toPath),
    }
  }

  #output(output: EndpointOutput): void {
    const isTransport = output.type === 'write' || output.type === 'close' || output.type === 'connect'
    if (isTransport) this.#transport.push(output)
    else this.#outputs.push(output)
  }

  #emit(event: EndpointEvent): void {
    if (this.#progressed.size > 0 && event.type !== 'body') {
      const session = this.#sessions.get(event.sessionId)
      if (session !== undefined && this.#progressed.has(session)) this.#emitProgress(session)
    }
    this.#outputs.push({ type: 'event', event })
  }

  #fail(session: Session, cause: FailureCause, status?: number, comment?: string): void {
    if (session.state === 'failed') return
    const isSettled = session.isSettled(cause === 'refused')
    this.#end(session)
    if (isSettled) return
    const details = { ...(status !== undefined && { status }), ...(comment !== undefined && comment !== '' && { comment }) }
    this.#emit({ type: 'failed', sessionId: session.id, cause, ...details })
  }

  #findSession(toPath: string): Session | 'malformed' | undefined {
    const known = this.#sessionsByUri.get(toPath)
    if (known !== undefined) return known
    const path = parsePath(toPath)
    const uri = path?.[0]
    if (path === undefined || uri === undefined) return 'malformed'
    if (path.length > 1) return undefined // we are no relay (RFC 4975 §7.3, CON-14)
    if (uri.sessionId === undefined) return 'malformed'
    const session = this.#sessions.get(uri.sessionId)
    return session !== undefined && equalMsrpUris(session.uri, uri) ? session : undefined
  }

  #take(input: EndpointInput): void {
    switch (input.type) {
      case 'authorize':
        return this.#authorize(input.authorization)
      case 'add-session':
        return this.#addSession(input.session)
      case 'remove-session':
        return this.#remove(input.sessionId)
      case 'timeout':
        for (const name of this.#timers.take(this.#now)) this.#onTimeout(name)
        return
      case 'accepted':
        return this.#connections.accept(input.connection)
      case 'connected':
      case 'bytes':
      case 'written':
      case 'closed':
        return this.#takeTransport(input)
      default:
        return this.#takeSession(input)
    }
  }

  #takeTransport(input: EndpointInput & { type: 'connected' | 'bytes' | 'written' | 'closed' }): void {
    const connection = this.#connections.get(input.connection)
    if (connection === undefined) return // it ended in the meantime
    switch (input.type) {
      case 'connected':
        return connection.onConnected()
      case 'bytes':
        return connection.onBytes(input.bytes)
      case 'written':
        return connection.onWritten(input.length)
      case 'closed':
        return connection.onClosed(input.error)
    }
  }

  #takeSession(input: EndpointInput & { type: 'reroute' | 'send' | 'data' | 'abort' | 'pause' | 'continue' | 'verdict' }): void {
    const session = this.#sessions.get(input.sessionId)
    if (session === undefined) return // it was removed in the meantime
    switch (input.type) {
      case 'reroute':
        return session.reroute(input.remotePath, this.#authorizations.get(session.id)?.usePath ?? [])
      case 'send':
        return this.#send(session, input.message)
      case 'data':
        session.outgoing?.data(input.offset, input.bytes)
        return session.connection?.wake()
      case 'abort':
        return this.#abort(session)
      case 'pause':
      case 'continue':
        return this.#pause(session, input.type)
      case 'verdict':
        return this.#verdict(session, input.messageId, input.status, input.comment)
    }
  }

  /** Asks relays to act for a session (RFC 4976 §5.1). */
  #authorize(options: AuthorizationOptions): void {
    const uri = parseMsrpUri(options.localUri)
    if (uri?.sessionId === undefined || !uri.secure) {
      throw new LocalProtocolError('bad-uri', `${options.localUri} is no msrps URI of a session`)
    }
    if (this.#authorizations.has(uri.sessionId) || this.#sessions.has(uri.sessionId)) {
      throw new LocalProtocolError('session-exists', 'There is already a session with this session-id')
    }
    const target = relayTarget(options, firstRelay(options.relays))
    const connection = this.#connections.open(target, this.#settings.limits.ownRelayLinger)
    this.#authorizations.set(uri.sessionId, new Authorization(this.#context, uri.sessionId, connection, options))
  }

  #addSession(options: SessionOptions): void {
    const uri = parseMsrpUri(options.localUri)
    if (uri?.sessionId === undefined) throw new LocalProtocolError('bad-uri', `${options.localUri} is no MSRP URI of a session`)
    if (this.#sessions.has(uri.sessionId)) throw new LocalProtocolError('session-exists', 'There is already a session with this session-id')
    const path = options.remotePath.length === 0 ? [] : parsePath(options.remotePath.join(' '))
    const target = sessionTarget(options, path?.[0])
    const session = new Session(this.#context, options, { ...uri, sessionId: uri.sessionId }, path ?? [])
    this.#sessions.set(session.id, session)
    this.#sessionsByUri.set(session.localUri, session)
    const authorization = this.#authorizations.get(session.id)
    if (path === undefined || (options.role === 'active' && path.length === 0)) return this.#fail(session, 'connection-refused')
    this.#timers.start(`bind/${session.id}`, this.#now + this.#settings.limits.bind)
    if (authorization !== undefined) return this.#attachToRelay(session, authorization)
    if (options.role === 'passive') return
    if (target === undefined) return this.#fail(session, 'connection-refused') // nowhere to connect to
    const { linger, foreignRelayLinger } = this.#settings.limits
    this.#connections.open(target, path.length > 1 ? foreignRelayLinger : linger).attach(session)
  }

  /** Behind a relay of ours that is where to connect, whatever the role (RFC 6135 §4.5, CON-24). */
  #attachToRelay(session: Session, authorization: Authorization): void {
    if (!authorization.isAuthorized) return this.#fail(session, 'connection-lost') // RLY-9
    authorization.session = session
    session.goThrough(authorization.usePath)
    authorization.connection.attach(session)
  }

  #remove(sessionId: string): void {
    const session = this.#sessions.get(sessionId)
    if (session !== undefined) this.#removeSession(session)
    const authorization = this.#authorizations.get(sessionId)
    if (authorization === undefined) return
    authorization.stop()
    authorization.connection.release(authorization)
    this.#authorizations.delete(sessionId)
  }

  #removeSession(session: Session): void {
    this.#end(session)
    session.connection?.detach(session)
    this.#sessions.delete(session.id)
    this.#sessionsByUri.delete(session.localUri)
    this.#progressed.delete(session)
  }

  /** Nothing more goes out for this session; it stays known until it is removed. */
  #end(session: Session): void {
    session.on('fail')
    session.outgoing?.on('fail')
    session.connection?.transactions.forget(session)
    for (const kind of ['hello', 'report', 'idle', 'keep'] as const) this.#timers.stop(`${kind}/${session.id}`)
  }

  #send(session: Session, message: OutgoingMessage): void {
    if (session.state === 'failed') return
    if (session.options.direction !== 'send') throw new LocalProtocolError('wrong-direction', 'This session only receives')
    if (session.outgoing !== undefined) throw new LocalProtocolError('second-message', 'A session carries one file (OA-60)')
    session.outgoing = new Outgoing(this.#context, session, message)
    if (session.isPaused) session.outgoing.on('pause')
    const mayBegin = session.isUsable && (session.state === 'bound' || !session.isRelayed)
    if (!mayBegin) return
    session.connection?.chunker.add(session, session.outgoing)
    if (!session.isPaused) this.#timers.stop(`hello/${session.id}`) // the first chunk binds the session
  }

  #abort(session: Session): void {
    session.isPaused = false
    session.outgoing?.on('abort')
    if (session.incoming === undefined) return
    session.incoming.refuse()
    session.connection?.refuse(session.incoming, 413)
  }

  #pause(session: Session, event: 'pause' | 'continue'): void {
    session.isPaused = event === 'pause'
    session.outgoing?.on(event)
    session.incoming?.pause(session.isPaused)
  }

  #verdict(session: Session, messageId: string, status: number, comment: string | undefined): void {
    if (session.incoming === undefined) return
    session.incoming.verdict(messageId, status, comment)
    if (session.incoming.state === 'refused') session.connection?.refuse(session.incoming, status)
  }

  #onTimeout(name: TimerName): void {
    const slash = name.indexOf('/')
    const kind = name.slice(0, slash) as TimerKind
    const owner = name.slice(slash + 1)
    const session = this.#sessions.get(owner)
    // another timer of the same moment was first
    if (session?.state === 'failed') return
    switch (kind) {
      case 'bind':
        return session && this.#onNotBound(session)
      case 'hello':
        return session?.connection?.sendEmpty(session)
      case 'report':
        // behind relays nothing proves that the peer has anything (RLY-8)
        if (session?.isRelayed === true) return this.#fail(session, 'timeout', 408)
        return session?.outgoing?.on('report-timeout')
      case 'keep':
        return session?.checkSilence()
      case 'auth':
      case 'renew':
        return this.#onLoginTimeout(kind, owner)
      case 'idle':
        session?.incoming?.checkIdle()
        if (session?.incoming?.state === 'abandoned') session.connection?.refuse(session.incoming, 413)
        return
      default:
        return this.#connections.get(owner)?.onTimeout(kind)
    }
  }

  /** @param owner number of the relay, `/` and the session-id */
  #onLoginTimeout(kind: 'auth' | 'renew', owner: string): void {
    const slash = owner.indexOf('/')
    const login = this.#authorizations.get(owner.slice(slash + 1))?.login(Number(owner.slice(0, slash)))
    if (kind === 'auth') login?.onTimeout()
    else login?.on('due')
  }

  /** Nobody bound the passive session, or the connection of the active one did not come about (CON-13). */
  #onNotBound(session: Session): void {
    const connection = session.connection
    this.#fail(session, 'connection-timeout')
    if (connection?.state === 'connecting') connection.giveUp('connection-timeout')
  }

  #emitProgress(session: Session): void {
    this.#progressed.delete(session)
    const outgoing = session.outgoing
    if (outgoing === undefined || session.state === 'failed') return
    const { sent: handed, answered, reported } = outgoing
    this.#outputs.push({ type: 'event', event: { type: 'progress', sessionId: session.id, handed, answered, reported } })
  }
}
