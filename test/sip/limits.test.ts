import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { authorize } from '../../src/sip/digest.js'
import {
  ANSWER_TIME,
  ATTEMPTS,
  CORRECTIONS,
  EARLY_DIALOGS,
  EARLY_OFFER_WAIT,
  FINAL_RESPONSE_TIME,
  GLARE_WAIT,
  LEAST_REGISTER_WAIT,
  LEAST_SESSION_EXPIRES,
  LONGEST_RETRY_AFTER,
  MAX_FORWARDS,
  NON_INVITE_ANSWER_TIME,
  NONCES,
  REDIRECTIONS,
  REGISTER_REFRESH,
  RINGING_REPEAT,
  SESSION_EXPIRY_MARGIN,
  SIP_LIMITS,
  UDP_REQUEST_BYTES,
  withDefaults,
} from '../../src/sip/limits.js'
import { MalformedMessage } from '../../src/sip/malformed-message.js'
import { SessionTimer } from '../../src/sip/session-timer.js'
import { SipHeaders } from '../../src/sip/headers.js'
import type { SipResponse } from '../../src/sip/message.js'
import { requestLines, responseLines, SipHand } from '../kit/sip-hand.js'
import { hash, sdp, seededRandom } from '../kit/sip-pair.js'

const TO = 'sip:peer@192.0.2.99:5060'
const inviting = (options = {}, body = 'offer') => new SipHand('udp', options).command({ name: 'invite', id: 'a', to: TO, body: sdp(body) })
const tagIn = (value: string | undefined) => value?.split(';tag=')[1] as string

describe('the size of a message', () => {
  const statusOf = (text: string) => {
    try {
      decodeMessage(new TextEncoder().encode(text))
      return 200
    } catch (error) {
      return error instanceof MalformedMessage ? error.status : error
    }
  }
  const start = 'OPTIONS sip:a@h SIP/2.0\r\n'

  it.each([
    [-1, 200],
    [0, 200],
    [1, 400],
  ])('%i octets more than headerBytes: %i @req SIP-36 SEC-11', (more, status) => {
    const rest = SIP_LIMITS.headerBytes + more - start.length - 'X: \r\n\r\n'.length
    expect(statusOf(`${start}X: ${'x'.repeat(rest)}\r\n\r\n`)).toBe(status)
  })

  it.each([
    [-1, 200],
    [0, 200],
    [1, 400],
  ])('%i fields more than headerCount: %i @req SIP-36 SEC-11', (more, status) => {
    expect(statusOf(`${start}${'X: y\r\n'.repeat(SIP_LIMITS.headerCount + more)}\r\n`)).toBe(status)
  })

  it.each([
    [-1, 200],
    [0, 200],
    [1, 413],
  ])('%i octets more than bodyBytes: %i @req SIP-36 SEC-11', (more, status) => {
    const length = SIP_LIMITS.bodyBytes + more
    expect(statusOf(`${start}Content-Length: ${length}\r\n\r\n${'b'.repeat(length)}`)).toBe(status)
  })

  it.each([
    [-1, 'udp'],
    [0, 'udp'],
    [1, 'tcp'],
  ])('%i octets more than UDP_REQUEST_BYTES: %s @req SIP-5', (more, transport) => {
    const base = inviting({}, 'x'.repeat(100)).sent[0]?.bytes.length ?? 0
    const hand = inviting({}, 'x'.repeat(100 + UDP_REQUEST_BYTES + more - base))
    const [first] = hand.outputs
    expect(first?.type === 'connect' ? first.transport : first?.type === 'write' && first.flow.slice(0, 3)).toBe(transport)
    if (transport === 'udp') expect(hand.sent[0]?.bytes.length).toBe(UDP_REQUEST_BYTES + more)
  })
})

