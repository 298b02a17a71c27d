import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConferenceInput } from '../../src/focus/index.js'
import type { FocusHostOptions } from '../../src/server/focus-options.js'
import type { UserAgentEvent } from '../../src/sip/index.js'
import { tempFolder } from '../node/temp-folder.js'
import { ALICE, FocusWorld, listBody } from './focus-world.js'

const BOB = 'sip:bob@example.org'
const CAROL = 'sip:carol@example.org'
const TEAM = {
  name: 'Team',
  uri: 'sip:team@example.org',
  members: ['alice', 'bob', 'carol'].map(name => ({ uri: `sip:${name}@example.org`, hidden: false })),
  senders: 'members',
  maxSize: 10,
} as const

let world: FocusWorld

async function open(options: Partial<FocusHostOptions> = {}): Promise<void> {
  world = await FocusWorld.open(tempFolder(), options)
}

const status = (event: UserAgentEvent): unknown => ('status' in event ? event.status : event.name)
const kinds = (inputs: readonly ConferenceInput[]): string[] =>
  inputs.map(input => (input.type === 'sip' ? `sip ${input.event.name}` : input.type))
const retryAfter = (event: UserAgentEvent): string | undefined =>
  'response' in event ? event.response?.headers.get('Retry-After') : undefined

async function responseTo(
  method: string,
  to: string,
  headers = ALICE,
): Promise<{ status: number; header: (name: string) => string | undefined }> {
  const id = `r-${method}-${to}`
  world.far.command({ name: 'request', id, method, to, headers })
  const event = await world.final(id)
  if (event.name !== 'response' || event.response === undefined) throw new Error('There was no response.')
  const { response } = event
  return { status: response.status, header: name => response.headers.get(name) }
}

afterEach(async () => {
  await world.close()
  expect(world.host.openResources()).toEqual([])
})

describe('FocusHost admits', () => {
  beforeEach(() => open())

  it('an INVITE with a list to the factory, and makes an address nobody can guess @req GRP-15 GRP-18', async () => {
    world.invite('i', [BOB, CAROL])
    const { settings, inputs } = await world.conference()
    expect(settings.recipients.map(({ uri }) => uri)).toEqual([BOB, CAROL])
    expect(settings.creator).toEqual({
      uri: 'sip:alice@example.org',
      displayName: 'Alice',
      identities: ['sip:alice@example.org'],
      hidden: false,
    })
    expect(settings.uri).toMatch(/^sip:ft-[A-Za-z0-9]{22}@example\.org$/)
    expect(kinds(inputs)).toEqual(['begin'])
    expect(world.focus.figures).toMatchObject({ conferences: 1, members: 2 })
  })

  it('a list without the option tag that names it @req GRP-16', async () => {
    world.invite('i', [BOB], { headers: ALICE })
    expect((await world.conference()).settings.recipients).toHaveLength(1)
  })

  it('a member to its group, and invites the others @req GRP-40', async () => {
    world.groups.set(TEAM.uri, TEAM)
    world.invite('i', [], { to: TEAM.uri, headers: ALICE })
    const { settings } = await world.conference()
    expect(settings.group?.uri).toBe(TEAM.uri)
    expect(settings.recipients.map(({ uri }) => uri)).toEqual([BOB, CAROL])
  })

  it('a creator who hides, as one @req GRP-19', async () => {
    world.invite('i', [BOB], { headers: [...ALICE, ['Privacy', 'id']] })
    expect((await world.conference()).settings.creator).toMatchObject({ hidden: true, displayName: undefined })
  })
})

