import { beforeEach, expect, it, vi } from 'vitest'
import { MAX_GATHERED, MAX_WRITE } from '../../src/node/limits.js'
import { SequentialWrites } from '../../src/node/sequential-writes.js'

interface Running {
  readonly position: number
  readonly lengths: readonly number[]
  readonly done: (error: Error | null) => void
}

const { running } = vi.hoisted(() => ({ running: [] as Running[] }))

/** A disk that finishes writes when and in the order it is told to. */
vi.mock('../../src/node/file-io.js', () => ({
  writeFully: (_: number, views: readonly Uint8Array[], position: number, done: Running['done']) => {
    running.push({ position, lengths: views.map(({ length }) => length), done })
  },
}))

beforeEach(() => {
  running.length = 0
})

function finish(error: Error | null = null): void {
  running.shift()?.done(error)
}

function started(): [number, readonly number[]][] {
  return running.map(({ position, lengths }) => [position, lengths])
}

it('lets one write run, in the order they came', async () => {
  const written: [number, number][] = []
  const writes = new SequentialWrites(
    0,
    (from, to) => written.push([from, to]),
    () => {},
  )
  writes.add(0, new Uint8Array(10))
  writes.add(5, new Uint8Array(10))
  writes.add(100, new Uint8Array(10))
  expect(started()).toEqual([])
  await Promise.resolve()
  expect(started()).toEqual([[0, [10]]])
  finish()
  expect(started()).toEqual([[5, [10]]])
  expect(writes.pending).toBe(20)
  finish()
  expect(started()).toEqual([[100, [10]]])
  finish()
  expect(written).toEqual([
    [0, 10],
    [5, 15],
    [100, 110],
  ])
  expect(writes.pending).toBe(0)
})

it('joins waiting neighbours in memory, and gathers those in the file', async () => {
  const written: [number, number][] = []
  const writes = new SequentialWrites(
    0,
    (from, to) => written.push([from, to]),
    () => {},
  )
  const memory = new Uint8Array(100)
  writes.add(0, new Uint8Array(1))
  await Promise.resolve()
  writes.add(1, memory.subarray(0, 10))
  writes.add(11, memory.subarray(10, 30))
  writes.add(31, memory.subarray(40, 50))
  writes.add(50, memory.subarray(50, 60))
  writes.add(60, new Uint8Array(5))
  finish()
  expect(started()).toEqual([[1, [30, 10]]])
  finish()
  expect(started()).toEqual([[50, [10, 5]]])
  finish()
  expect(written).toEqual([
    [0, 1],
    [1, 41],
    [50, 65],
  ])
})

it('gathers what comes within one turn from its first octet on', async () => {
  const writes = new SequentialWrites(
    0,
    () => {},
    () => {},
  )
  for (let at = 0; at < 3; at++) writes.add(at, new Uint8Array(1))
  await Promise.resolve()
  expect(started()).toEqual([[0, [1, 1, 1]]])
  finish()
  writes.add(3, new Uint8Array(1))
  await Promise.resolve()
  expect(started()).toEqual([[3, [1]]])
  finish()
  expect(writes.pending).toBe(0)
})

it('gathers no more than a limit of octets and of pieces', async () => {
  const writes = new SequentialWrites(
    0,
    () => {},
    () => {},
  )
  writes.add(0, new Uint8Array(1))
  await Promise.resolve()
  const most = new Uint8Array(MAX_WRITE)
  writes.add(1, most)
  writes.add(1 + MAX_WRITE, new Uint8Array(1))
  for (let at = 1; at <= MAX_GATHERED; at++) writes.add(1 + MAX_WRITE + at, new Uint8Array(1))
  finish()
  expect(started()).toEqual([[1, [MAX_WRITE]]])
  finish()
  expect(started()).toEqual([[1 + MAX_WRITE, new Array(MAX_GATHERED).fill(1)]])
  finish()
  expect(started()).toEqual([[1 + MAX_WRITE + MAX_GATHERED, [1]]])
  finish()
})

it('forgets the rest after a failure and is idle when the running write ended', async () => {
  const failed: string[] = []
  const writes = new SequentialWrites(
    0,
    () => {},
    error => failed.push(error.message),
  )
  for (let at = 0; at < 5; at++) writes.add(at * 10, new Uint8Array(5))
  let idle = false
  const settled = writes.idle().then(() => {
    idle = true
  })
  await Promise.resolve()
  expect([writes.pending, idle]).toEqual([25, false])
  finish(new Error('first'))
  await settled
  writes.add(0, new Uint8Array(5))
  expect([failed, writes.pending, running]).toEqual([['first'], 0, []])
})

it('waits for the running write when the rest is dropped, and is silent about its failure', async () => {
  const writes = new SequentialWrites(
    0,
    () => {},
    error => {
      throw error
    },
  )
  writes.add(0, new Uint8Array(5))
  await Promise.resolve()
  writes.add(10, new Uint8Array(5))
  writes.drop()
  expect([writes.pending, started()]).toEqual([5, [[0, [5]]]])
  const settled = writes.idle()
  finish(new Error('late'))
  await settled
  expect([writes.pending, running]).toEqual([0, []])
})

it('is idle when all is dropped before the first write began', async () => {
  const writes = new SequentialWrites(
    0,
    () => {},
    () => {},
  )
  writes.add(0, new Uint8Array(5))
  const settled = writes.idle()
  writes.drop()
  await settled
  await Promise.resolve()
  expect([writes.pending, running]).toEqual([0, []])
})
