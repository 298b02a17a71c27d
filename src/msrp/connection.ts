import { encodeLatin1, follow, type RemoteProtocolError } from '../wire/index.js'
import type { Authorization } from './authorization.js'
import { AuthQueue } from './auth-queue.js'
import { Chunker, type ChunkerPort } from './chunker.js'
import { CONNECTION_TABLE, type ConnectionAction, type ConnectionEvent, type ConnectionState } from './connection-table.js'
import type { Context, TimerKind, TimerName } from './context.js'
import { Decoder, type DecoderEvents } from './decoder.js'
import { formatEndLine, formatResponse, formatSendHead } from './encode.js'
import type { ConnectionId, FailureCause } from './endpoint-types.js'
import type { Flag, Head } from './head.js'
import type { Incoming } from './incoming-message.js'
import { IncomingRequest } from './incoming-request.js'
import { MAX_WEBSOCKET_MESSAGE } from './limits.js'
import type { ResponseTemplate } from './response-template.js'
import type { Session } from './session.js'
import { Transaction, Transactions } from './transaction.js'
import { Writer } from './writer.js'

/** WebSocket close codes (RFC 6455 §7.4.1). */
const PROTOCOL_ERROR = 1002
const MESSAGE_TOO_BIG = 1009

export interface ConnectionOptions {
  readonly id: ConnectionId
  /** Where it was opened to, for reuse (CON-11); undefined for an accepted one. */
  readonly key: string | undefined
  /** Octets come and go in messages, one request or response in each: WebSocket (WS-2). */
  readonly isFramed: boolean
  readonly linger: number
}

/** One transport connection: decodes what comes in, answers it, and carries our requests for the sessions bound to it. */
export class Connection implements DecoderEvents, ChunkerPort {
  readonly sessions = new Set<Session>()
  readonly authorizations = new Set<Authorization>()
  readonly writer: Writer
  readonly transactions = new Transactions()
  readonly chunker: Chunker
  readonly auths = new AuthQueue(request => this.sendNow(request.text, request.tid))
  readonly id: ConnectionId
  readonly key: string | undefined
  /** How long it stays without users, milliseconds (CON-17, RLY-9). */
  linger: number
  /** When octets last came or went. */
  activeAt: number
  state: ConnectionState
  readonly #decoder: Decoder
  readonly #wake: (connection: Connection) => void
  #request: IncomingRequest | undefined
  #response: Head | undefined
  #rejected = 0
  #hasValidRequest: boolean
  #timedHead: number | undefined
  /** The timer of the responses is as it must be. */
  #watchesAnswers = true
  /** Cause told to the sessions when it ends. */
  #cause: FailureCause = 'connection-lost'
  #incomingHead: Uint8Array | undefined
  #incomingLength = 0
  #wantsClose = false
  #closeCode: number | undefined
  /** Requests and responses that ended within the WebSocket message that is being read. */
  #ended = 0

  /** @param wake called when `flush` is needed before the step ends */
  constructor(
    readonly context: Context,
    { id, key, isFramed, linger }: ConnectionOptions,
    wake: (connection: Connection) => void,
  ) {
    this.id = id
    this.key = key
    this.linger = linger
    this.activeAt = context.now
    this.writer = new Writer(isFramed)
    this.chunker = new Chunker(this)
    this.#wake = wake
    this.#decoder = new Decoder(this, { keepRaw: context.settings.trace })
    this.state = key === undefined ? 'open' : 'connecting'
    this.#hasValidRequest = key !== undefined
    if (key === undefined) this.#start('first', context.settings.limits.firstRequest)
  }

  get isOpen(): boolean {
    return this.state === 'open'
  }

  wake(): void {
    this.#wake(this)
  }

