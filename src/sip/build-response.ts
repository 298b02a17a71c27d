import { checkHeader, checkText } from './header-checks.js'
import { SipHeaders } from './headers.js'
import type { SipRequest, SipResponse } from './message.js'
import { tagOf } from './name-address.js'
import { reasonPhrase } from './reason-phrase.js'
import type { Body, ExtraHeaders } from './user-agent-types.js'

export interface ResponseParts {
  readonly reason?: string
  /** Put on To unless the request already has a tag there; leave it away for 100. */
  readonly toTag?: string
  readonly headers?: ExtraHeaders
  readonly body?: Body
}

/**
 * A response with what RFC 3261 §8.2.6.2 copies from the request: Via (all, in order), From, To, Call-ID, CSeq;
 * Timestamp for 100; Record-Route for 101 to 299, which may create a dialog (§12.1.1).
 * @throws LocalProtocolError when reason or headers hold line breaks
 */
export function responseTo(request: SipRequest, status: number, parts: ResponseParts = {}): SipResponse {
  const headers = new SipHeaders()
  for (const name of COPIED) {
    for (const value of request.headers.getAll(name)) headers.append(name, name === 'To' ? withTag(value, status, parts.toTag) : value)
  }
  if (status === 100) for (const value of request.headers.getAll('Timestamp')) headers.append('Timestamp', value)
  if (status > 100 && status < 300) for (const value of request.headers.getAll('Record-Route')) headers.append('Record-Route', value)
  for (const [name, value] of parts.headers ?? []) {
    checkHeader(name, value)
    headers.append(name, value)
  }
  if (parts.body !== undefined) {
    checkHeader('Content-Type', parts.body.contentType)
    headers.append('Content-Type', parts.body.contentType)
  }
  const reason = parts.reason ?? reasonPhrase(status)
  checkText('The reason phrase', reason)
  return { kind: 'response', status, reason, headers, body: parts.body?.bytes ?? NOTHING }
}

function withTag(to: string, status: number, tag: string | undefined): string {
  if (tag === undefined || status === 100 || tagOf(to) !== undefined) return to
  // RFC 3261 §20.10: without brackets everything after ";" belongs to the header field, so appending is right in both forms
  return `${to};tag=${tag}`
}

const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const
const NOTHING = new Uint8Array(0)
