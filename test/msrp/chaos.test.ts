import { describe, expect, it } from 'vitest'
import { Pair, type Party, pick, seededRandom, type SessionPair } from '../kit/msrp-pair.js'

/** Events after which a session has nothing more to say. */
const ENDS = ['failed', 'reported', 'unconfirmed', 'aborted', 'abandoned', 'complete']

/** A few sessions over one or two connections while people abort, pause, go on, remove and pull cables at random moments. */
function world(seed: number): { pair: Pair; sessions: (SessionPair & { readonly size: number; isTouched: boolean })[]; isBroken: boolean } {
  const random = seededRandom(seed * 31)
  const limits = { chunkIdle: 20_000, successReport: 40_000 }
  const pair = new Pair({
    seed,
    latency: pick(random, 30),
    rate: 200 + pick(random, 5000),
    readDelay: pick(random, 10),
    dataUpTo: 500 + pick(random, 60_000),
    a: { chunkSize: 2048 << pick(random, 6), blockSize: 1000 + pick(random, 60_000), window: 100_000, limits },
    b: { chunkSize: 2048 << pick(random, 6), window: 100_000, limits },
  })
  for (const party of [pair.a, pair.b]) {
    party.isRecording = false
    party.onEvent = event => {
      if (event.type === 'complete')
        pair.give(party, {
          type: 'verdict',
          sessionId: event.sessionId,
          messageId: event.messageId,
          status: pick(random, 5) === 0 ? 403 : 200,
        })
    }
  }
  const sessions = Array.from({ length: 1 + pick(random, 4) }, () => {
    const direction = pick(random, 3) === 0 ? 'receive' : 'send'
    const ids = pair.session({ direction })
    const size = pick(random, 300_000)
    const [sender, id] = direction === 'send' ? [pair.a, ids.a] : [pair.b, ids.b]
    const failureReport = (['yes', 'yes', 'no', 'partial'] as const)[pick(random, 4)] as 'yes'
    pair.later(pick(random, 50), () => pair.send(sender, id, new Uint8Array(size).fill(seed), { failureReport }))
    return { ...ids, size, isTouched: false }
  })
  let isBroken = false
  for (let count = pick(random, 6); count > 0; count--) {
    const victim = sessions[pick(random, sessions.length)] as (typeof sessions)[number]
    const party: Party = pick(random, 2) === 0 ? pair.a : pair.b
    const sessionId = party === pair.a ? victim.a : victim.b
    const what = pick(random, 12)
    pair.later(60 + pick(random, 300), () => {
      if (what === 0) {
        isBroken = true
        return pair.breakLinks()
      }
      victim.isTouched = true
      if (what < 4) pair.give(party, { type: 'abort', sessionId })
      else if (what < 6) pair.give(party, { type: 'remove-session', sessionId })
      else {
        pair.give(party, { type: 'pause', sessionId })
        pair.later(pick(random, 2000), () => pair.give(party, { type: 'continue', sessionId }))
      }
    })
  }
  pair.run(() => false, 300_000)
  return { pair, sessions, isBroken }
}

describe('chaos', () => {
  it('ends every session, harms no other, and leaves no timer @req SND-1 OA-46 CON-16 CON-17', () => {
    const begin = Date.now()
    let seed = 0
    let untouched = 0
    while (Date.now() - begin < 2000 || untouched < 20 || seed < 21) {
      const { pair, sessions, isBroken } = world(++seed)
      for (const session of sessions) {
        const told = [...pair.a.told(session.a), ...pair.b.told(session.b)]
        expect(told.some(type => ENDS.includes(type)) || session.isTouched, `seed ${seed}: ${told.join()}`).toBe(true)
        if (!session.isTouched && !isBroken) {
          untouched++
          expect(
            told.filter(type => type === 'complete'),
            `seed ${seed}: ${told.join()}`,
          ).toHaveLength(1)
          expect(pair.a.file(session.a).length + pair.b.file(session.b).length, `seed ${seed}`).toBe(session.size)
        }
        pair.give(pair.a, { type: 'remove-session', sessionId: session.a })
        pair.give(pair.b, { type: 'remove-session', sessionId: session.b })
      }
      pair.runFor(100_000)
      expect([pair.a.endpoint.deadline, pair.b.endpoint.deadline, pair.openLinks], `seed ${seed}`).toEqual([undefined, undefined, 0])
    }
    expect(seed).toBeGreaterThan(20)
  }, 15_000)
})
