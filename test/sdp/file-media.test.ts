import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  closedMedia,
  decodeSession,
  encodeSession,
  type FileMedia,
  formatFingerprint,
  type LineFaultCode,
  type ReadFileMediaOptions,
  readFileMedia,
  rejectedMedia,
  type SessionDescription,
  writeFileMedia,
} from '../../src/sdp/index.js'
import { LocalProtocolError } from '../../src/wire/index.js'
import {
  BIG_SHA1,
  CAPABILITY,
  EMPTY_SHA1,
  linesOf,
  NOTES_SHA1,
  octets,
  PUSH_ANSWER,
  PUSH_CLOSE,
  PUSH_OFFER,
  REFUSED_LINE,
  RFC_5547_FIGURES,
  sdp,
} from './fixtures.js'

const SELECTOR = 'a=file-selector:'
const strict: ReadFileMediaOptions = { strict: true }

/** The push offer with the line that starts with `start` replaced by other lines. */
function offerWith(start: string, ...replacement: string[]): SessionDescription {
  const at = PUSH_OFFER.findIndex(line => line.startsWith(start))
  expect(at).toBeGreaterThan(0)
  return decodeSession(sdp(...PUSH_OFFER.slice(0, at), ...replacement, ...PUSH_OFFER.slice(at + 1)))
}

function faultsOf(session: SessionDescription, options?: ReadFileMediaOptions): LineFaultCode[] {
  return readFileMedia(session, 0, options).faults.map(({ code }) => code)
}

const read = (session: SessionDescription) => readFileMedia(session, 0).media
const OFFER = decodeSession(sdp(...PUSH_OFFER))
const linesOfMedia = (session: SessionDescription) => linesOf(encodeSession(session)).slice(PUSH_OFFER.indexOf('t=0 0') + 1)

