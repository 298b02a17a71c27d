import { describe, expect, it } from 'vitest'
import { buildLadder, decodeEntries, NO_FILTER, RowFilter } from '../../src/trace/index.js'
import { displayRows, messagesOf } from '../../src/web/app/places/wire/display-rows.js'
import { gutterTime, nextTimeMode } from '../../src/web/app/places/wire/gutter-time.js'
import { layOutLanes, spanOf } from '../../src/web/app/places/wire/lane-layout.js'
import { recordedTransfer } from '../page/recordings.js'

const { rows, lanes } = buildLadder(decodeEntries(recordedTransfer().join('')).entries)
const open = new RowFilter(NO_FILTER)
const folded = rows.find(row => row.kind === 'arrow' && row.messages.length > 1)

describe('the rows of the ladder as they are drawn', () => {
  it('are one for each row while nothing is unfolded', () => {
    const shown = displayRows(rows, lanes, open, new Set())
    expect(shown.map(({ key }) => key)).toEqual(rows.map(({ id }) => id))
    expect(new Set(shown.map(({ kind }) => kind))).toEqual(new Set(rows.map(({ kind }) => kind)))
    for (const row of shown) expect(messagesOf(row)).toEqual(row.kind === 'arrow' ? row.row.messages : [])
  })

  it('show a run message by message, each where it stands in time', () => {
    if (folded?.kind !== 'arrow') throw new Error('the recording holds no run')
    const shown = displayRows(rows, lanes, open, new Set([folded.id]))
    const parts = shown.filter(row => row.kind === 'part')
    expect(shown).toHaveLength(rows.length - 1 + folded.messages.length)
    expect(parts.map(({ key }) => key)).toEqual(folded.messages.map(({ id }) => id))
    expect(parts.map(({ isFirst }) => isFirst)).toEqual(folded.messages.map((_, index) => index === 0))
    expect(parts.flatMap(messagesOf)).toEqual(folded.messages)
    const times = shown.map(({ time }) => time)
    expect(times).toEqual([...times].sort((a, b) => a - b))
  })

  it('leave an arrow of one message as it is when it is named', () => {
    const single = rows.find(row => row.kind === 'arrow' && row.messages.length === 1)
    const shown = displayRows(rows, lanes, open, new Set([single?.id ?? -1]))
    expect(shown.find(({ key }) => key === single?.id)?.kind).toBe('arrow')
  })

  it('are those alone that pass the filter', () => {
    const sip = displayRows(rows, lanes, new RowFilter({ ...NO_FILTER, kinds: new Set(['sip']) }), new Set())
    expect(sip.length).toBeGreaterThan(0)
    expect(sip.length).toBeLessThan(rows.length)
    for (const row of sip) expect(row.row).toMatchObject({ kind: 'arrow', protocol: 'sip' })
  })
})

describe('the time at the edge', () => {
  const noon = new Date(2026, 10, 23, 9, 5, 7, 8).getTime()

  it('is since the first row, of the day here, or since the row before', () => {
    expect(gutterTime('relative', noon + 2310, noon, noon)).toBe('02.310')
    expect(gutterTime('relative', noon - 5, noon, undefined)).toBe('00.000')
    expect(gutterTime('absolute', noon, 0, undefined)).toBe('09:05:07.008')
    expect(gutterTime('delta', noon + 4, 0, noon)).toBe('+0.004')
    expect(gutterTime('delta', noon, noon, undefined)).toBe('')
  })

  it('goes round its ways', () => {
    expect(nextTimeMode('relative')).toBe('absolute')
    expect(nextTimeMode('absolute')).toBe('delta')
    expect(nextTimeMode('delta')).toBe('relative')
  })
})

describe('where the lanes stand', () => {
  it('spreads them over the room, and ends inside it', () => {
    const layout = layOutLanes(4, 1200, 80)
    expect(layout.lanes).toHaveLength(4)
    expect(layout.lanes.slice(1).map((lane, at) => lane - (layout.lanes[at] ?? 0))).toEqual([layout.gap, layout.gap, layout.gap])
    expect(layout.lanes[0]).toBeGreaterThan(80)
    expect(Math.abs(layout.width - 1200)).toBeLessThanOrEqual(3)
  })

  it('gets wider than the room rather than too narrow to read, and leaves two lanes no whole screen apart', () => {
    expect(layOutLanes(12, 1200, 80)).toMatchObject({ gap: 164 })
    expect(layOutLanes(12, 1200, 80).width).toBeGreaterThan(1200)
    expect(layOutLanes(3, 360, 60).gap).toBe(132)
    expect(layOutLanes(2, 3000, 80).gap).toBe(380)
    expect(layOutLanes(0, 1200, 80)).toMatchObject({ lanes: [], width: 250 })
  })

  it('gives a label the room between two lanes, either way, or beside one', () => {
    const layout = layOutLanes(3, 1200, 80)
    const [a = 0, , c = 0] = layout.lanes
    expect(spanOf(layout, 0, 2)).toEqual({ left: a, width: c - a })
    expect(spanOf(layout, 2, 0)).toEqual({ left: a, width: c - a })
    expect(spanOf(layout, 2, 2)).toEqual({ left: c, width: layout.gap })
  })
})
