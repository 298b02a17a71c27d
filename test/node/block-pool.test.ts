import { expect, it } from 'vitest'
import { type Block, BlockPool } from '../../src/node/block-pool.js'
import { BLOCK_SIZE, MAX_FREE_OCTETS, SMALL_BLOCK_SIZE } from '../../src/node/limits.js'

const take = (pool: BlockPool, count: number, size: number): Block[] => Array.from({ length: count }, () => pool.take(size))

function giveBack(pool: BlockPool, taken: readonly Block[]): void {
  for (const { bytes } of taken) pool.release(bytes)
}

/** How many of these are given out again. */
function known(pool: BlockPool, taken: readonly Block[], size: number): number {
  const again = new Set(take(pool, taken.length, size))
  return taken.filter(block => again.has(block)).length
}

it('keeps free blocks up to a limit', () => {
  const pool = new BlockPool()
  const most = MAX_FREE_OCTETS / BLOCK_SIZE
  const taken = take(pool, most + 3, BLOCK_SIZE)
  giveBack(pool, taken)
  expect(known(pool, taken, BLOCK_SIZE)).toBe(most)
})

it('keeps no blocks of a size that is not taken any more, where others need the room', () => {
  const pool = new BlockPool()
  const large = take(pool, MAX_FREE_OCTETS / BLOCK_SIZE, BLOCK_SIZE)
  giveBack(pool, large)
  const small = take(pool, MAX_FREE_OCTETS / 2 / SMALL_BLOCK_SIZE, SMALL_BLOCK_SIZE)
  giveBack(pool, small)
  expect(known(pool, small, SMALL_BLOCK_SIZE)).toBe(small.length)
  expect(known(pool, large, BLOCK_SIZE)).toBe(large.length / 2)
})
