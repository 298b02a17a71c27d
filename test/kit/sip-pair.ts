import { createHash } from 'node:crypto'
import { decodeMessage, type SipMessage, type SipRequest, type SipResponse, type Transport, UserAgent } from '../../src/sip/index.js'
import type { Address, UserAgentCommand, UserAgentEvent, UserAgentOptions, UserAgentOutput } from '../../src/sip/user-agent-types.js'

type Options = Partial<UserAgentOptions>
type Named<N extends UserAgentEvent['name']> = Extract<UserAgentEvent, { name: N }>
type Side = 'alice' | 'bob'

export interface NetworkFaults {
  /** One-way delay, milliseconds. */
  readonly latency?: number
  /** Shares of UDP datagrams, 0 to 1. */
  readonly loss?: number
  readonly duplication?: number
  readonly reordering?: number
  /** Cut stream writes into random pieces. */
  readonly split?: boolean
  readonly seed?: number
}

/** A message on the wire. Return 'drop' from `filter` to lose it. */
export interface Passing {
  readonly from: Side
  readonly message: SipMessage
  readonly bytes: Uint8Array
  readonly at: number
}

interface Entry {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

/** xorshift: tests repeat themselves. */
export function seededRandom(seed: number): (length: number) => Uint8Array {
  let state = seed >>> 0 || 1
  return length => {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index++) {
      state ^= state << 13
      state >>>= 0
      state ^= state >>> 17
      state ^= state << 5
      state >>>= 0
      bytes[index] = state >>> 11
    }
    return bytes
  }
}

export const hash: UserAgentOptions['hash'] = (algorithm, bytes) =>
  new Uint8Array(
    createHash(algorithm === 'md5' ? 'md5' : algorithm === 'sha-256' ? 'sha256' : 'sha512-256')
      .update(bytes)
      .digest(),
  )

export const ADDRESSES: Record<Side, Address> = { alice: { host: '192.0.2.10', port: 5060 }, bob: { host: '192.0.2.20', port: 5060 } }

export function optionsFor(side: Side, transports: readonly Transport[], more: Options = {}): UserAgentOptions {
  return {
    aor: `sip:${side}@example.org`,
    listening: transports.map(transport => ({ transport, address: ADDRESSES[side] })),
    contactParameters: [`+sip.instance="<urn:uuid:${side}>"`],
    userAgent: `${side}/1.0`,
    allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'NOTIFY', 'MESSAGE'],
    supported: ['timer', '100rel'],
    accept: ['application/sdp'],
    random: seededRandom(side === 'alice' ? 11 : 22),
    hash,
    ...more,
  }
}

/** Two user agents in one process with a virtual clock and a virtual network between them. */
export class SipPair {
  now = 0
  readonly agents: Record<Side, UserAgent>
  readonly events: { side: Side; event: UserAgentEvent; at: number }[] = []
  readonly wire: Passing[] = []
  readonly outputs: { side: Side; output: UserAgentOutput }[] = []
  filter: (passing: Passing) => 'drop' | undefined = () => undefined
  /** While set, streams cannot be opened. */
  refuseConnections = false
  #queue: Entry[] = []
  #order = 0
  #accepted = 0
  readonly #random: () => number
  /** Both ends of every stream: side and flow to side and flow. */
  readonly #links = new Map<string, { side: Side; flow: string }>()
  readonly #arrival = new Map<string, number>()

