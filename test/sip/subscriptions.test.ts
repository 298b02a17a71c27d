import { describe, expect, it } from 'vitest'
import type { UserAgentOptions } from '../../src/sip/user-agent-types.js'
import { established, SipPair, text } from '../kit/sip-pair.js'

const ALLOW = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE']
const BOB = 'sip:bob@192.0.2.20:5060'
const xml = (content: string) => ({ contentType: 'application/conference-info+xml', bytes: new TextEncoder().encode(content) })

function pairOf(transport: 'udp' | 'tcp' = 'udp', faults = {}, more: Partial<UserAgentOptions> = {}): SipPair {
  return new SipPair(transport, faults, { alice: { allow: ALLOW }, bob: { allow: ALLOW, events: ['conference', 'presence'], ...more } })
}

function subscribe(pair: SipPair, more: { event?: string; expires?: number; within?: string } = {}): string {
  const target = pair.transport === 'tcp' ? `${BOB};transport=tcp` : BOB
  const accept = ['application/conference-info+xml']
  pair.command('alice', { name: 'subscribe', id: 's', target, event: 'conference', accept, expires: 3600, ...more })
  pair.run(200)
  const id = pair.of('bob', 'subscription-requested').at(-1)?.id
  if (id === undefined) throw new Error('The SUBSCRIBE did not arrive.')
  return id
}

function subscribed(pair: SipPair, more: { event?: string; expires?: number } = {}): string {
  const id = subscribe(pair, more)
  pair.command('bob', { name: 'accept-subscription', id, body: xml('full 1') })
  pair.run(500)
  return id
}

const states = (pair: SipPair) => pair.of('alice', 'notified').map(event => [event.state, text(event.body?.bytes)])

