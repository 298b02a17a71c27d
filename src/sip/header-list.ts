import { splitOutsideQuotes } from '../wire/index.js'
import type { SipHeaders } from './headers.js'

/** `a, "b,c" <sip:x,y@host>, d` to its elements: commas inside quotes and angle brackets separate nothing (RFC 3261 §7.3.1). */
export function splitList(value: string): string[] {
  if (!value.includes(',')) return value === '' ? [] : [value]
  return splitOutsideQuotes(value, ',').filter(element => element !== '')
}

/** Elements of all lines of `name`, in order. Only for header fields whose grammar is a comma list. */
export function listValues(headers: SipHeaders, name: string): string[] {
  const lines = headers.getAll(name)
  // The usual case, and one that runs several times for every message
  if (lines.length === 0) return lines
  if (lines.length === 1) return splitList(lines[0] as string)
  const values: string[] = []
  for (const line of lines)
    if (line.includes(',')) values.push(...splitList(line))
    else if (line !== '') values.push(line)
  return values
}
