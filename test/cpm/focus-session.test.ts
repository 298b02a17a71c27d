import { describe, expect, it } from 'vitest'
import { encodeCpimHead } from '../../src/cpim/index.js'
import type { FocusProfile, SessionSettings } from '../../src/cpm/index.js'
import { concatBytes, decodeLatin1 } from '../../src/wire/index.js'
import { BIG, NOTES, pairOf, sip, wire } from '../kit/flow-pair.js'
import { attribute, response, type SessionPair } from '../kit/session-pair.js'

const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const PROFILE: FocusProfile = {
  contact: CONFERENCE,
  inviteHeaders: [['From', `<${CONFERENCE}>`]],
  invitePart: { headers: [['Content-Type', 'application/resource-lists+xml']], body: new Uint8Array(3) },
}
const HEAD = encodeCpimHead({
  from: { uri: 'sip:alice@home1.example', displayName: 'Alice' },
  to: [{ uri: CONFERENCE }],
  dateTime: '2024-05-04T12:16:49Z',
  mime: [['Content-Type', 'text/plain']],
})
const MESSAGE = concatBytes(HEAD, NOTES)

/** Alice is the focus and has a whole message for Bob, who is a member. */
function towardsMember(settings: Partial<SessionSettings> = {}, member: Partial<SessionSettings> = {}, chunkSize?: number): SessionPair {
  const pair = pairOf({
    alice: { focus: PROFILE, releaseTimer: Number.POSITIVE_INFINITY, ...settings },
    bob: { group: {}, ...member },
    ...(chunkSize === undefined ? {} : { chunkSize }),
  })
  const file = pair.alice.file('notes.txt', NOTES)
  pair.alice.contents.set(file.fileId, MESSAGE)
  pair.send(pair.alice, [file])
  return pair
}

const forward = (
  pair: SessionPair,
  total = MESSAGE.length,
  more: { contentType?: string; headers?: readonly (readonly [string, string])[] } = {},
) => pair.command(pair.alice, { name: 'forward', fileId: 'alice-notes.txt', total, ...more })

/** Bob is the focus, and Alice sends to it. */
function towardsFocus(settings: Partial<SessionSettings> = {}, answers = true, chunkSize?: number): SessionPair {
  const pair = pairOf({ bob: { focus: PROFILE, ...settings }, ...(chunkSize === undefined ? {} : { chunkSize }) })
  if (!answers) pair.bob.choose = () => undefined
  return pair
}

