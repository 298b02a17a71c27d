import type { Address, FlowId, NetworkInput, NetworkOptions, NetworkOutput, SipTrace, Transport } from '../sip/index.js'
import { concatBytes, type Machine } from '../wire/index.js'
import { Driver } from './driver.js'
import { type Connection, type Host, HostError } from './host.js'
import { SIP_CONNECTIONS, SIP_QUEUED_OCTETS } from './limits.js'
import { type ListenPlace, SipListeners } from './sip-listeners.js'

type Input<Command> = NetworkInput | { readonly type: 'command'; readonly command: Command }
type Output<Event> = NetworkOutput | { readonly type: 'event'; readonly event: Event }

/** A SIP machine: `UserAgent` or `Proxy`. */
export type SipMachine<Command, Event> = Machine<Input<Command>, Output<Event>>

export interface SipSocketsOptions<Command, Event> {
  readonly host: Host
  /** With none we are reached over connections of our own only (RFC 5626). */
  readonly listen: readonly ListenPlace[]
  /** Makes the machine once it is known where we listen. */
  readonly machine: (network: NetworkOptions) => SipMachine<Command, Event>
  readonly onEvent: (event: Event) => void
  readonly onTrace: (entry: SipTrace) => void
  /** Called each time nothing is left to handle. */
  readonly onRest?: () => void
  /** The machine threw at something from the network: the connection it came over is gone, the rest lives on. */
  readonly onFault?: (error: unknown) => void
  /** Accepted connections in all and from one address (SEC-12); more are ended at once. Default `SIP_CONNECTIONS`. */
  readonly connections?: { readonly total: number; readonly perPeer: number }
}

/** A connection and what is on its way to it. */
interface Carrier {
  readonly connection: Connection
  /** Each write is one message. */
  readonly framed: boolean
  readonly waiting: Uint8Array[]
  queued: number
  onGone: () => void
}

interface Sender {
  readonly flow: FlowId
  readonly remote: Address
}

/** A SIP machine on sockets of the host. */
export class SipSockets<Command, Event> {
  readonly #options: SipSocketsOptions<Command, Event>
  readonly #listeners: SipListeners
  readonly #connections = new Map<FlowId, Carrier>()
  /** Accepted connections by the address they came from. */
  readonly #accepted = new Map<string, number>()
  #acceptedTotal = 0
  /** Those with messages that wait for the end of the turn. */
  readonly #filled = new Set<Carrier>()
  readonly #closing = new AbortController()
  readonly #driver: Driver<Input<Command>, Output<Event>>
  #connectError: HostError | undefined
  #nextFlow = 1
  /** Where the last datagram came from. */
  #sender: Sender | undefined

  /** @throws HostError when an address is taken or is not ours; nothing is left open then */
  static async open<Command, Event>(options: SipSocketsOptions<Command, Event>): Promise<SipSockets<Command, Event>> {
    const inbox: { sockets?: SipSockets<Command, Event> } = {}
    const listeners = await SipListeners.open(options.host, options.listen, {
      connection: (connection, transport) => inbox.sockets?.accept(connection, transport),
      datagram: (bytes, local, remote) => inbox.sockets?.datagram(bytes, local, remote),
      unreachable: (error, remote) => inbox.sockets?.unreachable(error, remote),
    })
    inbox.sockets = new SipSockets(options, listeners)
    return inbox.sockets
  }

