import { describe, expect, it } from 'vitest'
import { bestOutcome } from '../../src/sip/best-response.js'
import type { SipRequest, SipResponse } from '../../src/sip/index.js'
import { RINGING_LIMIT } from '../../src/sip/limits.js'
import { askLines, bobAt, ProxyHand, type ProxySent, targetAt } from '../kit/proxy-hand.js'
import { responseLines } from '../kit/sip-hand.js'

const BRANCH = 'z9hG4bKupstream'
const invite = (hand = new ProxyHand(), method = 'INVITE') => hand.receive(askLines(method, { branch: BRANCH }))
const cancel = (hand: ProxyHand, headers: readonly string[] = []) => hand.receive(askLines('CANCEL', { branch: BRANCH, headers }))
const reasons = (hand: ProxyHand) => hand.forwarded('CANCEL').map(({ message, remote }) => [remote?.host, message.headers.get('reason')])
/** Forks to `count` user agents of Bob and gives what they got. */
const fork = (count: number, method = 'INVITE') => {
  const hand = invite(undefined, method).forward(Array.from({ length: count }, (_, index) => targetAt(index)))
  return { hand, to: hand.forwarded(method) as [ProxySent, ProxySent, ProxySent] }
}
/** Answers every CANCEL and what it cancels, as user agents do. */
const letGo = (hand: ProxyHand) => {
  for (const sent of hand.forwarded('CANCEL')) {
    hand.respond(sent, 200)
    const same = hand.forwarded('INVITE').find(({ message }) => message.headers.get('via') === sent.message.headers.get('via'))
    hand.respond(same as ProxySent, 487)
  }
}

