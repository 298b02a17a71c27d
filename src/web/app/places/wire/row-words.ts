import { messageLabel } from '../../../../trace/index.js'
import { strings } from '../../strings.js'
import type { DisplayRow } from './display-rows.js'

/** What stands on the arrow or beside the lane. */
export function rowLabel(display: DisplayRow): string {
  if (display.kind === 'state') return display.row.text
  return display.kind === 'arrow' ? display.row.label : messageLabel(display.message.entry)
}

/** A row as one sentence, for who cannot see the arrow. */
export function rowSentence(display: DisplayRow, lanes: readonly string[], time: string, isCompared: boolean): string {
  const words = strings.wire.sentence
  const label = rowLabel(display)
  if (display.kind === 'state') return words.state(time, lanes[display.row.lane] ?? '', label)
  const { from, to, dialog, undecodable, messages } = display.row
  const parts = [words.message(time, lanes[from] ?? '', lanes[to] ?? '', undecodable ? words.undecodable : label)]
  if (dialog !== undefined) parts.push(strings.wire.dialog(dialog))
  if (display.kind === 'arrow' && messages.length > 1) parts.push(words.folded(messages.length))
  if (isCompared) parts.push(words.compared)
  return parts.join(', ')
}
