import { describe, expect, it } from 'vitest'
import type { RelayPath, SessionSettings } from '../../src/cpm/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, response } from '../kit/session-pair.js'

const OWN = 'msrps://bobpc.home2.example:2855/aZ1;tcp'
const NEAR = 'msrps://near.example:2855/bNear;tcp'
const FAR = 'msrps://far.example:2856/cFar;tcp'
const RELAY: RelayPath = { localUri: OWN, usePath: [NEAR, FAR] }
const PEER = 'msrps://192.0.2.10:2855/aQ7;tcp'
const secureLine = (change: object = {}) => fileLine({ protocol: 'TCP/TLS/MSRP', path: PEER, ...change })
const added = (session: LoneSession) => session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session] : []))
const sent = (session: LoneSession) => session.msrp.flatMap(input => (input.type === 'send' ? [input.message] : []))

function caller(relay: RelayPath | undefined, settings: Partial<SessionSettings> = {}): LoneSession {
  const session = new LoneSession(settings)
  const selector = { name: 'notes.txt', size: 4400, hashes: [] }
  const file = { fileId: 'a', disposition: 'attachment' as const, selector, ...(relay === undefined ? {} : { relay }) }
  session.step({ type: 'command', command: { name: 'send', files: [file] } })
  return session
}
const answerTo = (session: LoneSession, change: object = {}) =>
  session.answered(
    sdp(secureLine({ direction: 'recvonly', setup: 'passive', id: attribute(session.sdp, 'file-transfer-id')[0], ...change })),
  )

describe('a line through relays of ours', () => {
  it('lists them from the far one to us, with the far one in c=/m= @req RLY-3 CON-30', () => {
    const { sdp: text } = caller(RELAY, { reachable: false })
    expect(attribute(text, 'path')).toEqual([`${FAR} ${NEAR} ${OWN}`])
    expect(text).toMatch(/m=message 2856 TCP\/TLS\/MSRP \*\r\nc=IN IP4 far\.example\r\n/)
    expect(attribute(text, 'setup')).toEqual(['actpass'])
    expect(text).toContain('a=msrp-cema')
  })

  it('is our session under the URI they act for, connected by way of the nearest @req RLY-3 CON-24', () => {
    const session = caller(RELAY)
    answerTo(session)
    expect(added(session)[0]).toMatchObject({
      localUri: OWN,
      remotePath: [PEER],
      role: 'active',
      target: { host: 'near.example', port: 2855, secure: true },
    })
    session.step({ type: 'msrp', event: { type: 'answered', sessionId: 'aZ1' } })
    expect(session.states('a')).toContain('awaiting-confirmation')
  })

  it('is the same for a file that we pull @req RLY-3', () => {
    const session = new LoneSession()
    const wanted = { fileId: 'w', selector: { name: 'notes.txt', hashes: [] }, relay: RELAY }
    session.step({ type: 'command', command: { name: 'get', files: [wanted] } })
    expect(attribute(session.sdp, 'path')).toEqual([`${FAR} ${NEAR} ${OWN}`])
  })

  it('is answered as passive with the address of the relay, each file with its own @req CON-34 RLY-3', () => {
    const session = new LoneSession({ reachable: false })
    const second = { id: 'second', path: 'msrps://192.0.2.10:2855/second;tcp', selector: 'type:image/png size:12' }
    session.incoming(sdp(secureLine(), secureLine(second)))
    const [one, two] = session.offer?.files.map(({ fileId }) => fileId) ?? []
    const relays = new Map([
      [one as string, RELAY],
      [two as string, { localUri: 'msrps://bobpc.home2.example:2855/aZ2;tcp', usePath: [NEAR] }],
    ])
    session.step({ type: 'command', command: { name: 'answer', accepted: [one as string, two as string], relays } })
    expect(attribute(session.sdp, 'path')).toEqual([`${FAR} ${NEAR} ${OWN}`, `${NEAR} msrps://bobpc.home2.example:2855/aZ2;tcp`])
    expect(attribute(session.sdp, 'setup')).toEqual(['passive', 'passive'])
    expect(session.sdp.match(/c=IN IP4 (far|near)\.example/g)).toHaveLength(2)
    expect(added(session).map(({ localUri, role }) => `${localUri} ${role}`)).toEqual([
      `${OWN} passive`,
      'msrps://bobpc.home2.example:2855/aZ2;tcp passive',
    ])
  })

  it('has no msrp-cema in the answer when both ends use relays, and then its own address @req CON-34', () => {
    const session = new LoneSession()
    session.incoming(sdp(secureLine({ path: `msrps://relay.example:1/r;tcp ${PEER}` })))
    const fileId = session.offer?.files[0]?.fileId as string
    session.step({ type: 'command', command: { name: 'answer', accepted: [fileId], relays: new Map([[fileId, RELAY]]) } })
    expect(session.sdp).not.toContain('msrp-cema')
    expect(session.sdp).toMatch(/m=message 2855 TCP\/TLS\/MSRP \*\r\na=/)
    expect(added(session)[0]?.remotePath).toEqual(['msrps://relay.example:1/r;tcp', PEER])
  })

  it('gets an offer in plain RFC 4975 when a middlebox stands before the answerer @req CON-33', () => {
    const session = caller(RELAY)
    answerTo(session, { cema: false, path: 'msrps://198.51.100.3:2855/far;tcp' })
    expect(session.sip.map(({ name }) => name)).toEqual(['invite', 'offer'])
    expect(session.sdp).not.toContain('msrp-cema')
    expect(attribute(session.sdp, 'path')).toEqual([`${FAR} ${NEAR} ${OWN}`])
    // c=/m= are those of our own URI again
    expect(session.sdp).toMatch(/m=message 2855 TCP\/TLS\/MSRP \*\r\nc=IN IP4 bobpc\.home2\.example/)
  })

  it('has no fingerprint: at the other end of the TLS connection is the relay @req RLY-1 CON-43', () => {
    const fingerprints = [{ algorithm: 'sha-256', octets: new Uint8Array(32) }]
    const session = caller(RELAY, { secure: true, fingerprints })
    expect(attribute(session.sdp, 'fingerprint')).toEqual([])
    answerTo(session, { more: [`a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`] })
    expect(added(session)[0]?.fingerprints).toBeUndefined()
  })
})

