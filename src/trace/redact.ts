import type { MessageEntry, TraceEntry } from './entry.js'

const REMOVED = '[removed]'

/** SEC-9 */
const SESSION_ID_LENGTH = 6

/** Headers whose value proves who somebody is, or helps to guess it (RFC 3261 §22, RFC 4976 §5.1, RFC 7616). Lower case. */
const CREDENTIALS = new Set([
  'authorization',
  'proxy-authorization',
  'www-authenticate',
  'proxy-authenticate',
  'authentication-info',
  'proxy-authentication-info',
])

/**
 * `entry` fit to be shown to others (SEC-9): credentials removed, passwords in URIs removed, MSRP session-ids cut to 6 characters,
 * file names without folders. The Content-Length of a SIP message is corrected. Addresses and names of people stay.
 */
export function redactEntry(entry: TraceEntry): TraceEntry {
  if (entry.kind === 'state') return entry.machine === 'file' ? { ...entry, subject: baseName(entry.subject) } : entry
  return { ...entry, text: redactText(entry) }
}

function redactText(entry: MessageEntry): string {
  const { text, protocol } = entry
  const blank = text.indexOf('\r\n\r\n')
  const head = blank < 0 ? text : text.slice(0, blank)
  const body = blank < 0 ? '' : text.slice(blank)
  const newBody = body.split('\n').map(redactLine).join('\n')
  const newHead = removeCredentials(head.split('\n')).map(redactLine)
  return (protocol === 'sip' ? newHead.map(line => correctLength(line, newBody.length - body.length)) : newHead).join('\n') + newBody
}

/** RFC 3261 §7.3.1: lines that begin with white space belong to the header before them, so they go with it. */
function removeCredentials(lines: readonly string[]): string[] {
  const kept: string[] = []
  let removing = false
  for (const line of lines) {
    const folded = line.startsWith(' ') || line.startsWith('\t')
    if (folded && removing) continue
    const colon = line.indexOf(':')
    removing = colon > 0 && CREDENTIALS.has(line.slice(0, colon).trim().toLowerCase())
    kept.push(removing ? `${line.slice(0, colon)}: ${REMOVED}${line.endsWith('\r') ? '\r' : ''}` : line)
  }
  return kept
}

function redactLine(line: string): string {
  const withoutPaths = ['name:"', 'name="'].reduce((done, opening) => replaceAfter(done, opening, quotedLength, baseName), line)
  const shortened = ['msrp://', 'msrps://'].reduce((done, scheme) => replaceAfter(done, scheme, uriLength, shortenSession), withoutPaths)
  return ['sip:', 'sips:'].reduce((done, scheme) => replaceAfter(done, scheme, uriLength, removePassword), shortened)
}

/** Replaces what follows each `opening` in `text`; `lengthAt` says how much of it there is. */
function replaceAfter(
  text: string,
  opening: string,
  lengthAt: (text: string, at: number) => number,
  replace: (part: string) => string,
): string {
  let result = ''
  let at = 0
  for (let found = text.indexOf(opening); found >= 0; found = text.indexOf(opening, at)) {
    const start = found + opening.length
    const length = lengthAt(text, start)
    result += text.slice(at, start) + replace(text.slice(start, start + length))
    at = start + length
  }
  return result + text.slice(at)
}

function quotedLength(text: string, at: number): number {
  const end = text.indexOf('"', at)
  return (end < 0 ? text.length : end) - at
}

function uriLength(text: string, at: number): number {
  let end = at
  while (end < text.length && !' <>"\r\n,'.includes(text[end] as string)) end++
  return end - at
}

/** RFC 4975 §9: `host:port/session-id;tcp` */
function shortenSession(uri: string): string {
  const slash = uri.indexOf('/')
  if (slash < 0) return uri
  const semicolon = uri.indexOf(';', slash)
  const end = semicolon < 0 ? uri.length : semicolon
  return uri.slice(0, Math.min(end, slash + 1 + SESSION_ID_LENGTH)) + uri.slice(end)
}

/** RFC 3261 §19.1.1: `user:password@host` */
function removePassword(uri: string): string {
  const at = uri.indexOf('@')
  const colon = uri.indexOf(':')
  return at > 0 && colon >= 0 && colon < at ? uri.slice(0, colon) + uri.slice(at) : uri
}

/** What follows the last `/` or `\`, also when they are percent-encoded (RFC 5547 §6 filename-string). */
function baseName(name: string): string {
  const lower = name.toLowerCase()
  const ends = ['/', '\\', '%2f', '%5c'].map(separator => {
    const at = lower.lastIndexOf(separator)
    return at < 0 ? 0 : at + separator.length
  })
  return name.slice(Math.max(...ends))
}

function correctLength(line: string, difference: number): string {
  const colon = line.indexOf(':')
  const name = line.slice(0, colon).trim().toLowerCase()
  if (difference === 0 || (name !== 'content-length' && name !== 'l')) return line
  const length = Number(line.slice(colon + 1).trim())
  return Number.isSafeInteger(length) ? `${line.slice(0, colon)}: ${length + difference}${line.endsWith('\r') ? '\r' : ''}` : line
}
