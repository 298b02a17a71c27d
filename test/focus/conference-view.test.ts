import { describe, expect, it } from 'vitest'
import {
  ConferenceFeed,
  type ConferenceContent,
  type ConferenceEndpoint,
  type ConferenceInfo,
  type ConferenceUser,
  ConferenceView,
  decodeConferenceInfo,
  type ElementState,
  encodeConferenceInfo,
  MAX_CONFERENCE_USERS,
  MAX_ENDPOINT_MEDIA,
  MAX_ENDPOINTS,
  NOTIFY_INTERVAL,
} from '../../src/focus/index.js'

const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'

const endpoint = (entity: string, rest: Partial<ConferenceEndpoint> = {}): ConferenceEndpoint => ({
  entity,
  state: 'full',
  media: [],
  ...rest,
})
const user = (entity: string, state: ElementState = 'full', ...endpoints: ConferenceEndpoint[]): ConferenceUser => ({
  entity,
  state,
  endpoints,
})
const info = (version: number, state: ElementState, usersState?: ElementState, ...list: ConferenceUser[]): ConferenceInfo => ({
  entity: CONFERENCE,
  version,
  state,
  ...(usersState && { users: { state: usersState, list } }),
})
const names = (view: ConferenceView) => view.users.map(({ entity }) => entity)

