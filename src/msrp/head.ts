import { ALPHA, DIGIT, is, MSRP_IDENT, RemoteProtocolError, SDP_TOKEN } from '../wire/index.js'
import { type ByteRange, formatByteRange, parseByteRange } from './byte-range.js'
import { MAX_IDENT, MIN_IDENT } from './limits.js'
import { type Status, parseStatus } from './status.js'

export type Flag = '$' | '+' | '#'

/** By octet. */
export const FLAGS: readonly (Flag | undefined)[] = Array.from({ length: 256 }, (_, code) =>
  code === 0x24 ? '$' : code === 0x2b ? '+' : code === 0x23 ? '#' : undefined,
)

export type FailureReport = 'yes' | 'no' | 'partial'

/** The headers that this room reads itself. */
export type Field =
  | 'to-path'
  | 'from-path'
  | 'message-id'
  | 'byte-range'
  | 'success-report'
  | 'failure-report'
  | 'status'
  | 'content-type'
  | 'content-transfer-encoding'

/** `name ":" SP value`, one header line without its CRLF. */
export interface HeaderLine {
  readonly name: string
  readonly value: string
  readonly field: Field | undefined
}

/**
 * Start line and headers of one request or response (RFC 4975 §9):
 *
 *     MSRP Tq81LmZx02KdVb7N SEND        MSRP Tq81LmZx02KdVb7N 200 OK
 *     To-Path: msrp://…                 To-Path: msrp://…
 *
 * What is wrong with it stands in `fault`; the rest is then as far as it could be read.
 */
export class Head {
  #headers: HeaderLine[] | undefined
  /** The head that this one repeats. */
  readonly #model: Head | undefined
  toPath: string | undefined = undefined
  fromPath: string | undefined = undefined
  messageId: string | undefined = undefined
  byteRange: ByteRange | undefined = undefined
  /** Absent means `no` (MSRP-40). */
  successReport: boolean | undefined = undefined
  /** Absent means `yes` (MSRP-40). */
  failureReport: FailureReport | undefined = undefined
  reportStatus: Status | undefined = undefined
  contentType: string | undefined = undefined
  transferEncoding: string | undefined = undefined
  /** A blank line followed the headers, so a body follows. */
  hasBody = false
  /** First rule that the head breaks; its status is the answer it gets. */
  fault: RemoteProtocolError | undefined = undefined

  /**
   * @param method `SEND`, `REPORT`, …; undefined for a response
   * @param status 200, …; undefined for a request, 0 for a response whose code is malformed
   */
  constructor(
    readonly tid: string,
    readonly method: string | undefined,
    readonly status: number | undefined,
    readonly comment: string,
    model?: Head,
  ) {
    this.#model = model
    if (model === undefined) this.#headers = []
  }

  get headers(): readonly HeaderLine[] {
    // whoever has no lines of its own has a model
    this.#headers ??= (this.#model as Head).headers.map(line => (line.field === 'byte-range' ? this.#rangeLine(line) : line))
    return this.#headers
  }

  fail(code: string, message: string): void {
    this.fault ??= new RemoteProtocolError(code, message, 400)
  }

  add(line: HeaderLine): void {
    this.#headers?.push(line)
    switch (line.field) {
      case 'to-path':
        if (this.toPath === undefined) this.toPath = line.value
        else this.#duplicate(line)
        break
      case 'from-path':
        if (this.fromPath === undefined) this.fromPath = line.value
        else this.#duplicate(line)
        break
      case 'message-id':
        if (this.messageId !== undefined) this.#duplicate(line)
        else if (isIdent(line.value)) this.messageId = line.value
        else this.fail('bad-message-id', 'The Message-ID does not follow the grammar')
        break
      case 'byte-range':
        if (this.byteRange !== undefined) this.#duplicate(line)
        else this.byteRange = parseByteRange(line.value) ?? this.#bad(line)
        break
      case 'success-report':
        if (this.successReport !== undefined) this.#duplicate(line)
        else if (line.value === 'yes' || line.value === 'no') this.successReport = line.value === 'yes'
        else this.#bad(line)
        break
      case 'failure-report':
        if (this.failureReport !== undefined) this.#duplicate(line)
        else if (line.value === 'yes' || line.value === 'no' || line.value === 'partial') this.failureReport = line.value
        else this.#bad(line)
        break
      case 'status':
        if (this.reportStatus !== undefined) this.#duplicate(line)
        else this.reportStatus = parseStatus(line.value) ?? this.#bad(line)
        break
      case 'content-type':
        if (this.contentType !== undefined) this.#duplicate(line)
        else this.contentType = line.value
        break
      case 'content-transfer-encoding':
        this.transferEncoding = line.value
        break
      case undefined:
        break // unknown headers are ignored (MSRP-8)
    }
  }

