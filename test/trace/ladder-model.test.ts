import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TraceEntry } from '../../src/trace/entry.js'
import { buildLadder, type Ladder } from '../../src/trace/ladder.js'
import { LadderModel } from '../../src/trace/ladder-model.js'
import { MAX_LIKE_RUNS, MAX_OPEN_RUNS } from '../../src/trace/limits.js'
import { type End, msrpText, SampleTrace, sipText } from './sample-trace.js'
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
        const held = model.rows.flatMap((row): readonly TraceEntry[] => (row.kind === 'state' ? [row.entry] : row.entries))
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

  it('drops the oldest quarter when it has too many, and lets dialogs keep their numbers', () => {
    const steps = Array.from({ length: 12 }, (_, call): Step[] => [
      { step: 'invite', call },
      { step: 'chunk', call, chunk: 0 },
    ]).flat()
    const entries = traffic(steps, { recorders: ['caller'] })
    const model = new LadderModel({ maxEntries: 30 })
    model.add(entries.slice(0, 30))
    expect(model.size).toBe(30)
    model.add(entries.slice(30, 31))
    expect(model.size).toBe(23)
    expect(model.entries).toEqual(entries.slice(8, 31))
    // The answer of call 2 stands first; its INVITE is gone
    expect(model.rows.slice(0, 3).map(row => (row.kind === 'arrow' ? `${row.label} ${row.dialog}` : ''))).toEqual([
      'SEND · 2.0 kB · + 3',
      'INVITE (SDP) 4',
      '200 OK (SDP) 4',
    ])
    // A call that begins later gets the next number, also behind an entry that came too late
    model.add([...entries.slice(31), ...entries.slice(9, 10)])
    model.settle()
    expect(new Set(model.rows.map(row => (row.kind === 'arrow' ? row.dialog : undefined)))).toEqual(
      new Set([3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
    )
  })

  it('drops the oldest by time, not by arrival', () => {
    const entries = traffic([0, 1, 2, 3].map(call => ({ step: 'bye', call }) as const))
    const model = new LadderModel({ maxEntries: 6 })
    model.add(entries.slice(4))
    model.add(entries.slice(0, 4))
    expect(model.entries).toEqual(entries.slice(3))
  })

  it('draws reports of unknown messages and paths without a transport', () => {
    const trace = new SampleTrace()
    const alice: End = ['alice', '1.1.1.1:1']
    trace.out(alice, ['', '2.2.2.2:2'], msrpText('t1 REPORT', 'msrp://b:1/s', 'nothing'))
    trace.out(alice, ['', '2.2.2.2:2'], 'MSRP t2 SEND\r\n')
    expect(drawn(buildLadder(trace.entries)).rows).toEqual([
      '1700000000000 alice > 2.2.2.2:2 REPORT undefined 1',
      '1700000000001 alice > 2.2.2.2:2 SEND undefined 1',
    ])
  })

  it('does not set a long ladder right for each entry that comes late', () => {
    const entries = largeTrace(1_300)
    const model = new LadderModel()
    model.add(entries.slice(600, 1_200))
    model.add(entries.slice(100, 600))
    model.settle()
    const { work } = model
    for (const entry of entries.slice(0, 100)) model.add([entry])
    expect(model.unsettled).toBe(true)
    expect(model.work).toBe(work + 100)
    model.settle()
    expect(drawn(model)).toEqual(drawn(buildLadder(entries.slice(0, 1_200))))
  })

  it('forgets everything when it is told to', () => {
    const model = new LadderModel()
    model.add(traffic([{ step: 'invite', call: 0 }]))
    const { version } = model
    model.clear()
    expect([model.rows, model.lanes, model.size]).toEqual([[], [], 0])
    expect(model.version).not.toBe(version)
    model.add([])
    expect(model.size).toBe(0)
  })

  it('keeps so many runs open, and so many alike', () => {
    const trace = new SampleTrace()
    const alice: End = ['alice', '1.1.1.1:1']
    const bob: End = ['bob', '2.2.2.2:2']
    const chunk = (message: string, to: End = bob): SampleTrace =>
      trace.out(alice, to, msrpText(`t-${message} SEND`, `msrp://${to[1]}/s;tcp`, 'msrp://a/1;tcp', `Message-ID: ${message}\r\n`))
    for (let message = 0; message <= MAX_OPEN_RUNS; message++) chunk(`m${message}`)
    chunk('m1')
    chunk('m0')
    // The first one was closed by then, the second one was not
    const opened = buildLadder(trace.entries).rows.map(row => (row.kind === 'arrow' ? row.messages.length : 0))
    expect([opened.length, opened[0], opened[1]]).toEqual([MAX_OPEN_RUNS + 2, 1, 2])
    const alike = new SampleTrace()
    const send = (end: number): SampleTrace =>
      alike.out(alice, ['', `3.3.3.${end}:1`], msrpText('t SEND', `msrp://3.3.3.${end}:1/s;tcp`, 'msrp://a/1;tcp', 'Message-ID: m\r\n'))
    for (let end = 0; end <= MAX_LIKE_RUNS; end++) send(end)
    send(1)
    send(0)
    const ends = buildLadder(alike.entries).rows.map(row => (row.kind === 'arrow' ? row.messages.length : 0))
    expect([ends.length, ends[0], ends[1]]).toEqual([MAX_LIKE_RUNS + 2, 1, 2])
  })

  it('puts services that recorded between who spoke first and the others', () => {
    const trace = new SampleTrace()
    const ends: readonly End[] = [
      ['alice', '1.1.1.1:1'],
      ['bob', '2.2.2.2:2'],
      ['Focus', '3.3.3.3:3'],
      ['server', '4.4.4.4:4'],
    ]
    for (const from of ends)
      for (const to of ends) if (from !== to) trace.both(from, to, sipText('OPTIONS sip:x SIP/2.0', `1 ${from[0]}${to[0]}`))
    expect(buildLadder(trace.entries).lanes).toEqual(['alice', 'Focus', 'server', 'bob'])
  })
})
