import { describe, expect, it } from 'vitest'
import {
  CPIM_HEAD_OCTETS,
  type CpimLines,
  decodeCpimHead,
  decodeCpimMessage,
  joinCpimLines,
  mimeHeader,
  readCpimHead,
  readHeaderLines,
  readImdnHeaders,
  readNotifications,
  splitCpimLines,
} from '../../src/cpim/index.js'
import {
  concatBytes,
  decodeMultipart,
  decodeUtf8,
  encodeMultipart,
  encodeUtf8,
  type Part,
  RemoteProtocolError,
} from '../../src/wire/index.js'
import { type CpimExample, RFC_3862, RFC_3862_LINES, RFC_5438, signedBody, WRAPPED_IN_MSRP } from './rfc-examples.js'

const bytesOf = ({ head, body }: CpimExample): Uint8Array => encodeUtf8(`${head.join('\r\n')}\r\n${body}`)
const example = (from: Readonly<Record<string, CpimExample>>, name: string): CpimExample => from[name] as CpimExample

function split(bytes: Uint8Array): { lines: CpimLines; length: number } {
  const result = splitCpimLines(bytes, CPIM_HEAD_OCTETS)
  if (result === undefined) throw new Error('the head has no end')
  return result
}

const EVERY = [
  ...Object.entries(RFC_3862).map(([name, one]) => [`RFC 3862 §${name}`, one] as const),
  ...Object.entries(RFC_5438).map(([name, one]) => [`RFC 5438 §${name}`, one] as const),
  ...Object.entries(WRAPPED_IN_MSRP),
]

describe('the CPIM messages of the specifications', () => {
  it.each(EVERY)('come back byte for byte: %s @req MSRP-63', (_, one) => {
    const bytes = bytesOf(one)
    const { lines, length } = split(bytes)
    expect(concatBytes(joinCpimLines(lines), bytes.subarray(length))).toEqual(bytes)
    expect(decodeUtf8(bytes, length)).toBe(one.body)
  })

  it('come back byte for byte inside of multipart/signed too: RFC 3862 §5.2', () => {
    const body = encodeUtf8(signedBody(decodeUtf8(bytesOf(example(RFC_3862, '5.2')))))
    const parts = decodeMultipart(body, 'next')
    expect(encodeMultipart(parts, 'next')).toEqual(body)
    expect(split((parts[0] as Part).body).lines.envelope[1]).toBe('To: Dopey Donkey <im:eeyore@100akerwood.com>')
  })

  it('have headers that are understood line by line: RFC 3862 @req MSRP-63', () => {
    const lines: CpimLines = { envelope: RFC_3862_LINES, mime: ['Content-Type: text/plain'], glued: false }
    expect(split(joinCpimLines(lines)).lines).toEqual(lines)
    expect(readHeaderLines(RFC_3862_LINES).map(([name]) => name)).toEqual(RFC_3862_LINES.map(line => line.slice(0, line.indexOf(':'))))
    const understood = readCpimHead({ ...lines, envelope: RFC_3862_LINES.filter(line => !line.startsWith('Require')) })
    expect(understood.from.uri).toBe('im:piglet@100akerwood.com')
    expect(understood.to[0]).toEqual({ displayName: 'Pooh Bear', uri: 'im:pooh@100akerwood.com' })
    expect(understood.subject).toBe('Objet de message')
  })

  it('require what we do not know: RFC 3862 §5.1 @req MSRP-63', () => {
    for (const one of Object.values(RFC_3862))
      expect(() => decodeCpimMessage(bytesOf(one))).toThrow(expect.objectContaining({ status: 415, code: 'cpim-require' }))
  })

  // In XML the same document can be written in many ways: what counts is what it says
  it.each([
    ['7.2.1.1', { kind: 'delivery', status: 'delivered' }],
    ['7.2.1.2', { kind: 'display', status: 'displayed' }],
    ['8.1', { kind: 'processing', status: 'processed' }],
  ])('hold the right notification: RFC 5438 §%s @req IMDN-4', (section, report) => {
    expect(readNotifications(decodeCpimMessage(bytesOf(example(RFC_5438, section))))).toEqual([
      {
        ...report,
        messageId: '34jk324j',
        dateTime: '2008-04-04T12:16:49-05:00',
        recipientUri: 'im:bob@example.com',
        originalRecipientUri: 'im:bob@example.com',
      },
    ])
  })

  it('hold gathered notifications, once the last boundary closes: RFC 5438 §8.3 @req IMDN-4', () => {
    const { head, body } = example(RFC_5438, '8.3')
    expect(() => readNotifications(decodeCpimMessage(bytesOf({ head, body })))).toThrow('no closing boundary')
    const imdns = readNotifications(decodeCpimMessage(bytesOf({ head, body: `${body}--` })))
    expect(imdns.map(({ kind, status }) => [kind, status])).toEqual([
      ['delivery', 'delivered'],
      ['display', 'displayed'],
    ])
  })

  it('ask for notifications: RFC 5438 §7.1.1.3 @req IMDN-1', () => {
    const message = decodeCpimMessage(bytesOf(example(RFC_5438, '7.1.1.3')))
    expect(readImdnHeaders(message.head)).toEqual({
      messageId: '34jk324j',
      wanted: ['positive-delivery', 'negative-delivery'],
      recordRoute: [],
      route: [],
    })
    expect(message.head.dateTime).toBe('2006-04-04T12:16:49-05:00')
    expect(readNotifications(message)).toEqual([])
  })

  it('may glue the headers of the content to their own, though not in strict mode @req MSRP-63', () => {
    const glued = [...Object.values(RFC_5438), ...Object.values(WRAPPED_IN_MSRP)]
    for (const one of glued) {
      const bytes = bytesOf(one)
      expect(mimeHeader(decodeCpimHead(bytes, CPIM_HEAD_OCTETS)?.head as never, 'content-type')).toMatch(
        /^(text|message|image|multipart)\//,
      )
      expect(() => decodeCpimHead(bytes, CPIM_HEAD_OCTETS, { strict: true })).toThrow(RemoteProtocolError)
      expect(() => decodeCpimMessage(bytes, { strict: true })).toThrow(expect.objectContaining({ status: 400, code: 'cpim-no-blank-line' }))
      // The same with its blank line is fine
      const { lines } = split(bytes)
      const right = joinCpimLines({ ...lines, glued: false })
      expect(decodeCpimHead(right, CPIM_HEAD_OCTETS, { strict: true })?.head.mime).toEqual(readHeaderLines(lines.mime))
    }
  })

  it('keep headers of the content above its type: RFC 5547 figure 10 @req MSRP-63', () => {
    const { head } = decodeCpimMessage(bytesOf(example(WRAPPED_IN_MSRP, 'RFC 5547 figure 10')))
    expect(head.extensions).toEqual([])
    expect(mimeHeader(head, 'Content-Disposition')).toBe(
      'render; filename="My cool picture.jpg"; creation-date="Mon, 15 May 2006 15:01:31 +0300"; size=4092',
    )
  })
})
