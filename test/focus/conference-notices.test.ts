import { describe, expect, it } from 'vitest'
import { type CpimMessage, decodeCpimMessage, decodeImdn, encodeCpimMessage, encodeImdn } from '../../src/cpim/index.js'
import type { Recipient } from '../../src/focus/index.js'
import type { UserAgentCommand } from '../../src/sip/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { CONFERENCE, ConferenceWorld, requestOf } from '../kit/conference-world.js'
import { BIG, NOTES } from '../kit/flow-pair.js'

const ALICE = 'sip:alice@home.example'
const recipient = (name: string, rest: Partial<Recipient> = {}): Recipient => ({
  uri: `sip:${name}@home.example`,
  copyControl: 'to',
  anonymize: false,
  ...rest,
})

/** A conference with Bob and, in bcc, Dave. */
function started(): ConferenceWorld {
  const world = new ConferenceWorld({ members: [recipient('bob'), recipient('dave', { copyControl: 'bcc' })] })
  world.start([world.alice.file('notes.txt', NOTES)])
  return world
}

const delivered = (from: string, to: string): CpimMessage => ({
  head: {
    from: { uri: from },
    to: [{ uri: to }],
    dateTime: '2024-05-04T12:17:00Z',
    extensions: [],
    mime: [
      ['Content-Type', 'message/imdn+xml'],
      ['Content-Disposition', 'notification'],
    ],
  },
  body: encodeImdn({
    messageId: 'Vb2k9QwLx73TfRe1',
    dateTime: '2024-05-04T12:16:49Z',
    recipientUri: from,
    kind: 'delivery',
    status: 'delivered',
  }),
})

function say(
  world: ConferenceWorld,
  sender: string | undefined,
  body: Uint8Array,
  contentType = 'message/cpim',
  id = 'r1',
): number | undefined {
  const request = requestOf(CONFERENCE, contentType === '' ? [] : [['Content-Type', contentType]], 'MESSAGE', body)
  const event = { name: 'request', id, request, remote: { host: '192.0.2.1', port: 5060 } } as const
  world.focus.input({ type: 'message', event, sender })
  const answer = world.focus.commands.filter(command => command.name === 'respond' && command.id === id).at(-1)
  return answer !== undefined && 'status' in answer ? answer.status : undefined
}

const sent = (world: ConferenceWorld) =>
  world.focus.commands.filter((command): command is UserAgentCommand & { name: 'request' } => command.name === 'request')

describe('a notification of a member', () => {
  it('goes on to the creator as it is, one by one @req IMDN-7', () => {
    const world = started()
    const bytes = encodeCpimMessage(delivered('sip:bob@home.example', ALICE))
    expect(say(world, 'sip:bob@home.example', bytes)).toBe(200)
    const [message] = sent(world)
    expect(message).toMatchObject({ method: 'MESSAGE', to: ALICE, id: 'c1/m1', body: { contentType: 'message/cpim' } })
    expect(message?.body?.bytes).toEqual(bytes)
    expect(message?.headers).toContainEqual(['Conversation-ID', world.alice.session?.conversation?.conversationId])
    expect(say(world, 'sip:bob@home.example', bytes, 'message/cpim', 'r2')).toBe(200)
    expect(sent(world)).toHaveLength(2)
  })

  it('does not say who a hidden one is @req IMDN-7 GRP-25', () => {
    const world = started()
    expect(say(world, 'sip:dave@home.example', encodeCpimMessage(delivered('sip:dave@home.example', ALICE)))).toBe(200)
    const message = decodeCpimMessage(sent(world)[0]?.body?.bytes ?? new Uint8Array(0))
    expect(message.head.from.uri).toBe('sip:anonymous1@anonymous.invalid')
    expect(decodeImdn(message.body)).toEqual({
      messageId: 'Vb2k9QwLx73TfRe1',
      dateTime: '2024-05-04T12:16:49Z',
      kind: 'delivery',
      status: 'delivered',
    })
    // The answer finds its way to Dave by the name that hides him
    expect(say(world, ALICE, encodeCpimMessage(delivered(ALICE, 'sip:anonymous1@anonymous.invalid')), 'message/cpim', 'r2')).toBe(200)
    expect(sent(world)[1]?.to).toBe('sip:dave@home.example')
  })

  it.each([
    ['a stranger', 'sip:mallory@home.example', delivered('sip:mallory@home.example', ALICE), 403],
    ['nobody knows whom', undefined, delivered('sip:bob@home.example', ALICE), 403],
    ['a member for somebody else', 'sip:bob@home.example', delivered('sip:bob@home.example', 'sip:mallory@home.example'), 404],
    ['a member for itself', 'sip:bob@home.example', delivered('sip:bob@home.example', 'sip:bob@home.example'), 404],
    ['a member for a hidden one by its address', 'sip:bob@home.example', delivered('sip:bob@home.example', 'sip:dave@home.example'), 404],
    ['a member in the name of another', 'sip:bob@home.example', delivered('sip:dave@home.example', ALICE), 403],
  ] as const)('of %s is not passed on @req IMDN-7', (_who, sender, message, status) => {
    const world = started()
    expect(say(world, sender, encodeCpimMessage(message))).toBe(status)
    expect(sent(world)).toEqual([])
  })

  it.each([
    ['no CPIM', encodeUtf8('hello'), 'text/plain', 415],
    ['no type', encodeUtf8('hello'), '', 415],
    [
      'no notification',
      encodeUtf8(`From: <sip:bob@home.example>\r\nTo: <${ALICE}>\r\n\r\nContent-Type: text/plain\r\n\r\nhello`),
      'message/cpim',
      415,
    ],
    ['broken headers', encodeUtf8('x\r\n\r\n'), 'message/cpim', 400],
    ['too many octets', new Uint8Array(70_000), 'message/cpim', 413],
  ] as const)('that is none, %s, is not passed on @req IMDN-7', (_what, body, type, status) => {
    const world = started()
    expect(say(world, 'sip:bob@home.example', body, type)).toBe(status)
    expect(sent(world)).toEqual([])
  })

  it('waits while too many others have no answer', () => {
    const world = started()
    const bytes = encodeCpimMessage(delivered('sip:bob@home.example', ALICE))
    for (let index = 0; index < 64; index++) expect(say(world, 'sip:bob@home.example', bytes, 'message/cpim', `r${index}`)).toBe(200)
    expect(say(world, 'sip:bob@home.example', bytes, 'message/cpim', 'r64')).toBe(480)
    world.focus.input({ type: 'sip', event: { name: 'response', id: 'c1/m1', cause: 'response' } })
    expect(say(world, 'sip:bob@home.example', bytes, 'message/cpim', 'r65')).toBe(200)
  })

  it('keeps the conference until it is answered', () => {
    const world = started()
    say(world, 'sip:bob@home.example', encodeCpimMessage(delivered('sip:bob@home.example', ALICE)))
    world.alice.command({ name: 'close' })
    world.run(1000)
    expect(world.focus.told().at(-1)).not.toBe('ended')
    world.focus.input({ type: 'sip', event: { name: 'response', id: 'c1/m1', cause: 'timeout' } })
    expect(world.focus.told().at(-1)).toBe('ended')
  })
})

