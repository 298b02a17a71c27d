import { describe, expect, it } from 'vitest'
import { established, SipPair, sdp, text } from '../kit/sip-pair.js'

describe('offers inside the dialog', () => {
  it('collide: both get 491, wait as the rule says, and both finish @req SIP-21 SIP-22 SND-7', () => {
    const pair = new SipPair('tcp', { latency: 50 })
    const bob = established(pair)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('close m1') })
    pair.command('bob', { name: 'offer', id: bob, body: sdp('abort m2') })
    pair.run(300)
    const [atAlice] = pair.of('alice', 'refused')
    const [atBob] = pair.of('bob', 'refused')
    expect([atAlice?.status, atBob?.status]).toEqual([491, 491])
    expect(atAlice?.retryAfter).toBeGreaterThanOrEqual(2100)
    expect(atAlice?.retryAfter).toBeLessThanOrEqual(4000)
    expect(atBob?.retryAfter).toBeLessThanOrEqual(2000)
    expect(((atAlice?.retryAfter ?? 1) % 10) + ((atBob?.retryAfter ?? 1) % 10)).toBe(0)
    pair.run(atBob?.retryAfter ?? 0)
    pair.command('bob', { name: 'offer', id: bob, body: sdp('abort m2') })
    pair.run(300)
    pair.command('alice', { name: 'accept', id: 'a', body: sdp('aborted m2') })
    pair.run(atAlice?.retryAfter ?? 0)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('close m1') })
    pair.run(300)
    pair.command('bob', { name: 'accept', id: bob, body: sdp('closed m1') })
    pair.run(1000)
    expect(pair.of('bob', 'answered').map(event => text(event.body?.bytes))).toEqual(['aborted m2'])
    expect(pair.of('alice', 'answered').map(event => text(event.body?.bytes))).toEqual(['closed m1'])
  })

  it('refuses our own second offer and an offer while the peer waits for us, without sending @req SND-6', () => {
    const pair = new SipPair('tcp')
    const bob = established(pair)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('one') })
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('two') })
    expect(pair.of('alice', 'refused')).toMatchObject([{ status: 491 }])
    pair.run(300)
    pair.command('bob', { name: 'offer', id: bob, body: sdp('three') })
    expect(pair.of('bob', 'refused')).toMatchObject([{ status: 491 }])
    expect(pair.requests('alice', 'INVITE').length + pair.requests('bob', 'INVITE').length).toBe(2)
  })

  it('holds an offer of the callee until its 200 is confirmed', () => {
    const pair = new SipPair('udp', { latency: 50 })
    pair.command('alice', { name: 'invite', id: 'a', to: 'sip:bob@192.0.2.20:5060', body: sdp('offer') })
    pair.run(200)
    const id = pair.of('bob', 'incoming')[0]?.id as string
    pair.command('bob', { name: 'accept', id, body: sdp('answer') })
    pair.command('bob', { name: 'offer', id, body: sdp('more') })
    expect(pair.requests('bob', 'INVITE').length).toBe(0)
    pair.run(500)
    expect(pair.of('alice', 'offered').map(event => text(event.body.bytes))).toEqual(['more'])
  })

  it('leaves the session as it was when a re-INVITE fails @req SIP-23 D-11', () => {
    const pair = new SipPair('udp')
    const bob = established(pair)
    for (const status of [488, 504, 500, 603]) {
      pair.command('alice', { name: 'offer', id: 'a', body: sdp('new') })
      pair.run(300)
      pair.command('bob', { name: 'reject', id: bob, status })
      pair.run(6000)
    }
    expect(pair.of('alice', 'refused').map(event => event.status)).toEqual([488, 504, 500, 603])
    expect(pair.of('alice', 'ended')).toEqual([])
    pair.command('alice', { name: 'bye', id: 'a' })
    pair.run(300)
    expect(pair.of('bob', 'ended').length).toBe(1)
  })

  it('ends the dialog when a re-INVITE gets 481 or 408 or no answer @req SIP-23 SND-7', () => {
    for (const status of [481, 408, 0]) {
      const pair = new SipPair('udp')
      const bob = established(pair)
      if (status === 0) pair.filter = passing => (passing.from === 'bob' ? 'drop' : undefined)
      pair.command('alice', { name: 'offer', id: 'a', body: sdp('new') })
      pair.run(300)
      if (status !== 0) pair.command('bob', { name: 'reject', id: bob, status })
      // a peer that only answered 100 is asked for four minutes, then cancelled
      pair.run(400_000)
      expect(pair.of('alice', 'ended')).toMatchObject([{ by: status === 481 ? 'remote' : 'timeout' }])
      expect(pair.requests('alice', 'BYE').length > 0).toBe(status !== 481)
    }
  })

  it('tells the callee that the peer took its offer back', () => {
    const pair = new SipPair('tcp')
    const bob = established(pair)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('new') })
    pair.run(200_000)
    expect(pair.of('bob', 'offer-withdrawn')).toEqual([{ name: 'offer-withdrawn', id: bob }])
    expect(pair.of('alice', 'refused').length).toBe(1)
    expect(pair.of('bob', 'ended')).toEqual([])
  })

  it('answers an open offer with 487 when the dialog ends @req SIP-19', () => {
    const pair = new SipPair('tcp')
    const bob = established(pair)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('new') })
    pair.run(200)
    pair.command('alice', { name: 'bye', id: 'a' })
    pair.run(500)
    expect(pair.responses('bob', 487).length).toBe(1)
    expect(pair.of('bob', 'ended')).toMatchObject([{ id: bob, by: 'remote' }])
    expect(pair.of('alice', 'ended')).toMatchObject([{ by: 'local' }])
    expect(pair.of('alice', 'refused')).toEqual([])
  })

  it('survives both sides leaving at once @req SIP-19', () => {
    const pair = new SipPair('tcp', { latency: 50 })
    const bob = established(pair)
    pair.command('alice', { name: 'bye', id: 'a' })
    pair.command('bob', { name: 'bye', id: bob })
    pair.run(1000)
    expect(pair.of('alice', 'ended').length).toBe(1)
    expect(pair.of('bob', 'ended').length).toBe(1)
  })

  it('goes on over a new connection when the old one broke between requests @req SIP-38', () => {
    const pair = new SipPair('tcp')
    const bob = established(pair)
    pair.breakStreams()
    pair.run(100)
    expect(pair.of('alice', 'ended')).toEqual([])
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('again') })
    pair.run(300)
    pair.command('bob', { name: 'accept', id: bob, body: sdp('yes') })
    pair.run(300)
    expect(pair.of('alice', 'answered').length).toBe(1)
  })

  it('reports the end when a request in the dialog finds no connection', () => {
    const pair = new SipPair('tcp')
    established(pair)
    pair.breakStreams()
    pair.run(100)
    pair.refuseConnections = true
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('again') })
    pair.run(1000)
    expect(pair.of('alice', 'ended')).toMatchObject([{ by: 'transport' }])
  })
})

