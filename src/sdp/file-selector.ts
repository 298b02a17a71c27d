import { consistsOf, equalBytes, LocalProtocolError, type MediaType, parseInteger, SDP_TOKEN } from '../wire/index.js'
import { formatHash, isKnownHash, parseHash } from './file-hash.js'
import type { FileHash, FileSelector } from './file-media.js'
import { decodeQuoted, encodeFileName, encodeQuoted } from './file-name.js'

type Draft = { -readonly [K in keyof Omit<FileSelector, 'hashes'>]: FileSelector[K] } & { hashes: FileHash[] }

/**
 * Value of `a=file-selector:` in the order name, type, size, hash; one character per byte.
 * A size of 0 is left out, the grammar knows no zero (D-16); the other selectors say which file it is.
 * @throws LocalProtocolError for no selector at all, an empty name, a type that is no token, a size that is no octet count
 */
export function formatFileSelector(selector: FileSelector): string {
  const { name, type, size, hashes } = selector
  if (name === '') throw new LocalProtocolError('bad-selector', 'A file name has at least one character.')
  if (size !== undefined && !(Number.isSafeInteger(size) && size >= 0))
    throw new LocalProtocolError('bad-selector', 'A file size is a whole number of octets.')
  const parts: string[] = []
  if (name !== undefined) parts.push(`name:"${encodeFileName(name)}"`)
  if (type !== undefined) parts.push(`type:${formatType(type)}`)
  if (size !== undefined && size > 0) parts.push(`size:${size}`)
  for (const hash of hashes) parts.push(`hash:${formatHash(hash)}`)
  // SDP-8: with a colon there is at least one selector
  if (parts.length === 0) throw new LocalProtocolError('bad-selector', 'A file selector says at least one thing.')
  return parts.join(' ')
}

/**
 * Reads the value of `a=file-selector:` (RFC 5547 §6). Unknown selectors are skipped (SDP-16).
 * @param value one character per byte
 * @param options `lenient`: a bad `%` stands for itself (SDP-11), type parameters may be unquoted (SDP-13)
 * @returns undefined when the m-line must be rejected for it
 */
export function parseFileSelector(value: string, options: { readonly lenient: boolean }): FileSelector | undefined {
  const draft: Draft = { hashes: [] }
  let at = 0
  for (;;) {
    const colon = value.indexOf(':', at)
    const keyword = value.slice(at, Math.max(colon, at)).toLowerCase()
    if (!consistsOf(keyword, SDP_TOKEN)) return undefined
    const end = endOfSelector(value, colon + 1)
    if (end === undefined || !readSelector(draft, keyword, value.slice(colon + 1, end), options.lenient)) return undefined
    if (end === value.length) return draft
    at = end + 1
  }
}

/** Index of the first space outside quotes, or of the end; undefined when a quote stays open. */
function endOfSelector(value: string, from: number): number | undefined {
  let quoted = false
  let at = from
  for (; at < value.length && (quoted || value[at] !== ' '); at++) if (value[at] === '"') quoted = !quoted
  return quoted ? undefined : at
}

function readSelector(draft: Draft, keyword: string, value: string, lenient: boolean): boolean {
  switch (keyword) {
    case 'name':
      return draft.name === undefined && set(draft, 'name', readQuotedValue(value, lenient))
    case 'size':
      return draft.size === undefined && set(draft, 'size', readSize(value))
    case 'type':
      return draft.type === undefined && set(draft, 'type', readType(value, lenient))
    case 'hash':
      return readHash(draft.hashes, value)
    default:
      return true
  }
}

function set<K extends 'name' | 'size' | 'type'>(draft: Draft, key: K, value: Draft[K] | undefined): boolean {
  if (value === undefined) return false
  draft[key] = value
  return true
}

/** `"one or more characters"` */
function readQuotedValue(text: string, lenient: boolean): string | undefined {
  const closed = text.length > 2 && text.indexOf('"', 1) === text.length - 1
  return closed && text[0] === '"' ? decodeQuoted(text.slice(1, -1), lenient) : undefined
}

/** SDP-12: no leading zero, but `0` alone for an empty file (D-16). */
function readSize(text: string): number | undefined {
  return text.length > 1 && text[0] === '0' ? undefined : parseInteger(text)
}

/** `text/plain;charset="utf-8"` */
function readType(text: string, lenient: boolean): MediaType | undefined {
  const [essence = '', ...pieces] = splitParameters(text)
  const [type = '', subtype = '', ...rest] = essence.split('/')
  if (!consistsOf(type, SDP_TOKEN) || !consistsOf(subtype, SDP_TOKEN) || rest.length > 0) return undefined
  const parameters = new Map<string, string>()
  for (const piece of pieces) {
    const equals = piece.indexOf('=')
    const name = piece.slice(0, Math.max(equals, 0)).toLowerCase()
    const text = piece.slice(equals + 1)
    const value = text.startsWith('"') || !lenient ? readQuotedValue(text, lenient) : readUnquotedValue(text)
    if (!consistsOf(name, SDP_TOKEN) || parameters.has(name) || value === undefined) return undefined
    parameters.set(name, value)
  }
  return { type, subtype, parameters }
}

function splitParameters(text: string): string[] {
  const pieces: string[] = []
  let start = 0
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') quoted = !quoted
    if (text[at] !== ';' || quoted) continue
    pieces.push(text.slice(start, at))
    start = at + 1
  }
  return [...pieces, text.slice(start)]
}

function readUnquotedValue(text: string): string | undefined {
  return text === '' || text.includes('"') ? undefined : decodeQuoted(text, true)
}

/** SDP-15: several algorithms are fine, one algorithm with two values is not; unknown algorithms never hurt. */
function readHash(hashes: FileHash[], value: string): boolean {
  const hash = parseHash(value)
  if (hash === undefined) {
    const algorithm = value.slice(0, Math.max(value.indexOf(':'), 0)).toLowerCase()
    return consistsOf(algorithm, SDP_TOKEN) && !isKnownHash(algorithm)
  }
  const before = hashes.find(({ algorithm }) => algorithm === hash.algorithm)
  if (before === undefined) hashes.push(hash)
  return before === undefined || equalBytes(before.octets, hash.octets)
}

function formatType(media: MediaType): string {
  if (!consistsOf(media.type, SDP_TOKEN) || !consistsOf(media.subtype, SDP_TOKEN))
    throw new LocalProtocolError('bad-selector', `${media.type}/${media.subtype} is no media type.`)
  let text = `${media.type}/${media.subtype}`
  for (const [name, value] of media.parameters) {
    // The grammar has no empty value-string: such a parameter cannot be told
    if (!consistsOf(name, SDP_TOKEN)) throw new LocalProtocolError('bad-selector', 'The name of a media type parameter is a token.')
    if (value !== '') text += `;${name}="${encodeQuoted(value)}"`
  }
  return text
}
