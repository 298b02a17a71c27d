import { parseInteger } from '../wire/index.js'
import type { FileRange } from './file-media.js'

/** `65206-100000`, `1-*` (RFC 5547 §6) */
export function formatFileRange(range: FileRange): string {
  return `${range.start}-${range.stop ?? '*'}`
}

/** @returns undefined unless start is at least 1 and stop is `*` or at least start (SDP-21) */
export function parseFileRange(value: string): FileRange | undefined {
  const dash = value.indexOf('-')
  const start = dash < 0 ? undefined : parseOffset(value.slice(0, dash))
  const end = value.slice(dash + 1)
  const stop = end === '*' ? undefined : parseOffset(end)
  if (start === undefined || (end !== '*' && (stop === undefined || stop < start))) return undefined
  return { start, stop }
}

/** Whether a file of `size` octets has the whole range (SDP-21); `1-*` fits every file, the empty one too. */
export function rangeFits(range: FileRange, size: number): boolean {
  return range.start <= Math.max(size, 1) && (range.stop === undefined || range.stop <= size)
}

/** Both name the same octets; `undefined` means `1-*`. */
export function sameRange(a: FileRange | undefined, b: FileRange | undefined): boolean {
  return (a?.start ?? 1) === (b?.start ?? 1) && a?.stop === b?.stop
}

function parseOffset(text: string): number | undefined {
  return text.startsWith('0') ? undefined : parseInteger(text)
}
