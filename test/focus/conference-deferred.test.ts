import { describe, expect, it } from 'vitest'
import type { ConferenceNews } from '../../src/focus/index.js'
import { ConferenceWorld } from '../kit/conference-world.js'
import { NOTES } from '../kit/flow-pair.js'

const deposits = (world: ConferenceWorld) =>
  world.focus.news.flatMap(news => (news.type === 'deposit-wanted' ? [news.deposit] : [])) satisfies (ConferenceNews & {
    type: 'deposit-wanted'
  })['deposit'][]

function kept(world: ConferenceWorld, participant: string, answer = true): void {
  world.focus.input({ type: 'deposited', participant, fileId: 'f1', kept: answer })
  world.drain()
}

describe('a member that cannot be reached, when the host keeps files', () => {
  const start = (behaviours: Record<string, ConferenceWorld['alice']['behaviour']>, gives = true) => {
    const world = new ConferenceWorld({
      members: Object.keys(behaviours),
      settings: { deferred: true },
      chunkSize: 2048,
      subject: 'Meeting',
    })
    for (const [name, behaviour] of Object.entries(behaviours)) world.member(name).behaviour = behaviour
    world.alice.gives = gives
    world.start([world.alice.file('notes.txt', NOTES, { description: 'Notes' })])
    return world
  }

  it('gets a copy from the passage, which is kept until then @req RCS-9 GRP-29', () => {
    const world = start({ bob: 'accept', carol: 480 })
    expect(world.member('bob').files()).toEqual([NOTES])
    expect(world.focus.told('delivery')).toContain('p2 f1 deferred')
    expect(deposits(world)).toEqual([
      expect.objectContaining({
        participant: 'p2',
        recipient: { uri: 'sip:carol@home.example', copyControl: 'to', anonymize: false },
        fileId: 'f1',
        passage: 'c1/f1',
        description: 'Notes',
        disposition: 'attachment',
        sender: { uri: 'sip:alice@home.example', displayName: 'Alice' },
        subject: 'Meeting',
        conversation: world.alice.session?.conversation,
      }),
    ])
    // The host reads whenever it likes: octets from the first on
    expect(world.focus.passages.open).toEqual(['c1/f1'])
    expect(world.focus.passages.names()).not.toContain('settled c1/f1')
    kept(world, 'p2')
    expect(world.focus.told('delivery').at(-1)).toBe('p2 f1 stored')
    expect(world.focus.passages.open).toEqual([])
  })

  it('is reason enough to answer the creator, and for no one else @req RCS-9 GRP-20', () => {
    const world = start({ bob: 480, carol: 408, dave: 488, erin: 404 })
    expect(world.focus.told('answered')).toEqual(['answered 200'])
    expect(deposits(world).map(({ participant }) => participant)).toEqual(['p1', 'p2', 'p4'])
    expect(world.alice.states().at(-1)).toBe('completed')
    kept(world, 'p1')
    kept(world, 'p2')
    expect(world.sip()).not.toContain('focus>alice bye')
    kept(world, 'p4')
    world.run(100)
    expect(world.sip().at(-1)).toMatch(/bye|accept 0/)
    expect(world.focus.told('delivery').slice(-3)).toEqual(['p1 f1 stored', 'p2 f1 stored', 'p4 f1 stored'])
    expect(world.focus.told().at(-1)).toBe('ended')
  })

  it('is asked for before the file is whole, and forgotten when its sender takes it back @req RCS-9 GRP-32', () => {
    const world = start({ bob: 'accept', carol: 480 }, false)
    world.alice.feed(4300)
    expect(deposits(world)).toHaveLength(1)
    world.alice.command({ name: 'abort', fileId: 'alice-notes.txt' })
    expect(world.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
    expect(world.focus.passages.open).toEqual([])
    kept(world, 'p2')
    expect(world.focus.told('delivery').at(-1)).toBe('p2 f1 cancelled')
  })

  it('has failed when the host cannot keep it @req RCS-9', () => {
    const world = start({ bob: 'accept', carol: 480 })
    kept(world, 'p2', false)
    expect(world.focus.told('delivery').at(-1)).toBe('p2 f1 failed')
    expect(world.focus.passages.open).toEqual([])
  })

  it('has failed at once where nobody keeps files', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'] })
    world.member('carol').behaviour = 480
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.focus.told('delivery')).toContain('p2 f1 failed')
    expect(deposits(world)).toEqual([])
  })
})
