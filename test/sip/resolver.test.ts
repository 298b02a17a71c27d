import { describe, expect, it } from 'vitest'
import type { NaptrRecord, SrvRecord, Transport, UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { targetsOf } from '../../src/sip/service-records.js'
import { SipHand } from '../kit/sip-hand.js'
import { ADDRESSES, sdp, seededRandom } from '../kit/sip-pair.js'

const naptr = (order: number, preference: number, service: string, replacement: string, flags = 's'): NaptrRecord => ({
  order,
  preference,
  flags,
  service,
  replacement,
})
const srv = (priority: number, weight: number, name: string, port = 5060): SrvRecord => ({ priority, weight, port, name })

const BOTH = (['udp', 'tcp'] as Transport[]).map(transport => ({ transport, address: ADDRESSES.alice }))

function calling(to: string, options: Partial<UserAgentOptions> = {}) {
  const hand = new SipHand('udp', { resolve: true, listening: BOTH, ...options })
  return hand.command({ name: 'invite', id: 'a', to, body: sdp('offer') })
}

const asked = (hand: SipHand) => hand.questions.map(({ kind, name }) => `${kind} ${name}`)
const places = (hand: SipHand) => hand.sent.map(({ remote }) => `${remote?.host}:${remote?.port}`)
const connects = (hand: SipHand) =>
  hand.outputs.flatMap(output => (output.type === 'connect' ? [`${output.transport} ${output.remote.host}:${output.remote.port}`] : []))

describe('the next hop', () => {
  it.each([
    ['sip:bob@192.0.2.99', '192.0.2.99:5060'],
    ['sip:bob@192.0.2.99:5070', '192.0.2.99:5070'],
    ['sip:bob@[2001:db8::9]', '2001:db8::9:5060'],
    ['sip:bob@example.org:5070', 'example.org:5070'],
    ['sip:bob@machine', 'machine:5060'],
  ])('of %s is %s without a question @req SIP-37', (to, place) => {
    const hand = calling(to)
    expect([asked(hand), [...new Set(places(hand))]]).toEqual([[], [place]])
  })

  it('of a name is the name itself when nobody answers questions', () => {
    const hand = calling('sip:bob@example.org', { resolve: false })
    expect([asked(hand), places(hand)]).toEqual([[], ['example.org:5060']])
  })

  it('comes from NAPTR, then SRV, by order and preference @req SIP-37', () => {
    const hand = calling('sip:bob@example.org')
    expect(asked(hand)).toEqual(['NAPTR example.org'])
    hand.resolved('example.org', [
      naptr(20, 1, 'SIP+D2T', 'late.example.org'),
      naptr(10, 9, 'SIP+D2T', 'tcp.example.org'),
      naptr(10, 1, 'sip+d2u', 'udp.example.org.'),
      naptr(1, 1, 'SIP+D2S', 'sctp.example.org'),
      naptr(1, 1, 'SIP+D2U', 'terminal.example.org', 'a'),
    ])
    expect(asked(hand).slice(1)).toEqual(['SRV udp.example.org', 'SRV tcp.example.org', 'SRV late.example.org'])
    expect(hand.sent).toEqual([])
    hand.resolved('tcp.example.org', [srv(1, 1, 't.example.org')]).resolved('late.example.org', [])
    hand.resolved('udp.example.org', [srv(2, 1, 'second.example.org'), srv(1, 1, 'first.example.org.', 5070)])
    expect(places(hand)).toEqual(['first.example.org:5070'])
    hand.run(70_000)
    expect([...new Set(places(hand))]).toEqual(['first.example.org:5070', 'second.example.org:5060'])
    expect(connects(hand)).toEqual(['tcp t.example.org:5060'])
  })

  it('without NAPTR is asked for as _sips._tcp, _sip._tcp and _sip._udp @req SIP-37', () => {
    const hand = calling('sip:bob@example.org').resolved('example.org', [])
    expect(asked(hand).slice(1)).toEqual(['SRV _sips._tcp.example.org', 'SRV _sip._tcp.example.org', 'SRV _sip._udp.example.org'])
    hand.resolved('_sips._tcp.example.org', []).resolved('_sip._tcp.example.org', [srv(1, 0, 'edge.example.org', 5080)])
    hand.resolved('_sip._udp.example.org', [])
    expect(connects(hand)).toEqual(['tcp edge.example.org:5080'])
  })

  it.each([
    ['sip:bob@example.org;transport=tcp', ['SRV _sip._tcp.example.org']],
    ['sip:bob@example.org;transport=udp', ['SRV _sip._udp.example.org']],
    ['sips:bob@example.org;transport=tcp', ['SRV _sips._tcp.example.org']],
    ['sip:bob@example.org;transport=ws', []],
  ])('of %s needs only %j @req SIP-37', (to, questions) => {
    expect(asked(calling(to))).toEqual(questions)
  })

  it('of a sips address is TLS with a certificate for the domain that was asked for @req SIP-37', () => {
    const hand = calling('sips:bob@example.org')
    hand.resolved('example.org', [naptr(1, 1, 'SIP+D2U', 'u.example.org'), naptr(2, 1, 'SIPS+D2T', 's.example.org')])
    expect(asked(hand).slice(1)).toEqual(['SRV s.example.org'])
    hand.resolved('s.example.org', [srv(1, 1, 'edge.example.net', 5061)])
    const remote = { host: 'edge.example.net', port: 5061 }
    expect(hand.outputs.at(-1)).toEqual({ type: 'connect', flow: 'out-1', transport: 'tls', remote, domain: 'example.org' })
  })

  it('falls back to the name when DNS has nothing, or never answers @req SIP-37', () => {
    const empty = calling('sip:bob@example.org;transport=udp').resolved('_sip._udp.example.org', [])
    expect(places(empty)).toEqual(['example.org:5060'])
    const silent = calling('sip:bob@example.org')
    silent.run(5999)
    expect(silent.sent).toEqual([])
    silent.run(1)
    expect(places(silent)).toEqual(['example.org:5060'])
    const [question] = silent.questions
    const records = [srv(1, 1, 'late.example.org')]
    expect(silent.agent.step({ type: 'resolved', id: question?.id ?? '', records }, silent.now)).toEqual([])
  })

  it('is nowhere when the domain says that it has no such service', () => {
    const hand = calling('sip:bob@example.org;transport=udp').resolved('_sip._udp.example.org', [srv(0, 0, '.', 1)])
    expect(hand.of('rejected').map(event => event.cause)).toEqual(['transport'])
  })

  it('is the outbound proxy, whatever the target, and no question about the target @req SIP-37', () => {
    const hand = calling('sip:bob@example.org', { proxy: 'sip:192.0.2.50:5080;lr' })
    expect([asked(hand), places(hand)]).toEqual([[], ['192.0.2.50:5080']])
    const named = calling('sip:bob@example.org', { proxy: 'sip:edge.example.net;lr;transport=udp' })
    expect(asked(named)).toEqual(['SRV _sip._udp.edge.example.net'])
  })

  it('is asked for once by requests that come together or soon after @req SIP-37', () => {
    const hand = calling('sip:bob@example.org;transport=udp')
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: 'sip:carol@EXAMPLE.org;transport=udp' })
    hand.resolved('_sip._udp.example.org', [srv(1, 1, 's.example.org')])
    expect([asked(hand).length, places(hand)]).toEqual([1, ['s.example.org:5060', 's.example.org:5060']])
    hand.command({ name: 'request', id: 'p', method: 'OPTIONS', to: 'sip:carol@example.org;transport=udp' })
    expect(asked(hand).length).toBe(1)
    hand.run(60_000).command({ name: 'request', id: 'q', method: 'OPTIONS', to: 'sip:carol@example.org;transport=udp' })
    expect(asked(hand).length).toBe(2)
  })
})

