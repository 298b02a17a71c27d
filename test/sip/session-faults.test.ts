import { describe, expect, it } from 'vitest'
import { established, type Passing, SipPair, sdp, text } from '../kit/sip-pair.js'

const TO_BOB = 'sip:bob@192.0.2.20:5060'
const isResponse = (passing: Passing, status: number, method: string) =>
  passing.message.kind === 'response' && passing.message.status === status && passing.message.headers.get('cseq')?.endsWith(method) === true
const isRequest = (passing: Passing, method: string) => passing.message.kind === 'request' && passing.message.method === method

/** Loses the first `count` messages that fit. */
function lose(pair: SipPair, count: number, fits: (passing: Passing) => boolean): void {
  let left = count
  pair.filter = passing => (fits(passing) && left-- > 0 ? 'drop' : undefined)
}

function calling(pair: SipPair): string {
  pair.command('alice', { name: 'invite', id: 'a', to: TO_BOB + (pair.transport === 'tcp' ? ';transport=tcp' : ''), body: sdp('offer') })
  pair.run(200)
  return pair.of('bob', 'incoming')[0]?.id as string
}

describe('messages that get lost', () => {
  it('repeats the 200 until the ACK comes, and the ACK for each copy @req SIP-15', () => {
    const pair = new SipPair('udp')
    lose(pair, 2, passing => isResponse(passing, 200, 'INVITE'))
    const bob = established(pair)
    pair.run(5000)
    expect(pair.responses('bob', 200, 'INVITE').length).toBe(3)
    expect(pair.of('bob', 'confirmed')).toEqual([{ name: 'confirmed', id: bob }])
    expect(pair.of('alice', 'established').length).toBe(1)
  })

  it('answers each copy of the 200 with an ACK when ACKs are lost, over TCP too @req SIP-15', () => {
    for (const transport of ['udp', 'tcp'] as const) {
      const pair = new SipPair(transport)
      lose(pair, 3, passing => isRequest(passing, 'ACK'))
      established(pair)
      pair.run(10_000)
      expect(pair.requests('alice', 'ACK').length).toBe(4)
      expect(pair.of('bob', 'confirmed').length).toBe(1)
      expect(pair.of('alice', 'established').length).toBe(1)
    }
  })

  it('ends the dialog by BYE when no ACK comes for 64*T1 @req SIP-15', () => {
    const pair = new SipPair('udp')
    pair.filter = passing => (isRequest(passing, 'ACK') ? 'drop' : undefined)
    const bob = established(pair)
    pair.run(30_000)
    expect(pair.requests('bob', 'BYE').length).toBe(0)
    pair.run(3000)
    expect(pair.requests('bob', 'BYE').length).toBe(1)
    expect(pair.of('bob', 'ended')).toMatchObject([{ id: bob, by: 'timeout' }])
    expect(pair.of('alice', 'ended')).toMatchObject([{ id: 'a', by: 'remote' }])
  })

  it('gives up an INVITE nobody answers after timer B @req SIP-39', () => {
    const pair = new SipPair('udp')
    pair.filter = () => 'drop'
    calling(pair)
    pair.run(31_700)
    expect(pair.of('alice', 'rejected')).toEqual([])
    pair.run(200)
    expect(pair.of('alice', 'rejected')).toEqual([{ name: 'rejected', id: 'a', cause: 'timeout' }])
    expect(pair.requests('alice', 'INVITE').length).toBe(7)
    expect(pair.agents.alice.deadline).toBeUndefined()
  })

  it('gives up a BYE nobody answers after timer F and forgets the dialog @req SIP-19', () => {
    const pair = new SipPair('udp')
    established(pair)
    pair.filter = () => 'drop'
    pair.command('alice', { name: 'bye', id: 'a' })
    pair.run(31_900)
    expect(pair.of('alice', 'ended')).toEqual([])
    pair.run(200)
    expect(pair.of('alice', 'ended')).toMatchObject([{ by: 'local' }])
  })

  it('stops repeating a 488 after timer H when no ACK comes @req SIP-39', () => {
    const pair = new SipPair('udp')
    pair.filter = passing => (isRequest(passing, 'ACK') ? 'drop' : undefined)
    const id = calling(pair)
    pair.command('bob', { name: 'reject', id, status: 488, headers: [['Warning', '399 bob "No file accepted"']] })
    pair.run(40_000)
    expect(pair.responses('bob', 488).length).toBe(11)
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'response', status: 488 }])
    expect(pair.of('alice', 'rejected')[0]?.response?.headers.get('warning')).toBe('399 bob "No file accepted"')
    expect(pair.agents.bob.deadline).toBeUndefined()
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('finishes a whole session over a bad network, seed %i @req SIP-15 SIP-39', seed => {
    const pair = new SipPair('udp', { loss: 0.25, duplication: 0.15, reordering: 0.3, seed, latency: 40 })
    pair.command('alice', { name: 'invite', id: 'a', to: TO_BOB, body: sdp('offer') })
    pair.run(20_000)
    const id = pair.of('bob', 'incoming')[0]?.id as string
    pair.command('bob', { name: 'ring', id })
    pair.run(1000)
    pair.command('bob', { name: 'accept', id, body: sdp('answer') })
    pair.run(25_000)
    expect(pair.names('bob')).toEqual(['incoming', 'confirmed'])
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('offer 2') })
    pair.run(20_000)
    pair.command('bob', { name: 'accept', id, body: sdp('answer 2') })
    pair.run(25_000)
    expect(pair.of('alice', 'answered').map(event => text(event.body?.bytes))).toEqual(['answer 2'])
    pair.command('bob', { name: 'bye', id })
    pair.run(80_000)
    expect(pair.of('alice', 'ended')).toMatchObject([{ by: 'remote' }])
    expect(pair.of('bob', 'ended')).toMatchObject([{ by: 'local' }])
    expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it('reads messages cut anywhere on a stream', () => {
    for (const seed of [1, 2, 3, 4]) {
      const pair = new SipPair('tcp', { split: true, seed })
      established(pair)
      expect(pair.of('alice', 'established').length).toBe(1)
    }
  })
})

