import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../src/testkit/seeded-random.js'
import { type Behaviour, ConferenceWorld, type Person } from '../kit/conference-world.js'
import { BIG, HELLO, NOTES } from '../kit/flow-pair.js'

class Dice {
  readonly #random: SeededRandom

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit)
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T
  }
}

const NAMES = ['bob', 'carol', 'dave', 'erin']
const BEHAVIOURS: readonly Behaviour[] = [
  'accept',
  'accept',
  'accept',
  'decline',
  'ring',
  'ring',
  'silent',
  480,
  486,
  404,
  ['notes.txt'],
  ['big.bin'],
]

/** Everything somebody may do at any time. */
const DEEDS = [
  'answer',
  'answer',
  'leave',
  'abort',
  'lose',
  'vanish',
  'slow',
  'release',
  'wait',
  'wait',
  'feed',
  'feed',
  'send',
  'subscribe',
  'break',
] as const

function deed(world: ConferenceWorld, random: Dice, files: number): void {
  const name = random.pick(DEEDS)
  const everybody = [world.alice, ...world.people.values()]
  const person = random.pick(everybody)
  const own = person.events.flatMap(event => (event.type === 'file' ? [event.fileId] : []))
  if (name === 'answer') answer(person, random)
  else if (name === 'leave' && random.below(3) === 0) person.command({ name: 'close' })
  else if (name === 'abort' && own.length > 0) person.command({ name: 'abort', fileId: random.pick(own) })
  else if (name === 'lose') world.lose(person)
  else if (name === 'vanish' && random.below(4) === 0) world.lose(person, true)
  else if (name === 'slow') world.slow.add(person.name)
  else if (name === 'release') world.release()
  else if (name === 'wait') world.run(random.pick([10, 500, 2000, 6000, 31_000]))
  else if (name === 'feed') person.feed(random.pick([1000, 50_000, Number.POSITIVE_INFINITY]))
  else if (name === 'send' && person.session !== undefined && world.dialog(person)?.state === 'up')
    person.command({ name: 'send', files: [person.file(`more-${files}.txt`, random.pick([HELLO, BIG]))] })
  else if (name === 'subscribe') world.subscribe(person.uri)
  else if (name === 'break' && random.below(4) === 0) for (const passage of world.focus.passages.open) world.focus.passages.break(passage)
  world.drain()
}

function answer(person: Person, random: Dice): void {
  const ids = person.offer?.files.map(({ fileId }) => fileId) ?? []
  person.answer(ids.filter(() => random.below(3) > 0))
}

describe('whatever people do', () => {
  const seeds = Array.from({ length: 8 }, (_, index) => index + 1)

  it.each(seeds)(
    'every INVITE gets one final answer and nothing is left behind, round %d @req GRP-31 GRP-32 GRP-33 GRP-36 GRP-42',
    seed => {
      for (let round = 0; round < 5; round++) {
        const random = new Dice(seed * 1000 + round)
        const world = new ConferenceWorld({
          members: NAMES.slice(0, 1 + random.below(NAMES.length)),
          chunkSize: random.pick([2048, 16_384]),
          settings: { mode: random.pick(['first-accept', 'first-accept', 'immediate'] as const), deferred: random.below(3) === 0 },
        })
        for (const person of world.people.values()) person.behaviour = random.pick(BEHAVIOURS)
        world.alice.gives = random.below(2) === 0
        for (const person of world.people.values())
          person.judge = random.pick(['saved', 'saved', 'saved', 'hash-mismatch', undefined] as const)
        world.start([world.alice.file('notes.txt', NOTES), world.alice.file('big.bin', BIG)].slice(0, 1 + random.below(2)))
        for (let step = 0, steps = 3 + random.below(20); step < steps; step++) deed(world, random, step)
        finish(world)
        const what = `seed ${seed * 1000 + round}: ${world.sip().join(', ')} | ${world.focus.told().join(', ')}`
        for (const { finals, state } of world.dialogs) expect([finals, state], what).toEqual([1, 'over'])
        expect(world.focus.told().at(-1), what).toBe('ended')
        expect(world.focus.told('ended'), what).toEqual(['ended'])
        expect(world.focus.passages.open, what).toEqual([])
        expect([...world.focus.msrpSessions], what).toEqual([])
        expect(world.focus.conference.deadline, what).toBeUndefined()
        // Who got a whole file got the right one
        for (const person of world.people.values())
          for (const event of person.events)
            if (event.type === 'complete')
              expect(
                contents(world).some(bytes => Buffer.compare(bytes, person.received.get(event.fileId) ?? Buffer.alloc(0)) === 0),
                what,
              ).toBe(true)
      }
    },
  )
})

function contents(world: ConferenceWorld): Uint8Array[] {
  return [world.alice, ...world.people.values()].flatMap(person => [...person.contents.values()])
}

/** Everybody goes home. */
function finish(world: ConferenceWorld): void {
  world.release()
  for (const person of [world.alice, ...world.people.values()]) person.feed()
  for (const news of world.focus.news)
    if (news.type === 'deposit-wanted')
      world.focus.input({ type: 'deposited', participant: news.deposit.participant, fileId: news.deposit.fileId, kept: true })
  world.drain()
  world.run(130_000)
  world.alice.command({ name: 'close' })
  for (const subscription of world.subscriptions)
    world.focus.input({ type: 'sip', event: { name: 'subscription-ended', id: subscription, cause: 'remote' } })
  world.run(1_000_000)
  world.focus.input({ type: 'close' })
  world.drain()
  world.run(100_000)
}
