import { consistsOf, DIGIT, parseMediaType, RemoteProtocolError, SIP_TOKEN } from '../wire/index.js'
import { contactsOf } from './contact.js'
import { cseqOf } from './cseq.js'
import { listValues } from './header-list.js'
import { bitsOf, type SipHeaders } from './headers.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { parseNameAddress, parseNameAddresses } from './name-address.js'
import { parseSipUri, uriScheme } from './uri.js'
import { parseVias } from './via.js'

/**
 * The first rule of syntax that the header fields of a request break, with the status to answer (B.1), or undefined.
 * What depends on the user agent is not looked at: methods it knows, Require, body types, dialogs, authentication.
 */
export function checkRequest(request: SipRequest): RemoteProtocolError | undefined {
  return checkCommon(request) ?? checkRequestFields(request) ?? checkRequestUri(request)
}

/**
 * Why a response must be dropped, or undefined (RFC 4475 §3.1.2.5, §3.3.10).
 * @param asProxy whether there may be more than the one Via that a user agent client wrote (RFC 3261 §8.1.3.3)
 */
export function checkResponse(response: SipResponse, asProxy = false): RemoteProtocolError | undefined {
  const fault = checkCommon(response)
  if (fault !== undefined || asProxy) return fault
  return parseVias(response.headers)?.length === 1 ? undefined : bad('bad-via', 'A response to our request has one Via, ours.')
}

/** What a proxy looks at before it forwards: 483 when no hop is left (RFC 3261 §16.3). */
export function checkForward(request: SipRequest): RemoteProtocolError | undefined {
  const left = request.headers.get('Max-Forwards')
  if (left === undefined || Number(left) !== 0) return undefined
  return new RemoteProtocolError('too-many-hops', 'Max-Forwards is 0.', 483)
}

function checkCommon(message: SipMessage): RemoteProtocolError | undefined {
  const { headers } = message
  if (!headers.hasAll(MANDATORY_BITS)) return bad('missing-header', `${MANDATORY.find(name => !headers.has(name))} is missing.`)
  if (headers.repeatsOneOf(SINGLE_BITS)) return bad('repeated-header', `${SINGLE.find(name => headers.repeats(name))} may stand only once.`)
  const vias = parseVias(headers)
  if (vias === undefined || vias.length === 0) return bad('bad-via', 'A Via value is malformed.')
  // RFC 4475 §3.2.1: the cookie alone identifies nothing
  if (vias[0]?.branch === 'z9hG4bK') return bad('bad-via', 'The branch is empty after its magic cookie.')
  for (const name of ['From', 'To']) {
    if (headers.read(name, parseNameAddress) === undefined) return bad('bad-address', `${name} is malformed.`)
  }
  if (!isCallId(headers.get('Call-ID') as string)) return bad('bad-call-id', 'Call-ID is malformed.')
  if (cseqOf(message) === undefined) return bad('bad-cseq', 'CSeq is no number below 2^31 and method.')
  return undefined
}

function checkRequestFields(request: SipRequest): RemoteProtocolError | undefined {
  const { headers, method } = request
  if (cseqOf(request)?.method !== method) return bad('bad-cseq', 'CSeq names another method than the request line.')
  const hops = headers.get('Max-Forwards')
  if (hops !== undefined && !isHopCount(hops)) return bad('bad-max-forwards', 'Max-Forwards is no number from 0 to 255.')
  const contacts = contactsOf(headers)
  if (contacts === undefined || (contacts === '*' && method !== 'REGISTER')) return bad('bad-contact', 'A Contact value is malformed.')
  for (const name of ['Route', 'Record-Route', 'Path']) {
    if (parseNameAddresses(headers, name) === undefined) return bad('bad-route', `A ${name} value is malformed.`)
  }
  // option-tag = token; what is unknown is named in the response (RFC 3261 §20.40), which must not carry anything else back
  for (const name of ['Require', 'Proxy-Require']) {
    if (headers.has(name) && !listValues(headers, name).every(isToken)) return bad('bad-option-tag', `A value of ${name} is no token.`)
  }
  const type = headers.get('Content-Type')
  if (type !== undefined && parseMediaType(type) === undefined) return bad('bad-content-type', 'Content-Type is malformed.')
  // RFC 3261 §10.3 step 5, RFC 4475 §3.3.4: what is registered is a SIP address
  if (method === 'REGISTER' && !isSipAddress(headers)) return bad('bad-address', 'To of a REGISTER is no SIP or tel address.')
  return undefined
}

function checkRequestUri(request: SipRequest): RemoteProtocolError | undefined {
  const scheme = uriScheme(request.uri)
  if (scheme === undefined) return bad('bad-request-uri', 'The Request-URI has no scheme.')
  if (scheme !== 'sip' && scheme !== 'sips' && scheme !== 'tel')
    return new RemoteProtocolError('unknown-scheme', `The Request-URI scheme ${scheme} is not supported.`, 416)
  const uri = parseSipUri(request.uri)
  if (uri === undefined) return bad('bad-request-uri', 'The Request-URI is malformed.')
  // RFC 3261 §19.1.1, table 1: no headers in a Request-URI
  return uri.headers.size > 0 ? bad('bad-request-uri', 'The Request-URI holds header fields.') : undefined
}

function isSipAddress(headers: SipHeaders): boolean {
  const to = headers.read('To', parseNameAddress)
  return to !== undefined && parseSipUri(to.uri) !== undefined
}

function isToken(text: string): boolean {
  return consistsOf(text, SIP_TOKEN)
}

/** callid = word ["@" word]; only what would split a line or a list is refused (RFC 4475 §3.1.1.2 shows how wide `word` is) */
function isCallId(text: string): boolean {
  if (text.length === 0 || text.length > CALL_ID_LENGTH) return false
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code <= 0x20 || code === 0x7f || code === 0x2c || code === 0x3b) return false
  }
  return true
}

/** Leading zeros are allowed (RFC 4475 §3.1.1.1). */
function isHopCount(text: string): boolean {
  return text.length <= 10 && consistsOf(text, DIGIT) && Number(text) <= 255
}

function bad(code: string, message: string): RemoteProtocolError {
  return new RemoteProtocolError(code, message, 400)
}

/** RFC 3261 §8.1.1 asks for Max-Forwards too; RFC 4475 §3.4.1 wants a request without it to work. */
const MANDATORY = ['Via', 'From', 'To', 'Call-ID', 'CSeq'] as const
/** Header fields of which a message has at most one line (RFC 3261 §20 table 2, RFC 4028). */
const SINGLE = [
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Max-Forwards',
  'Content-Type',
  'Content-Disposition',
  'Expires',
  'Session-Expires',
  'Min-SE',
] as const
const MANDATORY_BITS = bitsOf(MANDATORY)
const SINGLE_BITS = bitsOf(SINGLE)
/** House: UUIDs with a host are below 300. */
const CALL_ID_LENGTH = 1024
