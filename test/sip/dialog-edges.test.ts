import { describe, expect, it } from 'vitest'
import { Dialog } from '../../src/sip/dialog.js'
import { decodeMessage, type SipRequest, UserAgent } from '../../src/sip/index.js'
import { type Ask, PEER, requestLines, responseLines, SipHand, wire } from '../kit/sip-hand.js'
import { optionsFor, sdp } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99:5060'
const lastOf = (hand: SipHand) => hand.responses().at(-1)
const tagIn = (value: string | undefined) => value?.split(';tag=')[1] as string

const inviting = (options = {}, headers: readonly (readonly [string, string])[] = []) =>
  new SipHand('udp', options).command({ name: 'invite', id: 'a', to: TO, body: sdp('offer'), headers })
const calling = (options = {}) => inviting(options).respond(200, 'INVITE', { body: 'answer' })

const invited = (ask: Ask = {}, options = {}) =>
  new SipHand('udp', options).receive(requestLines('INVITE', { body: 'offer', branch: 'z9hG4bKinvite', ...ask }))

/** Alice after her 200, which the peer has not acknowledged. */
function accepted(ask: Ask = {}) {
  const hand = invited(ask).command({ name: 'accept', id: 'in-1', body: sdp('answer') })
  return { hand, toTag: tagIn(hand.responses(200)[0]?.headers.get('to')) }
}

function inSession() {
  const { hand, toTag } = accepted()
  hand.receive(requestLines('ACK', { toTag }))
  return { hand, toTag }
}

describe('peers of RFC 2543', () => {
  it('may leave the tag of To out: the dialog is known without it @req SIP-36', () => {
    const hand = inviting()
    const { headers } = hand.request('INVITE')
    hand.receive(responseLines(hand.request('INVITE'), 180).replace(';tag=peer', ''))
    expect(hand.of('provisional').length).toBe(1)
    hand.receive(responseLines(hand.request('INVITE'), 200, { body: 'answer' }).replace(';tag=peer', ''))
    expect(hand.of('established').length).toBe(1)
    const bye = ['BYE sip:alice@192.0.2.10 SIP/2.0', 'Via: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKbye', 'Max-Forwards: 70']
    const addresses = [`From: <${TO}>`, `To: ${headers.get('from')}`, `Call-ID: ${headers.get('call-id')}`, 'CSeq: 9 BYE']
    hand.receive(wire([...bye, ...addresses]))
    expect(hand.of('ended')).toMatchObject([{ by: 'remote' }])
  })

  it('may leave the tag of From out', () => {
    const hand = new SipHand().receive(requestLines('INVITE', { body: 'offer' }).replace(';tag=f1', ''))
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    const toTag = tagIn(hand.responses(200)[0]?.headers.get('to'))
    hand.receive(requestLines('ACK', { toTag }).replace(';tag=f1', ''))
    expect(hand.of('confirmed').length).toBe(1)
  })

  it('may give no Contact: requests go to From then', () => {
    const hand = new SipHand().receive(requestLines('INVITE', { body: 'offer' }).replace(/Contact: .*\r\n/, ''))
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    hand.receive(requestLines('ACK', { toTag: tagIn(hand.responses(200)[0]?.headers.get('to')) }))
    hand.command({ name: 'offer', id: 'in-1', body: sdp('more') })
    expect(hand.request('INVITE').uri).toBe('sip:peer@example.org')
  })

  it('keep their target when a later answer gives none @req SIP-33', () => {
    const hand = calling().command({ name: 'offer', id: 'a', body: sdp('more') })
    hand.receive(responseLines(hand.request('INVITE'), 200, { body: 'answer' }).replace(/Contact: .*\r\n/, ''))
    expect(hand.request('ACK').uri).toBe(TO)
  })
})

