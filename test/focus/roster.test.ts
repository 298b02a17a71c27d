import { describe, expect, it } from 'vitest'
import {
  ConferenceFeed,
  ConferenceView,
  decodeConferenceInfo,
  encodeConferenceInfo,
  NOTIFY_INTERVAL,
  type Recipient,
  Roster,
  type RosterOptions,
  type RosterOutput,
} from '../../src/focus/index.js'

const recipient = (name: string, rest: Partial<Recipient> = {}): Recipient => ({
  uri: `sip:${name}@home2.example`,
  copyControl: 'to',
  anonymize: false,
  ...rest,
})

function conference(names: readonly string[] = ['bob', 'carol', 'dave'], options: Partial<RosterOptions> = {}): Roster {
  return new Roster({
    creator: { uri: 'sip:alice@home1.example', displayName: 'Alice' },
    recipients: names.map(name => recipient(name)),
    ...options,
  })
}

/** A running conference with one file that everybody accepted. */
function running(names?: readonly string[]): Roster {
  const roster = conference(names)
  roster.addFile('f', 'p0', 'Map of the hut')
  roster.moveConference('answered')
  for (const { id, role } of roster.participants)
    if (role === 'member') {
      roster.moveLeg(id, 'invite')
      roster.moveLeg(id, 'accept')
      roster.moveDelivery(id, 'f', 'accept')
    }
  roster.moveSource('f', 'accept')
  return roster
}

const deliveries = (roster: Roster, fileId = 'f') => roster.participants.flatMap(row => row.deliveries.get(fileId) ?? [])
const plain = (outputs: readonly RosterOutput[] | undefined) =>
  outputs?.flatMap(output => {
    if (output.type === 'tell') return []
    if (output.type === 'free-spool') return [`free ${output.fileId}`]
    if (output.type === 'leg') return [`${output.participant} ${output.action}`]
    if (output.type === 'delivery') return [`${output.participant} ${output.fileId} ${output.action}`]
    return [output.type === 'source' ? `${output.fileId} ${output.action}` : output.action]
  })

