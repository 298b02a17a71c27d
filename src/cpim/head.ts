import { decodeUtf8, encodeUtf8, equalFold, hasLineBreak, LocalProtocolError, RemoteProtocolError } from '../wire/index.js'

/** A header line of the envelope or of the wrapped MIME part. */
export type HeaderLine = readonly [name: string, value: string]

/**
 * Everything before the content of a message/cpim object (RFC 3862 §2):
 *
 *     From: "Alice" <sip:alice@home1.example>
 *     To: <sip:bob@home2.example>
 *     DateTime: 2024-05-04T12:16:49Z
 *
 *     Content-Type: text/plain
 *     Content-Disposition: attachment; filename="notes.txt"; size=4400
 *
 */
export interface CpimHead {
  readonly from: CpimAddress
  readonly to: readonly CpimAddress[]
  /** RFC 3339 text. */
  readonly dateTime: string | undefined
  readonly subject?: string
  /** Further message headers in order, prefixes as written: `imdn.Message-ID`. */
  readonly extensions?: readonly HeaderLine[]
  /** Headers of the wrapped part, `Content-Type` among them. */
  readonly mime: readonly HeaderLine[]
}

/** `"Alice" <sip:alice@home1.example>` (RFC 3862 §4.1) */
export interface CpimAddress {
  readonly displayName?: string
  readonly uri: string
}

/** Octets of the head, both blank lines included; the content follows directly (D-23: the blank line is always there). */
export function encodeCpimHead(head: CpimHead): Uint8Array {
  const lines: HeaderLine[] = [['From', formatAddress(head.from)]]
  for (const to of head.to) lines.push(['To', formatAddress(to)])
  if (head.dateTime !== undefined) lines.push(['DateTime', head.dateTime])
  if (head.subject !== undefined) lines.push(['Subject', escapeValue(head.subject, false)])
  lines.push(...(head.extensions ?? []))
  return encodeUtf8(`${formatLines(lines)}\r\n${formatLines(head.mime)}\r\n`)
}

/**
 * Reads a head from the front of `bytes`.
 * @param limit octets a head may have before it is refused
 * @returns the head and its length in octets, or undefined when more octets are needed
 * @throws RemoteProtocolError 400 for what RFC 3862 forbids, 415 for a `Require` we do not know (MSRP-63)
 */
export function decodeCpimHead(bytes: Uint8Array, limit: number): { head: CpimHead; length: number } | undefined {
  const envelope = readLines(bytes, 0)
  if (envelope === undefined) return refuseIfLonger(bytes, limit)
  const glued = envelope.lines.findIndex(([name]) => equalFold(name, 'content-type'))
  if (glued >= 0) {
    // RFC 5547 prints MIME headers without the blank line before them (D-23)
    return { head: readHead(envelope.lines.slice(0, glued), envelope.lines.slice(glued)), length: within(envelope.end, limit) }
  }
  const mime = readLines(bytes, envelope.end)
  if (mime === undefined) return refuseIfLonger(bytes, limit)
  return { head: readHead(envelope.lines, mime.lines), length: within(mime.end, limit) }
}

/** First value of a MIME header of the wrapped part, without regard to case. */
export function mimeHeader(head: CpimHead, name: string): string | undefined {
  return head.mime.find(([field]) => equalFold(field, name))?.[1]
}

function formatLines(lines: readonly HeaderLine[]): string {
  return lines
    .map(([name, value]) => {
      if (hasLineBreak(name) || hasLineBreak(value)) throw new LocalProtocolError('line-break', `The header ${name} holds a line break.`)
      return `${name}: ${value}\r\n`
    })
    .join('')
}

function formatAddress(address: CpimAddress): string {
  const name = address.displayName === undefined ? '' : `"${escapeValue(address.displayName, true)}" `
  return `${name}<${address.uri}>`
}

/** RFC 3862 §2.3.1: four control characters by name, the others as \uHHHH; a quote only where quotes delimit the value. */
function escapeValue(text: string, quoted: boolean): string {
  let escaped = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    const named = NAMES[character]
    if (named !== undefined) escaped += `\\${named}`
    else if (code < 0x20 || code === 0x7f) escaped += `\\u${code.toString(16).padStart(4, '0')}`
    else if (character === '"' && quoted) escaped += '\\"'
    else escaped += character
  }
  return escaped
}

