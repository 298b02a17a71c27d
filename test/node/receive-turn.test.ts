import { expect, it } from 'vitest'
import { BlockReceiver } from '../../src/node/block-receiver.js'
import { RECEIVE_TURN, SMALL_BLOCK_SIZE } from '../../src/node/limits.js'
import { ReceiveTurn } from '../../src/node/receive-turn.js'

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

it('stops all connections when a turn of the event loop has brought enough, and lets them go on in the next', async () => {
  const turn = new ReceiveTurn()
  const went: number[] = []
  const goOn = [1, 2].map(index => () => void went.push(index)) as [() => void, () => void]
  expect(turn.goesOn(RECEIVE_TURN - 1, goOn[0])).toBe(true)
  expect(turn.goesOn(1, goOn[0])).toBe(false)
  expect(turn.goesOn(1, goOn[1])).toBe(false)
  expect(went).toEqual([])
  await nextTurn()
  expect(went).toEqual([1, 2])
  expect(turn.goesOn(RECEIVE_TURN - 1, goOn[0])).toBe(true)
  await nextTurn()
  expect(went).toEqual([1, 2])
  // counts anew in each
  expect(turn.goesOn(RECEIVE_TURN - 1, goOn[0])).toBe(true)
  await nextTurn()
})

it('begins to read again unless the connection was closed or is full meanwhile', async () => {
  const [open, closed] = [new BlockReceiver(), new BlockReceiver()]
  let went = 0
  for (const receiver of [open, closed]) {
    receiver.onRoom = () => went++
    let received = 0
    do received += receiver.buffer().length
    while (receiver.filled(receiver.buffer().length) && received < 2 * RECEIVE_TURN)
    expect(received).toBeLessThanOrEqual(RECEIVE_TURN + SMALL_BLOCK_SIZE)
  }
  closed.close()
  await nextTurn()
  expect(went).toBe(1)
  open.close()
})
