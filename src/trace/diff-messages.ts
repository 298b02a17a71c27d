import type { MessageEntry } from './entry.js'
import { MAX_COMPARED_LINES } from './limits.js'

/** A line of two messages side by side. */
export interface DiffRow {
  readonly kind: 'same' | 'changed' | 'removed' | 'added'
  /** Undefined where the other message has more. */
  readonly left: DiffSide | undefined
  readonly right: DiffSide | undefined
}

export interface DiffSide {
  readonly text: string
  /** The piece that differs, from what both begin with to what both end with; the whole line when only one has it. */
  readonly from: number
  readonly to: number
}

interface Line {
  readonly text: string
  /** Lines of the same key may stand beside one another. */
  readonly key: string
}

/**
 * Compares two messages line by line: start line with start line, each header with the one of its name wherever it stands (the order of
 * different headers means nothing, RFC 3261 §7.3.1), lines of the body in their order.
 */
export function diffMessages(left: MessageEntry, right: MessageEntry): readonly DiffRow[] {
  const [a, b] = [splitMessage(left.text), splitMessage(right.text)]
  return [
    pair({ text: a.start, key: '' }, { text: b.start, key: '' }),
    ...alignByName(a.headers, b.headers),
    ...(a.body.length + b.body.length === 0 ? [] : [pair({ text: '', key: '' }, { text: '', key: '' })]),
    ...alignInOrder(a.body, b.body),
  ]
}

function splitMessage(text: string): { readonly start: string; readonly headers: readonly Line[]; readonly body: readonly Line[] } {
  const lines = text.split('\n', MAX_COMPARED_LINES).map(line => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const blank = lines.indexOf('')
  const end = blank < 0 ? lines.length : blank
  const body = lines.slice(end + 1)
  if (body.at(-1) === '') body.pop()
  return {
    start: lines[0] as string,
    headers: lines.slice(1, end).map(line => ({ text: line, key: (line.split(':', 1)[0] as string).trim().toLowerCase() })),
    body: body.map(line => ({ text: line, key: bodyKey(line) })),
  }
}

/** `a=path:…` -> `a=path`; `m=message 9 …` -> `m=`; any other line is its own key up to the first colon. */
function bodyKey(line: string): string {
  if (line[1] === '=' && line[0] !== 'a') return line.slice(0, 2)
  return line.split(':', 1)[0] as string
}

function alignByName(left: readonly Line[], right: readonly Line[]): DiffRow[] {
  const waiting = new Map<string, Line[]>()
  for (const line of right) waiting.set(line.key, [...(waiting.get(line.key) ?? []), line])
  const rows = left.map(line => pair(line, waiting.get(line.key)?.shift()))
  return [...rows, ...right.filter(line => waiting.get(line.key)?.includes(line) === true).map(line => pair(undefined, line))]
}

/** The longest common sequence of keys, found line by line in a table. */
function alignInOrder(left: readonly Line[], right: readonly Line[]): DiffRow[] {
  const width = right.length + 1
  const lengths = new Uint16Array((left.length + 1) * width)
  const at = (i: number, j: number): number => lengths[i * width + j] as number
  for (let i = left.length - 1; i >= 0; i--)
    for (let j = right.length - 1; j >= 0; j--)
      lengths[i * width + j] = left[i]?.key === right[j]?.key ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  const rows: DiffRow[] = []
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [a, b] = [left[i], right[j]]
    if (a !== undefined && b !== undefined && a.key === b.key) {
      rows.push(pair(a, b))
      i++
      j++
    } else if (b === undefined || (a !== undefined && at(i + 1, j) >= at(i, j + 1))) {
      rows.push(pair(a, undefined))
      i++
    } else {
      rows.push(pair(undefined, b))
      j++
    }
  }
  return rows
}

function pair(left: Line | undefined, right: Line | undefined): DiffRow {
  if (left === undefined || right === undefined) {
    return { kind: left === undefined ? 'added' : 'removed', left: whole(left), right: whole(right) }
  }
  const [a, b] = [left.text, right.text]
  if (a === b) return { kind: 'same', left: { text: a, from: 0, to: 0 }, right: { text: b, from: 0, to: 0 } }
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  let end = 0
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++
  return { kind: 'changed', left: { text: a, from: start, to: a.length - end }, right: { text: b, from: start, to: b.length - end } }
}

function whole(line: Line | undefined): DiffSide | undefined {
  return line === undefined ? undefined : { text: line.text, from: 0, to: line.text.length }
}
