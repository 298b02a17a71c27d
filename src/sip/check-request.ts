import { RemoteProtocolError } from '../wire/index.js'
import { parseCSeq } from './cseq.js'
import type { SipRequest, SipResponse } from './message.js'

/** First working version; completed below. */
export function checkRequest(request: SipRequest): RemoteProtocolError | undefined {
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq'])
    if (!request.headers.has(name)) return new RemoteProtocolError('missing-header', `${name} is missing.`, 400)
  const cseq = parseCSeq(request.headers.get('CSeq') ?? '')
  return cseq?.method === request.method ? undefined : new RemoteProtocolError('bad-cseq', 'CSeq does not fit.', 400)
}

export function checkResponse(response: SipResponse): RemoteProtocolError | undefined {
  for (const name of ['Via', 'From', 'To', 'Call-ID', 'CSeq'])
    if (!response.headers.has(name)) return new RemoteProtocolError('missing-header', `${name} is missing.`)
  return undefined
}
