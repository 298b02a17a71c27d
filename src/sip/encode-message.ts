import { consistsOf, LocalProtocolError, SIP_TOKEN } from '../wire/index.js'
import { canonical, usualName } from './headers.js'
import type { SipMessage } from './message.js'
import { PLAIN_TEXT, type TextCodec } from './text-codec.js'

/**
 * The message as octets: CRLF line ends, exactly one Content-Length that tells the true length of the body.
 * @param text the platform's own UTF-8, if there is one
 * @throws LocalProtocolError `line-break`, `bad-header-name`, `bad-start-line` (SEC-14)
 */
export function encodeMessage(message: SipMessage, text: TextCodec = PLAIN_TEXT): Uint8Array {
  let head = startLine(message)
  let lengthWritten = false
  message.headers.forEach((name, value) => {
    const usual = usualName(name)
    const prefix = usual?.prefix ?? prefixOf(name)
    if ((usual?.key ?? canonical(name)) === 'content-length') {
      if (!lengthWritten) head += prefix + message.body.length
      lengthWritten = true
      return
    }
    refuseLineBreak(name, value)
    // Two strings a line instead of four: an engine makes an object of each step
    head = head + prefix + value
  })
  // RFC 3261 §18.3: a stream has no other way to find the end of the body
  if (!lengthWritten) head += LENGTH + message.body.length
  return join(text.encode(`${head}\r\n\r\n`), message.body)
}

/** What stands between the line before and the value. */
function prefixOf(name: string): string {
  if (consistsOf(name, SIP_TOKEN)) return `\r\n${name}: `
  throw new LocalProtocolError('bad-header-name', `"${name.slice(0, 40)}" is no header field name.`)
}

function startLine(message: SipMessage): string {
  if (message.kind === 'response') {
    if (!Number.isInteger(message.status) || message.status < 100 || message.status > 699)
      throw new LocalProtocolError('bad-start-line', `${message.status} is no status code.`)
    refuseLineBreak('The reason phrase', message.reason)
    return `SIP/2.0 ${message.status} ${message.reason}`
  }
  refuseLineBreak('The Request-URI', message.uri)
  if (!consistsOf(message.method, SIP_TOKEN) || message.uri === '' || message.uri.includes(' '))
    throw new LocalProtocolError('bad-start-line', 'Method or Request-URI would break the request line.')
  return `${message.method} ${message.uri} SIP/2.0`
}

/** NUL may be a legal quoted-pair of a value that we only pass on (RFC 4475 §3.1.1.2); `checkHeader` refuses it in our own values. */
function refuseLineBreak(what: string, text: string): void {
  if (text.includes('\r') || text.includes('\n')) throw new LocalProtocolError('line-break', `${what} holds a line break.`)
}

function join(head: Uint8Array, body: Uint8Array): Uint8Array {
  if (body.length === 0) return head
  const whole = new Uint8Array(head.length + body.length)
  whole.set(head)
  whole.set(body, head.length)
  return whole
}

const LENGTH = '\r\nContent-Length: '