describe('a focus that calls a member', () => {
  it('says who it is and what goes beside the offer @req GRP-18 GRP-19 GRP-22 GRP-24', () => {
    const pair = towardsMember()
    const [invite] = pair.sip
    expect(invite?.headers).toEqual([['From', `<${CONFERENCE}>`]])
    expect(invite?.sdp).toContain('Content-Type: application/resource-lists+xml')
    expect(attribute(invite?.sdp ?? '', 'accept-types')).toEqual(['message/cpim'])
    expect(attribute(invite?.sdp ?? '', 'accept-wrapped-types')).toEqual(['*'])
    expect(invite?.sdp).toContain('a=chatroom\r\n')
    const bare = pairOf({ alice: { focus: { contact: CONFERENCE } }, bob: { group: {} } })
    bare.send(bare.alice, [bare.alice.file('notes.txt', NOTES)])
    expect(bare.sip[0]?.headers.map(([name]) => name)).toContain('P-Preferred-Service')
  })

  it('forwards a message as it is, when it is told to @req GRP-27', () => {
    const pair = towardsMember()
    expect(pair.alice.states('alice-notes.txt')).toEqual(['offered', 'connecting'])
    expect(pair.bob.received.size).toBe(0)
    forward(pair)
    forward(pair)
    expect([...pair.bob.received.values()]).toEqual([NOTES])
    const complete = pair.bob.events.find(event => event.type === 'complete')
    expect(complete).toMatchObject({ sender: { uri: 'sip:alice@home1.example', displayName: 'Alice' } })
    expect(wire(pair.bob).filter(line => line.includes('SEND'))).toHaveLength(1)
    const [send] = pair.bob.msrp.filter(({ head }) => decodeLatin1(head).includes(' SEND'))
    expect(decodeLatin1(send?.head ?? new Uint8Array(0))).toContain('Content-Type: message/cpim')
    expect(pair.alice.states('alice-notes.txt').at(-1)).toBe('completed')
    expect(sip(pair).slice(-2)).toEqual(['alice offer 0', 'bob accept 0'])
  })

  it('takes no message of a line that is over, nor one for a line of another kind', () => {
    const pair = towardsMember()
    forward(pair)
    forward(pair, 5)
    pair.command(pair.alice, { name: 'forward', fileId: 'nothing', total: 5 })
    expect(pair.alice.states('alice-notes.txt').filter(state => state === 'failed')).toEqual([])
    const other = pairOf()
    other.send(other.alice, [other.alice.file('notes.txt', NOTES)])
    other.command(other.alice, { name: 'forward', fileId: 'alice-notes.txt', total: 5 })
    expect([...other.bob.received.values()]).toEqual([NOTES])
    const incoming = towardsFocus()
    incoming.send(incoming.alice, [incoming.alice.file('notes.txt', NOTES)])
    incoming.command(incoming.bob, { name: 'forward', fileId: incoming.bob.offers()[0]?.files[0]?.fileId ?? '', total: 5 })
    expect(incoming.alice.states('alice-notes.txt').at(-1)).toBe('completed')
  })

  it('sends nothing that is over the limit of the member', () => {
    const pair = towardsMember({}, { maxFileSize: 5000 })
    forward(pair, 5000 + 65_536 + 1)
    expect(pair.alice.outcomes('alice-notes.txt')).toEqual(['too-large'])
    expect(sip(pair).at(-2)).toBe('alice offer 0')
  })

  it('fails the file of a member that takes no CPIM @req GRP-28', () => {
    const pair = pairOf({ alice: { focus: PROFILE }, bob: {} })
    pair.intercept = (from, command) => {
      if (from !== pair.bob || command.name !== 'accept') return false
      const bytes = new TextEncoder().encode(
        decodeLatin1(command.body.bytes).replace('a=accept-types:message/cpim *', 'a=accept-types:text/plain'),
      )
      pair.later(() => {
        const body = { ...command.body, bytes }
        const event = { name: 'established', id: 'alice', body, response: response(200), remote: { host: 'x', port: 1 } }
        for (const output of pair.alice.session.step({ type: 'sip', event: event as never }, pair.now))
          if (output.type === 'event') pair.alice.events.push(output.event)
      })
      return true
    }
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(pair.alice.outcomes('alice-notes.txt')).toEqual(['unsupported-media'])
  })

  it('stops a file that has not begun at once, and one that has with # @req GRP-32', () => {
    const idle = towardsMember()
    idle.command(idle.alice, { name: 'abort', fileId: 'alice-notes.txt' })
    expect(idle.alice.states('alice-notes.txt').at(-1)).toBe('failed')
    expect(sip(idle).slice(-2)).toEqual(['alice offer 0', 'bob accept 0'])
    const busy = towardsMember({}, {}, 2048)
    busy.alice.give = false
    forward(busy)
    busy.command(busy.alice, { name: 'abort', fileId: 'alice-notes.txt' })
    expect(busy.bob.msrp.some(({ flag }) => flag === '#')).toBe(true)
    const closing = towardsMember()
    closing.command(closing.alice, { name: 'close' })
    expect(sip(closing).at(-1)).toBe('alice bye')
  })

  it('never ends the session by itself @req GRP-36', () => {
    const pair = towardsMember({}, { releaseTimer: 30_000 })
    // Whatever is said of it while files are on their way
    pair.command(pair.alice, { name: 'release', after: Number.POSITIVE_INFINITY })
    forward(pair)
    pair.run(250_000)
    expect(sip(pair).at(-1)).toBe('bob accept 0')
    expect(pair.alice.session.state).toBe('releasing')
  })

  it('cuts off a member that moves in the middle, since what is gone cannot be sent again', () => {
    const pair = towardsMember({}, {}, 2048)
    pair.alice.give = false
    forward(pair)
    const offer = (pair.sip.find(step => step.name === 'accept')?.sdp ?? '')
      .replace(/(a=path:msrp:\/\/[^/]*\/)[^;]*/, '$1elsewhere42')
      .replace(/^(o=\S+ \d+) (\d+)/m, (_all, begin, version) => `${begin} ${Number(version) + 1}`)
    const body = { contentType: 'application/sdp', bytes: new TextEncoder().encode(offer) }
    pair.intercept = from => from === pair.alice
    pair.event(pair.alice, { name: 'offered', id: 'alice', body, method: 'INVITE', request: {} as never })
    expect(pair.alice.outcomes('alice-notes.txt')).toEqual(['protocol-error'])
  })

  it('knows what the member takes, and where a file stands', () => {
    const pair = towardsMember()
    expect(pair.alice.session.typesOf('alice-notes.txt')).toMatchObject({ acceptTypes: ['message/cpim'], acceptWrappedTypes: ['*'] })
    expect([pair.alice.session.typesOf('x'), pair.alice.session.placeOf('x')]).toEqual([undefined, undefined])
    expect(pair.alice.session.placeOf('alice-notes.txt')).toBe(0)
  })
})

