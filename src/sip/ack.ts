import { cseqOf } from './cseq.js'
import { SipHeaders } from './headers.js'
import type { SipRequest, SipResponse } from './message.js'

/** ACK to a final response above 299: part of the INVITE transaction, same branch (RFC 3261 §17.1.1.3). */
export function ackForFailure(invite: SipRequest, response: SipResponse): SipRequest {
  return companion(invite, 'ACK', response.headers.get('to') as string)
}

/** CANCEL of a request that is under way; same branch, Route and CSeq number (RFC 3261 §9.1). */
export function cancelOf(invite: SipRequest, reason: string | undefined): SipRequest {
  const cancel = companion(invite, 'CANCEL', invite.headers.get('to') as string)
  if (reason !== undefined) cancel.headers.append('Reason', reason)
  return cancel
}

function companion(invite: SipRequest, method: string, to: string): SipRequest {
  const { headers } = invite
  const own = new SipHeaders([
    ['Via', headers.get('via') as string],
    ['Max-Forwards', headers.get('max-forwards') as string],
  ])
  for (const route of headers.getAll('route')) own.append('Route', route)
  own.append('From', headers.get('from') as string)
  own.append('To', to)
  own.append('Call-ID', headers.get('call-id') as string)
  own.append('CSeq', `${cseqOf(invite)?.number} ${method}`)
  return { kind: 'request', method, uri: invite.uri, headers: own, body: new Uint8Array(0) }
}
