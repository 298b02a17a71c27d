import { describe, expect, it } from 'vitest'
import { encodeCpimHead, formatImdnHeaders } from '../../src/cpim/index.js'
import { Conference } from '../../src/focus/index.js'
import type { UserAgentEvent } from '../../src/sip/index.js'
import { concatBytes } from '../../src/wire/index.js'
import { CONFERENCE, ConferenceWorld } from '../kit/conference-world.js'
import { BIG, HELLO, NOTES } from '../kit/flow-pair.js'

const HIDDEN = 'sip:anonymous1@anonymous.invalid'

describe('a conference', () => {
  it('does nothing before it begins, and begins once @req GRP-18', () => {
    const world = new ConferenceWorld()
    const conference = new Conference(world.focus.conference.settings)
    expect([conference.step({ type: 'close' }, 0), conference.step({ type: 'timeout' }, 0), conference.deadline]).toEqual([
      [],
      [],
      undefined,
    ])
    world.start([world.alice.file('notes.txt', NOTES)])
    const before = world.focus.commands.length
    const event = { name: 'incoming', id: 'in-99', request: {}, body: undefined, remote: { host: 'x', port: 1 }, transport: 'tcp' }
    world.focus.input({ type: 'begin', event: event as UserAgentEvent & { name: 'incoming' } })
    expect(world.focus.commands).toHaveLength(before)
  })

  it('of somebody who asked for privacy does not say who it is @req GRP-19 GRP-38 IMDN-1', () => {
    const world = new ConferenceWorld({
      members: ['bob', 'carol'],
      settings: { creator: { uri: 'sip:alice@home.example', hidden: true } },
      chunkSize: 2048,
    })
    world.alice.gives = false
    // Alice's device writes her other name, and asks to be told what nobody could tell her
    const head = encodeCpimHead({
      from: { uri: HIDDEN },
      to: [{ uri: CONFERENCE }],
      dateTime: undefined,
      extensions: formatImdnHeaders({ messageId: 'Vb2k9QwLx73TfRe1', wanted: ['negative-delivery'] }),
      mime: [['Content-Type', 'text/plain']],
    })
    const bytes = concatBytes(head, BIG)
    world.start([world.alice.file('big.bin', BIG)])
    const invite = world.step('focus', 'bob', 'invite').command
    expect('headers' in invite && invite.headers).toContainEqual(['Referred-By', '<sip:anonymous@anonymous.invalid>'])
    expect(JSON.stringify(invite)).not.toContain('alice')
    world.alice.rawMessage = { bytes, contentType: 'message/cpim', total: bytes.length }
    expect(world.focus.told('file')).toContain('f1 accepted')
    const other = new ConferenceWorld({
      members: ['bob', 'carol'],
      settings: { creator: { uri: 'sip:alice@home.example', hidden: true } },
      chunkSize: 2048,
    })
    other.alice.rawMessage = { bytes, contentType: 'message/cpim', total: bytes.length }
    other.slow.add('bob')
    other.start([other.alice.file('big.bin', BIG)])
    expect(other.member('carol').files()).toEqual([BIG])
    other.lose(other.member('bob'), true)
    expect(other.focus.commands.filter(({ name }) => name === 'request')).toEqual([])
  })

  it('does not mind what nobody asked for', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'], chunkSize: 2048 })
    world.alice.gives = false
    world.start([world.alice.file('notes.txt', NOTES)])
    world.alice.feed(4300)
    const before = world.focus.commands.length
    const bytes = new Uint8Array(5)
    for (const passage of ['c1/f1', 'c9/f9']) {
      world.focus.input({ type: 'passage', event: { name: 'octets', passage, reader: 'p7', offset: 0, bytes } })
      world.focus.input({ type: 'passage', event: { name: 'octets', passage, reader: 'p1', offset: 4444, bytes } })
    }
    world.focus.input({ type: 'sip', event: { name: 'subscription-refreshed', id: 's9', expires: 1, body: undefined } })
    world.focus.input({ type: 'sip', event: { name: 'cancelled', id: 'in-77' } })
    world.focus.input({ type: 'sip', event: { name: 'response', id: 'm7', cause: 'response' } })
    world.focus.input({ type: 'msrp', event: { type: 'answered', sessionId: 'nobody' } })
    world.focus.input({ type: 'need-data', sessionId: 'nobody', offset: 0, length: 1 })
    world.focus.input({ type: 'deposited', participant: 'p1', fileId: 'f1', kept: true })
    world.focus.input({ type: 'deposited', participant: 'p9', fileId: 'f9', kept: true })
    expect(world.focus.commands).toHaveLength(before)
    world.alice.feed()
    for (const name of ['bob', 'carol']) expect(world.member(name).files()).toEqual([NOTES])
  })

  it('takes silence of a member for its absence, and an end that nobody asked for as the end @req GRP-20 GRP-33', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'] })
    world.member('bob').behaviour = 'silent'
    world.start([world.alice.file('notes.txt', NOTES)])
    world.focus.input({ type: 'sip', event: { name: 'rejected', id: 'c1/p1/1', cause: 'timeout' } })
    world.drain()
    expect(world.focus.told('member')).toContain('p1 gone 480')
    world.focus.input({ type: 'sip', event: { name: 'ended', id: 'c1/p2/1', by: 'local' } })
    world.drain()
    expect(world.focus.told('member').at(-1)).toBe('p2 gone')
  })

  it('gives nothing to who comes when the file is gone @req GRP-32 D-12', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'], chunkSize: 2048 })
    world.member('carol').behaviour = 'ring'
    world.alice.gives = false
    world.start([world.alice.file('big.bin', BIG), world.alice.file('notes.txt', NOTES)])
    world.run(2500)
    world.alice.command({ name: 'abort', fileId: 'alice-big.bin' })
    world.member('carol').answer()
    expect(world.sip()).toContain('focus>carol offer 0 20000')
    world.alice.feed()
    expect(world.member('carol').files()).toEqual([NOTES])
  })

  it('looks at what a late member takes as well @req GRP-28', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'] })
    world.member('carol').behaviour = 'ring'
    world.rewrite = (from, name, sdp) =>
      from === 'carol' && name === 'accept' ? sdp.replace('a=accept-wrapped-types:*', 'a=accept-wrapped-types:image/*') : sdp
    world.start([world.alice.file('notes.txt', NOTES)])
    world.run(2500)
    world.member('carol').answer()
    expect(world.focus.told('delivery').at(-1)).toBe('p2 f1 failed')
    expect(world.sip()).toContain('focus>carol offer 0')
    expect(world.focus.passages.open).toEqual([])
  })

  it('tells its sender with a report when the keeper fails after all came @req GRP-29 GRP-31', () => {
    const world = new ConferenceWorld({ members: ['bob'] })
    world.focus.passages.holds = true
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.focus.told('file').at(-1)).toBe('f1 verifying')
    world.focus.passages.break('c1/f1')
    world.drain()
    expect(world.alice.events).toContainEqual(
      expect.objectContaining({ type: 'file', state: 'failed', outcome: expect.objectContaining({ status: 413 }) }),
    )
  })

  it('forgets what is to be kept for others when its host ends it @req RCS-9', () => {
    const world = new ConferenceWorld({
      members: ['bob', 'carol'],
      settings: { deferred: true, creator: { uri: 'sip:alice@home.example' } },
    })
    world.member('carol').behaviour = 404
    world.start([world.alice.file('notes.txt', NOTES)])
    world.focus.input({ type: 'close' })
    world.drain()
    expect(world.focus.told('delivery').at(-1)).toBe('p2 f1 failed')
    expect(world.focus.passages.open).toEqual([])
    expect(world.focus.told().at(-1)).toBe('ended')
    const news = world.focus.news.find(({ type }) => type === 'deposit-wanted')
    expect(news).toMatchObject({ deposit: { sender: { uri: 'sip:alice@home.example' } } })
  })

  it('knows its creator by every address that was proven @req GRP-26', () => {
    const creator = { uri: 'tel:+15550101', identities: ['sip:alice@home.example'] }
    const world = new ConferenceWorld({ members: ['bob'], settings: { creator } })
    world.start([world.alice.file('hello.txt', HELLO)])
    expect(world.member('bob').files()).toEqual([HELLO])
  })
})
