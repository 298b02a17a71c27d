import { ALPHA, consistsOf, DIGIT, equalFold, hasLineBreak, is, SIP_TOKEN } from './characters.js'
import { LocalProtocolError, RemoteProtocolError } from './errors.js'
import { MAX_BOUNDARY, MAX_PART_HEAD_BYTES, MAX_PART_HEADERS, MAX_PARTS } from './limits.js'
import { concatBytes, decodeUtf8, encodeUtf8 } from './text.js'

/**
 * One body part (RFC 2046 §5.1): `Content-Type: application/sdp CRLF CRLF octets`.
 * Header values are text (UTF-8 decoded), unfolded and trimmed.
 */
export interface Part {
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** Exactly the octets between the blank line and the CRLF of the next boundary; after decoding a view of the whole body. */
  readonly body: Uint8Array
}

/** Value of the first header `name` of a part, without regard to case. */
export function partHeader(part: Part, name: string): string | undefined {
  return part.headers.find(([field]) => equalFold(field, name))?.[1]
}

/**
 * Splits a multipart body; what stands before the first and behind the last boundary is dropped. Nested bodies stay as they are.
 * @param boundary the `boundary` parameter, unquoted
 * @throws RemoteProtocolError 400 for a bad boundary, no part, no closing boundary or a broken part head; 413 for too many parts or headers
 */
export function decodeMultipart(bytes: Uint8Array, boundary: string): Part[] {
  if (!isBoundary(boundary)) throw malformed('The boundary of a multipart body has 1 to 70 characters.')
  const dashed = encodeUtf8(`--${boundary}`)
  const parts: Part[] = []
  let delimiter = findDelimiter(bytes, dashed, 0)
  while (delimiter !== undefined && !delimiter.closing) {
    if (parts.length === MAX_PARTS) throw tooLarge(`A multipart body has more than ${MAX_PARTS} parts.`)
    const next = findDelimiter(bytes, dashed, delimiter.end)
    if (next === undefined) throw malformed('A multipart body has no closing boundary.')
    // The line end of one boundary may be the one in front of the next: then the part is empty
    parts.push(readPart(bytes, delimiter.end, Math.max(next.line - 2, delimiter.end)))
    delimiter = next
  }
  if (parts.length === 0) throw malformed('A multipart body has no part.')
  return parts
}

/**
 * Writes the parts with CRLF line ends. For small parts: their bodies are copied.
 * @throws LocalProtocolError for a header that would break its line or a part that contains the boundary
 */
export function encodeMultipart(parts: readonly Part[], boundary: string): Uint8Array {
  if (!isBoundary(boundary)) throw new LocalProtocolError('bad-boundary', 'A boundary has 1 to 70 of the characters of RFC 2046.')
  const dashed = encodeUtf8(`--${boundary}`)
  const pieces: Uint8Array[] = []
  for (const part of parts) {
    if (findDelimiter(part.body, dashed, 0) !== undefined) throw new LocalProtocolError('bad-boundary', 'The boundary occurs in a part.')
    pieces.push(encodeUtf8(`--${boundary}\r\n${part.headers.map(headerLine).join('')}\r\n`), part.body, CRLF)
  }
  return concatBytes(...pieces, encodeUtf8(`--${boundary}--\r\n`))
}

const CRLF = Uint8Array.of(13, 10)

/** One boundary line: the index of its first dash, the index behind its line end. */
interface Delimiter {
  readonly line: number
  readonly end: number
  readonly closing: boolean
}

/** The first boundary line from `from` on, which is the start of a line. */
function findDelimiter(bytes: Uint8Array, dashed: Uint8Array, from: number): Delimiter | undefined {
  for (let line: number | undefined = from; line !== undefined; line = nextLine(bytes, line)) {
    const delimiter = startsWith(bytes, dashed, line) ? readDelimiter(bytes, line, line + dashed.length) : undefined
    if (delimiter !== undefined) return delimiter
  }
  return undefined
}