describe('a file in a conference', () => {
  it('begins on every leg that accepted it, and on no other', () => {
    const roster = conference()
    roster.addFile('f', 'p0')
    roster.moveConference('answered')
    for (const id of ['p1', 'p2', 'p3']) roster.moveLeg(id, 'invite')
    for (const id of ['p1', 'p2']) roster.moveLeg(id, 'accept')
    roster.moveDelivery('p1', 'f', 'accept')
    roster.moveDelivery('p2', 'f', 'decline')
    roster.moveSource('f', 'accept')
    expect(roster.receivers('f')).toEqual(['p1'])
    expect(plain(roster.moveSource('f', 'start'))).toEqual(['p1 f open'])
    // A late member is served from the spool (D-12)
    roster.moveLeg('p3', 'accept')
    roster.moveDelivery('p3', 'f', 'accept')
    expect(roster.receivers('f')).toEqual(['p1', 'p3'])
    expect(plain(roster.moveDelivery('p3', 'f', 'start'))).toEqual(['p3 f open'])
    expect(roster.tally('f')).toEqual({ of: 3, undecided: 0, accepted: 2, finished: 0, declined: 1, failed: 0 })
  })

  it('is closed on the leg of a member that cannot take its type', () => {
    const roster = running()
    expect(plain(roster.moveDelivery('p2', 'f', 'unsuitable'))).toEqual(['p2 f close-line'])
    expect(roster.receivers('f')).toEqual(['p1', 'p3'])
    expect(roster.tally('f')).toMatchObject({ accepted: 2, failed: 1 })
  })

  it('goes on for the others when one leg fails, stops or leaves', () => {
    const roster = running()
    roster.moveSource('f', 'start')
    expect(plain(roster.moveDelivery('p1', 'f', 'fail'))).toEqual(['p1 f close-line'])
    expect(plain(roster.moveDelivery('p2', 'f', 'abort'))).toEqual(['p2 f stop', 'p2 f close-line'])
    expect(deliveries(roster)).toEqual(['failed', 'failed', 'sending'])
    expect(roster.files[0]?.state).toBe('receiving')
    expect(plain(roster.moveSource('f', 'complete'))).toEqual(['f verify'])
    expect(plain(roster.moveSource('f', 'verified'))).toEqual(['f report-success'])
    expect(plain(roster.moveDelivery('p3', 'f', 'delivered'))).toEqual(['p3 f close-line', 'free f'])
    expect(roster.tally('f')).toEqual({ of: 3, undecided: 0, accepted: 1, finished: 1, declined: 0, failed: 2 })
  })

  it('is refused to its sender with 413 when all legs failed while it comes', () => {
    const roster = running(['bob', 'erin'])
    roster.moveSource('f', 'start')
    roster.moveLeg('p1', 'fail')
    expect(roster.files[0]?.state).toBe('receiving')
    expect(plain(roster.moveDelivery('p2', 'f', 'fail'))).toEqual(['p2 f close-line', 'f refuse', 'f close-line', 'free f'])
  })

  it('is reported as lost when all legs failed before it was verified, and never after its success', () => {
    const early = running(['bob'])
    for (const event of ['start', 'complete'] as const) early.moveSource('f', event)
    expect(plain(early.moveDelivery('p1', 'f', 'fail'))).toEqual(['p1 f close-line', 'f report-undeliverable', 'f close-line', 'free f'])
    // Invited again, and not offered what came in between
    const again = conference(['bob'])
    again.moveLeg('p1', 'invite')
    again.moveLeg('p1', 'reject', 488)
    again.addFile('x', 'p0')
    again.moveLeg('p1', 'invite')
    again.moveLeg('p1', 'accept')
    expect(again.content().users[1]?.endpoints[0]).toMatchObject({ status: 'connected', media: [] })
    const late = running(['bob'])
    for (const event of ['start', 'complete', 'verified'] as const) late.moveSource('f', event)
    expect(plain(late.moveDelivery('p1', 'f', 'fail'))).toEqual(['p1 f close-line', 'free f'])
  })

  it('ends on unfinished legs when its sender stops, and stays with those who have it', () => {
    const roster = running()
    roster.moveSource('f', 'start')
    roster.moveDelivery('p1', 'f', 'delivered')
    expect(plain(roster.moveSource('f', 'abort'))).toEqual(['p2 f stop', 'p2 f close-line', 'p3 f stop', 'p3 f close-line', 'free f'])
    expect(deliveries(roster)).toEqual(['finished', 'cancelled', 'cancelled'])
  })

  it('is finished from the spool when its sender closed after the success report', () => {
    const roster = running(['bob', 'erin'])
    for (const event of ['start', 'complete', 'verified'] as const) roster.moveSource('f', event)
    expect(plain(roster.moveSource('f', 'close'))).toEqual([])
    expect(deliveries(roster)).toEqual(['sending', 'sending'])
    expect(plain(roster.moveDelivery('p1', 'f', 'delivered'))).toEqual(['p1 f close-line'])
    expect(plain(roster.moveDelivery('p2', 'f', 'delivered'))).toEqual(['p2 f close-line', 'free f'])
  })

  it('that was accepted at once and that nobody wants is closed towards the creator', () => {
    const roster = conference(['bob'])
    roster.addFile('f', 'p0')
    roster.addFile('g', 'p0')
    roster.moveConference('answered')
    roster.moveSource('f', 'accept')
    roster.moveSource('g', 'accept')
    roster.moveLeg('p1', 'invite')
    roster.moveLeg('p1', 'accept')
    roster.moveDelivery('p1', 'g', 'accept')
    expect(plain(roster.moveDelivery('p1', 'f', 'decline'))).toEqual(['f close-line', 'free f'])
    expect(roster.phase).toBe('running')
  })

  it('can come from any participant, and goes to the creator then as well', () => {
    const roster = running()
    expect(roster.addFile('g', 'p1')).toEqual({ offer: ['p0', 'p2', 'p3'], invite: [] })
    roster.moveDelivery('p0', 'g', 'accept')
    roster.moveDelivery('p2', 'g', 'accept')
    roster.moveSource('g', 'accept')
    expect(roster.receivers('g')).toEqual(['p0', 'p2'])
    expect(plain(roster.moveSource('g', 'start'))).toEqual(['p0 g open', 'p2 g open'])
    expect([roster.filesOf('p0'), roster.filesOf('p1')]).toEqual([['f'], ['g']])
    // The sender leaves: its file ends, what goes to others from the creator does not
    expect(plain(roster.moveLeg('p1', 'leave'))).toEqual(['p0 g stop', 'p0 g close-line', 'p2 g stop', 'p2 g close-line', 'free g'])
    expect(deliveries(roster)).toEqual(['failed', 'accepted', 'accepted'])
  })

  it('that comes later is offered to those still there, and by a new INVITE to those who refused', () => {
    const roster = running()
    roster.moveLeg('p1', 'leave')
    roster.moveLeg('p2', 'end')
    roster.moveLeg('p2', 'ended')
    const other = conference(['bob', 'carol', 'dave', 'erin'])
    other.addFile('f', 'p0')
    other.moveConference('answered')
    for (const id of ['p1', 'p2', 'p3']) other.moveLeg(id, 'invite')
    other.moveLeg('p1', 'accept')
    other.moveLeg('p2', 'reject', 488)
    expect(other.addFile('g', 'p0')).toEqual({ offer: ['p1', 'p3', 'p4'], invite: ['p2'] })
    expect(roster.addFile('g', 'p0')).toEqual({ offer: ['p3'], invite: [] })
    expect(other.offerTo('p2', 'g')).toBe(false)
    other.moveLeg('p2', 'invite')
    expect(other.participant('p2')).toMatchObject({ leg: 'inviting', ending: undefined, refusal: undefined })
    expect([other.offerTo('p2', 'g'), other.offerTo('p2', 'g')]).toEqual([true, false])
    expect([other.offerTo('p9', 'g'), other.offerTo('p2', 'none'), other.offerTo('p0', 'g')]).toEqual([false, false, false])
    expect(other.participant('p2')?.deliveries.get('g')).toBe('offered')
    other.moveLeg('p2', 'accept')
    other.addFile('h', 'p0')
    other.moveSource('h', 'decline')
    expect(other.offerTo('p2', 'h')).toBe(false)
  })
})

