// @ts-expect-error: the package has no types
import { parse } from 'sdp-transform'
import { describe, expect, it } from 'vitest'
import { decodeSession, encodeSession, formatFingerprint, readFileMedia, writeFileMedia } from '../../src/sdp/index.js'
import { decodeLatin1, decodeMultipart, decodeUtf8, encodeMultipart, encodeUtf8, type Part, partHeader } from '../../src/wire/index.js'
import { RFC_5547_FIGURES, sdp } from './fixtures.js'
import { RFC_4975, RFC_7701, RFC_8122_FIGURE_1, relatedBody } from './rfc-examples.js'

const EVERY: [string, readonly string[]][] = [
  ...Object.entries(RFC_4975).map(([name, lines]): [string, readonly string[]] => [`RFC 4975 ${name}`, lines]),
  ...Object.entries(RFC_5547_FIGURES).map(([name, lines]): [string, readonly string[]] => [`RFC 5547 figure ${name}`, lines]),
  ...Object.entries(RFC_7701).map(([name, lines]): [string, readonly string[]] => [`RFC 7701 ${name}`, lines]),
  ['RFC 8122 figure 1', RFC_8122_FIGURE_1],
]
const example = (from: Readonly<Record<string, readonly string[]>>, name: string) => decodeSession(sdp(...(from[name] as string[])))

describe('the session descriptions of the specifications', () => {
  it.each(EVERY)('come back byte for byte: %s @req SDP-1', (_, lines) => {
    expect(encodeSession(decodeSession(sdp(...lines)))).toEqual(sdp(...lines))
  })

  it.each(EVERY)('have the lines that another implementation finds: %s', (_, lines) => {
    const theirs = parse(decodeLatin1(sdp(...lines))) as { media: { type: string; port: number; invalid?: { value: string }[] }[] }
    const ours = decodeSession(sdp(...lines))
    expect(ours.media.map(({ media, port }) => [media, port])).toEqual(theirs.media.map(({ type, port }) => [type, port]))
    // Whatever sdp-transform does not know it keeps as it came
    const kept = theirs.media.flatMap(({ invalid = [] }) => invalid.map(({ value }) => value))
    const written = ours.media.flatMap(({ attributes }) =>
      attributes.map(({ name, value }) => (value === undefined ? name : `${name}:${value}`)),
    )
    expect(written).toEqual(expect.arrayContaining(kept))
  })

  // A chat line has neither selector nor transfer id
  it.each([...Object.entries(RFC_4975), ...Object.entries(RFC_7701)])(
    'are MSRP lines without a file: %s @req SDP-2 SDP-4 SDP-5 SDP-8',
    (_, lines) => {
      const { media, faults } = readFileMedia(decodeSession(sdp(...lines)), 0, { answer: true, strict: true })
      expect(faults.map(({ code }) => code)).toEqual(['no-selector', 'no-transfer-id'])
      expect(media.path).toHaveLength(1)
      expect(media.path[0]).toContain(`:${media.port}/`)
      expect(media.path[0]).toContain(`//${media.address}:`)
    },
  )

  it('name fingerprints of several hashes: RFC 4975 figure 19, RFC 8122 figure 1 @req SDP-24', () => {
    const secure = readFileMedia(example(RFC_4975, 'figure 19'), 0).media
    expect(secure.secure).toBe(true)
    expect(secure.fingerprints.map(formatFingerprint)).toEqual(['sha-1 4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB'])
    const { media } = readFileMedia(decodeSession(sdp(...RFC_8122_FIGURE_1)), 0)
    expect(media.fingerprints.map(({ algorithm, octets }) => [algorithm, octets.length])).toEqual([
      ['sha-256', 32],
      ['sha-1', 20],
    ])
    expect(media.setup).toBe('passive')
    expect(media.address).toBe('192.0.2.2')
  })

  it('say what a chat room allows: RFC 7701 §8, §9.1 @req SDP-24', () => {
    for (const name of Object.keys(RFC_7701))
      expect(readFileMedia(example(RFC_7701, name), 0).media.chatroom).toEqual(['nickname', 'private-messages'])
    const [line] = example(RFC_7701, '§9.1, offer').media
    for (const [value, tokens] of [
      [undefined, []],
      ['', []],
      ['nickname private-messages com.example.chat.foo', ['nickname', 'private-messages', 'com.example.chat.foo']],
    ] as const) {
      const attribute = value === undefined ? { name: 'chatroom' } : { name: 'chatroom', value }
      const session = { ...example(RFC_7701, '§9.1, offer'), media: [{ ...line!, attributes: [attribute] }] }
      const { media } = readFileMedia(session, 0)
      expect(media.chatroom).toEqual(tokens)
      expect(writeFileMedia(media).attributes).toEqual([value === '' ? { name: 'chatroom' } : attribute])
    }
    expect('chatroom' in readFileMedia(example(RFC_4975, 'figure 9'), 0).media).toBe(false)
  })

  it.each([
    ['8', { id: 'id2@alicepc.example.com', content: '[...small preview icon of the file...]' }],
    ['19', { id: 'id3@alicepc.example.com', content: '[..small preview icon...]' }],
  ])('come with their icon: RFC 5547 figure %s @req SDP-20', (figure, icon) => {
    const description = `${(RFC_5547_FIGURES[figure] as string[]).join('\r\n')}\r\n`
    const body = encodeUtf8(relatedBody(description, icon))
    const parts = decodeMultipart(body, 'boundary71')
    expect(encodeMultipart(parts, 'boundary71')).toEqual(body)
    const [root, picture] = parts as [Part, Part]
    expect(encodeSession(decodeSession(root.body))).toEqual(root.body)
    expect(partHeader(picture, 'Content-ID')).toBe(`<${readFileMedia(decodeSession(root.body), 0).media.icon}>`)
    expect(decodeUtf8(picture.body)).toBe(icon.content)
  })
})
