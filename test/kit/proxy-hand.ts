import { decodeMessage, Proxy, type SipMessage, type SipRequest, type SipResponse } from '../../src/sip/index.js'
import type { ProxyCommand, ProxyEvent, ProxyOptions, ProxyOutput, ProxyTarget } from '../../src/sip/proxy-types.js'
import type { Address, NaptrRecord, SrvRecord, Transport } from '../../src/sip/user-agent-types.js'
import { type Respond, responseLines, wire } from './sip-hand.js'
import { hash, seededRandom } from './sip-pair.js'

export interface ProxySent {
  readonly flow: string
  readonly at: number
  readonly message: SipMessage
  readonly remote: Address | undefined
}

type Named<N extends ProxyEvent['name']> = Extract<ProxyEvent, { name: N }>

export const PROXY: Address = { host: '192.0.2.1', port: 5060 }
export const ALICE: Address = { host: '192.0.2.10', port: 5060 }
/** `count` user agents of Bob. */
export const bobAt = (index: number): Address => ({ host: `192.0.2.${20 + index}`, port: 5060 })
export const targetAt = (index: number, more: Partial<ProxyTarget> = {}): ProxyTarget => ({ uri: `sip:bob@${bobAt(index).host}`, ...more })

let branches = 0

/** One proxy whose neighbours are all the test itself. */
export class ProxyHand {
  now = 0
  readonly proxy: Proxy
  readonly sent: ProxySent[] = []
  readonly events: ProxyEvent[] = []
  readonly outputs: ProxyOutput[] = []

  constructor(options: Partial<ProxyOptions> = {}) {
    this.proxy = new Proxy({
      listening: (['udp', 'tcp'] as const).map(transport => ({ transport, address: PROXY })),
      names: ['example.org'],
      random: seededRandom(5),
      hash,
      ...options,
    })
  }

  command(command: ProxyCommand): this {
    return this.#take(this.proxy.step({ type: 'command', command }, this.now))
  }

  /** Forwards the last request event. */
  forward(targets: readonly ProxyTarget[], more: Partial<Extract<ProxyCommand, { name: 'forward' }>> = {}): this {
    return this.command({ name: 'forward', id: this.asked.id, targets, ...more })
  }

  /** The last request the policy was asked about. */
  get asked(): Named<'request'> {
    return this.of('request').at(-1) as Named<'request'>
  }

  run(duration: number): this {
    const end = this.now + duration
    for (let turns = 0; ; turns++) {
      if (turns > 20_000) throw new Error('The proxy does not come to rest.')
      const { deadline } = this.proxy
      if (deadline === undefined || deadline > end) break
      this.now = Math.max(this.now, deadline)
      this.#take(this.proxy.step({ type: 'timeout' }, this.now))
    }
    this.now = end
    return this
  }

  /** Octets from a neighbour: a datagram, or bytes on `flow`. */
  receive(text: string, remote: Address = ALICE, flow?: string): this {
    const bytes = new TextEncoder().encode(text)
    if (flow !== undefined && !flow.startsWith('udp/')) return this.#take(this.proxy.step({ type: 'bytes', flow, bytes }, this.now))
    const name = `udp/${remote.host}:${remote.port}`
    return this.#take(this.proxy.step({ type: 'datagram', flow: name, local: PROXY, remote, bytes }, this.now))
  }

  opened(flow: string, remote: Address = ALICE, transport: Transport = 'tcp'): this {
    return this.#take(this.proxy.step({ type: 'opened', flow, transport, local: PROXY, remote }, this.now))
  }

  closed(flow: string): this {
    return this.#take(this.proxy.step({ type: 'closed', flow, error: 'gone' }, this.now))
  }

  resolved(name: string, records: readonly (NaptrRecord | SrvRecord)[]): this {
    const asked = this.outputs.find(output => output.type === 'resolve' && output.name === name)
    if (asked?.type !== 'resolve') throw new Error(`Nobody asked for ${name}.`)
    return this.#take(this.proxy.step({ type: 'resolved', id: asked.id, records }, this.now))
  }

  /** Answers a forwarded request as the neighbour it went to. */
  respond(to: ProxySent, status: number, more: Respond = {}): this {
    const { message, remote, flow } = to
    return this.receive(responseLines(message as SipRequest, status, more), remote, flow)
  }

  /** Forwarded requests of `method`, in order. */
  forwarded(method: string): ProxySent[] {
    return this.sent.filter(({ message }) => message.kind === 'request' && message.method === method)
  }

  responses(): SipResponse[] {
    return this.sent.flatMap(({ message }) => (message.kind === 'response' ? [message] : []))
  }

  /** Statuses that went upstream, without 100 and copies that timers sent. */
  statuses(): number[] {
    return this.responses().flatMap(({ status }) => (status === 100 ? [] : [status]))
  }

  of<N extends ProxyEvent['name']>(name: N): Named<N>[] {
    return this.events.filter(event => event.name === name) as Named<N>[]
  }

  #take(outputs: ProxyOutput[]): this {
    for (const output of outputs) {
      this.outputs.push(output)
      if (output.type === 'event') this.events.push(output.event)
      else if (output.type === 'write' && output.bytes.length > 4)
        this.sent.push({ flow: output.flow, at: this.now, message: decodeMessage(output.bytes), remote: output.remote })
    }
    return this
  }
}

export interface AskProxy {
  readonly uri?: string
  readonly branch?: string
  readonly callId?: string
  readonly cseq?: number
  readonly fromTag?: string
  readonly toTag?: string
  /** `undefined`: none. */
  readonly hops?: string | undefined
  readonly via?: string
  readonly transport?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** A request of Alice's to Bob, as it comes to the proxy. */
export function askLines(method: string, ask: AskProxy = {}): string {
  const { uri = 'sip:bob@example.org', branch = `z9hG4bKask${branches++}`, callId = 'call-1', cseq = 1, fromTag = 'a1', toTag } = ask
  const { transport = 'UDP', headers = [], body = '' } = ask
  const hops = 'hops' in ask ? ask.hops : '70'
  return wire(
    [
      `${method} ${uri} SIP/2.0`,
      ask.via ?? `Via: SIP/2.0/${transport} 192.0.2.10:5060;branch=${branch};rport`,
      ...(hops === undefined ? [] : [`Max-Forwards: ${hops}`]),
      `From: <sip:alice@example.org>;tag=${fromTag}`,
      `To: <sip:bob@example.org>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(method === 'INVITE' ? ['Contact: <sip:alice@192.0.2.10:5060>'] : []),
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ],
    body,
  )
}