describe('readFileMedia', () => {
  it('reads a push offer completely @req SDP-2 SDP-8 SDP-17 SDP-18 SDP-19 SDP-22 SDP-24', () => {
    for (const options of [{}, strict]) {
      expect(readFileMedia(OFFER, 0, options)).toEqual({
        faults: [],
        media: {
          port: 2855,
          secure: false,
          address: '192.0.2.10',
          direction: 'sendonly',
          path: ['msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp'],
          acceptTypes: ['message/cpim', '*'],
          acceptWrappedTypes: [],
          maxSize: undefined,
          setup: 'actpass',
          cema: true,
          fingerprints: [],
          selector: {
            name: 'notes.txt',
            type: { type: 'text', subtype: 'plain', parameters: new Map() },
            size: 4400,
            hashes: [{ algorithm: 'sha-1', octets: octets(NOTES_SHA1) }],
          },
          transferId: 'f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
          disposition: 'attachment',
          date: { modification: new Date('2024-05-04T12:10:00Z') },
          icon: undefined,
          range: undefined,
          information: 'Meeting notes',
        },
      })
    }
  })

  it.each(Object.entries(RFC_5547_FIGURES))('finds no fault in figure %s of RFC 5547', (_, lines) => {
    expect(faultsOf(decodeSession(sdp(...lines)), strict)).toEqual([])
  })

  it('reads icon, range, wrapped types and maximum size @req SDP-6 SDP-7 SDP-20 SDP-21', () => {
    const media = read(decodeSession(sdp(...(RFC_5547_FIGURES['2'] as string[]))))
    expect(media.icon).toBe('id2@alicepc.example.com')
    expect(media.range).toEqual({ start: 1, stop: 32_349 })
    expect(media.acceptWrappedTypes).toEqual(['*'])
    expect(read(decodeSession(sdp(...PUSH_ANSWER))).maxSize).toBe(104_923_136)
  })

  it('takes c=, direction, setup and fingerprint from the session unless the line has its own @req SDP-23', () => {
    const head = PUSH_OFFER.slice(0, 5)
    const tail = PUSH_OFFER.slice(5).filter(line => line !== 'a=sendonly' && line !== 'a=setup:actpass')
    const common = ['a=recvonly', 'a=setup:passive', 'a=fingerprint:sha-1 00:01']
    const inherited = read(decodeSession(sdp(...head, ...common, ...tail)))
    expect(inherited).toMatchObject({ direction: 'recvonly', setup: 'passive', address: '192.0.2.10' })
    expect(inherited.fingerprints.map(formatFingerprint)).toEqual(['sha-1 00:01'])
    const own = [
      'c=IN IP6 2001:db8::7',
      'a=inactive',
      'a=setup:active',
      'a=fingerprint:sha-1 0A',
      'a=fingerprint:sha-256 0B',
      'a=fingerprint:x',
    ]
    const overridden = read(decodeSession(sdp(...head, ...common, ...tail.slice(0, 2), ...own, ...tail.slice(2))))
    expect(overridden).toMatchObject({ direction: 'inactive', setup: 'active', address: '2001:db8::7' })
    expect(overridden.fingerprints.map(formatFingerprint)).toEqual(['sha-1 0A', 'sha-256 0B'])
  })

  it('ignores file attributes of the session and unknown attributes @req SDP-23', () => {
    const fileLines = PUSH_OFFER.filter(line => line.startsWith('a=file-') || line.startsWith('a=path'))
    const others = PUSH_OFFER.filter(line => !fileLines.includes(line))
    const session = decodeSession(sdp(...others.slice(0, 5), ...fileLines, ...others.slice(5)))
    expect(faultsOf(session)).toEqual(['no-selector', 'no-path', 'no-transfer-id'].sort(byReadingOrder))
    expect(read(session)).toMatchObject({ selector: undefined, transferId: undefined, disposition: undefined, date: undefined, path: [] })
    expect(
      readFileMedia(offerWith('a=msrp-cema', 'a=msrp-cema', 'a=connection:new', 'a=chatroom:nickname', 'a=x', 'a=y:z'), 0, strict).faults,
    ).toEqual([])
  })

  it.each<[string, string[], LineFaultCode[]]>([
    ['m=', ['m=audio 2855 TCP/MSRP *'], ['not-msrp']],
    ['m=', ['m=message 2855 RTP/AVP *'], ['not-msrp']],
    ['m=', ['m=message 2855 TCP/MSRP 0'], ['bad-format']],
    ['m=', ['m=message 2855 TCP/MSRP * *'], ['bad-format']],
    ['a=path', [], ['no-path']],
    ['a=path', ['a=path'], ['no-path']],
    ['a=path', ['a=path:'], ['bad-path']],
    ['a=path', ['a=path:msrp://a:1/b;tcp  msrp://c:1/d;tcp'], ['bad-path']],
    ['a=path', ['a=path:msrp://a:1/b;tcp', 'a=path:msrp://a:1/b;tcp'], ['duplicate-attribute']],
    ['a=accept-types', [], ['no-accept-types']],
    ['a=accept-types', ['a=accept-types:'], ['no-accept-types']],
    [SELECTOR, [], ['no-selector']],
    [SELECTOR, ['a=file-selector'], ['no-selector']],
    [SELECTOR, ['a=file-selector:x-new:1'], ['no-selector']],
    [SELECTOR, ['a=file-selector:'], ['bad-selector']],
    [SELECTOR, ['a=file-selector:size:abc'], ['bad-selector']],
    [SELECTOR, ['a=file-selector:size:1', 'a=file-selector:size:1'], ['duplicate-attribute']],
    ['a=file-transfer-id', [], ['no-transfer-id']],
    ['a=file-transfer-id', ['a=file-transfer-id'], ['no-transfer-id']],
    ['a=file-transfer-id', ['a=file-transfer-id:'], ['bad-transfer-id']],
    ['a=file-transfer-id', ['a=file-transfer-id:a b'], ['bad-transfer-id']],
    ['a=file-transfer-id', [`a=file-transfer-id:${'x'.repeat(257)}`], ['bad-transfer-id']],
    ['a=file-transfer-id', ['a=file-transfer-id:a', 'a=file-transfer-id:a'], ['duplicate-attribute']],
    ['a=msrp-cema', ['a=file-range:5-3'], ['bad-range']],
    ['a=msrp-cema', ['a=file-range:0-3'], ['bad-range']],
    ['a=msrp-cema', ['a=file-range'], ['bad-range']],
    ['a=msrp-cema', ['a=file-range:1-4401'], ['bad-range']],
    ['a=sendonly', ['a=sendonly', 'a=recvonly'], ['bad-direction']],
  ])('refuses the line with %j turned into %j for %j @req SDP-2 SDP-4 SDP-5 SDP-8 SDP-17 SDP-21 SDP-23', (start, replacement, faults) => {
    expect(faultsOf(offerWith(start, ...replacement))).toEqual(faults)
    expect(faultsOf(offerWith(start, ...replacement), strict)).toEqual(faults)
  })

  it.each<[string, string[], LineFaultCode[], string]>([
    ['m=', ['m=message 2855 TCP/MSRP'], ['bad-format'], 'SDP-2'],
    [SELECTOR, ['a=file-selector:name:"a%G1" size:1'], ['bad-selector'], 'SDP-11'],
    [SELECTOR, ['a=file-selector:type:text/plain;charset=utf-8'], ['bad-selector'], 'SDP-13'],
    [SELECTOR, ['a=file-selector:name:"a.txt"'], ['selector-too-weak'], 'OA-3'],
    ['a=sendonly', [], ['bad-direction'], 'D-18'],
    ['a=sendonly', ['a=sendrecv'], ['bad-direction'], 'D-18'],
  ])('refuses the line with %j turned into %j in strict mode only, for %j @req SDP-2 SDP-11 SDP-13 OA-3', (start, replacement, faults) => {
    expect(faultsOf(offerWith(start, ...replacement))).toEqual([])
    expect(faultsOf(offerWith(start, ...replacement), strict)).toEqual(faults)
  })

  it('leaves direction and a weak selector of an answer alone, also in strict mode', () => {
    const answer = { strict: true, answer: true }
    expect(faultsOf(offerWith('a=sendonly', 'a=sendrecv'), answer)).toEqual([])
    expect(faultsOf(offerWith(SELECTOR, 'a=file-selector:name:"a"'), answer)).toEqual([])
    expect(faultsOf(offerWith(SELECTOR), answer)).toEqual(['no-selector'])
  })

  it('takes a name alone for a pull @req OA-4', () => {
    const pull = offerWith('a=sendonly', 'a=recvonly')
    const named = {
      ...pull,
      media: pull.media.map(line => ({ ...line, attributes: line.attributes.filter(({ name }) => name !== 'file-selector') })),
    }
    const [line] = named.media
    const session = { ...named, media: [{ ...line!, attributes: [...line!.attributes, { name: 'file-selector', value: 'name:"a"' }] }] }
    expect(faultsOf(session, strict)).toEqual([])
  })

  it.each<[string, Partial<FileMedia>]>([
    ['a=max-size:abc', { maxSize: undefined }],
    ['a=max-size:-1', { maxSize: undefined }],
    ['a=max-size:', { maxSize: undefined }],
    ['a=max-size:99999999999999999999', { maxSize: undefined }],
    ['a=file-date:creation:"yesterday"', { date: undefined }],
    ['a=file-icon:http://x/', { icon: undefined }],
    ['a=setup:both', { setup: undefined }],
    ['a=fingerprint:none', { fingerprints: [] }],
    ['a=msrp-cema:yes', { cema: false }],
  ])('ignores %j @req SDP-7 SDP-19 SDP-20', (line, expected) => {
    const start = line.split(':')[0] as string
    const session = PUSH_OFFER.some(one => one.startsWith(start))
      ? offerWith(start, line)
      : offerWith('a=accept-types', 'a=accept-types:*', line)
    expect(faultsOf(session, strict)).toEqual([])
    expect(read(session)).toMatchObject(expected)
  })

  it('takes an unknown disposition for attachment and keeps silence for silence @req SDP-18', () => {
    expect(read(offerWith('a=file-disposition', 'a=file-disposition:form-data')).disposition).toBe('attachment')
    expect(read(offerWith('a=file-disposition')).disposition).toBeUndefined()
  })

  it('cuts long information @req SDP-22', () => {
    expect(read(offerWith('i=', `i=${'x'.repeat(1500)}`)).information).toHaveLength(1000)
  })

  it('accepts size 0 and the range of an empty file', () => {
    const session = offerWith(SELECTOR, `a=file-selector:size:0 hash:sha-1:${EMPTY_SHA1}`, 'a=file-range:1-*')
    expect(faultsOf(session, strict)).toEqual([])
    expect(read(session).selector?.size).toBe(0)
  })

  it('finds nothing missing on a closed line, which opens nothing @req OA-24 OA-52', () => {
    for (const lines of [PUSH_CLOSE, CAPABILITY, [...PUSH_OFFER.slice(0, 5), 'm=message 0 TCP/MSRP *']]) {
      const session = decodeSession(sdp(...lines))
      expect(faultsOf(session, strict)).toEqual([])
      expect(read(session).port).toBe(0)
    }
    expect(faultsOf(decodeSession(sdp(...PUSH_OFFER.slice(0, 5), 'm=audio 0 RTP/AVP 0')))).toEqual(['not-msrp'])
  })

  it('tells TLS from TCP @req SDP-2', () => {
    expect(read(offerWith('m=', 'm=message 2855 TCP/TLS/MSRP *')).secure).toBe(true)
    expect(read(OFFER).secure).toBe(false)
  })

  it('reads each line of a description by itself', () => {
    const session = decodeSession(
      sdp(...PUSH_OFFER, 'm=audio 9 RTP/AVP 0', ...PUSH_OFFER.slice(5).filter(line => !line.startsWith('a=path'))),
    )
    expect([0, 1, 2, 3].map(index => readFileMedia(session, index).faults.map(({ code }) => code))).toEqual([
      [],
      ['not-msrp', 'bad-format', 'no-selector', 'no-path', 'no-accept-types', 'no-transfer-id'],
      ['no-path'],
      ['not-msrp'],
    ])
  })

  it('never throws @req SEC-11', () => {
    const names = [
      'path',
      'accept-types',
      'file-selector',
      'file-transfer-id',
      'file-range',
      'file-date',
      'file-icon',
      'setup',
      'fingerprint',
      'max-size',
    ]
    const value = fc.oneof(fc.string({ unit: 'binary-ascii' }), fc.stringMatching(/^[\x80-\xff"%: ;=/*-]{0,12}$/))
    const attribute = fc.oneof(
      fc.record({ name: fc.constantFrom(...names), value }),
      fc.record({ name: fc.constantFrom(...names, 'sendonly', 'inactive', 'msrp-cema') }),
    )
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 12 }), fc.boolean(), fc.nat(2), (attributes, isStrict, index) => {
        const session = { ...OFFER, media: [{ ...OFFER.media[0]!, attributes }] }
        const { media, faults } = readFileMedia(session, index, { strict: isStrict })
        // Whatever is no fault is there
        if (faults.length === 0) expect([media.selector, media.transferId, media.path[0]]).not.toContain(undefined)
        if (index > 0) expect(faults.map(({ code }) => code)).toEqual(['not-msrp'])
      }),
      { numRuns: 1000 },
    )
  })
})

