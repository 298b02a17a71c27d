import { describe, expect, it } from 'vitest'
import { type Ask, requestLines, SipHand, wire } from '../kit/sip-hand.js'
import { sdp } from '../kit/sip-pair.js'

const lastOf = (hand: SipHand) => hand.responses().at(-1)
const invited = (ask: Ask = {}, options = {}) => {
  const hand = new SipHand('udp', options)
  hand.receive(requestLines('INVITE', { body: 'offer', branch: 'z9hG4bKinvite', ...ask }))
  return hand
}

/** Alice in a session the peer started; the tag is hers. */
function inSession(options = {}) {
  const hand = invited({}, options)
  hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
  const toTag = hand.responses(200)[0]?.headers.get('to')?.split(';tag=')[1] as string
  hand.receive(requestLines('ACK', { toTag }))
  return { hand, toTag }
}

describe('checks on an incoming INVITE', () => {
  it.each<[string, number, string, string, Ask]>([
    ['malformed CSeq method', 400, 'Via', '192.0.2.99', { headers: ['Expires: 10', 'Expires: 20'] }],
    ['unknown scheme', 416, 'Via', '192.0.2.99', { uri: 'im:alice@example.org' }],
    ['another user', 404, 'Via', '192.0.2.99', { uri: 'sip:carol@192.0.2.10' }],
    ['unknown option tag', 420, 'Unsupported', 'foo', { headers: ['Require: timer, foo'] }],
    ['a coding', 415, 'Accept-Encoding', 'identity', { headers: ['Content-Encoding: gzip'], body: 'x' }],
    ['a short session', 422, 'Min-SE', '90', { headers: ['Supported: timer', 'Session-Expires: 60'] }],
    ['another device of ours', 486, 'Via', '192.0.2.99', { headers: ['Accept-Contact: *;+sip.instance="<urn:uuid:tablet>"'] }],
    ['a feature we lack', 480, 'Via', '192.0.2.99', { headers: ['Accept-Contact: *;+g.other;require;explicit'] }],
  ])('refuse %s with %i', (_name, status, name, value, ask) => {
    const hand = invited(ask)
    expect(hand.statuses()).toEqual([status])
    expect(lastOf(hand)?.headers.get(name)).toContain(value)
    expect(hand.events).toEqual([])
  })

  it('answer an unknown Require with 420 and Unsupported @req SIP-12', () => {
    expect(lastOf(invited({ headers: ['Require: foo, 100rel'] }))?.headers.get('unsupported')).toBe('foo')
  })

  it('go in the order syntax, hops, method, user, Require, session timer @req RCV-1', () => {
    const all = ['Expires: 1', 'Expires: 2', 'Require: foo', 'Supported: timer', 'Session-Expires: 60']
    const stages = [all, all.slice(2), all.slice(3), all.slice(5)]
    const users = ['carol', 'carol', 'alice', 'alice']
    const statuses = stages.map((headers, index) => invited({ headers, uri: `sip:${users[index]}@192.0.2.10` }).statuses()[0])
    expect(statuses).toEqual([400, 404, 422, 100])
    expect(invited({ headers: all.slice(2) }).statuses()).toEqual([420])
  })

  it('find a merged request, 482, and one without hops left, 483 @req SIP-16', () => {
    const hand = invited()
    hand.receive(requestLines('INVITE', { body: 'offer', branch: 'z9hG4bKother' }))
    expect(hand.statuses()).toEqual([100, 482])
    expect(hand.of('incoming').length).toBe(1)
    const far = requestLines('INVITE', { body: 'offer' }).replace('Max-Forwards: 70', 'Max-Forwards: 0')
    expect(new SipHand().receive(far).statuses()).toEqual([483])
  })

  it('pass an INVITE without a body on to the application @req RCV-5', () => {
    const hand = invited({ body: '' })
    expect(hand.of('incoming')).toMatchObject([{ id: 'in-1', body: undefined, remote: { host: '192.0.2.99' }, transport: 'udp' }])
  })

  it('tell whether the outbound proxy vouches for it @req SIP-28', () => {
    expect(invited().of('incoming')[0]?.trusted).toBe(false)
    expect(invited({}, { proxy: 'sip:192.0.2.50;lr' }).of('incoming')[0]?.trusted).toBe(false)
    expect(invited({}, { proxy: 'sip:192.0.2.99:5080;lr' }).of('incoming')[0]?.trusted).toBe(true)
  })

  it('answer 100 at once, and copies with what was sent last @req SIP-13', () => {
    const hand = invited()
    expect(hand.statuses()).toEqual([100])
    hand.command({ name: 'ring', id: 'in-1' })
    hand.receive(requestLines('INVITE', { body: 'offer', branch: 'z9hG4bKinvite' }))
    expect(hand.statuses()).toEqual([100, 180, 180])
    expect(hand.sent[2]?.bytes).toEqual(hand.sent[1]?.bytes)
    expect(hand.of('incoming').length).toBe(1)
  })

  it('say 503 when there are too many dialogs or transactions', () => {
    const hand = new SipHand('udp', { limits: { dialogs: 2 } })
    for (let call = 0; call < 3; call++) hand.receive(requestLines('INVITE', { body: 'offer', callId: `c${call}` }))
    expect(hand.statuses()).toEqual([100, 100, 503])
    expect(lastOf(hand)?.headers.get('retry-after')).toBe('30')
    const busy = new SipHand('udp', { limits: { transactions: 3 } })
    for (let call = 0; call < 5; call++) busy.receive(requestLines('INVITE', { body: 'offer', callId: `c${call}` }))
    expect(busy.statuses()).toEqual([100, 100, 100, 503, 503])
    expect(busy.of('incoming').length).toBe(3)
  })

  it('match a CANCEL by branch, sent-by and method @req SIP-18', () => {
    const hand = invited()
    hand.receive(requestLines('CANCEL', { branch: 'z9hG4bKelse' }))
    expect(hand.statuses()).toEqual([100, 481])
    hand.receive(requestLines('CANCEL', { branch: 'z9hG4bKinvite', headers: ['Reason: SIP;cause=200;text="Call completed elsewhere"'] }))
    expect(hand.statuses()).toEqual([100, 481, 200, 487])
    expect(hand.of('cancelled')).toEqual([{ name: 'cancelled', id: 'in-1', reason: 'SIP;cause=200;text="Call completed elsewhere"' }])
  })

  it('match requests of RFC 2543 clients without the magic cookie', () => {
    const via = 'Via: SIP/2.0/UDP 192.0.2.99:5060;branch=1'
    const hand = invited({ via })
    hand.receive(requestLines('INVITE', { body: 'offer', via }))
    expect(hand.of('incoming').length).toBe(1)
    hand.command({ name: 'reject', id: 'in-1', status: 486 })
    hand.run(500)
    const toTag = lastOf(hand)?.headers.get('to')?.split(';tag=')[1] as string
    const before = hand.sent.length
    hand.receive(requestLines('ACK', { via, toTag }))
    hand.run(40_000)
    expect(hand.sent.length).toBe(before)
  })

  it('put the feature tags on the Contact of the answer @req CPM-4', () => {
    const { hand } = inSession()
    expect(hand.responses(200)[0]?.headers.get('contact')).toBe(
      '<sip:alice@192.0.2.10:5060;transport=udp>;+sip.instance="<urn:uuid:alice>"',
    )
  })
})

