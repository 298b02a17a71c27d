import type { SipHeaders } from './headers.js'

/** RFC 3261 §7.1: `INVITE sip:bob@home2.example SIP/2.0` */
export interface SipRequest {
  readonly kind: 'request'
  readonly method: string
  readonly uri: string
  readonly headers: SipHeaders
  readonly body: Uint8Array
}

/** RFC 3261 §7.2: `SIP/2.0 200 OK` */
export interface SipResponse {
  readonly kind: 'response'
  readonly status: number
  readonly reason: string
  readonly headers: SipHeaders
  readonly body: Uint8Array
}

export type SipMessage = SipRequest | SipResponse
