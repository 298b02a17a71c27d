import fc from 'fast-check'
// @ts-expect-error: the package has no types
import { parse } from 'sdp-transform'
import { describe, expect, it } from 'vitest'
import {
  decodeSession,
  encodeSession,
  type FileMedia,
  type FileSelector,
  ownSession,
  readFileMedia,
  writeFileMedia,
} from '../../src/sdp/index.js'
import { decodeLatin1 } from '../../src/wire/index.js'

const ORIGIN = { username: 'alice', sessionId: '3923820001', address: '192.0.2.10' }

const token = fc.stringMatching(/^[!#$%&'*+.^_`{|}~A-Za-z0-9-]{1,12}$/)
/** Text of whole characters: UTF-8 cannot hold half a surrogate pair. */
const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const maybe = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: undefined })
/** Whole seconds: the format has no others. */
const moment = fc.integer({ min: -2_208_988_800, max: 4_102_444_799 }).map(seconds => new Date(seconds * 1000))

const selector: fc.Arbitrary<FileSelector> = fc
  .record(
    {
      name: text,
      type: fc
        .tuple(token, token, fc.dictionary(token, text, { maxKeys: 2, noNullPrototype: true }))
        .map(([type, subtype, parameters]) => ({
          type,
          subtype,
          parameters: new Map(Object.entries(parameters).map(([key, value]) => [key.toLowerCase(), value])),
        })),
      size: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
      hashes: fc
        .tuple(maybe(octets(20)), maybe(octets(32)))
        .map(([sha1, sha256]) => [
          ...(sha1 === undefined ? [] : [{ algorithm: 'sha-1', octets: sha1 }]),
          ...(sha256 === undefined ? [] : [{ algorithm: 'sha-256', octets: sha256 }]),
        ]),
    },
    { requiredKeys: ['hashes'], noNullPrototype: true },
  )
  .filter(one => Object.keys(one).length > 1 || one.hashes.length > 0)

const media: fc.Arbitrary<FileMedia> = fc.record({
  port: fc.integer({ min: 1, max: 65_535 }),
  secure: fc.boolean(),
  address: fc.constantFrom('192.0.2.10', '2001:db8::7', 'alicepc.example.com'),
  direction: fc.constantFrom('sendonly', 'recvonly', 'inactive'),
  path: fc.array(
    fc.nat(9999).map(id => `msrp://h.example:2855/${id};tcp`),
    { minLength: 1, maxLength: 3 },
  ),
  acceptTypes: fc.uniqueArray(fc.constantFrom('message/cpim', '*', 'image/*', 'text/plain;charset=utf-8'), { minLength: 1 }),
  acceptWrappedTypes: fc.uniqueArray(fc.constantFrom('*', 'image/*', 'text/plain')),
  maxSize: maybe(fc.nat()),
  setup: maybe(fc.constantFrom('active', 'passive', 'actpass', 'holdconn')),
  cema: fc.boolean(),
  fingerprints: fc.array(
    fc.record({ algorithm: fc.constantFrom('sha-1', 'sha-256', 'x'), octets: fc.uint8Array({ minLength: 1, maxLength: 32 }) }),
    {
      maxLength: 3,
    },
  ),
  selector,
  transferId: token,
  disposition: maybe(fc.constantFrom('render', 'attachment')),
  date: maybe(fc.record({ creation: moment, modification: moment, read: moment }, { requiredKeys: ['read'], noNullPrototype: true })),
  icon: maybe(text),
  range: maybe(fc.tuple(fc.integer({ min: 1, max: 1 }), maybe(fc.constant(1))).map(([start, stop]) => ({ start, stop }))),
  information: maybe(text.filter(one => !/[\r\n\0]/.test(one))),
})

describe('any file m-line', () => {
  it('is the same after writing and reading, and its octets after reading and writing @req SDP-1 SDP-2 SDP-8 SDP-24', () => {
    fc.assert(
      fc.property(fc.array(media, { minLength: 1, maxLength: 3 }), lines => {
        const bytes = encodeSession(ownSession(ORIGIN, 1, lines.map(writeFileMedia)))
        const session = decodeSession(bytes)
        expect(encodeSession(session)).toEqual(bytes)
        const read = lines.map((_, index) => readFileMedia(session, index, { strict: true, answer: true }))
        expect(read).toEqual(lines.map(line => ({ media: line, faults: [] })))
        expect(
          encodeSession(
            ownSession(
              ORIGIN,
              1,
              read.map(one => writeFileMedia(one.media)),
            ),
          ),
        ).toEqual(bytes)
      }),
      { numRuns: 200 },
    )
  })

  it('has the attributes that another implementation finds @req SDP-8', () => {
    fc.assert(
      fc.property(media, line => {
        const written = writeFileMedia(line)
        const bytes = encodeSession(ownSession(ORIGIN, 1, [written]))
        const theirs = parse(decodeLatin1(bytes)) as { media: [{ type: string; port: number; invalid?: { value: string }[] }] }
        const [{ type, port, invalid = [] }] = theirs.media
        expect([type, port]).toEqual(['message', line.port])
        // It keeps what it does not know, but trims the end of a line
        const files = written.attributes.filter(({ name }) => name.startsWith('file-') || name === 'path')
        expect(invalid.map(({ value }) => value.trimEnd())).toEqual(
          expect.arrayContaining(files.map(({ name, value }) => `${name}:${value}`.trimEnd())),
        )
      }),
      { numRuns: 200 },
    )
  })
})
