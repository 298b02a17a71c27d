import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { type Connection, type ConnectionEvents, type HostAddress, HostError } from '../client/index.js'
import { readSecureInto } from './accepted-socket.js'
import type { BlockReceiver } from './block-receiver.js'
import { networkError } from './host-errors.js'
import { END_TIMEOUT } from './limits.js'
import { certificateOf, fingerprintOf } from './peer-certificate.js'

/**
 * A connected TCP or TLS socket. With a `BlockReceiver` octets are read into reused blocks: a `FileSink` of this host holds them itself
 * until written, any other receiver has them only during `onBytes`. Without one every read has memory of its own. `accepted`: the TLS socket was
 * not made to read into blocks; it is taught to, or what it read is copied there.
 */
export class TcpConnection implements Connection {
  readonly local: HostAddress
  readonly remote: HostAddress
  readonly #socket: Socket
  readonly #receiver: BlockReceiver | undefined
  readonly #accepted: boolean
  #events: ConnectionEvents | undefined
  #paused = false
  #ended = false
  #destroyed = false
  #closed = false
  #error: HostError | undefined
  /** Taken at once: a closed socket has none any more. */
  readonly #certificate: X509Certificate | undefined

  constructor(socket: Socket, receiver: BlockReceiver | undefined, onClosed: () => void, accepted = false) {
    this.#socket = socket
    this.#receiver = receiver
    this.#certificate = certificateOf(socket)
    this.local = { host: plainAddress(socket.localAddress), port: socket.localPort ?? 0 }
    this.remote = { host: plainAddress(socket.remoteAddress), port: socket.remotePort ?? 0 }
    if (receiver !== undefined) receiver.onRoom = () => this.#read()
    socket.on('error', error => {
      // an error after our own destroy is nobody's concern
      if (!this.#destroyed) this.#error ??= networkError(error, 'The connection failed')
    })
    // a resume takes effect in a later tick and starts reading even when it was taken back meanwhile
    socket.on('resume', () => {
      if (!this.#mayRead) socket.pause()
    })
    socket.on('timeout', () => socket.destroy())
    this.#accepted = accepted
    socket.on('close', () => {
      // a record may have come in the same turn as the end
      receiver?.flush()
      this.#closed = true
      receiver?.close()
      onClosed()
      this.#events?.onClosed(this.#error)
    })
  }

  peerFingerprint(algorithm: string): Uint8Array | undefined {
    return fingerprintOf(this.#certificate, algorithm)
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    if (this.#closed) {
      queueMicrotask(() => events.onClosed(this.#error))
      return
    }
    const deliver = (bytes: Uint8Array): void => {
      if (!this.#destroyed) events.onBytes(bytes)
    }
    const receiver = this.#receiver
    if (receiver === undefined)
      this.#socket.on('data', (data: Buffer) => deliver(new Uint8Array(data.buffer, data.byteOffset, data.length)))
    else {
      receiver.onBytes = deliver
      if (this.#accepted && !readSecureInto(receiver, this.#socket)) {
        this.#socket.on('data', (data: Buffer) => {
          if (!receiver.copy(data)) this.#socket.pause()
        })
      }
    }
    this.#read()
  }

  write(views: readonly Uint8Array[]): void {
    if (this.#ended || this.#closed || views.length === 0) return
    let length = 0
    const last = views.length - 1
    if (last > 0) this.#socket.cork()
    for (let index = 0; index < last; index++) {
      const view = views[index] as Uint8Array
      length += view.length
      this.#socket.write(view)
    }
    length += (views[last] as Uint8Array).length
    // one callback a batch: the callbacks come in the order of the writes
    this.#socket.write(views[last] as Uint8Array, error => {
      if (!error && !this.#destroyed) this.#events?.onWritten(length)
    })
    if (last > 0) this.#socket.uncork()
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause()
  }

  resume(): void {
    this.#paused = false
    this.#read()
  }

  end(): void {
    if (this.#ended || this.#closed) return
    this.#ended = true
    // a peer that never closes its half would keep the socket forever
    this.#socket.setTimeout(END_TIMEOUT)
    this.#socket.end()
  }

  destroy(): void {
    if (this.#closed) return
    this.#ended = true
    this.#destroyed = true
    this.#socket.destroy()
  }

  /** Like `destroy`, but the user of the connection is told why. */
  fail(error: HostError): void {
    this.#error ??= error
    this.destroy()
  }

  get #mayRead(): boolean {
    return this.#events !== undefined && !this.#paused && !this.#destroyed && this.#receiver?.hasRoom !== false
  }

  #read(): void {
    if (this.#mayRead) this.#socket.resume()
  }
}

/** `::ffff:192.0.2.1` is how a dual-stack socket shows an IPv4 peer. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return ''
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}

/** Why everything is closed when the host closes. */
export function hostClosed(): HostError {
  return new HostError('aborted', 'The host was closed.')
}
