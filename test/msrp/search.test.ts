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
})
