import { isUsual } from './headers.js'
import { consistsOf, hasLineBreak, LocalProtocolError, SIP_TOKEN } from '../wire/index.js'

/**
 * Checks a header field that the application wants on the wire (SEC-14).
 * @throws LocalProtocolError `bad-header-name` or `line-break`
 */
export function checkHeader(name: string, value: string): void {
  if (!isUsual(name) && !consistsOf(name, SIP_TOKEN))
    throw new LocalProtocolError('bad-header-name', `"${name.slice(0, 40)}" is no header field name.`)
  if (hasLineBreak(value)) throw new LocalProtocolError('line-break', `The value of ${name} holds a line break or NUL.`)
}

/**
 * Checks one piece of text that becomes part of a start line or header value (SEC-14).
 * @throws LocalProtocolError `line-break`
 */
export function checkText(what: string, text: string): void {
  if (hasLineBreak(text)) throw new LocalProtocolError('line-break', `${what} holds a line break or NUL.`)
}