describe('a dialog that a NOTIFY makes', () => {
  it('leads to From when the NOTIFY has no Contact', () => {
    const request = decodeMessage(new TextEncoder().encode(requestLines('NOTIFY', { toTag: 'mine' }))) as SipRequest
    const source = { flow: 'udp/192.0.2.99:5060', transport: 'udp', local: PEER, remote: PEER } as const
    const dialog = Dialog.ofNotify(request, 4, source)
    expect([dialog.remoteTarget, dialog.localTag, dialog.nextSequence()]).toEqual(['sip:peer@example.org', 'mine', 5])
  })
})

describe('PRACK', () => {
  it('for a 180 that was not reliable, or without RAck, gets 481 @req SIP-11', () => {
    const hand = invited().command({ name: 'ring', id: 'in-1' })
    const toTag = tagIn(hand.responses(180)[0]?.headers.get('to'))
    hand.receive(requestLines('PRACK', { cseq: 2, toTag, headers: ['RAck: 1 1 INVITE'] }))
    expect(lastOf(hand)?.status).toBe(481)
    const reliable = invited({ headers: ['Require: 100rel'] }).command({ name: 'ring', id: 'in-1' })
    reliable.receive(requestLines('PRACK', { cseq: 2, toTag: tagIn(reliable.responses(180)[0]?.headers.get('to')) }))
    expect(lastOf(reliable)?.status).toBe(481)
  })

  it('of the callee gets 481: we sent nothing reliable @req SIP-11', () => {
    const hand = calling()
    const { headers } = hand.request('INVITE')
    const toTag = tagIn(headers.get('from'))
    hand.receive(requestLines('PRACK', { callId: headers.get('call-id') ?? '', fromTag: 'peer', toTag, cseq: 5 }))
    expect(hand.statuses()).toEqual([481])
  })

  it('ends the repetition of 180, also that of every minute @req SIP-11', () => {
    const hand = invited({ headers: ['Require: 100rel'] }).command({ name: 'ring', id: 'in-1' })
    const [ringing] = hand.responses(180)
    const headers = [`RAck: ${ringing?.headers.get('rseq')} 1 INVITE`]
    hand.receive(requestLines('PRACK', { cseq: 2, toTag: tagIn(ringing?.headers.get('to')), headers })).run(100_000)
    expect(hand.responses(180).length).toBe(1)
  })

  it('of ours is answered like any request, and its loss harms nobody @req SIP-11', () => {
    const hand = inviting().respond(183, 'INVITE', { headers: ['Require: 100rel', 'RSeq: 7'] })
    expect(hand.request('PRACK').headers.get('rack')).toBe('7 1 INVITE')
    hand.respond(200, 'PRACK').respond(200, 'INVITE', { body: 'answer' }).run(60_000)
    expect(hand.requests('PRACK').length).toBe(1)
    const lost = inviting()
      .respond(183, 'INVITE', { headers: ['Require: 100rel', 'RSeq: 7'] })
      .run(40_000)
    expect(lost.respond(200, 'INVITE', { body: 'answer' }).of('established').length).toBe(1)
  })
})

