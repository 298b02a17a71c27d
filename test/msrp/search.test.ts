import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Search } from '../../src/msrp/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'

const letters = fc.constantFrom('a', 'b', '-', '\r', '\n')
const text = (maxLength: number, minLength = 0) => fc.array(letters, { minLength, maxLength }).map(all => all.join(''))

describe('Search', () => {
  it('finds the first occurrence inside the bounds, like indexOf @req MSRP-6', () => {
    fc.assert(
      fc.property(text(4, 1), text(60), fc.nat(60), fc.nat(60), (pattern, hay, a, b) => {
        const [from, to] = [Math.min(a, b, hay.length), Math.min(Math.max(a, b), hay.length)]
        const search = new Search()
        search.setPattern('zzzz') // the table must not remember an earlier pattern
        search.setPattern(pattern)
        const expected = hay.slice(0, to).indexOf(pattern, from)
        expect(search.find(encodeLatin1(hay), from, to)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it('finds the longest suffix that may grow into the pattern @req MSRP-6', () => {
    fc.assert(
      fc.property(text(6, 1), text(30), (pattern, hay) => {
        const search = new Search()
        search.setPattern(pattern)
        let expected = hay.length
        for (let length = 1; length < pattern.length && length <= hay.length; length++) {
          if (pattern.startsWith(hay.slice(hay.length - length))) expected = hay.length - length
        }
        expect(search.findPartial(encodeLatin1(hay), 0, hay.length)).toBe(expected)
      }),
      { numRuns: 500 },
    )
  })

  it.each(['\0', '-', '\r\n', '\r\n-------', 'Q'])('finds the end-line in a sea of %j @req MSRP-6', filler => {
    const search = new Search()
    const pattern = '\r\n-------abcdefghijklmnopqrstuvwxyzABCDEQ'
    search.setPattern(pattern)
    const sea = filler.repeat(5000)
    const bytes = encodeLatin1(sea + pattern + sea)
    const hit = search.find(bytes, 0, bytes.length)
    expect(decodeLatin1(bytes, hit, hit + pattern.length)).toBe(pattern)
    expect(search.find(bytes, hit + 1, bytes.length)).toBe(-1)
  })

  it.each(['random', '\0', '-', '\r\n-------', '\r\n-------abcdefghijklmnopqrstuvwxyzABCDE.'])(
    'finds the end-line anywhere in a long run of %j @req MSRP-6',
    filler => {
      const pattern = '\r\n-------abcdefghijklmnopqrstuvwxyzABCDEQ'
      const search = new Search()
      search.setPattern(pattern)
      const length = 40_000
      let seed = 1
      const next = () => {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
        return seed >>> 24
      }
      // not at the start of its memory, nor at a multiple of four
      const sea = new Uint8Array(length + 3).subarray(3)
      for (let at = 0; at < length; at++) sea[at] = filler === 'random' ? next() : filler.charCodeAt(at % filler.length)
      expect(search.find(sea, 0, length)).toBe(-1)
      const needle = encodeLatin1(pattern)
      const places = [0, 1, 8100, 8191, 8192, 8193, 20_000, length - pattern.length]
      for (let at = 8150; at < 8250; at++) places.push(at)
      for (const at of places) {
        const bytes = sea.slice()
        bytes.set(needle, at)
        if (at + 2 * pattern.length < length) bytes.set(needle, length - pattern.length)
        expect(search.find(bytes, 0, length)).toBe(at)
        expect(search.find(bytes, 0, at + pattern.length)).toBe(at)
        expect(search.find(bytes, Math.max(0, at - 17_000), at + pattern.length - 1)).toBe(-1)
      }
    },
  )

  it('searches long runs for one pattern after the other @req MSRP-6', () => {
    const search = new Search()
    const [one, two] = ['\r\n-------aaaaaaaaaaaaaaaa', '\r\n-------bbbbbbbbbbbbbbbb']
    const bytes = encodeLatin1(`${'x'.repeat(20_000)}${one}${'y'.repeat(20_000)}${two}`)
    for (const [pattern, at] of [
      [one, 20_000],
      [two, 40_000 + one.length],
      [one, 20_000],
    ] as const) {
      search.setPattern(pattern)
      expect(search.find(bytes, 0, bytes.length)).toBe(at)
      expect(search.find(bytes, 0, bytes.length)).toBe(at)
    }
  })
})
