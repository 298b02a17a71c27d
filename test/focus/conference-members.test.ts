import { describe, expect, it } from 'vitest'
import { CHUNK_IDLE } from '../../src/focus/index.js'
import { ConferenceWorld, type WorldOptions } from '../kit/conference-world.js'
import { BIG, HELLO, NOTES } from '../kit/flow-pair.js'

/** Alice's answers to the INVITE and when they came, relative to the begin. */
function answersTo(world: ConferenceWorld): string[] {
  return world.steps.filter(({ to }) => to === 'alice').map(({ name, status }) => [name, status].filter(Boolean).join(' '))
}

function world(behaviours: Record<string, ConferenceWorld['alice']['behaviour']>, options: WorldOptions = {}): ConferenceWorld {
  const one = new ConferenceWorld({ members: Object.keys(behaviours), ...options })
  for (const [name, behaviour] of Object.entries(behaviours)) one.member(name).behaviour = behaviour
  return one
}

describe('the answer to the creator', () => {
  it('waits two seconds for more members after the first, and serves late ones from the passage @req GRP-20 D-12 GRP-29', () => {
    const room = world({ bob: 'accept', carol: 'ring' })
    room.start([room.alice.file('notes.txt', NOTES)])
    expect(answersTo(room)).toEqual(['ring'])
    room.run(1999)
    expect(answersTo(room)).toEqual(['ring'])
    room.run(1)
    expect(answersTo(room)).toEqual(['ring', 'accept', 'accept'])
    expect(room.member('bob').files()).toEqual([NOTES])
    expect(room.focus.passages.open).toEqual(['c1/f1'])
    // Alice is done, and Carol comes
    room.run(10_000)
    room.member('carol').answer()
    expect(room.member('carol').files()).toEqual([NOTES])
    expect(room.focus.passages.open).toEqual([])
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p2 f1 sending', 'p2 f1 finished'])
  })

  it.each([
    [{ bob: 'decline', carol: 488 }, 488],
    [{ bob: 480, carol: 603 }, 488],
    [{ bob: 486, carol: 480 }, 486],
    [{ bob: 404, carol: 408 }, 480],
    [{ bob: 404, carol: 403 }, 404],
    [{ bob: 500, carol: 503 }, 480],
    [{ bob: 403 }, 403],
  ] as const)('is the best refusal of %j: %d @req GRP-20 D-13', (behaviours, status) => {
    const room = world(behaviours)
    room.start([room.alice.file('notes.txt', NOTES)])
    room.run(100)
    expect(answersTo(room).at(-1)).toBe(`reject ${status}`)
    expect(room.focus.told('answered', 'closed', 'ended')).toEqual([`answered ${status}`, 'closed', 'ended'])
  })

  it('is 480 when nobody answers, and every INVITE is taken back @req GRP-20', () => {
    const room = world({ bob: 'ring', carol: 'silent' })
    room.start([room.alice.file('notes.txt', NOTES)])
    room.run(119_999)
    expect(answersTo(room)).toEqual(['ring'])
    room.run(1)
    expect(room.sip().slice(-3)).toEqual(['focus>bob cancel', 'focus>carol cancel', 'focus>alice reject 480'])
    expect(room.focus.told().at(-1)).toBe('ended')
  })

  it('comes at once in mode immediate, before anybody is asked; a file nobody wants gets port 0 later @req GRP-21', () => {
    const room = world({ bob: 'ring' }, { settings: { mode: 'immediate' } })
    room.alice.gives = false
    room.start([room.alice.file('notes.txt', NOTES), room.alice.file('hello.txt', HELLO)])
    expect(room.sip().slice(0, 2)).toEqual(['alice>focus invite 20001 20001', 'focus>alice accept 20000 20000'])
    room.member('bob').answer([room.member('bob').offer?.files[1]?.fileId as string])
    expect(room.sip()).toContain('focus>alice offer 0 20000')
    room.alice.feed()
    expect(room.member('bob').files()).toEqual([HELLO])
    expect([room.alice.states('alice-notes.txt').at(-1), room.alice.states('alice-hello.txt').at(-1)]).toEqual(['aborted', 'completed'])
  })

  it('leaves nobody behind in mode immediate when all decline @req GRP-21 GRP-42', () => {
    const room = world({ bob: 'ring' }, { settings: { mode: 'immediate' } })
    room.alice.gives = false
    room.start([room.alice.file('notes.txt', NOTES)])
    room.member('bob').answer([])
    room.run(1000)
    expect(room.sip().slice(-4)).toEqual(['bob>focus reject 488', 'focus>alice offer 0', 'focus>alice bye', 'alice>focus accept 0'])
    expect(room.focus.told().at(-1)).toBe('ended')
  })

  it('has port 0 for a file that all declined @req D-13', () => {
    const room = world({ bob: ['notes.txt'], carol: ['notes.txt', 'hello.txt'] })
    room.start([room.alice.file('big.bin', BIG), room.alice.file('notes.txt', NOTES), room.alice.file('hello.txt', HELLO)])
    expect(room.sip()).toContain('focus>alice accept 0 20000 20000')
    expect(room.member('bob').files()).toEqual([NOTES])
    expect(room.member('carol').files()).toEqual([NOTES, HELLO])
    expect(room.focus.told('delivery').filter(line => line.includes('p1') && line.includes('declined'))).toEqual([
      'p1 f1 declined',
      'p1 f3 declined',
    ])
  })

  it('never calls who did not agree to be invited @req GRP-41', () => {
    const room = world({ bob: 'accept', carol: 'accept' }, { settings: { unwilling: ['sip:carol@HOME.example'] } })
    room.start([room.alice.file('notes.txt', NOTES)])
    expect(room.sip()).not.toContain('focus>carol invite 20000')
    expect(room.focus.told('member')).toContain('p2 gone 403')
    expect(room.member('bob').files()).toEqual([NOTES])
  })
})

