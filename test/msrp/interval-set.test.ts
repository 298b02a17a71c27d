import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { IntervalSet } from '../../src/msrp/index.js'

describe('IntervalSet', () => {
  it('counts overlapping ranges once @req MSRP-54', () => {
    const set = new IntervalSet()
    set.add(0, 2000)
    set.add(1000, 4400)
    expect(set.size).toBe(4400)
    expect(set.count).toBe(1)
    expect(set.covers(0, 4400)).toBe(true)
    expect(set.covers(0, 4401)).toBe(false)
  })

  it('behaves like a set of positions @req MSRP-26 MSRP-54', () => {
    const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([start, length]) => [start, start + length] as const)
    fc.assert(
      fc.property(fc.array(range, { maxLength: 20 }), range, (ranges, [from, to]) => {
        const set = new IntervalSet()
        const model = new Set<number>()
        for (const [start, end] of ranges) {
          set.add(start, end)
          for (let at = start; at < end; at++) model.add(at)
        }
        expect(set.size).toBe(model.size)
        expect(set.end).toBe(Math.max(0, ...[...model].map(at => at + 1)))
        const runs = [...model].filter(at => !model.has(at - 1)).length
        expect(set.count).toBe(runs)
        let covered = true
        for (let at = from; at < to; at++) covered &&= model.has(at)
        expect(set.covers(from, to)).toBe(covered)
      }),
    )
  })
})