describe('a 200 of a relay', () => {
  it('proves nothing: a success REPORT is always asked for, and waited for @req RLY-8 D-1 D-2', () => {
    const relayed = `msrps://relay.example:1/r;tcp ${PEER}`
    for (const [relay, path] of [
      [RELAY, PEER],
      [undefined, relayed],
      [RELAY, relayed],
    ] as const) {
      const session = caller(relay, { secure: true, successReport: false })
      answerTo(session, { path })
      expect(sent(session)[0]?.successReport).toBe(true)
      const sessionId = added(session)[0]?.localUri.split(/[/;]/)[3] as string
      session.step({ type: 'msrp', event: { type: 'answered', sessionId } })
      expect(session.states('a').at(-1)).toBe('awaiting-confirmation')
      session.run(600_000)
      expect(session.states('a')).not.toContain('completed')
      session.step({ type: 'msrp', event: { type: 'reported', sessionId } })
      expect(session.states('a').at(-1)).toBe('completed')
    }
    const direct = caller(undefined, { secure: true, successReport: false })
    answerTo(direct)
    expect(sent(direct)[0]?.successReport).toBe(false)
  })
})

describe('a missing REPORT', () => {
  it('leaves a file through a relay failed, and any other sent but not confirmed @req RLY-8 SND-8', () => {
    for (const [relay, state] of [
      [RELAY, 'failed'],
      [undefined, 'completed'],
    ] as const) {
      const session = caller(relay, { secure: true })
      answerTo(session)
      const sessionId = added(session)[0]?.localUri.split(/[/;]/)[3] as string
      session.step({ type: 'msrp', event: { type: 'answered', sessionId } })
      session.step({ type: 'msrp', event: { type: 'unconfirmed', sessionId } })
      expect(session.states('a').at(-1)).toBe(state)
    }
  })
})

describe('a peer that moves', () => {
  it('ends a file through relays of ours, which know its old place only @req RLY-3 OA-10', () => {
    for (const [relay, states] of [
      [RELAY, ['offered', 'connecting', 'failed']],
      [undefined, ['offered', 'connecting', 'connecting']],
    ] as const) {
      const session = caller(relay, { secure: true })
      answerTo(session)
      const [id] = attribute(session.sdp, 'file-transfer-id')
      session.offered(sdp(secureLine({ direction: 'recvonly', setup: 'passive', id, path: 'msrps://192.0.2.11:2855/other;tcp' })))
      expect(session.states('a').map(state => (state === 'aborted' ? 'failed' : state))).toEqual(states)
    }
  })
})

