import { type Connection, type DatagramSocket, type DnsRecords, type HostAddress, HostError, type Listener } from '../client/index.js'
import type { BindOptions, ConnectOptions, ListenOptions } from '../client/index.js'
import { SeededRandom } from './seeded-random.js'
import { VirtualClock } from './virtual-clock.js'
import { objection, type VirtualCertificate } from './virtual-certificate.js'
import { type ConnectionWorld, isSecure, isWebSocket, VirtualConnection } from './virtual-connection.js'

/** Behaviour of a virtual network; every field may be changed while it runs. */
export interface NetworkBehaviour {
  /** One-way delay of streams and datagrams, milliseconds. Default 1. */
  latency: number
  /** Largest piece of a stream that arrives at once; pieces are 1 … split octets. Default 16384. */
  split: number
  /** Probability that a datagram is lost. Default 0. */
  loss: number
  /** Probability that a datagram arrives twice. Default 0. */
  duplication: number
  /** Datagrams get up to this many more milliseconds of delay, each its own: later ones may overtake. Default 0. */
  jitter: number
  /** Called for every datagram sent; false loses it. For targeted loss. */
  passes: ((bytes: Uint8Array, from: HostAddress, to: HostAddress) => boolean) | undefined
}

/** Ports that the system gives when asked for port 0 (RFC 6335 §6), one after the other and round again. */
const EPHEMERAL_PORTS = { first: 49_152, last: 65_535 }

/** Connect timeout when none is given, milliseconds. */
const CONNECT_TIMEOUT = 10_000

/** All hosts of a test, one clock, one seed: the same seed gives the same run. */
export class VirtualNetwork {
  readonly clock = new VirtualClock()
  readonly random: SeededRandom
  readonly behaviour: NetworkBehaviour = { latency: 1, split: 16_384, loss: 0, duplication: 0, jitter: 0, passes: undefined }
  readonly #addresses = new Map<string, VirtualCertificate | undefined>()
  readonly #names = new Map<string, readonly string[]>()
  readonly #records = new Map<string, DnsRecords>()
  readonly #listeners = new Map<string, ListenOptions>()
  readonly #sockets = new Map<string, BindOptions>()
  readonly #connections = new Set<VirtualConnection>()
  readonly #resources = new Map<object, string>()
  #port = EPHEMERAL_PORTS.first

  constructor(seed = 1, behaviour: Partial<NetworkBehaviour> = {}) {
    this.random = new SeededRandom(seed)
    Object.assign(this.behaviour, behaviour)
  }

  /** Lets `milliseconds` of virtual time pass. */
  run(milliseconds: number): Promise<void> {
    return this.clock.run(milliseconds)
  }

  /** Lets time pass until `promise` settles, at most `limit` milliseconds. */
  until<T>(promise: Promise<T>, limit?: number): Promise<T> {
    return this.clock.until(promise, limit)
  }

  /** A DNS name with its addresses, in the order in which they are tried. */
  name(name: string, addresses: readonly string[]): void {
    this.#names.set(name.toLowerCase(), addresses)
  }

  /** What `name` was told, after a round trip. */
  async addresses(name: string): Promise<readonly string[]> {
    await new Promise<void>(resolve => void this.clock.after(2 * this.behaviour.latency, resolve))
    return this.#names.get(name.toLowerCase()) ?? []
  }

  /** NAPTR or SRV records of a DNS name, for hosts that are made with the option `dns`. */
  records(name: string, kind: 'NAPTR' | 'SRV', records: DnsRecords): void {
    this.#records.set(`${kind} ${name.toLowerCase()}`, records)
  }

  /** What `records` was told, after a round trip. */
  async lookup(name: string, kind: 'NAPTR' | 'SRV'): Promise<DnsRecords> {
    await new Promise<void>(resolve => void this.clock.after(2 * this.behaviour.latency, resolve))
    return this.#records.get(`${kind} ${name.toLowerCase()}`) ?? []
  }

