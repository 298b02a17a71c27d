import type { ConferenceEndpoint } from '../focus/index.js'
import { parseReason } from '../sip/index.js'
import type { RecipientState } from './api.js'
import { CpmftError, type ErrorCode } from './errors.js'

/** How the dialog with one recipient stands, in words for people. */
export interface RecipientLeg {
  readonly state: RecipientState
  readonly error: CpmftError | undefined
}

/** `<status>disconnected</status>` with its method and reason, and the words before it (RFC 4575 §5.7.3, §5.7.6, GRP-38). */
export function legOf({ status, disconnectionMethod, disconnectionReason }: ConferenceEndpoint): RecipientLeg {
  if (status === undefined || status === 'pending' || status === 'dialing-out') return { state: 'invited', error: undefined }
  if (status === 'alerting') return { state: 'ringing', error: undefined }
  if (status !== 'disconnected') return { state: 'sending', error: undefined }
  const cause = parseReason(disconnectionReason ?? '')?.cause
  if (cause !== undefined) return refused(cause, disconnectionReason)
  if (disconnectionMethod === 'busy') return refused(486, undefined)
  if (disconnectionMethod === 'departed') return { state: 'left', error: new CpmftError('aborted-by-peer', 'It left the group.') }
  return { state: 'failed', error: new CpmftError('connection-lost', 'The group server lost this recipient.') }
}

/** The final response that a recipient gave to the server's INVITE (SIP-34). */
function refused(cause: number, text: string | undefined): RecipientLeg {
  const code = CODES.get(cause) ?? (cause >= 500 ? 'unreachable' : 'not-supported')
  const state = code === 'declined' ? 'declined' : code === 'not-supported' ? 'failed' : 'unreachable'
  return { state, error: new CpmftError(code, text === undefined ? undefined : `The server says ${cause}.`, cause) }
}

const CODES: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  [403, 'not-allowed'],
  [404, 'unknown-recipient'],
  [408, 'unreachable'],
  [410, 'unknown-recipient'],
  [480, 'unreachable'],
  [486, 'busy'],
  [487, 'unreachable'],
  [488, 'declined'],
  [600, 'busy'],
  [603, 'declined'],
  [604, 'unknown-recipient'],
  [606, 'declined'],
])