describe('FocusHost refuses', () => {
  const cases: readonly (readonly [what: string, uris: readonly string[], command: Parameters<FocusWorld['invite']>[2], status: number])[] =
    [
      ['who is not asserted by the proxy @req GRP-14', [BOB], { headers: [] }, 403],
      ['an unknown conference', [BOB], { to: 'sip:ft-8Jq2Lx71ZkP0tYw3Rb5nHc@example.org', headers: ALICE }, 404],
      ['an unknown group @req GRP-40', [], { to: 'sip:nobody@example.org', headers: ALICE }, 404],
      ['a stranger at a group @req GRP-40', [], { to: TEAM.uri, headers: [['P-Asserted-Identity', '<sip:eve@example.org>']] }, 403],
      ['a list at a group @req GRP-16', [BOB], { to: TEAM.uri, headers: [...ALICE, ['Require', 'recipient-list-invite']] }, 420],
      ['a list of nobody @req GRP-15', ['sip:alice@example.org'], {}, 488],
      ['a list with an address that cannot be invited @req GRP-15', ['mailto:bob@example.org'], {}, 400],
      ['too many people @req GRP-15', Array.from({ length: 10 }, (_, n) => `sip:m${n}@example.org`), {}, 403],
      ['an offer without a list @req GRP-15', [], { body: { contentType: 'application/sdp', bytes: new Uint8Array([118]) } }, 400],
      ['a body that is no multipart', [], { body: { contentType: 'multipart/mixed;boundary="c"', bytes: new Uint8Array([45, 45]) } }, 400],
    ]
  for (const [what, uris, command, expected] of cases) {
    it(what, async () => {
      await open()
      world.groups.set(TEAM.uri, TEAM)
      world.invite('i', uris, command)
      expect(status(await world.final('i'))).toBe(expected)
      expect(world.conferences).toEqual([])
    })
  }

  it('whoever the operator does not let, and calls nobody who did not agree @req GRP-14 GRP-41', async () => {
    await open({ permitted: creator => creator !== 'sip:eve@example.org', consents: uri => uri !== CAROL })
    world.invite('eve', [BOB], { headers: [['P-Asserted-Identity', '<sip:eve@example.org>']] })
    expect(status(await world.final('eve'))).toBe(403)
    world.invite('alice', [BOB, CAROL])
    expect((await world.conference()).settings.unwilling).toEqual([CAROL])
  })

  it('too many conferences of one creator in a minute @req GRP-41', async () => {
    await open({ limits: { conferencesPerMinute: 2 } })
    for (const id of ['a', 'b', 'c']) world.invite(id, [BOB])
    const refused = await world.event(({ name }) => name === 'rejected' || name === 'waiting')
    expect(status(refused)).toBe(486)
    expect(world.conferences).toHaveLength(2)
  })

  it('more conferences and people than it has room for, and everybody while it drains', async () => {
    await open({ limits: { conferences: 2, members: 3 } })
    world.invite('a', [BOB, CAROL])
    await world.conference()
    world.invite('b', [BOB, CAROL])
    const full = await world.event(({ id, name }) => id === 'b' && (name === 'rejected' || name === 'waiting'))
    expect([status(full), world.conferences.length]).toEqual([503, 1])
    const draining = world.focus.drain(60_000)
    world.invite('c', [BOB])
    const late = await world.event(({ id, name }) => id === 'c' && (name === 'rejected' || name === 'waiting'))
    expect(status(late)).toBe(503)
    expect(retryAfter(full) ?? '30').toBe('30')
    const conference = await world.conference()
    conference.answer = () => [{ type: 'event', event: { type: 'ended' } }]
    world.far.command({ name: 'cancel', id: 'a' })
    await draining
    expect(world.focus.figures.conferences).toBe(0)
  })

  it('what does not come from its proxy @req SEC-15', async () => {
    await open({ sip: { host: '127.0.0.1', port: 0, transports: ['tcp'] }, proxy: 'sip:127.0.0.2:5999;transport=tcp' })
    const { port } = world.focus.address.sip
    const { SipDriver } = await import('../../src/client/index.js')
    const events: UserAgentEvent[] = []
    const stranger = await SipDriver.open({
      host: world.host,
      address: { host: '127.0.0.1', port: 0 },
      transports: ['tcp'],
      agent: { aor: 'sip:eve@example.org', proxy: `sip:127.0.0.1:${port};transport=tcp`, allow: ['INVITE'], supported: [], accept: [] },
      onEvent: event => void events.push(event),
      onTrace: () => {},
    })
    stranger.command({ name: 'invite', id: 'x', to: 'sip:conference-factory@example.org', body: listBody([BOB]), headers: ALICE })
    while (!events.some(({ name }) => name === 'rejected')) await new Promise(resolve => setTimeout(resolve, 2))
    expect(events.map(status)).toContain(403)
    await stranger.close()
  })
})

