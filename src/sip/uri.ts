import { ALPHA, DIGIT, equalFold, HEX, is } from '../wire/index.js'
import { formatHost, isIpv6, parseHostPort } from './host.js'
import { equalTelUris, parseTelUri } from './tel-uri.js'

/**
 * `sip:user:password@host:port;uri-parameters?headers` (RFC 3261 §19.1.1) or `tel:+358-555-1234567;ext=9` (RFC 3966 §3).
 * User, password, parameter values and headers keep their %-escapes; parameter names are lower case.
 */
export interface SipUri {
  readonly scheme: 'sip' | 'sips' | 'tel'
  /** For `tel` the number as written, with its visual separators. */
  readonly user?: string
  readonly password?: string
  /** Without brackets when IPv6; '' for `tel`. */
  readonly host: string
  readonly port?: number
  /** A parameter without value has ''. */
  readonly parameters: ReadonlyMap<string, string>
  readonly headers: ReadonlyMap<string, string>
}

/** @returns undefined for another scheme or text outside the grammar */
export function parseSipUri(text: string): SipUri | undefined {
  if (text.length > URI_LENGTH) return undefined
  const known = recentTexts.indexOf(text)
  if (known >= 0) return recentUris[known]
  const uri = readSipUri(text)
  recentTexts[nextRecent] = text
  recentUris[nextRecent] = uri
  nextRecent = (nextRecent + 1) % RECENT_URIS
  return uri
}

function readSipUri(text: string): SipUri | undefined {
  const scheme = uriScheme(text)
  if (scheme === 'tel') return parseTelUri(text)
  if (scheme !== 'sip' && scheme !== 'sips') return undefined
  const start = scheme.length + 1
  let userEnd = -1
  let semicolon = -1
  let query = -1
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === AT) {
      if (userEnd >= 0) return undefined
      userEnd = index
      // what stood before it belongs to the user
      semicolon = query = -1
    } else if (code === QUESTION_MARK && query < 0) query = index
    else if (code === SEMICOLON && semicolon < 0 && query < 0) semicolon = index
  }
  const at = userEnd < 0 ? start : userEnd + 1
  const end = query < 0 ? text.length : query
  const hostEnd = semicolon < 0 ? end : semicolon
  const place = isVisible(text, at, hostEnd) ? parseHostPort(text, at, hostEnd) : undefined
  const parameters = semicolon < 0 ? NONE : parsePairs(text.slice(semicolon + 1, end), ';', PARAMETER)
  const headers = query < 0 ? NONE : parsePairs(text.slice(query + 1), '&', HEADER)
  if (place === undefined || parameters === undefined || headers === undefined) return undefined
  // Assigned, not spread: this runs several times for every message
  const uri: { -readonly [Key in keyof SipUri]: SipUri[Key] } = { scheme, host: place.host, parameters, headers }
  if (place.port !== undefined) uri.port = place.port
  return userEnd < 0 || readUserinfo(text, start, userEnd, uri) ? uri : undefined
}

export function formatSipUri(uri: SipUri): string {
  let text = `${uri.scheme}:${uri.user ?? ''}`
  if (uri.password !== undefined) text += `:${uri.password}`
  if (uri.scheme !== 'tel') text += `${uri.user === undefined ? '' : '@'}${formatHost(uri.host)}`
  if (uri.port !== undefined) text += `:${uri.port}`
  for (const [name, value] of uri.parameters) text += value === '' ? `;${name}` : `;${name}=${value}`
  let mark = '?'
  for (const [name, value] of uri.headers) {
    text += `${mark}${name}=${value}`
    mark = '&'
  }
  return text
}

