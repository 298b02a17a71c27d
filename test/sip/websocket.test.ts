import { describe, expect, it } from 'vitest'
import { parseNameAddress, parseSipUri, parseVia } from '../../src/sip/index.js'
import type { SipMessage } from '../../src/sip/message.js'
import type { UserAgentOptions, UserAgentOutput } from '../../src/sip/user-agent-types.js'
import { PEER, requestLines, responseLines, SipHand } from '../kit/sip-hand.js'
import { sdp } from '../kit/sip-pair.js'

const PROXY = 'sip:proxy.example.org:8443;transport=wss;lr'
const EDGE = { host: '203.0.113.7', port: 8443 }
const SOCKET = { host: '192.0.2.10', port: 40_001 }
const CRLF = new Uint8Array([13, 10])

/** A browser: it listens nowhere and opens secure WebSockets only. */
function browser(options: Partial<UserAgentOptions> = {}): SipHand {
  return new SipHand('tcp', { listening: [], connects: ['wss'], proxy: PROXY, ...options })
}

const register = (hand: SipHand) => hand.command({ name: 'register', id: 'r', registrar: 'sip:example.org', expires: 3600 })
const invite = (hand: SipHand) => hand.command({ name: 'invite', id: 'a', to: 'sip:bob@example.org', body: sdp('offer') })
const opened = (hand: SipHand, flow = 'out-1') => hand.opened(flow, EDGE, 'wss', SOCKET)
const connects = (hand: SipHand) => hand.outputs.filter(output => output.type === 'connect')
const contactOf = (message: SipMessage | undefined) => parseNameAddress(message?.headers.get('contact') ?? '')
const writes = (hand: SipHand, bytes: Uint8Array) =>
  hand.outputs
    .filter((output): output is Extract<UserAgentOutput, { type: 'write' }> => output.type === 'write')
    .filter(output => output.bytes.length === bytes.length && output.bytes.every((byte, index) => byte === bytes[index]))

function established(hand = browser()): SipHand {
  opened(invite(hand))
  return hand.respond(200, 'INVITE', { body: 'answer', headers: ['Record-Route: <sip:proxy.example.org:8443;transport=ws;lr>'] })
}

describe('a client over WebSocket', () => {
  it('asks for a socket by URL and shows a name that leads nowhere @req SIP-1 SIP-38', () => {
    const hand = register(browser())
    expect(connects(hand)).toEqual([
      {
        type: 'connect',
        flow: 'out-1',
        transport: 'wss',
        remote: { host: 'proxy.example.org', port: 8443 },
        url: 'wss://proxy.example.org:8443/',
      },
    ])
    const { headers } = opened(hand).request('REGISTER')
    const via = parseVia(headers.get('via') ?? '')
    expect(via).toMatchObject({ transport: 'WSS', rport: true })
    expect(via?.host).toMatch(/^[a-z0-9]{12}\.invalid$/)
    expect(via?.port).toBeUndefined()
    expect(headers.get('contact')).toBe(`<sip:alice@${via?.host};transport=ws>;+sip.instance="<urn:uuid:alice>";reg-id=1`)
    expect(headers.get('supported')).toContain('outbound')
  })

  it('goes to port 80 or 443 when the URI names none, and to the path it was told', () => {
    const urls = (proxy: string, webSocketPath?: string) =>
      connects(register(browser({ proxy, ...(webSocketPath !== undefined && { webSocketPath }) }))).map(output => output.url)
    expect(urls('sip:proxy.example.org;transport=ws')).toEqual(['ws://proxy.example.org:80/'])
    expect(urls('sips:proxy.example.org;transport=ws')).toEqual(['wss://proxy.example.org:443/'])
    expect(urls('sip:[2001:db8::7];transport=wss', '/sip?v=1')).toEqual(['wss://[2001:db8::7]:443/sip?v=1'])
    expect(urls('sip:proxy.example.org')).toEqual(['wss://proxy.example.org:443/'])
  })

  it('keeps its name for as long as it lives, and takes another than other clients', () => {
    const hand = established()
    const name = contactOf(hand.request('INVITE'))?.uri
    hand.closed('out-1').command({ name: 'bye', id: 'a' })
    opened(hand, 'out-2')
    expect(parseVia(hand.request('BYE').headers.get('via') ?? '')?.host).toBe(parseSipUri(name ?? '')?.host)
    const other = opened(invite(browser({ random: length => new Uint8Array(length).fill(3) })))
    expect(contactOf(other.request('INVITE'))?.uri).not.toBe(name)
  })

  it('marks the Contact of its INVITE so that the dialog stays on the flow', () => {
    const hand = opened(invite(browser()))
    expect(contactOf(hand.request('INVITE'))?.uri).toMatch(/^sip:alice@[a-z0-9]+\.invalid;transport=ws;ob$/)
    const plain = opened(invite(browser({ outbound: false })))
    expect(contactOf(plain.request('INVITE'))?.uri).toMatch(/;transport=ws$/)
  })

  it('sends one message in one WebSocket message, each way @req SIP-38', () => {
    const hand = established()
    expect(hand.of('established')).toMatchObject([{ id: 'a', secure: true }])
    expect(hand.sent.map(({ flow, message }) => [flow, message.kind === 'request' && message.method])).toEqual([
      ['out-1', 'INVITE'],
      ['out-1', 'ACK'],
    ])
  })

  it('takes a response without received, whatever its Via names @req SIP-38', () => {
    const hand = established()
    const via = hand.request('INVITE').headers.get('via')
    expect(via).not.toContain('received')
    expect(hand.of('established').length).toBe(1)
  })

  it('takes a message without Content-Length whole and cuts off what is longer than it says', () => {
    const hand = opened(browser(), 'peer-1')
    const lines = (callId: string) => requestLines('INVITE', { transport: 'WSS', body: 'offer', callId })
    hand.receive(lines('one').replace(/Content-Length: \d+\r\n/, ''), 'peer-1')
    hand.receive(`${lines('two')}OPTIONS sip:alice@example.org SIP/2.0\r\n\r\n`, 'peer-1')
    expect(hand.of('incoming').map(event => new TextDecoder().decode(event.body?.bytes))).toEqual(['offer', 'offer'])
  })

  it('answers 400 to a message that is shorter than it says, and reads on @req SIP-36', () => {
    const hand = opened(browser(), 'peer-1')
    hand.receive(requestLines('OPTIONS', { transport: 'WSS' }).replace('Content-Length: 0', 'Content-Length: 9'), 'peer-1')
    hand.receive('this is no SIP', 'peer-1')
    expect(hand.statuses()).toEqual([400])
    hand.receive(requestLines('OPTIONS', { transport: 'WSS', callId: 'next' }), 'peer-1')
    expect(hand.of('request').length).toBe(1)
    expect(hand.outputs.some(output => output.type === 'close')).toBe(false)
  })

  it('does not wait for the rest of a message: there is none', () => {
    const hand = opened(browser(), 'peer-1')
    const text = requestLines('OPTIONS', { transport: 'WSS' })
    hand.receive(text.slice(0, 80), 'peer-1').receive(text.slice(80), 'peer-1')
    expect(hand.of('request')).toEqual([])
    expect(hand.run(60_000).outputs.filter(output => output.type === 'close')).toEqual([])
  })
})

