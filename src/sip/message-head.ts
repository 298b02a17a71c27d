import { consistsOf, DIGIT, equalFold, parseInteger, SIP_TOKEN } from '../wire/index.js'
import { PLAIN_TEXT, type TextCodec } from './text-codec.js'
import { SipHeaders, usualSpelling } from './headers.js'

export type StartLine =
  | { readonly kind: 'request'; readonly method: string; readonly uri: string }
  | { readonly kind: 'response'; readonly status: number; readonly reason: string }

export interface Fault {
  readonly code: string
  readonly message: string
  readonly status: number
}

/** Start line and header fields of one message: what is known before its body has arrived. */
export interface MessageHead {
  /** undefined when not even the kind of message can be told; `fault` says why. */
  readonly start: StartLine | undefined
  readonly headers: SipHeaders
  readonly contentLength: number | undefined
  /** The first rule that was broken; `start` and `headers` hold what could be read all the same. */
  readonly fault: Fault | undefined
  /** Whether Content-Length is there and wrong, so that nobody knows where the message ends. */
  readonly lengthUnknown: boolean
}

/**
 * Index after the empty line that ends a header block, or -1. A line ends with CRLF; a bare LF is tolerated.
 * @param scanFrom index from which LFs were not looked at yet (never before `from`)
 */
export function endOfHead(bytes: Uint8Array, from: number, to: number, scanFrom = from): number {
  // What lies behind `to` is not searched: it may be large, and is looked through again with every read
  const searched = to === bytes.length ? bytes : bytes.subarray(0, to)
  // An LF ends the block when the octets before it are LF or LF CR, so a scan may go on anywhere
  for (let at = searched.indexOf(LF, scanFrom); at >= 0; at = searched.indexOf(LF, at + 1)) {
    const before = at > from && bytes[at - 1] === CR ? at - 2 : at - 1
    if (before >= from && bytes[before] === LF) return at + 1
  }
  return -1
}

/** Index of the first octet that is no line break: RFC 3261 §7.5 ignores CRLFs before the start line. */
export function skipLineBreaks(bytes: Uint8Array, from: number, to: number): number {
  while (from < to && (bytes[from] === CR || bytes[from] === LF)) from++
  return from
}

/** Reads `bytes[from, to)`, start line to last header field. Never throws. */
export function decodeHead(bytes: Uint8Array, from: number, to: number, headerCount: number, text: TextCodec = PLAIN_TEXT): MessageHead {
  const reader = new LineReader(text.decode(bytes, from, to))
  reader.next()
  const { start, fault: startFault } = decodeStartLine(reader.line)
  const headers = new SipHeaders()
  const headerFault = decodeFields(reader, headers, headerCount)
  const { contentLength, fault: lengthFault } = readContentLength(headers)
  const fault = startFault ?? headerFault ?? lengthFault
  return { start, headers, contentLength, fault, lengthUnknown: lengthFault !== undefined }
}

/** Method SP Request-URI SP SIP-Version, or SIP-Version SP Status-Code SP Reason-Phrase (RFC 3261 §7.1, §7.2) */
function decodeStartLine(line: string): { start: StartLine | undefined; fault?: Fault } {
  if (line.includes('\r')) return { start: undefined, fault: bad('bare-cr', 'A carriage return stands inside the start line.') }
  if (equalFold(line.slice(0, 4), 'SIP/')) return decodeStatusLine(line)
  const first = line.indexOf(' ')
  const last = line.lastIndexOf(' ')
  const method = line.slice(0, Math.max(0, first))
  const uri = line.slice(first + 1, Math.max(0, last))
  const version = line.slice(last + 1)
  const known = consistsOf(method, SIP_TOKEN)
  if (known && uri !== '' && !uri.includes(' ') && !line.includes('\t')) {
    const start: StartLine = { kind: 'request', method, uri }
    if (equalFold(version, 'SIP/2.0')) return { start }
    if (equalFold(version.slice(0, 4), 'SIP/')) return { start, fault: bad('bad-version', 'This is another version of SIP.', 505) }
  }
  const fault = bad('bad-start-line', 'The request line is not "method URI SIP/2.0" with single spaces.')
  if (first === last || !known) return { start: undefined, fault }
  // Good enough to be answered: the method is known, the URI is what stands between it and the version
  const afterMethod = line.trimEnd().slice(method.length).trimStart()
  return { start: { kind: 'request', method, uri: afterMethod.slice(0, afterMethod.lastIndexOf(' ')).trimEnd() }, fault }
}