  /** Living stream connections; both ends are listed. */
  get connections(): readonly VirtualConnection[] {
    return [...this.#connections]
  }

  /** Resets a connection: both ends get `connection-lost`, what is on its way is lost. */
  cut(connection: Connection): void {
    const end = connection as VirtualConnection
    end.reset()
    end.peer.reset()
  }

  /** What is still open: `tcp 10.0.0.1:5060 > 10.0.0.2:49152`, `websocket …`, `listener …`, `udp …`, `timer …`, `source …`, `sink …`. */
  openResources(): string[] {
    return [...this.#resources.values()]
  }

  /** Counts `owner` among the open resources until the result is called. */
  track(owner: object, name: string): () => void {
    this.#resources.set(owner, name)
    return () => {
      this.#resources.delete(owner)
    }
  }

  /** Makes `address` exist: connecting to it is refused instead of timing out. `certificate` is shown in TLS handshakes, in both roles. */
  join(address: string, certificate?: VirtualCertificate): void {
    this.#addresses.set(address, certificate)
  }

  async connect(from: string, options: ConnectOptions): Promise<Connection> {
    const addresses = isIpAddress(options.host) ? [options.host] : this.#names.get(options.host.toLowerCase())
    if (addresses === undefined) throw new HostError('unknown-host', `No address is known for ${options.host}.`)
    let last: HostError | undefined
    for (const address of addresses) {
      if (options.permits?.(address) === false) {
        last ??= new HostError('forbidden-address', `${options.host} leads to an address that is not allowed.`)
        continue
      }
      const outcome = await this.#connectTo(from, address, options)
      if (outcome instanceof VirtualConnection) return outcome
      last = outcome
      if (outcome.code === 'aborted') break
    }
    throw last ?? new HostError('unknown-host', `${options.host} has no address.`)
  }

  #connectTo(from: string, address: string, options: ConnectOptions): Promise<VirtualConnection | HostError> {
    const to = `${address}:${options.port}`
    return new Promise(resolve => {
      const reachable = this.#addresses.has(address)
      const timeout = options.timeout ?? CONNECT_TIMEOUT
      const onAbort = (): void => settle(new HostError('aborted', `Connecting to ${to} was cancelled.`))
      const settle = (outcome: VirtualConnection | HostError): void => {
        stop()
        options.signal?.removeEventListener('abort', onAbort)
        resolve(outcome)
      }
      const stop = this.clock.after(reachable ? 2 * this.behaviour.latency : timeout, () => {
        if (!reachable) return settle(new HostError('connection-timeout', `${to} did not answer in ${timeout} ms.`))
        const listener = this.#find(this.#listeners, options.transport, address, options.port)
        if (listener === undefined) return settle(new HostError('connection-refused', `Nobody listens at ${to}.`))
        settle(this.#refusal(address, listener, options) ?? this.#join(from, to, listener))
      })
      if (options.signal?.aborted) onAbort()
      else options.signal?.addEventListener('abort', onAbort)
    })
  }

  /** What the TLS or WebSocket handshake fails with. */
  #refusal(address: string, listener: ListenOptions, options: ConnectOptions): HostError | undefined {
    const refused = isSecure(options) ? objection(this.#addresses.get(address), options) : undefined
    if (refused !== undefined) return refused
    // the server takes its own sub-protocol only, the client wants its own back (WS-1)
    if (!isWebSocket(options) || listener.protocol === options.protocol) return undefined
    return new HostError('network', `${options.host}:${options.port} speaks another WebSocket sub-protocol.`)
  }

  #join(from: string, to: string, listener: ListenOptions): VirtualConnection {
    const near = { host: from, port: this.#freePort(from) }
    const far = parseAddress(to)
    const world: ConnectionWorld = {
      clock: this.clock,
      random: this.random,
      latency: this.behaviour.latency,
      split: this.behaviour.split,
      transport: listener.transport,
      onClosed: end => {
        this.#connections.delete(end)
        this.#resources.delete(end)
      },
    }
    const client = new VirtualConnection(near, far, world)
    const server = new VirtualConnection(far, near, world)
    client.peer = server
    server.peer = client
    if (isSecure(listener)) {
      client.peerCertificate = this.#addresses.get(far.host)
      if (listener.requestCertificate) server.peerCertificate = this.#addresses.get(from)
    }
    for (const end of [client, server]) {
      this.#connections.add(end)
      this.track(
        end,
        `${isWebSocket(listener) ? 'websocket' : 'tcp'} ${end.local.host}:${end.local.port} > ${end.remote.host}:${end.remote.port}`,
      )
    }
    this.clock.after(0, () => listener.onConnection(server))
    return client
  }

  async listen(address: string, options: ListenOptions): Promise<Listener> {
    const port = options.port === 0 ? this.#freePort(address) : options.port
    const host = isWildcard(options.host) ? options.host : address
    const keys = isWildcard(options.host) ? [key(options.transport, address, port)] : [key(options.transport, options.host, port)]
    for (const taken of keys) {
      if (this.#listeners.has(taken)) throw new HostError('address-in-use', `${options.host}:${port} is taken.`)
      this.#listeners.set(taken, options)
    }
    const listener: Listener = {
      address: { host, port },
      close: async () => {
        for (const taken of keys) this.#listeners.delete(taken)
        untrack()
      },
    }
    const untrack = this.track(listener, `listener ${options.transport} ${host}:${port}`)
    return listener
  }

  async bind(address: string, options: BindOptions): Promise<DatagramSocket> {
    const port = options.port === 0 ? this.#freePort(address) : options.port
    const taken = key('udp', isWildcard(options.host) ? address : options.host, port)
    if (this.#sockets.has(taken)) throw new HostError('address-in-use', `${options.host}:${port} is taken.`)
    this.#sockets.set(taken, options)
    const socket: DatagramSocket = {
      address: { host: isWildcard(options.host) ? options.host : address, port },
      send: (bytes, remote) => {
        if (this.#sockets.get(taken) === options) this.#sendDatagram(new Uint8Array(bytes), { host: address, port }, remote)
      },
      close: async () => {
        if (this.#sockets.get(taken) === options) this.#sockets.delete(taken)
        untrack()
      },
    }
    const untrack = this.track(socket, `udp ${socket.address.host}:${port}`)
    return socket
  }

  #sendDatagram(bytes: Uint8Array, from: HostAddress, to: HostAddress): void {
    const { behaviour, random } = this
    if (behaviour.passes !== undefined && !behaviour.passes(bytes, from, to)) return
    if (random.chance(behaviour.loss)) return
    const times = random.chance(behaviour.duplication) ? 2 : 1
    for (let time = 0; time < times; time++) {
      const delay = behaviour.latency + (behaviour.jitter > 0 ? random.next() * behaviour.jitter : 0)
      this.clock.after(delay, () => this.#find(this.#sockets, 'udp', to.host, to.port)?.onDatagram(new Uint8Array(bytes), from))
    }
  }

  #freePort(address: string): number {
    const { first, last } = EPHEMERAL_PORTS
    for (let tried = first; tried <= last; tried++) {
      const port = this.#port
      this.#port = port === last ? first : port + 1
      if (!this.#isTaken(address, port)) return port
    }
    throw new HostError('address-in-use', `No port of ${address} is free.`)
  }

  #isTaken(address: string, port: number): boolean {
    const isHere = ({ local }: VirtualConnection): boolean => local.port === port && local.host === address
    const transports = ['tcp', 'tls', 'ws', 'wss']
    if (transports.some(transport => this.#listeners.has(key(transport, address, port)))) return true
    return this.#sockets.has(key('udp', address, port)) || [...this.#connections].some(isHere)
  }

  #find<T>(bound: ReadonlyMap<string, T>, transport: string, address: string, port: number): T | undefined {
    return bound.get(key(transport, address, port))
  }
}

function key(transport: string, address: string, port: number): string {
  return `${transport} ${address}:${port}`
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === ''
}

function isIpAddress(host: string): boolean {
  return host.includes(':') || /^[0-9.]{7,15}$/.test(host)
}

function parseAddress(text: string): HostAddress {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}