describe('the session timer', () => {
  const HOUR = 3_600_000

  it('is agreed, refreshed at half time by UPDATE without a description, and nobody is asked @req SIP-25 SIP-26', () => {
    const pair = new SipPair('tcp')
    established(pair)
    const invite = pair.requests('alice', 'INVITE')[0]
    expect([invite?.headers.get('session-expires'), invite?.headers.get('min-se')]).toEqual(['1800', '90'])
    const ok = pair.responses('bob', 200, 'INVITE')[0]
    expect([ok?.headers.get('session-expires'), ok?.headers.get('require')]).toEqual(['1800;refresher=uac', 'timer'])
    pair.run(899_000)
    expect(pair.requests('alice', 'UPDATE').length).toBe(0)
    pair.run(HOUR)
    const updates = pair.requests('alice', 'UPDATE')
    expect(updates.length).toBe(4)
    expect(updates[0]?.body.length).toBe(0)
    expect(updates[0]?.headers.get('session-expires')).toBe('1800;refresher=uac')
    expect(pair.requests('bob', 'UPDATE').length).toBe(0)
    expect(pair.names('bob')).toEqual(['incoming', 'confirmed'])
    expect(pair.names('alice')).toEqual(['provisional', 'established'])
  })

  it('is refreshed by re-INVITE with the description that holds when the peer knows no UPDATE @req SIP-26', () => {
    const pair = new SipPair('udp', {}, { bob: { allow: ['INVITE', 'ACK', 'CANCEL', 'BYE'] } })
    const bob = established(pair)
    pair.run(900_000)
    expect(pair.of('bob', 'offered').map(event => text(event.body.bytes))).toEqual(['offer 1'])
    pair.command('bob', { name: 'accept', id: bob, body: sdp('answer 1') })
    pair.run(1000)
    expect(pair.of('alice', 'answered')).toEqual([])
    // past the end of the first interval, before the next refresh
    pair.run(880_000)
    expect(pair.of('alice', 'ended')).toEqual([])
  })

  it('ends the session by BYE when no refresh comes, 32 s before the interval is over @req SIP-26', () => {
    const pair = new SipPair('udp')
    const bob = established(pair)
    const start = pair.now
    // Alice, who refreshes, finds the peer silent after timer F and leaves; her BYE is lost too
    pair.filter = passing => (passing.from === 'alice' ? 'drop' : undefined)
    pair.run(1_767_000)
    expect(pair.of('bob', 'ended')).toEqual([])
    pair.run(1500)
    expect(pair.requests('bob', 'BYE').length).toBeGreaterThan(0)
    pair.run(33_000)
    expect(pair.of('bob', 'ended')).toMatchObject([{ id: bob, by: 'timeout' }])
    expect(pair.of('alice', 'ended')).toMatchObject([{ by: 'timeout' }])
    expect(pair.now - start).toBeGreaterThan(1_768_000)
  })

  it('asks again with a longer interval after 422 @req SIP-25', () => {
    const pair = new SipPair('tcp', {}, { alice: { limits: { sessionExpires: 100 } }, bob: { limits: { minSessionExpires: 600 } } })
    established(pair)
    expect(pair.responses('bob', 422).map(response => response.headers.get('min-se'))).toEqual(['600'])
    const invites = pair.requests('alice', 'INVITE')
    expect(invites.map(invite => invite.headers.get('session-expires'))).toEqual(['100', '600'])
    expect(invites[1]?.headers.get('min-se')).toBe('600')
    expect(invites[1]?.headers.get('call-id')).toBe(invites[0]?.headers.get('call-id'))
    expect(invites.map(invite => invite.headers.get('cseq'))).toEqual(['1 INVITE', '2 INVITE'])
    expect(pair.of('bob', 'incoming').length).toBe(1)
    expect(pair.of('alice', 'established').length).toBe(1)
  })

  it('never goes below 90 seconds @req SIP-25', () => {
    const pair = new SipPair('tcp', {}, { alice: { limits: { sessionExpires: 30, minSessionExpires: 10 } } })
    established(pair)
    expect(pair.requests('alice', 'INVITE')[0]?.headers.get('session-expires')).toBe('90')
  })
})
