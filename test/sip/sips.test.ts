import { describe, expect, it } from 'vitest'
import { hopOf, routeRequest } from '../../src/sip/hop.js'
import { parseNameAddress, warningsOf } from '../../src/sip/index.js'
import type { SipMessage } from '../../src/sip/message.js'
import { asksForSips, asSips, demandsSips, isSips } from '../../src/sip/sips.js'
import type { NaptrRecord, SrvRecord, Transport, UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { ADDRESSES, sdp } from '../kit/sip-pair.js'

const TLS_PORT = { host: '192.0.2.99', port: 5061 }
const at = (...transports: Transport[]) => transports.map(transport => ({ transport, address: { ...ADDRESSES.alice, port: 5061 } }))
const tls = (options: Partial<UserAgentOptions> = {}) => new SipHand('tcp', { listening: at('tls'), ...options })
const calling = (to: string, options: Partial<UserAgentOptions> = {}) =>
  tls(options).command({ name: 'invite', id: 'a', to, body: sdp('offer') })
const connects = (hand: SipHand) =>
  hand.outputs.flatMap(output => (output.type === 'connect' ? [`${output.transport} ${output.remote.host}:${output.remote.port}`] : []))
const contactOf = (message: SipMessage | undefined) => parseNameAddress(message?.headers.get('contact') ?? '')?.uri
const asked = (hand: SipHand) => hand.questions.map(({ kind, name }) => `${kind} ${name}`)
const naptr = (order: number, service: string, replacement: string): NaptrRecord => ({
  order,
  preference: 1,
  flags: 's',
  service,
  replacement,
})
const srv = (name: string, port: number): SrvRecord => ({ priority: 1, weight: 1, port, name })

describe('the hop of a URI', () => {
  const shown = (uri: string, fallback: Transport = 'udp', secure = false) => {
    const hop = hopOf(uri, fallback, secure)
    return hop && `${hop.transport} ${hop.remote.host}:${hop.remote.port}`
  }

  it.each([
    ['sips:bob@192.0.2.9', 'tls 192.0.2.9:5061'],
    ['sips:bob@192.0.2.9;transport=tcp', 'tls 192.0.2.9:5061'],
    ['sips:bob@192.0.2.9:5060', 'tls 192.0.2.9:5060'],
    ['sips:bob@192.0.2.9;transport=ws', 'wss 192.0.2.9:443'],
    ['sip:bob@192.0.2.9;transport=tls', 'tls 192.0.2.9:5061'],
    ['sip:bob@192.0.2.9;transport=WSS', 'wss 192.0.2.9:443'],
    ['sip:bob@192.0.2.9;maddr=192.0.2.8;transport=tls', 'tls 192.0.2.8:5061'],
  ])('%s is %s @req SIP-37', (uri, hop) => {
    expect(shown(uri)).toBe(hop)
  })

  it.each(['sip:bob@192.0.2.9;transport=sctp', 'tel:+15550100', 'mailto:bob@example.org'])('%s is none', uri => {
    expect(shown(uri)).toBeUndefined()
  })

  it.each([
    ['sip:bob@192.0.2.9', 'tls 192.0.2.9:5061'],
    ['sip:bob@192.0.2.9;transport=tls', 'tls 192.0.2.9:5061'],
    ['sip:bob@192.0.2.9;transport=ws', 'wss 192.0.2.9:443'],
    ['sips:bob@192.0.2.9;transport=tcp', 'tls 192.0.2.9:5061'],
    ['sip:bob@192.0.2.9;transport=tcp', undefined],
    ['sip:bob@192.0.2.9;transport=udp', undefined],
  ])('%s in the secure profile is %s @req SEC-7', (uri, hop) => {
    expect(shown(uri, 'udp', true)).toBe(hop)
  })

  it('of a sips URI is a secure WebSocket where we have nothing else', () => {
    expect(shown('sips:bob@192.0.2.9', 'wss')).toBe('wss 192.0.2.9:443')
  })
})

describe('sips', () => {
  it('is a scheme, and sip becomes it but never the other way', () => {
    expect([isSips('SIPS:a@b'), isSips('sip:a@b'), isSips('')]).toEqual([true, false, false])
    expect([asSips('sip:a@b'), asSips('SIP:a@b'), asSips('sips:a@b'), asSips('tel:+1')]).toEqual([
      'sips:a@b',
      'sips:a@b',
      'sips:a@b',
      'tel:+1',
    ])
  })

  it('is asked for by the Request-URI or the first route of ours', () => {
    expect(asksForSips('sips:a@b', [])).toBe(true)
    expect(asksForSips('sip:a@b', ['<sips:p;lr>', '<sip:q;lr>'])).toBe(true)
    expect(asksForSips('sip:a@b', ['<sip:q;lr>', '<sips:p;lr>'])).toBe(false)
    expect(asksForSips('sip:a@b', ['nonsense <'])).toBe(false)
  })

  it('is demanded by the Request-URI, else the top Record-Route, else the Contact of a peer', () => {
    const hand = tls().opened('peer-1', TLS_PORT, 'tls')
    const demand = (uri: string, ...headers: string[]) => {
      hand.receive(requestLines('OPTIONS', { uri, transport: 'TLS', callId: `c${hand.now++}`, headers }), 'peer-1')
      return demandsSips(hand.of('request').at(-1)?.request as never)
    }
    expect(demand('sips:alice@h')).toBe(true)
    expect(demand('sip:alice@h')).toBe(false)
    expect(demand('sip:alice@h', 'Record-Route: <sips:p;lr>, <sip:q;lr>', 'Contact: <sip:x@y>')).toBe(true)
    expect(demand('sip:alice@h', 'Record-Route: <sip:p;lr>', 'Contact: <sips:x@y>')).toBe(false)
    expect(demand('sip:alice@h', 'Contact: <sips:x@y>')).toBe(true)
  })

  it('turns the whole route set into sips when the target is @req SIP-33', () => {
    expect(routeRequest('sips:bob@h', ['"P" <sip:p;lr>;x=1', '<sips:q;lr>', 'nonsense <'])).toEqual({
      requestUri: 'sips:bob@h',
      routes: ['"P" <sips:p;lr>;x=1', '<sips:q;lr>', 'nonsense <'],
      nextHop: 'sips:p;lr',
    })
    expect(routeRequest('sip:bob@h', ['<sips:p;lr>', '<sip:q;lr>']).routes).toEqual(['<sips:p;lr>', '<sip:q;lr>'])
  })
})

describe('a request to a sips address', () => {
  it('goes over TLS with a sips Contact @req SIP-37', () => {
    const hand = calling('sips:bob@192.0.2.99')
    expect(connects(hand)).toEqual(['tls 192.0.2.99:5061'])
    hand.opened('out-1', TLS_PORT, 'tls')
    const { uri, headers } = hand.request('INVITE')
    expect([uri, contactOf(hand.request('INVITE'))]).toEqual(['sips:bob@192.0.2.99', 'sips:alice@192.0.2.10:5061'])
    expect(headers.get('via')).toContain('SIP/2.0/TLS 192.0.2.10:5061;')
  })

  it('goes through the outbound proxy over TLS as well, and the proxy is named sips', () => {
    const hand = calling('sips:bob@example.org', { proxy: 'sip:192.0.2.50;lr' }).opened('out-1', TLS_PORT, 'tls')
    expect(connects(hand)).toEqual(['tls 192.0.2.50:5061'])
    expect(hand.request('INVITE').headers.get('route')).toBe('<sips:192.0.2.50;lr>')
  })

  it.each([
    ['no TLS connection opens', (hand: SipHand) => hand.closed('out-1')],
    ['the peer refuses the scheme with 416', (hand: SipHand) => hand.opened('out-1', TLS_PORT, 'tls').respond(416, 'INVITE')],
    [
      'the peer refuses with 480 and warning 380',
      (hand: SipHand) => hand.opened('out-1', TLS_PORT, 'tls').respond(480, 'INVITE', { headers: ['Warning: 380 h "SIPS Not Allowed"'] }),
    ],
  ])('is never tried again without TLS when %s @req SIP-34', (_why, fail) => {
    const hand = fail(calling('sips:bob@192.0.2.99', { listening: at('udp', 'tcp', 'tls'), followRedirects: true })).run(60_000)
    expect(connects(hand)).toEqual(['tls 192.0.2.99:5061'])
    expect(hand.of('rejected').length).toBe(1)
    expect(hand.sent.every(({ flow }) => flow === 'out-1')).toBe(true)
  })

  it('follows no redirection to a sip address', () => {
    const hand = calling('sips:bob@192.0.2.99', { followRedirects: true }).opened('out-1', TLS_PORT, 'tls')
    hand.receive(
      `SIP/2.0 302 Moved\r\nVia: ${hand.request('INVITE').headers.get('via')}\r\nFrom: ${hand.request('INVITE').headers.get('from')}\r\nTo: <sips:bob@192.0.2.99>;tag=x\r\nCall-ID: ${hand.request('INVITE').headers.get('call-id')}\r\nCSeq: 1 INVITE\r\nContact: <sip:bob@192.0.2.98>\r\nContent-Length: 0\r\n\r\n`,
      'out-1',
    )
    expect(hand.of('rejected')).toMatchObject([{ status: 302 }])
    expect(connects(hand).length).toBe(1)
  })

  it('makes a dialog that stays secure, whatever Contact the peer gives', () => {
    const hand = calling('sips:bob@192.0.2.99').opened('out-1', TLS_PORT, 'tls').respond(200, 'INVITE', { body: 'answer' })
    expect(hand.of('established')).toMatchObject([{ secure: true }])
    expect(hand.request('ACK').uri).toBe('sips:peer@192.0.2.99:5060')
    hand.command({ name: 'offer', id: 'a', body: sdp('more') })
    expect([hand.request('INVITE').uri, contactOf(hand.request('INVITE'))]).toEqual([
      'sips:peer@192.0.2.99:5060',
      'sips:alice@192.0.2.10:5061',
    ])
    hand.respond(200, 'INVITE', { body: 'answer 2' }).closed('out-1').command({ name: 'bye', id: 'a' })
    expect(connects(hand).at(-1)).toBe('tls 192.0.2.99:5060')
  })
})

describe('a request to a sip address over TLS', () => {
  it('has a sip Contact that names TLS, and a dialog to match', () => {
    const hand = calling('sip:bob@192.0.2.99;transport=tls').opened('out-1', TLS_PORT, 'tls')
    expect(contactOf(hand.request('INVITE'))).toBe('sip:alice@192.0.2.10:5061;transport=tls')
    hand.respond(200, 'INVITE', { body: 'answer' }).command({ name: 'offer', id: 'a', body: sdp('more') })
    expect(contactOf(hand.request('INVITE'))).toBe('sip:alice@192.0.2.10:5061;transport=tls')
  })

  it('has a sips Contact when the first proxy is sips', () => {
    const hand = calling('sip:bob@example.org', { proxy: 'sips:192.0.2.50;lr' }).opened('out-1', TLS_PORT, 'tls')
    expect([hand.request('INVITE').uri, contactOf(hand.request('INVITE'))]).toEqual(['sip:bob@example.org', 'sips:alice@192.0.2.10:5061'])
  })
})

describe('a request of a peer', () => {
  const INVITE = (uri: string, contact: string, transport = 'TLS') =>
    requestLines('INVITE', { uri, transport, body: 'offer' }).replace('<sip:peer@192.0.2.99:5060>', `<${contact}>`)

  it('to our sips address over TLS is answered with a sips Contact', () => {
    const hand = tls().opened('peer-1', TLS_PORT, 'tls').receive(INVITE('sips:alice@192.0.2.10:5061', 'sips:peer@192.0.2.99'), 'peer-1')
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    expect(hand.of('incoming')).toMatchObject([{ secure: true, transport: 'tls' }])
    expect(contactOf(hand.responses(200)[0])).toBe('sips:alice@192.0.2.10:5061')
  })

  it('to our sips address with a sip Contact gets 400 @req SIP-17', () => {
    const hand = tls().opened('peer-1', TLS_PORT, 'tls').receive(INVITE('sips:alice@192.0.2.10', 'sip:peer@192.0.2.99'), 'peer-1')
    expect([hand.statuses(), hand.of('incoming')]).toEqual([[400], []])
  })

  it('to our sips address over anything but TLS gets 480 and warning 380', () => {
    const hand = new SipHand('tcp').opened('peer-1').receive(INVITE('sips:alice@192.0.2.10', 'sips:peer@192.0.2.99', 'TCP'), 'peer-1')
    expect(hand.statuses()).toEqual([480])
    expect(warningsOf(hand.responses(480)[0]?.headers as never)).toEqual([{ code: 380, agent: '192.0.2.10', text: 'SIPS Not Allowed' }])
  })

  it('of an unknown scheme gets 416, in both profiles', () => {
    for (const secure of [false, true]) {
      const hand = tls({ secure }).opened('peer-1', TLS_PORT, 'tls')
      hand.receive(requestLines('OPTIONS', { uri: 'http://alice@example.org', transport: 'TLS' }), 'peer-1')
      expect(hand.statuses()).toEqual([416])
    }
  })

  it('over TLS to a sip address is protected all the same, over TCP it is not', () => {
    const secure = tls().opened('peer-1', TLS_PORT, 'tls').receive(INVITE('sip:alice@192.0.2.10', 'sip:peer@192.0.2.99'), 'peer-1')
    expect(secure.of('incoming').map(event => event.secure)).toEqual([true])
    const plain = new SipHand('tcp').opened('peer-1').receive(INVITE('sip:alice@192.0.2.10', 'sip:peer@192.0.2.99', 'TCP'), 'peer-1')
    expect(plain.of('incoming').map(event => 'secure' in event)).toEqual([false])
  })
})

describe('the secure profile', () => {
  const secure = { secure: true, resolve: true }

  it('skips what DNS says about UDP and TCP @req SIP-37 SEC-7', () => {
    const hand = calling('sip:bob@example.org', { ...secure, listening: at('udp', 'tcp', 'tls') })
    hand.resolved('example.org', [
      naptr(1, 'SIP+D2U', 'u.example.org'),
      naptr(2, 'SIP+D2T', 't.example.org'),
      naptr(3, 'SIPS+D2W', 'w.example.org'),
      naptr(4, 'SIPS+D2T', 's.example.org'),
    ])
    expect(asked(hand)).toEqual(['NAPTR example.org', 'SRV s.example.org'])
    hand.resolved('s.example.org', [srv('edge.example.net', 5061)])
    expect(connects(hand)).toEqual(['tls edge.example.net:5061'])
  })

  it('asks for _sips._tcp only, and falls back to the name on port 5061 @req SIP-37 SEC-7', () => {
    const hand = calling('sip:bob@example.org', { ...secure, listening: at('udp', 'tcp', 'tls') }).resolved('example.org', [])
    expect(asked(hand).slice(1)).toEqual(['SRV _sips._tcp.example.org'])
    hand.resolved('_sips._tcp.example.org', [])
    expect(connects(hand)).toEqual(['tls example.org:5061'])
    hand.closed('out-1').run(60_000)
    expect([connects(hand).length, hand.of('rejected').map(event => event.cause), hand.sent]).toEqual([1, ['transport'], []])
  })

  it.each(['sip:bob@192.0.2.99;transport=tcp', 'sip:bob@192.0.2.99;transport=udp'])('does not send to %s @req SEC-7', to => {
    const hand = calling(to, { ...secure, listening: at('udp', 'tcp', 'tls') })
    expect([hand.outputs.length, hand.of('rejected').map(event => event.cause)]).toEqual([1, ['transport']])
  })

  it('uses TLS where it listens on nothing at all @req SEC-7', () => {
    expect(connects(calling('sip:bob@192.0.2.99', { ...secure, listening: [] }))).toEqual(['tls 192.0.2.99:5061'])
    expect(connects(calling('sip:bob@192.0.2.99', { ...secure, listening: [], connects: ['wss'] }))).toEqual(['wss 192.0.2.99:443'])
  })

  it('refuses requests over TCP and UDP with 480 and warning 381 @req SEC-7', () => {
    const tcp = new SipHand('tcp', { secure: true }).opened('peer-1')
    tcp.receive(requestLines('INVITE', { transport: 'TCP', body: 'offer' }), 'peer-1')
    const udp = new SipHand('udp', { secure: true }).receive(requestLines('OPTIONS'))
    for (const hand of [tcp, udp]) {
      expect(hand.statuses()).toEqual([480])
      expect(warningsOf(hand.responses(480)[0]?.headers as never)).toMatchObject([{ code: 381, text: 'SIPS Required' }])
      expect([...hand.of('incoming'), ...hand.of('request')]).toEqual([])
    }
  })
})

describe('WebSocket servers in DNS', () => {
  const browser = { listening: [], connects: ['wss' as const], resolve: true }

  it('are found by SIPS+D2W, with a certificate for the domain that was asked for @req SIP-37', () => {
    const hand = calling('sip:bob@example.org', browser)
    hand.resolved('example.org', [
      naptr(1, 'SIPS+D2T', 's.example.org'),
      naptr(2, 'SIP+D2W', 'p.example.org'),
      naptr(3, 'SIPS+D2W', 'w.example.org'),
    ])
    expect(asked(hand).slice(1)).toEqual(['SRV w.example.org'])
    hand.resolved('w.example.org', [srv('edge.example.net', 8443)])
    const remote = { host: 'edge.example.net', port: 8443 }
    const url = 'wss://edge.example.net:8443/'
    expect(hand.outputs.at(-1)).toEqual({ type: 'connect', flow: 'out-1', transport: 'wss', remote, domain: 'example.org', url })
  })

  it('have no SRV names of their own: without NAPTR the name itself is tried @req SIP-37', () => {
    const hand = calling('sip:bob@example.org', browser).resolved('example.org', [])
    expect([asked(hand).length, connects(hand)]).toEqual([1, ['wss example.org:443']])
  })
})

describe('a registration with a sips address', () => {
  const registered = (aor: string, registrar: string) =>
    tls({ aor, displayName: 'Alice' }).command({ name: 'register', id: 'r', registrar, expires: 600 }).opened('out-1', TLS_PORT, 'tls')

  it.each([
    ['sips:alice@example.org', 'sips:192.0.2.99', '"Alice" <sips:alice@example.org>'],
    ['sips:alice@example.org', 'sip:192.0.2.99;transport=tls', '"Alice" <sips:alice@example.org>'],
    ['sip:alice@example.org', 'sips:192.0.2.99', '<sips:alice@example.org>'],
  ])('%s at %s binds a sips Contact to the sips address @req SIP-1', (aor, registrar, from) => {
    const hand = registered(aor, registrar)
    const { headers } = hand.request('REGISTER')
    expect([headers.get('from')?.split(';tag=')[0], headers.get('to')]).toEqual([from, '<sips:alice@example.org>'])
    expect(contactOf(hand.request('REGISTER'))).toBe('sips:alice@192.0.2.10:5061')
    expect(hand.respond(200, 'REGISTER').of('registered')).toMatchObject([{ secure: true, expires: 600 }])
  })

  it('goes to the registrar and the proxy over TLS, whatever these say', () => {
    const listening = at('udp', 'tcp', 'tls')
    const command = { name: 'register', id: 'r', registrar: 'sip:192.0.2.99', expires: 600 } as const
    expect(connects(tls({ aor: 'sips:alice@example.org', listening }).command(command))).toEqual(['tls 192.0.2.99:5061'])
    const proxied = tls({ aor: 'sips:alice@example.org', listening, proxy: 'sip:192.0.2.50;lr' }).command(command)
    expect(connects(proxied)).toEqual(['tls 192.0.2.50:5061'])
    proxied.opened('out-1', TLS_PORT, 'tls')
    expect(proxied.request('REGISTER').uri).toBe('sips:192.0.2.99')
    expect(proxied.request('REGISTER').headers.get('route')).toBe('<sips:192.0.2.50;lr>')
  })

  it('stays a sip one otherwise, also over TLS @req SIP-1', () => {
    const hand = registered('sip:alice@example.org', 'sip:192.0.2.99;transport=tls')
    expect(contactOf(hand.request('REGISTER'))).toBe('sip:alice@192.0.2.10:5061;transport=tls')
    expect(hand.request('REGISTER').headers.get('to')).toBe('<sip:alice@example.org>')
  })
})