describe('counts', () => {
  it('of dialogs: the last that fits is taken, the next gets 503 @req SEC-11', () => {
    const hand = new SipHand('udp', { limits: { dialogs: 3 } })
    for (const callId of ['1', '2', '3', '4']) hand.receive(requestLines('INVITE', { callId, body: 'offer' }))
    expect(hand.statuses()).toEqual([100, 100, 100, 503])
  })

  it('of transactions: the last that fits is taken, the next gets 503 @req SEC-11', () => {
    const hand = new SipHand('udp', { limits: { transactions: 3 } })
    for (const callId of ['1', '2', '3', '4']) hand.receive(requestLines('OPTIONS', { callId }))
    expect([hand.of('request').length, hand.statuses()]).toEqual([3, [503]])
  })

  it('of transactions: what is over takes no room @req SEC-11', () => {
    const hand = new SipHand('udp', { limits: { transactions: 1 } })
    const refused = (callId: string) =>
      hand
        .receive(requestLines('INVITE', { callId, body: 'offer' }))
        .statuses()
        .at(-1)
    // without a body the application has nothing to decide: 481 at once, remembered for half a minute
    for (let count = 0; count < 10; count++) hand.receive(requestLines('BYE', { callId: `b${count}`, toTag: 'x' }))
    expect(hand.statuses()).toEqual(Array.from({ length: 10 }, () => 481))
    expect([refused('1'), refused('2')]).toEqual([100, 503])
    hand.command({ name: 'accept', id: 'in-1', body: sdp('answer') })
    expect(refused('3')).toBe(100)
  })

  it('of finished transactions: over UDP one more gets 503, since copies may come @req SEC-11', () => {
    const hand = new SipHand('udp', { limits: { finishedTransactions: 3 } })
    const bye = (callId: string, branch = `z9hG4bK${callId}`) =>
      hand.receive(requestLines('BYE', { callId, branch, toTag: 'x' })).statuses()
    for (const callId of ['1', '2', '3', '4']) bye(callId)
    expect(hand.statuses()).toEqual([481, 481, 481, 503])
    hand.run(32_000)
    expect(bye('5').at(-1)).toBe(481)
  })

  it('of finished transactions: over TCP the oldest is forgotten, since no copy comes', () => {
    const hand = new SipHand('tcp', { limits: { finishedTransactions: 2 } }).opened('f')
    for (const callId of ['1', '2', '3', '4']) {
      hand.receive(requestLines('INVITE', { callId, branch: `z9hG4bK${callId}`, body: 'offer', transport: 'TCP' }), 'f')
      hand.command({ name: 'accept', id: `in-${callId}`, body: sdp('answer') })
    }
    const cancelled = (callId: string) =>
      hand
        .receive(requestLines('CANCEL', { callId, branch: `z9hG4bK${callId}`, transport: 'TCP' }), 'f')
        .statuses()
        .at(-1)
    expect(hand.responses(503)).toEqual([])
    // 200 for the INVITE that is remembered, 481 for the one that is not (RFC 3261 §9.2)
    expect(['4', '1'].map(cancelled)).toEqual([200, 481])
    expect(hand.run(32_000).of('incoming').length).toBe(4)
  })

  it('of early dialogs: the last that fits is known, the next is not @req SIP-14 SEC-11', () => {
    const hand = inviting()
    for (let fork = 1; fork <= EARLY_DIALOGS + 1; fork++) hand.respond(180, 'INVITE', { toTag: `f${fork}` })
    const { headers } = hand.request('INVITE')
    const ask = (fork: number) => {
      const toTag = tagIn(headers.get('from'))
      hand.receive(requestLines('OPTIONS', { callId: headers.get('call-id') ?? '', fromTag: `f${fork}`, toTag, cseq: 5 }))
      return hand.statuses().at(-1)
    }
    expect([EARLY_DIALOGS - 1, EARLY_DIALOGS, EARLY_DIALOGS + 1].map(ask)).toEqual([200, 200, 481])
  })

  it('of nonces: the oldest is forgotten when one too many is used @req SEC-11', () => {
    const nonceCounts = new Map<string, number>()
    const use = (nonce: string) => {
      const challenges = [{ proxy: false, realm: 'r', nonce, algorithm: 'MD5' as const, qop: ['auth'], stale: false }]
      const credentials = { username: 'u', password: 'p' }
      authorize({ challenges, method: 'X', uri: 'sip:h', credentials, nonceCounts, random: seededRandom(1), hash })
      return nonceCounts.size
    }
    for (let index = 1; index < NONCES; index++) use(`n${index}`)
    expect([nonceCounts.size, use('last'), nonceCounts.has('n1')]).toEqual([NONCES - 1, NONCES, true])
    expect([use('one more'), nonceCounts.has('n1'), nonceCounts.has('n2')]).toEqual([NONCES, false, true])
  })

  it('of attempts: the last challenge is answered, one more is the end @req SIP-2', () => {
    const hand = inviting({ credentials: { username: 'alice', password: 'p' } })
    const challenge = (nonce: number) =>
      hand.respond(401, 'INVITE', { headers: [`WWW-Authenticate: Digest realm="r", nonce="n${nonce}", stale=true`] })
    for (let attempt = 1; attempt < ATTEMPTS; attempt++) challenge(attempt)
    expect([hand.requests('INVITE').length, hand.of('rejected')]).toEqual([ATTEMPTS, []])
    challenge(ATTEMPTS)
    expect([hand.requests('INVITE').length, hand.of('rejected').map(event => event.cause)]).toEqual([ATTEMPTS, ['auth']])
  })

  it('of corrections: the last 422 is met, one more is reported @req SIP-25 SIP-34', () => {
    const hand = inviting()
    for (let round = 1; round <= CORRECTIONS; round++) hand.respond(422, 'INVITE', { headers: [`Min-SE: ${2000 + round}`] })
    expect([hand.requests('INVITE').length, hand.of('rejected')]).toEqual([CORRECTIONS + 1, []])
    hand.respond(422, 'INVITE', { headers: ['Min-SE: 9000'] })
    expect([hand.requests('INVITE').length, hand.of('rejected').map(event => event.status)]).toEqual([CORRECTIONS + 1, [422]])
  })

  it('of redirections: the last is followed, one more is reported @req SIP-34', () => {
    const hand = inviting({ followRedirects: true })
    const redirect = (index: number) =>
      hand.receive(responseLines(hand.request('INVITE'), 302).replace(/Contact: .*\r\n/, `Contact: <sip:p${index}@192.0.2.99>\r\n`))
    for (let hop = 1; hop <= REDIRECTIONS; hop++) redirect(hop)
    expect([hand.request('INVITE').uri, hand.of('rejected')]).toEqual([`sip:p${REDIRECTIONS}@192.0.2.99`, []])
    redirect(REDIRECTIONS + 1)
    expect(hand.of('rejected').map(event => event.status)).toEqual([302])
  })

  it('of hops a request of ours may take @req SIP-10', () => {
    expect([inviting().request('INVITE').headers.get('max-forwards'), MAX_FORWARDS]).toEqual(['70', 70])
  })
})

