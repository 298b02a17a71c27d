import { encodeText } from './ascii.js'
import { type ByteRange, formatByteRange } from './byte-range.js'
import type { FailureReport, Flag } from './head.js'
import { STATUS_COMMENTS } from './status.js'

/** Head of a SEND. Without `contentType` it is a bodiless one (MSRP-25). */
export interface SendHead {
  readonly tid: string
  readonly toPath: string
  readonly fromPath: string
  readonly messageId: string
  readonly byteRange: ByteRange
  readonly successReport?: boolean
  readonly failureReport?: FailureReport
  /** MIME headers other than Content-Type. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly contentType?: string
}

/**
 * Start line, headers and, with a Content-Type, the blank line. Order of RFC 4975 §7.1: paths, Message-ID, Byte-Range,
 * report headers, MIME headers, Content-Type last (MSRP-3). The report headers stand only where they differ from the default.
 */
export function formatSendHead(head: SendHead): string {
  return `MSRP ${head.tid}${formatBeforeRange(head)}${formatByteRange(head.byteRange)}${formatAfterRange(head)}`
}

/** What chunks of one message have in common of their heads stands around the transaction id and the range. */
export type SendForm = Omit<SendHead, 'tid' | 'byteRange'>

/** From behind the transaction id to the value of Byte-Range. */
export function formatBeforeRange({ toPath, fromPath, messageId }: SendForm): string {
  return ` SEND\r\nTo-Path: ${toPath}\r\nFrom-Path: ${fromPath}\r\nMessage-ID: ${messageId}\r\nByte-Range: `
}

/** From behind the value of Byte-Range. */
export function formatAfterRange({ successReport, failureReport, headers, contentType }: SendForm): string {
  let text = '\r\n'
  if (successReport) text += 'Success-Report: yes\r\n'
  if (failureReport !== undefined && failureReport !== 'yes') text += `Failure-Report: ${failureReport}\r\n`
  if (contentType === undefined) return text
  for (const [name, value] of headers ?? []) text += `${name}: ${value}\r\n`
  return `${text}Content-Type: ${contentType}\r\n\r\n`
}

/** `[CRLF] 7"-" tid flag CRLF`; after a body the CRLF before it is no body (MSRP-2). */
export function formatEndLine(tid: string, flag: Flag, afterBody: boolean): string {
  return `${afterBody ? '\r\n' : ''}-------${tid}${flag}\r\n`
}

/** A whole response; it has no headers but the two paths (RFC 4975 §7.2, D-24). */
export function formatResponse(tid: string, status: number, toPath: string, fromPath: string, comment = STATUS_COMMENTS[status]): string {
  const code = String(status).padStart(3, '0')
  const start = `MSRP ${tid} ${code}${comment === undefined || comment === '' ? '' : ` ${comment}`}\r\n`
  return `${start}To-Path: ${toPath}\r\nFrom-Path: ${fromPath}\r\n-------${tid}$\r\n`
}

export interface ReportHead {
  readonly tid: string
  /** The whole From-Path of the SEND. */
  readonly toPath: string
  readonly fromPath: string
  readonly messageId: string
  readonly byteRange: ByteRange
  readonly status: number
  readonly comment?: string
}

/** A whole REPORT: no report headers, fresh tid, no body (RFC 4975 §7.1.2, MSRP-50). */
export function formatReport(report: ReportHead): string {
  const comment = report.comment ?? STATUS_COMMENTS[report.status]
  let text = `MSRP ${report.tid} REPORT\r\nTo-Path: ${report.toPath}\r\nFrom-Path: ${report.fromPath}\r\n`
  text += `Message-ID: ${report.messageId}\r\nByte-Range: ${formatByteRange(report.byteRange)}\r\n`
  text += `Status: 000 ${String(report.status).padStart(3, '0')}${comment === undefined || comment === '' ? '' : ` ${comment}`}\r\n`
  return `${text}-------${report.tid}$\r\n`
}

export interface AuthHead {
  readonly tid: string
  readonly toPath: string
  readonly fromPath: string
  /** Seconds. */
  readonly expires?: number
  /** Value of Authorization, one character per octet. */
  readonly authorization?: string
}

/** A whole AUTH request; it has no body (RFC 4976 §5.1). */
export function formatAuth(auth: AuthHead): string {
  let text = `MSRP ${auth.tid} AUTH\r\nTo-Path: ${auth.toPath}\r\nFrom-Path: ${auth.fromPath}\r\n`
  if (auth.expires !== undefined) text += `Expires: ${auth.expires}\r\n`
  if (auth.authorization !== undefined) text += `Authorization: ${auth.authorization}\r\n`
  return `${text}-------${auth.tid}$\r\n`
}

export const encodeSendHead = (head: SendHead): Uint8Array => encodeText(formatSendHead(head))
export const encodeEndLine = (tid: string, flag: Flag, afterBody: boolean): Uint8Array => encodeText(formatEndLine(tid, flag, afterBody))
export const encodeResponse = (tid: string, status: number, toPath: string, fromPath: string, comment?: string): Uint8Array =>
  encodeText(formatResponse(tid, status, toPath, fromPath, comment))
export const encodeReport = (report: ReportHead): Uint8Array => encodeText(formatReport(report))
