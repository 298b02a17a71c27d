import { describe, expect, it } from 'vitest'
import { ConferenceView, decodeConferenceInfo, type Recipient } from '../../src/focus/index.js'
import type { UserAgentCommand } from '../../src/sip/index.js'
import { CONFERENCE, ConferenceWorld } from '../kit/conference-world.js'
import { BIG, NOTES } from '../kit/flow-pair.js'

const NOTIFIES: ReadonlySet<string> = new Set(['accept-subscription', 'notify'])

/** Documents that a subscription got, with their states. */
function documents(world: ConferenceWorld, id: string) {
  return world.focus.commands.flatMap(command =>
    NOTIFIES.has(command.name) && 'id' in command && command.id === id && 'body' in command && command.body !== undefined
      ? [decodeConferenceInfo(command.body.bytes)]
      : [],
  )
}

/** The picture a subscriber has: `alice connected`, `bob disconnected failed`. */
function picture(world: ConferenceWorld, id: string): string[] {
  const view = new ConferenceView()
  for (const document of documents(world, id)) expect(['updated', 'ended']).toContain(view.apply(document))
  return view.users.map(({ entity, endpoints: [endpoint] }) =>
    [entity.replace(/^sip:|@.*$/g, ''), endpoint?.status, endpoint?.disconnectionMethod].filter(Boolean).join(' '),
  )
}

const transfers = (world: ConferenceWorld, id: string) => {
  const view = new ConferenceView()
  for (const document of documents(world, id)) view.apply(document)
  return view.users.flatMap(({ endpoints }) =>
    endpoints.flatMap(({ media }) => media.map(({ status, transfer }) => ({ status, ...transfer }))),
  )
}

