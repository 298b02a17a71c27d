import { type Random, randomToken, sooner, Timers } from '../wire/index.js'
import { defaultPort, type Hop, isSecure, isWebSocket } from './hop.js'
import { formatHost } from './host.js'
import { KeepAlive } from './keep-alive.js'
import { FLOWS, OPENING_REQUESTS } from './limits.js'
import type { NetworkTurn } from './turn.js'
import type { Address, FlowId, SipLimits, Transport, UserAgentOptions } from './user-agent-types.js'

/** Where a message came from. */
export interface Source {
  readonly flow: FlowId
  readonly transport: Transport
  readonly local: Address
  readonly remote: Address
}

/** What Via and Contact show of our end of a flow; without port when nobody can connect to it. */
export interface Place {
  readonly host: string
  readonly port?: number
}

/** What flows look at among the options of their machine. */
export type FlowOptions = Pick<UserAgentOptions, 'listening' | 'secure' | 'connects' | 'outbound' | 'webSocketPath' | 'trace'>

/** A flow that carries messages now. `local` is what Via and Contact show. */
export interface OpenFlow {
  readonly flow: FlowId
  readonly transport: Transport
  readonly local: Place
  readonly remote: Address
}

interface Waiting {
  readonly start: (flow: OpenFlow) => void
  readonly fail: () => void
}

interface StreamFlow {
  readonly id: FlowId
  readonly transport: Transport
  /** Where we asked to connect, or where the accepted connection came from. */
  readonly remote: Address
  /** Name its certificate is for, when that is not `remote.host`. */
  readonly domain?: string
  readonly ours: boolean
  /** Set once open. */
  local: Address | undefined
  /** What messages on it come from; set once open. */
  source: Source | undefined
  waiting: Waiting[]
  /** It carried a registration. */
  registered: boolean
}

/**
 * Connections and datagrams under the transactions: reuse by remote address, opening, the queue of what waits for it,
 * and the way back of responses (RFC 3261 §18.2.2).
 */
export class Flows {
  readonly keepAlive: KeepAlive
  readonly #streams = new Map<FlowId, StreamFlow>()
  /** The first stream to each place, since a proxy has thousands. */
  readonly #places = new Map<string, StreamFlow>()
  /** Where lost flows of ours led, oldest first: a dialog that had one goes there again. */
  readonly #former = new Map<FlowId, { readonly hop: Hop; successor?: FlowId }>()
  readonly #timers = new Timers()
  #opened = 0
  #sender: Source | undefined
  #anonymousHost: string | undefined

  /** @param lost hears of every flow that ended, also of UDP flows whose sending failed */
  constructor(
    private readonly turn: NetworkTurn,
    private readonly options: FlowOptions,
    private readonly limits: SipLimits,
    private readonly random: Random,
    private readonly lost: (flow: FlowId) => void,
  ) {
    this.keepAlive = new KeepAlive(turn, random, flow => this.close(flow))
  }

  get deadline(): number | undefined {
    return sooner(this.#timers.deadline, this.keepAlive.deadline)
  }

  get #most(): number {
    return this.limits.flows ?? FLOWS
  }

  /** Transport of a URI that names none: what we listen on, UDP first (RFC 3263 §4.1 for addresses without NAPTR), else what we can open. */
  get fallback(): Transport {
    const { secure, connects = [] } = this.options
    const listening = this.options.listening.map(place => place.transport)
    const possible = [...listening, ...connects].filter(transport => !secure || isSecure(transport))
    for (const usual of ['udp', 'tcp'] as const) if (listening.includes(usual) && possible.includes(usual)) return usual
    return possible[0] ?? (secure ? 'tls' : 'tcp')
  }

  /** Whether peers reach us over this kind of stream only where we connected to first, so that the server must keep the flow (RFC 5626). */
  needsOutbound(transport: Transport): boolean {
    if (transport === 'udp') return false
    return this.options.outbound ?? this.#listening(transport) === undefined
  }

  isOpen(flow: FlowId): boolean {
    return isUdp(flow) || this.#streams.get(flow)?.local !== undefined
  }

  /** Where an open flow leads, whatever its kind. */
  leads(flow: FlowId): Hop | undefined {
    return isUdp(flow) ? { transport: 'udp', remote: remoteOf(flow) } : this.stream(flow)
  }

  /** The open stream flow of this name, for requests that follow their dialog. */
  stream(flow: FlowId): Hop | undefined {
    const stream = this.#streams.get(flow)
    return stream?.local === undefined ? undefined : { transport: stream.transport, remote: stream.remote, flow: stream.id }
  }

