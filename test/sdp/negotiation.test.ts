import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  closedMedia,
  decodeSession,
  encodeSession,
  type MediaDescription,
  NEGOTIATION_TABLE,
  Negotiation,
  type NegotiationEvent,
  type NegotiationState,
  rejectedMedia,
} from '../../src/sdp/index.js'
import { follow, LocalProtocolError, RemoteProtocolError } from '../../src/wire/index.js'
import { linesOf, PUSH_ANSWER, PUSH_CLOSE, PUSH_OFFER, sdp } from './fixtures.js'

const ALICE = { username: 'alice', sessionId: '3923820001', address: '192.0.2.10' }
const BOB = { username: 'bob', sessionId: '771200', address: '192.0.2.20' }

function line(id: string, port = 2855, ...more: string[]): MediaDescription {
  const attributes = ['sendonly', ...more].map(name => ({ name }))
  return {
    media: 'message',
    port,
    protocol: 'TCP/MSRP',
    formats: ['*'],
    attributes: [...attributes, { name: 'file-selector', value: 'size:1' }, { name: 'file-transfer-id', value: id }],
  }
}

const mediaOf = (lines: readonly string[]) => decodeSession(sdp(...lines)).media
const versionOf = (bytes: Uint8Array) => Number(decodeSession(bytes).origin.sessionVersion)

/** What the peer would send: `media` under another origin. */
function peer(media: readonly MediaDescription[], version = 1, timing = ['t=0 0']): Uint8Array {
  const { origin, ...rest } = decodeSession(sdp(...PUSH_ANSWER))
  return encodeSession({ ...rest, origin: { ...origin, sessionVersion: `${version}` }, timing, media })
}

function remoteFault(run: () => unknown): { code: string; status: number | undefined } {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return { code: error.code, status: error.status }
    throw error
  }
  throw new Error('nothing was thrown')
}

