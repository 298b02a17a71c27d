import { describe, expect, it } from 'vitest'
import { FinishedTransactions } from '../../src/sip/finished-transactions.js'
import type { Source } from '../../src/sip/flows.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'

const address = { host: '192.0.2.1', port: 5060 }
const source = (flow: string): Source => ({ flow, transport: 'udp', local: address, remote: address })
const transaction = (key: string, flow = 'udp/a') => ({
  key,
  source: source(flow),
  back: address,
  response: new Uint8Array(1),
  mergeKey: undefined,
})

describe('finished transactions', () => {
  it('go in the order they came, each when its time is over', () => {
    const finished = new FinishedTransactions()
    expect([finished.deadline, finished.size]).toEqual([undefined, 0])
    finished.add(transaction('1'), 10)
    finished.add(transaction('2'), 20)
    expect([finished.deadline, finished.size, finished.get('2')?.key]).toEqual([10, 2, '2'])
    expect(finished.take(9)).toEqual([])
    expect(finished.take(10).map(({ key }) => key)).toEqual(['1'])
    expect([finished.deadline, finished.get('1')]).toEqual([20, undefined])
    expect(finished.take(99).map(({ key }) => key)).toEqual(['2'])
    finished.add(transaction('3'), 30)
    expect([finished.deadline, finished.size]).toEqual([30, 1])
  })

  it('of a flow that is gone go before their time, the others stay in their order', () => {
    const finished = new FinishedTransactions()
    for (const [key, flow] of ['a', 'b', 'a', 'b'].entries()) finished.add(transaction(`${key}`, `udp/${flow}`), key)
    expect(finished.takeFrom('udp/c')).toEqual([])
    expect(finished.takeFrom('udp/a').map(({ key }) => key)).toEqual(['0', '2'])
    expect([finished.deadline, finished.size]).toEqual([1, 2])
    expect(finished.take(9).map(({ key }) => key)).toEqual(['1', '3'])
  })

  it('answer copies for 64*T1, and no longer than their peer can be reached', () => {
    const hand = new SipHand('udp')
    const bye = (branch: string) => hand.receive(requestLines('BYE', { callId: 'c', branch })).statuses()
    bye('z9hG4bK1')
    // the same request by another way (RFC 3261 §8.2.2.2)
    expect(bye('z9hG4bK2')).toEqual([481, 482])
    expect(bye('z9hG4bK1')).toEqual([481, 482, 481])
    hand.closed(hand.sent[0]?.flow ?? '')
    expect(bye('z9hG4bK2')).toEqual([481, 482, 481, 481])
    hand.run(32_000)
    expect(bye('z9hG4bK3').slice(4)).toEqual([481])
  })
})
