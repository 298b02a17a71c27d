import { decodeMessage, type SipMessage, type SipRequest, type SipResponse, UserAgent } from '../../src/sip/index.js'
import type {
  Address,
  NaptrRecord,
  SrvRecord,
  Transport,
  UserAgentCommand,
  UserAgentEvent,
  UserAgentOptions,
  UserAgentOutput,
} from '../../src/sip/user-agent-types.js'
import { optionsFor } from './sip-pair.js'

type Named<N extends UserAgentEvent['name']> = Extract<UserAgentEvent, { name: N }>

export interface Sent {
  readonly flow: string
  readonly at: number
  readonly message: SipMessage
  readonly bytes: Uint8Array
  readonly remote: Address | undefined
}

export const PEER: Address = { host: '192.0.2.99', port: 5060 }
const LOCAL: Address = { host: '192.0.2.10', port: 5060 }

/** One user agent, Alice, whose peer is the test itself: every message is written by hand. */
export class SipHand {
  now = 0
  readonly agent: UserAgent
  readonly sent: Sent[] = []
  readonly events: UserAgentEvent[] = []
  readonly outputs: UserAgentOutput[] = []

  constructor(
    readonly transport: 'udp' | 'tcp' = 'udp',
    options: Partial<UserAgentOptions> = {},
  ) {
    this.agent = new UserAgent(optionsFor('alice', [transport], options))
  }

  command(command: UserAgentCommand): this {
    return this.#take(this.agent.step({ type: 'command', command }, this.now))
  }

  /** Timers only, up to `duration` milliseconds later. */
  run(duration: number): this {
    const end = this.now + duration
    for (let turns = 0; turns < 10_000; turns++) {
      const { deadline } = this.agent
      if (deadline === undefined || deadline > end) break
      this.now = Math.max(this.now, deadline)
      this.#take(this.agent.step({ type: 'timeout' }, this.now))
    }
    this.now = end
    return this
  }

  /** Octets from the peer: a datagram, or bytes on `flow`. */
  receive(lines: string | readonly string[], flow?: string, remote = PEER): this {
    const text = typeof lines === 'string' ? lines : wire(lines)
    const bytes = new TextEncoder().encode(text)
    if (flow !== undefined && !flow.startsWith('udp/')) return this.#take(this.agent.step({ type: 'bytes', flow, bytes }, this.now))
    const name = `udp/${remote.host}:${remote.port}`
    return this.#take(this.agent.step({ type: 'datagram', flow: name, local: LOCAL, remote, bytes }, this.now))
  }

  opened(flow: string, remote = PEER, transport: Transport = 'tcp', local = LOCAL): this {
    return this.#take(this.agent.step({ type: 'opened', flow, transport, local, remote }, this.now))
  }

  /** Answers the open question about `name` as DNS would. */
  resolved(name: string, records: readonly (NaptrRecord | SrvRecord)[]): this {
    const asked = this.questions.find(question => question.name === name)
    if (asked === undefined) throw new Error(`Nobody asked for ${name}.`)
    return this.#take(this.agent.step({ type: 'resolved', id: asked.id, records }, this.now))
  }

  get questions(): Extract<UserAgentOutput, { type: 'resolve' }>[] {
    return this.outputs.filter(output => output.type === 'resolve')
  }

  closed(flow: string): this {
    return this.#take(this.agent.step({ type: 'closed', flow, error: 'gone' }, this.now))
  }

  /** Answers the last request of `method` (or `request`). */
  respond(status: number, method: string, more: Respond = {}): this {
    const request = more.request ?? this.request(method)
    return this.receive(responseLines(request, status, more), more.flow ?? this.sent.find(sent => sent.message === request)?.flow)
  }

  requests(method: string): SipRequest[] {
    return this.sent.flatMap(({ message }) => (message.kind === 'request' && message.method === method ? [message] : []))
  }

  /** The last request of `method`. */
  request(method: string): SipRequest {
    const last = this.requests(method).at(-1)
    if (last === undefined) throw new Error(`No ${method} was sent.`)
    return last
  }

  responses(status?: number): SipResponse[] {
    return this.sent.flatMap(({ message }) =>
      message.kind === 'response' && (status ?? message.status) === message.status ? [message] : [],
    )
  }

  statuses(): number[] {
    return this.responses().map(response => response.status)
  }

  of<N extends UserAgentEvent['name']>(name: N): Named<N>[] {
    return this.events.filter(event => event.name === name) as Named<N>[]
  }

  #take(outputs: UserAgentOutput[]): this {
    for (const output of outputs) {
      this.outputs.push(output)
      if (output.type === 'event') this.events.push(output.event)
      else if (output.type === 'write' && output.bytes.length > 4)
        this.sent.push({
          flow: output.flow,
          at: this.now,
          message: decodeMessage(output.bytes),
          bytes: output.bytes,
          remote: output.remote,
        })
    }
    return this
  }
}

export interface Respond {
  readonly request?: SipRequest
  readonly toTag?: string
  readonly headers?: readonly string[]
  readonly body?: string
  readonly flow?: string
}

export function wire(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`
}

export function responseLines(request: SipRequest, status: number, { toTag = 'peer', headers = [], body = '' }: Respond = {}): string {
  const { headers: asked } = request
  const to = asked.get('to') as string
  return wire(
    [
      `SIP/2.0 ${status} Text`,
      ...asked.getAll('via').map(via => `Via: ${via}`),
      `From: ${asked.get('from')}`,
      `To: ${to.includes(';tag=') || status === 100 ? to : `${to};tag=${toTag}`}`,
      `Call-ID: ${asked.get('call-id')}`,
      `CSeq: ${asked.get('cseq')}`,
      'Contact: <sip:peer@192.0.2.99:5060>',
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ],
    body,
  )
}

export interface Ask {
  readonly branch?: string
  readonly uri?: string
  readonly cseq?: number
  readonly callId?: string
  readonly fromTag?: string
  readonly toTag?: string
  readonly headers?: readonly string[]
  readonly body?: string
  readonly transport?: string
  readonly via?: string
}

let branches = 0

/** A request of the peer to Alice. */
export function requestLines(method: string, ask: Ask = {}): string {
  const { branch = `z9hG4bKhand${branches++}`, uri = 'sip:alice@192.0.2.10:5060', cseq = 1, callId = 'call-1', fromTag = 'f1' } = ask
  const { toTag, headers = [], body = '', transport = 'UDP' } = ask
  return wire(
    [
      `${method} ${uri} SIP/2.0`,
      ask.via ?? `Via: SIP/2.0/${transport} 192.0.2.99:5060;branch=${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:peer@example.org>;tag=${fromTag}`,
      `To: <sip:alice@example.org>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(method === 'INVITE' || method === 'UPDATE' ? [`Contact: <sip:peer@192.0.2.99:5060>`] : []),
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
    ],
    body,
  )
}
