import { describe, expect, it } from 'vitest'
import { Flows } from '../../src/sip/flows.js'
import { parseNameAddress } from '../../src/sip/index.js'
import { FLOWS, SIP_LIMITS } from '../../src/sip/limits.js'
import type { SipMessage } from '../../src/sip/message.js'
import { Turn } from '../../src/sip/turn.js'
import type { UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { requestLines, responseLines, SipHand } from '../kit/sip-hand.js'
import { optionsFor, sdp, seededRandom } from '../kit/sip-pair.js'

const EDGE = { host: '192.0.2.50', port: 5061 }
const PROXY = 'sip:192.0.2.50:5061;transport=tls;lr'
const RECORD_ROUTE = 'Record-Route: <sip:token@edge.example.org:5061;transport=tls;lr>'

/** A client that listens nowhere, behind one proxy. */
const phone = (options: Partial<UserAgentOptions> = {}) => new SipHand('tcp', { listening: [], proxy: PROXY, ...options })
const register = (hand: SipHand) => hand.command({ name: 'register', id: 'r', registrar: 'sip:example.org', expires: 3600 })
const opened = (hand: SipHand, flow: string, port = 40_000) => hand.opened(flow, EDGE, 'tls', { host: '192.0.2.10', port })
const connects = (hand: SipHand) =>
  hand.outputs.flatMap(output => (output.type === 'connect' ? [`${output.transport} ${output.remote.host}:${output.remote.port}`] : []))
const contactOf = (message: SipMessage) => message.headers.get('contact') ?? ''
const uriOf = (message: SipMessage) => parseNameAddress(contactOf(message))?.uri

const registered = (hand = phone(), ...headers: string[]) =>
  opened(register(hand), 'out-1').respond(200, 'REGISTER', {
    headers: ['Require: outbound', ...(headers.length > 0 ? headers : ['Expires: 3600'])],
  })

/** Registered, and in a dialog through the proxy. */
function talking(hand = registered()): SipHand {
  hand.command({ name: 'invite', id: 'a', to: 'sip:bob@example.org', body: sdp('offer') })
  return hand.respond(200, 'INVITE', { body: 'answer', headers: [RECORD_ROUTE] })
}

describe('outbound', () => {
  it('is asked for with instance and reg-id where nobody can connect to us @req SIP-1', () => {
    const hand = opened(register(phone()), 'out-1')
    const { headers } = hand.request('REGISTER')
    expect(headers.get('contact')).toBe('<sip:alice@192.0.2.10:40000;transport=tls>;+sip.instance="<urn:uuid:alice>";reg-id=1')
    expect(headers.get('supported')?.split(', ')).toEqual(expect.arrayContaining(['path', 'gruu', 'outbound']))
  })

  it.each<[string, Partial<UserAgentOptions>, boolean]>([
    [
      'asked for though we listen',
      { listening: [{ transport: 'tls', address: { host: '192.0.2.10', port: 5061 } }], outbound: true },
      true,
    ],
    ['not asked for where we listen', { listening: [{ transport: 'tls', address: { host: '192.0.2.10', port: 5061 } }] }, false],
    ['not asked for when switched off', { outbound: false }, false],
    ['not asked for without an instance', { contactParameters: [] }, false],
  ])('is %s @req SIP-1', (_case, options, wanted) => {
    const hand = opened(register(phone(options)), 'out-1')
    expect(contactOf(hand.request('REGISTER')).endsWith(';reg-id=1')).toBe(wanted)
  })

  it('leaves a reg-id of the application alone, and asks for nothing over UDP @req SIP-1', () => {
    const own = opened(register(phone({ contactParameters: ['+sip.instance="<urn:uuid:1>"', 'reg-id=7'] })), 'out-1')
    expect(contactOf(own.request('REGISTER'))).toMatch(/;reg-id=7$/)
    const udp = new SipHand('udp', { outbound: true }).command({ name: 'register', id: 'r', registrar: 'sip:192.0.2.99', expires: 60 })
    expect(contactOf(udp.request('REGISTER'))).not.toContain('reg-id')
  })

  it('uses the same Call-ID, instance and reg-id for the life of the registration @req SIP-1 SIP-3', () => {
    const hand = registered(phone(), 'Expires: 100').run(50_000)
    const [first, refresh] = hand.requests('REGISTER')
    expect([refresh?.headers.get('call-id'), refresh?.headers.get('contact')]).toEqual([
      first?.headers.get('call-id'),
      first?.headers.get('contact'),
    ])
  })

  it('is given up once, when the first hop says that it cannot keep flows (439) @req SIP-1', () => {
    const hand = opened(register(phone()), 'out-1').respond(439, 'REGISTER')
    expect(hand.requests('REGISTER').map(request => contactOf(request).includes('reg-id'))).toEqual([true, false])
    hand.respond(439, 'REGISTER')
    expect(hand.requests('REGISTER').length).toBe(2)
    expect(hand.of('registration-failed')).toMatchObject([{ cause: 'response', status: 439 }])
  })

  it('marks Contacts of requests with ob, not those of answers and registrations @req SIP-1', () => {
    const hand = talking()
    expect(hand.requests('INVITE').map(uriOf)).toEqual(['sip:alice@192.0.2.10:40000;transport=tls;ob'])
    expect(hand.requests('REGISTER').map(uriOf)).toEqual(['sip:alice@192.0.2.10:40000;transport=tls'])
    hand.receive(requestLines('OPTIONS', { transport: 'TLS' }), 'out-1')
    hand.command({ name: 'respond', id: hand.of('request')[0]?.id ?? '', status: 200 })
    expect(hand.responses(200).map(uriOf)).toEqual(['sip:alice@192.0.2.10:40000;transport=tls'])
  })
})

describe('a GRUU', () => {
  const GRUU = 'sip:alice@example.org;gr=urn:uuid:alice'
  const answer = (hand: SipHand, gruu = GRUU, expires = 3600) => {
    const contact = contactOf(opened(register(hand), 'out-1').request('REGISTER'))
    const others = '<sip:other@h>;pub-gruu="sip:x@y;gr=1"'
    return hand.respond(200, 'REGISTER', { headers: [`Contact: ${others}, ${contact};pub-gruu="${gruu}";expires=${expires}`] })
  }
  const invited = (hand: SipHand, to = 'sip:bob@example.org') =>
    uriOf(hand.command({ name: 'invite', id: `a${hand.sent.length}`, to, body: sdp('offer') }).request('INVITE'))

  it('that the registrar grants to our instance is our Contact @req SIP-1', () => {
    const hand = answer(phone())
    expect(invited(hand)).toBe(`${GRUU};ob`)
    hand.receive(requestLines('OPTIONS', { transport: 'TLS' }), 'out-1')
    hand.command({ name: 'respond', id: hand.of('request')[0]?.id ?? '', status: 200 })
    expect(hand.responses(200).map(uriOf)).toEqual([GRUU])
  })

  it('is not what we register', () => {
    const hand = answer(phone(), GRUU, 100).run(50_000)
    expect(hand.requests('REGISTER').map(uriOf)).toEqual([
      'sip:alice@192.0.2.10:40000;transport=tls',
      'sip:alice@192.0.2.10:40000;transport=tls',
    ])
  })

  it('becomes sips for a sips request', () => {
    expect(invited(answer(phone()), 'sips:bob@example.org')).toBe(`sips:alice@example.org;gr=urn:uuid:alice;ob`)
  })

  it('of the wrong scheme is taken for the right one', () => {
    expect(invited(answer(phone(), 'SIPS:alice@example.org;gr=1'))).toBe('sip:alice@example.org;gr=1;ob')
  })

  it.each(['sip:alice@example.org', 'nonsense', 'tel:+15550100', 'tel:+15550100;gr', 'sip:a@b;gr?x=1', ''])('%s is none', gruu => {
    expect(invited(answer(phone(), gruu))).toBe('sip:alice@192.0.2.10:40000;transport=tls;ob')
  })

  it('ends with its registration', () => {
    const hand = answer(phone()).command({ name: 'unregister', id: 'r' }).respond(200, 'REGISTER')
    expect(invited(hand)).toBe('sip:alice@192.0.2.10:40000;transport=tls;ob')
  })

  it('survives a failed refresh, but not the end of what was granted', () => {
    const hand = answer(phone(), GRUU, 100).run(50_000).respond(500, 'REGISTER').run(100)
    expect(hand.of('registration-failed').length).toBe(1)
    expect(invited(hand)).toBe(`${GRUU};ob`)
    hand.run(49_899)
    expect(invited(hand)).toBe(`${GRUU};ob`)
    hand.run(1)
    expect(invited(hand)).toBe('sip:alice@192.0.2.10:40000;transport=tls;ob')
  })
})

describe('keep-alives of a registration (RFC 6223)', () => {
  const PING = 4
  const pings = (hand: SipHand) => hand.outputs.filter(output => output.type === 'write' && output.bytes.length === PING).length
  const kept = (keep: string, ...headers: string[]) => {
    const hand = opened(register(phone()), 'out-1')
    const text = responseLines(hand.request('REGISTER'), 200, { headers: ['Expires: 3600', ...headers] })
    return hand.receive(text.replace(';keep', keep), 'out-1')
  }

  it('are offered by REGISTER and by nothing else @req SIP-4', () => {
    const hand = talking()
    expect(hand.request('REGISTER').headers.get('via')).toMatch(/;keep$/)
    for (const method of ['INVITE', 'ACK']) expect(hand.request(method).headers.get('via')).not.toContain('keep')
  })

  it('come as often as the first hop wants @req SIP-4', () => {
    const hand = kept(';keep=30').run(23_999)
    expect(pings(hand)).toBe(0)
    expect(pings(hand.run(6001))).toBe(1)
  })

  it.each([';keep', ';keep=0', ';keep=soon', ''])('come at our own pace with "%s" @req SIP-4', keep => {
    const hand = kept(keep).run(94_999)
    expect(pings(hand)).toBe(0)
    expect(pings(hand.run(25_001))).toBe(1)
  })

  it('follow Flow-Timer when both are there @req SIP-4', () => {
    expect(pings(kept(';keep=30', 'Flow-Timer: 60').run(47_999))).toBe(0)
  })
})

describe('a proxy that restarts', () => {
  it('finds us again after a random wait between 15 and 30 s, with the same binding @req SIP-3', () => {
    const waits = new Set<number>()
    for (let seed = 1; seed <= 8; seed++) {
      const hand = registered(phone({ random: seededRandom(seed) })).closed('out-1')
      expect(hand.of('registration-failed')).toMatchObject([{ cause: 'transport' }])
      const wait = hand.of('registration-failed')[0]?.retryAfter ?? 0
      waits.add(wait)
      hand.run(wait - 1)
      expect(connects(hand).length).toBe(1)
      opened(hand.run(1), 'out-2')
      expect(
        hand
          .requests('REGISTER')
          .map(contactOf)
          .map(text => text.endsWith(';reg-id=1')),
      ).toEqual([true, true])
    }
    expect(waits.size).toBe(8)
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(15_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(30_000)
  })

  it('waits twice as long after each attempt that fails, until one succeeds @req SIP-3', () => {
    const hand = registered().closed('out-1')
    const waits = () => hand.of('registration-failed').map(event => event.retryAfter ?? 0)
    for (let attempt = 2; attempt <= 8; attempt++) hand.run(waits().at(-1) ?? 0).closed(`out-${attempt}`)
    for (const [index, wait] of waits().entries()) {
      expect(wait).toBeGreaterThanOrEqual(Math.min(30_000 * 2 ** index, 1_800_000) / 2)
      expect(wait).toBeLessThanOrEqual(Math.min(30_000 * 2 ** index, 1_800_000))
    }
    hand.run(waits().at(-1) ?? 0)
    opened(hand, 'out-9').respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    hand.closed('out-9')
    expect(waits().at(-1)).toBeLessThanOrEqual(30_000)
  })

  it('gets the next request of a running dialog over the new flow of the registration', () => {
    const hand = talking().closed('out-1').run(30_000)
    opened(hand, 'out-2', 40_001).respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    hand.command({ name: 'offer', id: 'a', body: sdp('more') })
    expect(hand.sent.at(-1)).toMatchObject({ flow: 'out-2', message: { method: 'INVITE' } })
    expect(hand.request('INVITE').headers.get('route')).toBe('<sip:token@edge.example.org:5061;transport=tls;lr>')
    hand.respond(200, 'INVITE', { body: 'answer 2' })
    expect(hand.of('answered').length).toBe(1)
  })

  it('gets it also when it comes before the registration, over a flow that both use then', () => {
    const hand = talking().closed('out-1').command({ name: 'bye', id: 'a' })
    expect(connects(hand)).toEqual(['tls 192.0.2.50:5061', 'tls 192.0.2.50:5061'])
    opened(hand, 'out-2')
    expect(hand.sent.at(-1)).toMatchObject({ flow: 'out-2', message: { method: 'BYE' } })
    hand.run(30_000)
    expect([hand.requests('REGISTER').length, connects(hand).length]).toEqual([2, 2])
  })

  it('may have gone for good: after several flows dialogs still follow the last registration', () => {
    const hand = talking()
    for (const [lost, next] of [
      ['out-1', 'out-2'],
      ['out-2', 'out-3'],
    ] as const) {
      hand.closed(lost).run(30_000)
      opened(hand, next).respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    }
    hand.command({ name: 'bye', id: 'a' })
    expect(hand.sent.at(-1)).toMatchObject({ flow: 'out-3', message: { method: 'BYE' } })
    const gone = talking().closed('out-1').run(30_000)
    opened(gone, 'out-2').respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    gone.closed('out-2').command({ name: 'bye', id: 'a' })
    expect(connects(gone).at(-1)).toBe('tls 192.0.2.50:5061')
  })

  it('is reported once when a refresh was under way', () => {
    const hand = registered(phone(), 'Expires: 100').run(50_000)
    expect(hand.requests('REGISTER').length).toBe(2)
    hand.closed('out-1')
    expect(hand.of('registration-failed').length).toBe(1)
    hand.run(31_000)
    opened(hand, 'out-2').respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    hand.command({ name: 'invite', id: 'b', to: 'sip:bob@example.org', body: sdp('offer') })
    expect(hand.sent.at(-1)?.flow).toBe('out-2')
  })

  it('is not reported while the refresh goes on at another server', () => {
    const hand = new SipHand('tcp', { listening: [], resolve: true, proxy: 'sip:edge.example.org;transport=tls;lr' })
    register(hand).resolved('_sips._tcp.edge.example.org', [
      { priority: 1, weight: 1, port: 5061, name: 'one.example.org' },
      { priority: 2, weight: 1, port: 5061, name: 'two.example.org' },
    ])
    hand
      .opened('out-1', { host: 'one.example.org', port: 5061 }, 'tls')
      .respond(200, 'REGISTER', { headers: ['Expires: 100', 'Require: outbound'] })
    hand.run(50_000)
    expect(hand.requests('REGISTER').length).toBe(2)
    hand.closed('out-1')
    expect([connects(hand).at(-1), hand.of('registration-failed')]).toEqual(['tls two.example.org:5061', []])
    hand.opened('out-2', { host: 'two.example.org', port: 5061 }, 'tls').respond(200, 'REGISTER', { headers: ['Expires: 100'] })
    expect(hand.of('registered').length).toBe(2)
  })

  it('does not bring back a registration that we are taking back', () => {
    const hand = registered().command({ name: 'unregister', id: 'r' }).closed('out-1')
    expect([hand.of('unregistered').length, hand.of('registration-failed')]).toEqual([1, []])
    expect(hand.run(4_000_000).requests('REGISTER').length).toBe(2)
  })
})

describe('flows that were lost', () => {
  const flowsOf = () => {
    const turn = new Turn()
    return {
      turn,
      flows: new Flows(turn, optionsFor('alice', [], { listening: [] }), SIP_LIMITS, optionsFor('alice', []).random, () => {}),
    }
  }
  const lose = ({ flows }: ReturnType<typeof flowsOf>, index: number, transport: 'ws' | 'tcp' = 'ws') => {
    const remote = { host: `h${index}`, port: 80 }
    flows.use(
      { transport, remote },
      () => {},
      () => {},
    )
    flows.opened(`out-${index}`, transport, { host: '192.0.2.10', port: 1 }, remote)
    flows.closed(`out-${index}`)
  }

  it('are remembered up to a limit, the oldest is forgotten first', () => {
    const world = flowsOf()
    for (let index = 1; index <= FLOWS; index++) lose(world, index)
    expect(world.flows.former('out-1')).toEqual({ transport: 'ws', remote: { host: 'h1', port: 80 } })
    lose(world, FLOWS + 1)
    expect(world.flows.former('out-1')).toBeUndefined()
    expect(world.flows.former('out-2')).toEqual({ transport: 'ws', remote: { host: 'h2', port: 80 } })
    expect(world.flows.former(`out-${FLOWS + 1}`)).toBeDefined()
  })

  it('are no way back when they were plain connections without registration', () => {
    const world = flowsOf()
    lose(world, 1, 'tcp')
    expect(world.flows.former('out-1')).toBeUndefined()
  })
})
