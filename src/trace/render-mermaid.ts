import type { TraceEntry } from './entry.js'
import { formatElapsed } from './format-elapsed.js'
import { type Arrow, buildLadder, type LadderRow } from './ladder.js'
import { laneAddresses } from './lane-addresses.js'
import { MAX_MERMAID_ROWS } from './limits.js'

/**
 * The ladder of `entries` as a Mermaid sequence diagram, for pages that draw those: solid arrows are SIP, dotted ones MSRP, a cross is a
 * message that could not be read. Whatever the messages say stays text: all that could mean something to Mermaid or in HTML is escaped.
 */
export function renderMermaid(entries: readonly TraceEntry[]): string {
  const ladder = buildLadder(entries)
  const addresses = laneAddresses(ladder)
  const lines = ladder.lanes.map(
    (name, lane) => `participant L${lane} as ${[name, ...(addresses[lane] as readonly string[])].map(escapeText).join('<br/>')}`,
  )
  const shown = ladder.rows.slice(0, MAX_MERMAID_ROWS)
  const start = shown[0]?.time ?? 0
  const seen = new Set<number>()
  for (const row of shown) lines.push(`${rowStart(row)}: ${escapeText(`${formatElapsed(row.time - start)} ${rowText(row, seen)}`)}`)
  const left = ladder.rows.length - shown.length
  if (left > 0) lines.push(`Note over L0: ${escapeText(`… ${left} more`)}`)
  return ['sequenceDiagram', ...lines.map(line => `  ${line}`), ''].join('\n')
}

function rowStart(row: LadderRow): string {
  return row.kind === 'state' ? `Note over L${row.lane}` : `L${row.from}${arrowOf(row)}L${row.to}`
}

function arrowOf(arrow: Arrow): string {
  if (arrow.undecodable) return '-x'
  return arrow.protocol === 'msrp' ? '-->>' : '->>'
}

function rowText(row: LadderRow, seen: Set<number>): string {
  if (row.kind === 'state') return row.text
  if (row.dialog === undefined || seen.has(row.dialog)) return row.label
  seen.add(row.dialog)
  return `${row.label} (dialog ${row.dialog})`
}

/** Characters that mean nothing to Mermaid, wherever they stand. */
const HARMLESS = /^[A-Za-z0-9 .,()/_·×…]$/

/** Everything else as `#60;`, the form that Mermaid has for it. */
function escapeText(text: string): string {
  let escaped = ''
  for (const character of text) escaped += HARMLESS.test(character) ? character : `#${character.codePointAt(0)};`
  return escaped
}