describe('the picture of a subscriber', () => {
  it('counts by versions: old ones dropped, a gap asks for the whole, the whole replaces', () => {
    const view = new ConferenceView()
    expect(view.version).toBeUndefined()
    expect(view.apply(info(4, 'partial', 'partial', user('a')))).toBe('refresh')
    expect(view.apply(info(5, 'partial', 'partial', user('a')))).toBe('dropped')
    expect(view.users).toEqual([])
    expect(view.apply(info(6, 'full', 'full', user('a'), user('b')))).toBe('updated')
    expect(view.apply(info(6, 'partial', 'partial', user('c')))).toBe('dropped')
    expect(view.apply(info(5, 'full', 'full'))).toBe('dropped')
    expect(view.apply(info(7, 'partial', 'partial', user('c')))).toBe('updated')
    expect([view.version, names(view)]).toEqual([7, ['a', 'b', 'c']])
    expect(view.apply(info(9, 'partial', 'partial', user('d')))).toBe('refresh')
    expect(view.apply(info(10, 'partial', 'partial', user('e')))).toBe('dropped')
    expect([view.version, names(view)]).toEqual([7, ['a', 'b', 'c']])
    expect(view.apply(info(20, 'full', 'full', user('z')))).toBe('updated')
    expect([view.version, names(view)]).toEqual([20, ['z']])
    // The whole came: the next gap asks again
    expect(view.apply(info(22, 'partial'))).toBe('refresh')
  })

  it('takes up a part that was thought lost when it is the next one', () => {
    const view = new ConferenceView()
    view.apply(info(1, 'full', 'full', user('a')))
    expect(view.apply(info(3, 'partial', 'partial', user('c')))).toBe('refresh')
    expect(view.apply(info(2, 'partial', 'partial', user('b')))).toBe('updated')
    expect([view.version, names(view)]).toEqual([2, ['a', 'b']])
  })

  it('is empty and over when the conference is deleted', () => {
    const view = new ConferenceView()
    view.apply({ ...info(1, 'full', 'full', user('a')), description: { subject: 's' }, conferenceState: { userCount: 1 } })
    expect([view.description, view.conferenceState]).toEqual([{ subject: 's' }, { userCount: 1 }])
    expect(view.apply(info(2, 'deleted', 'full', user('b')))).toBe('ended')
    expect([view.users, view.description, view.conferenceState]).toEqual([[], {}, {}])
  })

  it('begins anew with a new subscription and shows the old picture until then', () => {
    const view = new ConferenceView()
    view.apply(info(9, 'full', 'full', user('a')))
    view.restart()
    expect(names(view)).toEqual(['a'])
    expect(view.apply(info(1, 'partial'))).toBe('refresh')
    expect(view.apply(info(1, 'full', 'full', user('b')))).toBe('updated')
    expect(names(view)).toEqual(['b'])
  })

  it('merges users, their devices and their files, each by its key and state', () => {
    const view = new ConferenceView()
    const media = (id: string, status: 'recvonly' | 'inactive') => ({ id, status })
    const bob = user(
      'bob',
      'full',
      endpoint('e1', { status: 'connected', joiningMethod: 'dialed-out', media: [media('1', 'recvonly'), media('2', 'recvonly')] }),
      endpoint('e2'),
    )
    view.apply(info(1, 'full', 'full', { ...bob, displayText: 'Bob' }, user('carol', 'full', endpoint('e'))))
    view.apply(
      info(
        2,
        'partial',
        'partial',
        user(
          'bob',
          'partial',
          { ...endpoint('e1'), state: 'partial', media: [media('2', 'inactive'), media('3', 'recvonly')] },
          { ...endpoint('e2'), state: 'deleted' },
          endpoint('e3', { status: 'alerting' }),
        ),
        user('dave', 'partial', { ...endpoint('e'), state: 'partial', status: 'pending' }),
        user('nobody', 'deleted'),
      ),
    )
    expect(view.users).toEqual([
      {
        entity: 'bob',
        state: 'full',
        displayText: 'Bob',
        endpoints: [
          {
            entity: 'e1',
            state: 'full',
            status: 'connected',
            joiningMethod: 'dialed-out',
            media: [media('1', 'recvonly'), media('2', 'inactive'), media('3', 'recvonly')],
          },
          { entity: 'e3', state: 'full', status: 'alerting', media: [] },
        ],
      },
      { entity: 'carol', state: 'full', endpoints: [{ entity: 'e', state: 'full', media: [] }] },
      { entity: 'dave', state: 'full', endpoints: [{ entity: 'e', state: 'full', status: 'pending', media: [] }] },
    ])
    // A full user and a full device forget what they were
    view.apply(info(3, 'partial', 'partial', user('bob', 'full', endpoint('e1')), user('carol', 'deleted')))
    expect(view.users.map(({ entity, displayText, endpoints }) => [entity, displayText, endpoints.length])).toEqual([
      ['bob', undefined, 1],
      ['dave', undefined, 1],
    ])
    expect(view.users[0]?.endpoints[0]).toEqual({ entity: 'e1', state: 'full', media: [] })
  })

  it('follows the state of the users element and leaves alone what a part does not name', () => {
    const view = new ConferenceView()
    view.apply({ ...info(1, 'full', 'full', user('a'), user('b')), description: { subject: 's' } })
    view.apply({ ...info(2, 'partial'), conferenceState: { userCount: 2 } })
    expect([names(view), view.description, view.conferenceState]).toEqual([['a', 'b'], { subject: 's' }, { userCount: 2 }])
    view.apply(info(3, 'partial', 'full', user('c')))
    expect(names(view)).toEqual(['c'])
    view.apply(info(4, 'partial', 'deleted', user('d')))
    expect(names(view)).toEqual([])
  })

  it('keeps no more than its limits, however the focus goes on', () => {
    const view = new ConferenceView()
    view.apply(info(1, 'full', 'full'))
    const many = (count: number, from = 0) => Array.from({ length: count }, (_, index) => user(`u${from + index}`))
    view.apply(info(2, 'partial', 'partial', ...many(MAX_CONFERENCE_USERS - 1)))
    view.apply(info(3, 'partial', 'partial', ...many(5, MAX_CONFERENCE_USERS - 1)))
    expect(view.users).toHaveLength(MAX_CONFERENCE_USERS)
    // Those that are there still change
    view.apply(info(4, 'partial', 'partial', { ...user('u0', 'partial'), displayText: 'Zero' }, user('u1', 'deleted'), user('late')))
    expect([view.users[0]?.displayText, names(view).at(-1), view.users.length]).toEqual(['Zero', 'late', MAX_CONFERENCE_USERS])

    const crowded = new ConferenceView()
    const devices = Array.from({ length: MAX_ENDPOINTS + 1 }, (_, index) => endpoint(`e${index}`))
    const files = Array.from({ length: MAX_ENDPOINT_MEDIA + 1 }, (_, index) => ({ id: `${index}` }))
    crowded.apply(
      info(
        1,
        'full',
        'full',
        user('a', 'full', ...devices),
        user('b', 'full', endpoint('e', { media: [...files, { id: '0', type: 'x' }] })),
      ),
    )
    expect(crowded.users[0]?.endpoints).toHaveLength(MAX_ENDPOINTS)
    expect(crowded.users[1]?.endpoints[0]?.media).toHaveLength(MAX_ENDPOINT_MEDIA)
    expect(crowded.users[1]?.endpoints[0]?.media[0]).toEqual({ id: '0', type: 'x' })
  })
})