/** RFC 3261 §19.1.4, RFC 3966 §5. Texts that are no SIP or tel URI are equal only when identical. */
export function equalSipUris(a: SipUri | string, b: SipUri | string): boolean {
  const left = typeof a === 'string' ? parseSipUri(a) : a
  const right = typeof b === 'string' ? parseSipUri(b) : b
  if (left === undefined || right === undefined) return a === b
  // sip and sips are never equal
  if (left.scheme !== right.scheme) return false
  if (left.scheme === 'tel') return equalTelUris(left, right)
  return (
    sameText(left.user, right.user) &&
    sameText(left.password, right.password) &&
    sameHost(left.host, right.host) &&
    left.port === right.port &&
    sameParameters(left.parameters, right.parameters) &&
    sameHeaders(left.headers, right.headers)
  )
}

/** Lower-case scheme of any URI; undefined when there is none. */
export function uriScheme(text: string): string | undefined {
  if (text.startsWith('sip:')) return 'sip'
  const colon = text.indexOf(':')
  if (colon <= 0 || colon > SCHEME_LENGTH || !is(text.charCodeAt(0), ALPHA)) return undefined
  for (let index = 1; index < colon; index++) {
    const code = text.charCodeAt(index)
    if (!is(code, ALPHA | DIGIT) && code !== 0x2b && code !== 0x2d && code !== 0x2e) return undefined
  }
  return text.slice(0, colon).toLowerCase()
}

/** Whether `text` may stand where the grammar says addr-spec: a SIP or tel URI in good form, or any other absolute URI. */
export function isAbsoluteUri(text: string): boolean {
  const scheme = uriScheme(text)
  if (scheme === 'sip' || scheme === 'sips') return parseSipUri(text) !== undefined
  return scheme !== undefined && text.length > scheme.length + 1 && isVisible(text, 0, text.length)
}

/** No blanks, no control characters, nothing but ASCII, and neither quotes nor angle brackets. */
function isVisible(text: string, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    if (code <= 0x20 || code >= 0x7f || code === 0x22 || code === 0x3c || code === 0x3e) return false
  }
  return true
}

/** CPM-1: a recipient we can send to: a `sip:` or `sips:` address with user part, or a global `tel:` number. */
export function isUsableAddress(text: string): boolean {
  const uri = parseSipUri(text)
  if (uri === undefined || uri.headers.size > 0) return false
  return uri.scheme === 'tel' ? (uri.user as string).startsWith('+') : uri.user !== undefined
}

/** Text in which equivalent escapes look alike: %HH of a character that is not reserved becomes that character (RFC 3261 §19.1.4). */
export function normalizeEscapes(text: string): string {
  if (!text.includes('%')) return text
  let normal = ''
  for (let index = 0; index < text.length; index++) {
    const hex = text.slice(index + 1, index + 3)
    if (text[index] !== '%' || !isHexPair(hex)) {
      normal += text[index]
      continue
    }
    const code = Number.parseInt(hex, 16)
    const character = String.fromCharCode(code)
    normal += code > 0x20 && code < 0x7f && code !== 0x25 && !RESERVED.includes(character) ? character : `%${hex.toUpperCase()}`
    index += 2
  }
  return normal
}

/** userinfo = user [":" password] in `text[from, to)`; an escape is "%" HEX HEX */
function readUserinfo(text: string, from: number, to: number, uri: { user?: string; password?: string }): boolean {
  const colon = text.indexOf(':', from)
  const userEnd = colon < 0 || colon > to ? to : colon
  if (userEnd === from || !isEscaped(text, from, userEnd, USER)) return false
  uri.user = text.slice(from, userEnd)
  if (userEnd === to) return true
  uri.password = text.slice(userEnd + 1, to)
  return isEscaped(text, userEnd + 1, to, PASSWORD)
}

/** `name=value;flag` or `name=value&name=value`. A name may stand once. */
function parsePairs(text: string, separator: string, allowed: number): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>()
  let equals = -1
  for (let at = 0; at <= text.length; ) {
    const end = indexOrEnd(text, separator, at)
    // looked for again only once it is passed, so that flags without value cost no second look
    if (equals < at) equals = indexOrEnd(text, '=', at)
    const nameEnd = Math.min(equals, end)
    const name = text.slice(at, nameEnd).toLowerCase()
    const value = nameEnd === end ? '' : text.slice(nameEnd + 1, end)
    if (name === '' || pairs.has(name) || !isEscaped(name, 0, name.length, allowed) || !isEscaped(value, 0, value.length, allowed))
      return undefined
    pairs.set(name, value)
    at = end + 1
  }
  return pairs
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from)
  return index < 0 ? text.length : index
}

