import { SIP_LIMITS } from './limits.js'
import { MalformedMessage } from './malformed-message.js'
import type { SipMessage, SipRequest } from './message.js'
import { decodeHead, endOfHead, type Fault, type MessageHead, skipLineBreaks, type StartLine } from './message-head.js'
import type { TextCodec } from './text-codec.js'
import type { SipLimits } from './user-agent-types.js'

/** What a decoder needs to know besides the octets. */
export interface MessageLimits extends Pick<SipLimits, 'headerBytes' | 'bodyBytes' | 'headerCount'> {
  /** The platform's own UTF-8; plain code unless given. */
  readonly text?: TextCodec | undefined
}

/**
 * The message in one datagram or WebSocket frame, `bytes[from, to)`. The body is a view.
 * Header values are not looked into, except Content-Length: `checkRequest` and `checkResponse` do that.
 * @throws MalformedMessage with the status to answer (400, 413, 505) and, if it can be answered, the request
 */
export function decodeMessage(bytes: Uint8Array, from = 0, to = bytes.length, limits: MessageLimits = SIP_LIMITS): SipMessage {
  const start = skipLineBreaks(bytes, from, to)
  const end = endOfHead(bytes, start, Math.min(to, start + limits.headerBytes))
  if (end < 0) throw headWithoutEnd(bytes, start, to, limits)
  const head = decodeHead(bytes, start, end, limits.headerCount, limits.text)
  const length = head.contentLength ?? to - end
  // RFC 3261 §18.3: octets after the body are dropped, a body that is too short is an error
  const fault = head.fault ?? (end + length > to ? BODY_TOO_SHORT : bodyFault(length, limits))
  const body = length === 0 ? NOTHING : bytes.subarray(end, Math.min(to, end + length))
  if (fault !== undefined) throw malformed(fault, head, body)
  return toMessage(head, body)
}

/** @throws MalformedMessage when the head has a fault */
export function toMessage(head: MessageHead, body: Uint8Array): SipMessage {
  const { headers, fault } = head
  if (fault !== undefined) throw malformed(fault, head, body)
  const start = head.start as StartLine
  // Written out: spreading costs more than reading the start line
  return start.kind === 'request'
    ? { kind: 'request', method: start.method, uri: start.uri, headers, body }
    : { kind: 'response', status: start.status, reason: start.reason, headers, body }
}

export function malformed(fault: Fault, head: MessageHead, body: Uint8Array = NOTHING): MalformedMessage {
  return new MalformedMessage(fault.code, fault.message, fault.status, answerable(head, body))
}

/** SIP-36: a body larger than we are ready to hold gets 413. */
export function bodyFault(length: number, limits: MessageLimits): Fault | undefined {
  if (length <= limits.bodyBytes) return undefined
  return { code: 'body-too-long', message: `The body is longer than ${limits.bodyBytes} octets.`, status: 413 }
}

/** SIP-36: `400` for an oversize header block, and for one that never ends. */
export function headWithoutEnd(bytes: Uint8Array, from: number, to: number, limits: MessageLimits): MalformedMessage {
  const end = Math.min(to, from + limits.headerBytes)
  const fault = to - from > limits.headerBytes ? HEAD_TOO_LONG : NO_EMPTY_LINE
  return malformed(fault, decodeHead(bytes, from, end, limits.headerCount, limits.text))
}

/** RFC 3261 §8.2.6: a response needs these five, so without them there is no answer to give. */
function answerable(head: MessageHead, body: Uint8Array): SipRequest | undefined {
  if (head.start?.kind !== 'request') return undefined
  for (const name of ['via', 'from', 'to', 'call-id', 'cseq']) if (!head.headers.has(name)) return undefined
  return { ...head.start, headers: head.headers, body }
}

const NOTHING = new Uint8Array(0)
const BODY_TOO_SHORT: Fault = { code: 'bad-content-length', message: 'Content-Length is larger than the body.', status: 400 }
const HEAD_TOO_LONG: Fault = { code: 'header-too-long', message: 'The header block is too long.', status: 400 }
const NO_EMPTY_LINE: Fault = { code: 'no-empty-line', message: 'No empty line ends the header block.', status: 400 }