describe('a member that', () => {
  const running = () => {
    const room = world({ bob: 'accept', carol: 'accept' }, { chunkSize: 2048 })
    room.alice.gives = false
    room.start([room.alice.file('big.bin', BIG)])
    room.alice.feed(40_000)
    return room
  }

  it('leaves ends its own leg alone @req GRP-33', () => {
    const room = running()
    room.member('bob').command({ name: 'close' })
    expect(room.focus.told('member').at(-1)).toBe('p1 gone')
    room.alice.feed()
    expect(room.member('carol').files()).toEqual([BIG])
    expect(room.alice.states().at(-1)).toBe('completed')
  })

  it('stops the file ends its own leg alone @req GRP-33', () => {
    const room = running()
    const { fileId } = room.member('bob').offer?.files[0] ?? { fileId: '' }
    room.member('bob').command({ name: 'abort', fileId })
    room.alice.feed()
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p1 f1 failed', 'p2 f1 finished'])
    expect(room.member('carol').files()).toEqual([BIG])
    // Its dialog stays for later files
    expect(room.dialog(room.member('bob'))?.state).toBe('up')
  })

  it('is lost without a word does not end the conference @req GRP-31', () => {
    const room = running()
    room.lose(room.member('bob'), true)
    room.alice.feed()
    expect(room.focus.told('member').at(-1)).toBe('p1 gone')
    expect(room.member('carol').files()).toEqual([BIG])
  })

  it('is the last one to leave ends the conference @req GRP-42', () => {
    const room = running()
    room.member('bob').command({ name: 'close' })
    room.member('carol').command({ name: 'close' })
    room.run(1000)
    expect(room.sip().at(-1)).toBe('focus>alice bye')
    expect(room.focus.told().at(-1)).toBe('ended')
    expect([room.focus.passages.open, room.focus.msrpSessions.size]).toEqual([[], 0])
  })

  it('takes nothing of the kind is left out and counted as failed @req GRP-28', () => {
    const room = world({ bob: 'ring', carol: 'accept' })
    // Bob's answer says that only pictures may be wrapped
    room.rewrite = (from, name, sdp) =>
      from === 'bob' && name === 'accept' ? sdp.replace('a=accept-wrapped-types:*', 'a=accept-wrapped-types:image/png') : sdp
    room.start([room.alice.file('notes.txt', NOTES)])
    room.member('bob').answer()
    expect(room.focus.told('delivery')).toContain('p1 f1 failed')
    expect(room.member('bob').files()).toEqual([])
    expect(room.member('carol').files()).toEqual([NOTES])
    expect(room.sip()).toContain('focus>bob offer 0')
  })
})

