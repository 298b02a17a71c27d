import { describe, expect, it } from 'vitest'
import {
  type AddressMatch,
  answersCema,
  judgePlainAnswer,
  matchAddress,
  type PlainAnswer,
  type PlainAnswerVerdict,
  refusesPlainOffer,
} from '../../src/cpm/cema-rules.js'
import type { Setup } from '../../src/sdp/index.js'

const BOOLEANS = [false, true] as const
const MATCHES: readonly AddressMatch[] = ['same', 'other', 'unknown']

describe('c=/m= against the path', () => {
  const match = (address: string | undefined, port: number, path: readonly string[], names: Record<string, string[]> = {}) =>
    matchAddress({ address, port, path }, name => names[name] ?? [])

  it('compares addresses by value and ports exactly @req CON-32', () => {
    expect(match('192.0.2.10', 2855, ['msrp://192.0.2.10:2855/a;tcp'])).toBe('same')
    expect(match('192.0.2.11', 2855, ['msrp://192.0.2.10:2855/a;tcp'])).toBe('other')
    expect(match('192.0.2.10', 2856, ['msrp://192.0.2.10:2855/a;tcp'])).toBe('other')
    expect(match('192.0.2.10', 9, ['msrp://192.0.2.10:9/a;tcp'])).toBe('same')
  })

  it('brings IPv6 addresses into one form @req CON-32', () => {
    for (const address of ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0001', '2001:db8::0.0.0.1']) {
      expect(match(address, 2855, ['msrp://[2001:db8::1]:2855/a;tcp']), address).toBe('same')
      expect(match('2001:db8::1', 2855, [`msrp://[${address}]:2855/a;tcp`]), address).toBe('same')
    }
    expect(match('2001:db8::2', 2855, ['msrp://[2001:db8::1]:2855/a;tcp'])).toBe('other')
    expect(match('192.0.2.1', 2855, ['msrp://[2001:db8::1]:2855/a;tcp'])).toBe('other')
  })

  it('takes any URI of the path @req CON-33', () => {
    const path = ['msrps://relay.example:2855/r;tcp', 'msrps://192.0.2.10:2000/a;tcp']
    expect(match('relay.example', 2855, path)).toBe('same')
    expect(match('192.0.2.10', 2000, path)).toBe('same')
    expect(match('192.0.2.10', 2001, path)).toBe('other')
    // Only the first URI has that port, and it is a name
    expect(match('192.0.2.10', 2855, path)).toBe('unknown')
    expect(match('192.0.2.10', 2855, [...path, 'msrps://192.0.2.10:2855/b;tcp'])).toBe('same')
  })

  it('compares names by their addresses where they are known, and guesses nothing @req CON-32', () => {
    const path = ['msrp://AlicePC.example:2855/a;tcp']
    expect(match('alicepc.EXAMPLE', 2855, path)).toBe('same')
    expect(match('192.0.2.10', 2855, path)).toBe('unknown')
    expect(match('192.0.2.10', 2855, path, { 'AlicePC.example': ['192.0.2.9', '192.0.2.10'] })).toBe('same')
    expect(match('192.0.2.10', 2855, path, { 'AlicePC.example': ['192.0.2.9'] })).toBe('other')
    expect(match('2001:db8::1', 2855, path, { 'AlicePC.example': ['2001:0db8:0::1'] })).toBe('same')
    expect(match('other.example', 2855, path, { 'AlicePC.example': ['192.0.2.9'], 'other.example': ['192.0.2.9'] })).toBe('same')
    expect(match('other.example', 2855, path, { 'AlicePC.example': ['odd'], 'other.example': ['192.0.2.9'] })).toBe('other')
    expect(match('other.example', 2855, path)).toBe('unknown')
  })

  it('knows nothing without a c= line, and skips what is no URI @req CON-32', () => {
    expect(match(undefined, 2855, ['msrp://192.0.2.10:2855/a;tcp'])).toBe('unknown')
    expect(match('192.0.2.10', 2855, ['junk', 'msrp://192.0.2.10/a;tcp'])).toBe('other')
    expect(matchAddress({ address: 'a.example', port: 1, path: ['msrp://b.example:1/a;tcp'] })).toBe('unknown')
  })
})