  attach(session: Session): void {
    session.connection = this
    this.sessions.add(session)
    this.context.timers.stop(this.#timer('linger'))
    if (this.isOpen) session.on('connected')
  }

  /** A connection without sessions stays a while for the next one (CON-17). */
  detach(session: Session): void {
    session.connection = undefined
    this.sessions.delete(session)
    this.transactions.forget(session)
    this.#watchIdle()
  }

  /** Relays are asked over this connection to act for a session. */
  use(authorization: Authorization): void {
    this.authorizations.add(authorization)
    this.context.timers.stop(this.#timer('linger'))
    if (this.isOpen) authorization.onConnected()
  }

  release(authorization: Authorization): void {
    this.authorizations.delete(authorization)
    this.#watchIdle()
  }

  /** A valid request of this session came in on this connection (RFC 4975 §5.4). */
  bind(session: Session): void {
    if (!this.#hasValidRequest) this.context.timers.stop(this.#timer('first'))
    this.#hasValidRequest = true
    if (session.connection === undefined) this.attach(session)
    session.on('request')
  }

  /** The active side speaks first (CON-12). */
  sayHello(session: Session): void {
    // some relays open one connection more for each SEND that comes before the first is answered: the file waits for that answer
    if (session.isRelayed) return this.sendEmpty(session)
    if (session.outgoing !== undefined) this.chunker.add(session, session.outgoing)
    if (session.outgoing?.state === 'sending') return
    // the file of a sending session is most likely announced within this turn of the host
    if (session.options.direction === 'send' && session.outgoing === undefined)
      this.context.timers.start(`hello/${session.id}`, this.context.now)
    else this.sendEmpty(session)
  }

  /** SEND without body: binds the session, delivers nothing (RFC 4975 §7.1). */
  sendEmpty(session: Session): void {
    this.activeAt = this.context.now
    const tid = this.context.tokens.next()
    const head = formatSendHead({
      tid,
      toPath: session.remotePath,
      fromPath: session.localUri,
      messageId: this.context.tokens.next(),
      byteRange: { start: 1, end: 0, total: 0 },
    })
    const transaction = new Transaction(tid, session, undefined, true)
    this.transactions.add(transaction)
    const endLine = formatEndLine(tid, '$', false)
    this.chunker.sendNow({ text: head + endLine, endLineLength: endLine.length, flag: '$', transaction })
  }

  /** Sends a whole response or REPORT without body as soon as the open chunk can be ended. */
  sendNow(text: string, tid: string): void {
    this.chunker.sendNow({ text, endLineLength: tid.length + 10, flag: '$', transaction: undefined })
  }

  /** Sends a response 200, which most chunks get. */
  sendOk(tid: string, response: ResponseTemplate): void {
    if (this.isOpen && this.chunker.isBetweenMessages && !this.context.settings.trace) {
      response.write(this.writer, tid)
      this.wake()
    } else this.sendNow(formatResponse(tid, 200, response.toPath, response.fromPath), tid)
  }

  refuse(incoming: Incoming, status: number): void {
    this.#request?.refuse(incoming, status)
  }

  /** CON-17: nobody may try session-ids for long. */
  countRejected(): void {
    if (!this.#hasValidRequest && ++this.#rejected >= this.context.settings.limits.rejectedRequests) this.giveUp()
  }

  giveUp(cause: FailureCause = 'connection-lost'): void {
    this.#on('give-up', cause)
  }

  onConnected(): void {
    this.#on('connected')
  }

  onClosed(error: string | undefined): void {
    const isSecurity = error?.startsWith('tls') === true
    const unopened = error === 'connection-timeout' ? 'connection-timeout' : 'connection-refused'
    this.#on('lost', isSecurity ? 'tls' : this.state === 'connecting' ? unopened : 'connection-lost')
  }

  onBytes(bytes: Uint8Array): void {
    if (this.state !== 'open') return
    this.activeAt = this.context.now
    if (this.writer.isFramed) return this.#takeMessage(bytes)
    this.#decoder.decode(bytes)
    const head = this.#decoder.unfinishedHead
    if (head === this.#timedHead) return
    this.#timedHead = head
    if (head === undefined) this.context.timers.stop(this.#timer('header'))
    else this.#start('header', this.context.settings.limits.header)
  }

  onWritten(length: number): void {
    this.writer.onWritten(length)
    const { limits } = this.context.settings
    for (const transaction of this.transactions.written(this.writer.written, this.context.now + limits.transaction))
      this.#answered(transaction)
    this.#watchesAnswers = false
    this.wake()
  }

  onTimeout(kind: TimerKind): void {
    if (kind === 'answer') {
      for (let late = this.transactions.overdue(this.context.now); late !== undefined; late = this.transactions.overdue(this.context.now)) {
        // RFC 4975 §7.1.1, a local 408 (MSRP-43)
        this.transactions.forget(late.session)
        this.context.fail(late.session, 'timeout', 408)
      }
      this.#watchAnswers()
    } else this.giveUp()
  }

  /** Writes what the step has gathered, then closes if that was asked for. */
  flush(): void {
    if (this.state === 'open') this.chunker.run()
    if (!this.#watchesAnswers) this.#watchAnswers()
    for (const views of this.writer.take()) {
      this.activeAt = this.context.now
      this.context.output({ type: 'write', connection: this.id, views })
    }
    if (!this.#wantsClose) return
    this.#wantsClose = false
    const code = this.#closeCode
    this.context.output({ type: 'close', connection: this.id, ...(code !== undefined && { code }) })
  }

  onHead(head: Head, raw: Uint8Array | undefined): void {
    if (this.writer.isFramed && this.#ended > 0) return this.#breakMessage(PROTOCOL_ERROR)
    this.#incomingHead = raw
    this.#incomingLength = 0
    if (head.method === undefined) this.#response = head
    else {
      this.#request = new IncomingRequest(this.context, this, head)
      this.#request.begin()
    }
  }

  onBody(bytes: Uint8Array): void {
    this.#incomingLength += bytes.length
    this.#request?.body(bytes)
  }

  onEnd(flag: Flag): void {
    this.#ended++
    this.#traceIncoming(flag)
    const request = this.#request
    const response = this.#response
    this.#request = undefined
    this.#response = undefined
    if (request !== undefined) request.end(flag)
    else this.#onResponse(response as Head)
  }

  onBroken(_error: RemoteProtocolError): void {
    if (this.writer.isFramed) this.#breakMessage(PROTOCOL_ERROR)
    else this.giveUp()
  }

  trace(head: string, bodyLength: number, flag: Flag | undefined): void {
    if (!this.context.settings.trace) return
    this.context.output({ type: 'trace', entry: { connection: this.id, direction: 'out', head: encodeLatin1(head), bodyLength, flag } })
  }

  #traceIncoming(flag: Flag | undefined): void {
    const head = this.#incomingHead
    if (head === undefined) return
    this.#incomingHead = undefined
    this.context.output({ type: 'trace', entry: { connection: this.id, direction: 'in', head, bodyLength: this.#incomingLength, flag } })
  }

  /** Meaning of the codes: RFC 4975 §10, MSRP-45. */
  #onResponse(head: Head): void {
    if (this.auths.answer(head)) return
    const transaction = this.transactions.find(head.tid)
    if (transaction === undefined || head.status === undefined || head.status === 0) return
    const isEarly = transaction.end === 0
    const { slowPeers, limits } = this.context.settings
    this.transactions.answered(transaction, slowPeers ? this.context.now + limits.transaction : undefined)
    this.#watchesAnswers = false
    this.wake()
    if (head.status !== 200) {
      this.context.fail(transaction.session, head.status === 408 ? 'timeout' : 'refused', head.status, head.comment)
    } else if (!isEarly) this.#answered(transaction)
  }

  #answered(transaction: Transaction): void {
    const { session, outgoing, length, begun } = transaction
    session.on('answer')
    outgoing?.chunkAnswered(length, this.context.now - begun)
  }

  /** The timer is moved when it fires, not with every response. */
  #watchAnswers(): void {
    this.#watchesAnswers = true
    const name = this.#timer('answer')
    const due = this.transactions.deadline
    if (due === undefined) this.context.timers.stop(name)
    else if (!this.context.timers.has(name)) this.context.timers.start(name, due)
  }

  #on(event: ConnectionEvent, cause: FailureCause = 'connection-lost'): void {
    const arrow = follow(CONNECTION_TABLE, this.state, event)
    if (arrow === undefined) return
    this.state = arrow.to
    this.#cause = cause
    this.wake()
    for (const action of arrow.do) this.#do(action)
  }

  #do(action: ConnectionAction): void {
    switch (action) {
      case 'greet':
        for (const authorization of this.authorizations) authorization.onConnected()
        for (const session of this.sessions) session.on('connected')
        return
      case 'fail-sessions':
        return this.#failSessions()
      case 'close':
        this.chunker.finish()
        this.#wantsClose = true
        return
      case 'drop': {
        const open = this.chunker.stop()
        if (open !== undefined) this.trace(open.head, open.bodyLength, undefined)
      }
    }
  }

  #failSessions(): void {
    this.#decoder.stop()
    this.#traceIncoming(undefined)
    for (const kind of ['answer', 'header', 'linger', 'first'] as const) this.context.timers.stop(this.#timer(kind))
    this.auths.clear()
    for (const authorization of this.authorizations) authorization.onLost(this.#cause)
    for (const session of [...this.sessions]) this.context.fail(session, this.#cause) // RFC 4975 §5.4 (CON-16)
  }

  #watchIdle(): void {
    const isLiving = this.state === 'open' || this.state === 'connecting'
    if (isLiving && this.sessions.size === 0 && this.authorizations.size === 0) this.#start('linger', this.linger)
  }

  /** One WebSocket message: exactly one request or response (RFC 7977 §5.1, WS-2). */
  #takeMessage(bytes: Uint8Array): void {
    if (bytes.length > MAX_WEBSOCKET_MESSAGE) return this.#breakMessage(MESSAGE_TOO_BIG)
    this.#ended = 0
    this.#decoder.decode(bytes)
    if (this.isOpen && (this.#ended !== 1 || this.#decoder.isInside)) this.#breakMessage(PROTOCOL_ERROR)
  }

  #breakMessage(code: number): void {
    this.#closeCode = code
    this.giveUp()
  }

  #timer(kind: TimerKind): TimerName {
    return `${kind}/${this.id}`
  }

  #start(kind: TimerKind, wait: number): void {
    this.context.timers.start(this.#timer(kind), this.context.now + wait)
  }
}
