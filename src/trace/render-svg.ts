import { formatXml, type XmlOutput } from '../wire/index.js'
import { cutText } from './cut-text.js'
import type { TraceEntry } from './entry.js'
import { formatElapsed } from './format-elapsed.js'
import { type Arrow, buildLadder, type Ladder, type LadderRow, type StateMark } from './ladder.js'
import { laneAddresses } from './lane-addresses.js'
import { MAX_LANE_ADDRESSES, MAX_SVG_ROWS } from './limits.js'
import { visibleText } from './visible-text.js'

export interface SvgOptions {
  /** Heading of the drawing and its name for readers of screens. Default 'SIP and MSRP trace'. */
  readonly title?: string
  /** Pixels to fill; lanes keep at least 220 apart, so many lanes may need more. Default 960. */
  readonly width?: number
}

const LEAST_GAP = 220
const WIDEST_GAP = 420
/** Left of the first lane, for times; right of the last one, for the number of a dialog or a state. */
const TIME_WIDTH = 110
const TAIL = 220
const TITLE_BASE = 28
const TITLE_SCALE = 1.25
const LEGEND_WIDTH = 140
const LANE_BASE = 60
const LINE_HEIGHT = 16
const ROW_HEIGHT = 30
/** A character of the 13 pixel font is about that wide. */
const CHARACTER = 7.9
const COLOURS = { sip: '#0b57d0', msrp: '#9a5b00', bad: '#b3261e', ink: '#1f1f1f', faint: '#8a8a8a' }

/** Where things are: x of each lane, y of the first row, pixels between lanes. */
interface Layout {
  readonly lanes: readonly number[]
  readonly gap: number
  readonly top: number
  readonly start: number
}

/**
 * The ladder of `entries` as one SVG document of its own: no script, no style sheet, no link to anything outside.
 * Every text is escaped, so whatever the messages say stays text. Times are seconds since the first row.
 */
export function renderSvg(entries: readonly TraceEntry[], options: SvgOptions = {}): string {
  const ladder = buildLadder(entries)
  const shown = ladder.rows.slice(0, MAX_SVG_ROWS)
  const layout = layOut(ladder, options.width ?? 960)
  const left = ladder.rows.length - shown.length
  const bottom = layout.top + (shown.length + (left > 0 ? 1 : 0)) * ROW_HEIGHT
  const width = (layout.lanes.at(-1) ?? TIME_WIDTH) + TAIL
  const name = visibleText(options.title ?? 'SIP and MSRP trace')
  const title = cutText(name, charactersIn((width - LEGEND_WIDTH) / TITLE_SCALE))
  const seen = new Set<number>()
  return formatXml({
    name: 'svg',
    attributes: [
      ['xmlns', 'http://www.w3.org/2000/svg'],
      ...numbers({ width, height: bottom + ROW_HEIGHT }),
      ['viewBox', `0 0 ${width} ${bottom + ROW_HEIGHT}`],
      ['role', 'img'],
      ['font-family', 'ui-monospace, Menlo, Consolas, monospace'],
      ['font-size', '13'],
    ],
    content: [
      { name: 'title', content: [name] },
      {
        name: 'rect',
        attributes: [
          ['width', '100%'],
          ['height', '100%'],
          ['fill', '#ffffff'],
        ],
      },
      words(16, TITLE_BASE, title, { size: 13 * TITLE_SCALE }),
      ...legend(title),
      ...lanes(ladder, layout, bottom),
      ...shown.flatMap((row, index) => drawRow(row, layout, layout.top + index * ROW_HEIGHT, seen)),
      ...(left > 0 ? [words(16, bottom - ROW_HEIGHT / 2, `… ${left} more`, { colour: COLOURS.faint })] : []),
    ],
  })
}

function layOut({ lanes, rows }: Ladder, width: number): Layout {
  const room = (width - TIME_WIDTH - TAIL) / Math.max(1, lanes.length - 1)
  const gap = Math.max(LEAST_GAP, Math.min(WIDEST_GAP, Math.floor(room)))
  return {
    lanes: lanes.map((_, lane) => TIME_WIDTH + lane * gap),
    gap,
    top: LANE_BASE + (MAX_LANE_ADDRESSES + 2) * LINE_HEIGHT,
    start: rows[0]?.time ?? 0,
  }
}

/** Behind the title: which colour is which protocol. */
function legend(title: string): XmlOutput[] {
  const x = 16 + (title.length + 2) * CHARACTER * TITLE_SCALE
  return [words(x, TITLE_BASE, 'SIP', { colour: COLOURS.sip }), words(x + 5 * CHARACTER, TITLE_BASE, 'MSRP', { colour: COLOURS.msrp })]
}

