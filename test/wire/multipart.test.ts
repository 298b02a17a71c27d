import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LocalProtocolError, RemoteProtocolError } from '../../src/wire/errors.js'
import { decodeMultipart, encodeMultipart, type Part, partHeader } from '../../src/wire/multipart.js'
import { decodeLatin1, encodeLatin1, encodeUtf8 } from '../../src/wire/text.js'

const lines = (...all: string[]) => encodeLatin1(all.join('\r\n'))
const bodies = (bytes: Uint8Array, boundary = 'b') => decodeMultipart(bytes, boundary).map(part => decodeLatin1(part.body))

function thrown(run: () => unknown): { status: number | undefined; code: string } {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return { status: error.status, code: error.code }
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('decodeMultipart', () => {
  it('reads the icon body of an offer, headers unfolded, octets exact and not copied @req OA-12', () => {
    const icon = Uint8Array.of(0xff, 0xd8, 13, 10, 0, 45, 45, 13, 10)
    const head = lines('preamble', '--b7Jx2', 'Content-Type: application/sdp', '', 'v=0', '', '--b7Jx2  \t', 'Content-Type: image/jpeg', '')
    const rest = lines('Content-ID:<ic1@alice.home1.example>', 'Content-Disposition: icon;', ' size=9', '', '')
    const tail = lines('', '--b7Jx2-- ', 'epilogue')
    const bytes = Uint8Array.from([...head, ...rest, ...icon, ...tail])
    const [sdp, image, ...more] = decodeMultipart(bytes, 'b7Jx2')
    expect(more).toEqual([])
    expect(sdp && decodeLatin1(sdp.body)).toBe('v=0\r\n')
    expect(image?.headers).toEqual([
      ['Content-Type', 'image/jpeg'],
      ['Content-ID', '<ic1@alice.home1.example>'],
      ['Content-Disposition', 'icon; size=9'],
    ])
    expect(image?.body).toEqual(icon)
    expect(image?.body.buffer).toBe(bytes.buffer)
    expect(image && partHeader(image, 'content-id')).toBe('<ic1@alice.home1.example>')
    expect(image && partHeader(image, 'x')).toBeUndefined()
  })

  it('takes parts without headers, without body, and without anything', () => {
    expect(decodeMultipart(lines('--b', '', 'x', '--b', 'A: 1', '--b', 'B: 2', '', '--b', '', '--b', '--b--'), 'b')).toEqual([
      { headers: [], body: encodeLatin1('x') },
      { headers: [['A', '1']], body: new Uint8Array(0) },
      { headers: [['B', '2']], body: new Uint8Array(0) },
      { headers: [], body: new Uint8Array(0) },
      { headers: [], body: new Uint8Array(0) },
    ])
  })

  it('takes only whole lines for boundaries', () => {
    expect(bodies(lines('--b', '', 'x--b', '--bc', '--b-', '--b--c', ' --b', '--b--'))).toEqual(['x--b\r\n--bc\r\n--b-\r\n--b--c\r\n --b'])
    expect(bodies(encodeLatin1('--b\r\n\r\nx\n--b\n\r--b\r\n--b--'))).toEqual(['x\n--b\n\r--b'])
  })

  it('leaves nested bodies alone', () => {
    const inner = '--in\r\n\r\n1\r\n--in--\r\n'
    expect(bodies(lines('--b', 'Content-Type: multipart/mixed;boundary=in', '', inner, '--b--'))).toEqual([inner])
  })

  it.each([
    ['no boundary line', lines('x', 'y')],
    ['only the closing one', lines('--b--')],
    ['no closing one', lines('--b', '', 'x')],
    ['no closing one behind the first line', lines('--b')],
    ['nothing', new Uint8Array(0)],
    ['a head line without colon', lines('--b', 'A 1', '', 'x', '--b--')],
    ['a head line without name', lines('--b', ': 1', '', 'x', '--b--')],
    ['a head that starts folded', lines('--b', ' A: 1', '', 'x', '--b--')],
    ['a bare LF in a head', lines('--b', 'A: 1\nB: 2', '', 'x', '--b--')],
    ['NUL in a head', lines('--b', 'A: \0', '', 'x', '--b--')],
  ])('answers 400 to %s', (_, bytes) => {
    expect(thrown(() => decodeMultipart(bytes, 'b'))).toEqual({ status: 400, code: 'bad-multipart' })
  })

  it.each(['', 'b'.repeat(71), 'b ', 'a"b', 'a\r\nb', 'é'])('answers 400 to the boundary %j', boundary => {
    expect(thrown(() => decodeMultipart(lines('--b', '', '--b--'), boundary)).status).toBe(400)
    expect(() => encodeMultipart([], boundary)).toThrow(LocalProtocolError)
  })

  it('answers 413 to the 33rd part and reads 32 @req OA-12', () => {
    const body = (count: number) => lines(...Array.from({ length: count }, (_, index) => `--b\r\n\r\n${index}`), '--b--')
    expect(bodies(body(32))).toHaveLength(32)
    expect(thrown(() => decodeMultipart(body(33), 'b'))).toEqual({ status: 413, code: 'multipart-too-large' })
  })

  it('answers 413 to a head of too many octets or lines @req SEC-11', () => {
    const long = (length: number) => lines('--b', `A: ${'x'.repeat(length - 3)}`, '', '', '--b--')
    expect(decodeMultipart(long(8192), 'b')).toHaveLength(1)
    expect(thrown(() => decodeMultipart(long(8193), 'b')).status).toBe(413)
    const many = (count: number) => lines('--b', ...Array.from({ length: count }, (_, index) => `A${index}: 1`), '', '', '--b--')
    expect(decodeMultipart(many(32), 'b')[0]?.headers).toHaveLength(32)
    expect(thrown(() => decodeMultipart(many(33), 'b')).status).toBe(413)
  })

  it('throws nothing but RemoteProtocolError for any bytes @req SEC-11', () => {
    const piece = fc.oneof(
      fc.constantFrom('--b', '--b--', '\r\n', '\r', '\n', ':', ' ', 'A: 1', '\0').map(encodeLatin1),
      fc.uint8Array({ maxLength: 6 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), pieces => {
        const bytes = Uint8Array.from(pieces.flatMap(one => [...one]))
        try {
          const parts = decodeMultipart(bytes, 'b')
          expect(parts.length).toBeGreaterThan(0)
          for (const part of parts) expect(part.body.buffer).toBe(bytes.buffer)
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteProtocolError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('encodeMultipart', () => {
  it('writes CRLF, a blank line behind each head, and the closing boundary @req OA-12', () => {
    const parts: Part[] = [
      { headers: [['Content-Type', 'application/sdp']], body: encodeLatin1('v=0\r\n') },
      { headers: [['Content-ID', '<ü@x>']], body: Uint8Array.of(0xff) },
    ]
    expect(encodeMultipart(parts, 'b7Jx2')).toEqual(
      Uint8Array.from([
        ...lines('--b7Jx2', 'Content-Type: application/sdp', '', 'v=0', '', '--b7Jx2', ''),
        ...encodeUtf8('Content-ID: <ü@x>\r\n\r\n'),
        0xff,
        ...lines('', '--b7Jx2--', ''),
      ]),
    )
  })

  it('refuses headers that would break their line and bodies that contain the boundary @req SEC-14', () => {
    const part = (name: string, value: string, body = ''): Part => ({ headers: [[name, value]], body: encodeLatin1(body) })
    const bad = [
      part('A', '1\r\nB: 2'),
      part('A\r\nB', '1'),
      part('', '1'),
      part('A', '1', '--b\r\n'),
      part('A', '1', 'x\r\n--b'),
      part('A', '1', '--b--'),
    ]
    for (const one of bad) expect(() => encodeMultipart([one], 'b')).toThrow(LocalProtocolError)
    expect(bodies(encodeMultipart([part('A', '1', '--bc\r\n--b-\r')], 'b'))).toEqual(['--bc\r\n--b-\r'])
  })

  it('is reversed by decodeMultipart', () => {
    const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,8}$/)
    const value = fc.string({ unit: 'grapheme', maxLength: 12 }).map(text => text.replace(/[\r\n\0]/g, '').trim())
    const octets = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constantFrom('\r\n', '\r', '--c', '\r\n--bx\r\n', '').map(encodeLatin1))
    const part = fc.record({ headers: fc.array(fc.tuple(name, value), { maxLength: 4 }), body: octets })
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), parts => {
        expect(decodeMultipart(encodeMultipart(parts, 'b'), 'b')).toEqual(parts)
      }),
    )
  })
})