describe('FocusHost carries', () => {
  beforeEach(() => open())

  it('events and commands between a conference and its dialogs @req GRP-17', async () => {
    world.onConference = conference => {
      conference.answer = input => {
        if (input.type !== 'begin') return []
        const { id } = conference.settings
        return [
          { type: 'sip', command: { name: 'ring', id: input.event.id, contact: conference.settings.uri } },
          {
            type: 'sip',
            command: { name: 'invite', id: `${id}/p1`, to: BOB, body: { contentType: 'application/sdp', bytes: new Uint8Array() } },
          },
        ]
      }
    }
    world.invite('i', [BOB])
    const ringing = await world.event(({ name }) => name === 'provisional')
    expect('response' in ringing && ringing.response?.headers.get('Contact')).toContain(';isfocus')
    const invited = await world.event(({ name }) => name === 'incoming')
    expect('request' in invited && invited.request.uri).toBe(BOB)
    world.far.command({ name: 'reject', id: invited.id, status: 486 })
    const conference = await world.conference()
    while (conference.inputs.length < 2) await new Promise(resolve => setTimeout(resolve, 2))
    world.far.command({ name: 'cancel', id: 'i' })
    while (conference.inputs.length < 3) await new Promise(resolve => setTimeout(resolve, 2))
    expect(kinds(conference.inputs)).toEqual(['begin', 'sip rejected', 'sip cancelled'])
  })

  it('OPTIONS by the kind of the address, MESSAGE and SUBSCRIBE to the conference alone @req GRP-17', async () => {
    world.groups.set(TEAM.uri, TEAM)
    world.onConference = conference => {
      conference.answer = input => {
        if (input.type === 'message') return [{ type: 'sip', command: { name: 'respond', id: input.event.id, status: 202 } }]
        if (input.type === 'subscribe') return [{ type: 'sip', command: { name: 'reject-subscription', id: input.event.id, status: 406 } }]
        return []
      }
    }
    world.invite('i', [BOB])
    const { settings, inputs } = await world.conference()
    const factory = await responseTo('OPTIONS', 'sip:conference-factory@example.org')
    expect([factory.status, factory.header('Supported')]).toEqual([200, 'timer, 100rel, recipient-list-invite'])
    expect(factory.header('Contact')).not.toContain('isfocus')
    for (const uri of [settings.uri, TEAM.uri]) {
      const answer = await responseTo('OPTIONS', uri)
      expect([answer.status, answer.header('Supported')]).toEqual([200, 'timer, 100rel'])
      expect(answer.header('Contact')).toContain('isfocus')
    }
    expect((await responseTo('OPTIONS', 'sip:someone@example.org')).status).toBe(404)
    expect((await responseTo('MESSAGE', settings.uri)).status).toBe(202)
    expect((await responseTo('MESSAGE', TEAM.uri)).status).toBe(405)
    const subscribe = (id: string, target: string): void =>
      world.far.command({ name: 'subscribe', id, target, event: 'conference', headers: ALICE })
    subscribe('s1', settings.uri)
    subscribe('s2', 'sip:ft-8Jq2Lx71ZkP0tYw3Rb5nHc@example.org')
    expect([status(await world.final('s1')), status(await world.final('s2'))]).toEqual([406, 404])
    const asked = inputs.find(input => input.type === 'message')
    expect(asked?.type === 'message' && asked.sender).toBe('sip:alice@example.org')
  })

  it('a conference that is over nowhere', async () => {
    world.invite('i', [BOB])
    const { settings } = await world.conference()
    const [conference] = world.conferences
    if (conference !== undefined) conference.answer = () => [{ type: 'event', event: { type: 'closed' } }]
    world.far.command({ name: 'cancel', id: 'i' })
    await world.final('i')
    expect((await responseTo('OPTIONS', settings.uri)).status).toBe(404)
    expect(world.focus.figures.conferences).toBe(1)
  })
})