describe('fail-over', () => {
  const TWO = [srv(1, 1, 'one.example.org'), srv(2, 1, 'two.example.org')]
  const udp = () => calling('sip:bob@example.org;transport=udp').resolved('_sip._udp.example.org', TWO)
  const tcp = () => calling('sip:bob@example.org;transport=tcp').resolved('_sip._tcp.example.org', TWO)

  it('goes to the next server when no connection opens @req SIP-37', () => {
    const hand = tcp().closed('out-1')
    expect(connects(hand)).toEqual(['tcp one.example.org:5060', 'tcp two.example.org:5060'])
    hand.opened('out-2')
    expect(hand.requests('INVITE').length).toBe(1)
    hand.closed('out-2')
    expect(hand.of('rejected').map(event => event.cause)).toEqual(['transport'])
  })

  it('goes to the next server when a transaction times out, with a new branch @req SIP-37', () => {
    const hand = udp().run(32_000)
    expect(new Set(places(hand))).toEqual(new Set(['one.example.org:5060', 'two.example.org:5060']))
    const [first, last] = [hand.requests('INVITE')[0], hand.request('INVITE')]
    expect(last.headers.get('via')).not.toBe(first?.headers.get('via'))
    expect(last.headers.get('call-id')).toBe(first?.headers.get('call-id'))
    expect(hand.of('rejected')).toEqual([])
    expect(
      hand
        .run(32_000)
        .of('rejected')
        .map(event => event.cause),
    ).toEqual(['timeout'])
  })

  it('goes to the next server after 503, at once, and reports the last @req SIP-37', () => {
    const hand = udp().respond(503, 'INVITE')
    expect(places(hand)).toEqual(['one.example.org:5060', 'one.example.org:5060', 'two.example.org:5060'])
    hand.respond(503, 'INVITE')
    expect(hand.of('rejected').map(event => event.status)).toEqual([503])
  })

  it('does not leave a server that answered otherwise', () => {
    const hand = udp().respond(486, 'INVITE')
    expect(hand.of('rejected').map(event => event.status)).toEqual([486])
    expect(hand.requests('INVITE').length).toBe(1)
  })

  it('stops when the user gave up', () => {
    const hand = udp().command({ name: 'cancel', id: 'a' }).run(40_000)
    expect(new Set(places(hand))).toEqual(new Set(['one.example.org:5060']))
    expect(hand.of('rejected').map(event => event.cause)).toEqual(['cancelled'])
  })

  it('is remembered: the next request starts with the server that works', () => {
    const hand = udp().respond(503, 'INVITE')
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: 'sip:bob@example.org;transport=udp' })
    expect(places(hand).at(-1)).toBe('two.example.org:5060')
  })

  it('tries no more than eight servers', () => {
    const many = Array.from({ length: 40 }, (_, index) => srv(index, 1, `s${index}.example.org`))
    const hand = calling('sip:bob@example.org;transport=udp').resolved('_sip._udp.example.org', many)
    hand.run(600_000)
    expect(new Set(places(hand)).size).toBe(8)
    expect(hand.of('rejected').length).toBe(1)
  })

  it('keeps believing the proxy under the names DNS gave it @req SIP-28', () => {
    const hand = new SipHand('tcp', { resolve: true, proxy: 'sip:example.net;lr;transport=tcp' })
    hand.command({ name: 'register', id: 'r', registrar: 'sip:example.org', expires: 3600 })
    hand.resolved('_sip._tcp.example.net', [srv(1, 1, 'edge.example.net')]).opened('out-1')
    const invite = ['MESSAGE sip:alice@192.0.2.10 SIP/2.0', 'Via: SIP/2.0/TCP 192.0.2.99;branch=z9hG4bKx', 'Max-Forwards: 70']
    hand.receive([...invite, 'From: <sip:b@x>;tag=1', 'To: <sip:alice@x>', 'Call-ID: c', 'CSeq: 1 MESSAGE'], 'out-1')
    expect(hand.of('request').map(event => event.trusted)).toEqual([true])
  })
})

