import { describe, expect, it } from 'vitest'
import { decodeRecipientHistory, type Recipient } from '../../src/focus/index.js'
import { decodeLatin1, decodeMultipart, parseMediaType, partHeader } from '../../src/wire/index.js'
import { CONFERENCE, ConferenceWorld } from '../kit/conference-world.js'
import { BIG, NOTES } from '../kit/flow-pair.js'
import { attribute } from '../kit/session-pair.js'

const recipient = (uri: string, copyControl: Recipient['copyControl'] = 'to'): Recipient => ({ uri, copyControl, anonymize: false })
const BOB = 'sip:bob@home2.example'
const CAROL = 'tel:+15550103'
const DAVE = 'sip:dave@home1.example'

function flow8(): ConferenceWorld {
  const world = new ConferenceWorld({
    members: [recipient(BOB), recipient(CAROL), recipient(DAVE, 'bcc')],
    settings: { creator: { uri: 'sip:alice@home.example', displayName: 'Alice' } },
    subject: 'Meeting',
  })
  world.member('+15550103').behaviour = 'decline'
  world.member('dave').behaviour = 480
  return world
}

describe('flow 8: a file to an ad-hoc group', () => {
  it('runs as printed @req GRP-18 GRP-20 GRP-27 GRP-30 GRP-36 D-12', () => {
    const world = flow8()
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.sip()).toEqual([
      'alice>focus invite 20001',
      'focus>bob invite 20000',
      'focus>+15550103 invite 20000',
      'focus>dave invite 20000',
      'bob>focus ring',
      '+15550103>focus ring',
      'focus>alice ring',
      'bob>focus accept 20002',
      '+15550103>focus reject 488',
      'focus>alice accept 20000',
      'alice>focus offer 0',
      'focus>alice accept 0',
      'focus>bob offer 0',
      'bob>focus accept 0',
    ])
    expect(world.member('bob').files()).toEqual([NOTES])
    expect(world.alice.states()).toEqual(['offered', 'connecting', 'sending', 'awaiting-confirmation', 'completed'])
    // 30 s after the last line the creator leaves, and the focus follows
    world.run(29_000)
    expect(world.sip().at(-1)).toBe('bob>focus accept 0')
    world.run(2000)
    expect(world.sip().slice(-2)).toEqual(['alice>focus bye', 'focus>bob bye'])
    expect(world.focus.told('member')).toEqual([
      ...['p1 inviting', 'p2 inviting', 'p3 inviting', 'p3 gone 480', 'p1 ringing', 'p2 ringing', 'p1 connected', 'p2 gone 488'],
      ...['p1 leaving', 'p1 gone'],
    ])
    expect(world.focus.told('answered', 'closed', 'ended')).toEqual(['answered 200', 'closed', 'ended'])
    expect(world.focus.passages.names()).toEqual([
      'open c1/f1',
      'content-at c1/f1',
      'finish c1/f1',
      'settled c1/f1',
      'leave c1/f1',
      'close c1/f1',
    ])
    expect([world.focus.msrpSessions.size, world.focus.conference.deadline]).toEqual([0, undefined])
  })

  it('invites each member in the name of the creator @req GRP-19 GRP-22 GRP-24 GRP-25 GRP-18', () => {
    const world = flow8()
    const modified = new Date('2024-05-04T12:10:00Z')
    const created = new Date('2024-05-01T08:00:00Z')
    const icon = { type: 'image/png', bytes: Uint8Array.of(137, 80, 78, 71) }
    const more = { description: 'Meeting notes', modified, created, icon, disposition: 'render' as const }
    world.start([world.alice.file('notes.txt', NOTES, more), world.alice.file('big.bin', BIG)])
    const ours = world.step('alice', 'focus', 'invite').sdp
    const { command, sdp } = world.step('focus', 'bob', 'invite')
    if (command.name !== 'invite') throw new Error('no INVITE')
    expect(command.contact).toBe(CONFERENCE)
    expect(command.to).toBe(BOB)
    const headers = new Map(command.headers)
    expect([...headers]).toEqual([
      ['From', `<${CONFERENCE}>`],
      ['P-Asserted-Identity', '<sip:alice@home.example>'],
      ['Referred-By', '<sip:alice@home.example>'],
      ['P-Asserted-Service', 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'],
      ['Accept-Contact', '*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'],
      ['Conversation-ID', world.alice.session?.conversation?.conversationId],
      ['Contribution-ID', world.alice.session?.conversation?.contributionId],
      ['Allow-Events', 'conference'],
      ['Subject', 'Meeting'],
    ])
    // The lines in the same order, all of the creator's words but the ids
    const whole = decodeLatin1(command.body.bytes)
    for (const name of ['file-selector', 'file-disposition', 'file-date']) expect(attribute(whole, name)).toEqual(attribute(ours, name))
    expect(attribute(whole, 'accept-types')).toEqual(['message/cpim', 'message/cpim'])
    expect(attribute(whole, 'setup')).toEqual(['actpass', 'actpass'])
    expect(whole.split('\r\n').filter(line => line === 'a=sendonly' || line === 'i=Meeting notes')).toHaveLength(3)
    const ids = [...attribute(whole, 'file-transfer-id'), ...attribute(ours, 'file-transfer-id')]
    const carol = decodeLatin1((world.step('focus', '+15550103', 'invite').command as typeof command).body.bytes)
    expect(new Set([...ids, ...attribute(carol, 'file-transfer-id')]).size).toBe(6)
    expect(attribute(whole, 'path')[0]).toMatch(/^msrp:\/\/192\.0\.2\.1:20000\//)
    expect(sdp).toContain('a=file-icon:cid:')
    // Who else gets it; Dave is hidden
    const { parameters } = parseMediaType(command.body.contentType) ?? { parameters: new Map() }
    const parts = decodeMultipart(command.body.bytes, parameters.get('boundary') ?? '')
    expect(parts.map(part => [partHeader(part, 'Content-Type')?.split(';')[0], partHeader(part, 'Content-Disposition')])).toEqual([
      ['multipart/related', undefined],
      ['application/resource-lists+xml', 'recipient-list-history; handling=optional'],
    ])
    expect(decodeRecipientHistory(parts[1]?.body ?? new Uint8Array(0)).map(({ uri }) => uri)).toEqual([BOB, CAROL])
    world.run(1000)
    expect(world.member('bob').files()).toEqual([NOTES, BIG])
    expect(world.member('bob').offer?.files[0]?.icon).toEqual(icon)
    expect(world.member('bob').offer?.files[0]?.created).toEqual(created)
  })

  it('answers the creator as a chat room for CPIM alone @req GRP-23 GRP-18 D-13', () => {
    const world = flow8()
    world.member('bob').behaviour = ['notes.txt']
    world.start([world.alice.file('big.bin', BIG), world.alice.file('notes.txt', NOTES)])
    const { command, sdp } = world.step('focus', 'alice', 'accept')
    expect('contact' in command && command.contact).toBe(CONFERENCE)
    expect(sdp.match(/^m=message (\d+)/gm)).toEqual(['m=message 0', 'm=message 20000'])
    const line = sdp.slice(sdp.indexOf('m=message 20000'))
    expect(line).toContain('a=recvonly\r\n')
    expect(line).toContain('a=chatroom\r\n')
    expect(line).toContain('a=setup:passive\r\n')
    expect(attribute(line, 'accept-types')).toEqual(['message/cpim'])
    expect(attribute(line, 'accept-wrapped-types')).toEqual(['*'])
    expect(attribute(sdp, 'file-transfer-id')).toEqual(attribute(world.step('alice', 'focus', 'invite').sdp, 'file-transfer-id'))
    expect(world.alice.states('alice-big.bin')).toEqual(['offered', 'declined'])
    expect(world.member('bob').files()).toEqual([NOTES])
  })

  it('forwards the octets of the sender as they are, with ids and chunks of its own @req GRP-27 GRP-30 D-14', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'], chunkSize: 4096 })
    world.start([world.alice.file('big.bin', BIG)])
    const head = world.focus.passages.commands.find(({ name }) => name === 'content-at')
    expect(head !== undefined && 'offset' in head && head.offset).toBeGreaterThan(200)
    for (const name of ['bob', 'carol']) expect(world.member(name).files()).toEqual([BIG])
    const ids = (person: { msrp: readonly { direction: string; head: Uint8Array }[] }) =>
      new Set(person.msrp.flatMap(({ head: text }) => /^Message-ID: (.*)$/m.exec(decodeLatin1(text))?.[1] ?? []))
    const all = [world.alice, world.member('bob'), world.member('carol')].flatMap(person => [...ids(person)])
    expect(new Set(all).size).toBe(3)
    // One REPORT for Alice: the focus's own. Those of the members end at the focus
    const reports = world.alice.msrp.filter(
      ({ head: text, direction }) => direction === 'in' && /^MSRP \S+ REPORT/.test(decodeLatin1(text)),
    )
    expect(reports).toHaveLength(1)
    const fromMembers = world.focus.msrp.filter(
      ({ head: text, direction }) => direction === 'in' && /^MSRP \S+ REPORT/.test(decodeLatin1(text)),
    )
    expect(fromMembers).toHaveLength(2)
  })
})

