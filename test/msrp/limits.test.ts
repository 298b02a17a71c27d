import { describe, expect, it } from 'vitest'
import * as limits from '../../src/msrp/limits.js'
import { newSessionId, newWebSocketUri, parseMsrpUri, parsePath, type SessionOptions } from '../../src/msrp/index.js'
import { Hand, OWN, OWN_ID, PEER, reportText, responseText, sendText } from '../kit/msrp-hand.js'
import { seededRandom } from '../kit/msrp-pair.js'

const { DEFAULT_LIMITS } = limits
const letters = (length: number): string => 'abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil(length / 26)).slice(0, length)
const codes = (hand: Hand): number[] => hand.said().map(({ start }) => Number(start.split(' ')[2]))

function bound(session: Partial<SessionOptions> = {}, options: Parameters<typeof Hand.passive>[2] = {}): Hand {
  const hand = Hand.passive('send', session, options)
  hand.say(sendText({ from: (session.remotePath ?? [PEER]).join(' ') }))
  hand.heard()
  return hand
}

/** What happened a millisecond before the wait was over, and at its end. */
function around(hand: Hand, wait: number, look: () => number): number[] {
  hand.wait(wait - 1)
  const before = look()
  hand.wait(1)
  return [before, look()]
}

describe('the waits', () => {
  it('bind: 30 s for the passive side to be bound @req CON-13', () => {
    const hand = Hand.passive('receive')
    expect(around(hand, DEFAULT_LIMITS.bind, () => hand.events.length)).toEqual([0, 1])
    expect(hand.find('failed')).toMatchObject({ cause: 'connection-timeout' })
  })

  it('firstRequest: 30 s for a first valid request @req CON-17', () => {
    const hand = new Hand()
    hand.give({ type: 'accepted', connection: 'in-1', remote: 'x' })
    expect(around(hand, DEFAULT_LIMITS.firstRequest, () => hand.closed.length)).toEqual([0, 1])
  })

  it('linger: 30 s after the last session @req CON-17', () => {
    const hand = bound()
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(around(hand, DEFAULT_LIMITS.linger, () => hand.closed.length)).toEqual([0, 1])
  })

  it('header: 30 s for one head, however much of it trickles in @req SEC-12', () => {
    const hand = bound()
    hand.say('MSRP tid00002 SEND\r\nTo-Path: ')
    hand.wait(20_000)
    hand.say('msrp')
    expect(around(hand, DEFAULT_LIMITS.header - 20_000, () => hand.closed.length)).toEqual([0, 1])
  })

  it('chunkIdle: 60 s without an octet of an unfinished message @req MSRP-31', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'a', range: '1-*/9', flag: '+' }))
    expect(around(hand, DEFAULT_LIMITS.chunkIdle, () => (hand.find('abandoned') === undefined ? 0 : 1))).toEqual([0, 1])
  })

  it('transaction: 30 s for a response, successReport: 120 s for the REPORT after it @req MSRP-43 SND-8', () => {
    const silent = bound()
    silent.send('x')
    const failed = () => (silent.find('failed') === undefined ? 0 : 1)
    expect(around(silent, DEFAULT_LIMITS.transaction, failed)).toEqual([0, 1])
    const hand = bound()
    hand.send('x', { successReport: true })
    hand.say(responseText(hand.said()[0]?.tid as string))
    expect(around(hand, DEFAULT_LIMITS.successReport, () => (hand.find('unconfirmed') === undefined ? 0 : 1))).toEqual([0, 1])
  })
})

