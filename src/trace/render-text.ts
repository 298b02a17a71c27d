import { cutText } from './cut-text.js'
import { formatElapsed } from './format-elapsed.js'
import type { Arrow, Ladder, LadderRow, StateMark } from './ladder.js'

export interface TextOptions {
  /** Columns to fill; lanes keep at least 22 apart, so many lanes may need more. Default 100. */
  readonly width?: number
}

/** Least room between two lanes: `├── 200 OK (SDP) ──▶│` */
const LEAST_GAP = 22
const WIDEST_GAP = 46
/** Room right of the last lane for `  dialog 12`. */
const TAIL = 13

interface Layout {
  readonly start: number
  readonly columns: readonly number[]
  readonly gap: number
  readonly timeWidth: number
}

/** The ladder as lines of text, the last one ended too. Times are seconds since the first row. */
export function renderText(ladder: Ladder, options: TextOptions = {}): string {
  const first = ladder.rows[0]
  const last = ladder.rows[ladder.rows.length - 1]
  if (first === undefined || last === undefined) return ''
  const timeWidth = Math.max(6, formatElapsed(last.time - first.time).length)
  const room = (options.width ?? 100) - timeWidth - 1 - TAIL
  const gap = Math.max(LEAST_GAP, Math.min(WIDEST_GAP, Math.floor(room / Math.max(1, ladder.lanes.length - 1))))
  const layout: Layout = { start: first.time, columns: ladder.lanes.map((_, lane) => timeWidth + 1 + lane * gap), gap, timeWidth }
  const seen = new Set<number>()
  const lines = [header(ladder.lanes, layout)]
  for (const row of ladder.rows) lines.push(rowLine(row, layout, seen))
  return `${lines.join('\n')}\n`
}

function header(names: readonly string[], { columns, gap }: Layout): string {
  let line = ''
  names.forEach((name, lane) => {
    const short = cutText(name, gap - 2)
    const at = Math.max(0, (columns[lane] as number) - Math.floor(short.length / 2))
    line = `${line.padEnd(at)}${short}`
  })
  return line
}

function rowLine(row: LadderRow, layout: Layout, seen: Set<number>): string {
  const cells: string[] = [...formatElapsed(row.time - layout.start).padStart(layout.timeWidth)]
  const end = layout.columns[layout.columns.length - 1] as number
  while (cells.length <= end) cells.push(' ')
  for (const column of layout.columns) cells[column] = '│'
  if (row.kind === 'state') return drawState(cells, row, layout)
  drawArrow(cells, row, layout)
  const isNew = row.dialog !== undefined && !seen.has(row.dialog)
  if (row.dialog !== undefined) seen.add(row.dialog)
  return `${cells.join('')}${isNew ? `  dialog ${row.dialog}` : ''}`
}

function drawState(cells: string[], row: StateMark, { columns, gap }: Layout): string {
  const at = columns[row.lane] as number
  cells[at] = '●'
  if (row.lane === columns.length - 1) return `${cells.join('')} ${row.text}`
  put(cells, at + 2, cutText(row.text, gap - 3))
  return cells.join('')
}

function drawArrow(cells: string[], arrow: Arrow, { columns, gap }: Layout): void {
  const from = columns[arrow.from] as number
  const to = columns[arrow.to] as number
  if (from === to) {
    put(cells, from, `↺ ${cutText(arrow.label, gap - 4)}`)
    return
  }
  const thick = arrow.protocol === 'msrp'
  const left = Math.min(from, to)
  const right = Math.max(from, to)
  for (let at = left + 1; at < right; at++) cells[at] = thick ? '═' : '─'
  if (from < to) {
    cells[from] = thick ? '╞' : '├'
    cells[to - 1] = '▶'
  } else {
    cells[from] = thick ? '╡' : '┤'
    cells[to + 1] = '◀'
  }
  put(cells, left + (from < to ? 3 : 4), ` ${cutText(arrow.label, right - left - 8)} `)
}

function put(cells: string[], at: number, text: string): void {
  let column = at
  for (const character of text) cells[column++] = character
}
