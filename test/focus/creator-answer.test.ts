import { describe, expect, it } from 'vitest'
import {
  bestRefusal,
  CREATOR_ANSWER_TABLE,
  CreatorAnswer,
  type CreatorAnswerOptions,
  type CreatorAnswerOutput,
  Roster,
} from '../../src/focus/index.js'
import type { Arrow } from '../../src/wire/index.js'

/** Members, their answers by short words, and what the creator hears. */
class Scene {
  readonly roster: Roster
  readonly answer: CreatorAnswer
  now = 0

  constructor(members: number, options: CreatorAnswerOptions = {}) {
    this.roster = new Roster({
      creator: { uri: 'sip:alice@home1.example' },
      recipients: Array.from({ length: members }, (_, index) => ({
        uri: `sip:m${index}@home2.example`,
        copyControl: 'to' as const,
        anonymize: false,
      })),
    })
    for (const file of ['f1', 'f2', 'f3']) this.roster.addFile(file, 'p0')
    this.answer = new CreatorAnswer(this.roster, options)
    this.#begun = this.answer.step({ type: 'begin' }, 0)
    for (let index = 1; index <= members; index++) this.roster.moveLeg(`p${index}`, 'invite')
  }
  readonly #begun: CreatorAnswerOutput[]

  /** `ring 1`, `take 1 f1 f2`, `reject 2 486`, `lose 2`, `leave 1`, `skip 3`, `wait 2000`, `withdraw`, `begin` */
  do(line: string): CreatorAnswerOutput[] {
    const [word, who, ...rest] = line.split(' ') as [string, string, ...string[]]
    const id = `p${who}`
    if (word === 'begin') return this.#begun
    if (word === 'withdraw') return this.answer.step({ type: 'withdraw' }, this.now)
    if (word === 'wait') {
      this.now += Number(who)
      return this.answer.step({ type: 'timeout' }, this.now)
    }
    if (word === 'ring') this.roster.moveLeg(id, 'ring')
    if (word === 'reject') this.roster.moveLeg(id, 'reject', rest[0] === undefined ? undefined : Number(rest[0]))
    if (word === 'lose') this.roster.moveLeg(id, 'fail')
    if (word === 'leave') this.roster.moveLeg(id, 'leave')
    if (word === 'take') {
      this.roster.moveLeg(id, 'accept')
      for (const file of ['f1', 'f2', 'f3']) this.roster.moveDelivery(id, file, rest.includes(file) ? 'accept' : 'decline')
    }
    return this.answer.step({ type: 'roster' }, this.now)
  }

  all(script: string): CreatorAnswerOutput[] {
    return script
      .split('; ')
      .filter(line => line !== '')
      .flatMap(line => this.do(line))
  }
}

const RING = { type: 'ring' }
const answer = (...files: string[]) => ({ type: 'answer', files })
const refuse = (status: number) => ({ type: 'refuse', status })
const CANCEL = { type: 'cancel-legs' }
const END = { type: 'end-legs' }

/** State, event, number of members, what leads there, the last step, what it gives. */
const ARROWS: [string, string, number, string, string, object[], CreatorAnswerOptions?][] = [
  ['waiting', 'immediate', 2, '', 'begin', [answer('f1', 'f2', 'f3')], { mode: 'immediate' }],
  ['waiting', 'ring', 2, '', 'ring 1', [RING]],
  ['waiting', 'accept', 2, '', 'take 1 f1', []],
  ['waiting', 'all-answered', 2, 'reject 1 486', 'take 2 f2 f3', [answer('f2', 'f3')]],
  ['waiting', 'all-refused', 2, 'reject 1 486', 'reject 2 404', [refuse(486)]],
  ['waiting', 'ring-limit', 2, 'reject 1 404', 'wait 120000', [CANCEL, refuse(480)]],
  ['waiting', 'withdraw', 2, '', 'withdraw', [END]],
  ['ringing', 'accept', 2, 'ring 1', 'take 1 f1', []],
  ['ringing', 'all-answered', 1, 'ring 1', 'take 1 f1', [answer('f1')]],
  ['ringing', 'all-refused', 2, 'ring 1; reject 1 603', 'reject 2 480', [refuse(488)]],
  ['ringing', 'ring-limit', 2, 'ring 1', 'wait 120000', [CANCEL, refuse(480)]],
  ['ringing', 'withdraw', 2, 'ring 2', 'withdraw', [END]],
  ['collecting', 'accepter-left', 3, 'take 1 f1', 'leave 1', []],
  ['collecting', 'all-answered', 2, 'ring 2; take 1 f1', 'take 2 f3', [answer('f1', 'f3')]],
  ['collecting', 'all-refused', 2, 'take 1 f1; reject 2 486; leave 1', '', []],
  ['collecting', 'window-over', 2, 'take 1 f2', 'wait 2000', [answer('f2')]],
  ['collecting', 'ring-limit', 2, 'take 1 f2', 'wait 1000', [CANCEL, answer('f2')], { ringTimeout: 1000 }],
  ['collecting', 'withdraw', 2, 'take 1 f1', 'withdraw', [END]],
]

