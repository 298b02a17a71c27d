import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { checkForward, checkRequest, checkResponse } from '../../src/sip/check-request.js'
import { contactsOf } from '../../src/sip/contact.js'
import { cseqOf } from '../../src/sip/cseq.js'
import { parseSipDate } from '../../src/sip/date.js'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { encodeMessage } from '../../src/sip/encode-message.js'
import { listValues } from '../../src/sip/header-list.js'
import { MalformedMessage } from '../../src/sip/malformed-message.js'
import type { SipRequest } from '../../src/sip/message.js'
import { parseNameAddress, tagOf } from '../../src/sip/name-address.js'
import { unknownRequirements } from '../../src/sip/option-tags.js'
import { formatSipUri, normalizeEscapes, parseSipUri } from '../../src/sip/uri.js'
import { parseVias, topVia } from '../../src/sip/via.js'

const FOLDER = new URL('../vectors/rfc4475/', import.meta.url)
const read = (name: string) => new Uint8Array(readFileSync(new URL(`${name}.dat`, FOLDER)))
const request = (name: string) => decodeMessage(read(name)) as SipRequest

/** Well-formed messages: start line, Call-ID up to its first dot, CSeq number, From tag, top branch, octets of the body. */
const VALID: [name: string, start: string, cseq: number, tag: string | undefined, branch: string | undefined, body: number][] = [
  ['wsinv', 'INVITE sip:vivekg@chair-dnrc.example.com;unknownparam', 9, '98asjd8', '390skdjuw', 150],
  [
    'intmeth',
    "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
    139122385,
    "_token~1'+`*%!-.",
    "z9hG4bK-.!%66*_+`'~",
    0,
  ],
  ['esc01', 'INVITE sip:sips%3Auser%40example.com@example.net', 234234, '938', 'z9hG4bKkdjuw', 150],
  ['escnull', 'REGISTER sip:example.com', 14398234, '839923423', 'z9hG4bKkdjuw', 0],
  ['esc02', 'RE%47IST%45R sip:registrar.example.com', 29344, 'f232jadfj23', 'z9hG4bK209%fzsnel234', 0],
  ['lwsdisp', 'OPTIONS sip:user@example.com', 60, '323', 'z9hG4bKkdjuw', 0],
  ['longreq', 'INVITE sip:user@example.com', 3882340, undefined, undefined, 150],
  ['dblreq', 'REGISTER sip:example.com', 8, '43251j3j324', 'z9hG4bKkdjuw23492', 0],
  ['semiuri', 'OPTIONS sip:user;par=u%40example.net@example.com', 8, '33242', 'z9hG4bKkdjuw', 0],
  ['transports', 'OPTIONS sip:user@example.com', 60, '323', 'z9hG4bKkdjuw', 0],
  ['mpart01', 'MESSAGE sip:kumiko@example.org', 1, '2fb0dcc9', 'z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-', 553],
  ['unreason', '200 = 2**3 * 5**2 но сто девяносто девять - простое', 35, '11141343', 'z9hG4bK1324923', 154],
  ['noreason', '100 ', 35, '39ansfi3', 'z9hG4bK2398ndaoe', 0],
  ['baddate', 'INVITE sip:user@example.com', 1392934, '2234923', 'z9hG4bKkdjuw', 150],
  ['bext01', 'OPTIONS sip:user@example.com', 8, '242etr', 'z9hG4bKkdjuw', 0],
  ['invut', 'INVITE sip:user@example.com', 235448, '8392034', 'z9hG4bKkdjuw', 40],
  ['regaut01', 'REGISTER sip:example.com', 9338, '87321hj23128', 'z9hG4bKkdjuw', 0],
  ['zeromf', 'OPTIONS sip:user@example.com', 39234321, '3ghsd41', 'z9hG4bKkdjuw2349i', 0],
  ['cparam01', 'REGISTER sip:example.com', 2, 'DkfVgjkrtMwaerKKpe', 'z9hG4bKkdjuw', 0],
  ['cparam02', 'REGISTER sip:example.com', 3, '838293', 'z9hG4bKkdjuw', 0],
  ['regescrt', 'REGISTER sip:example.com', 14398234, '8', 'z9hG4bKkdjuw', 0],
  ['sdp01', 'INVITE sip:user@example.com', 8, '234', 'z9hG4bKkdjuw', 150],
  ['inv2543', 'INVITE sip:UserB@example.com', 56, undefined, undefined, 105],
]

/** Framing or start line is broken: status, code, and whether there is enough to answer. */
const UNDECODABLE: [name: string, status: number, code: string, answer: string | undefined][] = [
  ['clerr', 400, 'bad-content-length', 'INVITE sip:user@example.com'],
  ['ncl', 400, 'bad-content-length', 'INVITE sip:user@example.com'],
  ['mcl01', 400, 'bad-content-length', 'OPTIONS sip:user@example.com'],
  ['lwsruri', 400, 'bad-start-line', 'INVITE sip:user@example.com; lr'],
  ['lwsstart', 400, 'bad-start-line', 'INVITE sip:user@example.com'],
  ['trws', 400, 'bad-start-line', 'OPTIONS sip:remote-target@example.com'],
  ['badvers', 505, 'bad-version', 'OPTIONS sip:t.watson@example.org'],
  ['baddn', 400, 'no-empty-line', 'OPTIONS sip:t.watson@example.org'],
  ['bigcode', 400, 'bad-start-line', undefined],
]