  private constructor(options: SipSocketsOptions<Command, Event>, listeners: SipListeners) {
    this.#options = options
    this.#listeners = listeners
    const { host } = options
    const machine = options.machine({
      listening: listeners.listening,
      resolve: host.lookup !== undefined,
      random: host.random,
      ...(host.text !== undefined && { text: host.text }),
      hash: (algorithm, bytes) => host.hash(algorithm, bytes),
    })
    this.#driver = new Driver(machine, host, { type: 'timeout' }, output => this.#handle(output), {
      rest: () => {
        this.#flush()
        options.onRest?.()
      },
      onFault: (error, input) => this.#onFault(error, input),
    })
  }

  /** What listens, in the order asked for, with the ports the system chose. */
  get listening(): NetworkOptions['listening'] {
    return this.#listeners.listening
  }

  /** Why the latest connection of ours did not open; undefined when it did, or when there was none. */
  get connectError(): HostError | undefined {
    return this.#connectError
  }

  command(command: Command): void {
    this.#driver.push({ type: 'command', command })
  }

  /** A connection that somebody else made, for example a pipe in memory, becomes the flow of this name; it does not count as accepted. */
  adopt(flow: FlowId, connection: Connection, transport: Transport): void {
    if (this.#closing.signal.aborted) return connection.destroy()
    this.#adopt(flow, connection, transport)
  }

  /** @internal */
  accept(connection: Connection, transport: Transport): void {
    const { total, perPeer } = this.#options.connections ?? SIP_CONNECTIONS
    const peer = connection.remote.host
    const count = this.#accepted.get(peer) ?? 0
    if (this.#closing.signal.aborted || this.#acceptedTotal >= total || count >= perPeer) return connection.destroy()
    this.#accepted.set(peer, count + 1)
    this.#acceptedTotal++
    this.#adopt(`in-${this.#nextFlow++}`, connection, transport, () => this.#acceptedGone(peer))
  }

  /** @internal */
  datagram(bytes: Uint8Array, local: Address, remote: Address): void {
    const known = this.#sender
    // what a peer began lives for half a minute, so that its messages share one address
    if (remote.host !== known?.remote.host || remote.port !== known.remote.port) this.#sender = { flow: udpFlow(remote), remote }
    const { flow, remote: from } = this.#sender as Sender
    this.#driver.push({ type: 'datagram', flow, local, remote: from, bytes })
  }

  /** @internal */
  unreachable(error: HostError, remote: Address | undefined): void {
    if (remote !== undefined) this.#driver.push({ type: 'closed', flow: udpFlow(remote), error: error.code })
  }

  /** Settles after `milliseconds` of the host's clock. */
  wait(milliseconds: number): Promise<void> {
    return new Promise(resolve => void this.#options.host.after(milliseconds, resolve))
  }

  /** Takes no more connections; those that are open and datagrams go on. */
  stopListening(): Promise<void> {
    return this.#listeners.closeStreams()
  }

  async close(): Promise<void> {
    this.#driver.close()
    this.#closing.abort()
    const gone = [...this.#connections.values()].map(carrier => new Promise<void>(resolve => (carrier.onGone = resolve)))
    for (const { connection } of this.#connections.values()) connection.destroy()
    await Promise.all([this.#listeners.close(), ...gone])
  }

  #acceptedGone(peer: string): void {
    const count = this.#accepted.get(peer) as number
    if (count === 1) this.#accepted.delete(peer)
    else this.#accepted.set(peer, count - 1)
    this.#acceptedTotal--
  }

  #handle(output: Output<Event>): void {
    switch (output.type) {
      case 'event':
        this.#options.onEvent(output.event)
        break
      case 'write':
        if (output.remote !== undefined) this.#listeners.send(output.bytes, output.remote)
        else this.#write(output.flow, output.bytes)
        break
      case 'connect':
        void this.#connect(output)
        break
      case 'resolve':
        void this.#resolve(output)
        break
      case 'close':
        this.#flush()
        this.#connections.get(output.flow)?.connection.end()
        break
      case 'trace':
        this.#options.onTrace(output.entry)
    }
  }

  #onFault(error: unknown, input: Input<Command>): boolean {
    if (input.type === 'command') return false
    if ('flow' in input) this.#connections.get(input.flow)?.connection.destroy()
    this.#options.onFault?.(error)
    return true
  }

  #write(flow: FlowId, bytes: Uint8Array): void {
    const carrier = this.#connections.get(flow)
    if (carrier === undefined) return
    carrier.queued += bytes.length
    if (carrier.queued > SIP_QUEUED_OCTETS) {
      this.#filled.delete(carrier)
      carrier.connection.destroy()
    }
    // RFC 7118 §5: a WebSocket message is one SIP message
    else if (carrier.framed) carrier.connection.write([bytes])
    else {
      carrier.waiting.push(bytes)
      this.#filled.add(carrier)
    }
  }

  /** What one turn says on a stream leaves in one piece: 100, 180 and 200 of a quick answer, or the answers to all messages of one read. */
  #flush(): void {
    for (const { connection, waiting } of this.#filled) {
      const [first] = waiting
      connection.write([waiting.length === 1 ? (first as Uint8Array) : concatBytes(...waiting)])
      waiting.length = 0
    }
    this.#filled.clear()
  }

  async #resolve({ id, name, kind }: Extract<NetworkOutput, { type: 'resolve' }>): Promise<void> {
    const { host } = this.#options
    const records = await (host.lookup?.(name, kind) ?? Promise.resolve([])).catch(() => [])
    this.#driver.push({ type: 'resolved', id, records })
  }

  async #connect({ flow, transport, remote, domain }: Extract<NetworkOutput, { type: 'connect' }>): Promise<void> {
    if (transport === 'udp') {
      this.#driver.push({ type: 'closed', flow, error: 'network' })
      return
    }
    try {
      const { signal } = this.#closing
      const names = { ...(domain === undefined ? {} : { serverName: domain }), protocol: 'sip' }
      const connection = await this.#options.host.connect({ transport, host: remote.host, port: remote.port, ...names, signal })
      if (signal.aborted) return connection.destroy()
      this.#connectError = undefined
      this.#adopt(flow, connection, transport)
    } catch (error) {
      this.#connectError = error instanceof HostError ? error : new HostError('network', 'It failed.')
      this.#driver.push({ type: 'closed', flow, error: this.#connectError.code })
    }
  }

  #adopt(flow: FlowId, connection: Connection, transport: Transport, gone?: () => void): void {
    const carrier: Carrier = { connection, framed: transport === 'ws' || transport === 'wss', waiting: [], queued: 0, onGone: () => {} }
    this.#connections.set(flow, carrier)
    this.#driver.push({ type: 'opened', flow, transport, local: connection.local, remote: connection.remote })
    connection.start({
      // a copy, which `slice` of a Buffer is not
      onBytes: bytes => this.#driver.push({ type: 'bytes', flow, bytes: new Uint8Array(bytes) }),
      onWritten: length => {
        carrier.queued -= length
      },
      onClosed: error => {
        this.#connections.delete(flow)
        gone?.()
        carrier.onGone()
        this.#driver.push({ type: 'closed', flow, ...(error === undefined ? {} : { error: error.code }) })
      },
    })
  }
}

function udpFlow(remote: Address): FlowId {
  return `udp/${remote.host}:${remote.port}`
}
