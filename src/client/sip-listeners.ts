import type { Address, NetworkOptions, Transport } from '../sip/index.js'
import type { Connection, DatagramSocket, Host, HostError, Listener } from './host.js'
import { DATAGRAM_PEERS } from './limits.js'

/** One address and port; UDP and one kind of stream share it. */
export interface ListenPlace {
  readonly host: string
  /** 0: the system chooses, the same one for UDP and the stream where that is possible. */
  readonly port: number
  readonly transports: readonly Transport[]
  /** What Via, Contact and Record-Route show instead, for a wildcard address or behind a NAT. Its port, when 0, is the one we listen on. */
  readonly shown?: Address
}

export interface ListenEvents {
  connection(connection: Connection, transport: Transport): void
  datagram(bytes: Uint8Array, local: Address, remote: Address): void
  unreachable(error: HostError, remote: Address | undefined): void
}

interface Bound {
  readonly socket: DatagramSocket
  /** What we say of ourselves there. */
  readonly shown: Address
}

/** The sockets that wait for peers, at several places. */
export class SipListeners {
  readonly listening: NetworkOptions['listening'][number][] = []
  readonly #streams: Listener[] = []
  readonly #sockets: Bound[] = []
  /** Which of several datagram sockets a peer wrote to, newest last: answers leave there (RFC 3261 §18.2.2). */
  readonly #heardAt = new Map<string, Bound>()

  /** @throws HostError when an address is taken or is not ours; nothing is left open then */
  static async open(host: Host, places: readonly ListenPlace[], events: ListenEvents): Promise<SipListeners> {
    const listeners = new SipListeners(events)
    try {
      for (const place of places) await listeners.#open(host, place)
    } catch (error) {
      await listeners.close()
      throw error
    }
    return listeners
  }

  private constructor(private readonly events: ListenEvents) {}

  send(bytes: Uint8Array, remote: Address): void {
    const heard = this.#sockets.length > 1 ? this.#heardAt.get(keyOf(remote)) : undefined
    const bound = heard ?? this.#sockets.find(one => sameFamily(one.socket.address, remote)) ?? this.#sockets[0]
    bound?.socket.send(bytes, remote)
  }

  async closeStreams(): Promise<void> {
    await Promise.all(this.#streams.splice(0).map(listener => listener.close()))
  }

  async close(): Promise<void> {
    await Promise.all([this.closeStreams(), ...this.#sockets.splice(0).map(({ socket }) => socket.close())])
  }

  async #open(host: Host, place: ListenPlace): Promise<void> {
    let { port } = place
    for (const transport of place.transports) {
      if (transport === 'udp') continue
      const listener = await host.listen({
        transport,
        protocol: 'sip',
        host: place.host,
        port,
        onConnection: connection => this.events.connection(connection, transport),
      })
      this.#streams.push(listener)
      port = listener.address.port
      this.listening.push({ transport, address: shownAt(place, port) })
    }
    if (place.transports.includes('udp')) await this.#bind(host, place, port)
  }

  async #bind(host: Host, place: ListenPlace, port: number): Promise<void> {
    const box: { bound?: Bound } = {}
    try {
      const socket = await host.bind({
        host: place.host,
        port,
        onDatagram: (bytes, remote) => box.bound && this.#datagram(box.bound, bytes, remote),
        onError: (error, remote) => this.events.unreachable(error, remote),
      })
      box.bound = { socket, shown: shownAt(place, socket.address.port) }
      this.#sockets.push(box.bound)
      this.listening.push({ transport: 'udp', address: box.bound.shown })
    } catch (error) {
      // A port chosen by the system may be taken for datagrams: the stream alone serves then
      if (place.port !== 0 || place.transports.length === 1) throw error
    }
  }

  #datagram(bound: Bound, bytes: Uint8Array, remote: Address): void {
    if (this.#sockets.length > 1) this.#remember(bound, remote)
    this.events.datagram(bytes, bound.shown, remote)
  }

  #remember(bound: Bound, remote: Address): void {
    const key = keyOf(remote)
    this.#heardAt.delete(key)
    const [oldest] = this.#heardAt.keys()
    if (oldest !== undefined && this.#heardAt.size >= DATAGRAM_PEERS) this.#heardAt.delete(oldest)
    this.#heardAt.set(key, bound)
  }
}

function shownAt({ host, shown }: ListenPlace, port: number): Address {
  return shown === undefined ? { host, port } : { host: shown.host, port: shown.port || port }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}

function sameFamily(a: Address, b: Address): boolean {
  return a.host.includes(':') === b.host.includes(':')
}
