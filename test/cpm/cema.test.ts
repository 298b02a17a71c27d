import { describe, expect, it } from 'vitest'
import type { SessionSettings } from '../../src/cpm/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, ports, response, SessionPair } from '../kit/session-pair.js'

const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
const PATH = 'msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp'
/** c= of a middlebox instead of the peer's own. */
const MIDDLEBOX = 'c=IN IP4 198.51.100.7'

/** The peer's SDP, changed by somebody on the way. */
const changed = (text: string) => text.replace('c=IN IP4 192.0.2.10', MIDDLEBOX)

function caller(settings: Partial<SessionSettings> = {}): LoneSession {
  const session = new LoneSession(settings)
  const selector = { name: 'notes.txt', size: 4400, hashes: [] }
  session.step({ type: 'command', command: { name: 'send', files: [{ fileId: 'a', disposition: 'attachment', selector }] } })
  return session
}
const answerTo = (session: LoneSession, line: object) =>
  sdp(
    fileLine({
      direction: 'recvonly',
      setup: 'passive',
      cema: false,
      path: PATH,
      id: attribute(session.sdp, 'file-transfer-id')[0],
      ...line,
    }),
  )
const added = (session: LoneSession) => session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session] : []))
const names = (session: LoneSession) => session.sip.map(({ name }) => name)

function offered(text: string, settings: Partial<SessionSettings> = {}): LoneSession {
  const session = new LoneSession(settings)
  session.incoming(text)
  if (session.offer !== undefined) session.answer()
  return session
}

