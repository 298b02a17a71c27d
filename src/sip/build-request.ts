import { checkHeader } from './header-checks.js'
import { SipHeaders } from './headers.js'
import { MAX_FORWARDS } from './limits.js'
import type { SipRequest } from './message.js'
import type { Body, ExtraHeaders } from './user-agent-types.js'

export interface RequestParts {
  readonly method: string
  readonly uri: string
  readonly routes: readonly string[]
  /** Whole values of From and To. */
  readonly from: string
  readonly to: string
  readonly callId: string
  readonly sequence: number
  /** In the order of the wire, after CSeq. */
  readonly fields: ExtraHeaders
  readonly body?: Body | undefined
}

/**
 * A request that lacks nothing but its Via, which the transport decides (RFC 3261 §8.1.1).
 * What a peer may have written (addresses, routes) is not looked at here: `encodeMessage` refuses what would split a line.
 * @throws LocalProtocolError when a field of ours holds a line break (SEC-14)
 */
export function buildRequest(parts: RequestParts): SipRequest {
  const headers = new SipHeaders([['Max-Forwards', `${MAX_FORWARDS}`]])
  const add = (name: string, value: string) => {
    checkHeader(name, value)
    headers.append(name, value)
  }
  if (parts.routes.length > 0) headers.append('Route', parts.routes.join(', '))
  headers.append('From', parts.from).append('To', parts.to).append('Call-ID', parts.callId)
  add('CSeq', `${parts.sequence} ${parts.method}`)
  for (const [name, value] of parts.fields) add(name, value)
  if (parts.body !== undefined) add('Content-Type', parts.body.contentType)
  return { kind: 'request', method: parts.method, uri: parts.uri, headers, body: parts.body?.bytes ?? new Uint8Array(0) }
}
