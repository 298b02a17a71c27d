import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WrittenRanges } from '../../src/node/written-ranges.js'

describe('WrittenRanges', () => {
  it('gives the frontier that a bitmap gives, whatever the order and overlap', () => {
    const ranges = fc.array(fc.tuple(fc.nat(60), fc.integer({ min: 1, max: 12 })), { maxLength: 60 })
    fc.assert(
      fc.property(ranges, writes => {
        const bitmap = new Array<boolean>(100).fill(false)
        const written = new WrittenRanges(100)
        for (const [from, length] of writes) {
          written.add(from, from + length)
          bitmap.fill(true, from, from + length)
          expect(written.frontier).toBe(bitmap.indexOf(false))
        }
      }),
    )
  })

  it('gives up when the writes are too scattered', () => {
    const written = new WrittenRanges(3)
    for (const from of [10, 20, 30]) written.add(from, from + 1)
    expect(written.overflow).toBe(false)
    written.add(40, 41)
    expect(written.overflow).toBe(true)
    written.add(0, 100)
    expect(written.frontier).toBe(0)
  })
})
