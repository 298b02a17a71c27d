/** Where the lanes are, in pixels. */
export interface LaneLayout {
  readonly gutter: number
  readonly gap: number
  /** Middle of each lane. */
  readonly lanes: readonly number[]
  readonly width: number
}

const LEAST_GAP = 164
const WIDEST_GAP = 380
/** Left of the first lane beside the gutter, and right of the last one: half of a name, and the text of a state. */
const FIRST = 56
const TAIL = 170

/** Spreads `count` lanes over `room` pixels; when there are too many, the whole gets wider than that. */
export function layOutLanes(count: number, room: number, gutter: number): LaneLayout {
  const isNarrow = room < 560
  const tail = isNarrow ? 84 : TAIL
  const least = isNarrow ? 132 : LEAST_GAP
  const gap = Math.round(Math.max(least, Math.min(WIDEST_GAP, (room - gutter - FIRST - tail) / Math.max(1, count - 1))))
  const lanes = Array.from({ length: count }, (_, lane) => gutter + FIRST + lane * gap)
  return { gutter, gap, lanes, width: (lanes.at(-1) ?? gutter) + tail }
}

/** Pixels from the left edge that a label may take between two lanes or beside one. */
export function spanOf({ lanes, gap }: LaneLayout, from: number, to: number): { readonly left: number; readonly width: number } {
  const [a, b] = [lanes[from] ?? 0, lanes[to] ?? 0]
  return from === to ? { left: a, width: gap } : { left: Math.min(a, b), width: Math.abs(a - b) }
}
