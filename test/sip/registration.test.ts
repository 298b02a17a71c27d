import { describe, expect, it } from 'vitest'
import { credentialsOf, digestResponse } from '../../src/sip/index.js'
import type { SipRequest } from '../../src/sip/message.js'
import type { UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { hash, sdp } from '../kit/sip-pair.js'

const REGISTRAR = 'sip:192.0.2.99:5060'

function registering(options: Partial<UserAgentOptions> = {}, expires = 3600) {
  const transport = options.listening?.[0]?.transport === 'tcp' ? 'tcp' : 'udp'
  const registrar = transport === 'tcp' ? `${REGISTRAR};transport=tcp` : REGISTRAR
  return new SipHand(transport, options).command({ name: 'register', id: 'r', registrar, expires })
}

/** A registrar that challenges every request without right credentials for `password`. */
function serve(hand: SipHand, password: string, granted = 3600): void {
  const request = hand.request('REGISTER')
  const given = credentialsOf(request.headers, false)[0]
  const nonce = 'n1'
  const qop = { nc: given?.get('nc') ?? '', cnonce: given?.get('cnonce') ?? '' }
  const parts = {
    algorithm: 'SHA-256' as const,
    username: 'alice',
    realm: 'example.org',
    password,
    nonce,
    method: 'REGISTER',
    uri: request.uri,
    qop,
    hash,
  }
  if (given?.get('response') === digestResponse(parts))
    hand.respond(200, 'REGISTER', { headers: [`Expires: ${granted}`, 'P-Associated-URI: <sip:alice@example.org>, <tel:+15550100>'] })
  else {
    const challenges = ['SHA-256', 'MD5'].map(
      name => `WWW-Authenticate: Digest realm="example.org", nonce="${nonce}", qop="auth", algorithm=${name}`,
    )
    hand.respond(401, 'REGISTER', { headers: challenges })
  }
}

describe('a registration', () => {
  it('carries the Contact with its tags and says what it can @req SIP-1', () => {
    const contactParameters = [
      '+sip.instance="<urn:uuid:1>"',
      '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"',
      'reg-id=1',
    ]
    const { uri, headers } = registering({ contactParameters }).request('REGISTER')
    expect([uri, headers.get('to'), headers.get('expires')]).toEqual([REGISTRAR, '<sip:alice@example.org>', '3600'])
    expect(headers.get('contact')).toBe(
      '<sip:alice@192.0.2.10:5060;transport=udp>;+sip.instance="<urn:uuid:1>";+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer";reg-id=1',
    )
    expect(headers.get('supported')).toBe('path, gruu, outbound, timer, 100rel')
  })

  it('keeps the answer to the registrar from everybody else, who could guess the password from it @req SIP-2', () => {
    const hand = registering({ credentials: { username: 'alice', password: 's3cret' } })
    serve(hand, 's3cret')
    serve(hand, 's3cret')
    expect(hand.of('registered')).toHaveLength(1)
    hand.command({ name: 'request', id: 'm', method: 'MESSAGE', to: 'sip:mallory@192.0.2.66' })
    expect(hand.request('MESSAGE').headers.get('authorization')).toBeUndefined()
    // A proxy is told by every later request
    hand.respond(407, 'MESSAGE', { headers: ['Proxy-Authenticate: Digest realm="p", nonce="n", qop="auth"'] })
    expect(hand.request('MESSAGE').headers.get('proxy-authorization')).toContain('realm="p"')
    hand.command({ name: 'request', id: 'o', method: 'OPTIONS', to: 'sip:bob@192.0.2.77' })
    const { headers } = hand.request('OPTIONS')
    expect([headers.getAll('authorization'), headers.getAll('proxy-authorization').length]).toEqual([[], 1])
    hand.command({ name: 'unregister', id: 'r' })
    expect(hand.request('REGISTER').headers.get('authorization')).toContain('realm="example.org"')
  })

  it('answers the challenge with the topmost algorithm and reports identities and route @req SIP-2 SIP-3', () => {
    const hand = registering({ credentials: { username: 'alice', password: 's3cret' } })
    serve(hand, 's3cret')
    serve(hand, 's3cret')
    expect(hand.of('registered')).toEqual([
      { name: 'registered', id: 'r', expires: 3600, serviceRoute: [], associatedUris: ['sip:alice@example.org', 'tel:+15550100'] },
    ])
    expect(hand.requests('REGISTER').map(request => request.headers.get('cseq'))).toEqual(['1 REGISTER', '2 REGISTER'])
  })

  it('fails for good with a wrong password @req SIP-2', () => {
    const hand = registering({ credentials: { username: 'alice', password: 'wrong' } })
    serve(hand, 's3cret')
    serve(hand, 's3cret')
    expect(hand.of('registration-failed')).toEqual([{ name: 'registration-failed', id: 'r', cause: 'auth', status: 401 }])
    hand.run(7_200_000)
    expect(hand.requests('REGISTER').length).toBe(2)
  })

  it('is refreshed 600 s before the end when granted for long, else at half time @req SIP-3', () => {
    const long = registering().respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    long.run(2_999_000)
    expect(long.requests('REGISTER').length).toBe(1)
    long.run(1000)
    expect(long.requests('REGISTER').length).toBe(2)
    expect(long.requests('REGISTER').map(request => request.headers.get('call-id'))[1]).toBe(
      long.requests('REGISTER')[0]?.headers.get('call-id'),
    )
    const short = registering().respond(200, 'REGISTER', {
      headers: ['Contact: <sip:alice@192.0.2.10:5060;transport=udp>;expires=600, <sip:alice@192.0.2.44>;expires=9000'],
    })
    expect(short.of('registered')[0]?.expires).toBe(600)
    short.run(299_000)
    expect(short.requests('REGISTER').length).toBe(1)
    short.run(1000)
    expect(short.requests('REGISTER').length).toBe(2)
  })

  it('asks for longer after 423 @req SIP-3', () => {
    const hand = registering({}, 60).respond(423, 'REGISTER', { headers: ['Min-Expires: 1800'] })
    expect(hand.request('REGISTER').headers.get('expires')).toBe('1800')
    expect(hand.of('registration-failed')).toEqual([])
    for (let more = 1; more < 10; more++) hand.respond(423, 'REGISTER', { headers: [`Min-Expires: ${1800 + more}`] })
    expect(hand.requests('REGISTER').length).toBe(4)
    expect(hand.of('registration-failed')[0]).toMatchObject({ status: 423 })
  })

  it('backs off from 30 s to 1800 s, and obeys Retry-After @req SIP-3', () => {
    const hand = registering()
    const waits: number[] = []
    for (let attempt = 0; attempt < 9; attempt++) {
      hand.respond(500, 'REGISTER')
      const wait = hand.of('registration-failed').at(-1)?.retryAfter ?? 0
      waits.push(wait)
      hand.run(wait)
    }
    for (const [index, wait] of waits.entries()) {
      const full = Math.min(30_000 * 2 ** index, 1_800_000)
      expect(wait).toBeGreaterThanOrEqual(full / 2)
      expect(wait).toBeLessThanOrEqual(full)
    }
    expect(hand.requests('REGISTER').length).toBe(10)
    hand.respond(503, 'REGISTER', { headers: ['Retry-After: 77'] })
    expect(hand.of('registration-failed').at(-1)).toMatchObject({ cause: 'response', status: 503, retryAfter: 77_000 })
  })

  it('does not try again after 403, and does after silence', () => {
    const refused = registering().respond(403, 'REGISTER')
    expect(refused.of('registration-failed')).toEqual([{ name: 'registration-failed', id: 'r', cause: 'response', status: 403 }])
    expect(refused.run(4_000_000).requests('REGISTER').length).toBe(1)
    const silent = registering().run(32_000)
    expect(silent.of('registration-failed')).toMatchObject([{ cause: 'timeout' }])
    expect(silent.of('registration-failed')[0]?.retryAfter).toBeGreaterThan(0)
  })

  it('is taken back with Expires 0 @req SIP-3', () => {
    const hand = registering().respond(200, 'REGISTER', { headers: ['Expires: 3600'] })
    hand.command({ name: 'unregister', id: 'r' })
    expect(hand.request('REGISTER').headers.get('expires')).toBe('0')
    hand.respond(200, 'REGISTER')
    expect(hand.of('unregistered')).toEqual([{ name: 'unregistered', id: 'r' }])
    hand.run(4_000_000)
    expect(hand.requests('REGISTER').length).toBe(2)
  })

  it('makes the other identities ours', () => {
    const hand = registering().respond(200, 'REGISTER', {
      headers: ['Expires: 3600', 'P-Associated-URI: <sip:alice@example.org>, <sip:ally@example.org>'],
    })
    hand.receive(requestLines('INVITE', { uri: 'sip:ally@192.0.2.10', body: 'offer' }))
    hand.receive(requestLines('INVITE', { uri: 'sip:other@192.0.2.10', body: 'offer', callId: 'x' }))
    expect(hand.statuses()).toEqual([100, 404])
  })
})

describe('keep-alive on a stream to the registrar', () => {
  const listening = [{ transport: 'tcp' as const, address: { host: '192.0.2.10', port: 5060 } }]
  const registered = (headers: string[] = []) => {
    const hand = registering({ listening }).opened('out-1')
    return hand.respond(200, 'REGISTER', { headers: ['Expires: 100000', ...headers] })
  }
  const pings = (hand: SipHand) => hand.outputs.filter(output => output.type === 'write' && output.bytes.length === 4).length

  it('is a double CRLF every 95 to 120 s @req SIP-4', () => {
    const hand = registered()
    hand.run(94_000)
    expect(pings(hand)).toBe(0)
    for (let count = 1; count <= 5; count++) {
      const before = hand.now
      while (pings(hand) < count) hand.run(1000)
      expect(hand.now - before).toBeLessThanOrEqual(121_000)
      hand.receive('\r\n', 'out-1')
    }
    expect(hand.outputs.some(output => output.type === 'close')).toBe(false)
  })

  it('closes the flow when no CRLF comes back within 10 s, and registers again @req SIP-4', () => {
    const hand = registered()
    hand.run(120_000 + 10_000)
    expect(hand.outputs.filter(output => output.type === 'close')).toEqual([{ type: 'close', flow: 'out-1' }])
    expect(hand.of('registration-failed')).toMatchObject([{ cause: 'transport' }])
    hand.run(31_000)
    expect(hand.outputs.filter(output => output.type === 'connect').length).toBe(2)
    hand.opened('out-2')
    expect(hand.requests('REGISTER').length).toBe(2)
  })

  it('follows Flow-Timer: 80 to 100 % of it @req SIP-4', () => {
    const hand = registered(['Flow-Timer: 30'])
    hand.run(23_900)
    expect(pings(hand)).toBe(0)
    hand.run(6200)
    expect(pings(hand)).toBe(1)
    hand.receive('\r\n', 'out-1')
    hand.run(31_000)
    expect(pings(hand)).toBe(2)
  })

  it('of the peer is answered with one CRLF @req SIP-4', () => {
    const hand = new SipHand('tcp').opened('peer-1')
    hand.receive('\r\n\r\n', 'peer-1')
    expect(hand.outputs).toEqual([{ type: 'write', flow: 'peer-1', bytes: new Uint8Array([13, 10]) }])
  })
})

describe('a stream peer that misbehaves', () => {
  it('is cut off when a message does not end in time @req SEC-12', () => {
    const hand = new SipHand('tcp').opened('peer-1')
    hand.receive('INVITE sip:alice@example.org SIP/2.0\r\nVia: ', 'peer-1')
    hand.run(29_000)
    hand.receive('x', 'peer-1')
    expect(hand.outputs).toEqual([])
    hand.run(1000)
    expect(hand.outputs).toEqual([{ type: 'close', flow: 'peer-1' }])
  })

  it('is cut off after an oversize header block @req SIP-36', () => {
    const hand = new SipHand('tcp').opened('peer-1')
    hand.receive(`INVITE sip:alice@example.org SIP/2.0\r\nX: ${'x'.repeat(70_000)}`, 'peer-1')
    expect(hand.outputs.at(-1)).toEqual({ type: 'close', flow: 'peer-1' })
    expect(hand.of('incoming')).toEqual([])
  })

  it('finds a session that lives on when its own connection goes', () => {
    const hand = new SipHand('tcp').opened('peer-1')
    hand.receive(requestLines('INVITE', { transport: 'TCP', body: 'offer' }), 'peer-1')
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    const toTag = (hand.responses(200)[0] as unknown as SipRequest).headers.get('to')?.split(';tag=')[1] as string
    hand.receive(requestLines('ACK', { transport: 'TCP', toTag }), 'peer-1')
    hand.closed('peer-1')
    expect(hand.of('ended')).toEqual([])
    hand.command({ name: 'bye', id: 'in-1' })
    expect(hand.outputs.at(-1)).toMatchObject({ type: 'connect', remote: { host: '192.0.2.99', port: 5060 } })
  })
})