describe('the rows of the offer errors', () => {
  it('refuse one line and leave the other to the user @req SDP-4', () => {
    const pathless = PUSH_OFFER.slice(5).filter(line => !line.startsWith('a=path'))
    const session = decodeSession(sdp(...PUSH_OFFER.slice(0, 5), ...pathless, ...PUSH_OFFER.slice(5)))
    expect([0, 1].map(index => readFileMedia(session, index).faults.map(({ code }) => code))).toEqual([['no-path'], []])
  })
})

describe('writeFileMedia', () => {
  it.each(Object.entries({ PUSH_OFFER, PUSH_ANSWER }))(
    'writes the line of %s byte by byte, in order @req SDP-2 SDP-3 SDP-14',
    (_, lines) => {
      const session = decodeSession(sdp(...lines))
      const { connections, ...written } = writeFileMedia(read(session))
      expect(connections).toEqual([session.connection])
      expect(encodeSession({ ...session, media: [written] })).toEqual(sdp(...lines))
    },
  )

  it('writes every attribute that a line can have, in the order they are read', () => {
    const media: FileMedia = {
      ...read(OFFER),
      secure: true,
      port: 9,
      address: '[2001:db8::1]',
      direction: 'recvonly',
      path: ['msrps://relay.example.com:2855/u8Kx;tcp', 'msrps://alicepc.home1.example:2855/aZ1;tcp'],
      acceptWrappedTypes: ['text/plain', 'image/*'],
      maxSize: 1000,
      fingerprints: [{ algorithm: 'sha-256', octets: Uint8Array.of(1, 255) }],
      selector: { name: 'é.txt', hashes: [] },
      icon: 'a%b@c',
      range: { start: 65_206, stop: undefined },
      information: 'Notizen für 🙂',
    }
    const line = writeFileMedia(media)
    const session: SessionDescription = { ...OFFER, media: [line] }
    expect(linesOfMedia(session)).toEqual([
      'm=message 9 TCP/TLS/MSRP *',
      'i=Notizen f\xc3\xbcr \xf0\x9f\x99\x82',
      'c=IN IP6 2001:db8::1',
      'a=recvonly',
      'a=setup:actpass',
      'a=msrp-cema',
      'a=fingerprint:sha-256 01:FF',
      'a=accept-types:message/cpim *',
      'a=accept-wrapped-types:text/plain image/*',
      'a=max-size:1000',
      'a=path:msrps://relay.example.com:2855/u8Kx;tcp msrps://alicepc.home1.example:2855/aZ1;tcp',
      'a=file-selector:name:"\xc3\xa9.txt"',
      'a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
      'a=file-disposition:attachment',
      'a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"',
      'a=file-icon:cid:a%25b@c',
      'a=file-range:65206-*',
    ])
    expect(readFileMedia(decodeSession(encodeSession(session)), 0)).toEqual({ media: { ...media, address: '2001:db8::1' }, faults: [] })
  })

  it('writes the selector of an empty file without size', () => {
    const line = writeFileMedia({
      ...read(OFFER),
      selector: {
        name: 'empty.txt',
        type: { type: 'text', subtype: 'plain', parameters: new Map() },
        size: 0,
        hashes: [{ algorithm: 'sha-1', octets: octets(EMPTY_SHA1) }],
      },
    })
    expect(line.attributes).toContainEqual({ name: 'file-selector', value: `name:"empty.txt" type:text/plain hash:sha-1:${EMPTY_SHA1}` })
  })

  it('leaves out what is not said, an empty date too', () => {
    const bare = {
      ...read(OFFER),
      address: undefined,
      information: undefined,
      direction: undefined,
      setup: undefined,
      cema: false,
      date: {},
    }
    const line = writeFileMedia({ ...bare, path: [], acceptTypes: [], disposition: undefined, transferId: undefined })
    expect(line).toEqual({
      media: 'message',
      port: 2855,
      protocol: 'TCP/MSRP',
      formats: ['*'],
      attributes: [{ name: 'file-selector', value: expect.stringContaining('notes.txt') }],
    })
    expect(() => writeFileMedia({ ...bare, selector: { hashes: [] } })).toThrow(LocalProtocolError)
  })
})

