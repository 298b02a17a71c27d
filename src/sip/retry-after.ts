import { parseInteger, parseParameters } from '../wire/index.js'

/** `Retry-After: 18000;duration=3600` or `120 (I'm in a meeting)` (RFC 3261 §20.33), seconds */
export interface RetryAfter {
  readonly seconds: number
  readonly duration?: number
}

export function parseRetryAfter(text: string): RetryAfter | undefined {
  let end = 0
  while (end < text.length && !' \t;('.includes(text[end] as string)) end++
  const seconds = parseInteger(text.slice(0, end))
  if (seconds === undefined || seconds > 0xffff_ffff) return undefined
  const tail = skipComment(text, end)
  const duration = parseInteger((tail === undefined ? undefined : parseParameters(text, tail))?.get('duration') ?? '')
  return { seconds, ...(duration !== undefined && { duration }) }
}

/** Index after an optional comment in parentheses; comments nest (RFC 3261 §25.1). */
function skipComment(text: string, from: number): number | undefined {
  let depth = 0
  for (let index = from; index < text.length; index++) {
    const character = text[index]
    if (character === '\\' && depth > 0) index++
    else if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ';' && depth === 0) return index
  }
  return depth === 0 ? text.length : undefined
}