  constructor(
    readonly transport: 'udp' | 'tcp',
    readonly faults: NetworkFaults = {},
    options: Partial<Record<Side, Options>> = {},
  ) {
    const bytes = seededRandom(faults.seed ?? 7)
    this.#random = () => {
      const [a = 0, b = 0] = bytes(2)
      return (a * 256 + b) / 65_536
    }
    const make = (side: Side) => new UserAgent(optionsFor(side, [transport], options[side]))
    this.agents = { alice: make('alice'), bob: make('bob') }
  }

  command(side: Side, command: UserAgentCommand): void {
    this.#carry(side, this.agents[side].step({ type: 'command', command }, this.now))
  }

  /** Runs network and timers for `duration` milliseconds of virtual time. */
  run(duration: number): this {
    const end = this.now + duration
    for (let turns = 0; ; turns++) {
      if (turns > 200_000) throw new Error('The pair does not come to rest.')
      const next = this.#queue[0]
      const deadlines = (['alice', 'bob'] as const).map(side => [side, this.agents[side].deadline ?? Number.POSITIVE_INFINITY] as const)
      const [side, deadline] =
        deadlines[0] && deadlines[1] && deadlines[1][1] < deadlines[0][1] ? deadlines[1] : (deadlines[0] as ['alice', number])
      const at = Math.min(next?.at ?? Number.POSITIVE_INFINITY, deadline)
      if (at > end) break
      this.now = Math.max(this.now, at)
      if (next !== undefined && next.at <= deadline) {
        this.#queue.shift()
        next.run()
      } else this.#carry(side, this.agents[side].step({ type: 'timeout' }, this.now))
    }
    this.now = end
    return this
  }

  /** Events of one name at one side. */
  of<N extends UserAgentEvent['name']>(side: Side, name: N): Named<N>[] {
    return this.events.filter(entry => entry.side === side && entry.event.name === name).map(entry => entry.event as Named<N>)
  }

  names(side: Side): string[] {
    return this.events.filter(entry => entry.side === side).map(entry => entry.event.name)
  }

  requests(from: Side, method: string): SipRequest[] {
    return this.wire.flatMap(({ from: side, message }) =>
      side === from && message.kind === 'request' && message.method === method ? [message] : [],
    )
  }

  responses(from: Side, status: number, method?: string): SipResponse[] {
    return this.wire.flatMap(({ from: side, message }) =>
      side === from &&
      message.kind === 'response' &&
      message.status === status &&
      (method === undefined || message.headers.get('cseq')?.endsWith(` ${method}`))
        ? [message]
        : [],
    )
  }

  /** Octets that arrive at `side` from nowhere: a stranger's datagram. */
  datagram(side: Side, text: string, remote: Address = { host: '203.0.113.9', port: 5060 }): void {
    const bytes = new TextEncoder().encode(text)
    const flow = `udp/${remote.host}:${remote.port}`
    this.#carry(side, this.agents[side].step({ type: 'datagram', flow, local: ADDRESSES[side], remote, bytes }, this.now))
  }

  /** Breaks every stream connection, both ends notice. */
  breakStreams(): void {
    for (const [key, { side, flow }] of [...this.#links]) {
      this.#links.delete(key)
      this.#later(0, () => this.#carry(side, this.agents[side].step({ type: 'closed', flow, error: 'reset' }, this.now)))
    }
  }

  #later(delay: number, run: () => void): void {
    this.#queue.push({ at: this.now + delay, order: this.#order++, run })
    this.#queue.sort((a, b) => a.at - b.at || a.order - b.order)
  }

  #carry(side: Side, outputs: UserAgentOutput[]): void {
    for (const output of outputs) {
      this.outputs.push({ side, output })
      if (output.type === 'event') this.events.push({ side, event: output.event, at: this.now })
      else if (output.type === 'connect') this.#connect(side, output.flow, output.transport, output.remote)
      else if (output.type === 'close') this.#close(side, output.flow)
      else if (output.type === 'write') this.#write(side, output.flow, output.bytes)
    }
  }

  #write(side: Side, flow: string, bytes: Uint8Array): void {
    if (bytes.length > 4) {
      const passing = { from: side, message: decodeMessage(bytes), bytes, at: this.now }
      this.wire.push(passing)
      if (this.filter(passing) === 'drop') return
    }
    if (flow.startsWith('udp/')) this.#send(side, bytes)
    else this.#stream(side, flow, bytes)
  }

  #send(side: Side, bytes: Uint8Array): void {
    const { latency = 10, loss = 0, duplication = 0, reordering = 0 } = this.faults
    const other = side === 'alice' ? 'bob' : 'alice'
    const copies = this.#random() < duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random() < loss) continue
      const extra = this.#random() < reordering ? latency * 3 * this.#random() : 0
      this.#later(latency + extra, () => {
        const remote = ADDRESSES[side]
        const flow = `udp/${remote.host}:${remote.port}`
        this.#carry(other, this.agents[other].step({ type: 'datagram', flow, local: ADDRESSES[other], remote, bytes }, this.now))
      })
    }
  }

  #stream(side: Side, flow: string, bytes: Uint8Array): void {
    const link = this.#links.get(`${side} ${flow}`)
    if (link === undefined) return
    let from = 0
    while (from < bytes.length) {
      const to = this.faults.split ? Math.min(bytes.length, from + 1 + Math.floor(this.#random() * 400)) : bytes.length
      const piece = bytes.slice(from, to)
      from = to
      // a stream keeps its order whatever the delays
      const key = `${side} ${flow}`
      const at = Math.max(this.now + (this.faults.latency ?? 10), this.#arrival.get(key) ?? 0)
      this.#arrival.set(key, at)
      this.#later(at - this.now, () => {
        if (this.#links.has(key))
          this.#carry(link.side, this.agents[link.side].step({ type: 'bytes', flow: link.flow, bytes: piece }, this.now))
      })
    }
  }

  #connect(side: Side, flow: string, transport: Transport, remote: Address): void {
    const other = side === 'alice' ? 'bob' : 'alice'
    const reachable = !this.refuseConnections && remote.host === ADDRESSES[other].host && remote.port === ADDRESSES[other].port
    this.#later(this.faults.latency ?? 10, () => {
      if (!reachable) return this.#carry(side, this.agents[side].step({ type: 'closed', flow, error: 'refused' }, this.now))
      const accepted = `in-${++this.#accepted}`
      const local = { host: ADDRESSES[side].host, port: 40_000 + this.#accepted }
      this.#links.set(`${side} ${flow}`, { side: other, flow: accepted })
      this.#links.set(`${other} ${accepted}`, { side, flow })
      const opened = { type: 'opened', flow: accepted, transport, local: ADDRESSES[other], remote: local } as const
      this.#carry(other, this.agents[other].step(opened, this.now))
      this.#carry(side, this.agents[side].step({ type: 'opened', flow, transport, local, remote }, this.now))
    })
  }

  #close(side: Side, flow: string): void {
    const link = this.#links.get(`${side} ${flow}`)
    if (link === undefined) return
    this.#links.delete(`${side} ${flow}`)
    this.#later(this.faults.latency ?? 10, () => {
      if (!this.#links.delete(`${link.side} ${link.flow}`)) return
      this.#carry(link.side, this.agents[link.side].step({ type: 'closed', flow: link.flow }, this.now))
    })
  }
}

export const sdp = (text: string) => ({ contentType: 'application/sdp', bytes: new TextEncoder().encode(text) })
export const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes ?? new Uint8Array(0))

/** Alice and Bob with an established session, ids `a` at Alice and the returned one at Bob. */
export function established(pair: SipPair): string {
  pair.command('alice', {
    name: 'invite',
    id: 'a',
    to: 'sip:bob@192.0.2.20:5060' + (pair.transport === 'tcp' ? ';transport=tcp' : ''),
    body: sdp('offer 1'),
  })
  pair.run(200)
  const id = pair.of('bob', 'incoming')[0]?.id
  if (id === undefined) throw new Error('The INVITE did not arrive.')
  pair.command('bob', { name: 'ring', id })
  pair.run(200)
  pair.command('bob', { name: 'accept', id, body: sdp('answer 1') })
  pair.run(1000)
  return id
}
