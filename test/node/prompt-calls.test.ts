import { createHash } from 'node:crypto'
import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { hashInline } from '../../src/node/hash-inline.js'
import { BLOCK_SIZE, FIRST_PROMPT_PAUSE, PROMPT_CALL, PROMPT_PAUSE, PROMPT_SIZE, PROMPT_TURN } from '../../src/node/limits.js'
import { nodeHost } from '../../src/node/node-host.js'
import { PromptCalls, promptHashedWrites, promptReads, promptWrites } from '../../src/node/prompt-calls.js'
import { tempFolder } from './temp-folder.js'

it('allows small calls until one took long, and again after a while', () => {
  let now = 0
  const calls = new PromptCalls(undefined, () => now)
  expect([calls.allows(PROMPT_SIZE), calls.allows(PROMPT_SIZE + 1)]).toEqual([true, false])
  calls.make(() => (now += PROMPT_CALL))
  expect(calls.allows(1)).toBe(true)
  expect(() =>
    calls.make(() => {
      now += PROMPT_CALL + 1
      throw new Error('no')
    }),
  ).toThrow('no')
  expect(calls.allows(1)).toBe(false)
  now += FIRST_PROMPT_PAUSE - 1
  expect(calls.allows(1)).toBe(false)
  now += 1
  expect(calls.allows(1)).toBe(true)
})

it('makes whole blocks its own, but large writes only of what is not hashed', () => {
  expect([promptReads, promptWrites, promptHashedWrites].map(calls => [calls.allows(PROMPT_SIZE), calls.allows(BLOCK_SIZE)])).toEqual([
    [true, true],
    [true, true],
    [true, false],
  ])
})

it('rests longer after each call that takes long soon again, and short after one alone', () => {
  let now = 0
  const calls = new PromptCalls(undefined, () => now)
  const slow = (): number => {
    calls.make(() => (now += PROMPT_CALL + 1))
    const begin = now
    while (!calls.allows(1)) now++
    return now - begin
  }
  const rests = [slow(), slow(), slow(), slow(), slow()]
  expect(rests).toEqual([1, 4, 16, 64, 256].map(times => Math.min(times * FIRST_PROMPT_PAUSE, PROMPT_PAUSE)))
  now += PROMPT_PAUSE
  expect(slow()).toBe(FIRST_PROMPT_PAUSE)
})

it('lets the event loop go on when a turn has moved enough', async () => {
  const calls = new PromptCalls()
  let turns = 0
  const count = () => {
    turns++
    again = setImmediate(count)
  }
  let again = setImmediate(count)
  for (let moved = 0; moved < 4 * PROMPT_TURN; moved += PROMPT_SIZE) await calls.turn(PROMPT_SIZE)
  clearImmediate(again)
  expect(turns).toBeGreaterThanOrEqual(3)
})

it('hashes the same while the disk is slow', async () => {
  const path = join(tempFolder(), 'file')
  const size = 3 * PROMPT_SIZE + 1000
  writeFileSync(path, new Uint8Array(size).fill(7))
  const fd = openSync(path, 'r')
  const allows = vi.spyOn(promptReads, 'allows')
  const digests: string[] = []
  for (const fast of [true, false]) {
    allows.mockReturnValue(fast)
    digests.push(Buffer.from(await hashInline(fd, size)).toString('hex'))
  }
  allows.mockRestore()
  closeSync(fd)
  const whole = createHash('sha1').update(new Uint8Array(size).fill(7)).digest('hex')
  expect(digests).toEqual([whole, whole])
})

it('reads the same while the disk is slow @req SND-4', async () => {
  const path = join(tempFolder(), 'file')
  const octets = Uint8Array.from({ length: 100_000 }, (_, index) => index % 251)
  writeFileSync(path, octets)
  const host = nodeHost()
  const allows = vi.spyOn(promptReads, 'allows')
  for (const fast of [true, false]) {
    allows.mockReturnValue(fast)
    const source = await host.open(path)
    const parts = await Promise.all([source.read(0, 70_000), source.read(70_000, 50_000)])
    expect(Buffer.concat(parts).equals(octets)).toBe(true)
    writeFileSync(path, octets.subarray(0, 99_999))
    await expect(source.read(90_000, 10_000)).rejects.toMatchObject({ code: 'file-changed' })
    writeFileSync(path, octets)
    await source.close()
  }
  allows.mockRestore()
  await host.close()
})
