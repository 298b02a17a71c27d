import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { is, UNRESERVED } from '../../src/wire/characters.js'
import { percentDecode, percentDecoded, percentEncode } from '../../src/wire/percent.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/text.js'

const decoded = (text: string, lenient = false) => {
  const bytes = percentDecode(text, lenient)
  return bytes && decodeLatin1(bytes)
}

describe('percent', () => {
  it('writes two upper-case hex digits for each refused byte', () => {
    expect(percentEncode(Uint8Array.of(0x61, 0x0a, 0xff, 0x25), byte => is(byte, UNRESERVED))).toBe('a%0A%FF%25')
  })

  it('reverses itself for every byte sequence', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        expect(percentDecode(percentEncode(bytes, byte => is(byte, UNRESERVED)))).toEqual(bytes)
      }),
    )
  })

  it('decodes exactly once @req SEC-2', () => {
    expect(decoded('%252F')).toBe('%2F')
    expect(decoded('%2525')).toBe('%25')
  })

  it.each(['%', 'a%', '%4', '%G1', '%1G', '%%41', '% 41'])('refuses %j, or keeps its % when lenient @req SDP-11', text => {
    expect(decoded(text)).toBeUndefined()
    expect(decoded(text, true)).toBe(text.replace('%41', 'A'))
    expect(percentDecoded(text)).toBe(text)
  })

  it('takes hex digits of either case @req SDP-11', () => {
    expect(decoded('%c3%A9')).toBe(decodeLatin1(Uint8Array.of(0xc3, 0xa9)))
    expect(percentDecoded('a%20b')).toBe('a b')
    expect(encodeLatin1(decoded('%00') ?? 'x')).toEqual(Uint8Array.of(0))
  })
})
