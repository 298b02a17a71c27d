import { describe, expect, it } from 'vitest'
import { established, SipPair, sdp, text } from '../kit/sip-pair.js'

describe.each(['udp', 'tcp'] as const)('a session over %s', transport => {
  it('goes from INVITE over 180, 200 and ACK to a re-INVITE and BYE @req SIP-13 SIP-19', () => {
    const pair = new SipPair(transport)
    const bob = established(pair)
    expect(pair.of('alice', 'provisional').map(event => event.status)).toEqual([180])
    expect(pair.of('alice', 'established').map(event => text(event.body?.bytes))).toEqual(['answer 1'])
    expect(pair.names('bob')).toEqual(['incoming', 'confirmed'])
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('offer 2') })
    pair.run(500)
    expect(pair.of('bob', 'offered').map(event => text(event.body.bytes))).toEqual(['offer 2'])
    pair.command('bob', { name: 'accept', id: bob, body: sdp('answer 2') })
    pair.run(500)
    expect(pair.of('alice', 'answered').map(event => text(event.body?.bytes))).toEqual(['answer 2'])
    pair.command('bob', { name: 'offer', id: bob, body: sdp('offer 3') })
    pair.run(500)
    pair.command('alice', { name: 'reject', id: 'a', status: 488 })
    pair.run(500)
    expect(pair.of('bob', 'refused').map(event => event.status)).toEqual([488])
    // an accepted INVITE is over, though late answers to it may come
    expect(pair.agents.alice.awaitsAnswers).toBe(false)
    pair.command('alice', { name: 'bye', id: 'a', reason: 'SIP;cause=200;text="transfer complete"' })
    expect(pair.agents.alice.awaitsAnswers).toBe(true)
    pair.run(500)
    expect(pair.agents.alice.awaitsAnswers).toBe(false)
    expect(pair.of('alice', 'ended')).toEqual([{ name: 'ended', id: 'a', by: 'local', reason: 'SIP;cause=200;text="transfer complete"' }])
    expect(pair.of('bob', 'ended')).toEqual([{ name: 'ended', id: bob, by: 'remote', reason: 'SIP;cause=200;text="transfer complete"' }])
    pair.run(40_000)
    expect(pair.agents.bob.deadline).toBeUndefined()
  })
})
