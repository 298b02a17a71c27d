import { describe, expect, it } from 'vitest'
import { BLOCK_SIZE, QUANTUM, WINDOW, WindowBudget } from '../../src/msrp/index.js'
import { Hand, OWN_ID, sendText } from '../kit/msrp-hand.js'

const LARGE = { total: 100_000_000, contentType: 'a/b', successReport: false, failureReport: 'yes' } as const

/** A client whose connection carries one large file. */
function sending(budget: WindowBudget): Hand {
  const hand = Hand.passive('send', {}, { budget })
  hand.say(sendText())
  hand.heard()
  hand.takesWrites = false
  hand.takeAsked()
  hand.give({ type: 'send', sessionId: OWN_ID, message: LARGE })
  return hand
}

/** Serves what was asked for; the transport takes all of it. Gives what is asked for then. */
function pass(hand: Hand, asked: readonly { readonly offset: number; readonly length: number }[]): { offset: number; length: number }[] {
  for (const { offset, length } of asked) hand.give({ type: 'data', sessionId: OWN_ID, offset, bytes: new Uint8Array(length) })
  hand.give({ type: 'written', connection: 'in-1', length: hand.heard().length })
  return [...hand.takeAsked()]
}

const sum = (asked: readonly { readonly length: number }[]): number => asked.reduce((all, { length }) => all + length, 0)

describe('octets under way of a whole process', () => {
  it('are a whole window for a few connections: one loses nothing @req SND-5', () => {
    const budget = new WindowBudget(4 * WINDOW)
    const hands = [1, 2, 3, 4].map(() => sending(budget))
    for (const hand of hands) expect(hand.takeAsked().map(({ length }) => length)).toEqual([1, 2, 3, 4].map(() => BLOCK_SIZE))
  })

  it.each([10, 40, 150])('stay below the budget with %d connections once each has sent what it asked for before @req SND-5', count => {
    const budget = new WindowBudget(4 * WINDOW)
    const hands = Array.from({ length: count }, () => sending(budget))
    const asked = hands.map(hand => pass(hand, hand.takeAsked()))
    for (const { length } of asked.flat()) expect(length % QUANTUM).toBe(0)
    expect(sum(asked.flat())).toBeGreaterThan(budget.octets / 2)
    // the last block of each may reach over its share
    expect(sum(asked.flat())).toBeLessThanOrEqual(budget.octets * 1.25)
  })

  it('leave a turn to each of however many @req SND-5 CON-18', () => {
    const budget = new WindowBudget(QUANTUM)
    const hands = Array.from({ length: 5 }, () => sending(budget))
    for (const hand of hands.slice(1)) expect(hand.takeAsked()).toMatchObject([{ offset: 0, length: QUANTUM }])
  })

  it('are shared by those that have something to send: whoever is done, lost or closed leaves its part to the others @req SND-5', () => {
    const budget = new WindowBudget(WINDOW)
    const [first, done, lost, closed] = [1, 2, 3, 4].map(() => sending(budget)) as [Hand, Hand, Hand, Hand]
    expect(budget.share).toBe(WINDOW / 4)
    done.give({ type: 'abort', sessionId: OWN_ID })
    expect(budget.share).toBe(Math.floor(WINDOW / 3))
    lost.give({ type: 'closed', connection: 'in-1' })
    expect(budget.share).toBe(WINDOW / 2)
    closed.endpoint.close()
    closed.endpoint.close()
    expect(budget.share).toBe(WINDOW)
    // of the window that it had from the start nothing is left to ask for
    expect(sum(pass(first, first.takeAsked()))).toBe(WINDOW)
    first.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(budget.share).toBe(WINDOW)
  })
})