describe('the way of a notification', () => {
  const notify = { messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'display'] as const }

  it('leads hidden members through the conference, and everybody else straight to the sender @req IMDN-6 IMDN-7 GRP-25 GRP-27', () => {
    const world = new ConferenceWorld({ members: [recipient('bob'), recipient('dave', { copyControl: 'bcc' })], chunkSize: 2048 })
    world.start([world.alice.file('big.bin', BIG, { notify })])
    for (const name of ['bob', 'dave']) expect(world.member(name).files()).toEqual([BIG])
    const orders = ['bob', 'dave'].map(name => world.member(name).events.find(event => event.type === 'complete')?.notify)
    expect(orders.map(order => order?.recordRoute)).toEqual([[], [CONFERENCE]])
    expect(orders.map(order => order?.from)).toEqual([ALICE, ALICE])
    expect(orders[1]).toMatchObject(notify)
    expect(world.focus.told('delivery').slice(-2)).toEqual(['p1 f1 finished', 'p2 f1 finished'])
  })

  it('is not touched where no notification is asked for @req GRP-27', () => {
    const world = new ConferenceWorld({ members: [recipient('bob'), recipient('dave', { copyControl: 'bcc' })] })
    world.start([world.alice.file('notes.txt', NOTES)])
    const totals = ['bob', 'dave'].map(
      name =>
        /Byte-Range: .*/.exec(
          new TextDecoder().decode(
            world
              .member(name)
              .msrp.find(({ head, direction }) => direction === 'in' && new TextDecoder().decode(head).includes('Byte-Range'))?.head,
          ),
        )?.[0],
    )
    expect(totals[0]).toBe(totals[1])
  })
})

describe('a file that does not reach a member', () => {
  const lose = (wanted: readonly ('positive-delivery' | 'negative-delivery' | 'display')[] | undefined, hidden = false) => {
    const world = new ConferenceWorld({
      members: [recipient('bob', hidden ? { copyControl: 'bcc' } : {}), recipient('carol')],
      chunkSize: 2048,
    })
    world.alice.gives = false
    const notify = wanted === undefined ? {} : { notify: { messageId: 'Vb2k9QwLx73TfRe1', wanted } }
    world.start([world.alice.file('big.bin', BIG, notify)])
    world.alice.feed(40_000)
    world.lose(world.member('bob'))
    return world
  }

  it('is told to its sender who asked for that @req GRP-31 IMDN-7', () => {
    const [message] = sent(lose(['negative-delivery']))
    expect(message).toMatchObject({ method: 'MESSAGE', to: ALICE })
    const cpim = decodeCpimMessage(message?.body?.bytes ?? new Uint8Array(0))
    expect(cpim.head.from.uri).toBe('sip:bob@home.example')
    expect(decodeImdn(cpim.body)).toMatchObject({
      messageId: 'Vb2k9QwLx73TfRe1',
      kind: 'delivery',
      status: 'failed',
      recipientUri: 'sip:bob@home.example',
    })
  })

  it('is not told where nobody asked @req GRP-31 IMDN-3', () => {
    expect(sent(lose(['positive-delivery', 'display']))).toEqual([])
    expect(sent(lose(undefined))).toEqual([])
  })

  it('is told without the name of a hidden one @req GRP-31 GRP-25 IMDN-7', () => {
    const [message] = sent(lose(['negative-delivery'], true))
    expect(new TextDecoder().decode(message?.body?.bytes)).not.toContain('bob')
  })
})
