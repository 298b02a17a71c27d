import { type Random, randomInteger, Timers } from '../wire/index.js'
import { defaultPort, type Hop, sameAddress } from './hop.js'
import { FLOWS, KEEP_ALIVE, OPENING_REQUESTS } from './limits.js'
import type { Turn } from './turn.js'
import type { Address, FlowId, SipLimits, Transport, UserAgentOptions } from './user-agent-types.js'
import { responseAddress, type Via } from './via.js'

/** Where a message came from. */
export interface Source {
  readonly flow: FlowId
  readonly transport: Transport
  readonly local: Address
  readonly remote: Address
}

/** A flow that carries messages now. `local` is what Via and Contact show. */
export interface OpenFlow {
  readonly flow: FlowId
  readonly transport: Transport
  readonly local: Address
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
  waiting: Waiting[]
  /** Whether a missing answer to our keep-alive means that the flow is dead. */
  answersPings: boolean
  /** Seconds of the Flow-Timer header field. */
  flowTimer: number | undefined
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a])
const PONG = new Uint8Array([0x0d, 0x0a])

/**
 * Connections and datagrams under the transactions: reuse by remote address, opening, the queue of what waits for it,
 * keep-alive (RFC 5626 §4.4.1), and the way back of responses (RFC 3261 §18.2.2).
 */
export class Flows {
  readonly #streams = new Map<FlowId, StreamFlow>()
  readonly #timers = new Timers()
  #opened = 0

  /** @param lost hears of every flow that ended, also of UDP flows whose sending failed */
  constructor(
    private readonly turn: Turn,
    private readonly options: UserAgentOptions,
    private readonly limits: SipLimits,
    private readonly random: Random,
    private readonly lost: (flow: FlowId) => void,
  ) {}

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  /** Transport of a URI that names none: what we listen on, UDP first (RFC 3263 §4.1 for addresses without NAPTR). */
  get fallback(): Transport {
    const listening = this.options.listening.map(place => place.transport)
    if (listening.includes('udp')) return 'udp'
    return listening.includes('tcp') ? 'tcp' : (listening[0] ?? 'tcp')
  }

  isOpen(flow: FlowId): boolean {
    return flow.startsWith('udp/') || this.#streams.get(flow)?.local !== undefined
  }

  /** The open stream flow of this name, for requests that follow their dialog. */
  stream(flow: FlowId | undefined): Hop | undefined {
    const stream = flow === undefined ? undefined : this.#streams.get(flow)
    return stream?.local === undefined ? undefined : { transport: stream.transport, remote: stream.remote, flow: stream.id }
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
    else if (stream.local !== undefined) start(this.#shown(stream))
    else stream.waiting.push({ start, fail })
  }

  send(flow: FlowId, bytes: Uint8Array): void {
    const stream = this.#streams.get(flow)
    if (stream?.local !== undefined) {
      this.turn.emit({ type: 'write', flow, bytes })
      this.#trace('out', { ...this.#shown(stream), flow }, bytes)
    } else if (flow.startsWith('udp/')) {
      const remote = remoteOf(flow)
      this.turn.emit({ type: 'write', flow, bytes, remote })
      this.#trace('out', this.#udp(remote), bytes)
    } else if (stream === undefined) this.lost(flow)
  }

  /** On the connection of the request while it lives, else where its Via says. */
  respond(source: Source, via: Via, bytes: Uint8Array): void {
    if (source.transport !== 'udp' && this.isOpen(source.flow)) this.send(source.flow, bytes)
    else {
      const remote = responseAddress(via)
      this.use(
        { transport: source.transport, remote },
        open => this.send(open.flow, bytes),
        () => {},
      )
    }
  }

  opened(id: FlowId, transport: Transport, local: Address, remote: Address): void {
    const known = this.#streams.get(id)
    if (known === undefined && this.#streams.size >= FLOWS) {
      this.turn.emit({ type: 'close', flow: id })
      return
    }
    const stream = known ?? { id, transport, remote, ours: false, local, waiting: [], answersPings: false, flowTimer: undefined }
    stream.local = local
    this.#streams.set(id, stream)
    this.#timers.stop(`open/${id}`)
    if (stream.ours) this.#schedulePing(stream)
    const waiting = stream.waiting
    stream.waiting = []
    for (const one of waiting) one.start(this.#shown(stream))
  }

  closed(id: FlowId): void {
    const stream = this.#streams.get(id)
    this.#forget(id)
    if (stream !== undefined) for (const one of stream.waiting) one.fail()
    this.lost(id)
  }

  /** Ends a flow ourselves, because of garbage or silence. */
  close(id: FlowId): void {
    this.turn.emit({ type: 'close', flow: id })
    this.closed(id)
  }

  source(id: FlowId): Source | undefined {
    const stream = this.#streams.get(id)
    return stream?.local === undefined ? undefined : { flow: id, transport: stream.transport, local: stream.local, remote: stream.remote }
  }

  /** CRLF CRLF came: answer with CRLF (RFC 5626 §4.4.1). */
  pinged(id: FlowId): void {
    if (this.isOpen(id)) this.turn.emit({ type: 'write', flow: id, bytes: PONG })
  }

  /** Something came, so the peer lives; after a `pong` it is expected to answer the next pings too. */
  alive(id: FlowId, pong: boolean): void {
    const stream = this.#streams.get(id)
    if (stream !== undefined && pong) stream.answersPings = true
    this.#timers.stop(`pong/${id}`)
  }

  /** From now on the peer of this flow must answer keep-alives: a registrar (SIP-4). */
  expectPongs(id: FlowId, flowTimer: number | undefined): void {
    const stream = this.#streams.get(id)
    if (stream === undefined) return
    stream.answersPings = true
    stream.flowTimer = flowTimer
    this.#schedulePing(stream)
  }

  timeout(): void {
    for (const row of this.#timers.take(this.turn.now)) {
      const slash = row.indexOf('/')
      const id = row.slice(slash + 1)
      if (row.startsWith('ping/')) this.#ping(id)
      else this.close(id)
    }
  }

  /** One received message, for the trace. */
  traceIn(source: Source, bytes: Uint8Array): void {
    this.#trace('in', source, bytes)
  }

  #trace(direction: 'in' | 'out', { flow, transport, local, remote }: Source, bytes: Uint8Array): void {
    if (this.options.trace) this.turn.emit({ type: 'trace', entry: { flow, transport, direction, local, remote, bytes } })
  }

  #ping(id: FlowId): void {
    const stream = this.#streams.get(id)
    if (stream?.local === undefined) return
    this.turn.emit({ type: 'write', flow: id, bytes: PING })
    if (stream.answersPings) this.#timers.start(`pong/${id}`, this.turn.now + KEEP_ALIVE.answer)
    this.#schedulePing(stream)
  }