describe('flow 8b: partial failure during sending', () => {
  it('goes on for the others when one leg breaks @req GRP-31', () => {
    const world = new ConferenceWorld({ members: ['bob', 'erin'], chunkSize: 2048 })
    world.alice.gives = false
    world.start([world.alice.file('big.bin', BIG)])
    world.alice.feed(40_000)
    world.lose(world.member('bob'))
    world.alice.feed()
    expect(world.focus.told('delivery').slice(-2)).toEqual(['p1 f1 failed', 'p2 f1 finished'])
    expect(world.member('erin').files()).toEqual([BIG])
    expect(world.alice.events).toContainEqual(expect.objectContaining({ type: 'file', state: 'completed', confirmed: true }))
  })

  it('tells the sender with 413 when all legs are lost, and closes its line @req GRP-31', () => {
    const world = new ConferenceWorld({ members: ['bob', 'erin'], chunkSize: 2048 })
    world.alice.gives = false
    world.start([world.alice.file('big.bin', BIG)])
    world.alice.feed(40_000)
    world.lose(world.member('bob'))
    world.lose(world.member('erin'))
    world.alice.feed()
    const outcome = world.alice.events.find(event => event.type === 'file' && event.state === 'failed')
    expect(outcome).toMatchObject({ outcome: { code: 'aborted-by-peer', status: 413 } })
    expect(world.sip()).not.toContain('focus>alice offer 0')
    world.run(1000)
    expect(world.sip()).toContain('focus>alice offer 0')
    expect(world.focus.passages.open).toEqual([])
  })
})
