import { describe, expect, it } from 'vitest'
import { Endpoint, type EndpointEvent } from '../../src/msrp/index.js'
import { encodeLatin1 } from '../../src/wire/index.js'
import { Hand, OWN, OWN_ID, parseAll, PEER, reportText, responseText, sendText } from '../kit/msrp-hand.js'
import { pick, seededRandom } from '../kit/msrp-pair.js'

describe('hostile peers', () => {
  it('does not believe announced numbers @req MSRP-29', () => {
    const hand = Hand.passive('receive', { maxLength: 1_000_000 })
    const before = process.memoryUsage().arrayBuffers
    hand.say(sendText({ body: 'x', range: '1-*/9999999999999' }))
    expect(hand.said()[0]?.start).toBe('MSRP tid00001 413 Stop Sending')
    const unlimited = Hand.passive('receive')
    unlimited.say(sendText({ body: 'x', range: '9999999999999-*/9999999999999', flag: '+' }))
    expect(unlimited.said()[0]?.start).toBe('MSRP tid00001 200 OK')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1_000_000)
  })

  it('refuses positions that are no longer exact @req MSRP-30', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'xyz', range: '9007199254740990-*/*', flag: '+' }))
    expect(hand.said()[0]?.start).toMatch(/ 4(00|13) /)
  })

  it.each([
    ['one endless header line', 'X-Flood: ', 'x'],
    ['endless headers', '', 'X-Flood: y\r\n'],
    ['an endless start line', '', 'MSRP '],
  ])('keeps its memory flat under %s @req MSRP-3 SEC-11', (_what, begin, flood) => {
    const hand = Hand.passive('receive')
    hand.say(begin === '' && flood === 'MSRP ' ? 'MSRP ' : `MSRP tid00001 SEND\r\nTo-Path: ${OWN}\r\nFrom-Path: ${PEER}\r\n${begin}`)
    const piece = encodeLatin1(flood.repeat(10_000))
    const before = process.memoryUsage().arrayBuffers
    for (let count = 0; count < 500 && hand.closed.length === 0; count++) hand.give({ type: 'bytes', connection: 'in-1', bytes: piece })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000)
    const refused = hand.heard().startsWith('MSRP tid00001 400 Bad Request\r\n')
    expect(refused || hand.closed.length === 1).toBe(true)
  })

  it('closes a connection whose head never ends @req SEC-12', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText())
    hand.say('MSRP tid00002 SEND\r\n')
    for (let count = 0; count < 40 && hand.closed.length === 0; count++) {
      hand.wait(1000)
      hand.say('X: y\r\n')
    }
    expect(hand.closed).toEqual(['in-1'])
    expect(hand.now).toBeLessThan(31_000)
  })

  it('does not grow with the number of REPORT ranges @req MSRP-54 SEC-11', () => {
    const hand = Hand.passive('send')
    hand.say(sendText())
    hand.heard()
    hand.send('x'.repeat(9000), { successReport: true })
    const id = hand.said()[0]?.headers['Message-ID'] as string
    for (let at = 1; at < 9000; at += 2) hand.say(reportText(id, `${at}-${at}/9000`))
    const progress = hand.events.filter(event => event.type === 'progress').at(-1)
    expect(progress).toMatchObject({ reported: 1024 })
  })

  it('survives random damage: every outcome is a documented one @req MSRP-1 MSRP-3 MSRP-4 MSRP-6 SEC-11', () => {
    const allowed = new Set([200, 400, 403, 413, 415, 481, 501, 506])
    const random = seededRandom(99)
    const begin = Date.now()
    let runs = 0
    while (Date.now() - begin < 1500) {
      runs++
      const { endpoint, wire, events } = attack(random)
      const answers = parseAll(wire).filter(({ start }) => /^MSRP \S+ \d{3}/.test(start))
      for (const { start, flag } of answers) {
        expect(allowed.has(Number(start.split(' ')[2]))).toBe(true)
        expect(flag).toBe('$')
      }
      for (const event of events) expect(event.sessionId).toBe(OWN_ID)
      expect(endpoint.deadline === undefined || Number.isFinite(endpoint.deadline)).toBe(true)
    }
    expect(runs).toBeGreaterThan(50)
  }, 10_000)
})

/** A plausible conversation with some octets changed, dropped, doubled, in random pieces. */
function attack(random: (length: number) => Uint8Array): { endpoint: Endpoint; wire: string; events: EndpointEvent[] } {
  const options = { acceptTypes: ['text/plain'], maxLength: 5000 }
  const hand = Hand.passive(pick(random, 2) === 0 ? 'receive' : 'send', options)
  const parts = [
    sendText(),
    sendText({ tid: 'tid00002', body: 'abcdefghij'.repeat(20), range: '1-*/400', flag: '+' }),
    sendText({ tid: 'tid00003', body: 'klmnopqrst'.repeat(20), range: '201-400/400' }),
    reportText('mid00001', '1-400/400'),
    responseText('tid00009'),
    sendText({ tid: 'tid00004', body: 'x', id: 'mid00002' }),
  ]
  let text = parts.filter(() => pick(random, 4) > 0).join('')
  const hits = 1 + pick(random, 6)
  for (let count = 0; count < hits; count++) text = damage(text, random)
  const bytes = encodeLatin1(text)
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(bytes.length, at + 1 + pick(random, 200))
    hand.give({ type: 'bytes', connection: 'in-1', bytes: bytes.subarray(at, end) })
    at = end
  }
  hand.wait(200_000)
  return { endpoint: hand.endpoint, wire: hand.heard(), events: hand.events }
}

function damage(text: string, random: (length: number) => Uint8Array): string {
  const at = pick(random, Math.max(1, text.length))
  const length = pick(random, 12)
  const noise = String.fromCharCode(...random(1 + pick(random, 4)))
  switch (pick(random, 5)) {
    case 0:
      return text.slice(0, at) + noise + text.slice(at + noise.length)
    case 1:
      return text.slice(0, at) + text.slice(at + length)
    case 2:
      return text.slice(0, at + length) + text.slice(at)
    case 3:
      return `${text.slice(0, at)}${['\r\n', '\r', '\n', '-------tid00002$\r\n', '0', '*'][pick(random, 6)]}${text.slice(at)}`
    default:
      return text.slice(0, at) + text.slice(at, at + length).toUpperCase() + text.slice(at + length)
  }
}