/** `text[from, to)` has only characters of the class `allowed` and well-formed escapes. */
function isEscaped(text: string, from: number, to: number, allowed: number): boolean {
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    if (code < 128 && ((CLASSES[code] as number) & allowed) !== 0) continue
    if (code !== 0x25 || index + 2 >= to || !isHexPair(text.slice(index + 1, index + 3))) return false
    index += 2
  }
  return true
}

function isHexPair(text: string): boolean {
  return text.length === 2 && is(text.charCodeAt(0), HEX) && is(text.charCodeAt(1), HEX)
}

function sameText(a: string | undefined, b: string | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && normalizeEscapes(a) === normalizeEscapes(b))
}

function sameHost(a: string, b: string): boolean {
  return equalFold(a, b) || (isIpv6(a) && isIpv6(b) && expandIpv6(a) === expandIpv6(b))
}

/** Eight groups without leading zeros, so that every spelling of an address is the same text. */
function expandIpv6(address: string): string {
  const [head = '', tail] = address.toLowerCase().split('::')
  const left = head === '' ? [] : head.split(':').flatMap(toGroups)
  const right = tail === undefined || tail === '' ? [] : tail.split(':').flatMap(toGroups)
  const gap = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...gap, ...right].join(':')
}

function toGroups(part: string): string[] {
  if (!part.includes('.')) return [Number.parseInt(part, 16).toString(16)]
  const [a, b, c, d] = part.split('.').map(Number) as [number, number, number, number]
  return [(a * 256 + b).toString(16), (c * 256 + d).toString(16)]
}

function sameParameters(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined ? COUNTS_ALONE.has(name) : !equalFold(normalizeEscapes(value), normalizeEscapes(other))) return false
  }
  for (const name of b.keys()) if (!a.has(name) && COUNTS_ALONE.has(name)) return false
  return true
}

function sameHeaders(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) if (!sameText(value, b.get(name))) return false
  return true
}

const NONE: ReadonlyMap<string, string> = new Map()

/** Parameters that make a URI different when only one of the two has them; `transport` because its default is not equal to its absence. */
const COUNTS_ALONE: ReadonlySet<string> = new Set(['user', 'ttl', 'method', 'maddr', 'transport'])
/** Longest URI we look at; header blocks are limited to 64 KiB. */
const URI_LENGTH = 8192
/** House: a REGISTER has four, a request that is passed on some more. */
const RECENT_URIS = 16
const SCHEME_LENGTH = 64
const AT = 0x40
const SEMICOLON = 0x3b
const QUESTION_MARK = 0x3f
/** RFC 3261 §25.1 reserved, mark, user-unreserved, password, param-unreserved, hnv-unreserved */
const RESERVED = ';/?:@&=+$,'
/** unreserved and what each part of the URI allows besides, one bit each */
const USER = 1
const PASSWORD = 2
const PARAMETER = 4
const HEADER = 8
const CLASSES = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const character = String.fromCharCode(code)
  const allows = (marks: string) => is(code, ALPHA | DIGIT) || "-_.!~*'()".includes(character) || marks.includes(character)
  if (allows('&=+$,;?/')) CLASSES[code] = (CLASSES[code] as number) | USER
  if (allows('&=+$,')) CLASSES[code] = (CLASSES[code] as number) | PASSWORD
  if (allows('[]/:&+$')) CLASSES[code] = (CLASSES[code] as number) | PARAMETER
  if (allows('[]/?:+$')) CLASSES[code] = (CLASSES[code] as number) | HEADER
}

/** What was read last: several rules look at the same few URIs of a message, one after another. */
const recentTexts = new Array<string>(RECENT_URIS).fill('')
const recentUris = new Array<SipUri | undefined>(RECENT_URIS).fill(undefined)
let nextRecent = 0
