import { parseInteger, parseParameters, quote } from '../wire/index.js'
import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'
import { formatParameters } from './parameter-tail.js'

/** `Reason: SIP;cause=200;text="Call completed elsewhere"` (RFC 3326 §2) */
export interface Reason {
  /** `SIP`, `Q.850` or another token, as written. */
  readonly protocol: string
  readonly cause?: number
  readonly text?: string
}

export function parseReason(value: string): Reason | undefined {
  const semicolon = value.indexOf(';')
  const end = semicolon < 0 ? value.length : semicolon
  const protocol = value.slice(0, end).trim()
  const parameters = parseParameters(value, end)
  if (protocol === '' || parameters === undefined) return undefined
  const cause = parseInteger(parameters.get('cause') ?? '')
  const text = parameters.get('text')
  return { protocol, ...(cause !== undefined && { cause }), ...(text !== undefined && { text }) }
}

export function formatReason(reason: Reason): string {
  const cause = reason.cause === undefined ? '' : formatParameters(new Map([['cause', `${reason.cause}`]]))
  return `${reason.protocol}${cause}${reason.text === undefined ? '' : `;text=${quote(reason.text)}`}`
}

/** Reasons of a request, at most one per protocol by RFC 3326; malformed ones are left out. */
export function reasonsOf(headers: SipHeaders): Reason[] {
  return listValues(headers, 'reason').flatMap(value => parseReason(value) ?? [])
}
