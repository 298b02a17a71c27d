import {
  type CertificateHash,
  type ConnectionId,
  Endpoint,
  type EndpointEvent,
  type EndpointInput,
  type EndpointOptions,
  type EndpointOutput,
  type MsrpTrace,
} from '../msrp/index.js'
import { BlockLedger } from './block-ledger.js'
import { Driver } from './driver.js'
import { type Connection, type ConnectOptions, type Host, type HostAddress, HostError, type Listener } from './host.js'
import { MSRP_QUEUED_OCTETS } from './limits.js'

export interface MsrpDriverOptions {
  readonly host: Host
  /** Address to listen at. */
  readonly listen: string
  /** Default: the system chooses one. */
  readonly port?: number
  /** How much of what one connection received may be held by others, octets. Default: as the host has it. */
  readonly holdable?: number
  /** Where octets of files lie that others use too: each view is held until it was written, or never will be. Default: see `ledger`. */
  readonly memory?: { retain(view: Uint8Array): void; release(view: Uint8Array): void }
  /** Take TLS connections only; the host's certificate is shown. Default false. */
  readonly secure?: boolean
  /** Whether an address that a name led to may be connected to (SEC-10). Default: every address. */
  readonly permits?: (address: string, port: number) => boolean
  readonly endpoint: Omit<EndpointOptions, 'random'>
  readonly onEvent: (event: EndpointEvent) => void
  readonly onNeedData: (need: EndpointOutput & { type: 'need-data' }) => void
  readonly onTrace: (entry: MsrpTrace, local: HostAddress, remote: HostAddress, transport: ConnectOptions['transport']) => void
  /** The endpoint threw at something from the network: the connection it came over is gone, the rest lives on. */
  readonly onFault?: (error: unknown) => void
}

/** Runs that were written stay in their array until there are this many of them. */
const RUNS_KEPT = 256

/** Octets of one connection in the order they were queued, as runs of one buffer each. */
interface Carrier {
  readonly connection: Connection
  readonly transport: ConnectOptions['transport']
  runs: { readonly view: Uint8Array; length: number }[]
  /** Runs at the start of `runs` that were written. */
  done: number
  /** Octets in the runs that are left. */
  queued: number
  /** Reading is stopped because of them. */
  isFull: boolean
  /** Reasons not to read: full sinks, and the peer that does not read itself. */
  holds: number
  /** Called once the connection is closed. */
  onGone: () => void
}

/** The MSRP endpoint on sockets of the host, with backpressure both ways. */
export class MsrpDriver {
  readonly ledger = new BlockLedger()
  readonly #options: MsrpDriverOptions
  readonly #listener: Listener
  readonly #carriers = new Map<ConnectionId, Carrier>()
  readonly #endpoint: Endpoint
  readonly #driver: Driver<EndpointInput, EndpointOutput>
  readonly #closing = new AbortController()
  /** What the certificate of a session's peer must hash to (CON-43). */
  readonly #fingerprints = new Map<string, readonly CertificateHash[]>()
  /** Sessions bound by somebody else: nothing of them is heard any more. */
  readonly #stolen = new Set<string>()
  #reading: Carrier | undefined
  #nextConnection = 1

  static async open(options: MsrpDriverOptions): Promise<MsrpDriver> {
    const inbox: { driver?: MsrpDriver } = {}
    const onConnection = (connection: Connection) => inbox.driver?.accept(connection)
    const transport = options.secure === true ? 'tls' : 'tcp'
    const listener = await options.host.listen({
      transport,
      requestCertificate: true,
      host: options.listen,
      port: options.port ?? 0,
      ...holdableOf(options),
      onConnection,
    })
    inbox.driver = new MsrpDriver(options, listener)
    return inbox.driver
  }

  private constructor(options: MsrpDriverOptions, listener: Listener) {
    this.#options = options
    this.#listener = listener
    const { host } = options
    this.#endpoint = new Endpoint({ ...options.endpoint, random: host.random, hash: (algorithm, bytes) => host.hash(algorithm, bytes) })
    const onFault = (error: unknown, input: EndpointInput) => this.#onFault(error, input)
    this.#driver = new Driver(this.#endpoint, host, { type: 'timeout' }, output => this.#handle(output), { onFault })
  }

  get port(): number {
    return this.#listener.address.port
  }

