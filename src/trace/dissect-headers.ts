import type { Clause } from './clause.js'
import { dissectValue } from './dissect-value.js'
import type { Dissector } from './dissector.js'
import { MAX_HEADERS } from './limits.js'

export interface HeadersFound {
  /** Lower-case name, as written -> value of the first one. */
  readonly values: ReadonlyMap<string, string>
  /** Where the body begins: behind the empty line. */
  readonly bodyAt: number
}

/** Header lines until an empty one, lines that begin with white space joined to the one before (RFC 3261 §7.3.1). */
export function dissectHeaders(out: Dissector, from: number, to: number, clauseOf: (name: string) => Clause | undefined): HeadersFound {
  const { text } = out
  const values = new Map<string, string>()
  const fields: { from: number; to: number }[] = []
  let bodyAt = to
  for (const line of out.lines(from, to)) {
    if (line.from === line.to || fields.length === MAX_HEADERS) {
      bodyAt = line.from === line.to ? line.next : line.from
      break
    }
    const last = fields.at(-1)
    if (last !== undefined && ' \t'.includes(text[line.from] as string)) last.to = line.to
    else fields.push({ from: line.from, to: line.to })
  }
  for (const field of fields) {
    const colon = text.indexOf(':', field.from)
    if (colon < 0 || colon >= field.to || colon === field.from) {
      out.mark(field.from, field.to, 'bad')
      out.leaf('?', text.slice(field.from, field.to), field.from, field.to)
      continue
    }
    const name = text.slice(field.from, colon).trimEnd()
    const value = text.slice(colon + 1, field.to).trim()
    const lower = name.toLowerCase()
    if (!values.has(lower)) values.set(lower, value)
    out.mark(field.from, field.from + name.length, 'name')
    out.mark(colon, colon + 1, 'punctuation')
    out.enter(name, value, field.from, field.to, clauseOf(name))
    dissectValue(out, colon + 1, field.to)
    out.leave(field.to)
  }
  return { values, bodyAt }
}