function decodeStatusLine(line: string): { start: StartLine | undefined; fault?: Fault } {
  const code = line.slice(8, 11)
  const status = Number(code)
  const good = equalFold(line.slice(0, 8), 'SIP/2.0 ') && code.length === 3 && consistsOf(code, DIGIT) && status >= 100 && status <= 699
  // Some peers leave the space before an empty reason phrase away
  if (!good || (line.length > 11 && line[11] !== ' '))
    return { start: undefined, fault: bad('bad-start-line', 'The status line is malformed.') }
  return { start: { kind: 'response', status, reason: line.slice(12) } }
}

/** field-name *WSP ":" value, continued on lines that start with white space (RFC 3261 §7.3.1) */
function decodeFields(reader: LineReader, headers: SipHeaders, headerCount: number): Fault | undefined {
  let fault: Fault | undefined
  for (let count = 0; !reader.atEnd; count++) {
    if (count >= headerCount) return fault ?? bad('too-many-headers', `More than ${headerCount} header fields.`)
    reader.next()
    if (reader.folded) reader.unfold()
    const found = decodeField(reader, headers)
    fault ??= found
  }
  return fault
}

function decodeField({ text, from, to, hasCr }: LineReader, headers: SipHeaders): Fault | undefined {
  if (hasCr) return bad('bare-cr', 'A carriage return stands inside a header field.')
  const colon = text.indexOf(':', from)
  const end = colon < 0 || colon >= to ? from : colon
  const usual = usualSpelling(text, from, end)
  if (usual !== undefined) {
    headers.appendNamed(usual.name, usual, trimBlanks(text, colon + 1, to))
    return undefined
  }
  const name = trimBlanks(text, from, end)
  if (!consistsOf(name, SIP_TOKEN)) return bad('bad-header', 'A line of the header block is no header field.')
  headers.append(name, trimBlanks(text, colon + 1, to))
  return undefined
}

/** RFC 3261 §20.14: one value, digits only. */
function readContentLength(headers: SipHeaders): { contentLength: number | undefined; fault?: Fault } {
  const values = headers.getAll('content-length')
  if (values.length === 0) return { contentLength: undefined }
  const contentLength = values.length === 1 ? parseInteger(values[0] as string) : undefined
  if (contentLength !== undefined) return { contentLength }
  return { contentLength, fault: bad('bad-content-length', 'Content-Length is repeated or no number.') }
}

/** Walks over the lines of a header block without cutting them out; each character is visited a fixed number of times. */
class LineReader {
  /** The line is `text[from, to)`, without its line break. */
  text: string
  from = 0
  to = 0
  /** A CR stands inside the line. */
  hasCr = false
  readonly #whole: string
  #next = 0
  /** Index of the first CR that no line before has passed. */
  #cr = -1

  constructor(text: string) {
    this.text = text
    this.#whole = text
  }

  get line(): string {
    return this.text.slice(this.from, this.to)
  }

  get atEnd(): boolean {
    const at = this.#next
    const first = this.#whole.charCodeAt(at)
    return at >= this.#whole.length || first === LF || (first === CR && this.#whole.charCodeAt(at + 1) === LF)
  }

  /** Whether the next line continues this one. */
  get folded(): boolean {
    return isBlank(this.#whole.charCodeAt(this.#next))
  }

  next(): void {
    const text = this.#whole
    const from = this.#next
    const lf = indexOrEnd(text, '\n', from)
    if (this.#cr < from) this.#cr = indexOrEnd(text, '\r', from)
    this.text = text
    this.from = from
    this.to = lf > from && text.charCodeAt(lf - 1) === CR ? lf - 1 : lf
    this.hasCr = this.#cr < this.to
    this.#next = lf + 1
  }

  /** Joins the line and those that continue it; every fold becomes one space. */
  unfold(): void {
    const pieces = [trimBlanks(this.text, this.from, this.to)]
    let hasCr = this.hasCr
    while (this.folded) {
      this.next()
      pieces.push(trimBlanks(this.text, this.from, this.to))
      hasCr ||= this.hasCr
    }
    this.text = pieces.join(' ')
    this.from = 0
    this.to = this.text.length
    this.hasCr = hasCr
  }
}

function indexOrEnd(text: string, character: string, from: number): number {
  const index = text.indexOf(character, from)
  return index < 0 ? text.length : index
}

/** `text[from, to)` without SP and HTAB at both ends; `trim` would also take characters that are text here, such as U+FEFF. */
function trimBlanks(text: string, from: number, to: number): string {
  while (from < to && isBlank(text.charCodeAt(from))) from++
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  return text.slice(from, to)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function bad(code: string, message: string, status = 400): Fault {
  return { code, message, status }
}

const LF = 10
const CR = 13