function localFault(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof LocalProtocolError) return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('Negotiation', () => {
  it('writes the offer, the answer and the closing offer of the recorded flow @req CR-10 OA-9 OA-20', () => {
    const alice = new Negotiation(ALICE)
    const bob = new Negotiation(BOB)
    const offer = alice.offer(mediaOf(PUSH_OFFER))
    expect(offer).toEqual(sdp(...PUSH_OFFER))
    expect(bob.offered(offer).media).toHaveLength(1)
    const answer = bob.answer(mediaOf(PUSH_ANSWER))
    expect(answer).toEqual(sdp(...PUSH_ANSWER))
    alice.answered(answer)
    expect(alice.local).toEqual(bob.remote)
    expect(alice.remote).toEqual(bob.local)
    expect(alice.offer([closedMedia(alice.local!.media[0]!)])).toEqual(sdp(...PUSH_CLOSE))
  })

  it('walks through every arrow of its table and refuses every other event', () => {
    const arrive: Record<NegotiationState, () => Negotiation> = {
      idle: () => new Negotiation(ALICE),
      'local-offer': () => {
        const negotiation = new Negotiation(ALICE)
        negotiation.offer([line('a')])
        return negotiation
      },
      'remote-offer': () => {
        const negotiation = new Negotiation(ALICE)
        negotiation.offered(peer([line('a')]))
        return negotiation
      },
    }
    const events: Record<NegotiationEvent, (negotiation: Negotiation) => unknown> = {
      offer: negotiation => negotiation.offer([line('a')]),
      answered: negotiation => negotiation.answered(peer([line('a')])),
      refused: negotiation => negotiation.refused(),
      offered: negotiation => negotiation.offered(peer([line('a')])),
      answer: negotiation => negotiation.answer([line('a')]),
      declined: negotiation => negotiation.declined(),
    }
    let arrows = 0
    for (const state of Object.keys(arrive) as NegotiationState[]) {
      for (const event of Object.keys(events) as NegotiationEvent[]) {
        const negotiation = arrive[state]()
        expect(negotiation.state).toBe(state)
        const arrow = follow(NEGOTIATION_TABLE, state, event)
        const before = [negotiation.local, negotiation.remote, negotiation.pendingOffer]
        if (arrow === undefined) {
          const wanted = event === 'offered' || event === 'answered' ? RemoteProtocolError : LocalProtocolError
          expect(() => events[event](negotiation), `${event} in ${state}`).toThrow(wanted)
          expect(negotiation.state).toBe(state)
          expect([negotiation.local, negotiation.remote, negotiation.pendingOffer]).toEqual(before)
          continue
        }
        arrows++
        events[event](negotiation)
        expect(negotiation.state).toBe(arrow.to)
        expect(negotiation.pendingOffer !== undefined).toBe(arrow.do.includes('keep-offer'))
        expect(negotiation.local !== undefined && negotiation.remote !== undefined).toBe(arrow.do.includes('commit'))
      }
    }
    expect(arrows).toBe(6)
  })

  it('repeats its bytes when nothing changed and counts by one when anything did @req OA-9 OA-7', () => {
    const negotiation = new Negotiation(ALICE)
    const first = negotiation.offer([line('a')])
    negotiation.answered(peer([line('a')]))
    expect(negotiation.offer([line('a')])).toEqual(first)
    negotiation.answered(peer([line('a')]))
    const second = negotiation.offer([line('a'), line('b')])
    expect([versionOf(first), versionOf(second)]).toEqual([1, 2])
    expect(linesOf(first)[1]).toBe('o=alice 3923820001 1 IN IP4 192.0.2.10')
  })

  it('counts on from a rejected offer and goes back to what was agreed @req OA-9', () => {
    const negotiation = new Negotiation(ALICE)
    const first = negotiation.offer([line('a')])
    negotiation.answered(peer([line('a')]))
    const agreed = [negotiation.local, negotiation.remote]
    const rejected = negotiation.offer([line('a'), line('b')])
    negotiation.refused()
    expect([negotiation.local, negotiation.remote]).toEqual(agreed)
    // One line less than in the rejected offer: that one never counted
    const back = negotiation.offer([line('a')])
    expect([first, rejected, back].map(versionOf)).toEqual([1, 2, 3])
    negotiation.refused()
    expect(negotiation.offer([line('a')])).toEqual(back)
  })

  it('goes through the versions 1 to 4 of a session with two batches @req OA-9 OA-8', () => {
    const negotiation = new Negotiation(ALICE)
    const batches = [[line('id1')], [line('id1', 0)], [line('id1', 0), line('id2')], [line('id1', 0), line('id2', 0)]]
    const versions = batches.map(media => {
      const version = versionOf(negotiation.offer(media))
      negotiation.answered(peer(media, version))
      return version
    })
    expect(versions).toEqual([1, 2, 3, 4])
  })

  it('shares the version between offers and answers @req OA-9', () => {
    const negotiation = new Negotiation(ALICE)
    negotiation.offer([line('a')])
    negotiation.answered(peer([line('a')]))
    negotiation.offered(peer([line('a', 0)], 2))
    expect(versionOf(negotiation.answer([line('a', 0)]))).toBe(2)
    negotiation.offered(peer([line('a', 0)], 2))
    expect(versionOf(negotiation.answer([line('a', 0)]))).toBe(2)
  })

  it('never offers fewer lines than agreed, nor a closed line without its id @req OA-1 OA-8', () => {
    const negotiation = new Negotiation(ALICE)
    negotiation.offer([line('a'), line('b')])
    negotiation.answered(peer([line('a'), line('b')]))
    expect(localFault(() => negotiation.offer([line('a')]))).toBe('fewer-media')
    expect(localFault(() => negotiation.offer([line('a'), line('x', 0)]))).toBe('lost-transfer-id')
    expect(negotiation.state).toBe('idle')
    // A slot used again has a new id and an open port (OA-30)
    expect(versionOf(negotiation.offer([line('a', 0), line('x')]))).toBe(2)
  })

  it('refuses a re-offer with fewer lines than before with 488 @req OA-1', () => {
    const negotiation = new Negotiation(BOB)
    negotiation.offered(peer([line('a'), line('b')]))
    negotiation.answer([line('a'), line('b')])
    expect(remoteFault(() => negotiation.offered(peer([line('a')], 2)))).toEqual({ code: 'fewer-media', status: 488 })
    expect(negotiation.state).toBe('idle')
    expect(negotiation.remote?.media).toHaveLength(2)
  })

  it.each([0, 1, 3])('takes an answer with %i instead of 2 lines for invalid @req CR-7', count => {
    const negotiation = new Negotiation(ALICE)
    negotiation.offer([line('a'), line('b')])
    const media = ['a', 'b', 'c'].slice(0, count).map(id => line(id))
    expect(remoteFault(() => negotiation.answered(peer(media))).code).toBe('media-count')
    expect(negotiation.state).toBe('idle')
    expect(negotiation.local).toBeUndefined()
  })

  it('takes an answer that cannot be read for a refusal', () => {
    const negotiation = new Negotiation(ALICE)
    negotiation.offer([line('a')])
    expect(remoteFault(() => negotiation.answered(sdp('v=1'))).status).toBe(400)
    expect(negotiation.state).toBe('idle')
  })

  it('answers glare with 491 and a second unanswered offer with 500', () => {
    const negotiation = new Negotiation(ALICE)
    negotiation.offer([line('a')])
    expect(remoteFault(() => negotiation.offered(peer([line('a')]))).status).toBe(491)
    negotiation.refused()
    negotiation.offered(peer([line('a')]))
    expect(remoteFault(() => negotiation.offered(peer([line('a')]))).status).toBe(500)
  })

  it('answers line by line with the t= of the offer @req OA-20', () => {
    const negotiation = new Negotiation(BOB)
    const timing = ['t=3034423619 3042462419', 'r=604800 3600 0 90000']
    negotiation.offered(peer([line('a'), line('b')], 1, timing))
    expect(localFault(() => negotiation.answer([line('a')]))).toBe('media-count')
    expect(localFault(() => negotiation.answer([line('a'), line('b'), line('c')]))).toBe('media-count')
    const answer = decodeSession(negotiation.answer([line('a', 0), line('b')]))
    expect(answer.timing).toEqual(timing)
    expect(answer.media.map(({ port }) => port)).toEqual([0, 2855])
  })

  it('answers t=0 0 to an offer without t=', () => {
    const negotiation = new Negotiation(BOB)
    negotiation.offered(sdp(...PUSH_OFFER.filter(one => one !== 't=0 0')))
    expect(linesOf(negotiation.answer(mediaOf(PUSH_ANSWER)))).toContain('t=0 0')
  })

  it('never changes media, protocol or id, and never opens a closed line, in an answer @req OA-21 OA-24', () => {
    const negotiation = new Negotiation(BOB)
    const offered = [line('a'), line('b', 0)]
    negotiation.offered(peer(offered))
    expect(localFault(() => negotiation.answer([line('x'), line('b', 0)]))).toBe('changed-transfer-id')
    expect(localFault(() => negotiation.answer([{ ...line('a', 0), attributes: [] }, line('b', 0)]))).toBe('changed-transfer-id')
    expect(localFault(() => negotiation.answer([{ ...line('a'), protocol: 'TCP/TLS/MSRP' }, line('b', 0)]))).toBe('changed-media')
    expect(localFault(() => negotiation.answer([{ ...line('a'), media: 'audio' }, line('b', 0)]))).toBe('changed-media')
    expect(localFault(() => negotiation.answer([line('a'), line('b')]))).toBe('opened-media')
    expect(negotiation.state).toBe('remote-offer')
    expect(versionOf(negotiation.answer(offered.map(rejectedMedia)))).toBe(1)
  })

  it('forgets a declined offer of the peer', () => {
    const negotiation = new Negotiation(BOB)
    negotiation.offered(peer([line('a')]))
    negotiation.answer([line('a')])
    const agreed = [negotiation.local, negotiation.remote]
    negotiation.offered(peer([line('a'), line('b')], 2))
    negotiation.declined()
    expect([negotiation.local, negotiation.remote]).toEqual(agreed)
    // So one line is enough again
    expect(negotiation.offered(peer([line('a')], 3)).media).toHaveLength(1)
  })

  it('processes a change of the peer without a new version, and says so @req OA-9', () => {
    const negotiation = new Negotiation(BOB)
    negotiation.offered(peer([line('a')], 1))
    negotiation.answer([line('a')])
    expect(negotiation.peerForgotVersion).toBe(false)
    negotiation.offered(peer([line('a')], 1))
    negotiation.answer([line('a')])
    expect(negotiation.peerForgotVersion).toBe(false)
    expect(negotiation.offered(peer([line('a', 0)], 1)).media[0]?.port).toBe(0)
    expect(negotiation.peerForgotVersion).toBe(true)
    negotiation.answer([line('a', 0)])
    negotiation.offered(peer([line('a')], 2))
    expect(negotiation.peerForgotVersion).toBe(false)
  })

  it('writes c= of a line only where it differs from the session @req SDP-3', () => {
    const at = (address: string): MediaDescription => ({ ...line(address), connections: [{ addressType: 'IP4', address }] })
    const offer = new Negotiation(ALICE).offer([at('192.0.2.10'), at('relay.example.com')])
    expect(linesOf(offer).filter(one => one.startsWith('c='))).toEqual(['c=IN IP4 192.0.2.10', 'c=IN IP4 relay.example.com'])
    expect(decodeSession(offer).media.map(({ connections }) => connections?.[0]?.address)).toEqual([undefined, 'relay.example.com'])
  })

  it('names an IPv6 host', () => {
    const offer = new Negotiation({ ...ALICE, address: '[2001:db8::1]' }).offer([line('a')])
    expect(linesOf(offer).slice(1, 4)).toEqual(['o=alice 3923820001 1 IN IP6 2001:db8::1', 's=-', 'c=IN IP6 2001:db8::1'])
  })

  it('keeps its rules through any sequence of events @req OA-1 OA-9', () => {
    const step = fc.record({
      event: fc.constantFrom<NegotiationEvent>('offer', 'answered', 'refused', 'offered', 'answer', 'declined'),
      count: fc.nat(3),
      ports: fc.constantFrom(0, 2855),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), steps => {
        const negotiation = new Negotiation(ALICE)
        let sent: Uint8Array | undefined
        let version = 0
        for (const { event, count, ports } of steps) {
          const before = { state: negotiation.state, lines: negotiation.local?.media.length ?? 0 }
          const media = Array.from({ length: count }, (_, index) => line(`id${index}`, ports))
          try {
            const bytes = run(negotiation, event, media)
            if (bytes !== undefined) {
              if (sent !== undefined && versionOf(bytes) === version) expect(bytes).toEqual(sent)
              else expect(versionOf(bytes)).toBe(version + 1)
              sent = bytes
              version = versionOf(bytes)
            }
          } catch (error) {
            expect(error instanceof LocalProtocolError || error instanceof RemoteProtocolError).toBe(true)
            if (event !== 'answered') expect(negotiation.state).toBe(before.state)
          }
          expect(negotiation.local?.media.length ?? 0).toBeGreaterThanOrEqual(before.lines)
          expect(negotiation.local?.media.length).toBe(negotiation.remote?.media.length)
          expect(negotiation.state === 'idle').toBe(negotiation.pendingOffer === undefined)
        }
      }),
      { numRuns: 300 },
    )
  })
})

function run(negotiation: Negotiation, event: NegotiationEvent, media: MediaDescription[]): Uint8Array | undefined {
  switch (event) {
    case 'offer':
      return negotiation.offer(media)
    case 'answer':
      return negotiation.answer(media)
    case 'answered':
      negotiation.answered(peer(media))
      return undefined
    case 'offered':
      negotiation.offered(peer(media))
      return undefined
    case 'refused':
      negotiation.refused()
      return undefined
    case 'declined':
      negotiation.declined()
      return undefined
  }
}