describe('the response that goes back (RFC 3261 §16.7)', () => {
  it.each([
    [[404], 404],
    [[486, 603, 404], 603],
    [[603, 600], 603],
    [[500, 404, 302], 302],
    [[500, 404], 404],
    [[503, 500], 500],
    [[503], 503],
    [[404, 401], 401],
    [[415, 407], 407],
    [[404, 415], 415],
    [[486, 420], 420],
    [[484, 486], 484],
    [[408, 486], 486],
    [[480, 488], 488],
    [[487, 488], 488],
    [[408, 487], 487],
    [[480, 430], 480],
    [[486, 488], 486],
  ])('of %j is %d', (statuses, best) => {
    const outcomes = statuses.map(status => ({ status, response: { status } as SipResponse }))
    expect(bestOutcome(outcomes).status).toBe(best)
  })

  it.each([
    ['a 503 of the network below a 500 of a server', [503], [500], 500],
    ['silence below a 480 that somebody said', [408], [480], 480],
    ['a lost flow below silence of the peer', [430], [408], 408],
  ])('%s', (_, silent, said, best) => {
    const outcomes = [...silent.map(status => ({ status })), ...said.map(status => ({ status, response: { status } as SipResponse }))]
    expect(bestOutcome(outcomes)).toMatchObject({ status: best, response: { status: best } })
  })

  it('waits for all branches, and a decline of one device does not end the others @req RCS-11', () => {
    const { hand, to } = fork(3)
    hand.respond(to[0], 488).respond(to[1], 180, { toTag: 'b1' })
    expect([hand.statuses(), hand.forwarded('CANCEL')]).toEqual([[180], []])
    hand.respond(to[2], 480).respond(to[1], 486)
    expect(hand.statuses()).toEqual([180, 488])
    expect(hand.of('finished')).toEqual([{ name: 'finished', id: hand.asked.id, method: 'INVITE', status: 488 }])
  })

  it('is the first 2xx, and the other devices are told that somebody else took it @req RCS-11', () => {
    const { hand, to } = fork(3)
    for (const sent of to) hand.respond(sent, 180)
    hand.respond(to[1], 200)
    expect(hand.statuses()).toEqual([180, 180, 180, 200])
    const reason = 'SIP;cause=200;text="Call completed elsewhere"'
    expect(reasons(hand)).toEqual([
      ['192.0.2.20', reason],
      ['192.0.2.22', reason],
    ])
    letGo(hand)
    expect([hand.statuses().at(-1), hand.of('finished').length]).toEqual([200, 1])
    hand.run(64_000)
    expect(hand.proxy.size).toBe(0)
  })

  it('is every 2xx to an INVITE, late ones and copies too', () => {
    const { hand, to } = fork(2)
    hand.respond(to[0], 180).respond(to[1], 180).respond(to[0], 200, { toTag: 'b1' })
    hand.respond(to[1], 200, { toTag: 'b2' }).respond(to[0], 200, { toTag: 'b1' }).respond(to[1], 180).respond(to[1], 486)
    expect(hand.statuses()).toEqual([180, 180, 200, 200, 200])
    expect(hand.of('finished').length).toBe(1)
  })

  it('but the first alone of any other request', () => {
    const { hand, to } = fork(2, 'MESSAGE')
    hand.respond(to[0], 200).respond(to[1], 202)
    expect([hand.statuses(), hand.forwarded('CANCEL')]).toEqual([[200], []])
    hand.run(64_000)
    expect(hand.proxy.size).toBe(0)
  })

  it('a 6xx ends the others, and goes back when they have ended', () => {
    const { hand, to } = fork(2)
    hand.respond(to[1], 180).respond(to[0], 603)
    expect(hand.statuses()).toEqual([180])
    expect(reasons(hand)).toEqual([['192.0.2.21', 'SIP;cause=603;text="Decline"']])
    hand.respond(to[1], 487)
    expect(hand.statuses()).toEqual([180, 603])
  })

  it('a 6xx starts nobody else', () => {
    const hand = invite().forward([targetAt(0, { q: 1 }), targetAt(1, { q: 0.5 })])
    hand.respond(hand.forwarded('INVITE')[0] as ProxySent, 600)
    expect([hand.forwarded('INVITE').length, hand.statuses()]).toEqual([1, [600]])
  })

  it('has no Via of ours, and a response without any other goes nowhere', () => {
    const { hand, to } = fork(2)
    const ours = to[0].message.headers.get('via') as string
    const alone = (sent: ProxySent, status: number) => {
      const text = responseLines(sent.message as SipRequest, status)
      return text
        .split('\r\n')
        .filter(line => !line.startsWith('Via: ') || line.includes('192.0.2.1:'))
        .join('\r\n')
    }
    hand.receive(alone(to[0], 180), bobAt(0)).receive(alone(to[0], 200), bobAt(0))
    expect(hand.statuses()).toEqual([])
    // in one line
    const [top, below] = to[1].message.headers.getAll('via')
    const joined = responseLines(to[1].message as SipRequest, 183).replace(`Via: ${top}\r\nVia: ${below}`, `Via: ${top}, ${below}`)
    hand.receive(joined, bobAt(1))
    expect(hand.responses().at(-1)?.headers.getAll('via')).toEqual([below])
    expect(hand.responses().at(-1)?.headers.getAll('via')).not.toContain(ours)
    hand.receive(alone(to[1], 486), bobAt(1))
    expect(hand.responses().at(-1)).toMatchObject({ status: 486, headers: { size: 6 } })
    const only = fork(1)
    only.hand.receive(alone(only.to[0], 200), bobAt(0))
    expect(only.hand.statuses()).toEqual([502])
  })

  it('challenges of all branches go back together', () => {
    const { hand, to } = fork(3)
    hand.respond(to[0], 401, { headers: ['WWW-Authenticate: Digest realm="a"'] })
    hand.respond(to[1], 404, { headers: ['WWW-Authenticate: Digest realm="no"'] })
    hand.respond(to[2], 407, { headers: ['Proxy-Authenticate: Digest realm="b"', 'Proxy-Authenticate: Digest realm="c"'] })
    const last = hand.responses().at(-1)
    expect(last?.status).toBe(401)
    expect(last?.headers.getAll('www-authenticate')).toEqual(['Digest realm="a"'])
    expect(last?.headers.getAll('proxy-authenticate')).toEqual(['Digest realm="b"', 'Digest realm="c"'])
  })

  it('is 500 for a 503, without its Retry-After', () => {
    const { hand, to } = fork(1)
    hand.respond(to[0], 503, { headers: ['Retry-After: 300'] })
    const last = hand.responses().at(-1)
    expect([last?.status, last?.reason, last?.headers.get('retry-after')]).toEqual([500, 'Server Internal Error', undefined])
  })

  it('one that no branch of ours waits for is dropped (RFC 6026 §7.3)', () => {
    const { hand, to } = fork(1)
    const count = hand.sent.length
    hand.receive(responseLines(to[0].message as SipRequest, 200).replace('branch=z9hG4bK', 'branch=z9hG4bKx'), bobAt(0))
    expect(hand.sent.length).toBe(count)
  })

  it('100 stays here', () => {
    const { hand, to } = fork(1)
    hand.respond(to[0], 100)
    expect(hand.statuses()).toEqual([])
  })
})