describe('requests to a client over WebSocket', () => {
  it('are answered on their flow with the same Contact as ours @req SIP-38', () => {
    const hand = register(browser())
    opened(hand).respond(200, 'REGISTER', { headers: ['Expires: 600'] })
    const name = contactOf(hand.request('REGISTER'))?.uri
    hand.receive(requestLines('INVITE', { transport: 'WSS', uri: name ?? '', body: 'offer' }), 'out-1')
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    expect(hand.sent.slice(1).map(({ flow, message }) => [flow, message.kind === 'response' && message.status])).toEqual([
      ['out-1', 100],
      ['out-1', 200],
    ])
    expect(contactOf(hand.responses(200)[0])?.uri).toBe(name)
  })

  it('are dropped, not sent elsewhere, when the socket is gone before the answer @req SIP-38', () => {
    const hand = opened(browser(), 'peer-1')
    hand.receive(requestLines('OPTIONS', { transport: 'WSS' }), 'peer-1')
    const [request] = hand.of('request')
    const before = hand.outputs.length
    hand.closed('peer-1').command({ name: 'respond', id: request?.id ?? '', status: 200 })
    expect(hand.outputs.slice(before)).toEqual([])
  })
})

describe('a server side over WebSocket', () => {
  const listening = [{ transport: 'ws' as const, address: { host: 'focus.example.org', port: 8080 } }]
  const called = () => {
    const hand = new SipHand('tcp', { listening }).opened('peer-1', PEER, 'ws')
    const lines = requestLines('INVITE', { transport: 'WS', body: 'offer' })
    hand.receive(lines.replace('<sip:peer@192.0.2.99:5060>', '<sip:peer@x1.invalid;transport=ws;ob>'), 'peer-1')
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    const toTag = parseNameAddress(hand.responses(200)[0]?.headers.get('to') ?? '')?.parameters.get('tag') as string
    return hand.receive(requestLines('ACK', { transport: 'WS', toTag }), 'peer-1')
  }

  it('shows where it listens and knows the flow as unprotected', () => {
    const hand = called()
    expect(contactOf(hand.responses(200)[0])?.uri).toBe('sip:alice@focus.example.org:8080;transport=ws')
    expect(hand.of('incoming')[0]?.secure).toBeUndefined()
  })

  it('sends its own requests in the dialog over the flow of the client', () => {
    const hand = called().command({ name: 'offer', id: 'in-1', body: sdp('more') })
    expect(hand.sent.at(-1)).toMatchObject({ flow: 'peer-1', message: { method: 'INVITE', uri: 'sip:peer@x1.invalid;transport=ws;ob' } })
  })

  it('never looks a .invalid name up: without the flow the client is out of reach @req SIP-37', () => {
    const hand = new SipHand('tcp', { listening, resolve: true })
    hand.opened('peer-1', PEER, 'ws')
    const lines = requestLines('INVITE', { transport: 'WS', body: 'offer' })
    hand.receive(lines.replace('<sip:peer@192.0.2.99:5060>', '<sip:peer@x1.invalid;transport=ws>'), 'peer-1')
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') }).closed('peer-1')
    hand.command({ name: 'bye', id: 'in-1' }).run(40_000)
    expect(hand.outputs.filter(output => output.type === 'connect' || output.type === 'resolve')).toEqual([])
    expect(hand.of('ended').length).toBe(1)
  })

  it.each(['sip:bob@x1.invalid', 'sip:bob@INVALID', 'sip:bob@a.b.invalid;transport=ws'])('does not try %s @req SIP-37', to => {
    const hand = new SipHand('tcp', { resolve: true }).command({ name: 'invite', id: 'a', to, body: sdp('offer') })
    expect(hand.of('rejected')).toMatchObject([{ cause: 'transport' }])
    expect(hand.outputs.length).toBe(1)
  })
})