describe('rejectedMedia', () => {
  it('has port 0 and the selector and id of the offer, byte by byte @req OA-21', () => {
    const offered = decodeSession(
      sdp(
        ...PUSH_OFFER.slice(0, 5),
        'm=message 2855 TCP/MSRP *',
        'i=Big',
        'c=IN IP4 192.0.2.1',
        'a=sendonly',
        'a=accept-types:*',
        'a=path:msrp://192.0.2.10:2855/x;tcp',
        REFUSED_LINE[1] as string,
        REFUSED_LINE[2] as string,
        'a=file-range:1-*',
      ),
    )
    expect(linesOfMedia({ ...offered, media: [rejectedMedia(offered.media[0]!)] })).toEqual(REFUSED_LINE)
  })

  it('mirrors odd spelling and invalid values as they are @req OA-21', () => {
    const value = `SIZE:0100000 name:"%2e" hash:sha-1:${BIG_SHA1.toLowerCase()} \xff`
    const attributes = [
      { name: 'file-transfer-id', value: 'not a token' },
      { name: 'file-selector', value },
    ]
    expect(rejectedMedia({ media: 'message', port: 1, portCount: 2, protocol: 'TCP/MSRP', formats: [], attributes })).toEqual({
      media: 'message',
      port: 0,
      protocol: 'TCP/MSRP',
      formats: ['*'],
      attributes,
    })
  })

  it('keeps media, protocol and formats of a line that is no file @req SDP-2', () => {
    const [audio] = decodeSession(sdp(...PUSH_OFFER.slice(0, 5), 'm=audio 49170 RTP/AVP 0 8', 'a=rtpmap:0 PCMU/8000')).media
    expect(rejectedMedia(audio!)).toEqual({ media: 'audio', port: 0, protocol: 'RTP/AVP', formats: ['0', '8'], attributes: [] })
  })
})

describe('closedMedia', () => {
  it('has port 0, the same path, selector and id, and no more what only an open line needs @req CR-10', () => {
    const session = decodeSession(sdp(...PUSH_CLOSE))
    expect(encodeSession({ ...session, media: [closedMedia(OFFER.media[0]!)] })).toEqual(sdp(...PUSH_CLOSE))
  })

  it('changes nothing when it is applied again', () => {
    const closed = closedMedia(OFFER.media[0]!)
    expect(closedMedia(closed)).toEqual(closed)
  })
})

/** Order in which the faults of one line are found. */
function byReadingOrder(a: string, b: string): number {
  const order = ['no-selector', 'no-path', 'no-accept-types', 'no-transfer-id']
  return order.indexOf(a) - order.indexOf(b)
}
