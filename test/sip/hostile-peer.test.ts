import { describe, expect, it } from 'vitest'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { sdp } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99'
const MARKS = ['\0', '\t', ' ', '\u0001', '\u007f', '\u2028', '"', '<', '>', ';', ',', '%', '?', '[']

describe('whatever a peer writes into its addresses', () => {
  const places = ['contact', 'contact name', 'first route', 'second route', 'to tag', 'from name', 'service route', 'RSeq'] as const

  it.each(places)('in %s never makes a later request of ours throw @req SIP-36 SEC-11 SEC-14', place => {
    for (const mark of MARKS) {
      const at = (here: string) => (here === place ? mark : '')
      const hand = new SipHand('udp').command({ name: 'register', id: 'r', registrar: TO, expires: 3600 })
      hand.respond(200, 'REGISTER', { headers: [`Service-Route: <sip:192.0.2.99;lr>, <sip:x${at('service route')}y@192.0.2.98;lr>`] })
      hand.command({ name: 'invite', id: 'a', to: TO, body: sdp('x') })
      hand.respond(180, 'INVITE', { headers: ['Require: 100rel', `RSeq: 1${at('RSeq')}`] })
      const { headers } = hand.request('INVITE')
      const copied = ['Via', 'From', 'Call-ID', 'CSeq'].map(name => `${name}: ${headers.get(name)}`)
      const routes = `Record-Route: <sip:a${at('first route')}b@192.0.2.99>, <sip:c${at('second route')}d@192.0.2.97>`
      const contact = `Contact: "n${at('contact name')}" <sip:p${at('contact')}q@192.0.2.99>`
      hand.receive(['SIP/2.0 200 OK', ...copied, `To: ${headers.get('to')};tag=t${at('to tag')}z`, routes, contact])
      hand.command({ name: 'bye', id: 'a' }).run(100_000)
      hand
        .command({ name: 'invite', id: 'b', to: TO, body: sdp('x') })
        .command({ name: 'cancel', id: 'b' })
        .run(100_000)
      const back = requestLines('INVITE', { body: 'v=0' })
        .replace('From: <sip:peer', `From: "\\${at('from name')}" <sip:p${at('contact')}eer`)
        .replace('Contact: <sip:peer', `Contact: <sip:${at('contact')}peer`)
      hand.receive(back)
      const [incoming] = hand.of('incoming')
      if (incoming !== undefined)
        hand.command({ name: 'accept', id: incoming.id, body: sdp('x') }).command({ name: 'bye', id: incoming.id })
      hand.run(200_000)
      expect(hand.of('registered').length).toBeGreaterThan(0)
    }
  })
})

describe('a peer without a place', () => {
  it.each(['Via: ', 'Via:', 'Via: ,', 'v:\t'])('says "%s" before its Via and gets nothing @req SIP-36 SEC-11', line => {
    const text = requestLines('OPTIONS').replace('Via: ', `${line}\r\nVia: `)
    const hand = new SipHand('udp').receive(text)
    expect(hand.statuses()).toEqual([])
    expect(new SipHand('tcp').opened('in-1').receive(text, 'in-1').statuses()).toEqual([])
  })
})

describe('whatever a peer requires', () => {
  it.each(MARKS)('"%s" in Require is answered with 400 or 420 and never thrown back @req SIP-36 SEC-11 SEC-14', mark => {
    const hand = new SipHand('udp').receive(requestLines('OPTIONS', { headers: [`Require: a${mark}b`] }))
    expect(hand.statuses()).toEqual([mark === ',' || mark === '%' ? 420 : 400])
  })
})

describe('a command that cannot be sent', () => {
  it.each([
    { to: 'sip:a\r\nX: y@192.0.2.1' },
    { body: { contentType: 'a/b\r\nX: y', bytes: new Uint8Array(1) } },
    { headers: [['X', 'a\r\nb']] as const },
  ])('is refused before anything happens, and its id stays free: %j @req SEC-14', wrong => {
    const hand = new SipHand('udp', { proxy: 'sip:192.0.2.50' })
    const right = { name: 'invite', id: 'a', to: TO, body: sdp('x') } as const
    expect(() => hand.command({ ...right, ...wrong })).toThrow('line break')
    expect([hand.outputs, hand.agent.deadline]).toEqual([[], undefined])
    expect(hand.command(right).requests('INVITE').length).toBe(1)
  })

  it('has no method with spaces', () => {
    const hand = new SipHand('udp')
    expect(() => hand.command({ name: 'request', id: 'a', method: 'A B', to: TO })).toThrow('method')
    expect(hand.command({ name: 'request', id: 'a', method: 'OPTIONS', to: TO }).sent.length).toBe(1)
  })
})

it('an incoming session never takes the id of one of ours', () => {
  const hand = new SipHand('udp').command({ name: 'invite', id: 'in-1', to: TO, body: sdp('x') })
  hand.receive(requestLines('INVITE', { body: 'v=0' }))
  expect(hand.of('incoming').map(event => event.id)).toEqual(['in-2'])
})

it('a registrar that says Retry-After: 0 gets no flood', () => {
  const hand = new SipHand('udp').command({ name: 'register', id: 'r', registrar: TO, expires: 3600 })
  hand.respond(503, 'REGISTER', { headers: ['Retry-After: 0'] }).run(999)
  expect(hand.requests('REGISTER').length).toBe(1)
  expect(hand.run(1).requests('REGISTER').length).toBe(2)
})