describe('reliable provisional responses to the peer', () => {
  const required = { headers: ['Require: 100rel'] }

  it('go out when the INVITE requires them, are repeated, and stop with PRACK @req SIP-11', () => {
    const hand = invited(required)
    hand.command({ name: 'ring', id: 'in-1' })
    hand.run(1600)
    const ringing = hand.responses(180)
    expect(ringing.length).toBe(3)
    const rseq = ringing[0]?.headers.get('rseq')
    expect([ringing[0]?.headers.get('require'), Number(rseq) > 0]).toEqual(['100rel', true])
    const toTag = ringing[0]?.headers.get('to')?.split(';tag=')[1] as string
    hand.receive(requestLines('PRACK', { cseq: 2, toTag, headers: ['RAck: 1 1 INVITE'] }))
    expect(lastOf(hand)?.status).toBe(481)
    hand.receive(requestLines('PRACK', { cseq: 3, toTag, headers: [`RAck: ${rseq} 1 INVITE`] }))
    expect(lastOf(hand)?.status).toBe(200)
    hand.run(50_000)
    expect(hand.responses(180).length).toBe(3)
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    expect(lastOf(hand)?.status).toBe(200)
  })

  it('end the INVITE with 504 when no PRACK comes @req SIP-11', () => {
    const hand = invited(required)
    hand.command({ name: 'ring', id: 'in-1' })
    hand.run(33_000)
    expect(hand.responses(504).length).toBeGreaterThan(0)
    expect(hand.of('ended')).toMatchObject([{ by: 'timeout' }])
  })
})

