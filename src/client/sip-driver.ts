import {
  type Address,
  type FlowId,
  type SipTrace,
  type Transport,
  UserAgent,
  type UserAgentCommand,
  type UserAgentEvent,
  type UserAgentInput,
  type UserAgentOptions,
  type UserAgentOutput,
} from '../sip/index.js'
import { concatBytes } from '../wire/index.js'
import { Driver } from './driver.js'
import { type Connection, type DatagramSocket, type Host, HostError, type Listener } from './host.js'
import { SIP_QUEUED_OCTETS } from './limits.js'

export interface SipDriverOptions {
  readonly host: Host
  /** Everything of the user agent but where it listens. */
  readonly agent: Omit<UserAgentOptions, 'listening' | 'random' | 'hash'>
  readonly address: { readonly host: string; readonly port: number }
  /** What to listen for; with none we are reached over connections of our own only (RFC 5626). UDP and TCP share a port. */
  readonly transports: readonly ('udp' | 'tcp' | 'tls')[]
  readonly onEvent: (event: UserAgentEvent) => void
  readonly onTrace: (entry: SipTrace) => void
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

/** The SIP user agent on sockets of the host. */
export class SipDriver {
  readonly address: Address
  /** What others may connect with; undefined when nothing listens. */
  readonly transport: Transport | undefined
  readonly #options: SipDriverOptions
  readonly #listener: Listener | undefined
  readonly #socket: DatagramSocket | undefined
  readonly #connections = new Map<FlowId, Carrier>()
  /** Those with messages that wait for the end of the turn. */
  readonly #filled = new Set<Carrier>()
  readonly #closing = new AbortController()
  readonly #driver: Driver<UserAgentInput, UserAgentOutput>
  #connectError: HostError | undefined
  #nextFlow = 1
  /** Where the last datagram came from. */
  #sender: Sender | undefined

  /** @throws HostError when the address is taken or is not ours */
  static async open(options: SipDriverOptions): Promise<SipDriver> {
    const inbox: { driver?: SipDriver } = {}
    const { host: address, port } = options.address
    const listen = (transport: 'tcp' | 'tls') =>
      options.host.listen({ transport, host: address, port, onConnection: connection => inbox.driver?.accept(connection, transport) })
    const bind = (udpPort: number) =>
      options.host.bind({
        host: address,
        port: udpPort,
        onDatagram: (bytes, remote) => inbox.driver?.datagram(bytes, remote),
        onError: (error, remote) => inbox.driver?.unreachable(error, remote),
      })
    const stream = options.transports.find(transport => transport !== 'udp')
    const listener = stream === undefined ? undefined : await listen(stream)
    let udp: DatagramSocket | undefined
    try {
      if (options.transports.includes('udp')) udp = await bind(listener?.address.port ?? port)
    } catch (error) {
      // A port chosen by the system may be taken for datagrams: TCP alone serves then
      if (port !== 0 || listener === undefined) {
        await listener?.close()
        throw error
      }
    }
    const driver = new SipDriver(options, stream, listener, udp)
    inbox.driver = driver
    return driver
  }

  private constructor(
    options: SipDriverOptions,
    stream: 'tcp' | 'tls' | undefined,
    listener: Listener | undefined,
    udp: DatagramSocket | undefined,
  ) {
    this.#options = options
    this.#listener = listener
    this.#socket = udp
    const port = listener?.address.port ?? udp?.address.port ?? options.address.port
    this.address = { host: options.address.host, port }
    this.transport = listener === undefined ? (udp === undefined ? undefined : 'udp') : stream
    const listening = [listener && stream, udp && ('udp' as const)]
      .filter(transport => transport !== undefined)
      .map(transport => ({ transport, address: this.address }))
    const { host } = options
    const agent = new UserAgent({
      ...options.agent,
      listening,
      resolve: host.lookup !== undefined,
      random: host.random,
      ...(host.text !== undefined && { text: host.text }),
      hash: (algorithm, bytes) => host.hash(algorithm, bytes),
    })
    this.#driver = new Driver(
      agent,
      host,
      { type: 'timeout' },
      output => this.#handle(output),
      () => this.#flush(),
    )
  }

  /** Why the latest connection of ours did not open; undefined when it did, or when there was none. */
  get connectError(): HostError | undefined {
    return this.#connectError
  }

  command(command: UserAgentCommand): void {
    this.#driver.push({ type: 'command', command })
  }

  accept(connection: Connection, transport: Transport): void {
    if (this.#closing.signal.aborted) return connection.destroy()
    this.#adopt(`in-${this.#nextFlow++}`, connection, transport)
  }

  datagram(bytes: Uint8Array, remote: Address): void {
    const known = this.#sender
    // what a peer began lives for half a minute, so that its messages share one address
    if (remote.host !== known?.remote.host || remote.port !== known.remote.port) this.#sender = { flow: udpFlow(remote), remote }
    const { flow, remote: from } = this.#sender as Sender
    this.#driver.push({ type: 'datagram', flow, local: this.address, remote: from, bytes })
  }

  unreachable(error: HostError, remote: Address | undefined): void {
    if (remote !== undefined) this.#driver.push({ type: 'closed', flow: udpFlow(remote), error: error.code })
  }

  /** Settles after `milliseconds` of the host's clock. */
  wait(milliseconds: number): Promise<void> {
    return new Promise(resolve => void this.#options.host.after(milliseconds, resolve))
  }

  async close(): Promise<void> {
    this.#driver.close()
    this.#closing.abort()
    const gone = [...this.#connections.values()].map(carrier => new Promise<void>(resolve => (carrier.onGone = resolve)))
    for (const { connection } of this.#connections.values()) connection.destroy()
    await Promise.all([this.#listener?.close(), this.#socket?.close(), ...gone])
  }

  #handle(output: UserAgentOutput): void {
    switch (output.type) {
      case 'event':
        this.#options.onEvent(output.event)
        break
      case 'write':
        if (output.remote !== undefined) this.#socket?.send(output.bytes, output.remote)
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

  async #resolve({ id, name, kind }: Extract<UserAgentOutput, { type: 'resolve' }>): Promise<void> {
    const { host } = this.#options
    const records = await (host.lookup?.(name, kind) ?? Promise.resolve([])).catch(() => [])
    this.#driver.push({ type: 'resolved', id, records })
  }

  async #connect({ flow, transport, remote, domain }: Extract<UserAgentOutput, { type: 'connect' }>): Promise<void> {
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

  #adopt(flow: FlowId, connection: Connection, transport: Transport): void {
    const carrier: Carrier = { connection, framed: transport === 'ws' || transport === 'wss', waiting: [], queued: 0, onGone: () => {} }
    this.#connections.set(flow, carrier)
    this.#driver.push({ type: 'opened', flow, transport, local: connection.local, remote: connection.remote })
    connection.start({
      onBytes: bytes => this.#driver.push({ type: 'bytes', flow, bytes: bytes.slice() }),
      onWritten: length => {
        carrier.queued -= length
      },
      onClosed: error => {
        this.#connections.delete(flow)
        carrier.onGone()
        this.#driver.push({ type: 'closed', flow, ...(error === undefined ? {} : { error: error.code }) })
      },
    })
  }
}

function udpFlow(remote: Address): FlowId {
  return `udp/${remote.host}:${remote.port}`
}
