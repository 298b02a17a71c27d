import { findSdpClause } from './clause.js'
import type { Dissector } from './dissector.js'

/** Characters that end a word in an SDP value. */
const BREAKS = ' \t":;,/'

/** Lines `x=value` of a session description (RFC 8866 §5); the lines of a medium are parts of its m-line. */
export function dissectSdp(out: Dissector, from: number, to: number): void {
  let inMedium = false
  for (const line of out.lines(from, to)) {
    if (line.from === line.to) continue
    if (out.text[line.from + 1] !== '=') {
      out.mark(line.from, line.to, 'bad')
      out.leaf('?', out.text.slice(line.from, line.to), line.from, line.to)
      continue
    }
    const isMedium = out.text[line.from] === 'm'
    if (isMedium && inMedium) out.leave(line.from)
    dissectLine(out, line.from, line.to, isMedium)
    inMedium ||= isMedium
  }
  if (inMedium) out.leave(to)
}

function dissectLine(out: Dissector, from: number, to: number, staysOpen: boolean): void {
  const { text } = out
  const type = text[from] as string
  const colon = text.indexOf(':', from)
  // Only attributes and bandwidths have a name of their own before a colon
  const nameEnd = type !== 'a' && type !== 'b' ? from + 2 : colon < 0 || colon > to ? to : colon
  const label = text.slice(from, nameEnd > from + 2 ? nameEnd : from + 1)
  const valueAt = nameEnd > from + 2 ? Math.min(to, nameEnd + 1) : from + 2
  out.mark(from, nameEnd > from + 2 ? nameEnd : from + 1, 'name')
  out.mark(nameEnd > from + 2 ? nameEnd : from + 1, valueAt, 'punctuation')
  out.enter(label, text.slice(valueAt, to), from, to, findSdpClause(label))
  if (label === 'a=file-selector') dissectSelectors(out, valueAt, to)
  else dissectWords(out, valueAt, to)
  if (!staysOpen) out.leave(to)
}

/** `name:"plan.pdf" type:application/pdf size:1281000 hash:sha-1:72:24:…` (RFC 5547 §6) */
function dissectSelectors(out: Dissector, from: number, to: number): void {
  const { text } = out
  for (let at = from; at < to; ) {
    if (text[at] === ' ') {
      at++
      continue
    }
    let end = at
    for (let inside = false; end < to && (inside || text[end] !== ' '); end++) if (text[end] === '"') inside = !inside
    const colon = text.indexOf(':', at)
    const nameEnd = colon < 0 || colon > end ? end : colon
    const name = text.slice(at, nameEnd)
    out.mark(at, nameEnd, 'parameter')
    out.enter(name, text.slice(Math.min(end, nameEnd + 1), end), at, end, findSdpClause(`a=file-selector ${name}`))
    dissectWords(out, nameEnd, end)
    out.leave(end)
    at = end
  }
}

function dissectWords(out: Dissector, from: number, to: number): void {
  const { text } = out
  for (let at = from; at < to; ) {
    const character = text[at] as string
    let end = at + 1
    if (character === '"') {
      while (end < to && text[end] !== '"') end++
      end = Math.min(to, end + 1)
      out.mark(at, end, 'string')
    } else if (BREAKS.includes(character)) {
      if (character !== ' ') out.mark(at, end, 'punctuation')
    } else {
      while (end < to && !BREAKS.includes(text[end] as string)) end++
      const word = text.slice(at, end)
      if (word === 'msrp' || word === 'msrps') {
        while (end < to && text[end] !== ' ') end++
        out.mark(at, end, 'uri')
      } else if (/^[0-9.]{1,40}$/.test(word)) out.mark(at, end, 'number')
    }
    at = end
  }
}