/** RFC 2046 §5.1.1: `"--" boundary ["--"] *LWSP (CRLF / end)`. A line that goes on is content: another, longer boundary for example. */
function readDelimiter(bytes: Uint8Array, line: number, from: number): Delimiter | undefined {
  const closing = bytes[from] === 0x2d && bytes[from + 1] === 0x2d
  let at = closing ? from + 2 : from
  while (bytes[at] === 0x20 || bytes[at] === 0x09) at++
  if (at === bytes.length) return { line, end: at, closing }
  return isLineEnd(bytes, at) ? { line, end: at + 2, closing } : undefined
}

function nextLine(bytes: Uint8Array, from: number): number | undefined {
  let at = bytes.indexOf(13, from)
  while (at >= 0 && !isLineEnd(bytes, at)) at = bytes.indexOf(13, at + 1)
  return at < 0 ? undefined : at + 2
}

function readPart(bytes: Uint8Array, from: number, to: number): Part {
  if (from === to) return { headers: [], body: bytes.subarray(from, to) }
  const headEnd = isLineEnd(bytes, from) ? from : endOfHead(bytes, from, to)
  if (headEnd - from > MAX_PART_HEAD_BYTES) throw tooLarge(`A part head has more than ${MAX_PART_HEAD_BYTES} octets.`)
  const bodyStart = headEnd === from ? from + 2 : headEnd + 4
  return { headers: readHeaders(decodeUtf8(bytes, from, headEnd)), body: bytes.subarray(Math.min(bodyStart, to), to) }
}

/** Index of the CRLF CRLF behind the head; without one all of the part is head (RFC 2046 §5.1.1). */
function endOfHead(bytes: Uint8Array, from: number, to: number): number {
  for (let at: number | undefined = from; at !== undefined && at < to; at = nextLine(bytes, at)) if (isLineEnd(bytes, at)) return at - 2
  return to
}

function readHeaders(head: string): [string, string][] {
  const headers: [string, string][] = []
  for (const line of head.split('\r\n')) {
    const last = headers.at(-1)
    if (line === '') continue
    if (hasLineBreak(line)) throw malformed('A header line of a part contains CR, LF or NUL.')
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (last === undefined) throw malformed('The head of a part starts with a continuation line.')
      last[1] = `${last[1]} ${line.trim()}`.trim()
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trimEnd()
    if (!consistsOf(name, SIP_TOKEN)) throw malformed('A header line of a part is not "name: value".')
    if (headers.length === MAX_PART_HEADERS) throw tooLarge(`A part has more than ${MAX_PART_HEADERS} header lines.`)
    headers.push([name, line.slice(colon + 1).trim()])
  }
  return headers
}

function headerLine([name, value]: readonly [string, string]): string {
  if (!consistsOf(name, SIP_TOKEN) || hasLineBreak(value))
    throw new LocalProtocolError('line-break', `${name} cannot be a header of a part.`)
  return `${name}: ${value}\r\n`
}

/** RFC 2046 §5.1.1: digits, letters and `'()+_,-./:=?` and, but not at the end, space. */
function isBoundary(text: string): boolean {
  if (text.length === 0 || text.length > MAX_BOUNDARY || text.endsWith(' ')) return false
  for (let at = 0; at < text.length; at++)
    if (!is(text.charCodeAt(at), ALPHA | DIGIT) && !"'()+_,-./:=? ".includes(text[at] as string)) return false
  return true
}

function isLineEnd(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === 13 && bytes[at + 1] === 10
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, from: number): boolean {
  for (let index = 0; index < wanted.length; index++) if (bytes[from + index] !== wanted[index]) return false
  return true
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-multipart', message, 400)
}

function tooLarge(message: string): RemoteProtocolError {
  return new RemoteProtocolError('multipart-too-large', message, 413)
}
