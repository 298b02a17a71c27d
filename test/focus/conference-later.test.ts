import { describe, expect, it } from 'vitest'
import { type GroupDefinition, groupRecipients } from '../../src/focus/index.js'
import { ConferenceWorld, type Person } from '../kit/conference-world.js'
import { BIG, HELLO, NOTES } from '../kit/flow-pair.js'

const send = (person: Person, name: string, content: Uint8Array) => person.command({ name: 'send', files: [person.file(name, content)] })

function started(
  members: readonly string[],
  behaviours: Record<string, ConferenceWorld['alice']['behaviour']> = {},
  settings = {},
): ConferenceWorld {
  const world = new ConferenceWorld({ members, settings })
  for (const [name, behaviour] of Object.entries(behaviours)) world.member(name).behaviour = behaviour
  world.start([world.alice.file('notes.txt', NOTES)])
  return world
}

describe('a file that is added later', () => {
  it('goes to everybody who is there, in the same dialogs @req GRP-35 D-6', () => {
    const world = started(['bob', 'carol'])
    const steps = world.steps.length
    send(world.alice, 'hello.txt', HELLO)
    expect(world.sip(steps).slice(0, 4)).toEqual([
      'alice>focus offer 0 20001',
      'focus>alice accept 0 20000',
      'focus>bob offer 0 20000',
      'focus>carol offer 0 20000',
    ])
    for (const name of ['bob', 'carol']) expect(world.member(name).files()).toEqual([NOTES, HELLO])
    expect(world.focus.passages.open).toEqual([])
  })

  it('is offered anew to who declined before @req GRP-35', () => {
    const world = started(['bob', 'carol'], { carol: 'decline' })
    world.member('carol').behaviour = 'accept'
    send(world.alice, 'hello.txt', HELLO)
    const again = world.step('focus', 'carol', 'invite', 1)
    expect('id' in again.command && again.command.id).toBe('c1/p2/2')
    expect(world.member('carol').files()).toEqual([HELLO])
    expect(world.focus.told('member').slice(-3)).toEqual(['p2 inviting', 'p2 ringing', 'p2 connected'])
  })

  it('is not, where that is switched off @req GRP-35', () => {
    const world = started(['bob', 'carol'], { carol: 'decline' }, { reinviteDecliners: false })
    send(world.alice, 'hello.txt', HELLO)
    expect(world.sip().filter(step => step.startsWith('focus>carol invite'))).toHaveLength(1)
  })

  it('waits for a member whose INVITE is not answered @req GRP-35', () => {
    const world = started(['bob', 'carol'], { carol: 'ring' })
    world.run(3000)
    send(world.alice, 'hello.txt', HELLO)
    expect(world.member('bob').files()).toEqual([NOTES, HELLO])
    world.member('carol').behaviour = 'accept'
    world.member('carol').answer()
    expect(world.member('carol').files()).toEqual([NOTES, HELLO])
    expect(world.focus.passages.open).toEqual([])
  })

  it('that nobody wants gets port 0 after all @req GRP-35 GRP-21', () => {
    const world = started(['bob'])
    world.alice.gives = false
    world.member('bob').behaviour = 'decline'
    send(world.alice, 'hello.txt', HELLO)
    world.run(1000)
    expect(world.sip()).toContain('bob>focus reject 488')
    expect(world.sip()).toContain('focus>alice offer 0 0')
    expect(world.focus.told('delivery').at(-1)).toBe('p1 f2 declined')
  })

  it('is refused beyond the files that a conference may have', () => {
    const world = started(['bob'])
    const many = Array.from({ length: 63 }, (_, index) => world.alice.file(`n${index}.txt`, HELLO))
    world.alice.command({ name: 'send', files: many })
    world.run(5000)
    expect(world.focus.told('file').filter(line => line.endsWith('spooled'))).toHaveLength(64)
    send(world.member('bob'), 'one-more.txt', HELLO)
    expect(world.sip().at(-1)).toBe('focus>bob reject 488')
  })
})