function lanes(ladder: Ladder, { lanes, gap, top }: Layout, bottom: number): XmlOutput[] {
  const addresses = laneAddresses(ladder)
  // Names stand in the middle of their lane, and left of the first one there is room for times only
  const fitting = charactersIn(Math.min(gap, 2 * TIME_WIDTH) - 10)
  return lanes.flatMap((x, lane) => [
    words(x, LANE_BASE, cutText(ladder.lanes[lane] as string, fitting), { anchor: 'middle', bold: true }),
    ...(addresses[lane] as readonly string[]).map((address, line) =>
      words(x, LANE_BASE + (line + 1) * LINE_HEIGHT, cutText(address, fitting), { anchor: 'middle', colour: COLOURS.faint }),
    ),
    stroke(x, top - LINE_HEIGHT, x, bottom, COLOURS.faint),
  ])
}

function drawRow(row: LadderRow, layout: Layout, y: number, seen: Set<number>): XmlOutput[] {
  const line = y + ROW_HEIGHT / 2
  const time = words(16, line + 4, formatElapsed(row.time - layout.start), { colour: COLOURS.faint })
  if (row.kind === 'state') return [time, ...drawState(row, layout, line)]
  if (row.dialog === undefined || seen.has(row.dialog)) return [time, ...drawArrow(row, layout, line)]
  seen.add(row.dialog)
  const dialog = words((layout.lanes.at(-1) as number) + 16, line + 4, `dialog ${row.dialog}`, { colour: COLOURS.faint })
  return [time, ...drawArrow(row, layout, line), dialog]
}

function drawState({ lane, text }: StateMark, layout: Layout, y: number): XmlOutput[] {
  const x = layout.lanes[lane] as number
  return [
    { name: 'circle', attributes: [...numbers({ cx: x, cy: y, r: 5 }), ['fill', COLOURS.ink]] },
    words(x + 12, y + 4, cutText(text, charactersIn(roomBeside(lane, layout) - 20)), {}),
  ]
}

function drawArrow(arrow: Arrow, layout: Layout, y: number): XmlOutput[] {
  const from = layout.lanes[arrow.from] as number
  const to = layout.lanes[arrow.to] as number
  const colour = arrow.undecodable ? COLOURS.bad : COLOURS[arrow.protocol]
  if (from === to)
    return [words(from + 8, y + 4, `↺ ${cutText(arrow.label, charactersIn(roomBeside(arrow.from, layout) - 40))}`, { colour })]
  const label = cutText(arrow.label, charactersIn(Math.abs(to - from) - 24))
  const back = to > from ? -9 : 9
  return [
    stroke(from, y, to + back, y, colour, arrow.protocol === 'msrp' ? 2.5 : 1.5),
    {
      name: 'path',
      attributes: [
        ['d', `M${to} ${y}l${back} -5v10z`],
        ['fill', colour],
      ],
    },
    words((from + to) / 2, y - 5, label, { colour, anchor: 'middle' }),
  ]
}

/** Pixels right of a lane. */
function roomBeside(lane: number, { lanes, gap }: Layout): number {
  return lane === lanes.length - 1 ? TAIL : gap
}

function charactersIn(pixels: number): number {
  return Math.floor(pixels / CHARACTER)
}

interface Style {
  readonly colour?: string
  readonly anchor?: 'middle'
  readonly bold?: boolean
  readonly size?: number
}

function words(x: number, y: number, text: string, { colour = COLOURS.ink, anchor, bold, size }: Style): XmlOutput {
  return {
    name: 'text',
    attributes: [
      ...numbers({ x, y }),
      ['fill', colour],
      ...(anchor === undefined ? [] : [['text-anchor', anchor] as const]),
      ...(bold === true ? [['font-weight', 'bold'] as const] : []),
      ...(size === undefined ? [] : [['font-size', `${size}`] as const]),
    ],
    content: [text],
  }
}

function stroke(x1: number, y1: number, x2: number, y2: number, colour: string, width = 1): XmlOutput {
  return { name: 'line', attributes: [...numbers({ x1, y1, x2, y2 }), ['stroke', colour], ['stroke-width', `${width}`]] }
}

/** Whole tenths are fine enough, and short. */
function numbers(values: Readonly<Record<string, number>>): (readonly [string, string])[] {
  return Object.entries(values).map(([name, value]) => [name, `${Math.round(value * 10) / 10}`])
}
