import { type SipResponse, type UserAgentEvent, warningsOf } from '../sip/index.js'
import { WARNINGS_SHOWN } from './limits.js'

/** What a failed session or file means to the user (SIP-34, CR-12, CR-13). Every code is an entry of the client's error table. */
export interface Outcome {
  readonly code: OutcomeCode
  /** SIP or MSRP status the peer gave. */
  readonly status?: number
  /** The peer's own words, or what exactly happened. */
  readonly detail?: string
}

export type OutcomeCode =
  | 'declined'
  | 'busy'
  | 'unreachable'
  | 'unknown-recipient'
  | 'not-allowed'
  | 'auth-failed'
  | 'not-supported'
  | 'unsupported-media'
  | 'too-large'
  | 'network-error'
  | 'connection-refused'
  | 'connection-lost'
  | 'connection-timeout'
  | 'peer-failed'
  | 'timeout'
  | 'aborted-by-peer'
  | 'session-ended'
  | 'cancelled'
  | 'withdrawn'
  | 'size-mismatch'
  | 'hash-mismatch'
  | 'type-mismatch'
  | 'protocol-error'
  | 'file-changed'
  | 'file-unreadable'
  | 'folder-missing'
  | 'folder-unwritable'
  | 'disk-full'
  | 'exists'
  | 'write-failed'
  | 'tls'
  | 'network'
  | 'relay-failed'
  | 'forbidden-address'
  | 'quota'
  | 'not-shared'
  /** A fault of this program ended it. */
  | 'internal'
  /** Of groups alone (GRP-2, GRP-12). */
  | 'group-not-supported'
  | 'no-group-service'
  | 'not-a-member'
  | 'unknown-group'
  | 'nobody-reachable'

/** Outcome of a final response to an INVITE; `cancelled` when it answers our own CANCEL (SIP-34). */
export function outcomeOfResponse(response: SipResponse, cancelled = false): Outcome {
  const { status } = response
  const warnings = warningsOf(response.headers).slice(0, WARNINGS_SHOWN)
  const detail = [`${status} ${response.reason}`, ...warnings.map(({ text }) => text)].join(': ')
  return { code: codeOfStatus(status, warnings[0]?.code, cancelled), status, detail }
}

/** Outcome of an INVITE of ours that was not accepted; `cancelled` when we gave it up. */
export function outcomeOfRejection(event: UserAgentEvent & { readonly name: 'rejected' }, cancelled: boolean): Outcome {
  if (cancelled || event.cause === 'cancelled') return { code: 'cancelled' }
  if (event.response !== undefined) return outcomeOfResponse(event.response)
  return { code: event.cause === 'auth' ? 'auth-failed' : event.cause === 'transport' ? 'connection-refused' : 'unreachable' }
}

/** Outcome of an MSRP status in a response or REPORT (MSRP-45); 413 means that the receiver stopped us (OA-43). */
export function outcomeOfMsrpStatus(status: number, comment?: string): Outcome {
  const detail = comment === undefined || comment === '' ? `MSRP ${status}` : `MSRP ${status}: ${comment}`
  return { code: status === 413 ? 'aborted-by-peer' : status === 408 ? 'timeout' : 'peer-failed', status, detail }
}

function codeOfStatus(status: number, warning: number | undefined, cancelled: boolean): OutcomeCode {
  if (status === 487) return cancelled ? 'cancelled' : 'declined'
  if (status === 488 || status === 606) return warning === 304 || warning === 305 ? 'unsupported-media' : 'declined'
  // RCS puts "too large" into 403 with Warning 133 (D-19)
  if (status === 403) return warning === 133 ? 'too-large' : 'not-allowed'
  return CODES.get(status) ?? CODES.get(Math.floor(status / 100) * 100) ?? 'protocol-error'
}

/** The table of SIP-34; statuses not listed count as x00 of their class (RFC 3261 §8.1.3.2). */
const CODES: ReadonlyMap<number, OutcomeCode> = new Map([
  [300, 'not-supported'],
  [305, 'not-supported'],
  [380, 'not-supported'],
  [400, 'protocol-error'],
  [401, 'auth-failed'],
  [404, 'unknown-recipient'],
  [407, 'auth-failed'],
  [408, 'unreachable'],
  [410, 'unknown-recipient'],
  [413, 'not-supported'],
  [415, 'not-supported'],
  [416, 'not-supported'],
  [420, 'not-supported'],
  [421, 'not-supported'],
  [480, 'unreachable'],
  [481, 'session-ended'],
  [484, 'unknown-recipient'],
  [486, 'busy'],
  [500, 'network-error'],
  [513, 'not-supported'],
  [600, 'busy'],
  [603, 'declined'],
  [604, 'unknown-recipient'],
])
