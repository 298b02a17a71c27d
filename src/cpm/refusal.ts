import type { ExtraHeaders } from '../sip/index.js'
import { quote, RemoteProtocolError } from '../wire/index.js'
import { BUSY_RETRY_AFTER, OFFER_RETRY_AFTER, REASON_CHARACTERS } from './limits.js'

/** A final response that turns an offer down (Appendix B.1). */
export interface Refusal {
  readonly status: number
  readonly headers: ExtraHeaders
}

/** Causes of a 488 with their Warning (SIP-35, RFC 3261 §20.43). */
export const WARNINGS = {
  'no-media': [304, 'Media type not available'],
  'no-format': [305, 'Incompatible media format'],
  'no-transport': [302, 'Incompatible transport protocol'],
  'none-accepted': [399, 'No file accepted'],
  'no-description': [399, 'File description required'],
  'too-large': [399, 'File too large'],
  'fewer-lines': [399, 'An m-line is missing'],
} as const

export type RefusalCause = keyof typeof WARNINGS

/** @param reason what our user says; shown to the other one as a Warning of its own (SIP-34) */
export function notAcceptable(cause: RefusalCause, host: string, reason = ''): Refusal {
  const [code, text] = WARNINGS[cause]
  const said = oneLine(reason)
  const warnings = [`${code} ${host} ${quote(text)}`, ...(said === '' ? [] : [`399 ${host} ${quote(said)}`])]
  return { status: 488, headers: warnings.map(warning => ['Warning', warning]) }
}

/** Control characters would end the header field, or the quotes (SEC-14). */
function oneLine(text: string): string {
  let line = ''
  for (const character of text.slice(0, REASON_CHARACTERS)) line += character < ' ' || character === '\x7f' ? ' ' : character
  return line.trim()
}

/** 415 tells what we do understand (SIP-17). */
export const UNSUPPORTED_BODY: Refusal = { status: 415, headers: [['Accept', 'application/sdp, multipart/related, multipart/mixed']] }

/** 486 of CPM-14. */
export const TOO_MANY_SESSIONS: Refusal = { status: 486, headers: [['Retry-After', String(BUSY_RETRY_AFTER)]] }

/** The answer an undecodable body asks for itself. */
export function refusalOf(error: unknown, host: string): Refusal {
  /* v8 ignore next -- what peers send throws nothing else */
  if (!(error instanceof RemoteProtocolError)) throw error
  if (error.status === 488) return notAcceptable('fewer-lines', host)
  // SIP-21: a second offer before the first is answered may come back later
  return { status: error.status ?? 400, headers: error.status === 500 ? [['Retry-After', String(OFFER_RETRY_AFTER)]] : [] }
}