describe('requests inside a dialog', () => {
  it('need the dialog: 481 for others, after BYE too @req SIP-16 SIP-19', () => {
    const hand = new SipHand()
    for (const method of ['BYE', 'UPDATE', 'INVITE', 'OPTIONS', 'PRACK']) hand.receive(requestLines(method, { toTag: 'none', cseq: 5 }))
    expect(hand.statuses()).toEqual([481, 481, 481, 481, 481])
    const session = inSession()
    session.hand.receive(requestLines('BYE', { toTag: session.toTag, cseq: 2, headers: ['Reason: SIP;cause=200;text="bye"'] }))
    session.hand.receive(requestLines('OPTIONS', { toTag: session.toTag, cseq: 3 }))
    expect(session.hand.statuses().slice(-2)).toEqual([200, 481])
    expect(session.hand.of('ended')).toEqual([{ name: 'ended', id: 'in-1', by: 'remote', reason: 'SIP;cause=200;text="bye"' }])
  })

  it('need a CSeq above the last one, else 500 @req SIP-16', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('OPTIONS', { toTag, cseq: 7 }))
    hand.receive(requestLines('OPTIONS', { toTag, cseq: 6 }))
    expect(hand.statuses().slice(-2)).toEqual([200, 500])
  })

  it('OPTIONS is answered by the user agent itself @req SIP-27', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('OPTIONS', { toTag, cseq: 2 }))
    const { headers } = lastOf(hand) ?? {}
    expect([
      headers?.get('accept'),
      headers?.get('supported'),
      headers?.has('allow'),
      headers?.get('contact')?.includes('+sip.instance'),
    ]).toEqual(['application/sdp', 'timer, 100rel', true, true])
    expect(hand.of('request')).toEqual([])
  })

  it('a second offer before the first is answered gets 500 and Retry-After @req SIP-21', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2, body: 'two' }))
    hand.receive(requestLines('UPDATE', { toTag, cseq: 3, body: 'three' }))
    expect(lastOf(hand)?.status).toBe(500)
    expect(Number(lastOf(hand)?.headers.get('retry-after'))).toBeLessThanOrEqual(10)
    expect(hand.of('offered').length).toBe(1)
  })

  it('an offer while ours is outstanding gets 491 @req SIP-21', () => {
    const { hand, toTag } = inSession()
    hand.command({ name: 'offer', id: 'in-1', body: sdp('ours') })
    hand.receive(requestLines('UPDATE', { toTag, cseq: 2, body: 'theirs' }))
    hand.receive(requestLines('INVITE', { toTag, cseq: 3, body: 'theirs' }))
    expect(hand.statuses().slice(-1)).toEqual([491])
    expect(hand.responses(491).length).toBe(2)
  })

  it('UPDATE with an offer is answered like a re-INVITE, without ACK @req SIP-20', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('UPDATE', { toTag, cseq: 2, body: 'theirs' }))
    expect(hand.of('offered')).toMatchObject([{ id: 'in-1', method: 'UPDATE' }])
    hand.command({ name: 'accept', id: 'in-1', body: sdp('ours') })
    expect(lastOf(hand)?.status).toBe(200)
    hand.receive(requestLines('UPDATE', { toTag, cseq: 3, body: 'new files' }))
    hand.command({ name: 'reject', id: 'in-1', status: 504 })
    expect(lastOf(hand)?.status).toBe(504)
    hand.receive(requestLines('UPDATE', { toTag, cseq: 4, body: 'nobody answers' }))
    hand.run(16_000)
    expect(lastOf(hand)?.status).toBe(504)
    expect(hand.of('ended')).toEqual([])
  })

  it('UPDATE without a body refreshes the session and asks nobody @req SIP-26', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('UPDATE', { toTag, cseq: 2, headers: ['Supported: timer', 'Session-Expires: 300;refresher=uac'] }))
    expect(lastOf(hand)?.headers.get('session-expires')).toBe('300;refresher=uac')
    expect(hand.of('offered')).toEqual([])
    hand.run(267_000)
    expect(hand.requests('BYE').length).toBe(0)
    hand.run(2000)
    expect(hand.request('BYE').headers.get('reason')).toContain('Session expired')
  })

  it('a re-INVITE without a description is answered with ours', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2 }))
    expect([lastOf(hand)?.status, new TextDecoder().decode(lastOf(hand)?.body)]).toEqual([200, 'answer'])
    hand.receive(requestLines('ACK', { toTag, cseq: 2, body: 'theirs' }))
    const count = hand.sent.length
    hand.run(20_000)
    expect(hand.sent.length).toBe(count)
  })

  it('a BYE before the ACK ends the session', () => {
    const hand = invited()
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    const toTag = hand.responses(200)[0]?.headers.get('to')?.split(';tag=')[1] as string
    hand.receive(requestLines('BYE', { toTag, cseq: 2 }))
    expect(hand.of('ended')).toMatchObject([{ by: 'remote' }])
    const count = hand.sent.length
    hand.run(20_000)
    expect(hand.sent.length).toBe(count)
  })

  it('a BYE of the callee waits for the ACK', () => {
    const hand = invited()
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    const toTag = hand.responses(200)[0]?.headers.get('to')?.split(';tag=')[1] as string
    hand.command({ name: 'bye', id: 'in-1' })
    expect(hand.requests('BYE').length).toBe(0)
    hand.receive(requestLines('ACK', { toTag }))
    expect(hand.requests('BYE').length).toBe(1)
    hand.respond(200, 'BYE')
    expect(hand.of('ended')).toMatchObject([{ by: 'local' }])
  })

  it('follow the new Contact of a target refresh @req SIP-33', () => {
    const { hand, toTag } = inSession()
    const moved = requestLines('UPDATE', { toTag, cseq: 2 }).replace(
      'Contact: <sip:peer@192.0.2.99:5060>',
      'Contact: <sip:peer@192.0.2.77:5070>',
    )
    hand.receive(moved)
    hand.command({ name: 'bye', id: 'in-1' })
    expect([hand.request('BYE').uri, hand.sent.at(-1)?.remote]).toEqual(['sip:peer@192.0.2.77:5070', { host: '192.0.2.77', port: 5070 }])
  })
})