describe('the answer to the creator', () => {
  it.each(ARROWS.filter(([state, event]) => `${state} ${event}` !== 'collecting all-refused'))(
    'when %s, on %s',
    (state, event, members, before, last, expected, options) => {
      const scene = new Scene(members, options)
      scene.all(before)
      if (last !== 'begin') expect(scene.answer.state).toBe(state)
      expect(scene.do(last)).toEqual(expected)
      const arrow = (CREATOR_ANSWER_TABLE as Record<string, Record<string, Arrow<string, string>>>)[state]?.[event]
      expect(scene.answer.state).toBe(arrow?.to)
    },
  )

  it('is a refusal after all when the last answer comes together with the loss of the one who accepted', () => {
    const scene = new Scene(2)
    scene.all('take 1 f1')
    expect(scene.answer.state).toBe('collecting')
    // Both before the next look at the roster
    scene.roster.moveLeg('p1', 'leave')
    expect(scene.do('reject 2 486')).toEqual([refuse(486)])
    expect(scene.answer.deadline).toBeUndefined()
  })

  it('has no other arrows than those walked here', () => {
    const arrows = Object.entries(CREATOR_ANSWER_TABLE).flatMap(([state, row]) => Object.keys(row).map(event => `${state} ${event}`))
    expect(ARROWS.map(([state, event]) => `${state} ${event}`).sort()).toEqual(arrows.sort())
  })

  it('rings once, waits the window out and counts everybody who accepts in it', () => {
    const scene = new Scene(4)
    expect(scene.answer.deadline).toBe(120_000)
    expect(scene.all('ring 1; ring 2; ring 3')).toEqual([RING])
    expect(scene.all('take 1 f1')).toEqual([])
    expect(scene.answer.deadline).toBe(2000)
    expect(scene.all('wait 1999; take 2 f3; reject 3 488')).toEqual([])
    expect(scene.all('wait 1')).toEqual([answer('f1', 'f3')])
    // A late one is invited on; the creator has its answer
    expect(scene.answer.deadline).toBeUndefined()
    expect(scene.all('take 4 f2; wait 200000; withdraw')).toEqual([])
    expect(scene.answer.state).toBe('answered')
  })

  it('goes back to waiting when the only one who accepted leaves, and starts a new window with the next', () => {
    const scene = new Scene(3, { acceptWindow: 500 })
    scene.all('take 1 f1; wait 400; leave 1')
    expect([scene.answer.state, scene.answer.deadline]).toEqual(['waiting', 120_000])
    scene.all('take 2 f2')
    expect(scene.answer.deadline).toBe(900)
    expect(scene.all('wait 500')).toEqual([answer('f2')])
  })

  it('takes a 200 that accepts nothing for a decline', () => {
    expect(new Scene(2).all('take 1; reject 2 480')).toEqual([refuse(488)])
  })

  it('counts members that cannot be invited, were lost or said no number', () => {
    expect(new Scene(1).all('lose 1')).toEqual([refuse(480)])
    expect(new Scene(1).all('reject 1')).toEqual([refuse(480)])
    const never = new Roster({
      creator: { uri: 'sip:a@x.example' },
      recipients: [{ uri: 'sip:b@x.example', copyControl: 'to', anonymize: false }],
    })
    never.moveLeg('p1', 'skip')
    expect(new CreatorAnswer(never).step({ type: 'roster' }, 0)).toEqual([refuse(403)])
  })
})

describe('the best refusal', () => {
  it.each([
    [[488, 488], 488],
    [[488, 603, 606], 488],
    [[603], 488],
    [[606, 606], 488],
    [[486, 488, 480], 488],
    [[404, 603], 488],
    [[480, 486, 404], 486],
    [[600, 480], 486],
    [[408], 480],
    [[408, 404, 403], 480],
    [[404, 403], 404],
    [[604, 403], 404],
    [[403, 403], 403],
    [[500, 503], 480],
    [[500, 404], 480],
    [[415], 480],
    [[], 480],
  ])('of %j is %i', (statuses, expected) => {
    expect(bestRefusal(statuses)).toBe(expected)
    expect(bestRefusal([...statuses].reverse())).toBe(expected)
  })
})
