import { findParameterClause } from './clause.js'
import type { Dissector } from './dissector.js'

/** Characters that end a word in a value. */
const BREAKS = ' \t;,="<>()\r\n'
const DIGITS = '0123456789'

/**
 * Colours a header value, and adds its parameters as parts: `"A" <sip:a@h;x>;tag=1`. Good for every header of SIP, MSRP, MIME and CPIM,
 * since all of them write strings, addresses and parameters alike (RFC 3261 §7.3.1).
 */
export function dissectValue(out: Dissector, from: number, to: number): void {
  const { text } = out
  for (let at = from; at < to; ) {
    const character = text[at] as string
    if (character === '"') at = quoted(out, at, to)
    else if (character === '<') at = bracketed(out, at, to)
    else if (character === ';') at = parameter(out, at, to)
    else if (',=()>'.includes(character)) {
      out.mark(at, at + 1, 'punctuation')
      at++
    } else if (' \t\r\n'.includes(character)) at++
    else at = word(out, at, to)
  }
}

function quoted(out: Dissector, from: number, to: number): number {
  let at = from + 1
  while (at < to && out.text[at] !== '"') at += out.text[at] === '\\' ? 2 : 1
  const end = Math.min(to, at + 1)
  out.mark(from, end, 'string')
  return end
}

function bracketed(out: Dissector, from: number, to: number): number {
  const close = out.text.indexOf('>', from)
  const end = close < 0 || close >= to ? to : close
  out.mark(from, from + 1, 'punctuation')
  out.mark(from + 1, end, 'uri')
  out.mark(end, Math.min(to, end + 1), 'punctuation')
  return Math.min(to, end + 1)
}

/** `;name`, `;name=word`, `;name="text"`, `;name=<uri>` */
function parameter(out: Dissector, from: number, to: number): number {
  out.mark(from, from + 1, 'punctuation')
  const start = skipSpace(out.text, from + 1, to)
  const nameEnd = wordEnd(out.text, start, to)
  if (nameEnd === start) return start
  out.mark(start, nameEnd, 'parameter')
  const equals = skipSpace(out.text, nameEnd, to)
  const name = out.text.slice(start, nameEnd)
  if (out.text[equals] !== '=' || equals >= to) {
    out.leaf(name, '', start, nameEnd, findParameterClause(name))
    return nameEnd
  }
  out.mark(equals, equals + 1, 'punctuation')
  const valueAt = skipSpace(out.text, equals + 1, to)
  const first = out.text[valueAt]
  const end =
    valueAt >= to ? to : first === '"' ? quoted(out, valueAt, to) : first === '<' ? bracketed(out, valueAt, to) : word(out, valueAt, to)
  out.leaf(name, out.text.slice(valueAt, end), start, end, findParameterClause(name))
  return end
}

/** A URI, a number, or any other word. */
function word(out: Dissector, from: number, to: number): number {
  const end = Math.max(wordEnd(out.text, from, to), from)
  const piece = out.text.slice(from, end)
  if (isUri(piece)) {
    // A URI without brackets: what is behind the semicolon belongs to it in a path, and to the header elsewhere
    const whole = piece.startsWith('msrp') ? uriEnd(out.text, end, to) : end
    out.mark(from, whole, 'uri')
    return whole
  }
  if ([...piece].every(character => DIGITS.includes(character))) out.mark(from, end, 'number')
  return Math.max(end, from + 1)
}

function isUri(piece: string): boolean {
  return ['sip:', 'sips:', 'tel:', 'im:', 'urn:', 'msrp:', 'msrps:', 'http:', 'https:', 'cid:'].some(scheme => piece.startsWith(scheme))
}

function uriEnd(text: string, from: number, to: number): number {
  let at = from
  while (at < to && !' \t\r\n,'.includes(text[at] as string)) at++
  return at
}

function wordEnd(text: string, from: number, to: number): number {
  let at = from
  while (at < to && !BREAKS.includes(text[at] as string)) at++
  return at
}

function skipSpace(text: string, from: number, to: number): number {
  let at = from
  while (at < to && ' \t\r\n'.includes(text[at] as string)) at++
  return at
}
