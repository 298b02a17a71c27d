import { beforeEach, expect, it, vi } from 'vitest'
import { LEAST_PROMPT_WRITE, MAX_GATHERED, MAX_PROMPT_PIECES, MAX_WRITE, PROMPT_SIZE } from '../../src/node/limits.js'
import { PromptCalls } from '../../src/node/prompt-calls.js'
import { SequentialWrites } from '../../src/node/sequential-writes.js'

interface Running {
  readonly position: number
  readonly lengths: readonly number[]
  readonly done: (error: Error | null) => void
}

const { running, made } = vi.hoisted(() => ({ running: [] as Running[], made: [] as [number, number][] }))

/** A disk that finishes writes when and in the order it is told to. */
vi.mock('../../src/node/file-io.js', () => ({
  writeFully: (_: number, views: readonly Uint8Array[], position: number, done: Running['done']) => {
    running.push({ position, lengths: views.map(({ length }) => length), done })
  },
  writeNow: (_: number, view: Uint8Array, position: number) => {
    if (view[0] === FULL) throw new Error('disk full')
    made.push([position, view.length])
  },
  writeAllNow: (_: number, views: readonly Uint8Array[], position: number) => {
    if (views.some(view => view[0] === FULL)) throw new Error('disk full')
    made.push([position, views.reduce((sum, { length }) => sum + length, 0)])
  },
}))

/** First octet of what this disk does not take. */
const FULL = 255

/** A thread that has just waited for the disk. */
const slow = { allows: () => false } as unknown as PromptCalls

beforeEach(() => {
  running.length = 0
  made.length = 0
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
    slow,
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
    slow,
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
    slow,
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
    slow,
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
    slow,
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
    slow,
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
    slow,
  )
  writes.add(0, new Uint8Array(5))
  const settled = writes.idle()
  writes.drop()
  await settled
  await Promise.resolve()
  expect([writes.pending, running]).toEqual([0, []])
})

function prompt(now: () => number = () => 0): { writes: SequentialWrites; written: [number, number][]; failed: string[] } {
  const written: [number, number][] = []
  const failed: string[] = []
  const writes = new SequentialWrites(
    0,
    (from, to) => written.push([from, to]),
    error => failed.push(error.message),
    new PromptCalls(undefined, now),
  )
  return { writes, written, failed }
}

it('makes a write at once, and holds nothing for it', () => {
  const { writes, written } = prompt()
  writes.add(0, new Uint8Array(10))
  writes.add(10, new Uint8Array(LEAST_PROMPT_WRITE))
  expect([made, written, writes.pending, running]).toEqual([
    [
      [0, 10],
      [10, LEAST_PROMPT_WRITE],
    ],
    [
      [0, 10],
      [10, 10 + LEAST_PROMPT_WRITE],
    ],
    0,
    [],
  ])
})

it('leaves large writes and the many little ones to the pool, and what comes behind them', async () => {
  const { writes } = prompt()
  writes.add(0, new Uint8Array(1))
  for (let at = 1; at <= MAX_PROMPT_PIECES; at++) writes.add(at, new Uint8Array(1))
  writes.add(1 + MAX_PROMPT_PIECES, new Uint8Array(LEAST_PROMPT_WRITE))
  await Promise.resolve()
  expect([made, started()]).toEqual([[[0, 1]], [[1, [...new Array(MAX_PROMPT_PIECES).fill(1), LEAST_PROMPT_WRITE]]]])
  finish()
  writes.add(100_000, new Uint8Array(PROMPT_SIZE + 1))
  await Promise.resolve()
  expect([made.length, started()]).toEqual([1, [[100_000, [PROMPT_SIZE + 1]]]])
  finish()
})

it('makes a few pieces that came together itself, once all of them are there', async () => {
  const { writes, written } = prompt()
  writes.add(0, new Uint8Array(1))
  writes.add(1, new Uint8Array(100))
  writes.add(101, new Uint8Array(LEAST_PROMPT_WRITE))
  expect([made, writes.pending]).toEqual([[[0, 1]], 100 + LEAST_PROMPT_WRITE])
  await writes.idle()
  const end = 101 + LEAST_PROMPT_WRITE
  expect([made.slice(1), written, writes.pending, running]).toEqual([
    [[1, end - 1]],
    [
      [0, 1],
      [1, end],
    ],
    0,
    [],
  ])
})

it('leaves scattered ones to the pool, however few octets they have', async () => {
  const { writes } = prompt()
  writes.add(0, new Uint8Array(1))
  for (let at = 1; at <= 3; at++) writes.add(at * 100, new Uint8Array(1))
  await Promise.resolve()
  expect([made, started()]).toEqual([[[0, 1]], [[100, [1]]]])
  finish()
  finish()
  expect(made.length).toBe(2)
})

it('takes nothing more after such pieces that failed', async () => {
  const { writes, written, failed } = prompt()
  writes.add(0, new Uint8Array(1))
  writes.add(1, new Uint8Array([FULL]))
  await writes.idle()
  writes.add(2, new Uint8Array(10))
  expect([failed, written, writes.pending, running]).toEqual([['disk full'], [[0, 1]], 0, []])
})

it('leaves writes to the pool for a while after one that took long', async () => {
  const times = [0, 100, 101, 102, 2000, 2000, 2000]
  const { writes } = prompt(() => times.shift() ?? 9999)
  writes.add(0, new Uint8Array(10))
  writes.add(10, new Uint8Array(LEAST_PROMPT_WRITE))
  await Promise.resolve()
  expect([made.length, started()]).toEqual([1, [[10, [LEAST_PROMPT_WRITE]]]])
  finish()
  writes.add(10 + LEAST_PROMPT_WRITE, new Uint8Array(LEAST_PROMPT_WRITE))
  expect(made.length).toBe(2)
})

it('takes nothing more after a write at once that failed', () => {
  const { writes, written, failed } = prompt()
  writes.add(0, new Uint8Array([FULL]))
  writes.add(1, new Uint8Array(10))
  expect([failed, written, made, running]).toEqual([['disk full'], [], [], []])
})
