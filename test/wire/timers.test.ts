import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { earliest, Timers } from '../../src/wire/timers.js'

describe('timers', () => {
  it('is due at the earliest deadline and gives the names back in order, once', () => {
    const timers = new Timers()
    expect(timers.deadline).toBeUndefined()
    timers.start('B', 32_000)
    timers.start('A', 500)
    timers.start('C', 900)
    expect(timers.deadline).toBe(500)
    expect(timers.take(499)).toEqual([])
    expect(timers.take(900)).toEqual(['A', 'C'])
    expect(timers.take(900)).toEqual([])
    expect(timers.deadline).toBe(32_000)
  })

  it('restarts, stops and clears', () => {
    const timers = new Timers<'A' | 'B'>()
    timers.start('A', 10)
    timers.start('A', 30)
    timers.start('B', 20)
    expect(timers.size).toBe(2)
    expect(timers.deadline).toBe(20)
    timers.stop('B')
    timers.stop('B')
    expect(timers.has('B')).toBe(false)
    expect(timers.deadline).toBe(30)
    timers.clear()
    expect(timers.has('A')).toBe(false)
    expect(timers.deadline).toBeUndefined()
  })

  it('agrees with a plain list after any sequence of calls', () => {
    const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const
    const call = fc.record({ name: fc.constantFrom(...names), at: fc.option(fc.nat(20), { nil: undefined }), take: fc.boolean() })
    fc.assert(
      fc.property(fc.array(call), calls => {
        const timers = new Timers()
        const rows = new Map<string, number>()
        calls.forEach(({ name, at, take }, now) => {
          if (at === undefined) {
            timers.stop(name)
            rows.delete(name)
          } else {
            timers.start(name, at)
            rows.set(name, at)
          }
          expect(timers.deadline).toBe(rows.size === 0 ? undefined : Math.min(...rows.values()))
          if (!take) return
          const due = [...rows].filter(([, due]) => due <= now)
          for (const [name] of due) rows.delete(name)
          expect(timers.take(now).sort()).toEqual(due.map(([name]) => name).sort())
        })
      }),
    )
  })

  it('gives names of one deadline back in the order they were started', () => {
    const timers = new Timers()
    for (const name of ['d', 'b', 'a', 'c', 'b']) timers.start(name, 5)
    expect(timers.take(5)).toEqual(['d', 'a', 'c', 'b'])
  })

  it('keeps a hundred thousand timers apart without looking at all of them each time', () => {
    const timers = new Timers()
    const begin = performance.now()
    // Compared by hand: a hundred thousand calls of expect take longer than what is tested
    let wrong = 0
    for (let row = 0; row < 100_000; row++) {
      timers.start(`J/${row}`, row + 200_000)
      timers.start('next', row)
      if (timers.deadline !== row) wrong++
    }
    expect(wrong).toBe(0)
    for (let row = 0; row < 50_000; row++) timers.stop(`J/${(row * 7919) % 100_000}`)
    expect(timers.take(400_000)).toHaveLength(50_001)
    expect(timers.size).toBe(0)
    // a scan for each of them would take minutes
    expect(performance.now() - begin).toBeLessThan(10_000)
  })

  it('finds the earliest of several deadlines', () => {
    expect(earliest()).toBeUndefined()
    expect(earliest(undefined, undefined)).toBeUndefined()
    expect(earliest(undefined, 7, 0, 3)).toBe(0)
  })
})
