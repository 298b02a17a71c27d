import { describe, expect, it } from 'vitest'
import { Parser } from 'sip.js/lib/core/messages/parser.js'
import { responseTo } from '../../src/sip/build-response.js'
import { checkRequest, checkResponse } from '../../src/sip/check-request.js'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { encodeMessage } from '../../src/sip/encode-message.js'
import { SipHeaders } from '../../src/sip/headers.js'
import type { SipMessage, SipRequest } from '../../src/sip/message.js'
import { LocalProtocolError } from '../../src/wire/index.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

const invite = (): SipRequest => ({
  kind: 'request',
  method: 'INVITE',
  uri: 'sip:bob@home2.example',
  headers: new SipHeaders([
    ['Via', 'SIP/2.0/TCP 192.0.2.1:5060;branch=z9hG4bKabc;rport'],
    ['Via', 'SIP/2.0/UDP [2001:db8::9];branch=z9hG4bKdef;received=192.0.2.9'],
    ['Max-Forwards', '70'],
    ['Record-Route', '<sip:p1.home1.example;lr>'],
    ['From', '"Alice \\"A\\" Ä" <sip:alice@home1.example>;tag=a1'],
    ['To', '<sip:bob@home2.example>'],
    ['Call-ID', 'c0ffee@192.0.2.1'],
    ['CSeq', '1 INVITE'],
    ['Contact', '<sip:alice@192.0.2.1:5060;transport=tcp>;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"'],
    ['Content-Type', 'application/sdp'],
    ['Timestamp', '54'],
  ]),
  body: bytesOf('v=0\r\n'),
})

describe('encodeMessage', () => {
  it('writes CRLF lines and the true length @req SIP-36 SIP-17', () => {
    const text = textOf(encodeMessage({ ...invite(), headers: new SipHeaders([['To', '<sip:b@h>']]) }))
    expect(text).toBe('INVITE sip:bob@home2.example SIP/2.0\r\nTo: <sip:b@h>\r\nContent-Length: 5\r\n\r\nv=0\r\n')
    const headers = new SipHeaders([
      ['l', '999'],
      ['To', 'x'],
      ['Content-Length', '7'],
    ])
    expect(textOf(encodeMessage({ kind: 'response', status: 200, reason: 'Schön', headers, body: new Uint8Array() }))).toBe(
      'SIP/2.0 200 Schön\r\nl: 0\r\nTo: x\r\n\r\n',
    )
  })

  it.each([
    ['a value', { headers: new SipHeaders([['Subject', 'a\r\nX: y']]) }],
    ['a bare LF in a value', { headers: new SipHeaders([['Subject', 'a\nX: y']]) }],
    ['a bare CR in a value', { headers: new SipHeaders([['Subject', 'a\rX: y']]) }],
    ['a header name', { headers: new SipHeaders([['X\r\nY', 'z']]) }],
    ['a space in a header name', { headers: new SipHeaders([['X Y', 'z']]) }],
    ['an empty header name', { headers: new SipHeaders([['', 'z']]) }],
    ['the Request-URI', { uri: 'sip:b@h SIP/2.0\r\nX: y' }],
    ['a space in the Request-URI', { uri: 'sip:b @h' }],
    ['an empty Request-URI', { uri: '' }],
    ['the method', { method: 'INVITE\r\n' }],
  ])('refuses to be broken by %s @req SEC-14', (_what, change) => {
    expect(() => encodeMessage({ ...invite(), ...change })).toThrow(LocalProtocolError)
  })

  it('refuses reasons with line breaks and statuses that are none @req SEC-14', () => {
    const response = responseTo(invite(), 200)
    expect(() => encodeMessage({ ...response, reason: 'OK\r\nX: y' })).toThrow(LocalProtocolError)
    for (const status of [99, 700, 200.5, Number.NaN]) expect(() => encodeMessage({ ...response, status })).toThrow(LocalProtocolError)
  })

  it('writes what it can read @req SIP-36', () => {
    const again = decodeMessage(encodeMessage(invite())) as SipRequest
    expect([...again.headers].filter(([name]) => name !== 'Content-Length')).toEqual([...invite().headers])
    expect(checkRequest(again)).toBeUndefined()
  })
})

