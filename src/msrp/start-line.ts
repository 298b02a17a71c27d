import { consistsOf, RemoteProtocolError, VISIBLE } from '../wire/index.js'
import { Head, isIdent } from './head.js'
import { MAX_ECHOED_TID } from './limits.js'
import { isThreeDigits } from './status.js'

const UPPER_CASE = /^[A-Z]+$/

/**
 * `MSRP SP tid SP METHOD` or `MSRP SP tid SP 3DIGIT [SP comment]` (RFC 4975 §9, MSRP-1).
 * @returns undefined when nobody could be answered, so that only closing the connection is left
 */
export function parseStartLine(text: string): Head | undefined {
  if (!text.startsWith('MSRP ')) return undefined
  const space = text.indexOf(' ', 5)
  const tid = space < 0 ? text.slice(5) : text.slice(5, space)
  // a malformed tid is still echoed in the 400 when it is short and printable (MSRP-4)
  if (tid.length > MAX_ECHOED_TID || !consistsOf(tid, VISIBLE)) return undefined
  const rest = space < 0 ? '' : text.slice(space + 1)
  const head = isDigit(rest) ? responseHead(tid, rest) : new Head(tid, rest, undefined, '')
  if (head.method !== undefined && !UPPER_CASE.test(rest)) head.fail('bad-start-line', 'The method does not follow the grammar')
  if (!isIdent(tid)) head.fail('bad-transaction-id', 'The transaction id does not follow the grammar')
  return head
}

/** The answer to a start line that is none. */
export function badStartLine(): RemoteProtocolError {
  return new RemoteProtocolError('not-msrp', 'A message does not start with MSRP and a transaction id')
}

function responseHead(tid: string, rest: string): Head {
  const code = rest.slice(0, 3)
  const wellFormed = isThreeDigits(code) && (rest.length === 3 || rest[3] === ' ')
  return new Head(tid, undefined, wellFormed ? Number(code) : 0, wellFormed ? rest.slice(4) : '')
}

function isDigit(text: string): boolean {
  const code = text.charCodeAt(0)
  return code >= 0x30 && code <= 0x39
}