describe('targets one after the other', () => {
  it('by q, equal ones together', () => {
    const hand = invite().forward([targetAt(0, { q: 0.2 }), targetAt(1), targetAt(2, { q: 0.2 })])
    expect(hand.forwarded('INVITE').map(sent => sent.remote)).toEqual([bobAt(1)])
    hand.respond(hand.forwarded('INVITE')[0] as ProxySent, 486)
    expect(hand.forwarded('INVITE').map(sent => sent.remote)).toEqual([bobAt(1), bobAt(0), bobAt(2)])
    hand.respond(hand.forwarded('INVITE')[1] as ProxySent, 404).respond(hand.forwarded('INVITE')[2] as ProxySent, 200)
    expect(hand.statuses()).toEqual([200])
  })

  it('a last resort only after what it is for', () => {
    const resort = (status: number) => {
      const hand = invite().forward([targetAt(0), targetAt(1, { q: 0.5, onlyAfter: [408, 480] })])
      hand.respond(hand.forwarded('INVITE')[0] as ProxySent, status)
      return [hand.forwarded('INVITE').length, hand.statuses()]
    }
    expect(resort(480)).toEqual([2, []])
    expect(resort(486)).toEqual([1, [486]])
    // with nobody before it, it is the first
    expect(
      invite()
        .forward([targetAt(1, { onlyAfter: [408] })])
        .forwarded('INVITE').length,
    ).toBe(1)
  })

  it('nobody more after a 2xx or a CANCEL', () => {
    const hand = invite().forward([targetAt(0), targetAt(1, { q: 0.5 })])
    const [first] = hand.forwarded('INVITE') as [ProxySent]
    hand.respond(first, 180)
    cancel(hand)
    hand.respond(first, 487)
    expect([hand.forwarded('INVITE').length, hand.statuses()]).toEqual([1, [180, 200, 487]])
  })

  it('no more at one time than Max-Breadth allows (RFC 5393 §5.3.3)', () => {
    const hand = new ProxyHand().receive(askLines('MESSAGE', { headers: ['Max-Breadth: 2'] }))
    hand.forward([targetAt(0), targetAt(1), targetAt(2), targetAt(3)])
    const breadths = () => hand.forwarded('MESSAGE').map(({ message }) => message.headers.get('max-breadth'))
    expect(breadths()).toEqual(['1', '1'])
    hand.respond(hand.forwarded('MESSAGE')[0] as ProxySent, 404)
    expect(breadths()).toEqual(['1', '1', '1'])
    hand.respond(hand.forwarded('MESSAGE')[1] as ProxySent, 404).respond(hand.forwarded('MESSAGE')[2] as ProxySent, 404)
    hand.respond(hand.forwarded('MESSAGE')[3] as ProxySent, 480)
    expect([breadths().length, hand.statuses()]).toEqual([4, [404]])
  })

  it.each([
    ['0', [440], undefined],
    ['nonsense', [], '60'],
    ['1000000000', [], '60'],
    ['999', [], '60'],
    ['7', [], '7'],
  ])('Max-Breadth: %s', (value, statuses, forwarded) => {
    const hand = new ProxyHand().receive(askLines('MESSAGE', { headers: [`Max-Breadth: ${value}`] })).forward([targetAt(0)])
    expect([hand.statuses(), hand.forwarded('MESSAGE')[0]?.message.headers.get('max-breadth')]).toEqual([statuses, forwarded])
  })
})