describe('our offer', () => {
  it('says msrp-cema and actpass, or active and port 9 when nobody can connect to us @req CON-20 CON-22 CON-30', () => {
    const open = caller().sdp
    expect(open).toContain('a=msrp-cema\r\n')
    expect([attribute(open, 'setup'), ports(open)]).toEqual([['actpass'], [2855]])
    const hidden = caller({ reachable: false }).sdp
    expect([attribute(hidden, 'setup'), ports(hidden)]).toEqual([['active'], [9]])
    expect(attribute(hidden, 'path')[0]).toMatch(/^msrp:\/\/192\.0\.2\.20:9\//)
    expect(caller({ cema: false }).sdp).not.toContain('msrp-cema')
  })

  it('of a side that nobody can reach still carries the file @req CON-20 CON-22', () => {
    for (const direction of ['alice', 'bob'] as const) {
      const pair = new SessionPair({ [direction]: { reachable: false } })
      const file = pair.alice.file('notes.txt', NOTES)
      pair.send(pair.alice, [file])
      expect(pair.alice.states(file.fileId).at(-1), direction).toBe('completed')
      const [offer, answer] = [pair.sip[0]?.sdp ?? '', pair.sip[2]?.sdp ?? '']
      const setups = [attribute(offer, 'setup')[0], attribute(answer, 'setup')[0]]
      expect(setups).toEqual(direction === 'alice' ? ['active', 'passive'] : ['actpass', 'active'])
      expect([ports(offer), ports(answer)]).toEqual(direction === 'alice' ? [[9], [20_002]] : [[20_001], [9]])
    }
  })
})

describe('an answer without msrp-cema', () => {
  it('from a side that connects, through a middlebox, leads to an offer without it @req CON-33', () => {
    const session = caller()
    const [before] = [session.sdp]
    session.answered(changed(answerTo(session, { setup: 'active' })))
    expect(added(session)).toEqual([])
    expect(names(session)).toEqual(['invite', 'offer'])
    expect(session.sdp).not.toContain('msrp-cema')
    for (const name of ['file-transfer-id', 'file-selector', 'path', 'setup'])
      expect(attribute(session.sdp, name), name).toEqual(attribute(before, name))
    session.answered(changed(answerTo(session, { setup: 'active' })))
    expect(added(session)).toHaveLength(1)
    expect(added(session)[0]).toMatchObject({ role: 'passive' })
    expect(session.states('a')).toEqual(['offered', 'connecting'])
    expect(names(session)).toEqual(['invite', 'offer'])
  })

  it('and with c=/m= of the path needs no second offer @req CON-33', () => {
    const session = caller()
    session.answered(answerTo(session, { setup: 'active' }))
    expect(added(session)[0]).toMatchObject({ role: 'passive' })
    const active = caller()
    active.answered(answerTo(active, {}))
    expect(added(active)[0]?.target).toEqual({ host: '192.0.2.10', port: 2855, secure: false })
    expect(names(active)).toEqual(['invite'])
  })

  it('to an active side makes it connect to c=/m= @req CON-33', () => {
    const session = caller()
    session.answered(changed(answerTo(session, {})))
    expect(added(session)[0]).toMatchObject({ remotePath: [PATH], target: { host: '198.51.100.7', port: 2855 } })
  })

  it('from behind a relay leads to the relay, or to an offer without it when c=/m= is elsewhere @req CON-33', () => {
    const path = `msrp://relay.example:4000/r1;tcp ${PATH}`
    const straight = caller()
    straight.answered(answerTo(straight, { path }))
    expect(added(straight)[0]).toMatchObject({ remotePath: path.split(' '), target: { host: 'relay.example', port: 4000 } })
    const anchored = caller()
    anchored.answered(changed(answerTo(anchored, { path })))
    expect(names(anchored)).toEqual(['invite', 'offer'])
    anchored.answered(changed(answerTo(anchored, { path })))
    expect(added(anchored)[0]?.target).toEqual({ host: 'relay.example', port: 4000, secure: false })
  })

  it('knows the addresses of names when it is told them @req CON-33', () => {
    const line = { setup: 'active', path: 'msrp://alicepc.example:2855/aQ7;tcp' }
    const unknown = caller()
    unknown.answered(answerTo(unknown, line))
    expect(names(unknown)).toEqual(['invite'])
    for (const [address, commands] of [
      ['192.0.2.10', ['invite']],
      ['192.0.2.99', ['invite', 'offer']],
    ] as const) {
      const session = caller({ addressesOf: () => [address] })
      session.answered(answerTo(session, line))
      expect(names(session)).toEqual(commands)
    }
  })

  it('and no usable path is refused, not asked again @req SDP-4 CON-33', () => {
    const session = caller()
    session.answered(changed(answerTo(session, { setup: 'active', path: 'msrp://192.0.2.10/no-port;tcp' })))
    expect(session.states('a')).toEqual(['offered', 'failed'])
  })

  it('survives a refusal for its time, and fails the file at any other @req CON-33 SIP-22', () => {
    const session = caller()
    session.answered(changed(answerTo(session, { setup: 'active' })))
    session.event({ name: 'refused', id: 'bob', status: 491, retryAfter: 500, response: response(491) })
    session.run(600)
    expect(names(session)).toEqual(['invite', 'offer', 'offer'])
    expect(session.sdp).not.toContain('msrp-cema')
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    expect(session.states('a')).toEqual(['offered', 'failed'])
    expect(ports(session.sdp)).toEqual([0])
  })

  it('is forgotten when the user cancels before the second answer @req SND-10', () => {
    const session = caller()
    session.answered(changed(answerTo(session, { setup: 'active' })))
    session.step({ type: 'command', command: { name: 'abort', fileId: 'a' } })
    session.answered(changed(answerTo(session, { setup: 'active' })))
    expect(ports(session.sdp)).toEqual([0])
    expect(added(session)).toEqual([])
  })
})

describe('an offer', () => {
  const offer = (line: object = {}) => changed(sdp(fileLine({ cema: false, path: PATH, ...line })))

  it('without msrp-cema, changed on the way, gets 488 where we would connect @req CON-32', () => {
    expect(offered(offer({ setup: 'passive' })).refusal).toContain('488 302')
    expect(offered(offer(), { reachable: false }).refusal).toContain('488 302')
    expect(offered(offer(), { strict: true }).refusal).toContain('488 302')
    expect(offered(offer({ setup: 'active' })).last?.name).toBe('accept')
    expect(offered(offer({ setup: 'passive', path: 'msrp://0.0.0.0:2855/x;tcp' })).last?.name).toBe('accept')
    expect(offered(sdp(fileLine({ cema: false, setup: 'passive', path: PATH }))).last?.name).toBe('accept')
  })

  it('with two such lines loses only the changed one @req CON-32', () => {
    const good = fileLine({ setup: 'passive', id: 'second', path: PATH, selector: 'type:image/png size:12' })
    const session = new LoneSession()
    session.incoming(changed(sdp(fileLine({ cema: false, setup: 'passive', path: PATH }), good)))
    session.answer([1])
    expect(ports(session.sdp)).toEqual([0, 9])
  })

  it('with msrp-cema is answered with it, and an active answerer connects to c=/m= @req CON-31 CON-34', () => {
    const session = offered(changed(sdp(fileLine({ setup: 'passive', path: PATH }))))
    expect(session.sdp).toContain('a=msrp-cema')
    expect(added(session)[0]).toMatchObject({ role: 'active', remotePath: [PATH], target: { host: '198.51.100.7', port: 2855 } })
  })

  it('of an active side behind a relay is answered without msrp-cema @req CON-34', () => {
    const path = `msrp://relay.example:4000/r1;tcp ${PATH}`
    expect(offered(sdp(fileLine({ setup: 'active', path }))).sdp).not.toContain('msrp-cema')
    expect(offered(sdp(fileLine({ setup: 'actpass', path }))).sdp).toContain('msrp-cema')
    expect(offered(sdp(fileLine()), { cema: false }).sdp).not.toContain('msrp-cema')
  })
})
