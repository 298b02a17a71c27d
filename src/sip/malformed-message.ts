import { RemoteProtocolError } from '../wire/index.js'
import type { SipRequest } from './message.js'

/** A message that cannot be decoded. With `request` it was a request that holds enough to be answered with `status`. */
export class MalformedMessage extends RemoteProtocolError {
  declare readonly status: number

  /** @param request what could be read: Via, From, To, Call-ID and CSeq are present, the rest may be missing or wrong */
  constructor(
    code: string,
    message: string,
    status: number,
    readonly request?: SipRequest,
  ) {
    super(code, message, status)
  }
}

/** What a decoder threw, if it is about the message; anything else is a mistake of ours and is thrown again. */
export function asMalformed(error: unknown): MalformedMessage {
  if (error instanceof MalformedMessage) return error
  throw error
}
