import { describe, expect, it } from 'vitest'
import type { RelayPath, SessionSettings } from '../../src/cpm/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute } from '../kit/session-pair.js'

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

describe('a peer behind relays', () => {
  it('is reached along its whole path, from its first URI @req RLY-7 CON-5', () => {
    const path = `msrps://d.example:1/d;tcp msrps://e.example:2/e;tcp ${PEER}`
    const session = caller(undefined, { secure: true })
    answerTo(session, { path, cema: false, port: 1 })
    expect(added(session)[0]).toMatchObject({ remotePath: path.split(' '), target: { host: 'd.example', port: 1, secure: true } })
  })
})
