import { decodeUtf8, encodeUtf8, equalFold, hasLineBreak, LocalProtocolError, RemoteProtocolError } from '../wire/index.js'

/** A header line of the envelope or of the wrapped MIME part. */
export type HeaderLine = readonly [name: string, value: string]

/**
 * The lines of a CPIM head exactly as they stand, without line ends, nothing interpreted: who passes a message on changes neither octets
 * nor order of what it holds (RFC 3862 §2.2) and may only put lines of its own in.
 */
export interface CpimLines {
  /** Message headers: `Subject:;lang=fr Objet de message`. */
  readonly envelope: readonly string[]
  /** Headers of the wrapped part; a folded one takes several lines (RFC 2045 §1.1). */
  readonly mime: readonly string[]
  /** No blank line stands between the two, as RFC 5547 prints its examples (D-23). */
  readonly glued: boolean
}

/**
 * Cuts the head off the front of `bytes`, at its second blank line. A bare LF ends a line too.
 * @returns the lines and the octets they took, or undefined when more octets are needed
 * @throws RemoteProtocolError 400 beyond `limit` octets, and for a line that is not "name: value" or holds a CR or NUL, as soon as it is there
 */
export function splitCpimLines(bytes: Uint8Array, limit: number): { lines: CpimLines; length: number } | undefined {
  const first = linesUpToBlank(bytes, 0)
  if (first?.lines.some(line => isNamed(line, 'content-type:')) === true) {
    // Whichever header of the content comes first: RFC 5547 puts Content-Disposition above Content-Type
    const start = first.lines.findIndex(line => isNamed(line, 'content-'))
    const lines = { envelope: first.lines.slice(0, start), mime: first.lines.slice(start), glued: true }
    return { lines, length: within(first.end, limit) }
  }
  const second = first && linesUpToBlank(bytes, first.end)
  if (first !== undefined && second !== undefined)
    return { lines: { envelope: first.lines, mime: second.lines, glued: false }, length: within(second.end, limit) }
  within(bytes.length + 1, limit)
  return undefined
}

/**
 * The head of these lines, blank lines included.
 * @throws LocalProtocolError when a line holds a line break
 */
export function joinCpimLines({ envelope, mime, glued }: CpimLines): Uint8Array {
  const broken = [...envelope, ...mime].find(hasLineBreak)
  if (broken !== undefined) throw new LocalProtocolError('line-break', 'A line of a CPIM head holds a line break.')
  return encodeUtf8([...envelope, ...(glued ? [] : ['']), ...mime, '', ''].join('\r\n'))
}

/**
 * Names and values, with folded lines put together.
 * @throws RemoteProtocolError 400 for a line that is not "name: value"
 */
export function readHeaderLines(lines: readonly string[]): HeaderLine[] {
  const headers: HeaderLine[] = []
  for (const line of lines) {
    const before = headers.at(-1)
    if (isFolded(line) && before !== undefined) headers[headers.length - 1] = [before[0], `${before[1]} ${line.trim()}`]
    else headers.push([nameOf(line), line.slice(line.indexOf(':') + 1).trim()])
  }
  return headers
}

/** `name: value` of each; @throws LocalProtocolError for a name or value with a line break (SEC-14) */
export function formatHeaderLines(headers: readonly HeaderLine[]): string[] {
  return headers.map(([name, value]) => {
    if (hasLineBreak(name) || hasLineBreak(value)) throw new LocalProtocolError('line-break', `The header ${name} holds a line break.`)
    return `${name}: ${value}`
  })
}

function linesUpToBlank(bytes: Uint8Array, from: number): { lines: string[]; end: number } | undefined {
  const lines: string[] = []
  for (let start = from; ; ) {
    const feed = bytes.indexOf(0x0a, start)
    if (feed < 0) return undefined
    const stop = feed > start && bytes[feed - 1] === 0x0d ? feed - 1 : feed
    if (stop === start) return { lines, end: feed + 1 }
    const line = decodeUtf8(bytes, start, stop)
    // RFC 3862 §3: no control characters. These would also be line ends where the value is written again (SEC-14)
    if (hasLineBreak(line)) throw new RemoteProtocolError('bad-cpim-header', 'A CPIM header line holds a line break or NUL.', 400)
    // At once: a peer that sends no headers must not be listened to until the limit
    if (lines.length === 0 || !isFolded(line)) nameOf(line)
    lines.push(line)
    start = feed + 1
  }
}

function isFolded(line: string): boolean {
  return line.startsWith(' ') || line.startsWith('\t')
}

function nameOf(line: string): string {
  const name = line.slice(0, Math.max(line.indexOf(':'), 0)).trimEnd()
  if (name === '' || name.includes(' ') || name.includes('<'))
    throw new RemoteProtocolError('bad-cpim-header', 'A CPIM header line is not "name: value".', 400)
  return name
}

function isNamed(line: string, start: string): boolean {
  return equalFold(line.slice(0, start.length), start)
}

function within(length: number, limit: number): number {
  if (length > limit) throw new RemoteProtocolError('cpim-head-too-long', `The CPIM headers are longer than ${limit} octets.`, 400)
  return length
}
