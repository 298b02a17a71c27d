import { findElementClause } from './clause.js'
import type { Dissector } from './dissector.js'
import { MAX_DISSECTED_DEPTH } from './limits.js'

const SPACE = ' \t\r\n'

/** Tags, attributes and text of an XML document, also of a broken one; nothing is expanded (SEC-11). */
export function dissectXml(out: Dissector, from: number, to: number): void {
  const { text } = out
  let depth = 0
  for (let at = from; at < to; ) {
    if (text[at] !== '<') {
      at = characterData(out, at, to, depth)
      continue
    }
    const special = ['!--', '![CDATA[', '?', '!'].find(opening => text.startsWith(opening, at + 1))
    if (special !== undefined) {
      at = endAfter(text, at, to, special === '!--' ? '-->' : special === '?' ? '?>' : special === '!' ? '>' : ']]>')
      continue
    }
    const end = tagEnd(text, at, to)
    if (text[at + 1] === '/') {
      out.mark(at, end, 'tag')
      if (depth > 0) out.leave(end)
      depth = Math.max(0, depth - 1)
    } else {
      startTag(out, at, end)
      if (text[end - 2] === '/' || depth === MAX_DISSECTED_DEPTH) out.leave(end)
      else depth++
    }
    at = end
  }
  for (; depth > 0; depth--) out.leave(to)
}

function characterData(out: Dissector, from: number, to: number, depth: number): number {
  const next = out.text.indexOf('<', from)
  const end = next < 0 || next > to ? to : next
  const content = out.text.slice(from, end).trim()
  if (content === '') return end
  out.mark(from, end, depth === 0 ? 'bad' : 'text')
  out.leaf('text', content, from, end)
  return end
}

/** `<name a="1" b='2'>`, left open. */
function startTag(out: Dissector, from: number, end: number): void {
  const { text } = out
  const inner = text[end - 1] !== '>' ? end : text[end - 2] === '/' ? end - 2 : end - 1
  let at = from + 1
  while (at < inner && !`${SPACE}/`.includes(text[at] as string)) at++
  const name = text.slice(from + 1, at)
  out.mark(from, at, 'tag')
  out.enter(`<${name}>`, '', from, end, findElementClause(name.slice(name.indexOf(':') + 1)))
  while (at < inner) at = `${SPACE}/`.includes(text[at] as string) ? at + 1 : attribute(out, at, inner)
  out.mark(inner, end, 'tag')
}

/** `name="value"`, or as much of it as there is. @returns where it ends */
function attribute(out: Dissector, from: number, end: number): number {
  const { text } = out
  let at = from
  while (at < end && !`${SPACE}=/`.includes(text[at] as string)) at++
  const name = text.slice(from, at)
  out.mark(from, at, 'parameter')
  const equals = skipSpace(text, at, end)
  if (equals === end || text[equals] !== '=') return equals
  out.mark(equals, equals + 1, 'punctuation')
  const valueAt = skipSpace(text, equals + 1, end)
  const quote = text[valueAt]
  const close = valueAt < end && (quote === '"' || quote === "'") ? text.indexOf(quote, valueAt + 1) : -1
  const valueEnd = close < 0 || close >= end ? end : close + 1
  out.mark(valueAt, valueEnd, 'string')
  out.leaf(name, text.slice(valueAt + 1, close === valueEnd - 1 ? close : valueEnd), from, valueEnd)
  return valueEnd
}

function skipSpace(text: string, from: number, end: number): number {
  let at = from
  while (at < end && SPACE.includes(text[at] as string)) at++
  return at
}

/** Behind the `>` that is in no attribute value. */
function tagEnd(text: string, from: number, to: number): number {
  let quote = ''
  for (let at = from + 1; at < to; at++) {
    const character = text[at] as string
    if (quote !== '') quote = character === quote ? '' : quote
    else if (character === '"' || character === "'") quote = character
    else if (character === '>') return at + 1
  }
  return to
}

function endAfter(text: string, from: number, to: number, closing: string): number {
  const found = text.indexOf(closing, from)
  return found < 0 || found + closing.length > to ? to : found + closing.length
}
