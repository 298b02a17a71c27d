import { describe, expect, it } from 'vitest'
import { UserAgentCore } from '../../src/sip/core.js'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { responseTo } from '../../src/sip/build-response.js'
import type { ServerRequest } from '../../src/sip/transaction-layer.js'
import { requestLines, responseLines, SipHand } from '../kit/sip-hand.js'
import { optionsFor, sdp } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99:5060'
const inviting = (options = {}) => new SipHand('udp', options).command({ name: 'invite', id: 'a', to: TO, body: sdp('offer') })
const nothing = () => {}

/** A 2xx to the INVITE whose Contact is another, or none. */
function accepts(hand: SipHand, contact: string): SipHand {
  const text = responseLines(hand.request('INVITE'), 200, { body: 'answer' })
  return hand.receive(text.replace('Contact: <sip:peer@192.0.2.99:5060>\r\n', contact))
}

describe('what a peer leaves away or gets wrong', () => {
  it('sends the ACK to the Request-URI when the 2xx names no Contact', () => {
    const hand = accepts(inviting(), '')
    expect(hand.request('ACK').uri).toBe(TO)
  })

  it('sends no ACK to a Contact that is no place', () => {
    const hand = accepts(inviting(), 'Contact: <tel:+4930123456>\r\n')
    expect([hand.of('established').length, hand.requests('ACK')]).toEqual([1, []])
  })

  it('drops an ACK whose connection does not open', () => {
    const hand = accepts(inviting(), 'Contact: <sip:peer@192.0.2.99:5060;transport=tcp>\r\n')
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
    hand.closed('out-1')
    expect(hand.requests('ACK')).toEqual([])
  })

  it('repeats the Route in the ACK to a refusal @req SIP-15', () => {
    const hand = inviting({ proxy: 'sip:192.0.2.99;lr' }).respond(486, 'INVITE')
    expect(hand.request('ACK').headers.get('Route')).toBe('<sip:192.0.2.99;lr>')
  })

  it('drops responses with two Vias, without branch, and for nobody', () => {
    const hand = inviting()
    const text = responseLines(hand.request('INVITE'), 200)
    hand.receive(text.replace('Via: ', 'Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother\r\nVia: '))
    hand.receive(text.replace(/;branch=[^;\r]*/, ''))
    hand.receive(text.replace(/;branch=[^;\r]*/, ';branch=z9hG4bKnobody'))
    expect(hand.events).toEqual([])
    expect(hand.receive(text).events).toHaveLength(1)
  })

  it('refuses a Call-ID of more than 1024 characters', () => {
    const hand = new SipHand('udp').receive(requestLines('OPTIONS', { callId: 'c'.repeat(1025) }))
    expect(hand.statuses()).toEqual([400])
    expect(new SipHand('udp').receive(requestLines('OPTIONS', { callId: 'c'.repeat(1024) })).of('request')).toHaveLength(1)
  })

  it.each(['BYE', 'UPDATE', 'PRACK', 'NOTIFY'])('answers a %s outside any dialog with 481', method => {
    expect(new SipHand('udp').receive(requestLines(method)).statuses()).toEqual([481])
  })
})

describe('what an application may say', () => {
  it('shows neither Supported nor a product name that it does not have', () => {
    const { userAgent: _, ...options } = optionsFor('alice', ['udp'], { supported: [] })
    const core = new UserAgentCore(options, { request: nothing, cancel: nothing, ack: nothing, overloaded: nothing }, nothing)
    expect(core.capabilities(false).map(([name]) => name)).toEqual(['Allow'])
  })

  it('sends no method that is no token, and takes headers that are not there', () => {
    const hand = new SipHand('udp')
    const request = { name: 'request', id: 'r', to: TO } as const
    expect(() => hand.command({ ...request, method: 'OP TIONS' })).toThrow(expect.objectContaining({ code: 'bad-method' }))
    hand.command({ ...request, method: 'OPTIONS', headers: undefined as never })
    expect(hand.requests('OPTIONS')).toHaveLength(1)
  })

  it('gives an incoming session no id that the application has taken', () => {
    const hand = new SipHand('udp').command({ name: 'invite', id: 'in-1', to: TO, body: sdp('offer') })
    hand.receive(requestLines('INVITE', { body: 'offer' }))
    expect(hand.of('incoming')[0]?.id).toBe('in-2')
  })

  it('answers a request once, with its own fields in place of ours', () => {
    const hand = new SipHand('udp').receive(requestLines('OPTIONS'))
    const id = hand.of('request')[0]?.id as string
    hand.command({ name: 'respond', id, status: 200, headers: [['Allow', 'OPTIONS']] }).command({ name: 'respond', id, status: 200 })
    expect(hand.responses().map(response => response.headers.getAll('Allow'))).toEqual([['OPTIONS']])
  })

  it('is not asked about a name once nobody waits for the answer', () => {
    const hand = new SipHand('udp', { resolve: true, allow: ['NOTIFY'] })
    hand.command({ name: 'subscribe', id: 's', target: 'sip:peer@home.example', event: 'conference' })
    const [question] = hand.questions
    hand.command({ name: 'unsubscribe', id: 's' })
    hand.run(20_000)
    expect([question?.name, hand.of('subscription-ended').length, hand.sent]).toEqual(['home.example', 1, []])
  })

  it('sends one final response, whatever is asked for', () => {
    const taken: ServerRequest[] = []
    const user = { request: (server: ServerRequest) => void taken.push(server), cancel: nothing, ack: nothing, overloaded: nothing }
    const core = new UserAgentCore(optionsFor('alice', ['udp']), user, nothing)
    core.turn.begin(0)
    const message = decodeMessage(new TextEncoder().encode(requestLines('OPTIONS')))
    const remote = { host: '192.0.2.99', port: 5060 }
    core.layer.receive(message, { flow: 'udp/192.0.2.99:5060', transport: 'udp', local: remote, remote })
    const [server] = taken as [ServerRequest]
    expect([server.respond(responseTo(server.request, 200)), server.respond(responseTo(server.request, 500))]).toEqual([true, false])
    core.layer.receive(message, server.source)
    const sent = core.turn.outputs.flatMap(output => (output.type === 'write' ? [decodeMessage(output.bytes)] : []))
    expect(sent.map(response => response.kind === 'response' && response.status)).toEqual([200, 200])
  })
})