describe('SRV records', () => {
  it('of one priority are drawn by weight @req SIP-37', () => {
    const random = seededRandom(5)
    const firsts = new Map<string, number>()
    for (let draw = 0; draw < 2000; draw++) {
      const { targets } = targetsOf([srv(1, 10, 'ten'), srv(1, 30, 'thirty'), srv(1, 0, 'zero'), srv(0, 0, 'front')], random)
      expect([targets.length, targets[0]?.host]).toEqual([4, 'front'])
      const host = targets[1]?.host ?? ''
      firsts.set(host, (firsts.get(host) ?? 0) + 1)
    }
    expect((firsts.get('thirty') ?? 0) / (firsts.get('ten') ?? 1)).toBeGreaterThan(2.3)
    expect((firsts.get('thirty') ?? 0) / (firsts.get('ten') ?? 1)).toBeLessThan(3.9)
    expect(firsts.get('zero')).toBeLessThan(120)
  })

  it('that make no sense are left out @req SEC-11', () => {
    const wrong = [
      srv(1, 1, 'a b'),
      srv(1, 1, ''),
      srv(1, 1, 'x'.repeat(300)),
      srv(1, 1, 'ok', 0),
      srv(1, 1, 'ok', 70_000),
      srv(-1, 1, 'ok'),
    ]
    expect(targetsOf([...wrong, srv(Number.NaN, 1, 'ok'), srv(1, 1.5, 'ok')], seededRandom(1)).targets).toEqual([])
  })
})

it('every attempt has its own limit for the final response, so that a callee who only rings after many dead servers is left too @req SIP-18', () => {
  const many = Array.from({ length: 8 }, (_, index) => srv(index, 1, `s${index}.example.org`))
  const hand = calling('sip:bob@example.org;transport=udp').resolved('_sip._udp.example.org', many)
  hand.run(250_000).respond(180, 'INVITE')
  expect(places(hand).at(-1)).toBe('s7.example.org:5060')
  hand.run(239_000 - 26_000)
  expect(hand.requests('CANCEL').length).toBe(0)
  hand.run(30_000)
  expect(hand.requests('CANCEL').length).toBeGreaterThan(0)
  hand.run(100_000)
  expect(hand.of('rejected').map(event => event.cause)).toEqual(['timeout'])
})