describe('FocusHost keeps', () => {
  it('only so many INVITEs unanswered at a time @req GRP-41', async () => {
    await open({ limits: { unansweredInvites: 3, groupSize: 30 } })
    const body = { contentType: 'application/sdp', bytes: new Uint8Array() }
    world.onConference = conference => {
      conference.answer = input => {
        if (input.type !== 'begin') return []
        const { id, recipients } = conference.settings
        return recipients.map(({ uri }, n) => ({ type: 'sip', command: { name: 'invite', id: `${id}/p${n + 1}`, to: uri, body } }))
      }
    }
    world.invite(
      'i',
      Array.from({ length: 10 }, (_, n) => `sip:m${n}@example.org`),
    )
    const incoming = (): UserAgentEvent[] => world.events.filter(({ name }) => name === 'incoming')
    while (incoming().length < 3) await new Promise(resolve => setTimeout(resolve, 2))
    await new Promise(resolve => setTimeout(resolve, 30))
    expect(incoming()).toHaveLength(3)
    expect(world.focus.figures.waitingInvites).toBe(7)
    // one rings, one refuses: room for two
    world.far.command({ name: 'ring', id: incoming()[0]?.id ?? '' })
    world.far.command({ name: 'reject', id: incoming()[1]?.id ?? '', status: 486 })
    while (incoming().length < 5) await new Promise(resolve => setTimeout(resolve, 2))
    const conference = await world.conference()
    const waiting = `${conference.settings.id}/p10`
    conference.answer = input => (input.type === 'timeout' ? [{ type: 'sip', command: { name: 'cancel', id: waiting } }] : [])
    conference.deadline = world.host.now() + 1
    world.far.command({ name: 'ring', id: incoming()[2]?.id ?? '' })
    while (!conference.inputs.some(input => input.type === 'sip' && input.event.id === waiting))
      await new Promise(resolve => setTimeout(resolve, 2))
    const told = conference.inputs.find(input => input.type === 'sip' && input.event.id === waiting)
    expect(told?.type === 'sip' && told.event.name).toBe('rejected')
  })

  it('other conferences alive when one fails, and ends all of that one', async () => {
    const crashed: string[] = []
    const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (_: unknown, what: string) => void crashed.push(what) }
    await open({ log })
    world.onConference = conference => {
      conference.answer = input => {
        if (input.type === 'begin' && conference === world.conferences[0])
          return [
            { type: 'sip', command: { name: 'ring', id: input.event.id } },
            { type: 'passage', command: { name: 'open', passage: `${conference.settings.id}/f1`, total: 1, limit: 1, keep: true } },
          ]
        if (input.type === 'message') throw new TypeError('sip:secret@example.org')
        return []
      }
    }
    world.invite('a', [BOB])
    await world.event(({ name }) => name === 'provisional')
    world.invite('b', [CAROL])
    await world.conference(1)
    expect(world.focus.figures).toMatchObject({ conferences: 2, passages: 1 })
    const [first] = world.conferences
    world.far.command({ name: 'request', id: 'm', method: 'MESSAGE', to: first?.settings.uri ?? '', headers: ALICE })
    expect(status(await world.final('a'))).toBe(480)
    expect(world.focus.figures).toMatchObject({ conferences: 1, passages: 0 })
    expect(crashed).toEqual(['conference failed'])
  })

  it('a caller from getting an answer who gave up while the group was looked up', async () => {
    let found: (group: typeof TEAM) => void = () => {}
    await open({ group: () => new Promise(resolve => (found = resolve)) })
    world.invite('i', [], { to: TEAM.uri, headers: ALICE })
    await new Promise(resolve => setTimeout(resolve, 30))
    world.far.command({ name: 'cancel', id: 'i' })
    await world.final('i')
    found(TEAM)
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(world.conferences).toEqual([])
  })

  it('its word when the groups cannot be looked up: 500', async () => {
    await open({ group: () => Promise.reject(new Error('/var/lib/secret')) })
    world.invite('i', [], { to: TEAM.uri, headers: ALICE })
    expect(status(await world.final('i'))).toBe(500)
    expect((await responseTo('OPTIONS', TEAM.uri)).status).toBe(500)
  })

  it('the node in the address of its conferences, and tells of them', async () => {
    const told: string[] = []
    await open({ node: 'n2', onConference: (uri, creator, what) => void told.push(`${what} ${uri.slice(0, 10)} ${creator}`) })
    world.invite('i', [BOB])
    const { settings } = await world.conference()
    expect(settings.uri).toMatch(/^sip:ft-n2-[A-Za-z0-9]{22}@example\.org$/)
    await world.focus.close()
    expect(told).toEqual(['opened sip:ft-n2- sip:alice@example.org', 'closed sip:ft-n2- sip:alice@example.org'])
  })
})