describe('CANCEL (RFC 3261 §16.10)', () => {
  it('goes to every branch that has been heard, with the reason of the caller', () => {
    const { hand, to } = fork(2)
    hand.respond(to[0], 180)
    cancel(hand, ['Reason: SIP;cause=487', 'Reason: X;text="gone"'])
    expect(reasons(hand)).toEqual([['192.0.2.20', 'SIP;cause=487, X;text="gone"']])
    hand.respond(to[1], 100)
    expect(reasons(hand).length).toBe(2)
    letGo(hand)
    expect(hand.statuses()).toEqual([180, 200, 487])
    expect(hand.of('finished')[0]?.status).toBe(487)
    const [invited] = to
    const [cancelled] = hand.forwarded('CANCEL')
    for (const name of ['via', 'from', 'call-id', 'max-forwards'])
      expect(cancelled?.message.headers.get(name)).toBe(invited.message.headers.get(name))
  })

  it('without a reason has none, and a second one does nothing', () => {
    const { hand, to } = fork(1)
    hand.respond(to[0], 180)
    cancel(hand)
    hand.receive(askLines('CANCEL', { branch: BRANCH, cseq: 1 }))
    expect(reasons(hand)).toEqual([['192.0.2.20', undefined]])
    hand.respond(to[0], 183)
    expect(hand.statuses()).toEqual([180, 200, 200])
  })

  it('that crosses a 2xx changes nothing: the 2xx goes back', () => {
    const { hand, to } = fork(2)
    hand.respond(to[0], 180).respond(to[1], 180)
    cancel(hand)
    hand.respond(to[0], 200).respond(to[1], 487)
    expect(hand.statuses()).toEqual([180, 180, 200, 200])
    cancel(hand)
    expect(hand.forwarded('CANCEL').length).toBe(2)
  })

  it('lets a branch go that had a final response before it was heard', () => {
    const { hand, to } = fork(2)
    cancel(hand)
    hand.respond(to[0], 486).respond(to[1], 200)
    expect([hand.forwarded('CANCEL'), hand.statuses()]).toEqual([[], [200, 200]])
  })

  it('ends a branch whose callee does not answer it', () => {
    const { hand, to } = fork(1)
    hand.respond(to[0], 180)
    cancel(hand)
    hand.run(31_999)
    expect(hand.statuses().at(-1)).toBe(200)
    hand.run(1)
    expect(hand.statuses().at(-1)).toBe(487)
    hand.run(64_000)
    expect(hand.proxy.size).toBe(0)
  })

  it('of a request that is still looking for its server ends at once', () => {
    const hand = invite(new ProxyHand({ resolve: true })).forward([{ uri: 'sip:bob@far.example.com' }])
    cancel(hand)
    expect(hand.statuses()).toEqual([200, 487])
    hand.resolved('far.example.com', [])
    hand.run(64_000)
    expect([hand.forwarded('INVITE'), hand.proxy.size]).toEqual([[], 0])
  })

  it('of a request whose connection is still opening ends at once', () => {
    const hand = invite().forward([targetAt(0, { uri: 'sip:bob@192.0.2.20;transport=tcp' })])
    cancel(hand)
    hand.opened('out-1', bobAt(0))
    expect([hand.statuses(), hand.forwarded('INVITE')]).toEqual([[200, 487], []])
    const failed = invite().forward([targetAt(0, { uri: 'sip:bob@192.0.2.20;transport=tcp' })])
    cancel(failed)
    failed.closed('out-1')
    expect(failed.statuses()).toEqual([200, 487])
  })
})

describe('time', () => {
  it('an INVITE that nobody answers is 408', () => {
    const { hand } = fork(2)
    hand.run(31_999)
    expect(hand.statuses()).toEqual([])
    hand.run(1)
    expect([hand.statuses(), hand.of('finished')[0]?.status]).toEqual([[408], 408])
  })

  it('any other request that nobody answers gets nothing (RFC 4320 §4.2)', () => {
    const { hand } = fork(2, 'MESSAGE')
    hand.run(32_000)
    expect([hand.statuses(), hand.of('finished')[0]?.status, hand.proxy.size]).toEqual([[], 408, 0])
    const said = fork(1, 'MESSAGE')
    said.hand.respond(said.to[0], 408)
    expect(said.hand.statuses()).toEqual([])
    const { hand: other, to } = fork(2, 'MESSAGE')
    other.respond(to[0], 404).run(32_000)
    expect(other.statuses()).toEqual([404])
  })

  it('timer C takes an INVITE back that rings too long; every ringing puts it off, 100 does not', () => {
    const { hand, to } = fork(1)
    hand.run(10_000).respond(to[0], 180).respond(to[0], 100)
    hand.run(100_000).respond(to[0], 180).run(50_000).respond(to[0], 100)
    hand.run(RINGING_LIMIT - 50_001)
    expect(hand.forwarded('CANCEL')).toEqual([])
    hand.run(1)
    expect(reasons(hand)).toEqual([['192.0.2.20', undefined]])
    hand.respond(to[0], 487)
    expect(hand.statuses()).toEqual([180, 180, 487])
  })

  it('timer C may be shorter than the wait for any word', () => {
    const hand = invite(new ProxyHand({ ringLimit: 5000 }))
      .forward([targetAt(0)])
      .run(5000)
    expect([hand.statuses(), hand.forwarded('CANCEL')]).toEqual([[408], []])
    hand.receive(askLines('ACK', { branch: BRANCH })).run(64_000)
    expect(hand.proxy.size).toBe(0)
  })
})