  push(input: EndpointInput): void {
    if (input.type === 'add-session' && input.session.role === 'passive' && input.session.fingerprints !== undefined)
      this.#fingerprints.set(sessionIdOf(input.session.localUri), input.session.fingerprints)
    else if (input.type === 'remove-session') {
      this.#fingerprints.delete(input.sessionId)
      this.#stolen.delete(input.sessionId)
    }
    this.#driver.push(input)
  }

  accept(connection: Connection): void {
    if (this.#closing.signal.aborted) return connection.destroy()
    const id = `in-${this.#nextConnection++}`
    const { host, port } = connection.remote
    this.#driver.push({ type: 'accepted', connection: id, remote: `${host}:${port}` })
    this.#adopt(id, connection, this.#options.secure === true ? 'tls' : 'tcp')
  }

  /** Stops reading the connection whose octets are being handled until `until` settles: the sink is full. */
  hold(until: Promise<void>): void {
    const carrier = this.#reading
    if (carrier === undefined) return
    pause(carrier)
    const go = () => resume(carrier)
    until.then(go, go)
  }

  async close(): Promise<void> {
    this.#driver.close()
    this.#endpoint.close()
    this.#closing.abort()
    const gone = [...this.#carriers.values()].map(carrier => new Promise<void>(resolve => (carrier.onGone = resolve)))
    for (const { connection } of this.#carriers.values()) connection.destroy()
    await Promise.all([this.#listener.close(), ...gone])
  }

  /** What a session asked for is thrown back at it. */
  #onFault(error: unknown, input: EndpointInput): boolean {
    if ('connection' in input) this.#carriers.get(input.connection)?.connection.destroy()
    else if (input.type !== 'timeout') return false
    this.#options.onFault?.(error)
    return true
  }

  #handle(output: EndpointOutput): void {
    switch (output.type) {
      case 'event':
        if (!this.#stolen.has(output.event.sessionId) && !this.#isStolen(output.event)) this.#options.onEvent(output.event)
        break
      case 'need-data':
        if (!this.#stolen.has(output.sessionId)) this.#options.onNeedData(output)
        break
      case 'write':
        this.#write(output.connection, output.views)
        break
      case 'connect':
        void this.#connect(output)
        break
      case 'close':
        this.#close(output)
        break
      case 'trace':
        this.#trace(output.entry)
    }
  }

  #close({ connection: id, code }: EndpointOutput & { type: 'close' }): void {
    const connection = this.#carriers.get(id)?.connection
    if (code !== undefined && connection?.closeWith !== undefined) connection.closeWith(code)
    else connection?.end()
  }

  /** CON-43: whoever binds a session over TLS must have the certificate that its description announced; else not an octet is heard or sent. */
  #isStolen(event: EndpointEvent): boolean {
    const hashes = event.type === 'bound' ? this.#fingerprints.get(event.sessionId) : undefined
    if (event.type !== 'bound' || hashes === undefined) return false
    const { connection } = this.#carriers.get(event.connection) ?? {}
    if (hashes.some(({ algorithm, octets }) => isSame(connection?.peerFingerprint?.(algorithm.toLowerCase()), octets))) return false
    this.#stolen.add(event.sessionId)
    connection?.destroy()
    this.#options.onEvent({
      type: 'failed',
      sessionId: event.sessionId,
      cause: 'tls',
      comment: 'It showed another certificate than announced.',
    })
    return true
  }

  #write(id: ConnectionId, views: readonly Uint8Array[]): void {
    const carrier = this.#carriers.get(id)
    if (carrier === undefined) return
    for (const view of views) {
      carrier.runs.push({ view, length: view.length })
      this.#options.memory?.retain(view)
      carrier.queued += view.length
    }
    carrier.connection.write(views)
    if (carrier.isFull || carrier.queued <= MSRP_QUEUED_OCTETS) return
    carrier.isFull = true
    pause(carrier)
  }