describe('a subscription between two user agents', () => {
  it.each(['udp', 'tcp'] as const)('brings the state at once and every change after it, over %s', transport => {
    const pair = pairOf(transport)
    const id = subscribed(pair)
    pair.command('bob', { name: 'notify', id, body: xml('partial 2') })
    pair.command('bob', { name: 'notify', id, body: xml('partial 3') })
    pair.run(500)
    expect(states(pair)).toEqual([
      ['active', 'full 1'],
      ['active', 'partial 2'],
      ['active', 'partial 3'],
    ])
    const [asked] = pair.requests('alice', 'SUBSCRIBE')
    expect([asked?.headers.get('Event'), asked?.headers.get('Expires'), asked?.headers.get('Accept')]).toEqual([
      'conference',
      '3600',
      'application/conference-info+xml',
    ])
    const [told] = pair.requests('bob', 'NOTIFY')
    expect([told?.headers.get('Event'), told?.headers.get('Subscription-State')]).toEqual(['conference', 'active;expires=3600'])
    const [granted] = pair.responses('bob', 200, 'SUBSCRIBE')
    expect([granted?.headers.get('Expires'), granted?.headers.get('Allow-Events')]).toEqual(['3600', 'conference, presence'])
    expect(pair.of('alice', 'subscribed').map(event => event.expires)).toEqual([3600])
  })

  it('sends one NOTIFY after the other, and none is lost on a bad network', () => {
    const pair = pairOf('udp', { loss: 0.2, duplication: 0.2, reordering: 0.4, seed: 5 })
    const id = subscribed(pair)
    for (let change = 2; change <= 20; change++) pair.command('bob', { name: 'notify', id, body: xml(`partial ${change}`) })
    pair.run(200_000)
    expect(states(pair).map(([, content]) => content)).toEqual(['full 1', ...Array.from({ length: 19 }, (_, at) => `partial ${at + 2}`)])
  })

  it('is refreshed before its end and gets the whole state again', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    pair.run(3_001_000)
    expect(pair.requests('alice', 'SUBSCRIBE')).toHaveLength(2)
    expect(pair.of('bob', 'subscription-refreshed')).toEqual([{ name: 'subscription-refreshed', id, expires: 3600, body: undefined }])
    // the application brought nothing: an empty NOTIFY keeps the rule
    expect(states(pair)).toEqual([
      ['active', 'full 1'],
      ['active', ''],
    ])
    pair.run(3_000_000)
    expect(pair.of('bob', 'subscription-refreshed')).toHaveLength(2)
    expect(pair.of('alice', 'subscription-ended')).toEqual([])
  })

  it('answers a refresh with the state the application brings', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    pair.run(2_999_000)
    for (let turn = 0; turn < 3_000 && pair.of('bob', 'subscription-refreshed').length === 0; turn++) pair.run(1)
    pair.command('bob', { name: 'notify', id, body: xml('full 2') })
    pair.run(2000)
    expect(states(pair).map(([, content]) => content)).toEqual(['full 1', 'full 2'])
  })

  it('is taken back with Expires 0 and ends with the last NOTIFY on both sides', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    pair.command('alice', { name: 'unsubscribe', id: 's' })
    pair.run(1000)
    expect(pair.requests('alice', 'SUBSCRIBE').at(-1)?.headers.get('Expires')).toBe('0')
    expect(states(pair).at(-1)).toEqual(['terminated', ''])
    expect(pair.of('alice', 'subscription-ended')).toEqual([
      { name: 'subscription-ended', id: 's', cause: 'local', reason: 'timeout', retryAfter: 0 },
    ])
    expect(pair.of('bob', 'subscription-ended')).toEqual([{ name: 'subscription-ended', id, cause: 'remote', reason: 'timeout' }])
    // the id is free again
    subscribed(pair)
    expect(states(pair).at(-1)).toEqual(['active', 'full 1'])
    pair.command('alice', { name: 'unsubscribe', id: 's' })
    pair.run(100_000)
    expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it('ends when the notifier says so, with reason and wait', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    pair.command('bob', { name: 'notify', id, state: 'terminated', reason: 'noresource' })
    pair.run(500)
    expect(pair.requests('bob', 'NOTIFY').at(-1)?.headers.get('Subscription-State')).toBe('terminated;reason=noresource')
    expect(pair.of('alice', 'subscription-ended')).toEqual([{ name: 'subscription-ended', id: 's', cause: 'remote', reason: 'noresource' }])
    const again = subscribed(pair)
    pair.command('bob', { name: 'notify', id: again, state: 'terminated', reason: 'probation', retryAfter: 60 })
    pair.run(500)
    expect(pair.of('alice', 'subscription-ended')[1]).toEqual({
      name: 'subscription-ended',
      id: 's',
      cause: 'remote',
      reason: 'probation',
      retryAfter: 60_000,
    })
  })

  it('goes from pending to active', () => {
    const pair = pairOf()
    const id = subscribe(pair)
    pair.command('bob', { name: 'accept-subscription', id, state: 'pending', expires: 600 })
    pair.run(500)
    pair.command('bob', { name: 'notify', id })
    pair.run(500)
    pair.command('bob', { name: 'notify', id, state: 'active', body: xml('full 1') })
    pair.run(500)
    expect(states(pair)).toEqual([
      ['pending', ''],
      ['pending', ''],
      ['active', 'full 1'],
    ])
    expect(pair.of('alice', 'subscribed')[0]?.expires).toBe(600)
  })

  it('asks once with Expires 0', () => {
    const pair = pairOf()
    subscribed(pair, { expires: 0 })
    expect(states(pair)).toEqual([['terminated', 'full 1']])
    expect(pair.requests('bob', 'NOTIFY')[0]?.headers.get('Subscription-State')).toBe('terminated;reason=timeout')
    expect(pair.of('alice', 'subscription-ended')[0]?.cause).toBe('local')
    expect(pair.of('bob', 'subscription-ended')[0]?.cause).toBe('remote')
  })

  it('ends with timeout when the subscriber is gone', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    pair.filter = () => 'drop'
    pair.run(4_000_000)
    expect(pair.of('bob', 'subscription-ended')).toEqual([{ name: 'subscription-ended', id, cause: 'timeout', reason: 'timeout' }])
    expect(pair.of('alice', 'subscription-ended')).toEqual([{ name: 'subscription-ended', id: 's', cause: 'timeout' }])
    expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it('begins anew for a subscriber that is too slow', () => {
    const pair = pairOf()
    const id = subscribed(pair)
    for (let change = 0; change < 33; change++) pair.command('bob', { name: 'notify', id, body: xml(`${change}`) })
    pair.run(2000)
    expect(states(pair)).toEqual([
      ['active', 'full 1'],
      ['active', '0'],
      ['terminated', ''],
    ])
    expect(pair.of('alice', 'subscription-ended')[0]).toMatchObject({ reason: 'deactivated', retryAfter: 0 })
  })

  it('keeps two packages and two ids apart', () => {
    const pair = pairOf()
    subscribed(pair, { event: 'conference;id=1' })
    pair.command('alice', { name: 'subscribe', id: 't', target: BOB, event: 'presence' })
    pair.run(200)
    const other = pair.of('bob', 'subscription-requested')[1]
    expect([other?.event, other?.expires]).toEqual(['presence', 3600])
    pair.command('bob', { name: 'accept-subscription', id: other?.id as string, body: xml('open') })
    pair.run(500)
    expect(pair.of('alice', 'notified').map(event => [event.id, text(event.body?.bytes)])).toEqual([
      ['s', 'full 1'],
      ['t', 'open'],
    ])
    expect(pair.requests('bob', 'NOTIFY')[0]?.headers.get('Event')).toBe('conference;id=1')
  })

  it('lives in the dialog of a session and outlives it', () => {
    const pair = pairOf()
    const session = established(pair)
    const id = subscribe(pair, { within: 'a' })
    expect(pair.of('bob', 'subscription-requested')[0]?.within).toBe(session)
    pair.command('bob', { name: 'accept-subscription', id, body: xml('full 1') })
    pair.run(500)
    const [subscribeRequest] = pair.requests('alice', 'SUBSCRIBE')
    const [invite] = pair.requests('alice', 'INVITE')
    expect(subscribeRequest?.headers.get('Call-ID')).toBe(invite?.headers.get('Call-ID'))
    pair.command('alice', { name: 'bye', id: 'a' })
    pair.run(1000)
    expect(pair.of('bob', 'ended')).toHaveLength(1)
    pair.command('bob', { name: 'notify', id, body: xml('partial 2') })
    pair.run(1000)
    pair.command('alice', { name: 'unsubscribe', id: 's' })
    pair.run(1000)
    expect(states(pair)).toEqual([
      ['active', 'full 1'],
      ['active', 'partial 2'],
      ['terminated', ''],
    ])
    expect(pair.of('bob', 'subscription-ended')).toHaveLength(1)
  })

  it('is refused by the application', () => {
    const pair = pairOf()
    const id = subscribe(pair)
    pair.command('bob', { name: 'reject-subscription', id, status: 403 })
    pair.run(500)
    expect(pair.of('alice', 'subscription-ended')).toMatchObject([{ id: 's', cause: 'response', status: 403 }])
    expect(pair.of('bob', 'subscription-ended')).toEqual([])
    pair.run(100_000)
    expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it('is refused when nobody decides', () => {
    const pair = pairOf()
    subscribe(pair)
    pair.run(30_000)
    expect(pair.of('alice', 'subscription-ended')).toMatchObject([{ cause: 'response', status: 500 }])
    expect(pair.of('bob', 'subscription-ended')).toMatchObject([{ cause: 'timeout' }])
  })

  it('asks again with the Min-Expires of a 423', () => {
    const pair = pairOf()
    subscribe(pair, { expires: 20 })
    expect(pair.requests('alice', 'SUBSCRIBE').map(request => request.headers.get('Expires'))).toEqual(['20', '60'])
    expect(pair.responses('bob', 423)[0]?.headers.get('Min-Expires')).toBe('60')
    expect(pair.of('bob', 'subscription-requested')[0]?.expires).toBe(60)
  })

  it('hears of a package that is not served by 489 with Allow-Events', () => {
    const pair = pairOf()
    pair.command('alice', { name: 'subscribe', id: 's', target: BOB, event: 'dialog' })
    pair.run(500)
    expect(pair.of('alice', 'subscription-ended')).toMatchObject([{ cause: 'response', status: 489 }])
    expect(pair.responses('bob', 489)[0]?.headers.get('Allow-Events')).toBe('conference, presence')
  })

  it('finds no room beyond the limit', () => {
    const pair = pairOf('udp', {}, { limits: { subscriptions: 1 } })
    subscribed(pair)
    pair.command('alice', { name: 'subscribe', id: 't', target: BOB, event: 'conference' })
    pair.run(500)
    expect(pair.responses('bob', 503)[0]?.headers.get('Retry-After')).toBe('30')
  })
})
