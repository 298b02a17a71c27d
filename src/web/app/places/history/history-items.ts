import type { HistoryPage, HistoryRow } from '../../../protocol/index.js'

/** What the list shows, from the top: a heading for each day and the transfers of it. */
export type HistoryItem =
  | { readonly kind: 'day'; readonly key: string; readonly time: number }
  | { readonly kind: 'row'; readonly key: string; readonly row: HistoryRow }

/** Puts the headings of the days between the rows. `dayOf` gives the same word for the times of one day. */
export function historyItems(rows: readonly HistoryRow[], dayOf: (time: number) => string = localDay): HistoryItem[] {
  const items: HistoryItem[] = []
  let day: string | undefined
  for (const row of rows) {
    const its = dayOf(row.started)
    if (its !== day) items.push({ kind: 'day', key: `day ${its}`, time: row.started })
    day = its
    items.push({ kind: 'row', key: row.id, row })
  }
  return items
}

/** `2026-11-23`, where the user is. */
export function localDay(time: number): string {
  const date = new Date(time)
  return `${date.getFullYear()}-${date.getMonth() + 1}-${date.getDate()}`
}

/**
 * The pages after the newest one was read again: what is new stands on top, what the newest page covers is as it says, the rest stays.
 * So a list of thousands need not be read anew for one transfer.
 */
export function withNewest(pages: readonly HistoryPage[], newest: HistoryPage): HistoryPage[] {
  const end = newest.before
  if (end === undefined) return [newest]
  const later: HistoryPage[] = []
  for (const page of pages) {
    const rows = page.rows.filter(row => row.started < end)
    if (rows.length > 0) later.push({ ...page, rows })
  }
  return [newest, ...later]
}

/** The pages without one transfer. */
export function withoutRow(pages: readonly HistoryPage[], id: string): HistoryPage[] {
  return pages.map(page => (page.rows.some(row => row.id === id) ? { ...page, rows: page.rows.filter(row => row.id !== id) } : page))
}