describe('a focus that is called', () => {
  it('rings when it is told to, and not before @req GRP-20', () => {
    const pair = towardsFocus({}, false)
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(sip(pair)).toEqual(['alice invite 20001'])
    pair.command(pair.bob, { name: 'ring' })
    expect(sip(pair).at(-1)).toBe('bob ring')
    pair.command(pair.bob, { name: 'answer', accepted: pair.bob.offers()[0]?.files.map(({ fileId }) => fileId) ?? [] })
    pair.command(pair.bob, { name: 'ring' })
    expect(sip(pair).filter(step => step === 'bob ring')).toHaveLength(1)
  })

  it('gets the message whole, wrapper and all @req GRP-23 GRP-27 GRP-30', () => {
    const pair = towardsFocus({}, true, 2048)
    const created = new Date('2024-05-01T08:00:00Z')
    pair.send(pair.alice, [{ ...pair.alice.file('notes.txt', NOTES), created }])
    const message = pair.bob.events.find(event => event.type === 'message')
    expect(message).toMatchObject({ contentType: 'message/cpim' })
    const [received] = [...pair.bob.received.values()]
    expect(received?.subarray(-NOTES.length)).toEqual(NOTES)
    expect(received?.length).toBe(message?.type === 'message' ? message.total : 0)
    expect(pair.bob.events.find(event => event.type === 'complete')).toMatchObject({ length: received?.length })
    expect(pair.bob.offers()[0]?.files[0]?.created).toEqual(created)
    expect(pair.alice.states('alice-notes.txt').at(-1)).toBe('completed')
    expect(attribute(pair.sip.find(step => step.name === 'accept')?.sdp ?? '', 'accept-types')).toEqual(['message/cpim'])
  })

  it.each([
    [480, []],
    [488, ['Warning']],
  ] as const)('refuses the whole INVITE with %d @req GRP-20', (status, headers) => {
    const pair = towardsFocus({}, false)
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES), pair.alice.file('big.bin', BIG)])
    pair.command(pair.bob, { name: 'refuse', status })
    expect(pair.sip.at(-1)).toMatchObject({ name: 'reject', status })
    expect(pair.sip.at(-1)?.headers.map(([name]) => name)).toEqual(headers)
    expect(pair.bob.session.state).toBe('terminated')
    pair.command(pair.bob, { name: 'refuse', status })
    expect(pair.sip).toHaveLength(2)
  })

  it('refuses an INVITE with lines that are none as well, and no offer inside the session', () => {
    const pair = towardsFocus({}, false)
    pair.intercept = (from, command) => {
      if (from !== pair.alice || command.name !== 'invite') return false
      const text = `${decodeLatin1(command.body.bytes)}m=audio 4000 RTP/AVP 0\r\n`
      const body = { ...command.body, bytes: new TextEncoder().encode(text) }
      const request = { headers: { get: () => undefined, getAll: () => [] } }
      pair.later(() => pair.event(pair.bob, { name: 'incoming', id: 'bob', request, body, remote: {}, transport: 'tcp' } as never))
      return true
    }
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    pair.command(pair.bob, { name: 'refuse', status: 486 })
    expect(pair.sip.at(-1)).toMatchObject({ name: 'reject', status: 486 })
    const running = towardsFocus()
    running.send(running.alice, [running.alice.file('notes.txt', NOTES)])
    running.bob.choose = () => undefined
    running.send(running.alice, [running.alice.file('big.bin', BIG)])
    running.command(running.bob, { name: 'refuse', status: 486 })
    expect(running.sip.at(-1)?.name).toBe('offer')
  })

  it('takes no line that accepts no CPIM @req GRP-23', () => {
    const pair = towardsFocus()
    pair.intercept = (from, command) => {
      if (from !== pair.alice || command.name !== 'invite') return false
      const text = decodeLatin1(command.body.bytes).replace('a=accept-types:message/cpim *', 'a=accept-types:text/plain')
      const body = { ...command.body, bytes: new TextEncoder().encode(text) }
      const request = { headers: { get: () => undefined, getAll: () => [] } }
      pair.later(() => pair.event(pair.bob, { name: 'incoming', id: 'bob', request, body, remote: {}, transport: 'tcp' } as never))
      return true
    }
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(pair.sip.at(-1)).toMatchObject({ name: 'reject', status: 488 })
  })

  it.each([
    [403, { code: 'protocol-error', detail: 'Another author' } as const, '403'],
    [404, { code: 'protocol-error' } as const, '404'],
    [undefined, { code: 'write-failed' } as const, '413'],
  ])('stops a message with %s, and closes its line a second later @req GRP-26', (status, outcome, heard) => {
    const pair = towardsFocus({}, true, 2048)
    pair.alice.give = false
    pair.send(pair.alice, [pair.alice.file('big.bin', BIG)])
    const give = (from: number, to: number) =>
      pair.command(pair.alice, { name: 'octets', fileId: 'alice-big.bin', position: from, bytes: BIG.subarray(from, to) })
    give(0, 10_000)
    const { fileId } = pair.bob.offers()[0]?.files[0] ?? { fileId: '' }
    pair.command(pair.bob, { name: 'abort', fileId, outcome, ...(status === undefined ? {} : { status }) })
    expect(sip(pair).at(-1)).toBe('bob accept 20002')
    give(10_000, 20_000)
    expect(wire(pair.alice)).toContain(`< ${heard}`)
    pair.run(1000)
    expect(sip(pair).some(step => step.endsWith('offer 0'))).toBe(true)
  })

  it('hears of a message that was given up @req GRP-32', () => {
    const pair = towardsFocus({}, true, 2048)
    pair.alice.give = false
    pair.send(pair.alice, [pair.alice.file('big.bin', BIG)])
    pair.command(pair.alice, { name: 'octets', fileId: 'alice-big.bin', position: 0, bytes: BIG.subarray(0, 10_000) })
    pair.command(pair.alice, { name: 'abort', fileId: 'alice-big.bin' })
    const { fileId } = pair.bob.offers()[0]?.files[0] ?? { fileId: '' }
    expect(pair.bob.states(fileId).at(-1)).toBe('aborted')
  })
})

describe('a mailbox for one person', () => {
  const mailbox: FocusProfile = { contact: CONFERENCE, mailbox: true }

  it('has lines like a person, and brings messages of any type @req RCS-9', () => {
    const pair = towardsMember({ focus: mailbox }, { group: undefined } as never)
    expect(pair.sip[0]?.sdp).not.toContain('chatroom')
    pair.alice.contents.set('alice-notes.txt', NOTES)
    forward(pair, NOTES.length, { contentType: 'text/plain', headers: [['Content-Disposition', 'attachment; filename="notes.txt"']] })
    expect([...pair.bob.received.values()]).toEqual([NOTES])
    expect(pair.alice.states('alice-notes.txt').at(-1)).toBe('completed')
  })

  it('does not bring what the person does not take', () => {
    const pair = towardsMember({ focus: mailbox })
    forward(pair, NOTES.length, { contentType: 'text/plain' })
    expect(pair.alice.outcomes('alice-notes.txt')).toEqual(['unsupported-media'])
  })

  it('takes lines that accept no CPIM', () => {
    const pair = towardsFocus({ focus: mailbox })
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(attribute(pair.sip.find(step => step.name === 'accept')?.sdp ?? '', 'accept-types')).toEqual(['message/cpim *'])
  })
})