  /**
   * Where a lost flow led, if it was a WebSocket of ours or carried a registration: the peer behind it is reached there,
   * or over the flow that took its place, and nowhere else (RFC 5626 §4.3, RFC 7118 §5).
   */
  former(flow: FlowId): Hop | undefined {
    let entry = this.#former.get(flow)
    while (entry?.successor !== undefined) {
      const living = this.stream(entry.successor)
      if (living !== undefined) return living
      entry = this.#former.get(entry.successor)
    }
    return entry?.hop
  }

  /** Whether a stream to `hop` is open now. */
  reaches(hop: Hop): boolean {
    return hop.transport !== 'udp' && this.#find(hop)?.local !== undefined
  }

  /** Calls `start` with a flow to `hop`, at once or when it has opened; `fail` when it does not open. */
  use(hop: Hop, start: (flow: OpenFlow) => void, fail: () => void): void {
    if (hop.transport === 'udp') return start(this.#udp(hop.remote))
    const stream = this.#find(hop) ?? this.#open(hop)
    if (stream === undefined || stream.waiting.length >= OPENING_REQUESTS) fail()
    else if (stream.local !== undefined) start(this.#shown(stream, stream.local))
    else stream.waiting.push({ start, fail })
  }

  send(flow: FlowId, bytes: Uint8Array): void {
    if (isUdp(flow)) return this.#sendDatagram(flow, remoteOf(flow), bytes)
    const source = this.source(flow)
    if (source === undefined) return this.lost(flow)
    this.turn.emit({ type: 'write', flow, bytes })
    this.#trace('out', { ...source, local: this.#listening(source.transport, source.remote) ?? source.local }, bytes)
  }

  #sendDatagram(flow: FlowId, remote: Address, bytes: Uint8Array): void {
    this.turn.emit({ type: 'write', flow, bytes, remote })
    if (this.options.trace) this.#trace('out', { flow, transport: 'udp', remote, local: this.#udpLocal(remote) }, bytes)
  }

  /** On the connection of the request while it lives, else to `back`, where its Via says; a WebSocket has no other way (RFC 7118 §5.3). */
  respond(source: Source, back: Address, bytes: Uint8Array): void {
    const { transport, flow } = source
    if (transport === 'udp') this.#sendDatagram(`udp/${back.host}:${back.port}`, back, bytes)
    else if (this.isOpen(flow)) this.send(flow, bytes)
    else if (!isWebSocket(transport))
      this.use(
        { transport, remote: back },
        open => this.send(open.flow, bytes),
        () => {},
      )
  }

  opened(id: FlowId, transport: Transport, local: Address, remote: Address): void {
    const known = this.#streams.get(id)
    if (known === undefined && this.#streams.size >= this.#most) {
      this.turn.emit({ type: 'close', flow: id })
      return
    }
    const stream = known ?? { id, transport, remote, ours: false, local, source: undefined, waiting: [], registered: false }
    stream.local = local
    stream.source = { flow: id, transport: stream.transport, local, remote: stream.remote }
    if (known === undefined) this.#add(stream)
    this.#timers.stop(id)
    if (stream.ours) this.keepAlive.start(id)
    const waiting = stream.waiting
    stream.waiting = []
    for (const one of waiting) one.start(this.#shown(stream, local))
  }

  closed(id: FlowId): void {
    const stream = this.#streams.get(id)
    this.#forget(id)
    if (stream !== undefined) {
      this.#remember(stream)
      for (const one of stream.waiting) one.fail()
    }
    this.lost(id)
  }

  /** Ends a flow ourselves, because of garbage or silence. */
  close(id: FlowId): void {
    this.turn.emit({ type: 'close', flow: id })
    this.closed(id)
  }

  source(id: FlowId): Source | undefined {
    return this.#streams.get(id)?.source
  }

  /** The source of a datagram: one object for many in a row, since every transaction keeps it. */
  sender(flow: FlowId, local: Address, remote: Address): Source {
    const last = this.#sender
    if (last !== undefined && last.flow === flow && last.local === local && last.remote === remote) return last
    this.#sender = { flow, transport: 'udp', local, remote }
    return this.#sender
  }

  /** What our Contact shows on the flow of `source`. */
  place({ transport, flow, local, remote }: Source): Place {
    const ours = this.#streams.get(flow)?.ours === true
    return this.#listening(transport, remote) ?? (ours && isWebSocket(transport) ? this.#anonymous : local)
  }

  /**
   * This flow carries a registration, which was on `before` until that was lost.
   * @param answers whether its peer answers keep-alives from now on
   */
  registered(id: FlowId, before: FlowId | undefined, answers: boolean, flowTimer: number | undefined): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.registered = true
    const lost = before === undefined ? undefined : this.#former.get(before)
    if (lost !== undefined) lost.successor = id
    if (answers) this.keepAlive.expect(id, flowTimer)
  }

  timeout(): void {
    for (const id of this.#timers.take(this.turn.now)) this.close(id)
    this.keepAlive.timeout()
  }

  /** One received message, for the trace: a view of more is copied, since whoever keeps the entry would keep all of it. */
  traceIn(source: Source, bytes: Uint8Array): void {
    if (this.options.trace) this.#trace('in', source, bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice())
  }

  #trace(direction: 'in' | 'out', { flow, transport, local, remote }: Source, bytes: Uint8Array): void {
    if (this.options.trace) this.turn.emit({ type: 'trace', entry: { flow, transport, direction, local, remote, bytes } })
  }

  #find(hop: Hop): StreamFlow | undefined {
    const named = hop.flow === undefined ? undefined : this.#streams.get(hop.flow)
    if (named !== undefined) return named
    return this.#places.get(placeKey(hop))
  }

