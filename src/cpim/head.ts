import { encodeUtf8, equalFold, RemoteProtocolError } from '../wire/index.js'
import { type CpimAddress, formatAddress, parseAddress } from './address.js'
import { escapeValue, unescapeValue } from './escape.js'
import { type CpimLines, formatHeaderLines, type HeaderLine, readHeaderLines, splitCpimLines } from './lines.js'
import { IMDN_NAMESPACE, Namespaces, type QualifiedName } from './namespaces.js'

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

export interface CpimOptions {
  /** Refuse MIME headers that follow the message headers without a blank line (D-23). Off by default. */
  readonly strict?: boolean
}

/** Octets of the head, both blank lines included; the content follows directly (D-23: the blank line is always there). */
export function encodeCpimHead(head: CpimHead): Uint8Array {
  const lines: HeaderLine[] = [['From', formatAddress(head.from)]]
  for (const to of head.to) lines.push(['To', formatAddress(to)])
  if (head.dateTime !== undefined) lines.push(['DateTime', head.dateTime])
  if (head.subject !== undefined) lines.push(['Subject', escapeValue(head.subject, false)])
  lines.push(...(head.extensions ?? []))
  return encodeUtf8([...formatHeaderLines(lines), '', ...formatHeaderLines(head.mime), '', ''].join('\r\n'))
}

/**
 * Reads a head from the front of `bytes`.
 * @param limit octets a head may have before it is refused
 * @returns the head and its length in octets, or undefined when more octets are needed
 * @throws RemoteProtocolError 400 for what RFC 3862 forbids, 415 for a `Require` we do not know (MSRP-63)
 */
export function decodeCpimHead(
  bytes: Uint8Array,
  limit: number,
  options: CpimOptions = {},
): { head: CpimHead; length: number } | undefined {
  const split = splitCpimLines(bytes, limit)
  return split && { head: readCpimHead(split.lines, options), length: split.length }
}

/** First value of a MIME header of the wrapped part, without regard to case. */
export function mimeHeader(head: CpimHead, name: string): string | undefined {
  return head.mime.find(([field]) => equalFold(field, name))?.[1]
}

/** What the lines mean; throws like `decodeCpimHead`. */
export function readCpimHead(lines: CpimLines, options: CpimOptions = {}): CpimHead {
  if (lines.glued && options.strict === true)
    throw new RemoteProtocolError('cpim-no-blank-line', 'No blank line stands between the CPIM headers and those of the content.', 400)
  const envelope = readHeaderLines(lines.envelope)
  const mime = readHeaderLines(lines.mime)
  checkRequired(envelope)
  const value = (name: string) => envelope.find(([field]) => field === name)?.[1]
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

/** RFC 3862 §3.5: every header that is required must be one we understand, whether it occurs or not. */
function checkRequired(envelope: readonly HeaderLine[]): void {
  const namespaces = new Namespaces()
  for (const [field, value] of envelope) {
    if (field === 'NS') namespaces.declare(value)
    const required = field === 'Require' ? value.split(',') : []
    const unknown = required.find(name => !isKnown(namespaces.resolve(name.trim())))
    if (unknown !== undefined)
      throw new RemoteProtocolError('cpim-require', `The message requires the unknown header ${unknown.trim()}.`, 415)
  }
}

function isKnown({ namespace, name }: QualifiedName): boolean {
  if (namespace === IMDN_NAMESPACE) return IMDN_HEADERS.has(name)
  return namespace === '' && (KNOWN.has(name) || name === 'NS')
}

/** `;lang=fr Objet de message` without its parameters (RFC 3862 §3.3). */
function withoutParameters(value: string): string {
  if (!value.startsWith(';')) return value
  const space = value.indexOf(' ')
  return space < 0 ? '' : value.slice(space + 1)
}

const KNOWN: ReadonlySet<string> = new Set(['From', 'To', 'DateTime', 'Subject', 'Require', 'cc'])
const IMDN_HEADERS: ReadonlySet<string> = new Set([
  'Message-ID',
  'Disposition-Notification',
  'Original-To',
  'IMDN-Record-Route',
  'IMDN-Route',
])