describe('a WebSocket that breaks', () => {
  it('is opened again for the next request of its dialogs, to where it led', () => {
    const hand = established().closed('out-1')
    hand.command({ name: 'offer', id: 'a', body: sdp('more') })
    expect(connects(hand).map(output => output.url)).toEqual(['wss://proxy.example.org:8443/', 'wss://proxy.example.org:8443/'])
    opened(hand, 'out-2')
    expect(hand.sent.at(-1)).toMatchObject({ flow: 'out-2', message: { method: 'INVITE' } })
    hand.respond(200, 'INVITE', { body: 'answer 2' })
    expect(hand.of('answered').length).toBe(1)
    hand.command({ name: 'bye', id: 'a' })
    expect([connects(hand).length, hand.sent.at(-1)?.flow]).toEqual([2, 'out-2'])
  })

  it('is not missed by two dialogs at a time: they share the new one', () => {
    const hand = established()
    hand.command({ name: 'invite', id: 'b', to: 'sip:carol@example.org', body: sdp('offer') })
    hand.respond(200, 'INVITE', { toTag: 'carol', body: 'answer' }).closed('out-1')
    hand.command({ name: 'bye', id: 'a' }).command({ name: 'bye', id: 'b' })
    opened(hand, 'out-2')
    expect(hand.requests('BYE').length).toBe(2)
    expect(connects(hand).length).toBe(2)
  })

  it('has nothing to come back to when it never opened', () => {
    const hand = invite(browser()).closed('out-1')
    expect(hand.of('rejected')).toMatchObject([{ cause: 'transport' }])
  })
})

describe('keep-alive over WebSocket', () => {
  it('answers a ping message with a pong message @req SIP-4', () => {
    const hand = opened(browser(), 'peer-1').receive('\r\n\r\n', 'peer-1')
    expect(hand.outputs).toEqual([{ type: 'write', flow: 'peer-1', bytes: CRLF }])
    hand.receive('\r\n', 'peer-1')
    expect(hand.outputs.length).toBe(1)
  })

  const pings = (hand: SipHand) => writes(hand, new Uint8Array([13, 10, 13, 10])).length
  const registered = (...headers: string[]) =>
    opened(register(browser())).respond(200, 'REGISTER', { headers: ['Expires: 100000', ...headers] })

  it('closes the flow of a proxy that promised outbound and is silent @req SIP-4', () => {
    const hand = registered('Require: outbound').run(130_000)
    expect([pings(hand), hand.of('registration-failed').map(event => event.cause)]).toEqual([1, ['transport']])
    const timed = registered('Flow-Timer: 30').run(41_000)
    expect(timed.of('registration-failed').length).toBe(1)
    const kept = opened(register(browser()))
    const text = responseLines(kept.request('REGISTER'), 200, { headers: ['Expires: 100000'] })
    expect(kept.receive(text.replace(';keep', ';keep=0'), 'out-1').run(131_000).of('registration-failed').length).toBe(1)
  })

  it('keeps the flow of a proxy that never answered CRLF, until it did once @req SIP-4', () => {
    const hand = registered().run(500_000)
    expect(pings(hand)).toBeGreaterThanOrEqual(4)
    expect(hand.of('registration-failed')).toEqual([])
    hand.receive('\r\n', 'out-1').run(130_000)
    expect(hand.outputs).toContainEqual({ type: 'close', flow: 'out-1' })
  })
})

it('reports flows in the trace with the address of the socket', () => {
  const hand = opened(invite(browser({ trace: true })))
  hand.receive(responseLines(hand.request('INVITE'), 180), 'out-1')
  expect(hand.outputs.flatMap(output => (output.type === 'trace' ? [[output.entry.direction, output.entry.local]] : []))).toEqual([
    ['out', SOCKET],
    ['in', SOCKET],
  ])
})