describe('an answer without msrp-cema to an offer with it', () => {
  const verdicts: [Partial<PlainAnswer>, PlainAnswerVerdict][] = [
    // RFC 6714 §4.2, criterion 1
    [{ match: 'other', role: 'passive' }, 'offer-again'],
    [{ match: 'other', role: 'passive', peerRelay: true }, 'offer-again'],
    // criterion 2
    [{ match: 'other', role: 'active', ownRelay: true }, 'offer-again'],
    // criterion 3
    [{ match: 'other', role: 'active', peerRelay: true }, 'offer-again'],
    // the answerer uses a relay and no middlebox is there
    [{ match: 'same', role: 'active', peerRelay: true }, 'path'],
    // other cases
    [{ match: 'other', role: 'active' }, 'address'],
    [{ match: 'same', role: 'active' }, 'address'],
    [{ match: 'same', role: 'active', ownRelay: true }, 'address'],
    [{ match: 'same', role: 'passive' }, 'wait'],
    [{ match: 'same', role: 'passive', ownRelay: true, peerRelay: true }, 'wait'],
  ]

  it('leads to a new offer, to the path, to c=/m=, or to nothing @req CON-33', () => {
    for (const [change, verdict] of verdicts) {
      const answer: PlainAnswer = { match: 'same', role: 'active', ownRelay: false, peerRelay: false, ...change }
      expect(judgePlainAnswer(answer), JSON.stringify(change)).toBe(verdict)
    }
  })

  it('leads to a new offer exactly when the three criteria say so @req CON-33', () => {
    for (const match of MATCHES)
      for (const role of ['active', 'passive'] as const)
        for (const ownRelay of BOOLEANS)
          for (const peerRelay of BOOLEANS) {
            const wanted = match === 'other' && (role === 'passive' || ownRelay || peerRelay)
            const verdict = judgePlainAnswer({ match, role, ownRelay, peerRelay })
            expect(verdict === 'offer-again', JSON.stringify({ match, role, ownRelay, peerRelay })).toBe(wanted)
            if (!wanted) expect(verdict === 'wait').toBe(role === 'passive')
          }
  })
})

describe('our answer', () => {
  it('leaves msrp-cema out in three cases, and says it in all others @req CON-34', () => {
    const setups: readonly (Setup | undefined)[] = ['active', 'passive', 'actpass', 'holdconn', undefined]
    for (const setup of setups)
      for (const peerRelay of BOOLEANS)
        for (const ownRelay of BOOLEANS) {
          const offererActive = setup === 'active' || setup === 'holdconn' || setup === undefined
          const without = (peerRelay && ownRelay) || (peerRelay && offererActive) || (ownRelay && setup === 'passive')
          expect(answersCema({ setup, peerRelay, ownRelay }), `${setup} ${peerRelay} ${ownRelay}`).toBe(!without)
        }
  })
})

describe('an offer without msrp-cema', () => {
  const offer = (change: object = {}) => ({
    cema: false,
    address: '198.51.100.1',
    port: 2855,
    path: ['msrp://192.0.2.10:2855/a;tcp'],
    ...change,
  })
  const [strict, lenient] = [{ strict: true }, { strict: false }]

  it('is refused when c=/m= and the path are two places @req CON-32', () => {
    expect(refusesPlainOffer(offer(), false, lenient)).toBe(true)
    expect(refusesPlainOffer(offer(), false, strict)).toBe(true)
    expect(refusesPlainOffer(offer({ cema: true }), false, strict)).toBe(false)
    expect(refusesPlainOffer(offer({ address: '192.0.2.10' }), false, strict)).toBe(false)
    expect(refusesPlainOffer(offer({ port: 9 }), false, strict)).toBe(true)
    const named = offer({ path: ['msrp://alicepc.example:2855/a;tcp'] })
    expect(refusesPlainOffer(named, false, strict)).toBe(false)
    expect(refusesPlainOffer(named, false, { strict: true, addressesOf: () => ['192.0.2.10'] })).toBe(true)
  })

  it('passes in the lenient reading when nobody connects to its address @req CON-32', () => {
    expect(refusesPlainOffer(offer(), true, lenient)).toBe(false)
    expect(refusesPlainOffer(offer(), true, strict)).toBe(true)
    for (const host of ['0.0.0.0', '[::]', 'a1b2.invalid', 'INVALID', 'x.Invalid']) {
      const nowhere = offer({ path: [`msrp://${host}:2855/a;tcp`] })
      expect(refusesPlainOffer(nowhere, false, lenient), host).toBe(false)
    }
    expect(refusesPlainOffer(offer({ path: ['msrp://0.0.0.0:2855/a;tcp'] }), false, strict)).toBe(true)
    expect(refusesPlainOffer(offer({ path: [] }), false, lenient)).toBe(true)
  })
})