describe('a file of a member', () => {
  it('goes to all the others, the creator among them @req GRP-37 GRP-28', () => {
    const world = started(['bob', 'carol'])
    send(world.member('bob'), 'big.bin', BIG)
    expect(world.alice.files()).toEqual([BIG])
    expect(world.member('carol').files()).toEqual([NOTES, BIG])
    expect(world.member('bob').files()).toEqual([NOTES])
    expect(world.member('bob').states('bob-big.bin').at(-1)).toBe('completed')
    expect(world.focus.told('file')).toContain('f2 spooled')
  })

  it('ends with the member that leaves in the middle @req GRP-37 GRP-32', () => {
    const world = started(['bob', 'carol'])
    world.member('bob').gives = false
    send(world.member('bob'), 'big.bin', BIG)
    world.member('bob').command({ name: 'close' })
    world.run(1000)
    expect(world.focus.told('delivery').slice(-2)).toEqual(['p0 f2 cancelled', 'p2 f2 cancelled'])
    expect(world.dialog(world.member('carol'))?.state).toBe('up')
  })

  it('is refused where only the creator sends @req GRP-37', () => {
    const world = started(['bob', 'carol'], {}, { onlyCreatorSends: true })
    send(world.member('bob'), 'big.bin', BIG)
    expect(world.sip().at(-1)).toBe('focus>bob reject 488')
    send(world.alice, 'hello.txt', HELLO)
    expect(world.member('carol').files()).toEqual([NOTES, HELLO])
  })

  it('may be withdrawn by everybody leaving: the creator closes, and it is over @req GRP-37 GRP-36', () => {
    const world = started(['bob', 'carol'])
    world.member('carol').judge = undefined
    send(world.member('bob'), 'big.bin', BIG)
    world.alice.command({ name: 'close' })
    world.run(300_000)
    expect(world.focus.told().at(-1)).toBe('ended')
  })
})

describe('flow 9: a group that is defined once', () => {
  const group: GroupDefinition = {
    name: 'Hiking club',
    uri: 'sip:hiking-club@groups.home1.example',
    members: ['alice', 'bob', 'carol'].map(name => ({ uri: `sip:${name}@home.example`, hidden: name === 'carol' })),
    senders: ['sip:alice@home.example', 'sip:bob@home.example'],
    maxSize: 20,
  }

  it('is everybody but the sender, and each may send whom the group lets @req GRP-40 GRP-37', () => {
    const recipients = groupRecipients(group, ['sip:alice@home.example'])
    const world = new ConferenceWorld({ members: recipients, settings: { group } })
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.sip().filter(step => step.includes('invite'))).toEqual([
      'alice>focus invite 20001',
      'focus>bob invite 20000',
      'focus>carol invite 20000',
    ])
    for (const name of ['bob', 'carol']) expect(world.member(name).files()).toEqual([NOTES])
    send(world.member('bob'), 'hello.txt', HELLO)
    expect(world.alice.files()).toEqual([HELLO])
    send(world.member('carol'), 'mine.txt', HELLO)
    expect(world.sip().at(-1)).toBe('focus>carol reject 488')
  })

  it('makes a second conference for a second INVITE @req GRP-40', () => {
    const recipients = groupRecipients(group, ['sip:alice@home.example'])
    const one = new ConferenceWorld({ members: recipients, settings: { group, id: 'c1' } })
    const two = new ConferenceWorld({ members: recipients, settings: { group, id: 'c2', uri: 'sip:ft-second@cf.home1.example' } })
    for (const world of [one, two]) world.start([world.alice.file('notes.txt', NOTES)])
    expect(two.step('focus', 'bob', 'invite').command).toMatchObject({ id: 'c2/p1/1', contact: 'sip:ft-second@cf.home1.example' })
    expect(one.focus.conference.settings.id).toBe('c1')
  })
})

describe('a host that ends a conference', () => {
  it('refuses a creator that waits @req GRP-20', () => {
    const world = started(['bob'], { bob: 'ring' })
    world.focus.input({ type: 'close', reason: 'SIP;cause=503' })
    world.drain()
    expect(world.sip().slice(-2)).toEqual(['focus>alice reject 480', 'focus>bob cancel'])
    expect(world.focus.told().at(-1)).toBe('ended')
  })

  it('says BYE to everybody, with its reason to the creator @req GRP-36', () => {
    const world = started(['bob', 'carol'], { carol: 'ring' })
    world.run(3000)
    world.focus.input({ type: 'close', reason: 'SIP;cause=503;text="Shutdown"' })
    world.drain()
    expect(world.step('focus', 'alice', 'bye').command).toMatchObject({ reason: 'SIP;cause=503;text="Shutdown"' })
    expect(world.sip().filter(step => /bye|cancel/.test(step))).toEqual(['focus>alice bye', 'focus>carol cancel', 'focus>bob bye'])
    expect(world.focus.told().at(-1)).toBe('ended')
    // A second begin, or anything else, does nothing
    world.focus.input({ type: 'close' })
    expect(world.focus.told('ended')).toHaveLength(1)
  })

  it('serves members for a day after the creator left, and no longer @req GRP-29 GRP-36', () => {
    const world = started(['bob'], {}, { spoolTtl: 60_000, deferred: true })
    world.member('bob').judge = undefined
    send(world.alice, 'big.bin', BIG)
    world.alice.command({ name: 'close' })
    world.run(59_000)
    expect(world.focus.told('closed')).toEqual([])
    world.run(2000)
    expect(world.focus.told().at(-1)).toBe('ended')
  })
})
