import { equalFold, follow, parseMediaType, type Table } from '../wire/index.js'
import type { Connection } from './connection.js'
import type { Context } from './context.js'
import type { SessionOptions } from './endpoint-types.js'
import { Incoming } from './incoming-message.js'
import { RELAY_CHUNK_SIZE, SHORT_CHUNK } from './limits.js'
import type { Outgoing } from './outgoing-message.js'
import { parsePath } from './path.js'
import type { ResponseTemplate } from './response-template.js'
import { equalMsrpUris, type MsrpUri } from './uri.js'

/** `waiting` is a passive session that nobody has bound yet, `binding` an active one whose first request is not answered. */
export type SessionState = 'waiting' | 'connecting' | 'binding' | 'bound' | 'failed'
/** `request`: a valid request of the peer. `answer`: our first request was answered. */
export type SessionEvent = 'connected' | 'request' | 'answer' | 'fail'
export type SessionAction =
  | 'stop-bind-timer'
  /** send the first chunk or a bodiless SEND (CON-12) */
  | 'say-hello'
  | 'emit-bound'
  /** a passive side may send from now on (CON-13), an active one behind relays too */
  | 'begin-sending'
  /** watch for silence (CON-19) */
  | 'keep-alive'

/** Life of one MSRP session: one m-line, one file (RFC 4975 §5.4, RFC 6135). */
export const SESSION_TABLE: Table<SessionState, SessionEvent, SessionAction> = {
  waiting: {
    request: { to: 'bound', do: ['stop-bind-timer', 'emit-bound', 'keep-alive', 'begin-sending'] },
    fail: { to: 'failed', do: ['stop-bind-timer'] },
  },
  connecting: {
    connected: { to: 'binding', do: ['stop-bind-timer', 'say-hello'] },
    fail: { to: 'failed', do: ['stop-bind-timer'] },
  },
  binding: {
    answer: { to: 'bound', do: ['emit-bound', 'keep-alive', 'begin-sending'] },
    request: { to: 'bound', do: ['emit-bound', 'keep-alive', 'begin-sending'] },
    fail: { to: 'failed', do: [] },
  },
  bound: {
    request: { to: 'bound', do: [] },
    answer: { to: 'bound', do: [] },
    fail: { to: 'failed', do: [] },
  },
  failed: {},
}

/** Containers that every endpoint takes (RFC 4975 §7.3.1, RFC 8551 for signed ones; MSRP-60). */
const ALWAYS_ACCEPTED: readonly string[] = ['multipart/mixed', 'multipart/alternative', 'multipart/signed']

export class Session {
  readonly id: string
  readonly localUri: string
  options: SessionOptions
  readonly incoming: Incoming | undefined
  /** The peer's path as it stands in To-Path; empty until the first request when it was not known (offerer without answer). */
  remotePath: string
  state: SessionState
  connection: Connection | undefined
  outgoing: Outgoing | undefined
  /** The response to an earlier request, whose target was found fit to be written into another one. */
  response: ResponseTemplate | undefined
  /** `pause` came before `send`. */
  isPaused = false
  readonly #context: Context
  #peer: MsrpUri | undefined
  /** From-Path that was found equal to the peer's path, so that it need not be read again. */
  #knownFromPath: string
  #knownType = ''
  #knownTypeAccepted = false

  /** @param uri `options.localUri`, read */
  constructor(
    context: Context,
    options: SessionOptions,
    readonly uri: MsrpUri & { readonly sessionId: string },
    remotePath: readonly MsrpUri[],
  ) {
    this.#context = context
    this.id = uri.sessionId
    this.options = options
    this.localUri = options.localUri
    this.remotePath = options.remotePath.join(' ')
    this.#peer = remotePath.at(-1)
    this.#knownFromPath = options.remotePath.at(-1) ?? ''
    this.state = options.role === 'active' ? 'connecting' : 'waiting'
    this.incoming = options.direction === 'receive' ? new Incoming(context, this) : undefined
  }

  /** Whether its requests can go out now. */
  get isUsable(): boolean {
    return (this.state === 'binding' || this.state === 'bound') && this.connection?.isOpen === true
  }

