import { describe, expect, it } from 'vitest'
import { LocalProtocolError } from '../../src/wire/index.js'
import { decodeMessage, encodeMessage, type ProxyTarget, SipHeaders, type SipRequest, type SipResponse } from '../../src/sip/index.js'
import { forwardPlan } from '../../src/sip/forwarded-request.js'
import { ResponseContext } from '../../src/sip/response-context.js'
import { DECISION_TIME, FORK_TARGETS, OVERLOAD_WAIT, PROXY_BRANCHES } from '../../src/sip/limits.js'
import { ProxyCore } from '../../src/sip/proxy-core.js'
import { ALICE, askLines, bobAt, PROXY, ProxyHand, type ProxySent, targetAt } from '../kit/proxy-hand.js'
import { hash, seededRandom } from '../kit/sip-pair.js'

const requestOf = (sent: ProxySent | undefined) => sent?.message as SipRequest
const field = (sent: ProxySent | undefined, name: string) => requestOf(sent).headers.getAll(name)

describe('what a proxy refuses by itself (RFC 3261 §16.3)', () => {
  it.each([
    ['a broken CSeq', askLines('MESSAGE').replace('CSeq: 1 MESSAGE', 'CSeq: 1 OPTIONS'), 400, []],
    ['a scheme that is no SIP', askLines('MESSAGE', { uri: 'http://example.org' }), 416, []],
    ['no hop left', askLines('MESSAGE', { hops: '0' }), 483, []],
    ['no hop left for an INVITE', askLines('INVITE', { hops: '0' }), 483, []],
    ['an extension', askLines('MESSAGE', { headers: ['Proxy-Require: foo, Bar'] }), 420, [['Unsupported', 'foo, Bar']]],
    ['an extension that would break the answer', askLines('MESSAGE', { headers: ['Proxy-Require: a\0b'] }), 400, []],
    ['an OPTIONS that ends here', askLines('OPTIONS', { hops: '0' }), 200, [['Server', 'test/1']]],
  ] as const)('%s', (_, text, status, fields) => {
    const hand = new ProxyHand({ server: 'test/1' }).receive(text)
    expect(hand.events).toEqual([])
    const [response] = hand.responses()
    expect(response?.status).toBe(status)
    for (const [name, value] of fields) expect(response?.headers.get(name)).toBe(value)
    expect(response?.headers.get('to')).toMatch(/;tag=/)
    hand.run(64_000)
    expect(hand.proxy.size).toBe(0)
  })

  it('a request that comes back as it was is a loop, one with another Request-URI a spiral', () => {
    const hand = new ProxyHand()
    hand.receive(askLines('MESSAGE')).forward([{ uri: 'sip:bob@192.0.2.20' }])
    const [sent] = hand.forwarded('MESSAGE')
    const again = (uri: string, branch: string) => {
      const headers = new SipHeaders(requestOf(sent).headers).prepend('Via', `SIP/2.0/UDP 192.0.2.20;branch=${branch}`)
      return new TextDecoder().decode(encodeMessage({ ...requestOf(sent), uri, headers }))
    }
    hand.receive(again('sip:bob@192.0.2.20', 'z9hG4bKmiddle1'), bobAt(0))
    expect(hand.of('request').length).toBe(2)
    // the same Request-URI as the first time, and nothing else that matters changed
    hand.receive(again('sip:bob@example.org', 'z9hG4bKmiddle2'), bobAt(0))
    expect(hand.of('request').length).toBe(2)
    expect(hand.responses().at(-1)?.status).toBe(482)
  })

  it('the mark of another proxy means nothing', () => {
    const hand = new ProxyHand()
    hand.receive(askLines('MESSAGE')).forward([targetAt(0)])
    const mark = field(hand.forwarded('MESSAGE')[0], 'via')[0]?.split(';branch=')[1]?.split(';')[0]
    const via = `Via: SIP/2.0/UDP 192.0.2.77:5060;branch=${mark}`
    hand.receive(askLines('MESSAGE', { via }))
    expect(hand.of('request').length).toBe(2)
  })

  it('what has no place among the transactions gets 503 with Retry-After @req SEC-12', () => {
    const hand = new ProxyHand({ limits: { transactions: 2 } })
    for (const branch of ['1', '2', '3']) hand.receive(askLines('MESSAGE', { branch: `z9hG4bK${branch}`, callId: branch }))
    expect(hand.of('request').length).toBe(2)
    expect(hand.responses().map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([[503, '30']])
  })
})

describe('a host that floods', () => {
  const flood = (hand: ProxyHand, method: string, count: number, from = ALICE) => {
    for (let index = 0; index < count; index++)
      hand.receive(askLines(method, { callId: `${from.host}-${hand.sent.length}-${index}` }), from)
    return hand.of('request').length
  }

  it('has its share of the transactions, and others theirs @req SEC-12', () => {
    const hand = new ProxyHand({ limits: { transactions: 5, perSource: 2 } })
    expect([flood(hand, 'MESSAGE', 3), hand.statuses()]).toEqual([2, [503]])
    expect([flood(hand, 'MESSAGE', 3, bobAt(0)), hand.statuses()]).toEqual([4, [503, 503]])
    // what is answered counts no more, though it is remembered for copies
    hand.command({ name: 'respond', id: hand.asked.id, status: 404 })
    expect([flood(hand, 'MESSAGE', 2, bobAt(0)), hand.statuses()]).toEqual([5, [503, 503, 404, 503]])
    hand.run(64_000)
    expect(hand.proxy.size).toBe(0)
  })

  it('gets it back with every 2xx, ACK and request that nobody answered', () => {
    const hand = new ProxyHand({ limits: { perSource: 1 } })
    hand.receive(askLines('INVITE', { branch: 'z9hG4bK1' })).command({ name: 'respond', id: hand.asked.id, status: 200 })
    hand.receive(askLines('INVITE', { branch: 'z9hG4bK2', callId: '2' })).command({ name: 'respond', id: hand.asked.id, status: 486 })
    hand.receive(askLines('INVITE', { branch: 'z9hG4bK3', callId: '3' }))
    expect(hand.statuses()).toEqual([200, 486, 503])
    hand
      .receive(askLines('ACK', { branch: 'z9hG4bK2', callId: '2' }))
      .receive(askLines('MESSAGE', { callId: '4' }))
      .forward([targetAt(0)])
    hand.run(32_000).receive(askLines('MESSAGE', { callId: '5' }))
    expect([hand.of('request').length, hand.statuses()]).toEqual([4, [200, 486, 503]])
  })
})

describe('the policy', () => {
  it('is told of a request with its flow and decides; an INVITE over UDP has 100 after 200 ms', () => {
    const hand = new ProxyHand().receive(askLines('INVITE', { branch: 'z9hG4bK1' })).run(199)
    expect(hand.responses()).toEqual([])
    hand.run(1)
    expect(hand.responses().map(response => response.status)).toEqual([100])
    expect(hand.asked).toMatchObject({ flow: 'udp/192.0.2.10:5060', transport: 'udp', remote: ALICE, request: { method: 'INVITE' } })
    expect(hand.asked.secure).toBeUndefined()
    hand.command({ name: 'respond', id: hand.asked.id, status: 183, reason: 'Wait' })
    hand.command({
      name: 'respond',
      id: hand.asked.id,
      status: 404,
      headers: [['X-Why', 'unknown']],
      body: { contentType: 'text/plain', bytes: new Uint8Array(3) },
    })
    expect(hand.statuses()).toEqual([183, 404])
    const last = hand.responses().at(-1)
    expect([last?.headers.get('x-why'), last?.headers.get('content-type'), last?.body.length]).toEqual(['unknown', 'text/plain', 3])
    // once is enough
    hand.command({ name: 'respond', id: hand.asked.id, status: 200 }).forward([targetAt(0)])
    hand.command({ name: 'forward', id: 'never', targets: [] })
    expect([hand.statuses().length, hand.forwarded('INVITE').length]).toEqual([2, 0])
    hand.receive(askLines('ACK', { branch: 'z9hG4bK1' })).run(6000)
    expect(hand.proxy.size).toBe(0)
  })

  it('has 100 sent at once where no address can be forged, and for what goes on', () => {
    const all = (hand: ProxyHand) => hand.responses().map(({ status }) => status)
    expect(all(new ProxyHand().opened('in-1').receive(askLines('INVITE', { transport: 'TCP' }), ALICE, 'in-1'))).toEqual([100])
    const on = new ProxyHand().receive(askLines('INVITE')).forward([targetAt(0)])
    expect([all(on), on.forwarded('INVITE').length]).toEqual([[100], 1])
    // said once
    expect(
      all(
        new ProxyHand()
          .receive(askLines('INVITE'))
          .run(300)
          .forward([targetAt(0)]),
      ),
    ).toEqual([100])
    const ringing = new ProxyHand().receive(askLines('INVITE'))
    ringing
      .command({ name: 'respond', id: ringing.asked.id, status: 183 })
      .run(300)
      .forward([targetAt(0)])
    expect(all(ringing)).toEqual([183])
  })

  it.each([
    ['the policy', (hand: ProxyHand) => hand.command({ name: 'respond', id: hand.asked.id, status: 407 }), {}, 407],
    ['nowhere to go', (hand: ProxyHand) => hand.forward([]), {}, 480],
    ['no breadth', (hand: ProxyHand) => hand.forward([targetAt(0)]), { headers: ['Max-Breadth: 0'] }, 440],
    ['no hops', (hand: ProxyHand) => hand, { hops: '0' }, 483],
    ['an extension', (hand: ProxyHand) => hand, { headers: ['Proxy-Require: x'] }, 420],
  ] as const)('a refusal for %s goes to an address that may be forged once for each datagram @req SEC-12', (_, decide, ask, status) => {
    const all = (hand: ProxyHand) => hand.responses().map(response => response.status)
    const text = askLines('INVITE', { branch: 'z9hG4bK1', ...ask })
    const forged = decide(new ProxyHand().receive(text)).run(32_000)
    expect([all(forged), forged.proxy.size]).toEqual([[status], 0])
    // a caller that did not hear it asks again, hears the same, and is done with its ACK, which goes nowhere
    const lost = decide(new ProxyHand().receive(text)).run(500).receive(text).run(1000).receive(text)
    expect([all(lost), new Set(lost.responses().map(({ headers }) => headers.get('to'))).size]).toEqual([[status, status, status], 1])
    const asked = lost.of('request').length
    lost.receive(askLines('ACK', { branch: 'z9hG4bK1', toTag: lost.responses()[0]?.headers.get('to')?.split('tag=')[1] as string }))
    expect([lost.of('request').length, lost.forwarded('ACK'), lost.run(5000).proxy.size]).toEqual([asked, [], 0])
  })

  it('is told when a request came over TLS', () => {
    const hand = new ProxyHand().opened('in-1', ALICE, 'tls').receive(askLines('MESSAGE', { transport: 'TLS' }), ALICE, 'in-1')
    expect(hand.asked).toMatchObject({ flow: 'in-1', transport: 'tls', secure: true })
  })

  it('that says nothing in time is answered for with 500', () => {
    const hand = new ProxyHand().receive(askLines('MESSAGE')).run(DECISION_TIME - 1)
    expect(hand.statuses()).toEqual([])
    hand.run(1)
    expect(hand.statuses()).toEqual([500])
    expect(hand.of('cancelled')).toEqual([{ name: 'cancelled', id: hand.asked.id }])
    hand.forward([targetAt(0)]).run(64_000)
    expect([hand.forwarded('MESSAGE'), hand.proxy.size]).toEqual([[], 0])
  })

  it('hears of a CANCEL that comes before its word', () => {
    const hand = new ProxyHand().receive(askLines('INVITE', { branch: 'z9hG4bK1' })).receive(askLines('CANCEL', { branch: 'z9hG4bK1' }))
    expect(hand.statuses()).toEqual([200, 487])
    expect(hand.of('cancelled')).toEqual([{ name: 'cancelled', id: hand.asked.id }])
    hand.forward([targetAt(0)])
    expect(hand.forwarded('INVITE')).toEqual([])
    hand.receive(askLines('CANCEL', { branch: 'z9hG4bK1' }))
    expect(hand.statuses()).toEqual([200, 487, 200])
    hand.receive(askLines('CANCEL', { branch: 'z9hG4bK2' }))
    expect(hand.statuses().at(-1)).toBe(481)
  })

  it('cannot write line breaks @req SEC-14', () => {
    const hand = new ProxyHand().receive(askLines('MESSAGE'))
    const { id } = hand.asked
    const headers = [['X', 'a\r\nb: c']] as const
    expect(() => hand.command({ name: 'respond', id, status: 200, headers })).toThrow(LocalProtocolError)
    expect(() => hand.forward([targetAt(0)], { add: headers })).toThrow(LocalProtocolError)
    hand.command({ name: 'respond', id, status: 200 })
    expect(hand.statuses()).toEqual([200])
  })
})

describe('a forwarded request (RFC 3261 §16.6)', () => {
  const forwarded = (ask: Parameters<typeof askLines>[1], ...more: Parameters<ProxyHand['forward']>) =>
    new ProxyHand()
      .receive(askLines('INVITE', ask))
      .forward(...more)
      .forwarded('INVITE')[0] as ProxySent

  it('has a new Request-URI, a hop less, our Via and Record-Route, and the fields of the policy', () => {
    const sent = forwarded(
      { headers: ['P-Asserted-Identity: <sip:evil@example.org>', 'X-Keep: yes'] },
      [{ uri: 'sip:bob@192.0.2.20;method=BYE?Subject=x' }],
      { remove: ['p-asserted-identity'], add: [['P-Asserted-Identity', '<sip:alice@example.org>']] },
    )
    expect(sent.remote).toEqual(bobAt(0))
    expect(requestOf(sent).uri).toBe('sip:bob@192.0.2.20')
    expect([field(sent, 'max-forwards'), field(sent, 'max-breadth')]).toEqual([['69'], ['60']])
    expect([field(sent, 'p-asserted-identity'), field(sent, 'x-keep')]).toEqual([['<sip:alice@example.org>'], ['yes']])
    expect(field(sent, 'via')).toEqual([
      expect.stringMatching(/^SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bK[A-Za-z0-9]{20}\.[0-9a-f]{16};rport$/),
      expect.stringMatching(/^SIP\/2\.0\/UDP 192\.0\.2\.10:5060;branch=z9hG4bKask\d+;received=192\.0\.2\.10;rport=5060$/),
    ])
    expect(field(sent, 'record-route')).toEqual([
      expect.stringMatching(/^<sip:d--[0-9a-f]{20}@192\.0\.2\.1:5060;lr>$/),
      expect.stringMatching(/^<sip:d-udp_002f192\.0\.2\.10_003a5060-[0-9a-f]{20}@192\.0\.2\.1:5060;lr>$/),
    ])
  })

  it('goes where its target says when the policy takes its Route away', () => {
    const ask = { headers: ['Route: <sip:192.0.2.77;lr>'] }
    expect(forwarded(ask, [targetAt(0)]).remote).toEqual({ host: '192.0.2.77', port: 5060 })
    const led = forwarded(ask, [targetAt(0)], { remove: ['route'] })
    expect([led.remote, field(led, 'route')]).toEqual([bobAt(0), []])
  })

  it('has 70 hops where it had none named', () => {
    expect(field(forwarded({ hops: undefined }, [targetAt(0)]), 'max-forwards')).toEqual(['70'])
  })

  it.each([
    ['INVITE', undefined, undefined, true],
    ['INVITE', 'b1', undefined, false],
    ['INVITE', undefined, false, false],
    ['SUBSCRIBE', undefined, undefined, true],
    ['REFER', undefined, undefined, true],
    ['NOTIFY', 'b1', undefined, true],
    ['MESSAGE', undefined, undefined, false],
    ['MESSAGE', undefined, true, true],
  ] as const)('%s with To tag %s and recordRoute %s stays in the path: %s', (method, toTag, recordRoute, stays) => {
    const hand = new ProxyHand().receive(askLines(method, toTag === undefined ? {} : { toTag }))
    hand.forward([targetAt(0)], recordRoute === undefined ? {} : { recordRoute })
    expect(field(hand.forwarded(method)[0], 'record-route').length > 0).toBe(stays)
  })

  it('names each side of ours where transports differ, and sips for sips', () => {
    const places = [
      { transport: 'udp', address: PROXY },
      { transport: 'tls', address: { host: '192.0.2.1', port: 5061 } },
      { transport: 'wss', address: { host: '192.0.2.1', port: 443 } },
      { transport: 'tcp', address: PROXY },
    ] as const
    const hand = new ProxyHand({ listening: places })
      .opened('in-1', ALICE, 'wss')
      .opened('in-2', bobAt(0), 'tcp')
      .opened('in-3', bobAt(1), 'tls')
    hand.receive(askLines('INVITE', { transport: 'WSS' }), ALICE, 'in-1')
    hand.forward([targetAt(0, { flow: 'in-2' }), targetAt(1, { flow: 'in-3' }), { uri: 'sips:bob@x', flow: 'in-3' }])
    const shown = hand.forwarded('INVITE').map(sent => field(sent, 'record-route').map(value => value.replace(/[pd]-.*@/, '')))
    expect(shown).toEqual([
      ['<sip:192.0.2.1:5060;transport=tcp;lr>', '<sip:192.0.2.1:443;transport=ws;lr>'],
      ['<sip:192.0.2.1:5061;transport=tls;lr>', '<sip:192.0.2.1:443;transport=ws;lr>'],
      ['<sips:192.0.2.1:5061;lr>', '<sips:192.0.2.1:443;transport=ws;lr>'],
    ])
  })

  it('shows a place where we listen although it left over another kind of connection, and its own where we listen nowhere', () => {
    const shown = (listening: ConstructorParameters<typeof ProxyHand>[0]) => {
      const hand = new ProxyHand(listening).opened('in-1', ALICE, 'tls')
      hand.receive(askLines('INVITE', { transport: 'TLS' }), ALICE, 'in-1').forward([targetAt(0, { flow: 'in-1' })])
      return field(hand.forwarded('INVITE')[0], 'record-route').map(value => value.replace(/[pd]-.*@/, ''))
    }
    expect(shown({ listening: [{ transport: 'udp', address: { host: '2001:db8::1', port: 5070 } }] })).toEqual([
      '<sip:[2001:db8::1]:5070;lr>',
    ])
    expect(shown({ listening: [] })).toEqual(['<sip:192.0.2.1:5060;transport=tls;lr>'])
  })

  it('over a WebSocket of ours has a Via that leads nowhere', () => {
    const shown = (options: ConstructorParameters<typeof ProxyHand>[0]) => {
      const hand = new ProxyHand(options).receive(askLines('INVITE')).forward([{ uri: 'sip:bob@192.0.2.20;transport=ws' }])
      const [invite] = hand.opened('out-1', bobAt(0), 'ws').forwarded('INVITE')
      return [...field(invite, 'via').slice(0, 1), ...field(invite, 'record-route').slice(0, 1)].map(value =>
        value.replace(/;branch.*|d-.*@/, ''),
      )
    }
    const anonymous = expect.stringMatching(/^SIP\/2\.0\/WS [a-z0-9]+\.invalid$/)
    expect(shown({})).toEqual([anonymous, '<sip:192.0.2.1:5060;lr>'])
    expect(shown({ listening: [] })).toEqual([anonymous, expect.stringMatching(/^<sip:[a-z0-9]+\.invalid;transport=ws;lr>$/)])
  })

  it('may have no From tag, as in the days of RFC 2543', () => {
    const old = askLines('MESSAGE').replace(';tag=a1', '')
    expect(
      new ProxyHand()
        .receive(old)
        .forward([targetAt(0)])
        .forwarded('MESSAGE').length,
    ).toBe(1)
  })

  it('goes by the Path of a target, loose or strict, before the routes that were there', () => {
    const route = 'Route: <sip:third.example.org;lr>'
    const loose = forwarded({ headers: [route] }, [targetAt(0, { route: ['<sip:192.0.2.50;lr>', '<sip:192.0.2.51;lr>'] })])
    expect(loose.remote).toEqual({ host: '192.0.2.50', port: 5060 })
    expect(field(loose, 'route')).toEqual(['<sip:192.0.2.50;lr>, <sip:192.0.2.51;lr>, <sip:third.example.org;lr>'])
    const strict = forwarded({}, [targetAt(0, { route: ['<sip:192.0.2.50>', '<sip:192.0.2.51;lr>'] })])
    expect([strict.remote, requestOf(strict).uri]).toEqual([{ host: '192.0.2.50', port: 5060 }, 'sip:192.0.2.50'])
    expect(field(strict, 'route')).toEqual(['<sip:192.0.2.51;lr>, <sip:bob@192.0.2.20>'])
    const broken = forwarded({}, [targetAt(0, { route: ['<broken'] })])
    expect([broken.remote, field(broken, 'route')]).toEqual([bobAt(0), []])
  })

  it('leaves over the flow of a Path of our own', () => {
    const hand = new ProxyHand().opened('in-7', bobAt(3)).receive(askLines('REGISTER', { transport: 'TCP' }), bobAt(3), 'in-7')
    const path = `<sip:${hand.asked.flowToken}@192.0.2.1;lr;ob>`
    hand.receive(askLines('INVITE')).forward([{ uri: 'sip:bob@10.0.0.1', route: [path] }])
    expect(hand.forwarded('INVITE').map(sent => [sent.flow, field(sent, 'route')])).toEqual([['in-7', []]])
  })

  it.each([
    ['tel:+358-555', 404],
    ['sip:bob@nowhere.invalid', 480],
    ['sip:bob@x;transport=sctp', 404],
    ['nonsense', 404],
  ])('to %s goes nowhere: %d', (uri, status) => {
    expect(new ProxyHand().receive(askLines('INVITE')).forward([{ uri }]).statuses()).toEqual([status])
  })

  it('to nobody is 480, and the same target counts once', () => {
    expect(new ProxyHand().receive(askLines('INVITE')).forward([]).statuses()).toEqual([480])
    const hand = new ProxyHand().receive(askLines('INVITE'))
    hand.forward([targetAt(0), targetAt(0), targetAt(0, { route: ['<sip:192.0.2.50;lr>'] }), targetAt(0, { q: 0.5 })])
    expect(hand.forwarded('INVITE').map(sent => sent.remote?.host)).toEqual(['192.0.2.20', '192.0.2.50'])
  })

  it('goes to FORK_TARGETS at most, those liked best @req SEC-12', () => {
    const hand = new ProxyHand().receive(askLines('MESSAGE'))
    hand.forward(Array.from({ length: FORK_TARGETS + 1 }, (_, index) => targetAt(index, { q: index / 100 })))
    for (let index = 0; index < FORK_TARGETS; index++) hand.respond(hand.forwarded('MESSAGE').at(-1) as ProxySent, 404)
    expect(hand.forwarded('MESSAGE').length).toBe(FORK_TARGETS)
    expect(hand.forwarded('MESSAGE').map(sent => sent.remote?.host)).not.toContain(bobAt(0).host)
    expect(hand.statuses()).toEqual([404])
  })

  it('gets 503 when PROXY_BRANCHES copies are under way @req SEC-12', () => {
    const { turn, server, plan, core, statuses } = context('INVITE')
    core.branches = PROXY_BRANCHES
    new ResponseContext(core, server, plan([targetAt(0)]), () => {}).start()
    expect([statuses, turn.outputs.length]).toEqual([[[503, `${OVERLOAD_WAIT}`]], 0])
    core.branches = PROXY_BRANCHES - 1
    new ResponseContext(core, server, plan([targetAt(0)]), () => {}).start()
    expect([statuses.length, core.branches, turn.outputs.length]).toEqual([1, PROXY_BRANCHES, 1])
  })
})

/** A response context without the proxy around it. */
function context(method: string) {
  const user = { request: () => {}, cancel: () => {}, ack: () => {}, overloaded: () => {} }
  const core = new ProxyCore({ listening: [], names: [], random: seededRandom(1), hash }, user, () => {})
  const request = decodeMessage(new TextEncoder().encode(askLines(method))) as SipRequest
  const source = { flow: 'udp/192.0.2.10:5060', transport: 'udp', local: PROXY, remote: ALICE } as const
  const statuses: (number | string | undefined)[][] = []
  const respond = ({ status, headers }: SipResponse) => statuses.push([status, headers.get('retry-after')]) > 0
  const server = { request, source, merged: false, respond, drop: () => {} }
  const way = { request, routes: [], passed: undefined, flow: undefined, unread: undefined }
  const plan = (targets: readonly ProxyTarget[]) => forwardPlan(way, source, 'mark', { targets })
  return { core, turn: core.turn, server, plan, statuses }
}
