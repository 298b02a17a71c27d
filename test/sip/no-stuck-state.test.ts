import { describe, expect, it } from 'vitest'
import { requestLines, SipHand } from '../kit/sip-hand.js'
import { SipPair, sdp, seededRandom } from '../kit/sip-pair.js'

type Side = 'alice' | 'bob'
const LONG = 3 * 3_600_000
const OVER = ['rejected', 'cancelled', 'ended']

function dice(seed: number): (below: number) => number {
  const random = seededRandom(seed)
  return below => ((random(1)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % below
}

/** Commands in any order, sensible or not, from both sides of several sessions. */
function riot(pair: SipPair, seed: number): { side: Side; id: string }[] {
  const roll = dice(seed)
  const usages: { side: Side; id: string }[] = []
  const to = pair.transport === 'tcp' ? 'sip:bob@192.0.2.20:5060;transport=tcp' : 'sip:bob@192.0.2.20:5060'
  for (let call = 0; call < 4; call++) {
    pair.command('alice', { name: 'invite', id: `a${call}`, to, body: sdp('offer') })
    usages.push({ side: 'alice', id: `a${call}` })
  }
  for (let turn = 0; turn < 60; turn++) {
    pair.run(roll(400))
    for (const event of pair.of('bob', 'incoming'))
      if (!usages.some(usage => usage.id === event.id)) usages.push({ side: 'bob', id: event.id })
    const { side, id } = usages[roll(usages.length)] as { side: Side; id: string }
    const name = (['ring', 'accept', 'accept', 'accept', 'reject', 'offer', 'offer', 'cancel', 'bye'] as const)[roll(9)] ?? 'ring'
    if (name === 'accept' || name === 'offer') pair.command(side, { name, id, body: sdp(`${name} ${turn}`) })
    else if (name === 'reject') pair.command(side, { name, id, status: 488 })
    else pair.command(side, { name, id })
    if (roll(30) === 0) pair.breakStreams()
  }
  return usages
}

describe('whatever happens', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('every session ends when the network goes silent, seed %i @req SND-1', seed => {
    const transport = seed % 2 === 0 ? 'tcp' : 'udp'
    const pair = new SipPair(transport, { loss: 0.1, duplication: 0.1, reordering: 0.2, seed })
    const usages = riot(pair, seed)
    pair.filter = () => 'drop'
    pair.refuseConnections = true
    pair.run(LONG)
    for (const { side, id } of usages) {
      const last = pair.events
        .filter(entry => entry.side === side && 'id' in entry.event && entry.event.id === id)
        .map(entry => entry.event.name)
      // a callee that refuses an INVITE itself knows without an event
      const over = last.some(name => OVER.includes(name)) || (side === 'bob' && !last.includes('confirmed'))
      expect([side, id, last, over]).toEqual([side, id, last, true])
    }
    if (transport === 'udp') expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it.each([1, 2, 3, 4])('every session can be ended while the network works, seed %i @req SND-1', seed => {
    const pair = new SipPair('udp', { loss: 0.1, seed })
    const usages = riot(pair, seed + 100)
    for (const { side, id } of usages) pair.command(side, { name: 'bye', id })
    pair.run(200_000)
    expect([pair.agents.alice.deadline, pair.agents.bob.deadline]).toEqual([undefined, undefined])
  })

  it('broken and mutated messages never throw and leave nothing behind @req SIP-36', () => {
    const roll = dice(5)
    const fresh = (turn: number) => {
      const ask = { callId: `c${turn % 97}`, cseq: 1 + (turn % 5) }
      return [
        requestLines('INVITE', { ...ask, body: 'offer', headers: ['Require: 100rel', 'Session-Expires: 200', 'Supported: timer'] }),
        requestLines('INVITE', { ...ask, branch: `z9hG4bK${turn % 50}`, body: 'offer' }),
        requestLines('BYE', { ...ask, toTag: 'x' }),
        requestLines('CANCEL', { ...ask, branch: `z9hG4bK${turn % 50}` }),
        requestLines('ACK', { ...ask, toTag: 'x' }),
        requestLines('OPTIONS', { ...ask, headers: ['Accept-Contact: *;+g.x="a";require'] }),
      ][roll(6)] as string
    }
    const hand = new SipHand('udp')
    for (let turn = 0; turn < 3000; turn++) {
      let text = fresh(turn)
      for (let change = roll(4); change > 0; change--) {
        const at = roll(text.length)
        const with_ = ['', '\r\n', ';', '"', '<', ',', '\0', '9999999999', text.slice(at, at + 30), String.fromCharCode(roll(256))][
          roll(10)
        ] as string
        text = text.slice(0, at) + with_ + text.slice(at + roll(3))
      }
      hand.receive(text)
      hand.now += 20
    }
    hand.run(400_000)
    for (const { id } of hand.of('incoming')) hand.command({ name: 'reject', id, status: 486 })
    hand.run(100_000)
    expect(hand.agent.deadline).toBeUndefined()
    expect(hand.of('incoming').length).toBeGreaterThan(20)
  })
})