describe('waits', () => {
  it('for a message on a stream to end: one millisecond less is not too long @req SEC-12', () => {
    const hand = new SipHand('tcp')
      .opened('peer-1')
      .receive('OPTIONS sip:', 'peer-1')
      .run(SIP_LIMITS.messageTime - 1)
    expect(hand.outputs).toEqual([])
    expect(hand.run(1).outputs).toEqual([{ type: 'close', flow: 'peer-1' }])
  })

  it('for the application to answer an INVITE @req D-7', () => {
    const hand = new SipHand().receive(requestLines('INVITE', { body: 'offer' })).run(ANSWER_TIME - 1)
    expect(hand.statuses()).toEqual([100])
    expect(hand.run(1).statuses()).toEqual([100, 480])
  })

  it('for the application to answer another request @req SIP-39', () => {
    const hand = new SipHand().receive(requestLines('OPTIONS')).run(NON_INVITE_ANSWER_TIME - 1)
    expect(hand.statuses()).toEqual([])
    expect(hand.run(1).statuses()).toEqual([500])
  })

  it('for the final response to our INVITE @req SIP-18', () => {
    const hand = inviting()
      .respond(180, 'INVITE')
      .run(FINAL_RESPONSE_TIME - 1)
    expect(hand.requests('CANCEL')).toEqual([])
    expect(hand.run(1).requests('CANCEL').length).toBe(1)
  })

  it('between two 180 @req SIP-13', () => {
    const hand = new SipHand().receive(requestLines('INVITE', { body: 'offer' })).command({ name: 'ring', id: 'in-1' })
    expect(hand.run(RINGING_REPEAT - 1).responses(180).length).toBe(1)
    expect(hand.run(1).responses(180).length).toBe(2)
  })

  it.each([
    [LONGEST_RETRY_AFTER - 1, 2],
    [LONGEST_RETRY_AFTER, 2],
    [LONGEST_RETRY_AFTER + 1, 1],
  ])('of Retry-After: %i lead to %i INVITEs @req SIP-34', (seconds, count) => {
    const hand = inviting()
      .respond(503, 'INVITE', { headers: [`Retry-After: ${seconds}`] })
      .run(100_000)
    expect(new Set(hand.requests('INVITE').map(request => request.headers.get('cseq'))).size).toBe(count)
  })

  const registering = () => new SipHand().command({ name: 'register', id: 'r', registrar: 'sip:192.0.2.99', expires: 3600 })

  it.each([
    [0, LEAST_REGISTER_WAIT],
    [1, 1000],
    [2, 2000],
  ])('after a refused registration with Retry-After: %i is %i ms @req SIP-3', (seconds, wait) => {
    const hand = registering().respond(503, 'REGISTER', { headers: [`Retry-After: ${seconds}`] })
    expect(hand.of('registration-failed')[0]?.retryAfter).toBe(wait)
    expect(hand.run(wait - 1).requests('REGISTER').length).toBe(1)
    expect(hand.run(1).requests('REGISTER').length).toBe(2)
  })

  it.each([
    [REGISTER_REFRESH.long - 1, 599_500],
    [REGISTER_REFRESH.long, 600_000],
    [REGISTER_REFRESH.long + 1, 601_000],
    [1, 500],
    [0, 500],
  ])('before a registration granted for %i s is refreshed: %i ms @req SIP-3', (granted, wait) => {
    const hand = registering().respond(200, 'REGISTER', { headers: [`Expires: ${granted}`] })
    expect(hand.run(wait - 1).requests('REGISTER').length).toBe(1)
    expect(hand.run(1).requests('REGISTER').length).toBe(2)
  })

  it('a registration whose answer lists no Contact that can be read is granted what Expires says @req SIP-3', () => {
    for (const contact of ['*', 'nonsense <']) {
      const hand = registering()
      const text = responseLines(hand.request('REGISTER'), 200, { headers: ['Expires: 100'] })
      hand.receive(text.replace(/Contact: .*\r\n/, `Contact: ${contact}\r\n`))
      expect(hand.of('registered')).toMatchObject([{ expires: 100 }])
    }
  })
})

