import { beforeEach, expect, it, vi } from 'vitest'
import { SequentialWrites } from '../../src/node/sequential-writes.js'

interface Running {
  readonly position: number
  readonly length: number
  readonly done: (error: Error | null) => void
}

const { running } = vi.hoisted(() => ({ running: [] as Running[] }))

/** A disk that finishes writes when and in the order it is told to. */
vi.mock('../../src/node/file-io.js', () => ({
  writeFully: (_: number, view: Uint8Array, position: number, done: Running['done']) => {
    running.push({ position, length: view.length, done })
  },
}))

beforeEach(() => {
  running.length = 0
})

function finish(index: number, error: Error | null = null): void {
  const [write] = running.splice(index, 1)
  write?.done(error)
}

function positions(): number[] {
  return running.map(write => write.position)
}

it('lets two writes run, and never two of the same octets', () => {
  const written: [number, number][] = []
  const writes = new SequentialWrites(
    0,
    (from, to) => written.push([from, to]),
    () => {},
  )
  writes.add(0, new Uint8Array(10))
  writes.add(5, new Uint8Array(10))
  writes.add(100, new Uint8Array(10))
  writes.add(200, new Uint8Array(10))
  // order is kept: what comes after the one that must wait, waits too
  expect(positions()).toEqual([0])
  finish(0)
  expect(positions()).toEqual([5, 100])
  finish(1)
  expect(positions()).toEqual([5, 200])
  expect(writes.pending).toBe(20)
  finish(0)
  finish(0)
  expect(written).toEqual([
    [0, 10],
    [100, 110],
    [5, 15],
    [200, 210],
  ])
  expect(writes.pending).toBe(0)
})

it('joins waiting neighbours in file and memory only', () => {
  const writes = new SequentialWrites(
    0,
    () => {},
    () => {},
  )
  const memory = new Uint8Array(100)
  writes.add(0, new Uint8Array(1))
  writes.add(1000, new Uint8Array(1))
  writes.add(1, memory.subarray(0, 10))
  writes.add(11, memory.subarray(10, 30))
  writes.add(31, memory.subarray(40, 50))
  writes.add(50, memory.subarray(50, 60))
  writes.add(60, new Uint8Array(5))
  finish(0)
  finish(0)
  expect(running.map(write => [write.position, write.length])).toEqual([
    [1, 30],
    [31, 10],
  ])
  finish(0)
  finish(0)
  expect(running.map(write => [write.position, write.length])).toEqual([
    [50, 10],
    [60, 5],
  ])
})

it('forgets the rest after a failure and is idle when the last running write ended', async () => {
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
  finish(0, new Error('first'))
  await Promise.resolve()
  expect([writes.pending, idle]).toEqual([5, false])
  finish(0, new Error('second'))
  await settled
  writes.add(0, new Uint8Array(5))
  expect([failed, writes.pending, running]).toEqual([['first'], 0, []])
})
