import { describe, expect, it } from 'vitest'
import { credentialsOf, digestResponse } from '../../src/sip/index.js'
import type { SipRequest } from '../../src/sip/message.js'
import type { UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { PEER, requestLines, responseLines, SipHand } from '../kit/sip-hand.js'
import { hash, sdp, text } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99:5060'
const ALICE = { username: 'alice', password: 's3cret' }

function inviting(options: Partial<UserAgentOptions> = {}, to = TO, transport: 'udp' | 'tcp' = 'udp') {
  return new SipHand(transport, options).command({
    name: 'invite',
    id: 'a',
    to,
    body: sdp('offer'),
    headers: [['Accept-Contact', '*;+g.x']],
  })
}

/** Whether the digest of a request is right for Alice's password. */
function isAuthorized(request: SipRequest, proxy = false): boolean {
  const [given] = credentialsOf(request.headers, proxy)
  if (given === undefined) return false
  const parts = { algorithm: 'MD5' as const, username: 'alice', realm: 'r', password: 's3cret', nonce: given.get('nonce') ?? '', hash }
  const qop = { nc: given.get('nc') ?? '', cnonce: given.get('cnonce') ?? '' }
  return given.get('response') === digestResponse({ ...parts, method: request.method, uri: request.uri, qop })
}

const challenge = (nonce: string, more = '') => ({ headers: [`WWW-Authenticate: Digest realm="r", nonce="${nonce}", qop="auth"${more}`] })

describe('our INVITE', () => {
  it('carries what a session needs @req SIP-10 CPM-4', () => {
    const { headers, body } = inviting().request('INVITE')
    const names = ['max-forwards', 'allow', 'supported', 'accept', 'session-expires', 'min-se', 'contact', 'accept-contact', 'content-type']
    expect(names.map(name => headers.get(name))).toEqual([
      '70',
      'INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, OPTIONS, NOTIFY, MESSAGE',
      'timer, 100rel',
      'application/sdp',
      '1800',
      '90',
      '<sip:alice@192.0.2.10:5060;transport=udp>;+sip.instance="<urn:uuid:alice>"',
      '*;+g.x',
      'application/sdp',
    ])
    expect(text(body)).toBe('offer')
    expect(headers.get('via')).toMatch(/^SIP\/2\.0\/UDP 192\.0\.2\.10:5060;branch=z9hG4bK[A-Za-z0-9]{20};rport$/)
  })

  it('takes TCP when it is longer than 1300 octets, whatever the target says @req SIP-5', () => {
    const hand = new SipHand('udp').command({ name: 'invite', id: 'a', to: TO, body: sdp('x'.repeat(1300)) })
    expect(hand.sent).toEqual([])
    expect(hand.outputs).toMatchObject([{ type: 'connect', transport: 'tcp', remote: PEER }])
    hand.opened('out-1', PEER, 'tcp', { host: '192.0.2.10', port: 49_152 })
    expect(hand.request('INVITE').headers.get('via')).toContain('SIP/2.0/TCP 192.0.2.10:49152')
    expect(hand.request('INVITE').headers.get('cseq')).toBe('1 INVITE')
    const short = new SipHand('udp').command({ name: 'invite', id: 'a', to: TO, body: sdp('x'.repeat(300)) })
    expect(short.sent.map(sent => sent.flow)).toEqual(['udp/192.0.2.99:5060'])
    expect(short.sent[0]?.bytes.length).toBeLessThanOrEqual(1300)
  })

  it('reuses the connection to the same address and waits for it to open', () => {
    const hand = inviting({}, `${TO};transport=tcp`, 'tcp')
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: `${TO};transport=tcp` })
    expect(hand.sent).toEqual([])
    hand.opened('out-1')
    hand.command({ name: 'request', id: 'p', method: 'OPTIONS', to: `${TO};transport=tcp` })
    expect(hand.sent.map(sent => sent.flow)).toEqual(['out-1', 'out-1', 'out-1'])
    expect(hand.outputs.filter(output => output.type === 'connect').length).toBe(1)
  })

  it('fails with a transport error when the connection does not open in 64*T1', () => {
    const hand = inviting({}, `${TO};transport=tcp`, 'tcp').run(32_000)
    expect(hand.of('rejected')).toEqual([{ name: 'rejected', id: 'a', cause: 'transport' }])
    expect(hand.outputs.some(output => output.type === 'close')).toBe(true)
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('goes to the outbound proxy first, then along the service route @req SIP-3', () => {
    const hand = new SipHand('udp', { proxy: 'sip:192.0.2.50:5080;lr' })
    hand.command({ name: 'register', id: 'r', registrar: 'sip:example.org', expires: 3600 })
    hand.respond(200, 'REGISTER', { headers: ['Service-Route: <sip:orig@scscf.example.org;lr>', 'Expires: 3600'] })
    hand.command({ name: 'invite', id: 'a', to: 'tel:+15550103', body: sdp('offer') })
    const { uri, headers } = hand.request('INVITE')
    expect([uri, headers.get('route')]).toEqual(['tel:+15550103', '<sip:192.0.2.50:5080;lr>, <sip:orig@scscf.example.org;lr>'])
    expect(hand.sent.at(-1)?.remote).toEqual({ host: '192.0.2.50', port: 5080 })
  })

  it('follows Record-Route in reverse, and a strict router by RFC 2543 rules @req SIP-33', () => {
    const hand = inviting()
    hand.respond(200, 'INVITE', { headers: ['Record-Route: <sip:192.0.2.62;lr>, <sip:192.0.2.61;lr>'], body: 'answer' })
    expect(hand.request('ACK').headers.get('route')).toBe('<sip:192.0.2.61;lr>, <sip:192.0.2.62;lr>')
    expect([hand.request('ACK').uri, hand.sent.at(-1)?.remote]).toEqual(['sip:peer@192.0.2.99:5060', { host: '192.0.2.61', port: 5060 }])
    const strict = inviting()
    strict.respond(200, 'INVITE', { headers: ['Record-Route: <sip:192.0.2.61>'], body: 'answer' })
    expect([strict.request('ACK').uri, strict.request('ACK').headers.get('route')]).toEqual([
      'sip:192.0.2.61',
      '<sip:peer@192.0.2.99:5060>',
    ])
  })

  it('refuses line breaks in header values before anything is sent @req SEC-14', () => {
    const hand = new SipHand()
    const evil = [['Subject', 'x\r\nEvil: 1']] as const
    expect(() => hand.command({ name: 'invite', id: 'a', to: TO, body: sdp('o'), headers: evil })).toThrow('line break')
    expect([hand.sent, hand.agent.deadline]).toEqual([[], undefined])
  })

  it('refuses an id in use', () => {
    expect(() => inviting().command({ name: 'invite', id: 'a', to: TO, body: sdp('o') })).toThrow('in use')
  })
})

describe('a forked INVITE', () => {
  it('takes the first 2xx; a second gets ACK and BYE at once @req SIP-14', () => {
    const hand = inviting()
    hand.respond(180, 'INVITE', { toTag: 'one' }).respond(180, 'INVITE', { toTag: 'two' })
    hand.respond(200, 'INVITE', { toTag: 'two', body: 'answer two' }).respond(200, 'INVITE', { toTag: 'one', body: 'answer one' })
    expect(hand.of('established').map(event => text(event.body?.bytes))).toEqual(['answer two'])
    expect(hand.requests('ACK').map(ack => ack.headers.get('to')?.split('tag=')[1])).toEqual(['two', 'one'])
    expect(hand.requests('BYE').map(bye => bye.headers.get('to')?.split('tag=')[1])).toEqual(['one'])
    hand.respond(200, 'BYE')
    hand.respond(200, 'INVITE', { toTag: 'one', body: 'answer one', request: hand.requests('INVITE')[0] as SipRequest })
    expect([hand.requests('ACK').length, hand.requests('BYE').length]).toEqual([3, 1])
    expect(hand.of('ended')).toEqual([])
  })

  it('makes no more dialogs than the limit, however many answer', () => {
    const hand = inviting()
    for (let fork = 0; fork < 100; fork++) hand.respond(200, 'INVITE', { toTag: `t${fork}`, body: 'answer' })
    expect([hand.requests('ACK').length, hand.requests('BYE').length]).toEqual([32, 31])
  })

  it('sends the ACK of a re-INVITE to the Contact of its 200', () => {
    const hand = inviting()
    hand.respond(200, 'INVITE', { body: 'answer' })
    hand.command({ name: 'offer', id: 'a', body: sdp('new') })
    const moved = responseLines(hand.request('INVITE'), 200, { body: 'yes' }).replace(
      'Contact: <sip:peer@192.0.2.99:5060>',
      'Contact: <sip:peer@192.0.2.77:5060>',
    )
    hand.receive(moved)
    expect(hand.request('ACK').uri).toBe('sip:peer@192.0.2.77:5060')
  })

  it('acknowledges reliable provisional responses once each, in order, per early dialog @req SIP-11', () => {
    const hand = inviting()
    const reliable = (rseq: number, toTag: string) =>
      hand.respond(183, 'INVITE', { toTag, headers: ['Require: 100rel', `RSeq: ${rseq}`], body: `answer ${toTag}` })
    reliable(5, 'one')
    reliable(5, 'one')
    reliable(7, 'one')
    reliable(6, 'one')
    reliable(1, 'two')
    expect(hand.requests('PRACK').map(prack => prack.headers.get('rack'))).toEqual(['5 1 INVITE', '6 1 INVITE', '1 1 INVITE'])
    expect(hand.requests('PRACK').map(prack => prack.headers.get('cseq'))).toEqual(['2 PRACK', '3 PRACK', '2 PRACK'])
    expect(hand.of('provisional').length).toBe(3)
    hand.respond(200, 'INVITE', { toTag: 'one' })
    expect(hand.of('established').map(event => text(event.body?.bytes))).toEqual(['answer one'])
    hand.command({ name: 'bye', id: 'a' })
    expect(hand.request('BYE').headers.get('cseq')).toBe('4 BYE')
  })

  it('answers an UPDATE with an offer in an early dialog with 491: ours is open @req SIP-21', () => {
    const hand = inviting()
    hand.respond(180, 'INVITE', { toTag: 'one' })
    const { headers } = hand.request('INVITE')
    const toTag = headers.get('from')?.split('tag=')[1] as string
    hand.receive(requestLines('UPDATE', { callId: headers.get('call-id') as string, fromTag: 'one', toTag, body: 'early' }))
    expect(hand.statuses()).toEqual([491])
  })
})

describe('challenges', () => {
  it('401 and 407 are answered once, with a new CSeq and the same Call-ID @req SIP-2', () => {
    const hand = inviting({ credentials: ALICE })
    hand.respond(401, 'INVITE', challenge('n1'))
    hand.respond(407, 'INVITE', { headers: ['Proxy-Authenticate: Digest realm="r", nonce="p1", qop="auth", algorithm=MD5'] })
    const invites = hand.requests('INVITE')
    expect(invites.map(invite => invite.headers.get('cseq'))).toEqual(['1 INVITE', '2 INVITE', '3 INVITE'])
    expect(new Set(invites.map(invite => invite.headers.get('call-id'))).size).toBe(1)
    expect(new Set(invites.map(invite => invite.headers.get('via'))).size).toBe(3)
    const [, second, third] = invites as [SipRequest, SipRequest, SipRequest]
    expect([isAuthorized(second), isAuthorized(third), isAuthorized(third, true)]).toEqual([true, true, true])
    expect(third.headers.get('authorization')).toContain('nc=00000002')
    expect(hand.of('rejected')).toEqual([])
  })

  it('the ACK of the 2xx carries the credentials of its INVITE', () => {
    const hand = inviting({ credentials: ALICE })
    hand.respond(401, 'INVITE', challenge('n1')).respond(200, 'INVITE', { body: 'answer' })
    expect(hand.requests('ACK').at(-1)?.headers.get('authorization')).toBe(hand.request('INVITE').headers.get('authorization'))
  })

  it('a second 401 for the same realm means a wrong password: no loop @req SIP-2', () => {
    const hand = inviting({ credentials: { username: 'alice', password: 'wrong' } })
    hand.respond(401, 'INVITE', challenge('n1')).respond(401, 'INVITE', challenge('n2'))
    expect(hand.of('rejected')).toMatchObject([{ cause: 'auth', status: 401 }])
    expect(hand.requests('INVITE').length).toBe(2)
  })

  it('a stale nonce is replaced without asking the user @req SIP-2', () => {
    const hand = inviting({ credentials: ALICE })
    hand.respond(401, 'INVITE', challenge('n1')).respond(401, 'INVITE', challenge('n2', ', stale=true'))
    expect(hand.request('INVITE').headers.get('authorization')).toContain('nonce="n2"')
    expect(isAuthorized(hand.request('INVITE'))).toBe(true)
    for (let again = 3; again < 10; again++) hand.respond(401, 'INVITE', challenge(`n${again}`, ', stale=true'))
    expect(hand.requests('INVITE').length).toBe(5)
    expect(hand.of('rejected')).toMatchObject([{ cause: 'auth' }])
  })

  it('without credentials there is nothing to answer', () => {
    const hand = inviting()
    hand.respond(401, 'INVITE', challenge('n1'))
    expect(hand.of('rejected')).toMatchObject([{ cause: 'auth', status: 401 }])
  })

  it('inside the dialog re-INVITE and BYE are answered too @req SIP-2', () => {
    const hand = inviting({ credentials: ALICE })
    hand.respond(200, 'INVITE', { body: 'answer' })
    hand.command({ name: 'offer', id: 'a', body: sdp('new') })
    hand.respond(401, 'INVITE', challenge('n1')).respond(200, 'INVITE', { body: 'yes' })
    expect(hand.of('answered').length).toBe(1)
    hand.command({ name: 'bye', id: 'a' })
    expect(isAuthorized(hand.request('BYE'))).toBe(true)
    hand.respond(401, 'BYE', challenge('n2')).respond(200, 'BYE')
    expect(hand.requests('BYE').length).toBe(2)
    expect(hand.of('ended')).toMatchObject([{ by: 'local' }])
  })
})

describe('single requests', () => {
  it('report the final response, a timeout or a transport error', () => {
    const hand = new SipHand()
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: TO }).respond(200, 'OPTIONS', { body: 'capabilities' })
    expect(hand.of('response')).toMatchObject([{ id: 'o', cause: 'response', response: { status: 200 } }])
    hand.command({ name: 'request', id: 'm', method: 'MESSAGE', to: TO, body: sdp('imdn') }).run(32_000)
    expect(hand.of('response')[1]).toEqual({ name: 'response', id: 'm', cause: 'timeout' })
    hand.command({ name: 'request', id: 'n', method: 'MESSAGE', to: TO, body: sdp('imdn') }).closed('udp/192.0.2.99:5060')
    expect(hand.of('response')[2]).toEqual({ name: 'response', id: 'n', cause: 'transport' })
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('need an address that leads somewhere', () => {
    const hand = new SipHand().command({ name: 'request', id: 'o', method: 'OPTIONS', to: 'tel:+15550103' })
    expect(hand.of('response')).toEqual([{ name: 'response', id: 'o', cause: 'transport' }])
  })

  it('a late final response is not taken for a new one @req SIP-39', () => {
    const hand = new SipHand()
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: TO }).respond(200, 'OPTIONS').respond(408, 'OPTIONS')
    expect(hand.of('response').length).toBe(1)
  })

  it('are traced in both directions when asked for', () => {
    const hand = new SipHand('udp', { trace: true })
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: TO }).respond(200, 'OPTIONS')
    const traces = hand.outputs.flatMap(output => (output.type === 'trace' ? [output.entry] : []))
    expect(traces.map(trace => [trace.direction, trace.transport, trace.remote, text(trace.bytes).slice(0, 11)])).toEqual([
      ['out', 'udp', PEER, 'OPTIONS sip'],
      ['in', 'udp', PEER, 'SIP/2.0 200'],
    ])
  })
})
