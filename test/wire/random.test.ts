import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Random, randomInteger, randomToken, randomUuid } from '../../src/wire/random.js'

/** Evenly distributed bytes that are the same in every run. */
function seeded(): Random {
  let counter = 0
  return length => createHash('shake256', { outputLength: length }).update(`${counter++}`).digest()
}

describe('random', () => {
  it('makes tokens of exactly the wanted length from all 62 letters and digits, evenly', () => {
    const token = randomToken(seeded(), 62_000)
    expect(token).toMatch(/^[A-Za-z0-9]{62000}$/)
    const counts = new Map<string, number>()
    for (const character of token) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect(counts.size).toBe(62)
    // 1000 expected of each, standard deviation 31
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(160)
  })

  it('drops bytes that would favour the first letters', () => {
    const source = [255, 248, 247, 0, 61, 62]
    expect(randomToken(length => Uint8Array.from({ length }, () => source.shift() ?? 0), 4)).toBe('9A9A')
  })

  it('makes integers below the bound, evenly', () => {
    const random = seeded()
    const counts = [0, 0, 0]
    for (let run = 0; run < 3000; run++) counts[randomInteger(random, 3)]! += 1
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(160)
    expect(randomInteger(() => Uint8Array.of(0xff, 0xff, 0xff, 0xff), 0x1_0000_0000)).toBe(0xffff_ffff)
    const bytes = [Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(0, 0, 0, 5)]
    expect(randomInteger(() => bytes.shift() as Uint8Array, 3)).toBe(2)
  })

  it('makes UUIDs of version 4 and the variant of RFC 9562', () => {
    expect(randomUuid(length => new Uint8Array(length))).toBe('00000000-0000-4000-8000-000000000000')
    expect(randomUuid(length => new Uint8Array(length).fill(255))).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff')
  })
})
