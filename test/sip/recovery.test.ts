import { describe, expect, it } from 'vitest'
import type { UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { sdp } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99:5060'

function inviting(options: Partial<UserAgentOptions> = {}, headers: readonly (readonly [string, string])[] = [], to = TO) {
  return new SipHand('udp', options).command({ name: 'invite', id: 'a', to, body: sdp('offer'), headers })
}

const field = (hand: SipHand, name: string) => hand.request('INVITE').headers.get(name)
const rejections = (hand: SipHand) => hand.of('rejected').map(({ cause, status }) => [cause, status])

describe('a 420 to our INVITE', () => {
  it('is met once by the INVITE without the option tags it lists @req SIP-34', () => {
    const hand = inviting().respond(420, 'INVITE', { headers: ['Unsupported: Timer, foo'] })
    expect(hand.requests('INVITE').length).toBe(2)
    expect(['supported', 'session-expires', 'min-se', 'cseq'].map(name => field(hand, name))).toEqual([
      '100rel',
      undefined,
      undefined,
      '2 INVITE',
    ])
    hand.respond(420, 'INVITE', { headers: ['Unsupported: 100rel'] })
    expect(hand.requests('INVITE').length).toBe(2)
    expect(rejections(hand)).toEqual([['response', 420]])
  })

  it('drops a Require that has nothing left', () => {
    const hand = inviting({}, [['Require', 'pref']]).respond(420, 'INVITE', { headers: ['Unsupported: pref'] })
    expect([field(hand, 'require'), field(hand, 'supported')]).toEqual([undefined, 'timer, 100rel'])
  })

  it('stands when it names nothing of ours, or the recipient list @req SIP-34', () => {
    const hand = inviting().respond(420, 'INVITE', { headers: ['Unsupported: foo'] })
    expect(rejections(hand)).toEqual([['response', 420]])
    const list = inviting({}, [['Require', 'recipient-list-invite']])
    list.respond(420, 'INVITE', { headers: ['Unsupported: timer, recipient-list-invite'] })
    expect([list.requests('INVITE').length, rejections(list)]).toEqual([1, [['response', 420]]])
  })
})

describe('a server failure', () => {
  it.each([500, 502, 503, 504])('%i is met by one more INVITE after its Retry-After @req SIP-34', status => {
    const hand = inviting().respond(status, 'INVITE', { headers: ['Retry-After: 7'] })
    hand.run(6999)
    expect(hand.requests('INVITE').length).toBe(1)
    hand.run(1)
    expect(hand.requests('INVITE').length).toBe(2)
    expect(rejections(hand)).toEqual([])
    hand.respond(status, 'INVITE', { headers: ['Retry-After: 7'] })
    expect([hand.requests('INVITE').length, rejections(hand)]).toEqual([2, [['response', status]]])
    expect(hand.run(60_000).requests('INVITE').length).toBe(2)
  })

  it.each([['Retry-After: 33'], ['Server: x'], ['Retry-After: soon']])('is reported at once with %s @req SIP-34', line => {
    const hand = inviting().respond(503, 'INVITE', { headers: [line] })
    expect(rejections(hand)).toEqual([['response', 503]])
    expect(hand.run(60_000).requests('INVITE').length).toBe(1)
  })

  it('is no reason to ask again once the user gave up, before or during the wait @req SIP-34 SND-10', () => {
    const during = inviting().respond(503, 'INVITE', { headers: ['Retry-After: 7'] })
    during.command({ name: 'cancel', id: 'a' })
    expect(rejections(during)).toEqual([['cancelled', undefined]])
    expect(during.run(60_000).requests('INVITE').length).toBe(1)
    expect(during.agent.deadline).toBeUndefined()
    const before = inviting().respond(180, 'INVITE')
    before.command({ name: 'cancel', id: 'a' }).respond(503, 'INVITE', { headers: ['Retry-After: 7'] })
    expect(rejections(before)).toEqual([['cancelled', 503]])
    expect([before.requests('CANCEL').length, before.run(60_000).requests('INVITE').length]).toEqual([1, 1])
  })

  it('of a single request is handled the same way', () => {
    const hand = new SipHand('udp').command({ name: 'request', id: 'o', method: 'OPTIONS', to: TO })
    hand.respond(503, 'OPTIONS', { headers: ['Retry-After: 0'] }).run(0)
    expect(hand.requests('OPTIONS').length).toBe(2)
    hand.respond(200, 'OPTIONS')
    expect(hand.of('response').map(event => event.response?.status)).toEqual([200])
  })
})

describe('a busy callee', () => {
  it.each([486, 600])('%i is met by one more INVITE after its Retry-After, and the application hears of the wait @req SIP-34', status => {
    const hand = inviting().respond(status, 'INVITE', { headers: ['Retry-After: 59'] })
    expect(hand.run(58_999).requests('INVITE').length).toBe(1)
    expect(hand.of('waiting')).toEqual([{ name: 'waiting', id: 'a', status, after: 59_000 }])
    expect([hand.run(1).requests('INVITE').length, rejections(hand)]).toEqual([2, []])
    hand.respond(status, 'INVITE', { headers: ['Retry-After: 59'] })
    expect([hand.run(100_000).requests('INVITE').length, rejections(hand)]).toEqual([2, [['response', status]]])
  })

  it('that names a minute or more, or no time, is reported at once @req SIP-34', () => {
    for (const headers of [['Retry-After: 60'], []]) {
      const hand = inviting().respond(486, 'INVITE', { headers })
      expect([hand.run(100_000).requests('INVITE').length, rejections(hand), hand.of('waiting')]).toEqual([1, [['response', 486]], []])
    }
  })

  it('is not asked again once the user gave up @req SIP-34', () => {
    const hand = inviting().respond(486, 'INVITE', { headers: ['Retry-After: 30'] })
    hand.run(1000).command({ name: 'cancel', id: 'a' })
    expect(hand.run(60_000).requests('INVITE').length).toBe(1)
    expect(rejections(hand).length + hand.of('cancelled').length).toBe(1)
  })
})

describe('other failures', () => {
  it.each([
    [486, 'Server: x'],
    [600, 'Retry-After: soon'],
    [404, 'Server: x'],
    [603, 'Server: x'],
    [305, 'Contact: <sip:proxy@192.0.2.77>'],
  ])('%i is only reported @req SIP-34', (status, line) => {
    const hand = inviting({ followRedirects: true }).respond(status, 'INVITE', { headers: [line] })
    expect(rejections(hand)).toEqual([['response', status]])
    expect(hand.run(60_000).requests('INVITE').length).toBe(1)
  })
})

describe('a redirection', () => {
  const moved = (hand: SipHand, status: number, contact: string) => {
    const request = hand.request('INVITE')
    const lines = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      name => `${name}: ${request.headers.get(name)}${name === 'to' ? ';tag=x' : ''}`,
    )
    return hand.receive([`SIP/2.0 ${status} Moved`, ...lines, ...(contact === '' ? [] : [`Contact: ${contact}`])])
  }

  it('is reported as long as following is not allowed @req SIP-34', () => {
    expect(rejections(moved(inviting(), 302, '<sip:else@192.0.2.88>'))).toEqual([['response', 302]])
  })

  it('is followed to the Contact that is liked best, two hops at most @req SIP-34', () => {
    const hand = moved(inviting({ followRedirects: true }), 302, '<sip:b@192.0.2.81>;q=0.2, <sip:c@192.0.2.82:5082>;q=0.9')
    expect([hand.request('INVITE').uri, hand.sent.at(-1)?.remote]).toEqual(['sip:c@192.0.2.82:5082', { host: '192.0.2.82', port: 5082 }])
    expect(field(hand, 'to')).toBe(`<${TO}>`)
    moved(hand, 301, '<sip:d@192.0.2.83>')
    expect(hand.request('INVITE').uri).toBe('sip:d@192.0.2.83')
    moved(hand, 302, '<sip:e@192.0.2.84>')
    expect([hand.requests('INVITE').length, rejections(hand)]).toEqual([3, [['response', 302]]])
  })

  it.each([
    ['no Contact', ''],
    ['the same address', `<${TO}>`],
    ['a web page', '<https://example.org/>'],
    ['header fields of the redirector', '<sip:b@192.0.2.81?Route=%3Csip:evil%3E>'],
    ['another method', '<sip:b@192.0.2.81;method=BYE>'],
    ['a Contact nobody can read', '<sip:b@'],
  ])('to %s is reported @req SIP-34', (_what, contact) => {
    const hand = moved(inviting({ followRedirects: true }), 302, contact)
    expect([hand.requests('INVITE').length, rejections(hand)]).toEqual([1, [['response', 302]]])
  })

  it('never leads from sips to sip', () => {
    const hand = new SipHand('tcp', { followRedirects: true })
    hand.command({ name: 'invite', id: 'a', to: 'sips:peer@192.0.2.99', body: sdp('offer') }).opened('out-1', undefined, 'tls')
    const [flow] = hand.sent.map(sent => sent.flow)
    const request = hand.request('INVITE')
    const lines = ['via', 'from', 'to', 'call-id', 'cseq'].map(
      name => `${name}: ${request.headers.get(name)}${name === 'to' ? ';tag=x' : ''}`,
    )
    hand.receive(['SIP/2.0 302 Moved', ...lines, 'Contact: <sip:b@192.0.2.81>'], flow)
    expect([hand.requests('INVITE').length, rejections(hand)]).toEqual([1, [['response', 302]]])
  })
})