describe('the session timer', () => {
  const response = (value: string): SipResponse => ({
    kind: 'response',
    status: 200,
    reason: 'OK',
    headers: new SipHeaders([['Session-Expires', value]]),
    body: new Uint8Array(),
  })
  const agreed = (seconds: number) => {
    const timer = new SessionTimer(SIP_LIMITS)
    timer.agreedByResponse(response(`${seconds};refresher=uas`))
    return timer
  }

  it('does not run for less than LEAST_SESSION_EXPIRES @req SIP-25', () => {
    const intervals = [-1, 0, 1].map(more => agreed(LEAST_SESSION_EXPIRES + more).interval)
    expect(intervals).toEqual([undefined, LEAST_SESSION_EXPIRES, LEAST_SESSION_EXPIRES + 1])
  })

  it('ends a third of the interval before its end, at most SESSION_EXPIRY_MARGIN @req SIP-26', () => {
    const turn = 3 * SESSION_EXPIRY_MARGIN
    expect([turn - 3, turn, turn + 3].map(seconds => agreed(seconds).expireAfter)).toEqual([62_000, 64_000, 67_000])
  })

  it('never asks for less than LEAST_SESSION_EXPIRES, whatever the application wants @req SIP-25', () => {
    const asked = (seconds: number) =>
      new SessionTimer({ ...SIP_LIMITS, sessionExpires: seconds, minSessionExpires: 1 }).requestFields()[0]?.[1]
    expect([-1, 0, 1].map(more => asked(LEAST_SESSION_EXPIRES + more))).toEqual(['90', '90', '91'])
  })
})

describe('random waits', () => {
  const seeds = Array.from({ length: 60 }, (_, index) => index + 1)

  it('of Retry-After for an early offer use the whole range and nothing else @req SIP-21', () => {
    const drawn = seeds.map(seed => {
      const hand = new SipHand('udp', { random: seededRandom(seed) }).receive(requestLines('INVITE', { body: 'offer' }))
      hand.command({ name: 'ring', id: 'in-1' })
      const toTag = tagIn(hand.responses(180)[0]?.headers.get('to'))
      hand.receive(requestLines('UPDATE', { toTag, cseq: 2, body: 'offer' }))
      return Number(hand.responses(500)[0]?.headers.get('retry-after'))
    })
    expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([0, EARLY_OFFER_WAIT])
  })

  it('after 491 stay within what the owner of the Call-ID has @req SIP-22', () => {
    const drawn = seeds.map(seed => {
      const hand = inviting({ random: seededRandom(seed) }).respond(200, 'INVITE', { body: 'answer' })
      hand.command({ name: 'offer', id: 'a', body: sdp('more') }).respond(491, 'INVITE')
      return hand.of('refused')[0]?.retryAfter ?? 0
    })
    const { least, most } = GLARE_WAIT.owner
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...drawn)).toBeLessThanOrEqual(most)
    expect(Math.max(...drawn) - Math.min(...drawn)).toBeGreaterThan((most - least) * 0.8)
    expect(drawn.every(wait => wait % GLARE_WAIT.step === 0)).toBe(true)
  })
})

it('overrides of the application count, the rest stays', () => {
  expect(withDefaults({ t1: 1 })).toEqual({ ...SIP_LIMITS, t1: 1 })
  expect(withDefaults()).toEqual(SIP_LIMITS)
})
