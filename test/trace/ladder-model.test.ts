import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TraceEntry } from '../../src/trace/entry.js'
import { buildLadder, type Ladder } from '../../src/trace/ladder.js'
import { LadderModel } from '../../src/trace/ladder-model.js'
import { largeTrace, type Step, traffic } from './traffic.js'

/** All that a drawing shows. */
const drawn = ({ lanes, rows }: Ladder) => ({
  lanes,
  rows: rows.map(row =>
    row.kind === 'state'
      ? `${row.time} ● ${lanes[row.lane]} ${row.text}`
      : `${row.time} ${lanes[row.from]} > ${lanes[row.to]} ${row.label} ${row.dialog} ${row.entries.length}`,
  ),
})

const step: fc.Arbitrary<Step> = fc.record({
  step: fc.constantFrom('invite', 'chunk', 'chunk', 'answer', 'answer', 'report', 'bye', 'state', 'noise'),
  call: fc.nat(5),
  chunk: fc.nat(3),
}) as fc.Arbitrary<Step>
const recorders = fc.constantFrom(['caller', 'callee'] as const, ['caller'] as const, ['callee'] as const)

/** Adds `entries` in pieces of these sizes, the last one again and again. */
function inPieces(model: LadderModel, entries: readonly TraceEntry[], sizes: readonly number[]): void {
  let at = 0
  for (let piece = 0; at < entries.length; piece++) {
    const size = sizes[Math.min(piece, sizes.length - 1)] ?? 1
    model.add(entries.slice(at, at + size))
    at += size
  }
}

describe('a ladder that grows', () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 10 })

  it('becomes what it would be had all been there at once', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), recorders, fc.boolean(), sizes, (steps, who, lies, pieces) => {
        const entries = traffic(steps, { recorders: who, lies })
        const model = new LadderModel()
        inPieces(model, entries, pieces)
        model.settle()
        expect(drawn(model)).toEqual(drawn(buildLadder(entries)))
        expect(model.unsettled).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  it('also when the entries come in any order', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), sizes, fc.infiniteStream(fc.nat()), (steps, pieces, keys) => {
        const entries = traffic(steps)
        const shuffled = entries
          .map(entry => ({ entry, key: keys.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry)
        const model = new LadderModel()
        inPieces(model, shuffled, pieces)
        model.settle()
        expect(drawn(model)).toEqual(drawn(buildLadder(entries)))
      }),
      { numRuns: 200 },
    )
  })

  it('holds every message once, whenever it is looked at', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), recorders, fc.boolean(), sizes, (steps, who, lies, pieces) => {
        const entries = traffic(steps, { recorders: who, lies })
        const model = new LadderModel()
        inPieces(model, entries, pieces)
        const held = model.rows.flatMap(row => (row.kind === 'state' ? [row.entry] : row.entries))
        expect(new Set(held)).toEqual(new Set(entries))
        expect(held.length).toBe(entries.length)
        for (const row of model.rows)
          for (const lane of row.kind === 'state' ? [row.lane] : [row.from, row.to]) expect(model.lanes[lane]).toBeDefined()
      }),
      { numRuns: 200 },
    )
  })

  it('looks at 100,000 entries at most three times each, in whatever pieces they come', () => {
    const entries = largeTrace(100_000)
    const model = new LadderModel()
    inPieces(model, entries, [1, 50, 2000])
    expect(model.size).toBe(100_000)
    expect(model.work).toBeLessThanOrEqual(3 * entries.length)
    // 594 calls of six rows each: the chunks are folded
    expect(model.rows.length).toBeLessThan(5000)
  })
})
