import { consistsOf, parseInteger, SIP_TOKEN } from '../wire/index.js'
import type { SipMessage } from './message.js'

/** `CSeq: 4711 INVITE` (RFC 3261 §20.16) */
export interface CSeq {
  readonly number: number
  readonly method: string
}

export function parseCSeq(text: string): CSeq | undefined {
  let space = 0
  while (space < text.length && text[space] !== ' ' && text[space] !== '\t') space++
  const digits = text.slice(0, space)
  // RFC 4475 §3.1.1.1 sends leading zeros
  const number = parseInteger(digits.length > 16 ? withoutZeros(digits) : digits)
  const method = text.slice(space).trim()
  // RFC 3261 §8.1.1.5: less than 2^31
  if (number === undefined || number >= 0x8000_0000 || !consistsOf(method, SIP_TOKEN)) return undefined
  return { number, method }
}

export function formatCSeq(cseq: CSeq): string {
  return `${cseq.number} ${cseq.method}`
}

/** CSeq of a message; undefined when absent or malformed. */
export function cseqOf(message: SipMessage): CSeq | undefined {
  return message.headers.read('cseq', parseCSeq)
}

/** Number in the CSeq of a message that we built or that passed `checkRequest`. */
export function sequenceOf(message: SipMessage): number {
  return (cseqOf(message) as CSeq).number
}

function withoutZeros(digits: string): string {
  let at = 0
  while (at < digits.length - 1 && digits[at] === '0') at++
  return digits.slice(at)
}