describe('early dialogs', () => {
  it('end when the INVITE is sent again: the old ones are unknown then @req SIP-14', () => {
    const credentials = { username: 'alice', password: 'p' }
    const hand = inviting({ credentials }).respond(180, 'INVITE', { toTag: 'early' })
    const { headers } = hand.request('INVITE')
    hand.respond(401, 'INVITE', { toTag: 'early', headers: ['WWW-Authenticate: Digest realm="r", nonce="n"'] })
    expect(hand.requests('INVITE').length).toBe(2)
    const toTag = tagIn(headers.get('from'))
    hand.receive(requestLines('UPDATE', { callId: headers.get('call-id') ?? '', fromTag: 'early', toTag, cseq: 5 }))
    expect(hand.statuses()).toEqual([481])
  })

  it('are not made by a provisional response without tag', () => {
    const hand = inviting()
    hand.receive(responseLines(hand.request('INVITE'), 183).replace(';tag=peer', ''))
    expect(hand.of('provisional').map(event => event.status)).toEqual([183])
  })

  it('that lose are left by BYE, even when nobody answers it @req SIP-14', () => {
    const hand = calling().respond(200, 'INVITE', { toTag: 'two', body: 'answer' }).run(40_000)
    expect(new Set(hand.requests('BYE').map(bye => tagIn(bye.headers.get('to'))))).toEqual(new Set(['two']))
    expect([hand.of('established').length, hand.of('ended')]).toEqual([1, []])
  })

  it('of a callee take an UPDATE without a description, and no offer before ours is answered @req SIP-21', () => {
    const hand = invited().command({ name: 'ring', id: 'in-1' })
    const toTag = tagIn(hand.responses(180)[0]?.headers.get('to'))
    hand.receive(requestLines('UPDATE', { toTag, cseq: 2 }))
    expect(lastOf(hand)?.status).toBe(200)
    hand.receive(requestLines('UPDATE', { toTag, cseq: 3, body: 'offer' }))
    expect(lastOf(hand)?.status).toBe(500)
    expect(Number(lastOf(hand)?.headers.get('retry-after'))).toBeLessThanOrEqual(10)
    expect(hand.of('offered')).toEqual([])
  })
})

describe('an INVITE that is given up between two attempts', () => {
  it('needs no CANCEL: nothing is on its way @req SIP-18', () => {
    const hand = inviting()
      .respond(180, 'INVITE')
      .respond(503, 'INVITE', { headers: ['Retry-After: 9'] })
    hand.command({ name: 'cancel', id: 'a' })
    expect(hand.of('rejected')).toMatchObject([{ cause: 'cancelled' }])
    hand.run(60_000)
    expect([hand.requests('CANCEL'), hand.requests('INVITE').length]).toEqual([[], 1])
  })
})

describe('a re-INVITE of the peer', () => {
  it('that it cancels gets 487, and the offer is withdrawn @req SIP-18', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2, body: 'two', branch: 'z9hG4bKtwo' }))
    hand.receive(requestLines('CANCEL', { toTag, cseq: 2, branch: 'z9hG4bKtwo' }))
    expect(hand.statuses().slice(-2)).toEqual([200, 487])
    expect(hand.of('offer-withdrawn')).toEqual([{ name: 'offer-withdrawn', id: 'in-1' }])
    expect(hand.of('ended')).toEqual([])
  })

  it('whose 2xx is never acknowledged ends the dialog @req SIP-15', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2, body: 'two' }))
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer 2') }).run(31_999)
    expect(hand.requests('BYE')).toEqual([])
    hand.run(1)
    expect(hand.requests('BYE').length).toBe(1)
    expect(hand.respond(200, 'BYE').of('ended')).toMatchObject([{ by: 'timeout' }])
  })

  it('proves that our 2xx arrived when its ACK was lost, the first time and later @req SIP-15', () => {
    const { hand, toTag } = accepted()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2, body: 'two' }))
    expect([hand.of('confirmed').length, hand.of('offered').length]).toEqual([1, 1])
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer 2') })
    hand.receive(requestLines('INVITE', { toTag, cseq: 3, body: 'three' }))
    expect(hand.of('offered').length).toBe(2)
    const copies = hand.responses(200).length
    hand.run(3000)
    expect(hand.responses(200).length).toBe(copies)
  })

  it('with too short a session gets 422, but only from one who knows the timer @req SIP-25', () => {
    const { hand, toTag } = inSession()
    hand.receive(requestLines('INVITE', { toTag, cseq: 2, body: 'two', headers: ['Supported: timer', 'Session-Expires: 60'] }))
    expect([lastOf(hand)?.status, lastOf(hand)?.headers.get('min-se')]).toEqual([422, '90'])
    hand.receive(requestLines('INVITE', { toTag, cseq: 3, body: 'three', headers: ['Session-Expires: 60'] }))
    expect(hand.of('offered').length).toBe(1)
  })
})

