import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { expect, it, vi } from 'vitest'
import { blocks } from '../../src/node/block-pool.js'
import type { Follower } from '../../src/node/follower.js'
import { HashPool } from '../../src/node/hash-pool.js'
import { BLOCK_SIZE, HASH_BATCH, HASH_BATCHES, MAX_WORKERS } from '../../src/node/limits.js'
import { OpenResources } from '../../src/node/open-resources.js'
import { tempFolder } from './temp-folder.js'

it('tells a worker about many files in few messages @req RCV-13', async () => {
  const pool = new HashPool(new OpenResources())
  const fd = openSync(join(tempFolder(), 'file'), 'w+')
  const post = vi.spyOn(Worker.prototype, 'postMessage')
  const files = 300
  const block = blocks.take(BLOCK_SIZE)
  block.bytes.fill(7)
  // fails when the worker was not built: npx tsc -b src/node
  const followers = Array.from({ length: files }, () => pool.follow(fd) as Follower)
  for (const follower of followers) follower.give(0, block.bytes.subarray(0, 2000))
  const digests = await Promise.all(followers.map(follower => follower.finish(2000)))
  const right = createHash('sha1').update(new Uint8Array(2000).fill(7)).digest('hex')
  expect(new Set(digests.map(digest => Buffer.from(digest).toString('hex')))).toEqual(new Set([right]))
  const sizes = post.mock.calls.map(([commands]) => (commands as unknown[]).length)
  // to follow, octets and the end of each; the first messages have one command
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(3 * files)
  expect(sizes.length).toBeLessThan((3 * files) / HASH_BATCH + 4 * MAX_WORKERS * HASH_BATCHES)
  expect(Math.max(...sizes)).toBe(HASH_BATCH)
  post.mockRestore()
  blocks.release(block.bytes)
  await pool.close()
  closeSync(fd)
})
