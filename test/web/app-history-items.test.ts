import { describe, expect, it } from 'vitest'
import { historyItems, localDay, withNewest, withoutRow } from '../../src/web/app/places/history/history-items.js'
import { historyRow } from '../page/scenes.js'

const row = (id: string, started: number) => historyRow(id, [], { started })

describe('what the history lists', () => {
  it('has one heading for each day, at the first row of it', () => {
    const rows = [row('d', 31), row('c', 30), row('b', 12), row('a', 1)]
    const items = historyItems(rows, time => `${Math.floor(time / 10)}`)
    expect(items.map(({ key }) => key)).toEqual(['day 3', 'd', 'c', 'day 1', 'b', 'day 0', 'a'])
    expect(items[0]).toEqual({ kind: 'day', key: 'day 3', time: 31 })
    expect(items[1]).toEqual({ kind: 'row', key: 'd', row: rows[0] })
    expect(historyItems([])).toEqual([])
  })

  it('counts days where the user is', () => {
    const late = new Date(2026, 10, 23, 23, 59, 59).getTime()
    expect(localDay(late)).toBe('2026-11-23')
    expect(localDay(late + 1000)).toBe('2026-11-24')
    expect(historyItems([row('b', late + 1000), row('a', late)]).map(({ kind }) => kind)).toEqual(['day', 'row', 'day', 'row'])
  })

  it('takes the newest page as it says, and keeps what is older', () => {
    const pages = [
      { rows: [row('e', 50), row('d', 40)], before: 40 },
      { rows: [row('c', 30), row('b', 20)], before: 20 },
      { rows: [row('a', 10)], before: undefined },
    ]
    const newest = { rows: [row('f', 60), row('e', 50)], before: 30 }
    const merged = withNewest(pages, newest)
    // d is gone on the server: it is not of the newest page, which covers it
    expect(merged.flatMap(({ rows }) => rows.map(({ id }) => id))).toEqual(['f', 'e', 'b', 'a'])
    expect(merged.at(-1)).toEqual(pages[2])
    expect(merged[1]?.before).toBe(20)
    const all = { rows: [row('f', 60)], before: undefined }
    expect(withNewest(pages, all)).toEqual([all])
  })

  it('takes out one row and leaves other pages as they are', () => {
    const pages = [
      { rows: [row('b', 2)], before: 2 },
      { rows: [row('a', 1)], before: undefined },
    ]
    const without = withoutRow(pages, 'b')
    expect(without[0]).toEqual({ rows: [], before: 2 })
    expect(without[1]).toBe(pages[1])
  })
})
