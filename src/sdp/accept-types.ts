import { equalFold, splitOutsideQuotes } from '../wire/index.js'

/** `message/cpim text/plain;charset=utf-8 image/* *` to its entries (RFC 4975 §8.6). */
export function parseAcceptTypes(value: string): string[] {
  return splitOutsideQuotes(value, ' ').filter(entry => entry !== '')
}

/**
 * Whether content of `mediaType` (`type/subtype`, parameters allowed) may be sent to the author of `list`.
 * Parameters do not count on either side, `type/*` and `*` match as they say, without regard to case (SDP-5).
 */
export function acceptsType(list: readonly string[], mediaType: string): boolean {
  const wanted = bareType(mediaType)
  return list.some(entry => matches(bareType(entry), wanted))
}

/** Whether both sides can exchange at least one type: an entry of one list is accepted by the other (SDP-5). */
export function haveCommonType(a: readonly string[], b: readonly string[]): boolean {
  return a.some(entry => acceptsType(b, entry)) || b.some(entry => acceptsType(a, entry))
}

function matches(entry: string, wanted: string): boolean {
  if (entry === '*') return true
  if (!entry.endsWith('/*')) return equalFold(entry, wanted)
  return wanted.slice(0, entry.length - 1).toLowerCase() === entry.slice(0, -1).toLowerCase()
}

function bareType(text: string): string {
  const end = text.indexOf(';')
  return (end < 0 ? text : text.slice(0, end)).trim()
}