  /** 80 to 100 % of Flow-Timer, or the default of RFC 5626 §4.4.1. */
  #schedulePing({ id, flowTimer }: StreamFlow): void {
    const least = flowTimer === undefined ? KEEP_ALIVE.least : flowTimer * 800
    const most = flowTimer === undefined ? KEEP_ALIVE.most : flowTimer * 1000
    this.#timers.start(`ping/${id}`, this.turn.now + least + randomInteger(this.random, Math.max(1, most - least)))
  }

  #find(hop: Hop): StreamFlow | undefined {
    const named = hop.flow === undefined ? undefined : this.#streams.get(hop.flow)
    if (named !== undefined) return named
    for (const stream of this.#streams.values())
      if (stream.transport === hop.transport && sameAddress(stream.remote, hop.remote) && stream.domain === hop.domain) return stream
    return undefined
  }

  #open(hop: Hop): StreamFlow | undefined {
    if (this.#streams.size >= FLOWS) return undefined
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
      waiting: [],
      answersPings: false,
      flowTimer: undefined,
    }
    this.#streams.set(id, stream)
    this.#timers.start(`open/${id}`, this.turn.now + 64 * this.limits.t1)
    this.turn.emit({ type: 'connect', flow: id, transport, remote, ...domain })
    return stream
  }

  #forget(id: FlowId): void {
    this.#streams.delete(id)
    for (const timer of ['open', 'ping', 'pong']) this.#timers.stop(`${timer}/${id}`)
  }

  #shown(stream: StreamFlow): OpenFlow {
    const { id: flow, transport, remote } = stream
    return { flow, transport, remote, local: this.#listening(transport) ?? (stream.local as Address) }
  }

  #udp(remote: Address): OpenFlow {
    const local = this.#listening('udp') ?? { host: 'host.invalid', port: defaultPort('udp') }
    return { flow: `udp/${remote.host}:${remote.port}`, transport: 'udp', remote, local }
  }

  #listening(transport: Transport): Address | undefined {
    return this.options.listening.find(place => place.transport === transport)?.address
  }
}

/** Address in a UDP flow's name, `udp/<host>:<port>`. */
function remoteOf(flow: FlowId): Address {
  const colon = flow.lastIndexOf(':')
  return { host: flow.slice('udp/'.length, colon), port: Number(flow.slice(colon + 1)) }
}