describe('giving up', () => {
  it('while the connection opens sends nothing', () => {
    const hand = new SipHand('tcp').command({ name: 'invite', id: 'a', to: `${TO};transport=tcp`, body: sdp('offer') })
    hand.command({ name: 'cancel', id: 'a' }).opened('out-1').run(60_000)
    expect([hand.sent, rejections(hand)]).toEqual([[], [['cancelled', undefined]]])
  })

  it('an attempt that nobody has answered yet waits for its provisional response @req SIP-18', () => {
    const credentials = { username: 'alice', password: 's3cret' }
    const hand = inviting({ credentials }).respond(100, 'INVITE', { toTag: '' })
    hand.respond(401, 'INVITE', { headers: ['WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"'] })
    hand.command({ name: 'cancel', id: 'a' })
    expect([hand.requests('INVITE').length, hand.requests('CANCEL').length]).toEqual([2, 0])
    hand.respond(180, 'INVITE')
    expect(hand.request('CANCEL').headers.get('cseq')).toBe('2 CANCEL')
  })
})

describe('caller preferences', () => {
  const asked = (value: string) =>
    new SipHand('udp').receive(requestLines('INVITE', { headers: [`Accept-Contact: ${value}`], body: 'v=0' }))

  it.each([
    ['*;+sip.instance="<urn:uuid:other>"', [486]],
    ['*;video;require;explicit', [480]],
    ['*;video;require', [100]],
    ['*;video', [100]],
    ['*;+sip.instance="<urn:uuid:alice>"', [100]],
  ])('%s is answered %j @req SIP-32', (value, statuses) => {
    expect(asked(value).statuses()).toEqual(statuses)
  })
})
