import { consistsOf, DIGIT } from '../wire/index.js'
import type { SipHeaders } from './headers.js'
import { type NameAddress, parseNameAddresses } from './name-address.js'

/** Contact values of a message; `*` is the form that removes all bindings (RFC 3261 §10.2.2); undefined when one is malformed. */
export function contactsOf(headers: SipHeaders): NameAddress[] | '*' | undefined {
  const lines = headers.getAll('contact')
  if (lines.includes('*')) return lines.length === 1 ? '*' : undefined
  return parseNameAddresses(headers, 'contact')
}

/**
 * Seconds a binding lives: its own `expires`, else the Expires header, else `otherwise`.
 * RFC 3261 §10.2.1.1, §20.10: a malformed or overlarge number counts as the default.
 */
export function contactExpires(contact: NameAddress, headers: SipHeaders, otherwise: number): number {
  return parseDeltaSeconds(contact.parameters.get('expires')) ?? parseDeltaSeconds(headers.get('expires')) ?? otherwise
}

/** delta-seconds = 1*DIGIT, at most 2^32-1 */
export function parseDeltaSeconds(text: string | undefined): number | undefined {
  if (text === undefined || !consistsOf(text, DIGIT)) return undefined
  const seconds = Number(text)
  return seconds <= 0xffff_ffff ? seconds : undefined
}
