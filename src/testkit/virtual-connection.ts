import { type Connection, type ConnectionEvents, type ConnectOptions, type HostAddress, HostError } from '../client/index.js'
import type { SeededRandom } from './seeded-random.js'
import { fingerprintOf, type VirtualCertificate } from './virtual-certificate.js'
import type { VirtualClock } from './virtual-clock.js'

/** What a pair of connections needs of the world. */
export interface ConnectionWorld {
  readonly clock: VirtualClock
  readonly random: SeededRandom
  /** One-way delay in milliseconds. */
  readonly latency: number
  /** Largest piece that one `onBytes` gets; pieces are 1 … split octets long, at random. */
  readonly split: number
  readonly transport: ConnectOptions['transport']
  /** Called once when an end is closed. */
  readonly onClosed: (connection: VirtualConnection) => void
}

/** Octets the virtual system takes in one direction before it blocks, like the socket buffers of both ends. */
const WINDOW = 256 * 1024

/** Octets of one WebSocket message, as the real host has it. */
const MAX_WS_MESSAGE = 256 * 1024

/** Status of an end without a closing handshake (RFC 6455 §7.4.1). */
const ABNORMAL = 1006

/** Octets over the end of a view, so that a receiver who keeps the view without asking sees garbage. */
const POISON = 0xdd

/** One end of a stream in memory, or of a WebSocket: there what one `write` gets arrives as one piece, whole. */
export class VirtualConnection implements Connection {
  peer!: VirtualConnection
  /** What the peer showed in the TLS handshake. */
  peerCertificate: VirtualCertificate | undefined
  #events: ConnectionEvents | undefined
  /** Views of the writer, not yet taken by the system. */
  #queue: Uint8Array[] = []
  /** Octets taken by the system that the peer has not read. */
  #taken = 0
  /** Pieces that arrived and wait for `start` or `resume`. */
  #inbox: Uint8Array[] = []
  #paused = false
  #delivering = false
  #ending = false
  #endSent = false
  #endReceived = false
  #endError: HostError | undefined
  /** Status that the end has on a WebSocket; undefined: in order. */
  #status: number | undefined
  #closed = false
  #closedError: HostError | undefined
  #told = false

  constructor(
    readonly local: HostAddress,
    readonly remote: HostAddress,
    readonly world: ConnectionWorld,
  ) {}

  get closed(): boolean {
    return this.#closed
  }

  get transport(): ConnectOptions['transport'] {
    return this.world.transport
  }

  /** Goes over TLS. */
  get secure(): boolean {
    return isSecure(this.world)
  }

  peerFingerprint(algorithm: string): Uint8Array | undefined {
    return fingerprintOf(this.peerCertificate, algorithm)
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    this.world.clock.after(0, () => {
      if (this.#closed) this.#tell()
      else this.#deliver()
    })
  }

  write(views: readonly Uint8Array[]): void {
    if (this.#ending || this.#closed) return
    if (!isWebSocket(this.world)) {
      for (const view of views) if (view.length > 0) this.#queue.push(view)
    } else if (!this.#queueMessage(views)) return
    this.#pump()
  }

  /** False when it is too long: the peer closes with 1009 then. */
  #queueMessage(views: readonly Uint8Array[]): boolean {
    const message = new Uint8Array(views.reduce((length, view) => length + view.length, 0))
    let at = 0
    for (const view of views) {
      message.set(view, at)
      at += view.length
    }
    if (at > MAX_WS_MESSAGE) {
      this.reset()
      this.peer.reset()
      return false
    }
    if (at > 0) this.#queue.push(message)
    return true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.world.clock.after(0, () => this.#deliver())
  }

  end(): void {
    if (this.#ending || this.#closed) return
    this.#ending = true
    this.#pump()
  }

  /** WebSocket only: the peer is told that something was wrong. */
  closeWith(status: number): void {
    if (!isWebSocket(this.world) || this.#ending || this.#closed) return
    this.#status = status
    this.end()
  }

  destroy(): void {
    if (this.#closed) return
    // a WebSocket that ends without a closing handshake is a broken one
    if (isWebSocket(this.world) && !this.#ending) this.#status = ABNORMAL
    this.#queue = []
    this.#ending = true
    if (!this.#endSent) this.#sendEnd()
    this.#close(undefined)
  }

  /** Resets the connection: this end learns of it now. */
  reset(): void {
    this.#close(new HostError('connection-lost', `The connection to ${this.remote.host}:${this.remote.port} was reset.`))
  }

  #pump(): void {
    let written = 0
    while (this.#taken < WINDOW) {
      const view = this.#queue[0]
      if (view === undefined) break
      // the system may take a little more than its window: a message goes as a whole
      const length = isWebSocket(this.world)
        ? view.length
        : Math.min(view.length, WINDOW - this.#taken, this.world.random.integer(1, this.world.split))
      // a copy, as the system makes: the writer may reuse its memory after onWritten (slice of a Buffer would be a view)
      const piece = new Uint8Array(view.subarray(0, length))
      if (length === view.length) this.#queue.shift()
      else this.#queue[0] = view.subarray(length)
      this.#taken += length
      written += length
      this.world.clock.after(this.world.latency, () => this.peer.#arrive(piece))
    }
    if (written > 0) {
      this.world.clock.after(0, () => {
        if (!this.#closed) this.#events?.onWritten(written)
      })
    }
    if (this.#ending && !this.#endSent && this.#queue.length === 0) {
      this.#sendEnd()
      if (this.#endReceived) this.#close(this.#endError)
    }
  }

  #sendEnd(): void {
    this.#endSent = true
    const status = this.#status
    this.world.clock.after(this.world.latency, () => this.peer.#arriveEnd(status))
  }

  #arrive(piece: Uint8Array): void {
    if (this.#closed) return
    this.#inbox.push(piece)
    this.#deliver()
  }

  #arriveEnd(status: number | undefined): void {
    if (this.#closed) return
    if (status !== undefined && !this.#ending) this.#endError = new HostError('connection-lost', `The WebSocket was closed (${status}).`)
    this.#endReceived = true
    this.#deliver()
  }

  #deliver(): void {
    if (this.#events === undefined || this.#delivering) return
    this.#delivering = true
    while (!this.#paused && !this.#closed) {
      const piece = this.#inbox.shift()
      if (piece === undefined) break
      this.#events.onBytes(piece)
      piece.fill(POISON)
      this.peer.#read(piece.length)
    }
    this.#delivering = false
    if (this.#endReceived && this.#inbox.length === 0 && !this.#closed) {
      // like a socket that is not half-open: what is queued goes out, then both directions are over
      // nobody would read what is still queued
      if (this.#endError !== undefined) this.#queue = []
      if (this.#endSent) this.#close(this.#endError)
      else this.end()
    }
  }

  /** The peer read this many octets: there is room again. */
  #read(length: number): void {
    this.#taken -= length
    if (!this.#closed) this.#pump()
  }

  #close(error: HostError | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#closedError = error
    this.#queue = []
    this.#inbox = []
    this.world.onClosed(this)
    if (this.#events !== undefined) this.world.clock.after(0, () => this.#tell())
  }

  #tell(): void {
    if (this.#told) return
    this.#told = true
    this.#events?.onClosed(this.#closedError)
  }
}

export function isSecure({ transport }: { readonly transport: ConnectOptions['transport'] }): boolean {
  return transport === 'tls' || transport === 'wss'
}

export function isWebSocket({ transport }: { readonly transport: ConnectOptions['transport'] }): boolean {
  return transport === 'ws' || transport === 'wss'
}