describe('the end of a conference', () => {
  it('comes with the last member, not while one is still invited', () => {
    const roster = conference(['bob', 'carol'])
    roster.addFile('f', 'p0')
    roster.moveConference('answered')
    roster.moveLeg('p1', 'invite')
    roster.moveLeg('p2', 'invite')
    roster.moveLeg('p1', 'accept')
    expect(plain(roster.moveLeg('p1', 'leave'))).toEqual([])
    expect(plain(roster.moveLeg('p2', 'reject', 480))).toEqual(['bye-creator', 'end-subscriptions', 'forget', 'free f'])
    expect(roster.phase).toBe('ended')
  })

  it('follows the creator at once when nothing is under way', () => {
    const roster = running(['bob', 'erin'])
    roster.moveLeg('p2', 'leave')
    expect(plain(roster.moveConference('creator-left'))).toEqual([
      'p1 f close-line',
      'p1 send-bye',
      'end-subscriptions',
      'forget',
      'free f',
    ])
    expect(roster.participants.map(({ leg, ending }) => [leg, ending])).toEqual([
      ['idle', undefined],
      ['leaving', 'booted'],
      ['gone', 'departed'],
    ])
  })

  it('waits for what the focus has whole, and then says BYE to the members', () => {
    const roster = running(['bob', 'erin'])
    for (const event of ['start', 'complete', 'verified'] as const) roster.moveSource('f', event)
    expect(plain(roster.moveConference('creator-left'))).toEqual([])
    expect(roster.phase).toBe('draining')
    roster.moveDelivery('p1', 'f', 'delivered')
    expect(roster.phase).toBe('draining')
    expect(plain(roster.moveDelivery('p2', 'f', 'delivered'))).toEqual([
      'p2 f close-line',
      'p1 send-bye',
      'p2 send-bye',
      'end-subscriptions',
      'forget',
      'free f',
    ])
  })

  it('comes when the spool has no more time, whoever still reads', () => {
    const roster = running(['bob'])
    for (const event of ['start', 'complete', 'verified'] as const) roster.moveSource('f', event)
    roster.moveConference('creator-left')
    expect(plain(roster.moveConference('expire'))).toEqual(['p1 send-bye', 'end-subscriptions', 'forget', 'free f'])
    expect(deliveries(roster)).toEqual(['failed'])
  })

  it('knows nobody and nothing it was not told of', () => {
    const roster = conference()
    expect(roster.participant('p9')).toBeUndefined()
    expect(roster.moveLeg('p9', 'invite')).toBeUndefined()
    expect(roster.moveLeg('p0', 'invite')).toBeUndefined()
    expect(roster.moveDelivery('p9', 'f', 'accept')).toBeUndefined()
    expect(roster.moveDelivery('p1', 'f', 'accept')).toBeUndefined()
    expect(roster.moveSource('f', 'accept')).toBeUndefined()
  })
})