describe('the conference package', () => {
  it('tells participants alone @req GRP-38', () => {
    const world = new ConferenceWorld()
    world.start([world.alice.file('notes.txt', NOTES)])
    for (const sender of ['sip:mallory@home.example', undefined]) {
      const id = world.subscribe(sender)
      expect(world.focus.commands).toContainEqual({ name: 'reject-subscription', id, status: 403 })
    }
    const id = world.subscribe('sip:Bob@home.example')
    expect(world.focus.commands).toContainEqual({ name: 'reject-subscription', id, status: 403 })
    const bob = world.subscribe('sip:bob@HOME.example')
    expect(world.focus.commands.at(-1)).toMatchObject({ name: 'accept-subscription', id: bob, contact: CONFERENCE })
    expect(documents(world, bob)[0]).toMatchObject({ entity: CONFERENCE, state: 'full', version: 1 })
  })

  it('shows how each of them came and went, not oftener than every five seconds @req GRP-38 GRP-31', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol', 'dave'], chunkSize: 2048 })
    world.alice.gives = false
    world.member('carol').behaviour = 'decline'
    world.member('dave').behaviour = 'ring'
    world.start([world.alice.file('big.bin', BIG)])
    const id = world.subscribe(world.alice.uri)
    expect(picture(world, id)).toEqual(['alice dialing-in', 'bob connected', 'carol disconnected failed', 'dave alerting'])
    world.run(2000)
    world.alice.feed(40_000)
    world.lose(world.member('bob'), true)
    expect(documents(world, id)).toHaveLength(1)
    world.run(3000)
    expect(documents(world, id).map(({ state, version }) => `${state} ${version}`)).toEqual(['full 1', 'partial 2'])
    expect(picture(world, id)).toEqual(['alice connected', 'bob disconnected failed', 'carol disconnected failed', 'dave alerting'])
    world.member('dave').answer()
    world.run(5000)
    expect(picture(world, id).at(-1)).toBe('dave connected')
    // A refresh gets the whole at once
    world.focus.input({ type: 'sip', event: { name: 'subscription-refreshed', id, expires: 3600, body: undefined } })
    expect(documents(world, id).at(-1)?.state).toBe('full')
    world.member('dave').command({ name: 'close' })
    world.run(5000)
    const last = world.focus.commands
      .filter((command): command is UserAgentCommand & { name: 'notify' } => command.name === 'notify')
      .at(-1)
    expect(last).toMatchObject({ id, state: 'terminated', reason: 'noresource' })
    // The last one tells what became of everybody, whenever the one before was
    expect(picture(world, id)).toEqual([
      'alice disconnected departed',
      'bob disconnected failed',
      'carol disconnected failed',
      'dave disconnected departed',
    ])
    world.focus.input({ type: 'sip', event: { name: 'subscription-ended', id, cause: 'local' } })
    world.drain()
    expect(world.focus.told().at(-1)).toBe('ended')
  })

  it('tells the sender how far each member is @req GRP-31 GRP-38', () => {
    const world = new ConferenceWorld({
      members: ['bob', 'carol', 'dave'],
      chunkSize: 2048,
      settings: { notifyInterval: 1000, deferred: true },
    })
    world.alice.gives = false
    world.member('carol').behaviour = 'decline'
    world.member('dave').behaviour = 480
    world.start([world.alice.file('big.bin', BIG)])
    const id = world.subscribe(world.alice.uri)
    expect(transfers(world, id)).toEqual([
      { status: 'sendonly' },
      { status: 'recvonly', state: 'accepted' },
      { status: 'inactive', state: 'declined' },
      { status: 'inactive', state: 'deferred' },
    ])
    world.alice.feed(30_000)
    world.run(200)
    world.alice.feed(50_000)
    world.run(2500)
    const [, bob] = transfers(world, id)
    const total = world.focus.passages.commands[0]
    expect(bob).toMatchObject({ state: 'sending', total: total?.name === 'open' ? total.total : 0 })
    expect(bob?.octets).toBeGreaterThan(25_000)
    world.alice.feed()
    world.focus.input({ type: 'deposited', participant: 'p3', fileId: 'f1', kept: true })
    world.drain()
    world.run(1000)
    expect(transfers(world, id).map(({ state }) => state)).toEqual([undefined, 'finished', 'declined', 'stored'])
  })

  it('hides those in bcc from everybody @req GRP-38 GRP-25', () => {
    const recipient = (name: string, rest: Partial<Recipient>): Recipient => ({
      uri: `sip:${name}@home.example`,
      copyControl: 'to',
      anonymize: false,
      ...rest,
    })
    const world = new ConferenceWorld({
      members: [recipient('bob', {}), recipient('dave', { copyControl: 'bcc' }), recipient('erin', { anonymize: true })],
    })
    world.start([world.alice.file('notes.txt', NOTES)])
    const id = world.subscribe(world.member('bob').uri)
    expect(picture(world, id)).toEqual(['alice connected', 'bob connected', 'anonymous1 connected', 'anonymous2 connected'])
    // Dave asks as himself
    const dave = world.subscribe(world.member('dave').uri)
    expect(picture(world, dave)[2]).toBe('anonymous1 connected')
  })

  it('has a limit for each participant', () => {
    const world = new ConferenceWorld()
    world.start([world.alice.file('notes.txt', NOTES)])
    const ids = Array.from({ length: 9 }, () => world.subscribe(world.alice.uri))
    const accepted = world.focus.commands.filter(({ name }) => name === 'accept-subscription')
    expect(accepted).toHaveLength(8)
    expect(world.focus.commands).toContainEqual({ name: 'reject-subscription', id: ids[8], status: 403 })
    world.focus.input({ type: 'sip', event: { name: 'subscription-ended', id: ids[0] as string, cause: 'remote' } })
    world.subscribe(world.alice.uri)
    expect(world.focus.commands.filter(({ name }) => name === 'accept-subscription')).toHaveLength(9)
  })

  it('knows nobody after the end @req GRP-38', () => {
    const world = new ConferenceWorld({ members: ['bob'] })
    world.start([world.alice.file('notes.txt', NOTES)])
    const first = world.subscribe(world.alice.uri)
    world.alice.command({ name: 'close' })
    const id = world.subscribe(world.alice.uri)
    expect(world.focus.commands.at(-1)).toEqual({ name: 'reject-subscription', id, status: 403 })
    world.focus.input({ type: 'sip', event: { name: 'subscription-ended', id: first, cause: 'local' } })
    expect(world.focus.told().at(-1)).toBe('ended')
    // Then nothing is answered any more
    const before = world.focus.commands.length
    world.subscribe(world.alice.uri)
    expect(world.focus.commands).toHaveLength(before)
  })
})