  /** Whether requests reach the peer through relays, its or ours: 200s then come from the first of them (RLY-7). */
  get isRelayed(): boolean {
    return this.remotePath.includes(' ')
  }

  /** Longest body of the next chunk of its message; relays get short ones, unless the application knows better. */
  chunkSize({ growth }: Outgoing): number {
    const chunkSize = this.#context.settings.chunkSize ?? growth.size
    return Math.max(SHORT_CHUNK, this.options.chunkSize ?? (this.isRelayed ? Math.min(chunkSize, RELAY_CHUNK_SIZE) : chunkSize))
  }

  /** The own relays are passed first (RFC 4976 §5.1, RLY-3). A path that was learned from a request has them already. */
  goThrough(usePath: readonly string[]): void {
    if (this.options.remotePath.length > 0) this.remotePath = [...usePath, ...this.options.remotePath].join(' ')
  }

  /** @param usePath own relays, nearest first */
  reroute(remotePath: readonly string[], usePath: readonly string[]): void {
    this.options = { ...this.options, remotePath }
    this.goThrough(usePath)
  }

  /** The keep-alive timer fired: it is only moved when it fires, not with every octet (CON-19). */
  checkSilence(): void {
    const connection = this.connection as Connection
    const { now, settings, timers } = this.#context
    const due = connection.activeAt + settings.limits.keepAlive
    if (now >= due) connection.sendEmpty(this)
    timers.start(`keep/${this.id}`, now >= due ? now + settings.limits.keepAlive : due)
  }

  /** Nothing that can still happen in it is worth telling. */
  isSettled(byPeer: boolean): boolean {
    return this.outgoing?.isSettled(byPeer) ?? this.incoming?.isSettled ?? false
  }

  /** Whether the request comes from the peer of this session: the right-most URIs are equal (CON-15). */
  comesFromPeer(fromPath: string): boolean | 'malformed' {
    if (fromPath === this.#knownFromPath && this.#peer !== undefined) return true
    const path = parsePath(fromPath)
    const from = path?.at(-1)
    if (from === undefined) return 'malformed'
    if (this.#peer === undefined) {
      this.#peer = from
      this.remotePath = fromPath
    } else if (!equalMsrpUris(from, this.#peer)) return false
    this.#knownFromPath = fromPath
    return true
  }

  /** Whether a payload of this Content-Type may come; parameters do not matter (RFC 4975 §8.6, MSRP-60). */
  accepts(contentType: string): boolean {
    if (contentType === this.#knownType) return this.#knownTypeAccepted
    const media = parseMediaType(contentType)
    const name = media && `${media.type}/${media.subtype}`
    this.#knownType = contentType
    this.#knownTypeAccepted =
      name !== undefined && [...ALWAYS_ACCEPTED, ...this.options.acceptTypes].some(entry => matchesType(entry, name))
    return this.#knownTypeAccepted
  }

  on(event: SessionEvent): void {
    const arrow = follow(SESSION_TABLE, this.state, event)
    if (arrow === undefined) return
    this.state = arrow.to
    for (const action of arrow.do) this.#do(action)
  }

  #do(action: SessionAction): void {
    switch (action) {
      case 'stop-bind-timer':
        return this.#context.timers.stop(`bind/${this.id}`)
      case 'say-hello':
        return this.connection?.sayHello(this)
      case 'emit-bound':
        return this.#context.emit({ type: 'bound', sessionId: this.id, connection: (this.connection as Connection).id })
      case 'begin-sending':
        if (this.outgoing?.isQueued === false) this.connection?.chunker.add(this, this.outgoing)
        return
      case 'keep-alive':
        if (this.options.keepAlive !== true) return
        return this.#context.timers.start(`keep/${this.id}`, this.#context.now + this.#context.settings.limits.keepAlive)
    }
  }
}

/** `message/cpim`, `image/*` or `*`. */
function matchesType(entry: string, name: string): boolean {
  if (entry === '*' || entry === '*/*') return true
  if (entry.endsWith('/*')) return equalFold(entry.slice(0, -1), name.slice(0, entry.length - 1))
  return equalFold(entry, name)
}