describe('an offer of ours', () => {
  const offering = (options = {}) => calling(options).command({ name: 'offer', id: 'a', body: sdp('more') })

  it('that is refused for now tells when to come back @req SIP-34', () => {
    const hand = offering().respond(500, 'INVITE', { headers: ['Retry-After: 5'] })
    expect(hand.of('refused')).toMatchObject([{ status: 500, retryAfter: 5000 }])
  })

  it('that needs credentials we do not have is refused, and the session lives @req SIP-2 SIP-23', () => {
    const hand = offering().respond(407, 'INVITE', { headers: ['Proxy-Authenticate: Digest realm="r", nonce="n"'] })
    expect(hand.of('refused')).toMatchObject([{ status: 407 }])
    expect(hand.of('ended')).toEqual([])
  })

  it('is repeated with a longer session after 422, unless that says nothing new @req SIP-25', () => {
    const hand = offering().respond(422, 'INVITE', { headers: ['Min-SE: 4000'] })
    expect(hand.request('INVITE').headers.get('session-expires')).toMatch(/^4000/)
    hand.respond(422, 'INVITE', { headers: ['Min-SE: 4000'] })
    expect(hand.of('refused')).toMatchObject([{ status: 422 }])
    const silent = offering().respond(422, 'INVITE')
    expect(silent.of('refused')).toMatchObject([{ status: 422 }])
  })
})

describe('a session refresh', () => {
  /** Alice refreshes every 900 s; the peer knows no UPDATE. */
  const refreshing = () => inviting().respond(200, 'INVITE', { body: 'answer', headers: ['Session-Expires: 1800;refresher=uac'] })

  it('waits two seconds while an offer is open @req SIP-26', () => {
    const hand = refreshing()
      .run(899_999)
      .command({ name: 'offer', id: 'a', body: sdp('more') })
    expect(hand.requests('INVITE').length).toBe(2)
    hand.run(1).respond(100, 'INVITE').respond(488, 'INVITE').run(1999)
    expect(hand.requests('INVITE').length).toBe(2)
    hand.run(1)
    expect(hand.requests('INVITE').length).toBe(3)
  })

  it.each([
    [491, [], 2100, 4000],
    [500, ['Retry-After: 0'], 2000, 2000],
    [500, ['Retry-After: 3'], 3000, 3000],
    [500, [], 2000, 2000],
  ])('that gets %i %j is tried again after %i to %i ms @req SIP-22 SIP-26', (status, headers, least, most) => {
    const hand = refreshing().run(900_000).respond(status, 'INVITE', { headers })
    hand.run(least - 1)
    expect(hand.requests('INVITE').length).toBe(2)
    hand.run(most - least + 1)
    expect(hand.requests('INVITE').length).toBe(3)
    expect(hand.of('refused')).toEqual([])
  })
})

describe('a single request', () => {
  it('takes a From of the application and reports what it cannot answer @req SIP-2 SIP-29', () => {
    const headers = [
      ['From', '"Anonymous" <sip:anonymous@anonymous.invalid>'],
      ['Privacy', 'id'],
    ] as const
    const hand = new SipHand().command({ name: 'request', id: 'o', method: 'OPTIONS', to: TO, headers })
    const asked = hand.request('OPTIONS').headers
    expect(asked.get('from')).toMatch(/^"Anonymous" <sip:anonymous@anonymous.invalid>;tag=/)
    expect([asked.getAll('from').length, asked.get('privacy')]).toEqual([1, 'id'])
    hand.respond(401, 'OPTIONS', { headers: ['WWW-Authenticate: Digest realm="r", nonce="n"'] })
    expect(hand.of('response')).toMatchObject([{ id: 'o', cause: 'auth', response: { status: 401 } }])
  })
})

