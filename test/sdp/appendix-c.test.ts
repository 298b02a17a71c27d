import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isTransferId, parseFileDate, parseFileRange, parseFileSelector, readFileMedia } from '../../src/sdp/index.js'

/** The grammar as regular expressions, one character per byte. Numbers beyond 2^53-1 are refused besides (SDP-12). */
const TOKEN = "[!#$%&'*+\\-.0-9A-Z^_`a-z{|}~]+"
const QUOTED = '"(?:[\\x01-\\x09\\x0B\\x0C\\x0E-\\x21\\x23\\x24\\x26-\\xFF]|%[0-9A-Fa-f]{2})+"'
const GRAMMAR = {
  token: new RegExp(`^${TOKEN}$`),
  name: new RegExp(`^name:${QUOTED}$`),
  size: /^size:([1-9][0-9]*|0)$/,
  type: new RegExp(`^type:${TOKEN}/${TOKEN}(?:;${TOKEN}=${QUOTED})*$`),
  hash: new RegExp(`^hash:${TOKEN}:[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2})*$`),
  range: /^([1-9][0-9]*)-([1-9][0-9]*|\*)$/,
  maxSize: /^[0-9]+$/,
}

/** Texts made of pieces that nearly follow the grammar. */
const near = (...pieces: string[]) => fc.array(fc.constantFrom(...pieces), { maxLength: 8 }).map(parts => parts.join(''))
const strict = (value: string) => parseFileSelector(value, { lenient: false })
const check = (texts: fc.Arbitrary<string>, ours: (text: string) => boolean, theirs: (text: string) => boolean) => {
  let taken = 0
  fc.assert(
    fc.property(texts, text => {
      expect([text, ours(text)]).toEqual([text, theirs(text)])
      if (theirs(text)) taken++
    }),
    { numRuns: 1000, seed: 5547 },
  )
  // Both sides of the border were seen
  expect(taken).toBeGreaterThan(20)
  expect(taken).toBeLessThan(1000)
}

describe('what is taken and what is refused is the grammar', () => {
  it('of tokens @req SDP-17', () => {
    check(fc.string({ unit: 'binary-ascii', maxLength: 3 }), isTransferId, text => GRAMMAR.token.test(text))
  })

  it('of the name selector @req SDP-9 SDP-11', () => {
    const inner = near('a', ' ', '%41', '%4', '%', '%g0', '\xe9', '\x01', '\x09', "'", ':')
    const texts = fc.oneof(
      inner.map(text => `name:"${text}"`),
      near('name:', '"', 'a', '%22').map(text => `name:${text}`),
    )
    check(
      texts,
      text => strict(text)?.name !== undefined,
      text => GRAMMAR.name.test(text),
    )
  })

  it('of the size selector @req SDP-12', () => {
    check(
      near('0', '1', '12', '-', '+', '.', 'e', ' ', '0x').map(text => `size:${text}`),
      text => strict(text)?.size !== undefined,
      text => GRAMMAR.size.test(text) && Number.isSafeInteger(Number(text.slice(5))),
    )
  })

  it('of the type selector @req SDP-13', () => {
    const parameter = fc.constantFrom(';a="b"', ';c="d e"', ';e=f', ';g=""', ';="x"', ';h', ';i="%41"', ';j="%"')
    const texts = fc
      .tuple(
        near('a', 'b', '/', '(', ' ', '+'),
        fc.subarray(['text/plain', 'image/svg+xml'], { maxLength: 1 }),
        fc.uniqueArray(parameter, { maxLength: 2 }),
      )
      .map(([odd, [type], parameters]) => `type:${type ?? odd}${parameters.join('')}`)
    check(
      texts,
      text => strict(text)?.type !== undefined,
      text => GRAMMAR.type.test(text),
    )
  })

  it('of the hash selector, but for the length of those we know @req SDP-14 SDP-15', () => {
    const pairs = fc.array(fc.constantFrom('00', 'aF', 'Ff', '9', 'g0', '000'), { maxLength: 3 }).map(list => list.join(':'))
    check(
      fc.tuple(fc.constantFrom('sha-512', 'x', 'a b', ''), pairs).map(([algorithm, text]) => `hash:${algorithm}:${text}`),
      text => (strict(text)?.hashes.length ?? 0) > 0,
      text => GRAMMAR.hash.test(text),
    )
    const sha1 = (pair: string, count: number) => strict(`hash:sha-1:${Array.from({ length: count }, () => pair).join(':')}`)?.hashes.length
    expect([sha1('aF', 19), sha1('aF', 20), sha1('aF', 21), sha1('aG', 20)]).toEqual([undefined, 1, undefined, undefined])
  })

  it('of the range @req SDP-21', () => {
    const end = fc.oneof(fc.nat(30).map(String), fc.constantFrom('*', '', '0', '01', ' 1', '-', '9007199254740991', '9007199254740992'))
    check(
      fc.tuple(end, end).map(ends => ends.join('-')),
      text => parseFileRange(text) !== undefined,
      text => {
        const [, start, stop] = GRAMMAR.range.exec(text) ?? []
        const isSafe = [start, stop].every(end => end === '*' || Number.isSafeInteger(Number(end)))
        return start !== undefined && isSafe && (stop === '*' || Number(stop) >= Number(start))
      },
    )
  })

  it('of the maximum size @req SDP-7', () => {
    const maxSize = (value: string) => {
      const line = { media: 'message', port: 1, protocol: 'TCP/MSRP', formats: ['*'], attributes: [{ name: 'max-size', value }] }
      const origin = { username: '-', sessionId: '1', sessionVersion: '1', addressType: 'IP4', address: 'a' } as const
      return readFileMedia({ origin, name: '-', timing: [], attributes: [], media: [line] }, 0).media.maxSize
    }
    check(
      near('0', '1', '007', ' ', '-', '+', '.'),
      text => maxSize(text) === Number(text) && text !== '',
      text => GRAMMAR.maxSize.test(text) && Number.isSafeInteger(Number(text)) && text.length <= 16,
    )
  })

  it('of the dates, as they are written everywhere @req SDP-19', () => {
    const date = fc.date({ min: new Date('1900-01-02T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true })
    const zone = fc.tuple(fc.constantFrom('+', '-'), fc.nat(14), fc.constantFrom(0, 15, 30, 45))
    fc.assert(
      fc.property(date, zone, fc.boolean(), (moment, [sign, hours, minutes], withDay) => {
        const seconds = new Date(Math.floor(moment.getTime() / 1000) * 1000)
        const offset = (hours * 60 + minutes) * (sign === '-' ? -1 : 1)
        // Another implementation of the same format: the platform's
        const [day = '', rest = ''] = new Date(seconds.getTime() + offset * 60_000).toUTCString().replace(' GMT', '').split(', ')
        const two = (part: number) => `${part}`.padStart(2, '0')
        const text = `${withDay ? `${day}, ` : ''}${rest} ${sign}${two(hours)}${two(minutes)}`
        expect(parseFileDate(`creation:"${text}"`)).toEqual({ creation: seconds })
      }),
      { numRuns: 300 },
    )
    expect(parseFileDate(`creation:"Mon, 15 May 2006 15:01:31 +0300${' '.repeat(50)}"`)).toBeUndefined()
  })
})