  /** Without fault, as this one is, and with the same header lines but for the range. */
  repeat(tid: string, byteRange: ByteRange | undefined): Head {
    const head = new Head(tid, this.method, this.status, this.comment, this)
    head.toPath = this.toPath
    head.fromPath = this.fromPath
    head.messageId = this.messageId
    head.byteRange = byteRange
    head.successReport = this.successReport
    head.failureReport = this.failureReport
    head.reportStatus = this.reportStatus
    head.contentType = this.contentType
    head.transferEncoding = this.transferEncoding
    head.hasBody = this.hasBody
    return head
  }

  /** Values of all headers of this name, given in lower case, in wire order. */
  values(name: string): string[] {
    return this.headers.filter(line => line.name.toLowerCase() === name).map(line => line.value)
  }

  /** Checks what can only be known when all headers are there. */
  finish(hasBody: boolean): void {
    this.hasBody = hasBody
    if (this.method === undefined) return
    if (this.toPath === undefined) this.fail('no-to-path', 'The request has no To-Path')
    if (this.fromPath === undefined) this.fail('no-from-path', 'The request has no From-Path')
    // RFC 4975 §7.1: body and Content-Type go together (MSRP-9)
    if (hasBody && this.contentType === undefined) this.fail('no-content-type', 'The body has no Content-Type')
    if (!hasBody && this.contentType !== undefined) this.fail('no-body', 'There is a Content-Type without a body')
  }

  #rangeLine({ name, field }: HeaderLine): HeaderLine {
    return { name, value: formatByteRange(this.byteRange as ByteRange), field }
  }

  #duplicate(line: HeaderLine): void {
    this.fail('duplicate-header', `There are two ${line.name} headers`)
  }

  #bad(line: HeaderLine): undefined {
    this.fail(`bad-${line.field as Field}`, `The value of ${line.name} does not follow the grammar`)
    return undefined
  }
}

/** `hname ":" SP hval`; undefined when there is no colon or the name is not a token. White space around the value is dropped. */
export function parseHeaderLine(text: string): HeaderLine | undefined {
  const colon = text.indexOf(':')
  if (colon <= 0 || !is(text.charCodeAt(0), ALPHA)) return undefined
  for (let index = 1; index < colon; index++) if (!is(text.charCodeAt(index), SDP_TOKEN)) return undefined
  const name = text.slice(0, colon)
  return { name, value: text.slice(colon + 1).trim(), field: fieldOf(name.toLowerCase()) }
}

/** `ident = ALPHANUM 3*31ident-char`: transaction ids and Message-IDs (RFC 4975 §9, MSRP-4, MSRP-11). */
export function isIdent(text: string): boolean {
  if (text.length < MIN_IDENT || text.length > MAX_IDENT || !is(text.charCodeAt(0), ALPHA | DIGIT)) return false
  for (let index = 1; index < text.length; index++) if (!is(text.charCodeAt(index), MSRP_IDENT)) return false
  return true
}

function fieldOf(name: string): Field | undefined {
  switch (name) {
    case 'to-path':
    case 'from-path':
    case 'message-id':
    case 'byte-range':
    case 'success-report':
    case 'failure-report':
    case 'status':
    case 'content-type':
    case 'content-transfer-encoding':
      return name
    default:
      return undefined
  }
}