describe('a redirection', () => {
  const contacts = (text: string) => {
    const hand = inviting({ followRedirects: true })
    return hand.receive(responseLines(hand.request('INVITE'), 302).replace(/Contact: .*\r\n/, `Contact: ${text}\r\n`))
  }

  it.each([
    ['<sip:x@192.0.2.1>;q=0.5, <sip:y@192.0.2.2>', 'sip:y@192.0.2.2'],
    ['<sip:x@192.0.2.1>;q=0.5, <sip:y@192.0.2.2>;q=7', 'sip:x@192.0.2.1'],
    ['<sip:x@192.0.2.1>;q=-1, <sip:y@192.0.2.2>;q=0.1', 'sip:y@192.0.2.2'],
    ['<sip:x@192.0.2.1>;q=none, <sip:y@192.0.2.2>;q=0.1', 'sip:y@192.0.2.2'],
  ])('to %s leads to %s @req SIP-34', (text, uri) => {
    expect(contacts(text).request('INVITE').uri).toBe(uri)
  })
})

describe('an incoming request', () => {
  it('for an identity without user part is for nobody else @req SIP-27', () => {
    const hand = new SipHand().command({ name: 'register', id: 'r', registrar: 'sip:192.0.2.99', expires: 600 })
    hand.respond(200, 'REGISTER', { headers: ['P-Associated-URI: <sip:example.org>, nonsense, <sip:ally@example.org>'] })
    expect(hand.of('registered')[0]?.associatedUris).toEqual(['sip:example.org', 'sip:ally@example.org'])
    for (const uri of ['sip:ally@h', 'sip:bob@h']) hand.receive(requestLines('INVITE', { uri, callId: uri, body: 'offer' }))
    expect(hand.statuses()).toEqual([100, 404])
  })

  it('to remove all bindings of a sips address is a method we do not serve', () => {
    const hand = new SipHand('tcp').opened('peer-1', { host: '192.0.2.99', port: 5061 }, 'tls')
    hand.receive(requestLines('REGISTER', { uri: 'sips:alice@h', transport: 'TLS', headers: ['Contact: *', 'Expires: 0'] }), 'peer-1')
    expect(hand.statuses()).toEqual([405])
  })

  it('finds no features where the application wrote none that can be read @req SIP-32', () => {
    const headers = ['Accept-Contact: *;+g.other;require;explicit']
    expect(invited({ headers }, { contactParameters: ['"'] }).statuses()).toEqual([480])
    expect(invited({}, { contactParameters: ['"'] }).statuses()).toEqual([100])
  })

  it('is still read after one on the same stream that is broken @req SIP-36', () => {
    const hand = new SipHand('tcp').opened('peer-1')
    const broken = requestLines('OPTIONS', { transport: 'TCP', callId: 'one' }).replace('OPTIONS sip:alice', 'OPTIONS  sip:alice')
    hand.receive(broken + requestLines('OPTIONS', { transport: 'TCP', callId: 'two' }), 'peer-1')
    expect([hand.statuses(), hand.of('request').map(event => event.request.headers.get('call-id'))]).toEqual([[400], ['two']])
    expect(hand.outputs.some(output => output.type === 'close')).toBe(false)
  })
})

describe('a user agent without user part, features or name', () => {
  it('registers all the same @req SIP-1', () => {
    const { contactParameters: _, userAgent: __, ...options } = optionsFor('alice', ['udp'], { aor: 'sip:example.org' })
    const agent = new UserAgent(options)
    const command = { name: 'register', id: 'r', registrar: 'sip:192.0.2.99', expires: 60 } as const
    const [write] = agent.step({ type: 'command', command }, 0)
    const { headers } = decodeMessage(write?.type === 'write' ? write.bytes : new Uint8Array())
    expect(headers.get('contact')).toBe('<sip:192.0.2.10:5060;transport=udp>')
    expect([headers.has('user-agent'), headers.get('supported')]).toEqual([false, 'path, gruu, outbound, timer, 100rel'])
  })
})