describe('requests outside a dialog', () => {
  it('OPTIONS and MESSAGE go to the application, whose answer goes back @req SIP-27', () => {
    const hand = new SipHand()
    hand.receive(requestLines('OPTIONS', { callId: 'o' }))
    hand.receive(requestLines('MESSAGE', { callId: 'm', body: 'hi' }))
    const ids = hand.of('request').map(event => event.id)
    hand.command({ name: 'respond', id: ids[0] as string, status: 200, body: sdp('capabilities') })
    hand.command({ name: 'respond', id: ids[1] as string, status: 202 })
    expect(hand.statuses()).toEqual([200, 202])
    const { headers } = hand.responses(200)[0] ?? {}
    expect([headers?.get('accept'), headers?.get('content-type'), headers?.get('contact')?.includes('+sip.instance')]).toEqual([
      'application/sdp',
      'application/sdp',
      true,
    ])
  })

  it('that the application ignores get 500 in time, and never 408 @req SIP-39', () => {
    const hand = new SipHand()
    hand.receive(requestLines('MESSAGE', { body: 'hi' }))
    hand.run(60_000)
    expect(hand.statuses()).toEqual([500])
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('of methods we do not serve get 405 with Allow, unknown ones 501', () => {
    const hand = new SipHand()
    hand.receive(requestLines('SUBSCRIBE', { callId: 's' }))
    hand.receive(requestLines('FOO', { callId: 'f' }))
    expect(hand.statuses()).toEqual([405, 501])
    expect(hand.responses(405)[0]?.headers.get('allow')).toContain('MESSAGE')
  })

  it('keep only their last response and repeat it for copies until timer J @req SIP-39', () => {
    const hand = new SipHand()
    const lines = requestLines('OPTIONS', { branch: 'z9hG4bKo' })
    hand.receive(lines)
    hand.command({ name: 'respond', id: hand.of('request')[0]?.id as string, status: 200 })
    hand.run(20_000).receive(lines)
    expect(hand.statuses()).toEqual([200, 200])
    expect(hand.sent[0]?.bytes).toEqual(hand.sent[1]?.bytes)
    hand.run(13_000).receive(lines)
    expect(hand.of('request').length).toBe(2)
  })

  it('that cannot be read are answered 400 without any state @req SIP-36', () => {
    const hand = new SipHand()
    hand.receive(requestLines('OPTIONS').replace('Content-Length: 0', 'Content-Length: 500'))
    expect(hand.statuses()).toEqual([400])
    hand.receive('complete nonsense\r\n\r\n')
    hand.receive(
      wire([
        'SIP/2.0 200 OK',
        'Via: SIP/2.0/UDP x;branch=z9hG4bKunknown',
        'From: <sip:a@b>',
        'To: <sip:a@b>',
        'Call-ID: 1',
        'CSeq: 1 INVITE',
      ]),
    )
    expect(hand.statuses()).toEqual([400])
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('are answered where they came from, with received and rport @req SIP-38', () => {
    const hand = new SipHand()
    hand.receive(requestLines('FOO'), undefined, { host: '203.0.113.7', port: 31_337 })
    expect(hand.sent[0]?.remote).toEqual({ host: '203.0.113.7', port: 31_337 })
    expect(hand.responses()[0]?.headers.get('via')).toContain(';received=203.0.113.7;rport=31337')
    const tcp = new SipHand('tcp').opened('peer-1', { host: '203.0.113.7', port: 40_001 })
    tcp.receive(requestLines('FOO', { transport: 'TCP' }), 'peer-1')
    expect(tcp.sent.map(sent => sent.flow)).toEqual(['peer-1'])
  })

  it('are answered over a new connection when theirs is gone @req SIP-38', () => {
    const hand = new SipHand('tcp').opened('peer-1', { host: '192.0.2.99', port: 40_001 })
    hand.receive(requestLines('MESSAGE', { transport: 'TCP', via: 'Via: SIP/2.0/TCP 192.0.2.99:5060;branch=z9hG4bKm' }), 'peer-1')
    hand.closed('peer-1')
    hand.command({ name: 'respond', id: hand.of('request')[0]?.id as string, status: 200 })
    const connect = hand.outputs.find(output => output.type === 'connect')
    expect(connect).toMatchObject({ remote: { host: '192.0.2.99', port: 5060 } })
    hand.opened('out-1')
    expect(hand.sent.map(sent => sent.flow)).toEqual(['out-1'])
  })
})
