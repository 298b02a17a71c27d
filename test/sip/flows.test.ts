import { describe, expect, it } from 'vitest'
import { Flows, type OpenFlow } from '../../src/sip/flows.js'
import { FLOWS, OPENING_REQUESTS, SIP_LIMITS } from '../../src/sip/limits.js'
import { Turn } from '../../src/sip/turn.js'
import type { Address, UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { optionsFor, sdp } from '../kit/sip-pair.js'

const LOCAL: Address = { host: '192.0.2.10', port: 40_000 }
const at = (index: number): Address => ({ host: `h${index}`, port: 5060 })

function flowsOf(options: Partial<UserAgentOptions> = {}) {
  const turn = new Turn()
  const lost: string[] = []
  const started: OpenFlow[] = []
  let failed = 0
  const flows = new Flows(turn, optionsFor('alice', [], options), SIP_LIMITS, optionsFor('alice', []).random, flow => lost.push(flow))
  const use = (index: number) =>
    flows.use(
      { transport: 'tcp', remote: at(index) },
      flow => started.push(flow),
      () => failed++,
    )
  return { turn, flows, lost, started, use, failed: () => failed, closes: () => turn.outputs.filter(output => output.type === 'close') }
}

describe('limits of flows', () => {
  it('as many as FLOWS may be open, and one that ended makes room @req SEC-11', () => {
    const { flows, use, failed, turn } = flowsOf()
    for (let index = 1; index < FLOWS; index++) use(index)
    expect([failed(), turn.outputs.length]).toEqual([0, FLOWS - 1])
    use(FLOWS)
    expect([failed(), turn.outputs.length]).toEqual([0, FLOWS])
    use(FLOWS + 1)
    expect([failed(), turn.outputs.length]).toEqual([1, FLOWS])
    flows.closed('out-1')
    expect(failed()).toBe(2)
    use(FLOWS + 1)
    expect([failed(), turn.outputs.length]).toEqual([2, FLOWS + 1])
  })

  it('accepted connections count too: one too many is closed at once @req SEC-11 SEC-12', () => {
    const { flows, closes } = flowsOf()
    for (let index = 1; index <= FLOWS; index++) flows.opened(`in-${index}`, 'tcp', LOCAL, at(index))
    expect([closes(), flows.isOpen(`in-${FLOWS}`)]).toEqual([[], true])
    flows.opened('one too many', 'tcp', LOCAL, at(0))
    expect([closes(), flows.isOpen('one too many')]).toEqual([[{ type: 'close', flow: 'one too many' }], false])
    flows.closed('in-7')
    flows.opened('later', 'tcp', LOCAL, at(0))
    expect(flows.isOpen('later')).toBe(true)
  })

  it('OPENING_REQUESTS wait for one that opens, others fail at once @req SEC-11', () => {
    const { flows, use, failed, started } = flowsOf()
    for (let count = 1; count < OPENING_REQUESTS; count++) use(1)
    expect(failed()).toBe(0)
    use(1)
    expect(failed()).toBe(0)
    use(1)
    expect(failed()).toBe(1)
    flows.opened('out-1', 'tcp', LOCAL, at(1))
    expect([started.length, failed()]).toEqual([OPENING_REQUESTS, 1])
    use(1)
    expect(started.length).toBe(OPENING_REQUESTS + 1)
  })

  it('one has 64*T1 to open', () => {
    const { flows, use, failed, turn, closes } = flowsOf()
    turn.begin(0)
    use(1)
    expect(flows.deadline).toBe(32_000)
    turn.begin(31_999)
    flows.timeout()
    expect([failed(), closes()]).toEqual([0, []])
    turn.begin(32_000)
    flows.timeout()
    expect([failed(), closes()]).toEqual([1, [{ type: 'close', flow: 'out-1' }]])
    expect(flows.former('out-1')).toBeUndefined()
  })
})

describe('a flow that is not there', () => {
  it('is reported lost when something is to be sent on it', () => {
    const { flows, lost, turn } = flowsOf()
    flows.send('gone', new Uint8Array(10))
    expect([lost, turn.outputs]).toEqual([['gone'], []])
  })

  it('brings nothing: octets on it are dropped', () => {
    const hand = new SipHand('tcp').receive(requestLines('OPTIONS', { transport: 'TCP' }), 'nobody')
    expect(hand.outputs).toEqual([])
  })

  it('registers nothing', () => {
    const { flows } = flowsOf()
    flows.registered('gone', undefined, true, 30)
    expect(flows.deadline).toBeUndefined()
  })
})

describe('the transport of a URI that names none', () => {
  const fallback = (listening: readonly ('udp' | 'tcp' | 'tls' | 'ws')[], more: Partial<UserAgentOptions> = {}) =>
    flowsOf({ listening: listening.map(transport => ({ transport, address: LOCAL })), ...more }).flows.fallback

  it.each([
    ['UDP where we listen on it', ['tls', 'tcp', 'udp'], {}, 'udp'],
    ['TCP before others', ['tls', 'tcp'], {}, 'tcp'],
    ['the first we listen on', ['ws', 'tls'], {}, 'ws'],
    ['what the driver can open', [], { connects: ['wss', 'tls'] }, 'wss'],
    ['what we listen on before what the driver can open', ['tls'], { connects: ['tcp'] }, 'tls'],
    ['TCP without any hint', [], {}, 'tcp'],
    ['TLS in the secure profile', ['udp', 'tcp', 'tls'], { secure: true }, 'tls'],
    ['TLS in the secure profile without any hint', ['udp'], { secure: true }, 'tls'],
  ] as const)('is %s @req SIP-37', (_name, listening, more, transport) => {
    expect(fallback(listening, more)).toBe(transport)
  })
})

it('a datagram from one who does not listen for any shows a name that leads nowhere', () => {
  const hand = new SipHand('tcp', { trace: true })
  hand.command({ name: 'invite', id: 'a', to: 'sip:bob@192.0.2.99;transport=udp', body: sdp('offer') })
  expect(hand.request('INVITE').headers.get('via')).toContain('SIP/2.0/UDP host.invalid:5060;')
  expect(hand.outputs.flatMap(output => (output.type === 'trace' ? [output.entry.local.host] : []))).toEqual(['host.invalid'])
})

it('of several messages in one read the trace keeps each for itself', () => {
  const text = 'ACK sip:bob@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 0\r\n\r\n'
  const hand = new SipHand('tcp', { trace: true }).opened('in-1').receive(text + text, 'in-1')
  const one = new TextEncoder().encode(text)
  const traced = hand.outputs.flatMap(output => (output.type === 'trace' && output.entry.direction === 'in' ? [output.entry.bytes] : []))
  expect(traced).toEqual([one, one])
  expect(traced.map(bytes => bytes.buffer.byteLength)).toEqual([one.length, one.length])
})
