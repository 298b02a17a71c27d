import { describe, expect, it } from 'vitest'
import { UserAgent, type UserAgentCommand, type UserAgentEvent, type UserAgentOutput } from '../../src/sip/index.js'
import { optionsFor, sdp, text } from '../kit/sip-pair.js'

type Side = 'alice' | 'bob'

const SERVER = { host: 'focus.example.org', port: 8443 }
const OTHER = { alice: 'bob', bob: 'alice' } as const

/** Alice in a browser and Bob, who listens, with WebSockets between them that deliver at once and whole. */
class SocketPair {
  now = 0
  readonly events: [Side, UserAgentEvent][] = []
  /** Messages in the order of the wire, each as one octet array. */
  readonly wire: [Side, string][] = []
  readonly urls: (string | undefined)[] = []
  readonly agents = {
    alice: new UserAgent(optionsFor('alice', [], { listening: [], connects: ['wss'] })),
    bob: new UserAgent(optionsFor('bob', [], { listening: [{ transport: 'wss', address: SERVER }] })),
  }
  /** Flow names at both ends of the living sockets. */
  #sockets: Record<Side, string>[] = []
  #queue: (() => void)[] = []

  command(side: Side, command: UserAgentCommand): this {
    this.#take(side, this.agents[side].step({ type: 'command', command }, this.now))
    return this.#settle()
  }

  /** All sockets break, both ends notice. */
  break(): this {
    const gone = this.#sockets
    this.#sockets = []
    for (const socket of gone)
      for (const side of ['alice', 'bob'] as const)
        this.#take(side, this.agents[side].step({ type: 'closed', flow: socket[side] }, this.now))
    return this.#settle()
  }

  of(side: Side): string[] {
    return this.events.filter(([at]) => at === side).map(([, event]) => event.name)
  }

  #settle(): this {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) next()
    return this
  }

  #take(side: Side, outputs: UserAgentOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'event') this.events.push([side, output.event])
      else if (output.type === 'connect') this.#queue.push(() => this.#connect(side, output))
      else if (output.type === 'write') this.#queue.push(() => this.#write(side, output))
    }
  }

  #connect(side: Side, { flow, transport, remote, url }: Extract<UserAgentOutput, { type: 'connect' }>): void {
    this.urls.push(url)
    const other = OTHER[side]
    const accepted = `in-${this.urls.length}`
    this.#sockets.push({ [side]: flow, [other]: accepted } as Record<Side, string>)
    const ends = [
      [other, accepted, SERVER, { host: '203.0.113.5', port: 50_000 }],
      [side, flow, { host: '10.0.0.5', port: 50_000 }, remote],
    ] as const
    for (const [at, name, local, peer] of ends)
      this.#take(at, this.agents[at].step({ type: 'opened', flow: name, transport, local, remote: peer }, this.now))
  }

  #write(side: Side, { flow, bytes }: Extract<UserAgentOutput, { type: 'write' }>): void {
    const socket = this.#sockets.find(one => one[side] === flow)
    if (socket === undefined) return
    this.wire.push([side, text(bytes).split('\r\n')[0] ?? ''])
    const other = OTHER[side]
    this.#take(other, this.agents[other].step({ type: 'bytes', flow: socket[other], bytes }, this.now))
  }
}

function established(): SocketPair {
  const pair = new SocketPair()
  pair.command('alice', { name: 'invite', id: 'a', to: 'sips:bob@focus.example.org:8443;transport=ws', body: sdp('offer') })
  return pair.command('bob', { name: 'accept', id: 'in-1', body: sdp('answer') })
}

describe('a session over WebSocket', () => {
  it('goes over one socket from INVITE to BYE, requests of both sides alike @req SIP-13 SIP-19 SIP-38', () => {
    const pair = established()
    pair.command('bob', { name: 'offer', id: 'in-1', body: sdp('more') }).command('alice', { name: 'accept', id: 'a', body: sdp('yes') })
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('less') }).command('bob', { name: 'reject', id: 'in-1', status: 488 })
    pair.command('bob', { name: 'bye', id: 'in-1' })
    expect(pair.urls).toEqual(['wss://focus.example.org:8443/'])
    expect(pair.of('alice')).toEqual(['established', 'offered', 'refused', 'ended'])
    expect(pair.of('bob')).toEqual(['incoming', 'confirmed', 'answered', 'offered', 'ended'])
    expect(pair.wire.map(([side, line]) => `${side} ${line.replace(/ SIP.*|SIP\/2.0 /, '').split(' sip')[0]}`)).toEqual([
      'alice INVITE',
      'bob 100 Trying',
      'bob 200 OK',
      'alice ACK',
      'bob INVITE',
      'alice 100 Trying',
      'alice 200 OK',
      'bob ACK',
      'alice INVITE',
      'bob 100 Trying',
      'bob 488 Not Acceptable Here',
      'alice ACK',
      'bob BYE',
      'alice 200 OK',
    ])
  })

  it('is known as protected at both ends', () => {
    const secure = established().events.flatMap(([side, event]) => ('secure' in event ? [[side, event.name, event.secure]] : []))
    expect(secure).toEqual([
      ['bob', 'incoming', true],
      ['alice', 'established', true],
    ])
  })

  it('goes on over a new socket that the client opens; until then the server has no way to it', () => {
    const pair = established()
      .break()
      .command('alice', { name: 'offer', id: 'a', body: sdp('more') })
    pair.command('bob', { name: 'accept', id: 'in-1', body: sdp('yes') })
    expect(pair.urls.length).toBe(2)
    expect(pair.of('alice').slice(-1)).toEqual(['answered'])
    // the re-INVITE told the server which socket leads to the client now
    pair.command('bob', { name: 'bye', id: 'in-1' })
    expect(pair.of('alice').slice(-1)).toEqual(['ended'])
    const lost = established()
      .break()
      .command('bob', { name: 'offer', id: 'in-1', body: sdp('more') })
    expect([lost.urls.length, lost.of('bob').slice(-1)]).toEqual([1, ['ended']])
  })
})
