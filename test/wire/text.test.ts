import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8, equalBytes, isUtf8, writeAscii } from '../../src/wire/text.js'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true })

function acceptedByPlatform(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Bytes that often form half-valid sequences, so that every branch of the decoder is met. */
const nastyBytes = fc
  .array(
    fc.constantFrom(
      0x41,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xe1,
      0xed,
      0xef,
      0xf0,
      0xf1,
      0xf4,
      0xf5,
      0xff,
    ),
    {
      maxLength: 24,
    },
  )
  .map(bytes => Uint8Array.from(bytes))

describe('text', () => {
  it('encodes UTF-8 like the platform, lone surrogates included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.array(fc.integer({ min: 0xd7ff, max: 0xe000 })), (text, units) => {
        const all = text + String.fromCharCode(...units)
        expect(encodeUtf8(all)).toEqual(encoder.encode(all))
      }),
    )
  })

  it('decodes every byte sequence like the platform', () => {
    fc.assert(
      fc.property(fc.oneof(nastyBytes, fc.uint8Array({ maxLength: 64 })), bytes => {
        expect(decodeUtf8(bytes)).toBe(decoder.decode(bytes))
        expect(isUtf8(bytes)).toBe(acceptedByPlatform(bytes))
      }),
      { numRuns: 2000 },
    )
  })

  it('decodes texts longer than one call of String.fromCharCode', () => {
    const text = 'é🙂x'.repeat(10_000)
    expect(decodeUtf8(encodeUtf8(text))).toBe(text)
    const bytes = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 7 + 3) % 256)
    expect(encodeLatin1(decodeLatin1(bytes))).toEqual(bytes)
  })

  it('reads a part of the bytes only', () => {
    const bytes = encodeUtf8('añb')
    expect(decodeUtf8(bytes, 1, 3)).toBe('ñ')
    expect(decodeUtf8(bytes, 1, 2)).toBe('\ufffd')
    expect(isUtf8(bytes, 1, 2)).toBe(false)
    expect(decodeLatin1(bytes, 1, 3)).toBe('Ã±')
  })

  it('reverses Latin-1 for every byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(encodeLatin1(decodeLatin1(bytes))).toEqual(bytes)
      }),
    )
  })

  it('concatenates and compares', () => {
    const whole = concatBytes(Uint8Array.of(1, 2), new Uint8Array(0), Uint8Array.of(3))
    expect(whole).toEqual(Uint8Array.of(1, 2, 3))
    expect(equalBytes(whole, Uint8Array.of(1, 2, 3))).toBe(true)
    expect(equalBytes(whole, Uint8Array.of(1, 2, 4))).toBe(false)
    expect(equalBytes(whole, Uint8Array.of(1, 2))).toBe(false)
  })
})

describe('writeAscii', () => {
  it('writes where it is told, if all of it is ASCII and fits', () => {
    const target = new Uint8Array(4)
    expect([
      writeAscii('ab', target, 1),
      writeAscii('abcd', target, 1),
      writeAscii('\u{80}', target, 3),
      writeAscii('', target, 4),
    ]).toEqual([3, -1, -1, 4])
    expect([...target]).toEqual([0, 0x61, 0x62, 0])
  })
})
