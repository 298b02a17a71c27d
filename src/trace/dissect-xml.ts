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
  let at = from + 1
  while (at < end && !`${SPACE}/>`.includes(text[at] as string)) at++
  const name = text.slice(from + 1, at)
  out.mark(from, at, 'tag')
  out.enter(`<${name}>`, '', from, end, findElementClause(name.slice(name.indexOf(':') + 1)))
  while (at < end) {
    if (`${SPACE}/>`.includes(text[at] as string)) {
      at++
      continue
    }
    const start = at
    while (at < end && !`${SPACE}=/>`.includes(text[at] as string)) at++
    const attribute = text.slice(start, at)
    out.mark(start, at, 'parameter')
    if (text[at] !== '=') continue
    const quote = text[at + 1]
    const close = quote === '"' || quote === "'" ? text.indexOf(quote, at + 2) : -1
    const valueEnd = close < 0 || close >= end ? end - 1 : close + 1
    out.mark(at, at + 1, 'punctuation')
    out.mark(at + 1, valueEnd, 'string')
    out.leaf(attribute, text.slice(at + 2, Math.max(at + 2, valueEnd - 1)), start, valueEnd)
    at = Math.max(at + 1, valueEnd)
  }
  out.mark(text[end - 2] === '/' ? end - 2 : end - 1, end, 'tag')
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
