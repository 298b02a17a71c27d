import type { Arrow, LadderMessage, LadderRow, RowFilter, StateMark } from '../../../../trace/index.js'

/** A line of the ladder as it is drawn: an arrow, a state, or one message of an arrow that is unfolded. */
export type DisplayRow =
  | { readonly kind: 'state'; readonly key: number; readonly time: number; readonly row: StateMark }
  | { readonly kind: 'arrow'; readonly key: number; readonly time: number; readonly row: Arrow }
  | {
      readonly kind: 'part'
      readonly key: number
      readonly time: number
      readonly row: Arrow
      readonly message: LadderMessage
      /** Of the first one: there it can be folded again. */
      readonly isFirst: boolean
    }

/** The rows that pass `filter`; arrows named in `unfolded` message by message, where each stands in time. */
export function displayRows(
  rows: readonly LadderRow[],
  lanes: readonly string[],
  filter: RowFilter,
  unfolded: ReadonlySet<number>,
): readonly DisplayRow[] {
  const shown: DisplayRow[] = []
  let mustSort = false
  for (const row of rows) {
    if (!filter.isOpen && !filter.passes(row, lanes)) continue
    if (row.kind === 'state') shown.push({ kind: 'state', key: row.id, time: row.time, row })
    else if (!unfolded.has(row.id) || row.messages.length === 1) shown.push({ kind: 'arrow', key: row.id, time: row.time, row })
    else {
      mustSort = true
      row.messages.forEach((message, index) => {
        shown.push({ kind: 'part', key: message.id, time: message.entry.time, row, message, isFirst: index === 0 })
      })
    }
  }
  if (mustSort) shown.sort((a, b) => a.time - b.time || a.key - b.key)
  return shown
}

/** The messages behind a row; none behind a state. */
export function messagesOf(display: DisplayRow): readonly LadderMessage[] {
  return display.kind === 'state' ? [] : display.kind === 'part' ? [display.message] : display.row.messages
}
