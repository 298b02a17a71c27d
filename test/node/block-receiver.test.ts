import { afterEach, expect, it } from 'vitest'
import { blocks } from '../../src/node/block-pool.js'
import { BlockReceiver } from '../../src/node/block-receiver.js'
import { BLOCK_SIZE, MAX_HELD_BLOCKS, MIDDLE_BLOCK_SIZE, RECEIVE_BUDGET, SMALL_BLOCK_SIZE } from '../../src/node/limits.js'

const open: BlockReceiver[] = []
afterEach(() => {
  for (const receiver of open.splice(0)) receiver.close()
})

/** Receives so much that it is taken for a file. */
function receiving(holdable?: number): BlockReceiver {
  const receiver = new BlockReceiver(holdable)
  open.push(receiver)
  fill(receiver)
  return receiver
}

/** The peer fills the whole block. */
function fill(receiver: BlockReceiver): void {
  receiver.filled(receiver.buffer().length)
}

/** Lets a sink hold everything, until reading stops. */
function holdAll(receiver: BlockReceiver): Uint8Array[] {
  const held: Uint8Array[] = []
  receiver.onBytes = bytes => {
    blocks.retain(bytes)
    held.push(bytes)
  }
  while (receiver.hasRoom) fill(receiver)
  receiver.onBytes = () => {}
  return held
}

const sum = (views: readonly Uint8Array[]): number => views.reduce((all, { length }) => all + length, 0)

it('reads into a small block until a file comes, then into large ones', () => {
  const receiver = new BlockReceiver()
  open.push(receiver)
  expect(receiver.buffer().length).toBe(SMALL_BLOCK_SIZE)
  fill(receiver)
  expect(receiver.buffer().length).toBe(BLOCK_SIZE)
})

it('reads into smaller blocks the more connections carry files, and into large ones again when they are gone', () => {
  for (const [count, size] of [
    [6, BLOCK_SIZE],
    [7, MIDDLE_BLOCK_SIZE],
    [25, MIDDLE_BLOCK_SIZE],
    [26, SMALL_BLOCK_SIZE],
  ] as const) {
    while (open.length < count) receiving()
    fill(open[0] as BlockReceiver)
    fill(open[0] as BlockReceiver)
    const held = holdAll(open[0] as BlockReceiver)
    expect((open[0] as BlockReceiver).buffer().length).toBe(size)
    for (const view of held) blocks.release(view)
  }
  for (const receiver of open.splice(1)) receiver.close()
  holdAll(open[0] as BlockReceiver).map(view => blocks.release(view))
  expect((open[0] as BlockReceiver).buffer().length).toBe(BLOCK_SIZE)
})

it.each([1, 10, 100])('%d connections together hold no more than the budget @req SND-5', count => {
  for (let index = 0; index < count; index++) receiving()
  // blocks that were taken while there were fewer are full first
  for (const receiver of open) fill(receiver)
  const held = open.flatMap(receiver => holdAll(receiver))
  const current = open.reduce((all, receiver) => all + receiver.buffer().length, 0)
  const least = count * (MAX_HELD_BLOCKS + 1) * SMALL_BLOCK_SIZE
  expect(sum(held) + current).toBeLessThanOrEqual(Math.max(RECEIVE_BUDGET, least))
  for (const view of held) blocks.release(view)
})

it('reads on once enough of what was held is free', () => {
  const receiver = receiving()
  let went = 0
  receiver.onRoom = () => went++
  const held = holdAll(receiver)
  expect(receiver.hasRoom).toBe(false)
  for (const view of held) blocks.release(view)
  expect([receiver.hasRoom, went]).toEqual([true, 1])
})

it('lets be held what its user says', () => {
  const receiver = receiving(2 * BLOCK_SIZE)
  const held = holdAll(receiver)
  expect(sum(held)).toBe(2 * BLOCK_SIZE)
  for (const view of held) blocks.release(view)
})