describe('what a subscriber is told', () => {
  const content = (...list: [string, string?][]): ConferenceContent => ({
    conferenceState: { userCount: list.length },
    users: list.map(([entity, displayText]) => ({ ...user(entity), ...(displayText !== undefined && { displayText }) })),
  })

  it('is the whole first, then each change with the next version, and the end', () => {
    const feed = new ConferenceFeed(CONFERENCE)
    expect(feed.deadline).toBeUndefined()
    // Before the subscription stands, nothing is sent
    expect(feed.step({ type: 'changed', content: content(['a']) }, 0)).toEqual([])
    const [first] = feed.step({ type: 'subscribed', content: content(['a'], ['b']) }, 1000)
    expect(first).toEqual({
      type: 'notify',
      ends: false,
      document: { ...info(1, 'full', 'full', user('a'), user('b')), conferenceState: { userCount: 2 } },
    })
    const [second] = feed.step({ type: 'changed', content: content(['b', 'Bob'], ['c']) }, 1000 + NOTIFY_INTERVAL)
    // The count did not change, so it is not repeated
    expect(second?.document).toEqual(info(2, 'partial', 'partial', { ...user('b'), displayText: 'Bob' }, user('c'), user('a', 'deleted')))
    const [last] = feed.step({ type: 'ended', content: content(['b', 'Bob'], ['c']) }, 20_000)
    expect(last).toEqual({ type: 'notify', ends: true, document: info(3, 'deleted') })
    expect(feed.step({ type: 'subscribed', content: content() }, 30_000)).toEqual([])
    expect(feed.deadline).toBeUndefined()
  })

  it('comes at most once in five seconds, with all that happened in between', () => {
    const feed = new ConferenceFeed(CONFERENCE)
    feed.step({ type: 'subscribed', content: content(['a']) }, 0)
    expect(feed.deadline).toBeUndefined()
    expect(feed.step({ type: 'changed', content: content(['a'], ['b']) }, 100)).toEqual([])
    expect(feed.step({ type: 'changed', content: content(['a'], ['b'], ['c']) }, 4000)).toEqual([])
    expect(feed.deadline).toBe(NOTIFY_INTERVAL)
    expect(feed.step({ type: 'timeout' }, NOTIFY_INTERVAL - 1)).toEqual([])
    const [part] = feed.step({ type: 'timeout' }, NOTIFY_INTERVAL)
    expect(part?.document.users?.list.map(({ entity }) => entity)).toEqual(['b', 'c'])
    expect(part?.document.conferenceState).toEqual({ userCount: 3 })
    expect(feed.deadline).toBeUndefined()
    expect(feed.step({ type: 'timeout' }, 60_000)).toEqual([])
    // What came and went again is no news
    feed.step({ type: 'changed', content: content(['a']) }, NOTIFY_INTERVAL + 1)
    feed.step({ type: 'changed', content: content(['a'], ['b'], ['c']) }, NOTIFY_INTERVAL + 2)
    expect(feed.deadline).toBeUndefined()
  })

  it('ends with what nobody was told yet, at once @req GRP-38', () => {
    const feed = new ConferenceFeed(CONFERENCE)
    feed.step({ type: 'subscribed', content: content(['a'], ['b']) }, 0)
    expect(feed.step({ type: 'changed', content: content(['a', 'Ann'], ['b']) }, 100)).toEqual([])
    const ended = feed.step({ type: 'ended', content: content(['a', 'Ann'], ['b', 'Bob']) }, 200)
    expect(ended).toEqual([
      {
        type: 'notify',
        ends: true,
        document: info(2, 'partial', 'partial', { ...user('a'), displayText: 'Ann' }, { ...user('b'), displayText: 'Bob' }),
      },
    ])
    expect(feed.deadline).toBeUndefined()
    expect(feed.step({ type: 'timeout' }, NOTIFY_INTERVAL)).toEqual([])
  })

  it('answers a refresh at once with the whole, whatever was waiting', () => {
    const feed = new ConferenceFeed(CONFERENCE)
    feed.step({ type: 'subscribed', content: content(['a']) }, 0)
    feed.step({ type: 'changed', content: content(['b']) }, 10)
    const [whole] = feed.step({ type: 'subscribed', content: content(['b']) }, 20)
    expect([whole?.document.state, whole?.document.version]).toEqual(['full', 2])
    expect(feed.deadline).toBeUndefined()
  })

  it('tells a change of description or state alone', () => {
    const feed = new ConferenceFeed(CONFERENCE, 0)
    const plain: ConferenceContent = { users: [user('a')] }
    feed.step({ type: 'subscribed', content: plain }, 0)
    const [described] = feed.step({ type: 'changed', content: { ...plain, description: { subject: 's' } } }, 0)
    expect(described?.document).toEqual({ ...info(2, 'partial'), description: { subject: 's' } })
    const [counted] = feed.step(
      { type: 'changed', content: { ...plain, description: { subject: 's' }, conferenceState: { active: true } } },
      0,
    )
    expect(counted?.document).toEqual({ ...info(3, 'partial'), conferenceState: { active: true } })
  })

  it('needs no goodbye for who never subscribed', () => {
    expect(new ConferenceFeed(CONFERENCE).step({ type: 'ended', content: content(['a']) }, 0)).toEqual([])
  })

  it('is what the picture of the subscriber shows, through the octets', () => {
    const feed = new ConferenceFeed(CONFERENCE)
    const view = new ConferenceView()
    const states = [content(['a'], ['b']), content(['b', 'Bob']), content(['b', 'Bob'], ['c'], ['d']), content(['d'])]
    for (const [index, state] of states.entries()) {
      const now = index * NOTIFY_INTERVAL
      const outputs = feed.step({ type: index === 0 ? 'subscribed' : 'changed', content: state }, now)
      for (const { document } of outputs) expect(view.apply(decodeConferenceInfo(encodeConferenceInfo(document)))).toBe('updated')
      expect([...view.users].sort((a, b) => a.entity.localeCompare(b.entity))).toEqual(state.users)
      expect(view.conferenceState).toEqual(state.conferenceState)
    }
    for (const { document } of feed.step({ type: 'ended', content: content(['d']) }, 99_000))
      expect(view.apply(decodeConferenceInfo(encodeConferenceInfo(document)))).toBe('ended')
  })
})