function unescapeValue(text: string): string {
  let value = ''
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== '\\') {
      value += text[index]
      continue
    }
    const escape = text[++index]
    const hex = text.slice(index + 1, index + 5)
    if (escape === 'u' && /^[0-9A-Fa-f]{4}$/.test(hex)) {
      value += String.fromCharCode(Number.parseInt(hex, 16))
      index += 4
    } else if (escape !== undefined) value += NAMED_ESCAPES[escape] ?? escape
  }
  return value
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' }
const NAMES: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' }

function refuseIfLonger(bytes: Uint8Array, limit: number): undefined {
  within(bytes.length + 1, limit)
  return undefined
}

function within(length: number, limit: number): number {
  if (length > limit) throw new RemoteProtocolError('cpim-head-too-long', `The CPIM headers are longer than ${limit} octets.`, 400)
  return length
}

/**
 * Lines up to and including the first blank one; undefined when the blank line has not come yet.
 * MIME headers may be folded (RFC 2045 §1.1), and then belong to the line before.
 */
function readLines(bytes: Uint8Array, from: number): { lines: HeaderLine[]; end: number } | undefined {
  const lines: HeaderLine[] = []
  let start = from
  for (;;) {
    const feed = bytes.indexOf(0x0a, start)
    if (feed < 0) return undefined
    const stop = feed > start && bytes[feed - 1] === 0x0d ? feed - 1 : feed
    if (stop === start) return { lines, end: feed + 1 }
    const line = decodeUtf8(bytes, start, stop)
    const before = lines.at(-1)
    if ((line.startsWith(' ') || line.startsWith('\t')) && before !== undefined) {
      lines[lines.length - 1] = [before[0], `${before[1]} ${line.trim()}`]
      start = feed + 1
      continue
    }
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(colon, 0)).trimEnd()
    if (name === '' || name.includes(' ') || name.includes('<'))
      throw new RemoteProtocolError('bad-cpim-header', 'A CPIM header line is not "name: value".', 400)
    lines.push([name, line.slice(colon + 1).trim()])
    start = feed + 1
  }
}

function readHead(envelope: readonly HeaderLine[], mime: readonly HeaderLine[]): CpimHead {
  const value = (name: string) => envelope.find(([field]) => field === name)?.[1]
  const required = envelope.flatMap(([name, text]) => (name === 'Require' ? text.split(',') : []))
  const unknown = required.find(name => !KNOWN.has(name.trim()))
  if (unknown !== undefined)
    throw new RemoteProtocolError('cpim-require', `The message requires the unknown header ${unknown.trim()}.`, 415)
  const from = value('From')
  const to = envelope.filter(([name]) => name === 'To').map(([, text]) => parseAddress(text))
  if (from === undefined || to.length === 0) throw new RemoteProtocolError('cpim-no-address', 'The CPIM message lacks From or To.', 400)
  const subject = value('Subject')
  return {
    from: parseAddress(from),
    to,
    dateTime: value('DateTime'),
    ...(subject === undefined ? {} : { subject: unescapeValue(withoutParameters(subject)) }),
    extensions: envelope.filter(([name]) => !KNOWN.has(name)),
    mime,
  }
}

/** `;lang=fr Objet de message` without its parameters (RFC 3862 §3.3). */
function withoutParameters(value: string): string {
  if (!value.startsWith(';')) return value
  const space = value.indexOf(' ')
  return space < 0 ? '' : value.slice(space + 1)
}

const KNOWN: ReadonlySet<string> = new Set(['From', 'To', 'DateTime', 'Subject', 'Require', 'cc'])

function parseAddress(text: string): CpimAddress {
  const open = text.lastIndexOf('<')
  const close = text.lastIndexOf('>')
  if (open < 0 || close < open) throw new RemoteProtocolError('bad-cpim-address', 'A CPIM address has no angle brackets.', 400)
  const uri = text.slice(open + 1, close)
  let name = text.slice(0, open).trim()
  if (name.startsWith('"') && name.endsWith('"') && name.length > 1) name = name.slice(1, -1)
  return name === '' ? { uri } : { displayName: unescapeValue(name), uri }
}
