import { describe, expect, it } from 'vitest'
import { OwnNames } from '../../src/sip/own-names.js'
import { parseSipUri, type SipRequest, type SipUri } from '../../src/sip/index.js'
import { FLOW_SILENCE, FLOW_TOKEN_LENGTH, FLOW_TOKENS } from '../../src/sip/limits.js'
import { FlowTokens } from '../../src/sip/flow-token.js'
import { ALICE, askLines, bobAt, ProxyHand, type ProxySent, targetAt } from '../kit/proxy-hand.js'
import { hash, seededRandom } from '../kit/sip-pair.js'

const requestOf = (sent: ProxySent | undefined) => sent?.message as SipRequest
const field = (sent: ProxySent | undefined, name: string) => requestOf(sent).headers.getAll(name)

/** Alice's UDP flow below. */
const FROM_NAT = 'udp/203.0.113.9:40001'

/** A dialog between Alice (UDP, behind a NAT) and Bob over the connection of his registration. */
function dialog(options: ConstructorParameters<typeof ProxyHand>[0] = {}) {
  const hand = new ProxyHand(options).opened('in-1', bobAt(0))
  const nat = { host: '203.0.113.9', port: 40_001 }
  hand.receive(askLines('INVITE', { headers: ['Contact: <sip:alice@10.0.0.2>'] }), nat).forward([{ uri: 'sip:bob@10.9.9.9', flow: 'in-1' }])
  const [invite] = hand.forwarded('INVITE') as [ProxySent]
  const calleeRoutes = field(invite, 'record-route')
  hand.respond(invite, 200, { toTag: 'b1', headers: calleeRoutes.map(route => `Record-Route: ${route}`) })
  const back = hand.responses().at(-1)
  const callerRoutes = back?.headers.getAll('record-route').reverse() ?? []
  return { hand, nat, calleeRoutes, callerRoutes, routeLine: (routes: readonly string[]) => `Route: ${routes.join(', ')}` }
}

describe('requests with a Route of ours that is no flow token', () => {
  it('tell the policy what it says', () => {
    const route = (...users: string[]) => `Route: ${users.map(user => `<sip:${user}proxy.example.org;lr>`).join(', ')}`
    const said = (...users: string[]) => {
      const hand = new ProxyHand({ names: ['proxy.example.org'] })
      return hand.receive(askLines('INVITE', { headers: [route(...users)] }), { host: '203.0.113.9', port: 40_001 }).asked.routeUser
    }
    expect([said('n-42@'), said('n-1@', 'n-2@'), said(''), said('p-in-1-00@')]).toEqual(['n-42', 'n-1', undefined, 'p-in-1-00'])
    const hand = new ProxyHand({ names: ['proxy.example.org'] }).opened('in-1', bobAt(0))
    hand.receive(askLines('INVITE'), { host: '203.0.113.9', port: 40_001 })
    expect(hand.asked.routeUser).toBeUndefined()
  })
})

