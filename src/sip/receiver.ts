import { Timers } from '../wire/index.js'
import { responseTo } from './build-response.js'
import { checkRequest, checkResponse } from './check-request.js'
import { cseqOf } from './cseq.js'
import { decodeMessage, type MessageLimits } from './decode-message.js'
import type { Flows, Source } from './flows.js'
import { isWebSocket } from './hop.js'
import { asMalformed } from './malformed-message.js'
import type { SipMessage, SipRequest } from './message.js'
import { type FramedEvent, StreamFramer } from './stream-framer.js'
import type { FlowId, SipLimits } from './user-agent-types.js'
import { responseAddress, stampReceived, topVia, type Via } from './via.js'

/** What reads and answers messages below the transactions: the core of a user agent or of a proxy. */
export interface ReceivingCore {
  readonly turn: { readonly now: number }
  readonly flows: Flows
  readonly layer: { receive(message: SipMessage, source: Source): void }
  readonly limits: SipLimits
  readonly reading: MessageLimits
  /** Responses to others pass through, so that they have more Vias than ours. */
  readonly forwards?: boolean
  encode(message: SipMessage): Uint8Array
  token(): string
}

/** Turns octets of flows into messages for the transaction layer and answers broken ones (B.1, SIP-36). */
export class Receiver {
  readonly #framers = new Map<FlowId, StreamFramer>()
  /** A message that has begun must end in time (SEC-12). */
  readonly #timers = new Timers()

  constructor(private readonly core: ReceivingCore) {}

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  timeout(): void {
    for (const flow of this.#timers.take(this.core.turn.now)) this.core.flows.close(flow)
  }

  /** The flow is gone, and with it what was read of a message. */
  forget(flow: FlowId): void {
    this.#framers.delete(flow)
    this.#timers.stop(flow)
  }

  stream(flow: FlowId, bytes: Uint8Array): void {
    const { core } = this
    const source = core.flows.source(flow)
    if (source === undefined) return
    if (isWebSocket(source.transport)) return this.#webSocket(source, bytes)
    const framer = this.#framers.get(flow) ?? new StreamFramer(core.reading)
    this.#framers.set(flow, framer)
    for (const event of framer.push(bytes)) this.#framed(source, event)
    if (!framer.partial) this.#timers.stop(flow)
    else if (!this.#timers.has(flow) && core.flows.isOpen(flow)) this.#timers.start(flow, core.turn.now + core.limits.messageTime)
  }

  /** RFC 7118 §6: CRLF pings and pongs exist on WebSocket too, each a message of its own. */
  #webSocket(source: Source, bytes: Uint8Array): void {
    const { keepAlive } = this.core.flows
    const quiet = isKeepAlive(bytes)
    keepAlive.heard(source.flow, quiet && bytes.length === 2)
    if (quiet && bytes.length >= 4) keepAlive.answer(source.flow)
    else this.datagram(source, bytes)
  }

  /** One UDP datagram or WebSocket message. Keep-alives over UDP are not answered. */
  datagram(source: Source, bytes: Uint8Array): void {
    const { core } = this
    if (isKeepAlive(bytes)) return
    try {
      const message = decodeMessage(bytes, 0, bytes.length, core.reading)
      core.flows.traceIn(source, bytes)
      this.#message(message, source)
    } catch (error) {
      const { request, status } = asMalformed(error)
      core.flows.traceIn(source, bytes)
      this.#refuse(request, status, source)
    }
  }

  #framed(source: Source, event: FramedEvent): void {
    const { flows } = this.core
    flows.keepAlive.heard(source.flow, event.type === 'pong')
    if (event.type === 'ping') flows.keepAlive.answer(source.flow)
    else if (event.type === 'message') {
      this.#timers.stop(source.flow)
      flows.traceIn(source, event.bytes)
      this.#message(event.message, source)
    } else if (event.type === 'fault') {
      flows.traceIn(source, event.bytes)
      this.#refuse(event.error.request, event.error.status, source)
      if (event.fatal) flows.close(source.flow)
    }
  }

  #message(message: SipMessage, source: Source): void {
    const { core } = this
    if (message.kind === 'response') {
      // RFC 3261 §18.1.2: a response that is not for us is dropped
      if (checkResponse(message, core.forwards) === undefined) core.layer.receive(message, source)
      return
    }
    // without Via, From, To, Call-ID and CSeq there is no transaction; the rest is checked by the core
    const fault = topVia(message) === undefined || cseqOf(message) === undefined ? checkRequest(message) : undefined
    if (fault !== undefined) this.#refuse(message, fault.status as number, source)
    else {
      stampReceived(message, source.remote)
      core.layer.receive(message, source)
    }
  }

  /** An answer outside any transaction (RFC 3261 §8.2.7). */
  #refuse(request: SipRequest | undefined, status: number, source: Source): void {
    if (request === undefined || request.method === 'ACK') return
    stampReceived(request, source.remote)
    const via = topVia(request)
    if (via === undefined) return
    this.core.flows.respond(source, responseAddress(via), this.core.encode(responseTo(request, status, { toTag: this.core.token() })))
  }

  /** No room for a transaction: say so without keeping anything. */
  overloaded(request: SipRequest, source: Source): void {
    const via = topVia(request) as Via
    const response = responseTo(request, 503, { toTag: this.core.token(), headers: [['Retry-After', '30']] })
    this.core.flows.respond(source, responseAddress(via), this.core.encode(response))
  }
}

function isKeepAlive(bytes: Uint8Array): boolean {
  return bytes.every(byte => byte === 0x0d || byte === 0x0a || byte === 0)
}
