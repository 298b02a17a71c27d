import { checkHeader, checkText } from './header-checks.js'
import { SipHeaders } from './headers.js'
import type { SipRequest, SipResponse } from './message.js'
import { tagIn } from './name-address.js'
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
  for (const name of COPIED) copy(name, request.headers, headers)
  if (status === 100) copy('Timestamp', request.headers, headers)
  if (status > 100 && status < 300) copy('Record-Route', request.headers, headers)
  // RFC 3261 §20.10: without brackets everything after ";" belongs to the header field, so appending is right in both forms
  if (parts.toTag !== undefined && status !== 100 && tagIn(request.headers, 'to') === undefined)
    headers.setFirst('To', `${request.headers.get('to')};tag=${parts.toTag}`)
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

function copy(name: string, from: SipHeaders, to: SipHeaders): void {
  if (from.repeats(name)) for (const value of from.getAll(name)) to.append(name, value)
  else {
    const value = from.get(name)
    if (value !== undefined) to.append(name, value)
  }
}

const COPIED = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const
const NOTHING = new Uint8Array(0)
