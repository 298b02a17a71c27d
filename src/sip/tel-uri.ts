import { DIGIT, equalFold, HEX, is } from '../wire/index.js'
import type { SipUri } from './uri.js'

/** `tel:+1-201-555-0123` or `tel:7042;phone-context=example.com` (RFC 3966 §3). */
export function parseTelUri(text: string): SipUri | undefined {
  const [number = '', ...pairs] = text.slice(4).split(';')
  const parameters = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    const name = (equals < 0 ? pair : pair.slice(0, equals)).toLowerCase()
    if (name === '' || parameters.has(name) || !isVisible(pair)) return undefined
    parameters.set(name, equals < 0 ? '' : pair.slice(equals + 1))
  }
  // RFC 3966 §5.1.4: a local number means nothing without its context
  const valid = number.startsWith('+')
    ? isNumber(number.slice(1), DIGIT, '')
    : isNumber(number, HEX, '*#') && parameters.has('phone-context')
  return valid ? { scheme: 'tel', user: number, host: '', parameters, headers: new Map() } : undefined
}

/** RFC 3966 §5: visual separators and case do not count, every parameter must be in both, in any order. */
export function equalTelUris(a: SipUri, b: SipUri): boolean {
  if (bareNumber(a.user) !== bareNumber(b.user) || a.parameters.size !== b.parameters.size) return false
  for (const [name, value] of a.parameters) {
    const other = b.parameters.get(name)
    if (other === undefined) return false
    const same = name === 'ext' || name === 'phone-context' ? bareNumber(value) === bareNumber(other) : equalFold(value, other)
    if (!same) return false
  }
  return true
}

function isNumber(text: string, digits: number, others: string): boolean {
  let seen = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index] as string
    if (is(text.charCodeAt(index), digits) || others.includes(character)) seen = true
    else if (!SEPARATORS.includes(character)) return false
  }
  return seen
}

function bareNumber(text = ''): string {
  let bare = ''
  for (const character of text.toLowerCase()) if (!SEPARATORS.includes(character)) bare += character
  return bare
}

function isVisible(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code <= 0x20 || code >= 0x7f || code === 0x3c || code === 0x3e || code === 0x22) return false
  }
  return true
}

/** visual-separator, RFC 3966 §3 */
const SEPARATORS = '-.()'
