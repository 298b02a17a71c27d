import { describe, expect, it } from 'vitest'
import {
  CPIM_HEAD_OCTETS,
  decodeCpimMessage,
  encodeCpimMessage,
  formatHeaderLines,
  formatImdnHeaders,
  joinCpimLines,
  readImdnHeaders,
  splitCpimLines,
} from '../../src/cpim/index.js'
import { encodeUtf8, LocalProtocolError, RemoteProtocolError } from '../../src/wire/index.js'

const HEAD = {
  from: { uri: 'sip:alice@home1.example' },
  to: [{ uri: 'sip:bob@home2.example' }],
  dateTime: '2024-05-04T12:16:49Z',
  extensions: formatImdnHeaders({ messageId: 'Vb2k9QwLx73TfRe1', wanted: ['display'] }),
  mime: [['Content-Type', 'text/plain']] as const,
}

describe('a whole CPIM message', () => {
  it('is its head and its content, and is read back the same @req MSRP-63', () => {
    const body = encodeUtf8('Hello\r\n\r\nthere\n')
    const bytes = encodeCpimMessage({ head: HEAD, body })
    for (const options of [{}, { strict: true }]) expect(decodeCpimMessage(bytes, options)).toEqual({ head: HEAD, body })
    expect(decodeCpimMessage(bytes).body.buffer).toBe(bytes.buffer)
  })

  it('may be headers only, as an INVITE carries them beside its SDP, and end within them @req IMDN-2', () => {
    const envelope =
      'From: <sip:anonymous@anonymous.invalid>\r\nTo: <sip:bob@x>\r\nNS: imdn <urn:ietf:params:imdn>\r\n' +
      'imdn.Message-ID: Vb2k9QwLx73TfRe1\r\nimdn.Disposition-Notification: positive-delivery, display'
    const type = 'Content-Type: text/plain'
    for (const end of ['', '\r\n', '\r\n\r\n', `\r\n\r\n${type}`, `\r\n\r\n${type}\r\n`, `\r\n\r\n${type}\r\n\r\n`, `\r\n${type}`]) {
      const message = decodeCpimMessage(encodeUtf8(`${envelope}${end}`))
      expect(message.body, JSON.stringify(end)).toHaveLength(0)
      expect(message.head.mime).toEqual(end.includes(type) ? [['Content-Type', 'text/plain']] : [])
      expect(readImdnHeaders(message.head)).toEqual({
        messageId: 'Vb2k9QwLx73TfRe1',
        wanted: ['positive-delivery', 'display'],
        recordRoute: [],
        route: [],
      })
    }
    const written = encodeCpimMessage({ head: HEAD, body: new Uint8Array(0) })
    expect(decodeCpimMessage(written)).toEqual({ head: HEAD, body: new Uint8Array(0) })
  })

  it('must be complete in strict mode @req MSRP-63', () => {
    const bytes = encodeCpimMessage({ head: HEAD, body: new Uint8Array(0) })
    expect(decodeCpimMessage(bytes, { strict: true }).head).toEqual(HEAD)
    for (let length = 0; length < bytes.length; length++)
      expect(() => decodeCpimMessage(bytes.subarray(0, length), { strict: true }), `${length}`).toThrow(
        expect.objectContaining({ status: 400, code: 'cpim-cut-off' }),
      )
  })

  it('is refused with 400 when it is none, cut off anywhere @req MSRP-63', () => {
    const bytes = encodeCpimMessage({ head: HEAD, body: new Uint8Array(0) })
    const whole = 'To: <sip:bob@home2.example>'
    const enough = encodeUtf8(`From: <sip:alice@home1.example>\r\n${whole}`).length
    for (let length = 0; length < enough; length++)
      expect(() => decodeCpimMessage(bytes.subarray(0, length)), `${length}`).toThrow(RemoteProtocolError)
  })

  it('keeps the limit of its head @req SEC-11', () => {
    const start = 'From: <sip:a@x>\r\nTo: <sip:b@x>\r\nX: '
    const end = '\r\n\r\nContent-Type: a/b\r\n\r\n'
    const make = (length: number, tail = end) => encodeUtf8(`${start}${'x'.repeat(length - start.length - tail.length)}${tail}`)
    for (const tail of [end, '', '\r\n', '\r\n\r\n']) {
      for (const length of [CPIM_HEAD_OCTETS - 1, CPIM_HEAD_OCTETS])
        expect(decodeCpimMessage(make(length - (tail === end ? 0 : 6), tail)).head.to).toHaveLength(1)
      expect(() => decodeCpimMessage(make(CPIM_HEAD_OCTETS + 1, tail))).toThrow(expect.objectContaining({ status: 400 }))
    }
  })
})

describe('the lines of a head', () => {
  it('come back octet by octet, so that a server can put its own in @req MSRP-63', () => {
    const text = 'From: <sip:a@x>\r\nTo:\t <sip:b@x> \r\nX:;lang=fr  é \r\n\r\nContent-Type:a/b;\r\n\tc=d\r\n\r\n'
    const split = splitCpimLines(encodeUtf8(`${text}content`), 1000)
    expect(split?.length).toBe(encodeUtf8(text).length)
    expect(joinCpimLines((split as NonNullable<typeof split>).lines)).toEqual(encodeUtf8(text))
  })

  it('from the wire cannot hold a lone CR or a NUL, in envelope or content, so nothing that is written again breaks @req SEC-14 SEC-11', () => {
    for (const broken of ['a\rb', 'a\0b', '\r\rb']) {
      const heads = [
        `From: <sip:a@x>\r\nX: ${broken}\r\n\r\nContent-Type: a/b\r\n\r\n`,
        `From: <sip:a@x>\r\n\r\nContent-Type: a/b;c=${broken}\r\n\r\n`,
      ]
      for (const head of heads)
        expect(() => decodeCpimMessage(encodeUtf8(head))).toThrow(
          expect.objectContaining({ code: 'bad-cpim-header', status: 400 }) as Error,
        )
    }
  })

  it('cannot hold line breaks @req SEC-14', () => {
    for (const broken of ['a\rb', 'a\nb', 'a\0b']) {
      expect(() => joinCpimLines({ envelope: [broken], mime: [], glued: false })).toThrow(LocalProtocolError)
      expect(() => joinCpimLines({ envelope: [], mime: [broken], glued: true })).toThrow(LocalProtocolError)
      expect(() => formatHeaderLines([['a', broken]])).toThrow(LocalProtocolError)
      expect(() => formatHeaderLines([[broken, 'a']])).toThrow(LocalProtocolError)
    }
  })
})
