import { describe, expect, it } from 'vitest'
import type { MessageEntry, TraceEntry } from '../../src/trace/entry.js'
import { buildLadder, type LadderRow } from '../../src/trace/ladder.js'
import { LadderModel } from '../../src/trace/ladder-model.js'
import { entryFilter, NO_FILTER, readFilter, RowFilter, type TraceFilter } from '../../src/trace/trace-filter.js'
import { type End, msrpText, SampleTrace, sampleTransfer } from './sample-trace.js'
import { traffic } from './traffic.js'

const filter = (...words: string[]): TraceFilter => readFilter(words) as TraceFilter
const { entries } = sampleTransfer()
const kept = (...words: string[]): readonly TraceEntry[] => entries.filter(entryFilter(filter(...words), entries))
const rows = (...words: string[]): readonly string[] => {
  const ladder = buildLadder(entries)
  const test = new RowFilter(filter(...words))
  return ladder.rows.filter(row => test.passes(row, ladder.lanes)).map(row => (row.kind === 'state' ? row.text : row.label))
}

describe('words of a filter', () => {
  it('are read one by one or apart by commas', () => {
    expect(filter('sip,state', ' party=Alice', 'method=invite', 'dialog=2', 'text=Plan.pdf')).toEqual({
      kinds: new Set(['sip', 'state']),
      parties: new Set(['alice']),
      methods: new Set(['INVITE']),
      dialogs: new Set([2]),
      text: 'Plan.pdf',
    })
  })

  it.each(['x', 'party=', 'SIP', '', 'dialog=x', 'dialog=1.5', 'who=a', '=a'])('does not read %j', word => {
    expect(readFilter(['sip', word])).toBe(word)
  })
})

describe('a filter', () => {
  it('picks entries by who recorded them, by protocol, dialog and text', () => {
    expect(kept('party=bob').every(({ party }) => party === 'bob')).toBe(true)
    expect(kept('dialog=1').length).toBe(entries.filter(({ kind }) => kind === 'message').length)
    expect(kept('dialog=2')).toEqual([])
    expect(kept('text=PLAN.PDF', 'state').map(entry => entry.kind)).toEqual(['state'])
    expect(kept('text=plan.pdf', 'method=INVITE').length).toBe(8)
    expect(kept()).toEqual(entries)
    const alice = entries.filter(({ party }) => party === 'alice')
    expect(alice.filter(entryFilter(filter('method=BYE'), alice)).length).toBe(1)
  })

  it('finds text outside of ASCII as it is on the wire', () => {
    const trace = new SampleTrace()
      .out(['a', '1:1'], ['b', '2:2'], 'MESSAGE sip:b SIP/2.0\r\nSubject: na\u00c3\u00afve\r\n\r\n')
      .state('a', 'file', 'na\u00efve', 'done')
    expect(trace.entries.filter(entryFilter(filter('text=na\u00efve'), trace.entries)).length).toBe(2)
  })

  it('picks rows by the lanes they touch', () => {
    expect(rows('party=bob', 'state')).toEqual(['plan.pdf done'])
    expect(rows('party=ALICE').length).toBe(rows().length - 1)
    expect(rows('party=nobody')).toEqual([])
    expect(rows('method=SEND')).toEqual(['SEND ×21 · 1.3 MB · $', '200 ×21, REPORT 200'])
    expect(rows('method=BYE', 'sip')).toEqual(['BYE'])
    expect(rows('text=confirmed')).toEqual(['confirmed'])
  })

  it('looks at each message of a growing run once', () => {
    const model = new LadderModel()
    const test = new RowFilter(filter('text=chunk-3'))
    const [a, b]: [End, End] = [
      ['a', '1.1.1.1:1'],
      ['b', '2.2.2.2:2'],
    ]
    let looked = 0
    const chunk = (id: number): TraceEntry => {
      const entry = new SampleTrace().out(
        a,
        b,
        msrpText(`t${id} SEND`, 'msrp://b/1;tcp', 'msrp://a/1;tcp', `Message-ID: m\r\nX: chunk-${id}\r\n`),
      ).entries[0] as MessageEntry
      const { text } = entry
      return {
        ...entry,
        get text() {
          looked++
          return text
        },
      }
    }
    const passes = (): boolean => test.passes(model.rows[0] as LadderRow, model.lanes)
    model.add([chunk(1), chunk(2)])
    expect(passes()).toBe(false)
    looked = 0
    expect(passes()).toBe(false)
    expect(looked).toBe(0)
    model.add([chunk(3)])
    expect(passes()).toBe(true)
    looked = 0
    expect(passes()).toBe(true)
    expect(looked).toBe(0)
  })

  it('is open when it says nothing', () => {
    expect(new RowFilter(NO_FILTER).isOpen).toBe(true)
    for (const word of ['sip', 'party=a', 'method=A', 'dialog=1', 'text=a']) expect(new RowFilter(filter(word)).isOpen).toBe(false)
  })

  it('knows the dialog of MSRP by the path in the SDP', () => {
    const calls = traffic([
      { step: 'invite', call: 0 },
      { step: 'invite', call: 1 },
      { step: 'chunk', call: 1, chunk: 0 },
      { step: 'chunk', call: 0, chunk: 0 },
    ])
    const second = calls.filter(entryFilter(filter('dialog=2', 'msrp'), calls))
    expect(second.map(entry => (entry as MessageEntry).text.split(' ')[1])).toEqual(['t1-0', 't1-0'])
  })
})