describe('the counts', () => {
  it('rejectedRequests: the fifth closes a connection that never had a good one @req CON-17', () => {
    const hand = new Hand()
    hand.give({ type: 'accepted', connection: 'in-1', remote: 'x' })
    for (let count = 1; count < DEFAULT_LIMITS.rejectedRequests; count++) hand.say(sendText({ tid: `tid0000${count}` }))
    expect(hand.closed).toEqual([])
    hand.say(sendText({ tid: 'tidlast1' }))
    expect(hand.closed).toEqual(['in-1'])
  })

  it.each([63, 64, 65])('unanswered: of %d chunks at most 64 go out without an answer @req OA-64', count => {
    const hand = bound({}, { chunkSize: 2048 })
    hand.send(letters(2048 * count))
    expect(hand.said()).toHaveLength(Math.min(count, DEFAULT_LIMITS.unanswered))
  })

  it.each([
    [limits.MAX_RANGES - 1, 200],
    [limits.MAX_RANGES, 200],
    [limits.MAX_RANGES + 1, 413],
  ])('MAX_RANGES: %d ranges with gaps get %d @req MSRP-29', (count, status) => {
    const hand = Hand.passive('receive')
    for (let index = 0; index < count; index++) {
      hand.say(sendText({ tid: `tid${index}x`, body: 'a', range: `${index * 2 + 1}-*/*`, flag: '+' }))
    }
    expect(codes(hand).at(-1)).toBe(status)
  })

  it.each([
    [limits.MAX_RANGES - 1, 0],
    [limits.MAX_RANGES, 1],
  ])('MAX_RANGES: behind %d reported ranges with gaps %d more are not counted @req MSRP-54', (count, lost) => {
    const hand = bound()
    hand.send(letters(4 * limits.MAX_RANGES), { successReport: true })
    const id = hand.said()[0]?.headers['Message-ID'] as string
    for (let index = 0; index <= count; index++) hand.say(reportText(id, `${index * 2 + 1}-${index * 2 + 1}/4096`))
    const reported = hand.events.filter(event => event.type === 'progress').at(-1)?.reported
    expect(reported).toBe(count + 1 - lost)
  })

  it.each([
    [limits.MAX_SETTLED_TRANSACTIONS, true],
    [limits.MAX_SETTLED_TRANSACTIONS + 1, false],
  ])('MAX_SETTLED_TRANSACTIONS: the first of %d that need no answer is understood: %s @req MSRP-41', (count, isUnderstood) => {
    const hand = bound({}, { chunkSize: 2048 })
    hand.send(letters(2048 * count), { failureReport: 'partial', successReport: true })
    const said = hand.said()
    expect(said).toHaveLength(count)
    hand.say(responseText(said[0]?.tid as string, '413 Stop'))
    expect(hand.find('failed') !== undefined).toBe(isUnderstood)
  })

  it.each([limits.MAX_PATH_URIS - 1, limits.MAX_PATH_URIS, limits.MAX_PATH_URIS + 1])(
    'MAX_PATH_URIS: a path of %d URIs @req CON-1',
    count => {
      const path = Array.from({ length: count }, () => PEER).join(' ')
      expect(parsePath(path)?.length).toBe(count > limits.MAX_PATH_URIS ? undefined : count)
    },
  )

  it.each([
    [limits.MAX_TOKEN_ATTEMPTS - 1, true],
    [limits.MAX_TOKEN_ATTEMPTS, false],
  ])('MAX_TOKEN_ATTEMPTS: after %d transaction ids in use a free one is found: %s @req MSRP-4', (repeats, isFound) => {
    // the Message-ID, the tid of the first chunk and those that repeat it are all A; one new letter of the token for each octet
    const fresh = 2 + repeats
    const random = (length: number) =>
      Uint8Array.from({ length }, (_, index) => Math.max(0, Math.floor(index / limits.TOKEN_FRESH_LENGTH) - fresh + 1) % 62)
    const hand = Hand.passive('send', {}, { chunkSize: 2048, random })
    hand.say(sendText())
    hand.heard()
    const send = () => hand.send(letters(2050))
    if (isFound) send()
    else expect(send).toThrow('random source')
    expect(hand.said().length).toBe(isFound ? 2 : 0)
  })
})

describe('the sizes of what comes in', () => {
  const withLine = (length: number) => sendText({ headers: [`X: ${'a'.repeat(length - 3)}`] })
  const withBlock = (length: number) => {
    const rest = length - sendText().indexOf('-------')
    const full = Array.from({ length: Math.floor(rest / 1000) - 1 }, () => `X: ${'a'.repeat(995)}`)
    return sendText({ headers: [...full, `X: ${'a'.repeat(rest - full.length * 1000 - 5)}`] })
  }
  const withCount = (count: number) => sendText({ headers: Array.from({ length: count - 4 }, () => 'X: 1') })

  it.each([
    ['MAX_HEADER_LINE', limits.MAX_HEADER_LINE, withLine],
    ['MAX_HEADER_BLOCK', limits.MAX_HEADER_BLOCK, withBlock],
    ['MAX_HEADER_COUNT', limits.MAX_HEADER_COUNT, withCount],
  ])('%s: %d are taken, one more gets 400, whole and in pieces @req MSRP-3 SEC-11', (_name, limit, text) => {
    for (const [more, status] of [
      [-1, 200],
      [0, 200],
      [1, 400],
    ] as const) {
      for (const pieces of [100_000, 777]) {
        const hand = Hand.passive('receive')
        const all = text(limit + more)
        for (let at = 0; at < all.length; at += pieces) hand.say(all.slice(at, at + pieces))
        expect(codes(hand)).toEqual([status])
      }
    }
  })

  it.each([
    [limits.MAX_ECHOED_TID - 1, [400], []],
    [limits.MAX_ECHOED_TID, [400], []],
    [limits.MAX_ECHOED_TID + 1, [], ['in-1']],
  ])('MAX_ECHOED_TID: a tid of %d characters gets %j or closes @req MSRP-4', (length, answers, closed) => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 't'.repeat(length), body: 'a' }))
    expect([codes(hand), hand.closed]).toEqual([answers, closed])
  })

  it.each([
    [limits.MAX_OTHER_BODY - 1, 501],
    [limits.MAX_OTHER_BODY, 501],
    [limits.MAX_OTHER_BODY + 1, 400],
  ])('MAX_OTHER_BODY: %d octets in another method than SEND get %d @req MSRP-10', (length, status) => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: letters(length) }).replace('SEND', 'FOO'))
    expect(codes(hand)).toEqual([status])
  })

  it('MAX_END_LINE: the longest that is looked for @req MSRP-7', () => {
    expect(limits.MAX_END_LINE).toBe(`\r\n-------${'t'.repeat(limits.MAX_ECHOED_TID)}$\r\n`.length)
  })
})

