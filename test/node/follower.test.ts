import { createHash } from 'node:crypto'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Block, blocks } from '../../src/node/block-pool.js'
import type { Follower } from '../../src/node/follower.js'
import { HashPool } from '../../src/node/hash-pool.js'
import { BLOCK_SIZE } from '../../src/node/limits.js'
import { OpenResources } from '../../src/node/open-resources.js'
import { tempFolder } from './temp-folder.js'

let pool: HashPool
let fd: number

beforeEach(() => {
  pool = new HashPool(new OpenResources())
  fd = openSync(join(tempFolder(), 'file'), 'w+')
})
afterEach(async () => {
  await pool.close()
  closeSync(fd)
})

function follow(from = 0): Follower {
  const follower = pool.follow(fd, from)
  // fails when the worker was not built: npx tsc -b src/node
  if (follower === undefined) throw new Error('no worker')
  return follower
}

function filled(octet: number): Block {
  const block = blocks.take(BLOCK_SIZE)
  block.bytes.fill(octet)
  return block
}

function sha1(...parts: Uint8Array[]): string {
  const hash = createHash('sha1')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

describe('a file that is written is hashed', () => {
  it('out of the memory that it is written from: nothing is read from the file @req RCV-13', async () => {
    const follower = follow()
    const [one, two] = [filled(1), filled(2)]
    const whole = sha1(one.bytes, two.bytes)
    for (let at = 0; at < BLOCK_SIZE; at += 4096) follower.give(at, one.bytes.subarray(at, at + 4096))
    follower.give(BLOCK_SIZE, two.bytes)
    // the file is empty: whoever read it would find less
    expect(hex(await follower.finish(2 * BLOCK_SIZE))).toBe(whole)
    blocks.release(one.bytes)
    blocks.release(two.bytes)
  })

  it('while its blocks are held, which go back as soon as they are hashed', async () => {
    const follower = follow()
    const block = filled(3)
    const freed = new Promise<void>(resolve => (block.onFree = resolve))
    follower.give(0, block.bytes.subarray(0, 700_000))
    follower.give(700_000, block.bytes.subarray(700_000))
    blocks.release(block.bytes)
    expect(block.holders).toBeGreaterThan(0)
    await freed
    expect(block.holders).toBe(0)
    await follower.cancel()
  })

  it('with what came in other memory or out of turn read from the file, and with memory again after that @req RCV-13', async () => {
    const follower = follow()
    const [first, last] = [filled(4), filled(6)]
    const foreign = new Uint8Array(BLOCK_SIZE).fill(5)
    const whole = sha1(first.bytes, foreign, last.bytes)
    follower.give(0, first.bytes)
    follower.give(BLOCK_SIZE, foreign)
    // out of turn: not what is wanted next
    follower.give(2 * BLOCK_SIZE, filled(9).bytes)
    writeSync(fd, foreign, 0, BLOCK_SIZE, BLOCK_SIZE)
    follower.advance(2 * BLOCK_SIZE)
    // time to catch up; what is given before that is read from the file too
    await new Promise(resolve => setTimeout(resolve, 300))
    follower.give(2 * BLOCK_SIZE, last.bytes)
    expect(hex(await follower.finish(3 * BLOCK_SIZE))).toBe(whole)
  })

  it('with the few octets that were copied on the way copied once more @req RCV-13', async () => {
    const follower = follow()
    const block = filled(7)
    // the message must not take all of the memory with it that these lie in
    const copied = new Uint8Array(100).fill(8).subarray(10, 20)
    follower.give(0, block.bytes)
    follower.give(BLOCK_SIZE, copied)
    expect(hex(await follower.finish(BLOCK_SIZE + 10))).toBe(sha1(block.bytes, copied))
  })

  it('in a worker whose end frees every block', async () => {
    const follower = follow()
    const block = filled(1)
    follower.give(0, block.bytes)
    follower.give(BLOCK_SIZE, block.bytes.subarray(0, 100))
    await Promise.all([pool.close(), expect(follower.finish(BLOCK_SIZE)).rejects.toMatchObject({ code: 'write-failed' })])
    expect(block.holders).toBe(1)
    follower.give(BLOCK_SIZE + 100, block.bytes.subarray(100, 200))
    expect(block.holders).toBe(1)
  })
})
