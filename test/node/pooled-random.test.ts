import { describe, expect, it } from 'vitest'
import { pooledRandom } from '../../src/node/pooled-random.js'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('random octets from a pool', () => {
  it('gives as many as are asked for, none twice, over many pools @req SEC-8', () => {
    const random = pooledRandom()
    const seen = new Set<string>()
    for (let turn = 0; turn < 5000; turn++) {
      const bytes = random(8 + (turn % 30))
      expect(bytes).toHaveLength(8 + (turn % 30))
      seen.add(hex(bytes))
    }
    expect(seen.size).toBe(5000)
    expect(random(0)).toHaveLength(0)
  })

  it('gives more than the pool holds', () => {
    const random = pooledRandom()
    const [a, b] = [random(10_000), random(10_000)]
    expect([a.length, b.length]).toEqual([10_000, 10_000])
    expect(hex(a)).not.toBe(hex(b))
  })

  it('gives octets that nobody else can change or read', () => {
    const random = pooledRandom()
    const first = random(16)
    expect(first.buffer.byteLength).toBe(16)
    const kept = hex(first)
    random(16).fill(0)
    expect(hex(first)).toBe(kept)
  })
})
