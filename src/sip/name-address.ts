import { type Parameters, parseParameters, quote, readQuoted } from '../wire/index.js'
import { listValues, splitList } from './header-list.js'
import type { SipHeaders } from './headers.js'
import { formatParameters } from './parameter-tail.js'
import { isAbsoluteUri } from './uri.js'

/** Value of From, To, Contact, Route, Record-Route, Path: `"Bob" <sip:bob@home2.example;lr>;tag=1` (RFC 3261 §20.10). */
export interface NameAddress {
  readonly displayName?: string
  /** As it stood between the brackets; parse with `parseSipUri`. */
  readonly uri: string
  /** Parameters of the header field, not of the URI. */
  readonly parameters: Parameters
}

/** @returns undefined when the text follows neither name-addr nor addr-spec */
export function parseNameAddress(text: string): NameAddress | undefined {
  const value = text.trim()
  if (value.startsWith('"')) {
    const quoted = readQuoted(value, 0)
    if (quoted === undefined) return undefined
    let at = quoted.end
    while (value[at] === ' ' || value[at] === '\t') at++
    return value[at] === '<' ? withBrackets(value, at, quoted.value) : undefined
  }
  const open = value.indexOf('<')
  if (open < 0) return withoutBrackets(value)
  const displayName = value.slice(0, open).trim()
  return isPlainDisplayName(displayName) ? withBrackets(value, open, displayName) : undefined
}

/** Every element of every line of `name`; undefined when one of them is malformed. */
export function parseNameAddresses(headers: SipHeaders, name: string): NameAddress[] | undefined {
  if (!headers.has(name)) return []
  const elements = headers.repeats(name)
    ? listValues(headers, name).map(parseNameAddress)
    : (headers.read(name, parseElements) as ReturnType<typeof parseElements>)
  return elements.every(address => address !== undefined) ? [...elements] : undefined
}

/** The first element of `name`; undefined when there is none or it is malformed. */
export function firstAddress(headers: SipHeaders, name: string): NameAddress | undefined {
  return headers.read(name, parseElements)?.[0]
}

function parseElements(line: string): readonly (NameAddress | undefined)[] {
  return splitList(line).map(parseNameAddress)
}

/** Always with brackets, so that parameters of the URI never turn into parameters of the header field. */
export function formatNameAddress(address: NameAddress): string {
  const name = address.displayName ? `${quote(address.displayName)} ` : ''
  return `${name}<${address.uri}>${formatParameters(address.parameters)}`
}

/** The `tag` of From or To of a message. */
export function tagIn(headers: SipHeaders, name: 'from' | 'to'): string | undefined {
  return headers.read(name, parseNameAddress)?.parameters.get('tag')
}

/** The `tag` of a From or To value. */
export function tagOf(value: string | undefined): string | undefined {
  return value === undefined ? undefined : parseNameAddress(value)?.parameters.get('tag')
}

function withBrackets(value: string, open: number, displayName: string): NameAddress | undefined {
  const close = value.indexOf('>', open)
  const uri = value.slice(open + 1, close)
  if (close < 0 || !isAbsoluteUri(uri)) return undefined
  const parameters = parseParameters(value, close + 1)
  if (parameters === undefined) return undefined
  return displayName === '' ? { uri, parameters } : { displayName, uri, parameters }
}

function withoutBrackets(value: string): NameAddress | undefined {
  const semicolon = value.indexOf(';')
  const end = semicolon < 0 ? value.length : semicolon
  const uri = value.slice(0, end).trim()
  // RFC 3261 §20.10: a URI with comma, question mark or semicolon must stand in brackets
  if (!isAbsoluteUri(uri) || uri.includes('?') || uri.includes(',')) return undefined
  const parameters = parseParameters(value, end)
  return parameters && { uri, parameters }
}

/** Wider than *(token LWS): only what would make the value ambiguous is refused (RFC 4475 §3.1.2.15). */
function isPlainDisplayName(text: string): boolean {
  for (const separator of ',;:"@\\>') if (text.includes(separator)) return false
  return true
}