/** The message can be decoded and a header field breaks a rule. */
const REFUSED: [name: string, status: number, code: string][] = [
  ['badinv01', 400, 'bad-via'],
  ['scalar02', 400, 'bad-cseq'],
  ['scalarlg', 400, 'bad-cseq'],
  ['quotbal', 400, 'bad-address'],
  ['ltgtruri', 400, 'bad-request-uri'],
  ['escruri', 400, 'bad-request-uri'],
  ['regbadct', 400, 'bad-contact'],
  ['badaspec', 400, 'bad-address'],
  ['mismatch01', 400, 'bad-cseq'],
  ['mismatch02', 400, 'bad-cseq'],
  ['badbranch', 400, 'bad-via'],
  ['insuf', 400, 'missing-header'],
  ['unkscm', 416, 'unknown-scheme'],
  ['novelsc', 416, 'unknown-scheme'],
  ['unksm2', 400, 'bad-address'],
  ['multi01', 400, 'repeated-header'],
  ['bcast', 400, 'bad-via'],
]

describe('the torture messages of RFC 4475', () => {
  it('are all in one of the three tables', () => {
    const files = readdirSync(FOLDER).filter(file => file.endsWith('.dat'))
    const rows = [...VALID, ...UNDECODABLE, ...REFUSED].map(([name]) => `${name}.dat`)
    expect(rows.slice().sort()).toEqual(files.sort())
    expect(rows).toHaveLength(49)
  })

  it.each(VALID)('accepts %s @req SIP-36', (name, start, cseq, tag, branch, bodyLength) => {
    const message = decodeMessage(read(name))
    expect(message.kind === 'request' ? `${message.method} ${message.uri}` : `${message.status} ${message.reason}`).toBe(start)
    expect(cseqOf(message)?.number).toBe(cseq)
    if (name !== 'longreq') expect(tagOf(message.headers.get('From'))).toBe(tag)
    expect(topVia(message)?.branch).toBe(branch)
    expect(message.body).toHaveLength(bodyLength)
    if (name !== 'mpart01') expect(message.headers.get('call-id')).toMatch(new RegExp(`^${name}\\.`))
    expect(message.kind === 'request' ? checkRequest(message) : checkResponse(message)).toBeUndefined()
  })

  it.each(UNDECODABLE)('detects that %s cannot be decoded @req SIP-36 SIP-17', (name, status, code, answer) => {
    const error = thrownBy(() => decodeMessage(read(name)))
    expect(error).toMatchObject({ status, code })
    expect(error.request && `${error.request.method} ${error.request.uri}`).toBe(answer)
    for (const field of ['Via', 'From', 'To', 'Call-ID', 'CSeq']) expect(error.request?.headers.has(field) ?? true).toBe(true)
  })

  it.each(REFUSED)('detects what is wrong in %s @req SIP-36', (name, status, code) => {
    const message = decodeMessage(read(name))
    expect(message.kind === 'request' ? checkRequest(message) : checkResponse(message)).toMatchObject({ status, code })
  })

  it('refuses the comma in the unquoted display name of baddn once its header block ends @req SIP-36', () => {
    const bytes = new Uint8Array([...read('baddn'), 13, 10])
    expect(checkRequest(decodeMessage(bytes) as SipRequest)).toMatchObject({ status: 400, code: 'bad-address' })
  })

  it.each(VALID)('writes %s so that it reads the same again @req SIP-36', name => {
    const message = decodeMessage(read(name))
    const again = decodeMessage(encodeMessage(message))
    const fields = (headers: Iterable<readonly [string, string]>) => [...headers].filter(([field]) => !/^(l|content-length)$/i.test(field))
    expect({ ...again, headers: fields(again.headers) }).toEqual({ ...message, headers: fields(message.headers) })
    expect(again.headers.getAll('Content-Length')).toEqual([`${message.body.length}`])
  })
})

