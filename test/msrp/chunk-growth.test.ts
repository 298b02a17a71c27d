import { describe, expect, it } from 'vitest'
import { ChunkGrowth } from '../../src/msrp/chunk-growth.js'
import { CHUNK_SIZE, MAX_CHUNK_SIZE, PROMPT_ANSWER } from '../../src/msrp/limits.js'

describe('the growth of chunks', () => {
  it('doubles them while they are answered promptly, up to a limit @req MSRP-22', () => {
    const growth = new ChunkGrowth()
    const sizes = [growth.size]
    for (let chunk = 0; chunk < 3; chunk++) {
      growth.answered(growth.size, PROMPT_ANSWER)
      sizes.push(growth.size)
    }
    expect(sizes).toEqual([CHUNK_SIZE, 2 * CHUNK_SIZE, MAX_CHUNK_SIZE, MAX_CHUNK_SIZE])
  })

  it('halves them for a slow peer, down to the first size @req MSRP-22', () => {
    const growth = new ChunkGrowth()
    growth.answered(CHUNK_SIZE, 1)
    growth.answered(2 * CHUNK_SIZE, 1)
    const sizes = [growth.size]
    for (let chunk = 0; chunk < 3; chunk++) {
      growth.answered(growth.size, PROMPT_ANSWER + 1)
      sizes.push(growth.size)
    }
    expect(sizes).toEqual([MAX_CHUNK_SIZE, MAX_CHUNK_SIZE / 2, CHUNK_SIZE, CHUNK_SIZE])
  })

  it('learns nothing from a chunk that was cut short @req MSRP-22', () => {
    const growth = new ChunkGrowth()
    growth.answered(CHUNK_SIZE - 1, 1)
    expect(growth.size).toBe(CHUNK_SIZE)
  })
})