describe('a renewal at our relays', () => {
  const AGAIN = 'msrps://far.example:2856/cFar2;tcp'
  const renewed = (session: LoneSession, path = [AGAIN, NEAR, OWN]) =>
    session.step({ type: 'msrp', event: { type: 'authorized', sessionId: 'aZ1', path, expires: 900 } })
  const offers = (session: LoneSession) => session.sip.filter(({ name }) => name === 'offer').length
  const running = () => {
    const session = caller(RELAY)
    answerTo(session)
    return session
  }
  const refuse = (session: LoneSession, status: number) =>
    session.event({ name: 'refused', id: 'bob', status, ...(status === 491 ? { retryAfter: 500 } : {}), response: response(status) })

  it('that gives another path is told to the peer by an offer, and nothing else changes @req RLY-3', () => {
    const session = running()
    const before = session.msrp.length
    renewed(session, [FAR, NEAR, OWN])
    expect(offers(session)).toBe(0)
    renewed(session, ['msrps://other.example:2857/cFar2;tcp', NEAR, OWN])
    expect(offers(session)).toBe(1)
    expect(attribute(session.sdp, 'path')).toEqual([`msrps://other.example:2857/cFar2;tcp ${NEAR} ${OWN}`])
    expect(session.sdp).toMatch(/m=message 2857 TCP\/TLS\/MSRP \*\r\nc=IN IP4 other\.example\r\na=sendonly\r\n/)
    answerTo(session)
    expect([session.msrp.length, offers(session), session.states('a')]).toEqual([before, 1, ['offered', 'connecting']])
  })

  it('leaves c=/m= alone on a line in plain RFC 4975 @req RLY-3 CON-33', () => {
    const session = new LoneSession({ cema: false })
    const selector = { name: 'notes.txt', size: 4400, hashes: [] }
    session.step({
      type: 'command',
      command: { name: 'send', files: [{ fileId: 'a', disposition: 'attachment', selector, relay: RELAY }] },
    })
    answerTo(session)
    const media = /m=message.*\r\n(c=.*\r\n)?/.exec(session.sdp)?.[0]
    renewed(session)
    expect(session.sdp).toContain(media)
    expect(attribute(session.sdp, 'path')).toEqual([`${AGAIN} ${NEAR} ${OWN}`])
  })

  it('is told again when the offer met one of the peer, and also by an answer of ours @req RLY-3 SND-6', () => {
    const session = running()
    renewed(session)
    refuse(session, 491)
    expect(offers(session)).toBe(1)
    session.run(600)
    expect(offers(session)).toBe(2)
    refuse(session, 488)
    session.run(10_000)
    // held by nobody, and not told for ever
    expect([offers(session), session.states('a').at(-1)]).toEqual([2, 'connecting'])
    renewed(session, [AGAIN.replace('cFar2', 'cFar3'), NEAR, OWN])
    expect(offers(session)).toBe(3)
    renewed(session, [AGAIN.replace('cFar2', 'cFar4'), NEAR, OWN])
    answerTo(session)
    // changed while the offer was on its way: one more
    expect(offers(session)).toBe(4)
    refuse(session, 491)
    const [id] = attribute(session.sdp, 'file-transfer-id')
    session.offered(sdp(secureLine({ direction: 'recvonly', setup: 'passive', id })))
    expect(session.last?.name).toBe('accept')
    expect(attribute(session.sdp, 'path')[0]).toContain('cFar4')
    session.run(600)
    expect(offers(session)).toBe(4)
  })

  it('of a file that has no line yet, or none any more, has nobody to be told @req RLY-3', () => {
    const session = running()
    session.step({ type: 'command', command: { name: 'abort', fileId: 'a' } })
    const before = offers(session)
    renewed(session)
    expect(offers(session)).toBe(before)
  })
})

describe('a renewal at the relays of the peer', () => {
  const D = 'msrps://d.example:1/d;tcp'
  const moved = (path: string) => {
    const session = caller(undefined, { secure: true })
    answerTo(session, { path: `${D} ${PEER}` })
    const [id] = attribute(session.sdp, 'file-transfer-id')
    const before = session.msrp.length
    session.offered(sdp(secureLine({ direction: 'recvonly', setup: 'passive', id, path })))
    return session.msrp.slice(before)
  }

  it('reroutes the running session, which stays where it is @req RLY-3 RLY-7', () => {
    const inputs = moved(`msrps://D.example:1/d2;tcp ${PEER}`)
    expect(inputs).toEqual([{ type: 'reroute', sessionId: expect.any(String), remotePath: ['msrps://D.example:1/d2;tcp', PEER] }])
  })

  it.each([
    ['another relay', `msrps://e.example:1/d;tcp ${PEER}`],
    ['another port', `msrps://d.example:2/d;tcp ${PEER}`],
    ['no relay', PEER],
    ['another session behind it', `${D} msrps://192.0.2.10:2855/aQ8;tcp`],
  ])('is a move when there is %s @req OA-10', (_, path) => {
    expect(moved(path).map(({ type }) => type)).toContain('add-session')
  })

  it('with a path that cannot be used ends the file @req SDP-4', () => {
    expect(moved(`msrps://d.example:1/d2;tcp msrp://192.0.2.10:2855/aQ7;tcp`).map(({ type }) => type)).not.toContain('reroute')
  })
})

describe('a peer behind relays', () => {
  it('is reached along its whole path, from its first URI @req RLY-7 CON-5', () => {
    const path = `msrps://d.example:1/d;tcp msrps://e.example:2/e;tcp ${PEER}`
    const session = caller(undefined, { secure: true })
    answerTo(session, { path, cema: false, port: 1 })
    expect(added(session)[0]).toMatchObject({ remotePath: path.split(' '), target: { host: 'd.example', port: 1, secure: true } })
  })
})
