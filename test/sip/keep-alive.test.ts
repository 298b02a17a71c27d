import { describe, expect, it } from 'vitest'
import { KeepAlive } from '../../src/sip/keep-alive.js'
import { KEEP_ALIVE } from '../../src/sip/limits.js'
import { Turn } from '../../src/sip/turn.js'
import { seededRandom } from '../kit/sip-pair.js'

function kept(seed = 1) {
  const turn = new Turn()
  const dead: string[] = []
  const keepAlive = new KeepAlive(turn, seededRandom(seed), flow => dead.push(flow))
  turn.begin(0)
  keepAlive.start('f')
  /** Goes to the next deadline and returns its time. */
  const next = () => {
    turn.begin(keepAlive.deadline ?? Number.NaN)
    keepAlive.timeout()
    return turn.now
  }
  return { turn, dead, keepAlive, next }
}

const seeds = Array.from({ length: 200 }, (_, index) => index + 1)

describe('keep-alive intervals', () => {
  /** Times of the first ping over many random sources. */
  const firsts = (flowTimer: number | undefined) =>
    seeds.map(seed => {
      const { keepAlive, next } = kept(seed)
      if (flowTimer !== undefined) keepAlive.expect('f', flowTimer)
      return next()
    })

  it.each([
    ['the defaults without Flow-Timer', undefined, KEEP_ALIVE.least, KEEP_ALIVE.most],
    ['80 to 100 % of Flow-Timer', 30, 24_000, 30_000],
    ['the shortest for Flow-Timer 0', 0, KEEP_ALIVE.shortest * 0.8, KEEP_ALIVE.shortest],
    ['the shortest for a Flow-Timer just below it', KEEP_ALIVE.shortest / 1000 - 1, KEEP_ALIVE.shortest * 0.8, KEEP_ALIVE.shortest],
    ['the shortest for a Flow-Timer that is it', KEEP_ALIVE.shortest / 1000, KEEP_ALIVE.shortest * 0.8, KEEP_ALIVE.shortest],
    ['its own for a Flow-Timer just above it', KEEP_ALIVE.shortest / 1000 + 1, 4800, 6000],
    ['its own for a Flow-Timer just below the longest', 839, 671_200, 839_000],
    ['the longest for a Flow-Timer that is it', 840, 672_000, 840_000],
    ['the longest for any longer Flow-Timer', 0xffff_ffff, 672_000, 840_000],
  ])('are %s @req SIP-4', (_name, flowTimer, least, most) => {
    const times = firsts(flowTimer)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(least)
    expect(Math.max(...times)).toBeLessThanOrEqual(most)
    // both ends of the range are used
    expect(Math.min(...times)).toBeLessThan(least + (most - least) * 0.1)
    expect(Math.max(...times)).toBeGreaterThan(most - (most - least) * 0.1)
  })

  it('differ from ping to ping @req SIP-4', () => {
    const { next } = kept()
    const times = [next(), next(), next(), next()]
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    expect(new Set(gaps).size).toBe(3)
  })
})

describe('a keep-alive', () => {
  const expecting = () => {
    const world = kept()
    world.keepAlive.expect('f', undefined)
    return world
  }

  it('that is not answered within 10 s means that the flow is dead, no sooner @req SIP-4', () => {
    const { turn, dead, keepAlive, next } = expecting()
    const sent = next()
    turn.begin(sent + KEEP_ALIVE.answer - 1)
    keepAlive.timeout()
    expect(dead).toEqual([])
    expect(next()).toBe(sent + KEEP_ALIVE.answer)
    expect(dead).toEqual(['f'])
  })

  it.each([true, false])('is answered by whatever arrives (pong: %s) @req SIP-4', pong => {
    const { dead, keepAlive, next } = expecting()
    const sent = next()
    keepAlive.heard('f', pong)
    expect(next()).toBeGreaterThan(sent + KEEP_ALIVE.answer)
    expect(dead).toEqual([])
  })

  it('needs no answer before the peer gave one or must @req SIP-4', () => {
    const { dead, keepAlive, next } = kept()
    next()
    next()
    keepAlive.heard('f', false)
    next()
    expect(dead).toEqual([])
    keepAlive.heard('f', true)
    next()
    next()
    expect(dead).toEqual(['f'])
  })

  it('is missed after 10 s also where pings come faster than that @req SIP-4', () => {
    const { dead, keepAlive, next } = kept()
    keepAlive.expect('f', 5)
    const sent = next()
    const times = [next()]
    while (dead.length === 0 && times.length < 20) times.push(next())
    expect([dead, times.at(-1)]).toEqual([['f'], sent + KEEP_ALIVE.answer])
  })

  it('is over with its flow, and nothing else wakes it', () => {
    const { keepAlive, turn } = expecting()
    keepAlive.stop('f')
    expect(keepAlive.deadline).toBeUndefined()
    keepAlive.expect('f', 30)
    keepAlive.heard('f', true)
    turn.begin(1_000_000)
    keepAlive.timeout()
    expect([keepAlive.deadline, turn.outputs]).toEqual([undefined, []])
  })

  it('of a flow that dies in the same moment as the next is due does not bring it back', () => {
    const turn = new Turn()
    const dead: string[] = []
    const keepAlive: KeepAlive = new KeepAlive(turn, seededRandom(1), flow => {
      dead.push(flow)
      keepAlive.stop(flow)
    })
    turn.begin(0)
    keepAlive.start('f')
    keepAlive.expect('f', 30)
    turn.begin(keepAlive.deadline ?? 0)
    keepAlive.timeout()
    // asleep for an hour: both the answer and the next ping are due
    turn.begin(3_600_000)
    keepAlive.timeout()
    expect([dead, turn.outputs, keepAlive.deadline]).toEqual([['f'], [], undefined])
  })
})