describe('the sizes of what goes out', () => {
  const relayed = { remotePath: ['msrps://relay.example.net:2855/f1;tcp', PEER] }

  it.each([
    ['CHUNK_SIZE', limits.CHUNK_SIZE, {}],
    ['RELAY_CHUNK_SIZE', limits.RELAY_CHUNK_SIZE, relayed],
    ['SHORT_CHUNK', limits.SHORT_CHUNK, { chunkSize: 1 }],
  ])('%s: a body of %d is one chunk, a longer one two @req MSRP-21 MSRP-22', (_name, size, session) => {
    for (const [length, sizes] of [
      [size - 1, [size - 1]],
      [size, [size]],
      [size + 1, [size, 1]],
    ] as const) {
      const hand = bound(session)
      hand.send(letters(length))
      expect(hand.said().map(({ body }) => body?.length)).toEqual(sizes)
    }
  })

  it('BLOCK_SIZE and WINDOW: what is asked for at once, and altogether @req SND-5', () => {
    const { BLOCK_SIZE, WINDOW } = limits
    for (const [total, asked] of [
      [BLOCK_SIZE, [BLOCK_SIZE]],
      [BLOCK_SIZE + 1, [BLOCK_SIZE, 1]],
      [WINDOW, [1, 2, 3, 4].map(() => BLOCK_SIZE)],
      [WINDOW + 1, [1, 2, 3, 4].map(() => BLOCK_SIZE)],
    ] as const) {
      const hand = bound()
      hand.takeAsked()
      hand.give({ type: 'send', sessionId: OWN_ID, message: { total, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
      expect(hand.takeAsked().map(({ length }) => length)).toEqual(asked)
    }
  })

  it('QUANTUM: what is asked for first when several send, then shares of half the window @req CON-18', () => {
    const hand = bound()
    const [localUri, peer] = [OWN.replace('own0', 'own1'), PEER.replace('peer0', 'peer1')]
    const session = { localUri, remotePath: [peer], role: 'passive', direction: 'send', acceptTypes: ['*'] } as const
    hand.give({ type: 'add-session', session })
    hand.say(sendText({ to: localUri, from: peer }))
    const message = { total: 10_000_000, contentType: 'a/b', successReport: false, failureReport: 'yes' } as const
    hand.give({ type: 'send', sessionId: OWN_ID, message: { ...message, total: 1 } })
    hand.takeAsked()
    hand.give({ type: 'send', sessionId: OWN_ID.replace('own0', 'own1'), message })
    const [first, ...others] = hand.takeAsked().map(({ length }) => length)
    expect(first).toBe(limits.QUANTUM)
    expect(new Set(others)).toEqual(new Set([limits.WINDOW / 4]))
  })

  it('TOKEN_LENGTH, SESSION_ID_LENGTH, INVALID_HOST_LENGTH: what we make up @req MSRP-4 MSRP-11 CON-2 WS-3', () => {
    const hand = bound()
    hand.send('x')
    const [chunk] = hand.said()
    expect([chunk?.tid.length, chunk?.headers['Message-ID']?.length]).toEqual([limits.TOKEN_LENGTH, limits.TOKEN_LENGTH])
    expect(newSessionId(seededRandom(1))).toHaveLength(limits.SESSION_ID_LENGTH)
    expect(parseMsrpUri(newWebSocketUri(seededRandom(1)))?.host.split('.')[0]).toHaveLength(limits.INVALID_HOST_LENGTH)
  })
})
