import { createHash } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { blocks } from '../../src/node/block-pool.js'
import { HashPool } from '../../src/node/hash-pool.js'
import { MAX_FILES_HASHED, READ_AHEAD, WORKER_THRESHOLD } from '../../src/node/limits.js'
import { OpenResources } from '../../src/node/open-resources.js'
import { tempFolder } from './temp-folder.js'

it('hashes a few files at once and lets the others wait without memory; who waits can be cancelled', async () => {
  const path = join(tempFolder(), 'file')
  const octets = new Uint8Array(WORKER_THRESHOLD).fill(3)
  writeFileSync(path, octets)
  const fd = openSync(path, 'r')
  const taken = vi.spyOn(blocks, 'take')
  const pool = new HashPool(new OpenResources())
  const stop = new AbortController()
  const files = Array.from({ length: 4 * MAX_FILES_HASHED }, () => pool.hash(fd, octets.length))
  const cancelled = pool.hash(fd, octets.length, { signal: stop.signal })
  await Promise.resolve()
  expect(taken).toHaveBeenCalledTimes(READ_AHEAD * MAX_FILES_HASHED)
  stop.abort()
  await expect(cancelled).rejects.toMatchObject({ code: 'aborted' })
  const whole = createHash('sha1').update(octets).digest('hex')
  for (const digest of await Promise.all(files)) expect(Buffer.from(digest).toString('hex')).toBe(whole)
  taken.mockRestore()
  await pool.close()
  closeSync(fd)
})
