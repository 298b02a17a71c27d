import { describe, expect, it } from 'vitest'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { MalformedMessage } from '../../src/sip/malformed-message.js'
import { RemoteProtocolError } from '../../src/wire/index.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const decode = (text: string) => decodeMessage(bytesOf(text))
const FIVE = 'v: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@b>;tag=1\r\nt: <sip:b@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n'
const thrownBy = (text: string | Uint8Array, limits?: Parameters<typeof decodeMessage>[3]): MalformedMessage => {
  try {
    const bytes = typeof text === 'string' ? bytesOf(text) : text
    decodeMessage(bytes, 0, bytes.length, limits)
  } catch (error) {
    if (error instanceof MalformedMessage) return error
  }
  throw new Error('no MalformedMessage was thrown')
}

describe('decodeMessage', () => {
  it.each(['Call-ID', 'call-id', 'CALL-ID', 'cAll-iD', 'i', 'I', 'Call-ID ', 'i\t'])(
    'reads the name %j in any spelling @req SIP-36',
    name => {
      const { headers } = decode(`OPTIONS sip:b@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n${name}: 1\r\nCall-Is: 2\r\n\r\n`)
      expect(headers.getAll('call-id')).toEqual(['1'])
      expect(headers.get('call-is')).toBe('2')
      expect([...headers][1]?.[0]).toBe(name.trim())
    },
  )

  it('reads a request with compact names, folds and repeated lines @req SIP-36', () => {
    const message = decode(
      `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}Accept: a/b,\r\n\t c/d\r\nAccept: e/f\r\nSubject:\r\n  two\r\n  lines \r\nl: 4\r\n\r\nbody`,
    )
    expect(message).toMatchObject({ kind: 'request', method: 'OPTIONS', uri: 'sip:b@b', body: bytesOf('body') })
    expect(message.headers.get('Via')).toBe('SIP/2.0/UDP h;branch=z9hG4bK1')
    expect(message.headers.getAll('accept')).toEqual(['a/b, c/d', 'e/f'])
    expect(message.headers.get('s')).toBe('two lines')
    expect([...message.headers][0]?.[0]).toBe('v')
  })

  it('reads a part of a buffer and gives the body as a view @req SIP-36', () => {
    const text = bytesOf(`xxSIP/2.0 200 OK\r\n${FIVE}Content-Length: 2\r\n\r\nabyy`)
    const message = decodeMessage(text, 2, text.length - 1)
    expect(message).toMatchObject({ kind: 'response', status: 200, reason: 'OK', body: bytesOf('ab') })
    expect(message.body.buffer).toBe(text.buffer)
  })

  it('tolerates line breaks before the start line, bare LFs and ill-formed UTF-8 @req SIP-36', () => {
    expect(decode(`\r\n\r\nOPTIONS sip:b@b SIP/2.0\n${FIVE}\nbody`)).toMatchObject({ method: 'OPTIONS', body: bytesOf('body') })
    const bytes = bytesOf(`OPTIONS sip:b@b SIP/2.0\r\n${FIVE}Subject: x#y\r\n\r\n`).map(byte => (byte === 0x23 ? 0xff : byte))
    expect(decodeMessage(bytes).headers.get('subject')).toBe('x\ufffdy')
    expect(decode('sip/2.0 180\r\n\r\n')).toMatchObject({ status: 180, reason: '' })
  })

  it.each([
    ['an empty datagram', '', 'no-empty-line', 400],
    ['line breaks only', '\r\n\r\n', 'no-empty-line', 400],
    ['no empty line', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}`, 'no-empty-line', 400],
    ['one word', 'OPTIONS\r\n\r\n', 'bad-start-line', 400],
    ['a method that is no token', 'OPT(IONS sip:b@b SIP/2.0\r\n\r\n', 'bad-start-line', 400],
    ['another protocol', 'GET / HTTP/1.1\r\n\r\n', 'bad-start-line', 400],
    ['another version', 'OPTIONS sip:b@b SIP/3.0\r\n\r\n', 'bad-version', 505],
    ['a status of two digits', 'SIP/2.0 20 OK\r\n\r\n', 'bad-start-line', 400],
    ['a status over 699', 'SIP/2.0 700 OK\r\n\r\n', 'bad-start-line', 400],
    ['a bare CR in the start line', 'SIP/2.0 200 O\rK\r\n\r\n', 'bare-cr', 400],
    ['a bare CR in a value', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}X: a\rY: b\r\n\r\n`, 'bare-cr', 400],
    ['a line without colon', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}what\r\n\r\n`, 'bad-header', 400],
    ['a name that is no token', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}a b: c\r\n\r\n`, 'bad-header', 400],
    ['an empty name', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}: c\r\n\r\n`, 'bad-header', 400],
    ['a body shorter than announced', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}l: 5\r\n\r\nbody`, 'bad-content-length', 400],
    ['a Content-Length with a sign', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}l: +4\r\n\r\nbody`, 'bad-content-length', 400],
    ['a hexadecimal Content-Length', `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}l: 0x4\r\n\r\nbody`, 'bad-content-length', 400],
  ])('refuses %s @req SIP-36 SIP-17', (_what, text, code, status) => {
    const error = thrownBy(text)
    expect(error).toMatchObject({ code, status })
    expect(error).toBeInstanceOf(RemoteProtocolError)
  })

  it('hands the request over when a response to it can be written, and only then @req SIP-17 SIP-36', () => {
    expect(thrownBy(`OPTIONS sip:b@b SIP/2.0\r\n${FIVE}what\r\n\r\n`).request).toMatchObject({ method: 'OPTIONS', uri: 'sip:b@b' })
    expect(thrownBy(`OPTIONS sip:b@b SIP/2.0\r\n${FIVE.replace('i: 1\r\n', '')}what\r\n\r\n`).request).toBeUndefined()
    expect(thrownBy(`SIP/2.0 200 OK\r\n${FIVE}what\r\n\r\n`).request).toBeUndefined()
  })

  it('limits header block, header count and body @req SIP-36 SEC-11', () => {
    const limits = { headerBytes: 400, headerCount: 8, bodyBytes: 10 }
    const message = (extra: string, body = '') => `OPTIONS sip:b@b SIP/2.0\r\n${FIVE}${extra}\r\n${body}`
    expect(thrownBy(message(`X: ${'x'.repeat(400)}\r\n`), limits)).toMatchObject({ code: 'header-too-long', status: 400 })
    expect(thrownBy(message(`X: ${'x'.repeat(400)}\r\n`), limits).request?.method).toBe('OPTIONS')
    expect(thrownBy(message('X: y\r\n'.repeat(9)), limits)).toMatchObject({ code: 'too-many-headers', status: 400 })
    expect(thrownBy(message('', '12345678901'), limits)).toMatchObject({ code: 'body-too-long', status: 413 })
  })
})