  #written(id: ConnectionId, length: number): void {
    const carrier = this.#carriers.get(id)
    if (carrier !== undefined) this.#takeWritten(carrier, length)
    this.#driver.push({ type: 'written', connection: id, length })
  }

  #takeWritten(carrier: Carrier, length: number): void {
    carrier.queued -= length
    let left = length
    for (let run = carrier.runs[carrier.done]; left > 0 && run !== undefined; run = carrier.runs[carrier.done]) {
      const part = Math.min(left, run.length)
      this.ledger.written(run.view.buffer, part)
      run.length -= part
      left -= part
      if (run.length > 0) break
      carrier.done++
      this.#options.memory?.release(run.view)
    }
    if (carrier.done > RUNS_KEPT && carrier.done * 2 > carrier.runs.length) {
      carrier.runs = carrier.runs.slice(carrier.done)
      carrier.done = 0
    }
    if (!carrier.isFull || carrier.queued > MSRP_QUEUED_OCTETS / 2) return
    carrier.isFull = false
    resume(carrier)
  }

  async #connect(output: EndpointOutput & { type: 'connect' }): Promise<void> {
    const { connection: id, transport, serverName, fingerprints } = output
    try {
      const { signal } = this.#closing
      const peer = { ...(serverName === undefined ? {} : { serverName }), ...(fingerprints === undefined ? {} : { fingerprints }) }
      const { host, port } = await this.#locate(output)
      const { permits } = this.#options
      const policy = permits === undefined || isAddress(host) ? {} : { permits: (address: string) => permits(address, port) }
      const connection = await this.#options.host.connect({
        transport,
        host,
        port,
        ...peer,
        ...policy,
        ...holdableOf(this.#options),
        protocol: 'msrp',
        signal,
      })
      if (signal.aborted) return connection.destroy()
      this.#adopt(id, connection, transport, true)
    } catch (error) {
      this.#driver.push({ type: 'closed', connection: id, error: error instanceof HostError ? error.code : 'network' })
    }
  }

  /** The first SRV record of a relay's name, where there is one (RLY-4). */
  async #locate({ host, port, service }: EndpointOutput & { type: 'connect' }): Promise<HostAddress> {
    const records = service === undefined ? [] : await (this.#options.host.lookup?.(`${service}.${host}`, 'SRV') ?? [])
    const servers = records.filter(record => 'weight' in record).sort((a, b) => a.priority - b.priority || b.weight - a.weight)
    const [first] = servers
    return first === undefined ? { host, port } : { host: first.name, port: first.port }
  }

  #adopt(id: ConnectionId, connection: Connection, transport: ConnectOptions['transport'], ours = false): void {
    const carrier: Carrier = { connection, transport, runs: [], done: 0, queued: 0, isFull: false, holds: 0, onGone: () => undefined }
    this.#carriers.set(id, carrier)
    if (ours) this.#driver.push({ type: 'connected', connection: id })
    connection.start({
      onBytes: bytes => {
        this.#reading = carrier
        this.#driver.push({ type: 'bytes', connection: id, bytes })
        this.#reading = undefined
      },
      onWritten: length => this.#written(id, length),
      onClosed: error => {
        for (const { view } of carrier.runs.slice(carrier.done)) {
          this.ledger.forget(view.buffer)
          this.#options.memory?.release(view)
        }
        this.#driver.push({ type: 'closed', connection: id, ...(error === undefined ? {} : { error: error.code }) })
        this.#carriers.delete(id)
        carrier.onGone()
      },
    })
  }

  #trace(entry: MsrpTrace): void {
    const carrier = this.#carriers.get(entry.connection)
    if (carrier !== undefined) this.#options.onTrace(entry, carrier.connection.local, carrier.connection.remote, carrier.transport)
  }
}

function holdableOf({ holdable }: MsrpDriverOptions): { readonly holdable?: number } {
  return holdable === undefined ? {} : { holdable }
}

function pause(carrier: Carrier): void {
  if (carrier.holds++ === 0) carrier.connection.pause()
}

function resume(carrier: Carrier): void {
  if (--carrier.holds === 0) carrier.connection.resume()
}

/** `msrp://host:port/<session-id>;tcp` */
export function sessionIdOf(uri: string): string {
  const start = uri.indexOf('/', uri.indexOf('://') + 3) + 1
  return uri.slice(start, uri.indexOf(';', start))
}

/** An IP address was judged where it was announced; a name only leads to one. */
function isAddress(host: string): boolean {
  return host.includes(':') || /^[\d.]+$/.test(host)
}

function isSame(shown: Uint8Array | undefined, wanted: Uint8Array): boolean {
  return shown !== undefined && shown.length === wanted.length && shown.every((octet, index) => octet === wanted[index])
}