describe('CANCEL', () => {
  it.each(['udp', 'tcp'] as const)('is answered 200 and the INVITE 487 over %s, the prompt disappears @req SIP-18 SND-10', transport => {
    const pair = new SipPair(transport)
    const id = calling(pair)
    pair.command('bob', { name: 'ring', id })
    pair.run(100)
    const reason = 'SIP;cause=200;text="Call completed elsewhere"'
    pair.command('alice', { name: 'cancel', id: 'a', reason })
    pair.run(500)
    expect(pair.responses('bob', 200, 'CANCEL').length).toBe(1)
    expect(pair.responses('bob', 487).length).toBe(1)
    expect(pair.of('bob', 'cancelled')).toEqual([{ name: 'cancelled', id, reason }])
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'cancelled', status: 487 }])
    pair.run(60_000)
    expect(pair.names('bob')).toEqual(['incoming', 'cancelled'])
    expect(pair.agents.bob.deadline).toBeUndefined()
  })

  it('waits for the first provisional response @req SIP-18', () => {
    const pair = new SipPair('udp')
    let silent = true
    pair.filter = passing => (silent && passing.from === 'bob' ? 'drop' : undefined)
    calling(pair)
    pair.command('alice', { name: 'cancel', id: 'a' })
    pair.run(1000)
    expect(pair.requests('alice', 'CANCEL').length).toBe(0)
    silent = false
    pair.run(3000)
    expect(pair.requests('alice', 'CANCEL').length).toBe(1)
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'cancelled' }])
  })

  it('crosses with the 200: ACK, then BYE, and both sides are done @req SIP-18', () => {
    const pair = new SipPair('tcp', { latency: 50 })
    const id = calling(pair)
    pair.command('bob', { name: 'accept', id, body: sdp('answer') })
    pair.command('alice', { name: 'cancel', id: 'a' })
    pair.run(1000)
    expect(pair.requests('alice', 'ACK').length).toBe(1)
    expect(pair.requests('alice', 'BYE').length).toBe(1)
    expect(pair.names('alice')).toEqual(['rejected'])
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'cancelled' }])
    expect(pair.names('bob')).toEqual(['incoming', 'confirmed', 'ended'])
  })

  it('that has no effect for 64*T1 ends the INVITE anyway @req SIP-18', () => {
    const pair = new SipPair('udp')
    calling(pair)
    pair.filter = passing => (passing.from === 'bob' ? 'drop' : undefined)
    pair.command('alice', { name: 'cancel', id: 'a' })
    pair.run(31_000)
    expect(pair.of('alice', 'rejected')).toEqual([])
    pair.run(2000)
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'cancelled' }])
    expect(pair.agents.alice.deadline).toBeUndefined()
  })

  it('goes out by itself when the peer rings for ever', () => {
    const pair = new SipPair('udp', {}, { bob: {} })
    const id = calling(pair)
    pair.command('bob', { name: 'ring', id })
    // Bob would answer 480 by himself at the same time: his final responses are lost
    pair.filter = passing => (isResponse(passing, 480, 'INVITE') || isResponse(passing, 487, 'INVITE') ? 'drop' : undefined)
    pair.run(239_000)
    expect(pair.requests('alice', 'CANCEL').length).toBe(0)
    pair.run(60_000)
    expect(pair.requests('alice', 'CANCEL').length).toBeGreaterThan(0)
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'timeout' }])
  })
})

describe('an INVITE the callee does not take', () => {
  it('is repeated as 180 every minute and ends with 480 in the end @req D-7', () => {
    const pair = new SipPair('udp')
    const id = calling(pair)
    pair.command('bob', { name: 'ring', id })
    pair.run(179_000)
    expect(pair.responses('bob', 180).length).toBe(3)
    pair.run(5000)
    expect(pair.responses('bob', 480).length).toBe(1)
    expect(pair.of('bob', 'ended')).toMatchObject([{ id, by: 'timeout' }])
  })

  it('is refused with the status the application chose', () => {
    const pair = new SipPair('tcp')
    const id = calling(pair)
    pair.command('bob', { name: 'reject', id, status: 486, headers: [['Retry-After', '60']] })
    pair.run(500)
    expect(pair.of('alice', 'rejected')).toMatchObject([{ cause: 'response', status: 486 }])
    expect(pair.requests('alice', 'ACK').length).toBe(1)
    pair.command('bob', { name: 'accept', id, body: sdp('late') })
    pair.run(500)
    expect(pair.names('alice')).toEqual(['rejected'])
  })

  it('fails with a transport error when nobody listens', () => {
    const pair = new SipPair('tcp')
    pair.refuseConnections = true
    pair.command('alice', { name: 'invite', id: 'a', to: `${TO_BOB};transport=tcp`, body: sdp('offer') })
    pair.run(100)
    expect(pair.of('alice', 'rejected')).toEqual([{ name: 'rejected', id: 'a', cause: 'transport' }])
  })

  it('fails with a transport error when the connection breaks under it', () => {
    const pair = new SipPair('tcp')
    calling(pair)
    pair.breakStreams()
    pair.run(100)
    expect(pair.of('alice', 'rejected')).toEqual([{ name: 'rejected', id: 'a', cause: 'transport' }])
  })
})