describe('responseTo', () => {
  const names = (message: SipMessage) => [...message.headers].map(([name]) => name)

  it('copies what RFC 3261 §8.2.6 says @req SIP-36', () => {
    const response = responseTo(invite(), 200, {
      toTag: 'b2',
      headers: [['Contact', '<sip:bob@h>']],
      body: { contentType: 'a/b', bytes: bytesOf('x') },
    })
    expect(response).toMatchObject({ kind: 'response', status: 200, reason: 'OK', body: bytesOf('x') })
    expect(names(response)).toEqual(['Via', 'Via', 'From', 'To', 'Call-ID', 'CSeq', 'Record-Route', 'Contact', 'Content-Type'])
    expect(response.headers.getAll('Via')).toEqual(invite().headers.getAll('Via'))
    expect(response.headers.get('To')).toBe('<sip:bob@home2.example>;tag=b2')
    expect(checkResponse(response, true)).toBeUndefined()
    expect(checkResponse(response)).toMatchObject({ code: 'bad-via' })
  })

  it('copies Record-Route only where a dialog may begin, and Timestamp into 100 @req SIP-33', () => {
    expect(names(responseTo(invite(), 180))).toContain('Record-Route')
    expect(names(responseTo(invite(), 486))).not.toContain('Record-Route')
    const trying = responseTo(invite(), 100, { toTag: 'x' })
    expect(names(trying)).toEqual(['Via', 'Via', 'From', 'To', 'Call-ID', 'CSeq', 'Timestamp'])
    expect(trying.headers.get('To')).toBe('<sip:bob@home2.example>')
  })

  it('keeps a To tag that is there @req SIP-36', () => {
    const request = invite()
    request.headers.set('t', '"B" <sip:bob@home2.example;x=1> ; tag = mine')
    expect(responseTo(request, 481, { toTag: 'other' }).headers.get('To')).toBe('"B" <sip:bob@home2.example;x=1> ; tag = mine')
  })

  it('refuses line breaks of the application @req SEC-14', () => {
    expect(() => responseTo(invite(), 488, { reason: 'No\r\nX: y' })).toThrow(LocalProtocolError)
    expect(() => responseTo(invite(), 488, { headers: [['Warning', 'a\nb']] })).toThrow(LocalProtocolError)
    expect(() => responseTo(invite(), 488, { headers: [['a b', 'c']] })).toThrow(LocalProtocolError)
    expect(() => responseTo(invite(), 200, { body: { contentType: 'a/b\r\nX: y', bytes: bytesOf('') } })).toThrow(LocalProtocolError)
  })
})

describe('SIP.js as judge of what is written', () => {
  const complaints: string[] = []
  const note = (...words: unknown[]) => complaints.push(words.join(' '))
  const logger = { warn: note, error: note, log: () => {}, debug: () => {} } as unknown as Parameters<typeof Parser.parseMessage>[1]
  // SIP.js works on text of one character for one octet of the head
  const judge = (message: SipMessage) => Parser.parseMessage(textOf(encodeMessage(message)), logger)

  it('reads a request as it was meant @req SIP-36', () => {
    const read = judge(invite())
    expect(complaints).toEqual([])
    expect(read).toMatchObject({
      method: 'INVITE',
      callId: 'c0ffee@192.0.2.1',
      cseq: 1,
      fromTag: 'a1',
      viaBranch: 'z9hG4bKabc',
      body: 'v=0\r\n',
    })
    expect(read?.from.uri.toString()).toBe('sip:alice@home1.example')
    expect(read?.from.displayName).toContain('Alice')
    expect(read?.getHeaders('via')).toHaveLength(2)
    expect(read?.parseHeader('contact')?.uri.toString()).toBe('sip:alice@192.0.2.1:5060;transport=tcp')
  })

  it('reads a response as it was meant @req SIP-36', () => {
    const read = judge(responseTo(invite(), 200, { toTag: 'b2' }))
    expect(complaints).toEqual([])
    expect(read).toMatchObject({ statusCode: 200, reasonPhrase: 'OK', toTag: 'b2', fromTag: 'a1' })
    expect(read?.getHeader('content-length')).toBe('0')
    expect(read?.parseHeader('record-route')?.uri.toString()).toBe('sip:p1.home1.example;lr')
  })
})