  #add(stream: StreamFlow): void {
    this.#streams.set(stream.id, stream)
    const key = placeKey(stream)
    if (!this.#places.has(key)) this.#places.set(key, stream)
  }

  #open(hop: Hop): StreamFlow | undefined {
    if (this.#streams.size >= this.#most) return undefined
    const id = `out-${++this.#opened}`
    const { transport, remote } = hop
    const domain = hop.domain === undefined ? {} : { domain: hop.domain }
    const stream: StreamFlow = {
      id,
      transport,
      remote,
      ...domain,
      ours: true,
      local: undefined,
      source: undefined,
      waiting: [],
      registered: false,
    }
    this.#add(stream)
    this.#timers.start(id, this.turn.now + 64 * this.limits.t1)
    const url = isWebSocket(transport)
      ? { url: `${transport}://${formatHost(remote.host)}:${remote.port}${this.options.webSocketPath ?? '/'}` }
      : {}
    this.turn.emit({ type: 'connect', flow: id, transport, remote, ...domain, ...url })
    return stream
  }

  #forget(id: FlowId): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    if (stream !== undefined) {
      const key = placeKey(stream)
      if (this.#places.get(key) === stream) this.#places.delete(key)
    }
    this.#timers.stop(id)
    this.keepAlive.stop(id)
  }

  #remember({ id, transport, remote, domain, ours, local, registered }: StreamFlow): void {
    if (!ours || local === undefined || (!registered && !isWebSocket(transport))) return
    const [oldest] = this.#former.keys()
    if (oldest !== undefined && this.#former.size >= FLOWS) this.#former.delete(oldest)
    this.#former.set(id, { hop: { transport, remote, ...(domain !== undefined && { domain }) } })
  }

  #shown({ id: flow, transport, remote }: StreamFlow, local: Address): OpenFlow {
    return { flow, transport, remote, local: this.place({ flow, transport, remote, local }) }
  }

  #udp(remote: Address): OpenFlow {
    return { flow: `udp/${remote.host}:${remote.port}`, transport: 'udp', remote, local: this.#udpLocal(remote) }
  }

  #udpLocal(remote: Address): Address {
    return this.#listening('udp', remote) ?? { host: 'host.invalid', port: defaultPort('udp') }
  }

  /** RFC 7118 appendix B.1: a name of the client's own making, which leads nowhere. */
  get #anonymous(): Place {
    this.#anonymousHost ??= `${randomToken(this.random, ANONYMOUS_LENGTH).toLowerCase()}.invalid`
    return { host: this.#anonymousHost }
  }

  /** With several places for one transport the one whose addresses are of the same kind as the peer's. */
  #listening(transport: Transport, peer?: Address): Address | undefined {
    let first: Address | undefined
    for (const place of this.options.listening) {
      if (place.transport !== transport) continue
      if (peer === undefined || sameFamily(place.address, peer)) return place.address
      first ??= place.address
    }
    return first
  }
}

function placeKey({ transport, remote, domain }: Pick<Hop, 'transport' | 'remote' | 'domain'>): string {
  return `${transport} ${remote.host.toLowerCase()}:${remote.port} ${domain ?? ''}`
}

function sameFamily(a: Address, b: Address): boolean {
  return a.host.includes(':') === b.host.includes(':')
}

function isUdp(flow: FlowId): boolean {
  return flow.startsWith('udp/')
}

/** Address in a UDP flow's name, `udp/<host>:<port>`. */
function remoteOf(flow: FlowId): Address {
  const colon = flow.lastIndexOf(':')
  return { host: flow.slice('udp/'.length, colon), port: Number(flow.slice(colon + 1)) }
}

/** 60 bits or more: no two clients of a proxy share a name. */
const ANONYMOUS_LENGTH = 12
