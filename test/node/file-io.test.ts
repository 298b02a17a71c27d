import { beforeEach, expect, it, vi } from 'vitest'
import { writeAllNow, writeFully } from '../../src/node/file-io.js'

const { calls, answers } = vi.hoisted(() => ({ calls: [] as [number, number[]][], answers: [] as (number | Error)[] }))

/** A disk that takes as much of each write as it is told to. */
vi.mock('node:fs', async original => {
  type Done = (error: Error | null, length: number) => void
  const answer = (position: number, lengths: number[], done: Done) => {
    calls.push([position, lengths])
    const next = answers.shift() ?? lengths.reduce((sum, length) => sum + length, 0)
    queueMicrotask(() => (typeof next === 'number' ? done(null, next) : done(next, 0)))
  }
  return {
    ...(await original<typeof import('node:fs')>()),
    writevSync: (_: number, views: readonly Uint8Array[], position: number) => {
      const lengths = views.map(({ length }) => length)
      calls.push([position, lengths])
      const next = answers.shift() ?? lengths.reduce((sum, length) => sum + length, 0)
      if (typeof next !== 'number') throw next
      return next
    },
    write: (_: number, view: Uint8Array, from: number, length: number, position: number, done: Done) =>
      answer(position, [view.subarray(from, from + length).length], done),
    writev: (_: number, views: readonly Uint8Array[], position: number, done: Done) =>
      answer(
        position,
        views.map(({ length }) => length),
        done,
      ),
  }
})

beforeEach(() => {
  calls.length = 0
  answers.length = 0
})

function write(lengths: number[]): Promise<Error | null> {
  return new Promise(resolve =>
    writeFully(
      0,
      lengths.map(length => new Uint8Array(length)),
      100,
      resolve,
    ),
  )
}

it('writes one view, or several at once', async () => {
  expect(await write([10])).toBeNull()
  expect(await write([10, 20])).toBeNull()
  expect(calls).toEqual([
    [100, [10]],
    [100, [10, 20]],
  ])
})

it('goes on where the system stopped, between views and inside one', async () => {
  answers.push(10, 5, 15, 4)
  expect(await write([10, 20, 5])).toBeNull()
  expect(calls).toEqual([
    [100, [10, 20, 5]],
    [110, [20, 5]],
    [115, [15, 5]],
    [130, [5]],
    [134, [1]],
  ])
})

it('tells of a failure and stops', async () => {
  answers.push(5, new Error('full'))
  expect((await write([10, 10]))?.message).toBe('full')
  expect(calls).toHaveLength(2)
})

it('does the same on this thread', () => {
  const views = [10, 20, 5].map(length => new Uint8Array(length))
  answers.push(10, 22)
  writeAllNow(0, views, 100)
  expect(calls).toEqual([
    [100, [10, 20, 5]],
    [110, [20, 5]],
    [132, [3]],
  ])
  answers.push(1, new Error('full'))
  expect(() => writeAllNow(0, views, 100)).toThrow('full')
})
