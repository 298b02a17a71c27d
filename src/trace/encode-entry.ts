import type { TraceEntry } from './entry.js'

/** One line of a trace file, with its line feed. JSON escapes every control character, so the entry stays on one line. */
export function encodeEntry(entry: TraceEntry): string {
  return `${JSON.stringify(entry)}\n`
}