describe('what the conference package shows', () => {
  it('is each member by its state, with the way it went', () => {
    const roster = conference(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'])
    const moves: [string, ...Parameters<Roster['moveLeg']>[1][]][] = [
      ['p2', 'invite'],
      ['p3', 'invite', 'ring'],
      ['p4', 'invite', 'accept'],
      ['p5', 'invite', 'accept', 'leave'],
      ['p6', 'invite', 'accept', 'fail'],
      ['p7', 'invite', 'accept', 'end'],
      ['p8', 'skip'],
      ['p9', 'invite', 'cancel'],
      ['p10', 'invite', 'cancel', 'accept', 'ended'],
    ]
    for (const [id, ...events] of moves) for (const event of events) expect(roster.moveLeg(id, event), `${id} ${event}`).toBeDefined()
    const shown = roster
      .content()
      .users.map(({ endpoints: [endpoint] }) => [endpoint?.status, endpoint?.joiningMethod ?? endpoint?.disconnectionMethod])
    expect(shown).toEqual([
      ['dialing-in', undefined],
      ['pending', undefined],
      ['dialing-out', undefined],
      ['alerting', undefined],
      ['connected', 'dialed-out'],
      ['disconnected', 'departed'],
      ['disconnected', 'failed'],
      ['disconnecting', undefined],
      ['disconnected', 'failed'],
      ['disconnecting', undefined],
      ['disconnected', 'booted'],
    ])
    expect(roster.content().conferenceState).toEqual({ userCount: 1, active: true })
  })

  it('names why a member refused', () => {
    const roster = conference(['a', 'b', 'c', 'd'])
    const statuses = [486, 600, 488, undefined]
    for (const [index, status] of statuses.entries()) {
      roster.moveLeg(`p${index + 1}`, 'invite')
      roster.moveLeg(`p${index + 1}`, 'reject', status)
    }
    const ends = roster
      .content()
      .users.slice(1)
      .map(({ endpoints: [end] }) => [end?.disconnectionMethod, end?.disconnectionReason])
    expect(ends).toEqual([
      ['busy', 'SIP;cause=486;text="Busy Here"'],
      ['busy', 'SIP;cause=600;text="Busy Everywhere"'],
      ['failed', 'SIP;cause=488;text="Not Acceptable Here"'],
      ['failed', 'SIP;cause=480;text="Temporarily Unavailable"'],
    ])
  })

  it('hides whom the list hides, and a creator who asked for it, under numbers of their own', () => {
    const roster = new Roster({
      creator: { uri: 'sip:alice@home1.example', displayName: 'Alice', hidden: true },
      subject: 'Hut\u0000 and\tmap',
      recipients: [
        recipient('bob', { displayName: 'Bob\u0007\ud800' }),
        recipient('carol', { copyControl: 'cc', anonymize: true, displayName: 'Carol' }),
        recipient('dave', { copyControl: 'bcc', displayName: 'Dave' }),
      ],
    })
    for (const id of ['p1', 'p2', 'p3']) {
      roster.moveLeg(id, 'invite')
      roster.moveLeg(id, 'accept')
    }
    const content = roster.content()
    expect(content.users.map(({ entity, displayText }) => [entity, displayText])).toEqual([
      ['sip:anonymous1@anonymous.invalid', undefined],
      ['sip:bob@home2.example', 'Bob'],
      ['sip:anonymous2@anonymous.invalid', undefined],
      ['sip:anonymous3@anonymous.invalid', undefined],
    ])
    expect(content.description).toEqual({ subject: 'Hut  and map' })
    expect(JSON.stringify(content)).not.toMatch(/alice|carol|dave/i)
  })

  it('lists the lines of each as that one sees them', () => {
    const roster = running()
    roster.addFile('g', 'p1')
    roster.moveDelivery('p2', 'g', 'decline')
    roster.moveLeg('p3', 'leave')
    const lines = () =>
      roster.content().users.map(({ endpoints: [endpoint] }) => endpoint?.media.map(({ id, status }) => `${id} ${status}`))
    expect(lines()).toEqual([
      ['1 sendonly', '2 recvonly'],
      ['1 recvonly', '2 sendonly'],
      ['1 recvonly', '2 inactive'],
      ['1 inactive', '2 inactive'],
    ])
    expect(roster.content().users[0]?.endpoints[0]?.media[0]).toEqual({
      id: '1',
      displayText: 'Map of the hut',
      type: 'message',
      status: 'sendonly',
    })
    roster.moveSource('f', 'abort')
    expect(lines()).toEqual([
      ['1 inactive', '2 recvonly'],
      ['1 inactive', '2 sendonly'],
      ['1 inactive', '2 inactive'],
      ['1 inactive', '2 inactive'],
    ])
    // Invited again, and not offered what came in between
    const again = conference(['bob'])
    again.moveLeg('p1', 'invite')
    again.moveLeg('p1', 'reject', 488)
    again.addFile('x', 'p0')
    again.moveLeg('p1', 'invite')
    again.moveLeg('p1', 'accept')
    expect(again.content().users[1]?.endpoints[0]).toMatchObject({ status: 'connected', media: [] })
    const late = running(['bob'])
    late.addFile('x', 'p1')
    late.moveLeg('p1', 'leave')
    expect(late.content()).toMatchObject({ conferenceState: { userCount: 0, active: false } })
  })

  it('reaches a subscriber as accept, decline and failure, one after another', () => {
    const roster = conference(['bob', 'carol', 'dave'])
    const feed = new ConferenceFeed('sip:ft-1@cf.home1.example')
    const view = new ConferenceView()
    const seen: (string | undefined)[] = []
    let now = 0
    const tell = (type: 'subscribed' | 'changed') => {
      for (const { document } of feed.step({ type, content: roster.content() }, now))
        view.apply(decodeConferenceInfo(encodeConferenceInfo(document)))
      seen.push(view.users.map(({ endpoints: [endpoint] }) => endpoint?.disconnectionMethod ?? endpoint?.status).join(' '))
      now += NOTIFY_INTERVAL
    }
    roster.addFile('f', 'p0')
    roster.moveConference('answered')
    tell('subscribed')
    for (const id of ['p1', 'p2', 'p3']) roster.moveLeg(id, 'invite')
    tell('changed')
    roster.moveLeg('p1', 'ring')
    roster.moveLeg('p1', 'accept')
    roster.moveLeg('p2', 'reject', 488)
    tell('changed')
    roster.moveLeg('p3', 'fail')
    roster.moveLeg('p1', 'leave')
    tell('changed')
    expect(seen).toEqual([
      'connected pending pending pending',
      'connected dialing-out dialing-out dialing-out',
      'connected connected failed dialing-out',
      'departed departed failed failed',
    ])
  })
})