describe('what RFC 4475 says about single messages', () => {
  it('reads the folds and spaces of wsinv @req SIP-36', () => {
    const { headers } = request('wsinv')
    expect(parseVias(headers)?.map(via => [via.transport, via.host, via.branch])).toEqual([
      ['UDP', '192.0.2.2', '390skdjuw'],
      ['TCP', 'spindle.example.com', 'z9hG4bK9ikj8'],
      ['UDP', '192.168.255.111', 'z9hG4bK30239'],
    ])
    expect(headers.get('subject')).toBe('')
    expect(headers.get('max-forwards')).toBe('0068')
    expect(headers.get('newfangledheader')).toBe('newfangled value continued newfangled value')
    expect(headers.get('UnknownHeaderWithUnusualValue')).toBe(';;,,;;,;')
    expect(parseNameAddress(headers.get('from') ?? '')?.displayName).toBe('J Rosenberg \\"')
    const contact = parseNameAddress(headers.get('contact') ?? '')
    expect(contact?.displayName).toBe('Quoted string ""')
    expect([...(contact?.parameters ?? [])]).toEqual([
      ['newparam', 'newvalue'],
      ['secondparam', ''],
      ['q', '0.33'],
    ])
    expect(parseSipUri(parseNameAddress(headers.get('route') ?? '')?.uri ?? '')?.parameters.get('unknownwith')).toBe('value')
  })

  it('keeps control characters of a quoted string and text that is not ASCII in intmeth @req SIP-36', () => {
    const { headers } = request('intmeth')
    expect(parseNameAddress(headers.get('to') ?? '')?.displayName).toBe('BEL:\x07 NUL:\0 DEL:\x7f')
    expect(parseNameAddress(headers.get('from') ?? '')?.displayName).toBe("token1~` token2'+_ token3*%!.-")
    expect(parseNameAddress(headers.get('from') ?? '')?.parameters.get("fromparam''~+*_!.-%")).toBe('работающий')
    expect(headers.get("extensionHeader-!.%*+_`'~")).toBe('\ufeff大停電')
  })

  it('unescapes once only, and escaped NULs not at all @req SIP-36', () => {
    const contact = parseNameAddress(request('esc01').headers.get('contact') ?? '')
    const uri = parseSipUri(contact?.uri ?? '')
    expect(normalizeEscapes(uri?.user ?? '')).toBe('caller')
    expect([...(uri?.parameters ?? [])].map(([name, value]) => [normalizeEscapes(name), normalizeEscapes(value)])).toEqual([
      ['lr', ''],
      ['name', 'value%2541'],
    ])
    const contacts = contactsOf(request('escnull').headers)
    expect(contacts === '*' ? [] : contacts?.map(address => parseSipUri(address.uri)?.user)).toEqual(['%00', '%00%00'])
  })

  it('takes only the first of two requests in a datagram from dblreq @req SIP-36', () => {
    expect(decodeMessage(read('dblreq')).headers.get('call-id')).toMatch(/^dblreq\.0ha0isndaksdj99sdfafnl3lk233412/)
  })

  it('reads long values of longreq whole @req SIP-36', () => {
    const { headers } = request('longreq')
    expect(parseVias(headers)).toHaveLength(34)
    expect(tagOf(headers.get('from'))).toMatch(/^12(982)+424$/)
    expect(parseNameAddress(headers.get('to') ?? '')?.displayName).toMatch(/^I have a user name of extremeextreme.* proportion$/)
  })

  it('tells parameters of the header field from those of the URI in cparam01 and cparam02 @req SIP-36', () => {
    const bare = parseNameAddress(request('cparam01').headers.get('contact') ?? '')
    expect(bare).toMatchObject({ uri: 'sip:+19725552222@gw1.example.net' })
    expect([...(bare?.parameters.keys() ?? [])]).toEqual(['unknownparam'])
    const inside = parseNameAddress(request('cparam02').headers.get('contact') ?? '')
    expect(inside?.parameters.size).toBe(0)
    expect(parseSipUri(inside?.uri ?? '')?.parameters.get('unknownparam')).toBe('')
  })

  it('keeps the escaped header of regescrt in the URI @req SIP-36', () => {
    const uri = parseSipUri(parseNameAddress(request('regescrt').headers.get('contact') ?? '')?.uri ?? '')
    expect(uri?.headers.get('route')).toBe('%3Csip:sip.example.com%3E')
    expect(uri && formatSipUri(uri)).toBe('sip:user@example.com?route=%3Csip:sip.example.com%3E')
  })

  it('names the unknown option tags of bext01 @req SIP-12', () => {
    expect(unknownRequirements(request('bext01').headers, ['timer', '100rel'])).toEqual([
      'nothingSupportsThis',
      'nothingSupportsThisEither',
    ])
  })

  it('knows every transport of transports by its name @req SIP-36', () => {
    expect(parseVias(request('transports').headers)?.map(via => via.transport)).toEqual(['UDP', 'SCTP', 'TLS', 'UNKNOWN', 'TCP'])
  })

  it('finds no date in baddate and a list in semiuri @req SIP-36', () => {
    expect(parseSipDate(request('baddate').headers.get('date') ?? '')).toBeUndefined()
    expect(parseSipDate(request('mpart01').headers.get('date') ?? '')).toBe(Date.UTC(2005, 9, 15, 4, 44, 56))
    expect(listValues(request('semiuri').headers, 'accept')).toHaveLength(6)
  })

  it('lets a proxy stop at no hops left, and only a proxy @req SIP-36', () => {
    expect(checkForward(request('zeromf'))).toMatchObject({ status: 483 })
    expect(checkForward(request('wsinv'))).toBeUndefined()
  })
})

function thrownBy(action: () => unknown): MalformedMessage {
  try {
    action()
  } catch (error) {
    if (error instanceof MalformedMessage) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
