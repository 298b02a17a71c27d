import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { type Connection, type ConnectionEvents, type HostAddress, HostError } from '../client/index.js'
import { networkError, systemCode } from './host-errors.js'
import { PING_INTERVAL, UNANSWERED_PINGS } from './limits.js'
import { certificateOf, fingerprintOf } from './peer-certificate.js'
import { plainAddress } from './tcp-connection.js'

/** Status codes of a connection that ended in order: done, going away, none given (RFC 6455 §7.4.1). */
const ORDERLY = new Set([1000, 1001, 1005])

/**
 * An open WebSocket. Every `write` is one binary message in one frame: the views are put together first when they are several, since many servers
 * take fragments badly and a client copies every octet to mask it anyway (RFC 6455 §5.3); with chunks of 64 KiB that is faster than
 * fragments, too (measured). Every message that comes, binary or text, is one `onBytes`.
 */
export class WebSocketConnection implements Connection {
  readonly local: HostAddress
  readonly remote: HostAddress
  readonly #socket: WebSocket
  readonly #certificate: X509Certificate | undefined
  readonly #pings: NodeJS.Timeout
  #events: ConnectionEvents | undefined
  /** Messages of the last read that came while paused: bounded by one read of the socket. */
  readonly #inbox: Uint8Array[] = []
  #paused = false
  #delivering = false
  /** Pings since something came. */
  #unanswered = 0
  #ended = false
  #destroyed = false
  #closed = false
  #told = false
  #error: HostError | undefined

  /** @param socket open, and nothing read from it yet */
  constructor(socket: WebSocket, transport: Socket, onClosed: () => void) {
    this.#socket = socket
    this.#certificate = certificateOf(transport)
    this.local = { host: plainAddress(transport.localAddress), port: transport.localPort ?? 0 }
    this.remote = { host: plainAddress(transport.remoteAddress), port: transport.remotePort ?? 0 }
    socket.pause()
    socket.on('message', (data: Buffer) => this.#received(new Uint8Array(data.buffer, data.byteOffset, data.length)))
    socket.on('pong', () => this.#hear())
    socket.on('ping', () => this.#hear())
    socket.on('error', error => {
      if (!this.#destroyed) this.#error ??= webSocketError(error)
    })
    socket.on('close', status => {
      clearInterval(this.#pings)
      this.#closed = true
      if (!this.#ended && !ORDERLY.has(status)) this.#error ??= new HostError('connection-lost', `The WebSocket was closed (${status}).`)
      onClosed()
      this.#deliver()
    })
    this.#pings = setInterval(() => this.#ping(), PING_INTERVAL)
    this.#pings.unref()
  }

  peerFingerprint(algorithm: string): Uint8Array | undefined {
    return fingerprintOf(this.#certificate, algorithm)
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    if (this.#closed) queueMicrotask(() => this.#deliver())
    else this.#read()
  }

  write(views: readonly Uint8Array[]): void {
    if (this.#ended || this.#closed) return
    const message = views.length === 1 ? (views[0] as Uint8Array) : Buffer.concat(views)
    if (message.length === 0) return
    const { length } = message
    this.#socket.send(message, { binary: true }, error => {
      if (!error && !this.#destroyed) this.#events?.onWritten(length)
    })
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#deliver()
    this.#read()
  }

  end(): void {
    this.closeWith(1000)
  }

  closeWith(status: number): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    this.#socket.close(status)
  }

  destroy(): void {
    if (this.#closed) return
    this.#ended = true
    this.#destroyed = true
    this.#inbox.length = 0
    this.#socket.terminate()
  }

  /** Like `destroy`, but the user of the connection is told why. */
  fail(error: HostError): void {
    this.#error ??= error
    this.destroy()
  }

  #received(message: Uint8Array): void {
    this.#hear()
    if (this.#destroyed || message.length === 0) return
    this.#inbox.push(message)
    this.#deliver()
  }

  #deliver(): void {
    if (this.#events === undefined || this.#delivering) return
    this.#delivering = true
    while (!this.#paused && !this.#destroyed) {
      const message = this.#inbox.shift()
      if (message === undefined) break
      this.#events.onBytes(message)
    }
    this.#delivering = false
    if (!this.#closed || this.#told || this.#inbox.length > 0) return
    this.#told = true
    this.#events.onClosed(this.#error)
  }

  #read(): void {
    if (this.#events !== undefined && !this.#paused && !this.#destroyed) this.#socket.resume()
  }

  #hear(): void {
    this.#unanswered = 0
  }

  /**
   * A peer of whom nothing came for some pings is gone (WS-4). What we do not read is no fault of it, nor a ping that is still queued behind
   * messages. Sent while paused too: a peer that holds back its own data hears from us by our pings only.
   */
  #ping(): void {
    if (this.#paused || this.#events === undefined || this.#socket.bufferedAmount > 0) this.#unanswered = 0
    if (this.#unanswered === UNANSWERED_PINGS) return this.fail(new HostError('connection-lost', 'The peer answers no ping.'))
    this.#unanswered++
    if (!this.#ended) this.#socket.ping()
  }
}

/** The peer broke RFC 6455, or the connection under it broke. */
export function webSocketError(error: unknown): HostError {
  const code = systemCode(error)
  if (code.startsWith('WS_ERR')) return new HostError('connection-lost', `The peer broke the WebSocket protocol (${code}).`)
  return networkError(error, 'The WebSocket failed')
}
