import fc from 'fast-check'
// @ts-expect-error: the package has no types
import { parse } from 'sdp-transform'
import { describe, expect, it } from 'vitest'
import { decodeSession, encodeSession, type MediaDescription, type SessionDescription } from '../../src/sdp/index.js'
import { decodeLatin1, encodeLatin1, LocalProtocolError, RemoteProtocolError } from '../../src/wire/index.js'
import { CAPABILITY, PUSH_ANSWER, PUSH_CLOSE, PUSH_OFFER, RFC_5547_FIGURES, sdp } from './fixtures.js'

function statusOf(bytes: Uint8Array): number | undefined {
  try {
    decodeSession(bytes)
  } catch (error) {
    if (error instanceof RemoteProtocolError) return error.status
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The push offer with one line replaced, or dropped. */
function offerWith(line: string, replacement?: string): Uint8Array {
  const lines = [...PUSH_OFFER]
  expect(lines).toContain(line)
  lines.splice(lines.indexOf(line), 1, ...(replacement === undefined ? [] : [replacement]))
  return sdp(...lines)
}

/** A description with every kind of line in the order of RFC 8866 §9. */
const COMPLETE = [
  'v=0',
  'o=- 20518 0 IN IP6 2001:db8::1',
  's=Ses\u00e9 n',
  'i=About',
  'u=http://www.example.com/',
  'e=j.doe@example.com (Jane Doe)',
  'p=+1 617 555-6011',
  'c=IN IP6 2001:db8::1',
  'b=X-YZ:128',
  'b=AS:256',
  't=3034423619 3042462419',
  'r=604800 3600 0 90000',
  'z=2882844526 -1h 2898848070 0',
  't=0 0',
  'k=prompt',
  'x=unknown',
  'a=recvonly',
  'a=empty:',
  'a=colons: a:b:c',
  'm=audio 49170/2 RTP/AVP 0 96',
  'i=Sound',
  'c=IN IP4 233.252.0.1/127',
  'c=IN IP4 233.252.0.2/127',
  'b=TIAS:1',
  'k=clear:x',
  'y=unknown',
  'a=rtpmap:96 L16/8000',
  'm=message 0 TCP/MSRP *',
]

const VALID = Object.entries({ COMPLETE, PUSH_OFFER, PUSH_ANSWER, PUSH_CLOSE, CAPABILITY, ...RFC_5547_FIGURES })

/** What sdp-transform reads, as far as it is compared here. */
interface OracleSession {
  readonly origin: { username: string; sessionId: number; sessionVersion: number; ipVer: number; address: string }
  readonly media: readonly { type: string; port: number; protocol: string; payloads: string; invalid?: readonly { value: string }[] }[]
}

function oracle(text: string): OracleSession {
  return parse(text)
}

describe('decodeSession and encodeSession', () => {
  it.each(VALID)('give the bytes of %s back @req SDP-1', (_, lines) => {
    expect(encodeSession(decodeSession(sdp(...lines)))).toEqual(sdp(...lines))
  })

  // sdp-transform does not know the port count of COMPLETE
  it.each(VALID.filter(([name]) => name !== 'COMPLETE'))('agree with another implementation about %s', (_, lines) => {
    const ours = decodeSession(sdp(...lines))
    const theirs = oracle(decodeLatin1(sdp(...lines)))
    expect(ours.origin).toEqual({
      username: theirs.origin.username,
      sessionId: `${theirs.origin.sessionId}`,
      sessionVersion: `${theirs.origin.sessionVersion}`,
      addressType: `IP${theirs.origin.ipVer}`,
      address: theirs.origin.address,
    })
    expect(ours.media.map(line => [line.media, line.port, line.protocol, line.formats.join(' ')])).toEqual(
      theirs.media.map(line => [line.type, line.port, line.protocol, `${line.payloads}`]),
    )
    const selectors = ours.media.map(line => line.attributes.filter(({ name, value }) => name.startsWith('file-') && value).length)
    const invalid = theirs.media.map(
      line => line.invalid?.filter(({ value }) => value.startsWith('file-') && value.includes(':')).length ?? 0,
    )
    expect(selectors).toEqual(invalid)
  })

  it('has the lengths of the recorded flow', () => {
    expect(encodeSession(decodeSession(sdp(...PUSH_OFFER)))).toHaveLength(526)
    expect(encodeSession(decodeSession(sdp(...PUSH_ANSWER)))).toHaveLength(434)
  })

  it('puts every line where it belongs', () => {
    const session = decodeSession(sdp(...COMPLETE))
    expect(session).toMatchObject({
      origin: { username: '-', sessionId: '20518', sessionVersion: '0', addressType: 'IP6', address: '2001:db8::1' },
      name: 'Ses\u00c3\u00a9 n',
      information: 'About',
      connection: { addressType: 'IP6', address: '2001:db8::1' },
      timing: ['t=3034423619 3042462419', 'r=604800 3600 0 90000', 'z=2882844526 -1h 2898848070 0', 't=0 0'],
      attributes: [{ name: 'recvonly' }, { name: 'empty', value: '' }, { name: 'colons', value: ' a:b:c' }],
    })
    expect(session.media[0]).toEqual({
      media: 'audio',
      port: 49170,
      portCount: 2,
      protocol: 'RTP/AVP',
      formats: ['0', '96'],
      information: 'Sound',
      connections: [
        { addressType: 'IP4', address: '233.252.0.1/127' },
        { addressType: 'IP4', address: '233.252.0.2/127' },
      ],
      others: ['b=TIAS:1', 'k=clear:x', 'y=unknown'],
      attributes: [{ name: 'rtpmap', value: '96 L16/8000' }],
    })
  })

  it('accepts bare LF, mixed line ends, no last line end and empty lines at the end @req SDP-1', () => {
    const wanted = decodeSession(sdp(...PUSH_OFFER))
    for (const text of [
      PUSH_OFFER.join('\n'),
      `${PUSH_OFFER.join('\n')}\n`,
      PUSH_OFFER.join('\r\n').replace('\r\n', '\n'),
      `${PUSH_OFFER.join('\r\n')}\r\n\r\n\n`,
    ])
      expect(decodeSession(encodeLatin1(text))).toEqual(wanted)
  })

  it('accepts an empty s= @req SDP-1', () => {
    expect(decodeSession(offerWith('s=-', 's=')).name).toBe('')
  })

  it('accepts lines in another order, no s=, no t= and no format, and writes them in order', () => {
    const [v = '', o = '', s = '', c = '', t = '', ...media] = PUSH_OFFER
    expect(encodeSession(decodeSession(sdp(v, t, c, s, o, ...media)))).toEqual(sdp(...PUSH_OFFER))
    expect(decodeSession(offerWith('t=0 0')).timing).toEqual([])
    expect(decodeSession(offerWith('s=-')).name).toBe('-')
    expect(decodeSession(offerWith('m=message 2855 TCP/MSRP *', 'm=message 2855 TCP/MSRP')).media[0]?.formats).toEqual([])
  })

  it.each([
    ['v=0', undefined],
    ['v=0', 'v=1'],
    ['v=0', 'v=00'],
    ['v=0', ''],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', undefined],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice 3923820001 1 IN IP4'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice 3923820001 1 IN IP4 192.0.2.10 x'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice id 1 IN IP4 192.0.2.10'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice 3923820001 x IN IP4 192.0.2.10'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o= 3923820001 1 IN IP4 192.0.2.10'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice 3923820001 1 ATM NSAP 192.0.2.10'],
    ['o=alice 3923820001 1 IN IP4 192.0.2.10', 'o=alice 3923820001 1 IN IP4 192.0.2.10\r\no=b 1 1 IN IP4 192.0.2.1'],
    ['c=IN IP4 192.0.2.10', 'c=IN IP5 192.0.2.10'],
    ['c=IN IP4 192.0.2.10', 'c=IN IP4'],
    ['c=IN IP4 192.0.2.10', 'c=IN IP4 192.0.2.10\r\nc=IN IP4 192.0.2.66'],
    ['s=-', 's=-\r\ns=-'],
    ['s=-', 's=-\r\nv=0'],
    ['t=0 0', 't=0\0 0'],
    ['t=0 0', 't=0\r 0'],
    ['t=0 0', ''],
    ['t=0 0', 'no line'],
    ['t=0 0', ' t=0 0'],
    ['t=0 0', '1=0 0'],
    ['a=sendonly', 's=late'],
    ['a=sendonly', 'v=0'],
    ['a=sendonly', 'o=alice 3923820001 1 IN IP4 192.0.2.10'],
    ['m=message 2855 TCP/MSRP *', 'm=message'],
    ['m=message 2855 TCP/MSRP *', 'm=message 2855'],
    ['m=message 2855 TCP/MSRP *', 'm=message  2855 TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message x TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message -1 TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message 65536 TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message 2855/0 TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message 2855/1/1 TCP/MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=message 2855 TCP//MSRP *'],
    ['m=message 2855 TCP/MSRP *', 'm=mess(age 2855 TCP/MSRP *'],
  ])('answers 400 to %j turned into %j @req SDP-1', (line, replacement) => {
    expect(statusOf(offerWith(line, replacement))).toBe(400)
  })

  it('answers 400 to nothing at all', () => {
    expect(statusOf(new Uint8Array(0))).toBe(400)
    expect(statusOf(encodeLatin1('\r\n'))).toBe(400)
  })

  it('answers 413 to more than 64 KiB and reads exactly 64 KiB @req SDP-25', () => {
    const text = (length: number) => {
      const start = `${PUSH_OFFER.join('\r\n')}\r\n`
      const line = `a=x:${'y'.repeat(1018)}\r\n`
      const whole = start + line.repeat(Math.floor((length - start.length) / line.length) - 1)
      return encodeLatin1(`${whole}a=x:${'y'.repeat(length - whole.length - 6)}\r\n`)
    }
    expect(text(65_536)).toHaveLength(65_536)
    expect(decodeSession(text(65_536)).media).toHaveLength(1)
    expect(statusOf(text(65_537))).toBe(413)
  })

  it('answers 488 to the 65th m-line and to a line of more than 8 KiB @req SDP-25', () => {
    const lines = (count: number) => sdp(...PUSH_OFFER.slice(0, 5), ...Array.from({ length: count }, () => 'm=message 0 TCP/MSRP *'))
    expect(decodeSession(lines(64)).media).toHaveLength(64)
    expect(statusOf(lines(65))).toBe(488)
    const long = (length: number) => sdp(...PUSH_OFFER, `a=${'x'.repeat(length - 2)}`)
    expect(decodeSession(long(8192)).media).toHaveLength(1)
    expect(statusOf(long(8193))).toBe(488)
  })

  it('refuses to write texts that would forge lines @req SEC-14', () => {
    const session = decodeSession(sdp(...PUSH_OFFER))
    const [line] = session.media as [MediaDescription]
    const forged: SessionDescription[] = [
      { ...session, name: 'x\r\na=recvonly' },
      { ...session, information: 'x\ny' },
      { ...session, attributes: [{ name: 'a', value: 'b\0' }] },
      { ...session, media: [{ ...line, information: 'a\rb' }] },
      { ...session, media: [{ ...line, attributes: [{ name: 'x\na=y' }] }] },
    ]
    for (const one of forged) expect(() => encodeSession(one)).toThrow(LocalProtocolError)
  })
})

describe('any session description', () => {
  const token = fc.stringMatching(/^[!#$%&'*+.^_`{|}~A-Za-z0-9-]{1,8}$/)
  const digits = fc.stringMatching(/^[0-9]{1,20}$/)
  const word = fc.stringMatching(/^[\x21-\x7e\x80-\xff]{1,10}$/)
  const text = fc.stringMatching(/^[\x01-\x09\x0b\x0c\x0e-\xff]{0,20}$/)
  const line = (types: string) => fc.tuple(fc.constantFrom(...types), text).map(([type, value]) => `${type}=${value}`)
  /** Lines as the grammar orders them: by type. */
  const others = (types: string) =>
    fc
      .array(line(types), { minLength: 1, maxLength: 4 })
      .map(lines => lines.sort((a, b) => types.indexOf(a[0] as string) - types.indexOf(b[0] as string)))
  const address = fc.record({ addressType: fc.constantFrom<'IP4' | 'IP6'>('IP4', 'IP6'), address: word })
  const attribute = fc.oneof(fc.record({ name: token }), fc.record({ name: token, value: text }))
  const optional = { noNullPrototype: true } as const
  const media = fc.record(
    {
      media: token,
      port: fc.nat(65_535),
      portCount: fc.integer({ min: 1, max: 9 }),
      protocol: fc.array(token, { minLength: 1, maxLength: 3 }).map(parts => parts.join('/')),
      formats: fc.array(token, { maxLength: 3 }),
      information: text,
      connections: fc.array(address, { minLength: 1, maxLength: 2 }),
      others: others('bkxy'),
      attributes: fc.array(attribute, { maxLength: 5 }),
    },
    { requiredKeys: ['media', 'port', 'protocol', 'formats', 'attributes'], ...optional },
  )
  const session: fc.Arbitrary<SessionDescription> = fc.record(
    {
      origin: fc
        .tuple(word, digits, digits, address)
        .map(([username, sessionId, sessionVersion, rest]) => ({ username, sessionId, sessionVersion, ...rest })),
      name: text,
      information: text,
      connection: address,
      timing: fc.array(line('trz'), { maxLength: 3 }),
      others: others('uepbkx'),
      attributes: fc.array(attribute, { maxLength: 5 }),
      media: fc.array(media, { maxLength: 4 }),
    },
    { requiredKeys: ['origin', 'name', 'timing', 'attributes', 'media'], ...optional },
  )

  it('is what it was after encoding and decoding @req SDP-1', () => {
    fc.assert(
      fc.property(session, one => {
        expect(decodeSession(encodeSession(one))).toEqual(one)
      }),
      { numRuns: 200 },
    )
  })

  it('throws nothing but RemoteProtocolError for any bytes, and reads what it writes @req SDP-1 SEC-11', () => {
    const piece = fc.oneof(
      fc.constantFrom(...PUSH_OFFER, ...COMPLETE).map(one => encodeLatin1(`${one}\r\n`)),
      fc.constantFrom('\n', '\r', '=', 'v=0\n', 'o=a 1 1 IN IP4 b\n', 'm=', 'a=', 'c=', '\0', ' ').map(encodeLatin1),
      fc.uint8Array({ maxLength: 12 }),
    )
    const start = fc.constantFrom(encodeLatin1('v=0\no=a 1 1 IN IP4 b\n'), new Uint8Array(0))
    fc.assert(
      fc.property(start, fc.array(piece, { maxLength: 12 }), (head, pieces) => {
        const bytes = Uint8Array.from([head, ...pieces].flatMap(one => [...one]))
        let decoded: SessionDescription
        try {
          decoded = decodeSession(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RemoteProtocolError)
          return
        }
        const written = encodeSession(decoded)
        expect(encodeSession(decodeSession(written))).toEqual(written)
      }),
      { numRuns: 1000 },
    )
  })
})