describe('a creator that', () => {
  const running = () => {
    const room = world({ bob: 'accept', carol: 'accept' }, { chunkSize: 2048 })
    room.alice.gives = false
    room.start([room.alice.file('big.bin', BIG)])
    room.alice.feed(40_000)
    return room
  }

  it('cancels the file stops it at all members @req GRP-32', () => {
    const room = running()
    room.alice.command({ name: 'abort', fileId: 'alice-big.bin' })
    for (const name of ['bob', 'carol']) {
      const person = room.member(name)
      expect(person.msrp.some(({ flag }) => flag === '#')).toBe(true)
      expect(room.sip()).toContain(`focus>${name} offer 0`)
    }
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
    expect(room.focus.passages.open).toEqual([])
  })

  it('leaves in the middle stops what the focus has not whole, and members go @req GRP-32 GRP-36', () => {
    const room = running()
    room.alice.command({ name: 'close' })
    room.run(6000)
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
    expect(room.sip().filter(step => step.endsWith('bye'))).toEqual(['alice>focus bye', 'focus>bob bye', 'focus>carol bye'])
    expect(room.member('bob').msrp.some(({ flag }) => flag === '#')).toBe(true)
    expect(room.focus.told().at(-1)).toBe('ended')
  })

  it('is lost in the middle ends the file for all @req GRP-32', () => {
    const room = running()
    room.lose(room.alice)
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
  })

  it('leaves after the report does not keep members from finishing @req GRP-32 GRP-36 GRP-29', () => {
    const room = world({ bob: 'accept', carol: 'accept' }, { chunkSize: 2048 })
    room.member('carol').judge = undefined
    room.start([room.alice.file('big.bin', BIG)])
    expect(room.alice.states().at(-1)).toBe('completed')
    room.alice.command({ name: 'close' })
    expect(room.sip().at(-1)).toBe('alice>focus bye')
    expect(room.focus.told('delivery').at(-1)).toBe('p1 f1 finished')
    const { fileId } = room.member('carol').offer?.files[0] ?? { fileId: '' }
    room.member('carol').command({ name: 'saved', fileId })
    expect(room.focus.told('delivery').at(-1)).toBe('p2 f1 finished')
    room.run(1000)
    expect(room.sip().filter(step => step.endsWith('bye'))).toEqual(['alice>focus bye', 'focus>bob bye', 'focus>carol bye'])
    expect(room.focus.told().at(-1)).toBe('ended')
  })

  it('cancels while members ring takes every INVITE back @req GRP-32 D-12', () => {
    const room = world({ bob: 'ring', carol: 'accept' })
    room.start([room.alice.file('big.bin', BIG)])
    room.alice.command({ name: 'close' })
    room.run(100)
    expect(room.sip().filter(step => /cancel|bye/.test(step))).toEqual(['alice>focus cancel', 'focus>bob cancel', 'focus>carol bye'])
    expect(room.focus.told().at(-1)).toBe('ended')
  })

  it('falls silent in the middle of a message is given up after nine minutes @req GRP-34', () => {
    const room = running()
    room.run(CHUNK_IDLE - 10_000)
    expect(room.focus.told('file').at(-1)).toBe('f1 receiving')
    room.run(10_000)
    expect(room.focus.told('file').at(-1)).toBe('f1 ended')
    expect(room.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
    expect(room.member('bob').msrp.some(({ flag }) => flag === '#')).toBe(true)
  })
})

describe('the keeper of the octets', () => {
  it('being full is a 413 to the sender @req GRP-29', () => {
    const room = world({ bob: 'accept' }, { chunkSize: 2048 })
    room.focus.passages.capacity = 50_000
    room.start([room.alice.file('big.bin', BIG)])
    expect(room.alice.events).toContainEqual(
      expect.objectContaining({ type: 'file', state: 'failed', outcome: expect.objectContaining({ status: 413 }) }),
    )
    expect(room.focus.told('delivery').at(-1)).toBe('p1 f1 cancelled')
  })

  it('breaking after all was reported ends what members still wait for @req GRP-29', () => {
    const room = world({ bob: 'accept', carol: 'ring' })
    room.start([room.alice.file('notes.txt', NOTES)])
    room.run(2000)
    room.focus.passages.break('c1/f1')
    room.drain()
    room.member('carol').answer()
    expect(room.focus.told('delivery').at(-1)).toBe('p2 f1 cancelled')
    expect(room.member('carol').files()).toEqual([])
  })

  it('serves a slow member without holding up the sender or the others @req GRP-29', () => {
    const room = world({ bob: 'accept', carol: 'accept' }, { chunkSize: 2048 })
    room.slow.add('carol')
    room.start([room.alice.file('big.bin', BIG)])
    expect(room.alice.states().at(-1)).toBe('completed')
    expect(room.member('bob').files()).toEqual([BIG])
    expect(room.member('carol').files()[0]?.length ?? 0).toBeLessThan(BIG.length)
    room.release()
    expect(room.member('carol').files()).toEqual([BIG])
  })
})