describe('requests inside a dialog that we record-routed', () => {
  it.each(['BYE', 'UPDATE', 'PRACK', 'INVITE', 'SUBSCRIBE', 'NOTIFY', 'OPTIONS', 'INFO'])('%s goes on by itself, both ways', method => {
    const { hand, nat, callerRoutes, calleeRoutes, routeLine } = dialog()
    const asked = hand.of('request').length
    hand.receive(askLines(method, { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers: [routeLine(callerRoutes)] }), nat)
    const on = hand.forwarded(method).at(-1)
    expect([on?.flow, on?.message.kind === 'request' && on.message.uri, field(on, 'route')]).toEqual(['in-1', 'sip:bob@10.9.9.9', []])
    hand.respond(on as ProxySent, 200)
    expect(hand.of('passed')).toEqual([{ name: 'passed', method, status: 200, callId: hand.asked.request.headers.get('call-id') }])
    const bye = askLines(method, {
      uri: 'sip:alice@10.0.0.2',
      toTag: 'a1',
      fromTag: 'b1',
      cseq: 3,
      headers: [routeLine(calleeRoutes)],
      transport: 'TCP',
    })
    hand.receive(bye, bobAt(0), 'in-1')
    const back = hand.forwarded(method).at(-1)
    expect([back?.remote, back?.message.kind === 'request' && back.message.uri]).toEqual([nat, 'sip:alice@10.0.0.2'])
    expect(hand.of('request').length).toBe(asked)
    expect(hand.of('finished').length).toBe(1)
  })

  it.each(['MESSAGE', 'REGISTER', 'REFER', 'PUBLISH', 'CUSTOM'])(
    'a %s with its Call-ID asks the policy, unless it is our own focus that sends it @req SEC-5',
    method => {
      const ask = ({ hand, nat, callerRoutes, routeLine }: ReturnType<typeof dialog>) => {
        const before = hand.of('request').length
        hand.receive(askLines(method, { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers: [routeLine(callerRoutes)] }), nat)
        return [hand.of('request').length - before, hand.forwarded(method).length]
      }
      expect([ask(dialog()), ask(dialog({ kept: ['in-9'] })), ask(dialog({ kept: [FROM_NAT] }))]).toEqual([
        [1, 0],
        [1, 0],
        [0, 1],
      ])
    },
  )

  it.each([
    ['out of what others say', {}, []],
    ['but not out of what our own focus says', { kept: [FROM_NAT] }, ['<sip:boss@example.org>']],
  ])('identities are taken %s @req SIP-28', (_, more, left) => {
    const { hand, nat, callerRoutes, routeLine } = dialog({ asserted: ['P-Asserted-Identity', 'P-Asserted-Service'], ...more })
    const forged = 'P-Asserted-Identity: <sip:boss@example.org>'
    hand.receive(askLines('UPDATE', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers: [routeLine(callerRoutes), forged] }), nat)
    expect(field(hand.forwarded('UPDATE')[0], 'p-asserted-identity')).toEqual(left)
  })

  it('ACK to a 2xx goes the same way, without a transaction', () => {
    const { hand, nat, callerRoutes, routeLine } = dialog()
    const size = hand.proxy.size
    hand.receive(askLines('ACK', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', headers: [routeLine(callerRoutes)] }), nat)
    const [ack] = hand.forwarded('ACK') as [ProxySent]
    expect([ack.flow, field(ack, 'route'), field(ack, 'max-forwards'), hand.proxy.size]).toEqual(['in-1', [], ['69'], size])
    expect(field(ack, 'via').length).toBe(2)
    expect(field(ack, 'record-route')).toEqual([])
  })

  it.each([
    ['no route of ours', () => [] as string[], {}],
    ['a forged token', (routes: readonly string[]) => routes.map(route => route.replace(/[0-9a-f]{4}@/, '0000@')), {}],
    ['the token of another dialog', (routes: readonly string[]) => [...routes], { callId: 'other' }],
  ])('%s: the policy is asked, about an ACK too @req SEC-12', (_, change, more) => {
    const { hand, nat, callerRoutes } = dialog()
    const routes = change(callerRoutes)
    const headers = routes.length === 0 ? [] : [`Route: ${routes.join(', ')}`]
    hand.receive(askLines('BYE', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers, ...more }), nat)
    hand.receive(askLines('ACK', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', headers, ...more }), nat)
    expect([hand.of('request').length, hand.forwarded('BYE'), hand.forwarded('ACK')]).toEqual([3, [], []])
    expect(hand.asked.request).toMatchObject({ method: 'ACK' })
    expect(hand.asked.request.headers.has('route')).toBe(false)
  })

  it('a token opens no dialog: without a To tag the policy is asked', () => {
    const { hand, nat, callerRoutes, routeLine } = dialog()
    hand.receive(askLines('INVITE', { uri: 'sip:victim@192.0.2.66', cseq: 9, headers: [routeLine(callerRoutes)] }), nat)
    expect([hand.of('request').length, hand.forwarded('INVITE').length]).toEqual([2, 1])
  })

  it.each([
    ['broken', { callId: 'x y' }],
    ['out of hops', { hops: '0' }],
  ])('an ACK that is %s goes nowhere', (_, more) => {
    const { hand, nat, callerRoutes, routeLine } = dialog()
    hand.receive(askLines('ACK', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', headers: [routeLine(callerRoutes)], ...more }), nat)
    expect(hand.forwarded('ACK')).toEqual([])
  })

  it('when the connection is gone the Contact leads there, unless it says ob', () => {
    const gone = (uri: string) => {
      const { hand, nat, callerRoutes, routeLine } = dialog()
      hand.closed('in-1')
      hand.receive(askLines('BYE', { uri, toTag: 'b1', cseq: 2, headers: [routeLine(callerRoutes)] }), nat)
      hand.receive(askLines('ACK', { uri, toTag: 'b1', headers: [routeLine(callerRoutes)] }), nat)
      return [hand.forwarded('BYE')[0]?.remote, hand.forwarded('ACK')[0]?.remote, hand.statuses().at(-1)]
    }
    const place = { host: '10.9.9.9', port: 5060 }
    expect(gone('sip:bob@10.9.9.9')).toEqual([place, place, 200])
    expect(gone('sip:bob@10.9.9.9;ob')).toEqual([undefined, undefined, 480])
    expect(gone('sip:bob@x.invalid')).toEqual([undefined, undefined, 480])
  })

  it('a new connection of the caller is as good as the one before', () => {
    const { hand, callerRoutes, routeLine } = dialog()
    const elsewhere = { host: '203.0.113.9', port: 50_002 }
    hand.receive(askLines('BYE', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers: [routeLine(callerRoutes)] }), elsewhere)
    expect(hand.forwarded('BYE')[0]?.flow).toBe('in-1')
  })

  it('a strict router before us put our value into the Request-URI', () => {
    const { hand, nat, callerRoutes } = dialog()
    const [first, second] = callerRoutes as [string, string]
    const headers = [`Route: ${second}, <sip:bob@10.9.9.9>`]
    hand.receive(askLines('BYE', { uri: first.slice(1, -1), toTag: 'b1', cseq: 2, headers }), nat)
    const [bye] = hand.forwarded('BYE') as [ProxySent]
    expect([bye.flow, (bye.message as SipRequest).uri, field(bye, 'route')]).toEqual(['in-1', 'sip:bob@10.9.9.9', []])
  })

  it('routes of others behind ours stay, and lead on', () => {
    const hand = new ProxyHand().receive(askLines('INVITE')).forward([{ uri: 'sip:bob@far.example.com', route: ['<sip:192.0.2.60;lr>'] }])
    const [invite] = hand.forwarded('INVITE') as [ProxySent]
    const [top, back] = field(invite, 'record-route') as [string, string]
    const headers = [`Route: ${back}, ${top}, <sip:192.0.2.60;lr>`]
    hand.receive(askLines('BYE', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', cseq: 2, headers }))
    const [bye] = hand.forwarded('BYE') as [ProxySent]
    expect([bye.remote, field(bye, 'route')]).toEqual([{ host: '192.0.2.60', port: 5060 }, ['<sip:192.0.2.60;lr>']])
  })

  it('a caller behind another proxy is not reached over the connection of that proxy', () => {
    const hand = new ProxyHand()
    const via = 'Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bKp1\r\nVia: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKp2'
    hand.receive(askLines('INVITE', { via })).forward([targetAt(0)])
    const [invite] = hand.forwarded('INVITE') as [ProxySent]
    // nothing to tell of either side, and one place: one value
    expect(field(invite, 'record-route')).toEqual([expect.stringMatching(/^<sip:d--/)])
    const headers = [`Route: ${field(invite, 'record-route')[0]}`]
    hand.receive(askLines('BYE', { uri: 'sip:alice@10.0.0.9', fromTag: 'b1', toTag: 'a1', cseq: 2, headers }), bobAt(0))
    expect(hand.forwarded('BYE')[0]?.remote).toEqual({ host: '10.0.0.9', port: 5060 })
  })
})

describe('an ACK on its way', () => {
  const ackTo = (hand: ProxyHand, uri: string) => {
    const [invite] = hand
      .receive(askLines('INVITE'))
      .forward([targetAt(0)])
      .forwarded('INVITE') as [ProxySent]
    const [top, back] = field(invite, 'record-route') as [string, string]
    return hand.receive(askLines('ACK', { uri, toTag: 'b1', headers: [`Route: ${back}, ${top}`] }))
  }

  it('asks DNS, and goes nowhere when there is no server', () => {
    const found = ackTo(new ProxyHand({ resolve: true }), 'sip:bob@far.example.com;transport=udp')
    found.resolved('_sip._udp.far.example.com', [{ priority: 1, weight: 1, port: 5070, name: 'host.example.com' }])
    expect(found.forwarded('ACK')[0]?.remote).toEqual({ host: 'host.example.com', port: 5070 })
    const none = ackTo(new ProxyHand({ resolve: true }), 'sip:bob@far.example.com;transport=udp')
    none.resolved('_sip._udp.far.example.com', [{ priority: 0, weight: 0, port: 5060, name: '.' }])
    expect(none.forwarded('ACK')).toEqual([])
  })

  it('is lost with a connection that does not open', () => {
    const hand = ackTo(new ProxyHand(), 'sip:bob@192.0.2.20;transport=tcp').closed('out-1')
    expect(hand.forwarded('ACK')).toEqual([])
  })
})

describe('the Path of a registration (RFC 3327, RFC 5626)', () => {
  const registered = () => {
    const hand = new ProxyHand().opened('in-1', bobAt(0)).receive(askLines('REGISTER', { transport: 'TCP' }), bobAt(0), 'in-1')
    return { hand, path: `<sip:${hand.asked.flowToken}@192.0.2.1:5060;lr;ob>` }
  }
  const home = { host: '192.0.2.200', port: 5060 }

  it('leads to its flow without asking, and we stay in the path of the dialog', () => {
    const { hand, path } = registered()
    hand.receive(askLines('INVITE', { uri: 'sip:bob@10.9.9.9', headers: [`Route: ${path}`] }), home)
    const [invite] = hand.forwarded('INVITE') as [ProxySent]
    expect([invite.flow, field(invite, 'route'), field(invite, 'record-route').length]).toEqual(['in-1', [], 2])
    hand.receive(askLines('MESSAGE', { uri: 'sip:bob@10.9.9.9', headers: [`Route: ${path}`] }), home)
    expect(hand.forwarded('MESSAGE')[0]?.flow).toBe('in-1')
    expect(hand.of('request').length).toBe(1)
  })

  it('is 430 once the flow is gone, which is told to the policy', () => {
    const { hand, path } = registered()
    hand.closed('in-1')
    expect(hand.of('flow-closed')).toEqual([{ name: 'flow-closed', flow: 'in-1' }])
    hand.receive(askLines('INVITE', { uri: 'sip:bob@10.9.9.9', headers: [`Route: ${path}`] }), home)
    expect(hand.statuses()).toEqual([430])
  })

  it('a flow of the location that is gone is 430 for its branch, and 480 for the caller', () => {
    const { hand } = registered()
    hand
      .closed('in-1')
      .receive(askLines('INVITE'))
      .forward([targetAt(0, { flow: 'in-1' }), targetAt(1)])
    const [other] = hand.forwarded('INVITE') as [ProxySent]
    expect(other.remote).toEqual(bobAt(1))
    hand.respond(other, 486)
    expect(hand.statuses()).toEqual([486])
    hand.receive(askLines('INVITE', { callId: 'second' })).forward([targetAt(0, { flow: 'in-1' })])
    expect(hand.statuses()).toEqual([486, 480])
  })

  it('a UDP flow never ends', () => {
    const hand = new ProxyHand().receive(askLines('INVITE')).forward([{ uri: 'sip:bob@10.0.0.1', flow: 'udp/2001:db8::7:5099' }])
    expect(hand.forwarded('INVITE')[0]?.remote).toEqual({ host: '2001:db8::7', port: 5099 })
  })
})

describe('servers of a domain (RFC 3263)', () => {
  const records = [1, 2].map(priority => ({ priority, weight: 1, port: 5060, name: `s${priority}.example.com` }))
  const asked = (method = 'INVITE') => {
    const hand = new ProxyHand({ resolve: true }).receive(askLines(method)).forward([{ uri: 'sip:bob@far.example.com;transport=udp' }])
    return hand.resolved('_sip._udp.far.example.com', records)
  }
  const hosts = (hand: ProxyHand, method = 'INVITE') => hand.forwarded(method).map(sent => sent.remote?.host)

  it('the next one is tried after 503, silence or a broken transport', () => {
    const hand = asked()
    hand.respond(hand.forwarded('INVITE')[0] as ProxySent, 503)
    expect([hosts(hand), hand.statuses()]).toEqual([['s1.example.com', 's2.example.com'], []])
    hand.respond(hand.forwarded('INVITE')[1] as ProxySent, 486)
    expect(hand.statuses()).toEqual([486])
    const lost = asked().closed('udp/s1.example.com:5060')
    expect(new Set(hosts(lost))).toEqual(new Set(['s1.example.com', 's2.example.com']))
    lost.closed('udp/s2.example.com:5060')
    expect(lost.statuses()).toEqual([500])
    const silent = asked('MESSAGE').run(32_000)
    expect([...new Set(hosts(silent, 'MESSAGE'))]).toEqual(['s1.example.com', 's2.example.com'])
  })

  it('after ringing too, but not once it is taken back', () => {
    const ringing = asked()
    const [first] = ringing.forwarded('INVITE') as [ProxySent]
    ringing.respond(first, 180).respond(first, 503)
    expect(hosts(ringing)).toEqual(['s1.example.com', 's2.example.com'])
    const given = asked()
    const upstream = given.asked.request.headers.get('via')?.split('branch=')[1]?.split(';')[0] as string
    given.receive(askLines('CANCEL', { branch: upstream })).respond(given.forwarded('INVITE')[0] as ProxySent, 503)
    expect([hosts(given), given.statuses()]).toEqual([['s1.example.com'], [200, 487]])
  })

  it('with none the request fails', () => {
    const hand = new ProxyHand({ resolve: true }).receive(askLines('INVITE')).forward([{ uri: 'sip:bob@far.example.com;transport=udp' }])
    hand.resolved('_sip._udp.far.example.com', [{ priority: 0, weight: 0, port: 5060, name: '.' }])
    expect(hand.statuses()).toEqual([500])
  })

  it('only TLS servers count where nothing else will do', () => {
    const hand = new ProxyHand({ resolve: true, secure: true }).receive(askLines('INVITE')).forward([{ uri: 'sip:bob@far.example.com' }])
    hand.resolved('far.example.com', []).resolved('_sips._tcp.far.example.com', [])
    expect(hand.outputs.filter(output => output.type === 'connect')).toMatchObject([
      { transport: 'tls', remote: { host: 'far.example.com', port: 5061 } },
    ])
  })

  it('a message too long for a datagram goes over TCP, and over UDP where that is closed', () => {
    const long = askLines('MESSAGE', { headers: [`Subject: ${'x'.repeat(1300)}`] })
    const hand = new ProxyHand().receive(long).forward([targetAt(0)])
    expect([hand.forwarded('MESSAGE').length, hand.outputs.filter(output => output.type === 'connect').length]).toEqual([0, 1])
    hand.opened('out-1', bobAt(0))
    expect([hand.forwarded('MESSAGE').length, hand.forwarded('MESSAGE')[0]?.flow]).toEqual([1, 'out-1'])
    expect(field(hand.forwarded('MESSAGE')[0], 'via')[0]).toMatch(/^SIP\/2\.0\/TCP /)
    const closed = new ProxyHand()
      .receive(long)
      .forward([targetAt(0)])
      .closed('out-1')
    expect(closed.forwarded('MESSAGE').map(sent => sent.remote)).toEqual([bobAt(0)])
    const flow = new ProxyHand().receive(long).forward([targetAt(0, { flow: 'udp/192.0.2.20:5060' })])
    expect(flow.forwarded('MESSAGE').map(sent => sent.remote)).toEqual([bobAt(0)])
  })

  it('a connection that vanishes under a request that is just sent makes it fail once', () => {
    const hand = new ProxyHand()
      .opened('in-1', bobAt(0))
      .receive(askLines('INVITE'))
      .forward([targetAt(0, { flow: 'in-1' })])
    hand.closed('in-1')
    expect(hand.statuses()).toEqual([500])
  })
})

describe('names of ours', () => {
  const names = new OwnNames({
    listening: [
      { transport: 'udp', address: { host: '192.0.2.1', port: 5060 } },
      { transport: 'tls', address: { host: '2001:db8::1', port: 5061 } },
    ],
    names: ['Example.org', 'edge.example.org:5080'],
  })
  it.each([
    ['sip:192.0.2.1', true],
    ['sip:x@192.0.2.1:5060;transport=tcp', true],
    ['sip:192.0.2.1:5070', false],
    ['sips:[2001:db8::1]', true],
    ['sip:[2001:db8::1]', false],
    ['sip:[2001:db8::1];transport=TLS', true],
    ['sip:example.ORG', true],
    ['sip:example.org:5061', true],
    ['sip:example.org:5999', false],
    ['sip:edge.example.org', false],
    ['sip:edge.example.org:5080', true],
    ['tel:+358-555', false],
  ])('%s: %s', (uri, ours) => {
    expect(names.hasUri(parseSipUri(uri) as SipUri)).toBe(ours)
  })

  it('in a Via without port', () => {
    const via = { host: '192.0.2.1', transport: 'UDP', parameters: new Map() }
    expect([names.hasVia(via), names.hasVia({ ...via, transport: 'TLS' })]).toEqual([true, false])
  })

  it('a maddr that means us has done its work (RFC 3261 §16.4)', () => {
    const uriOf = (uri: string) => new ProxyHand().receive(askLines('MESSAGE', { uri })).asked.request.uri
    expect(uriOf('sip:bob@far.example.com:5060;maddr=192.0.2.1;transport=tcp;x=y')).toBe('sip:bob@far.example.com;x=y')
    expect(uriOf('sip:bob@far.example.com;maddr=192.0.2.1')).toBe('sip:bob@far.example.com')
    expect(uriOf('sip:bob@far.example.com;maddr=192.0.2.9')).toBe('sip:bob@far.example.com;maddr=192.0.2.9')
    expect(uriOf('sip:bob@far.example.com:5070;maddr=192.0.2.1')).toBe('sip:bob@far.example.com:5070;maddr=192.0.2.1')
  })
})

describe('flow tokens (RFC 5626 §5.2)', () => {
  const tokens = new FlowTokens(seededRandom(3), hash)
  it.each(['in-7', 'udp/2001:db8::1:5060', 'pipe to (focus) é_x', ''])('bring "%s" back', flow => {
    expect(tokens.read(tokens.path(flow), 'any')).toEqual({ kind: 'path', flow })
    expect(tokens.read(tokens.dialog(flow, 'c'), 'c')).toEqual({ kind: 'dialog', flow })
    expect(parseSipUri(`sip:${tokens.path(flow)}@example.org`)?.user).toBe(tokens.path(flow))
  })

  it.each([
    ['nothing', undefined],
    ['an empty one', ''],
    ['one of another process', new FlowTokens(seededRandom(4), hash).path('in-7')],
    ['one of another kind', tokens.path('in-7').replace('p-', 'd-')],
    ['one that never was', `x${tokens.path('in-7').slice(1)}`],
    ['one of another dialog', tokens.dialog('in-7', 'other')],
    ['one for another flow', tokens.path('in-7').replace('in-7', 'in-8')],
    ['one written otherwise', tokens.path('in-7').replace('in-7', '_0069n-7')],
    ['one cut short', tokens.path('in-7').slice(0, -1)],
    ['one with a broken escape', tokens.path('a_b').replace('_005f', '_00zz')],
    ['one with half an escape', `p-_0${'0'.repeat(21)}`],
    ['one that is too long', tokens.path('x'.repeat(FLOW_TOKEN_LENGTH))],
  ])('%s means nothing', (_, token) => {
    expect(tokens.read(token, 'call')).toBeUndefined()
  })

  it('of registrations are kept for FLOW_TOKENS flows, and made anew after that', () => {
    let hashed = 0
    const counting = new FlowTokens(seededRandom(3), (algorithm, bytes) => {
      hashed++
      return hash(algorithm, bytes)
    })
    const first = counting.path('in-0')
    counting.path('in-0')
    expect(hashed).toBe(2)
    for (let index = 1; index <= FLOW_TOKENS; index++) counting.path(`in-${index}`)
    const before = hashed
    expect([counting.path(`in-${FLOW_TOKENS}`), hashed]).toEqual([counting.path(`in-${FLOW_TOKENS}`), before])
    expect([counting.path('in-0'), hashed]).toEqual([first, before + 2])
  })
})

describe('connections', () => {
  it('answer pings on streams and WebSockets, and nothing on UDP', () => {
    const hand = new ProxyHand().opened('in-1').opened('in-2', ALICE, 'ws')
    hand.receive('\r\n\r\n', ALICE, 'in-1').receive('\r\n\r\n', ALICE, 'in-2').receive('\r\n\r\n')
    expect(hand.outputs).toEqual(['in-1', 'in-2'].map(flow => ({ type: 'write', flow, bytes: new Uint8Array([13, 10]) })))
  })

  it('that bring no message in time are closed, however many pings they send @req SEC-12', () => {
    const hand = new ProxyHand()
      .opened('in-1')
      .run(FLOW_SILENCE.first - 1)
      .receive('\r\n\r\n', ALICE, 'in-1')
    const closes = () => hand.outputs.filter(output => output.type === 'close')
    expect(closes()).toEqual([])
    hand.run(1)
    expect([closes(), hand.of('flow-closed')]).toEqual([[{ type: 'close', flow: 'in-1' }], [{ name: 'flow-closed', flow: 'in-1' }]])
    hand.closed('in-1')
    expect(hand.of('flow-closed').length).toBe(1)
  })

  it('that brought one stay', () => {
    const hand = new ProxyHand().opened('in-1').receive(askLines('OPTIONS', { hops: '0', transport: 'TCP' }), ALICE, 'in-1')
    hand.receive(askLines('OPTIONS', { hops: '0', transport: 'TCP' }), ALICE, 'in-1').run(10 * FLOW_SILENCE.unused)
    expect(hand.outputs.filter(output => output.type === 'close')).toEqual([])
    expect(hand.proxy.deadline).toBeUndefined()
  })

  it('of our own are closed when nobody uses them', () => {
    const hand = new ProxyHand().receive(askLines('INVITE')).forward([targetAt(0, { uri: 'sip:bob@192.0.2.20;transport=tcp' })])
    hand.opened('out-1', bobAt(0)).run(1000)
    hand.respond(hand.forwarded('INVITE')[0] as ProxySent, 180)
    hand.run(FLOW_SILENCE.unused - 1)
    expect(hand.of('flow-closed')).toEqual([])
    hand.run(1)
    expect(hand.of('flow-closed')).toEqual([{ name: 'flow-closed', flow: 'out-1' }])
  })

  it('of our own process stay however silent they are', () => {
    const hand = new ProxyHand({ kept: ['focus'] }).opened('focus').run(10 * FLOW_SILENCE.unused)
    expect([hand.outputs, hand.proxy.deadline]).toEqual([[], undefined])
  })

  it('one too many is closed at once @req SEC-12', () => {
    const hand = new ProxyHand({ limits: { flows: 1 } }).opened('in-1').opened('in-2').closed('in-2')
    expect([hand.outputs, hand.of('flow-closed')]).toEqual([[{ type: 'close', flow: 'in-2' }], []])
  })

  it('with half a message are closed in time @req SEC-12', () => {
    const hand = new ProxyHand({ limits: { messageTime: 5000 } }).opened('in-1').receive('INVITE sip:', ALICE, 'in-1').run(5000)
    expect(hand.of('flow-closed')).toEqual([{ name: 'flow-closed', flow: 'in-1' }])
  })

  it('are traced', () => {
    const hand = new ProxyHand({ trace: true }).receive(askLines('OPTIONS', { hops: '0' }))
    expect(hand.outputs.flatMap(output => (output.type === 'trace' ? [output.entry.direction] : []))).toEqual(['in', 'out'])
  })

  it('a datagram leaves from the place of the same kind of address', () => {
    const six = { host: '2001:db8::1', port: 5060 }
    const places = [
      { transport: 'udp', address: { host: '192.0.2.1', port: 5060 } },
      { transport: 'udp', address: six },
    ] as const
    const hand = new ProxyHand({ listening: places }).receive(askLines('MESSAGE'))
    hand.forward([{ uri: 'sip:bob@[2001:db8::9]' }, targetAt(0)])
    expect(hand.forwarded('MESSAGE').map(sent => field(sent, 'via')[0]?.split(';')[0])).toEqual([
      'SIP/2.0/UDP [2001:db8::1]:5060',
      'SIP/2.0/UDP 192.0.2.1:5060',
    ])
  })
})

describe('an ACK whose next place no Route tells', () => {
  const GRUU = 'sip:bob@example.org;gr=urn:uuid:1'
  const ack = (more = {}) => askLines('ACK', { uri: GRUU, toTag: 'b1', ...more })

  it('goes where the policy says, without a transaction and without a word to its sender', () => {
    const hand = new ProxyHand().receive(ack())
    expect(hand.asked.request).toMatchObject({ method: 'ACK', uri: GRUU })
    hand.forward([targetAt(0), targetAt(1)], { remove: ['P-Asserted-Identity'] })
    expect(hand.forwarded('ACK').map(({ remote }) => remote)).toEqual([bobAt(0), bobAt(1)])
    expect(field(hand.forwarded('ACK')[0], 'record-route')).toEqual([])
    hand.forward([targetAt(0)])
    expect([hand.forwarded('ACK').length, hand.responses(), hand.of('finished'), hand.proxy.size]).toEqual([2, [], [], 0])
  })

  it('is dropped when the policy refuses it or says nothing', () => {
    const hand = new ProxyHand().receive(ack())
    hand.command({ name: 'respond', id: hand.asked.id, status: 403 })
    expect([hand.sent, hand.proxy.size]).toEqual([[], 0])
    hand.receive(ack())
    expect(hand.proxy.size).toBe(1)
    hand.run(16_001)
    expect([hand.sent, hand.proxy.size]).toEqual([[], 0])
  })

  it('is dropped without a question outside of a dialog, in a circle and in a flood @req SEC-12', () => {
    const hand = new ProxyHand().receive(ack({ toTag: undefined }))
    expect(hand.of('request')).toEqual([])
    const text = ack()
    hand.receive(text).forward([{ uri: GRUU, route: ['<sip:192.0.2.20;lr>'] }])
    const [sent] = hand.forwarded('ACK') as [ProxySent]
    const [own] = field(sent, 'via') as [string]
    hand.receive(text.replace('Via: ', `Via: ${own}\r\nVia: `))
    expect(hand.of('request')).toHaveLength(1)
    for (let count = 0; count < 1_010; count++) hand.receive(ack())
    expect([hand.of('request').length, hand.proxy.size]).toEqual([1_001, 1_000])
  })

  it('goes to the device when it came by the Path of a registration', () => {
    const hand = new ProxyHand().opened('in-1', bobAt(0)).receive(askLines('OPTIONS'), bobAt(0), 'in-1')
    const { flowToken } = hand.asked
    hand.receive(ack({ headers: [`Route: <sip:${flowToken}@192.0.2.1;lr>`] }))
    expect(hand.forwarded('ACK').map(({ flow }) => flow)).toEqual(['in-1'])
  })

  it('asserts nothing inside a dialog @req SEC-5', () => {
    const { hand, nat, callerRoutes, routeLine } = dialog({ asserted: ['P-Asserted-Identity'] })
    const headers = [routeLine(callerRoutes), 'P-Asserted-Identity: <sip:boss@example.org>']
    hand.receive(askLines('ACK', { uri: 'sip:bob@10.9.9.9', toTag: 'b1', headers }), nat)
    expect(field(hand.forwarded('ACK')[0], 'p-asserted-identity')).toEqual([])
  })
})
