import { describe, expect, it } from 'vitest'
import type { SessionSettings } from '../../src/cpm/index.js'
import { formatFingerprint } from '../../src/sdp/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { FINGERPRINT } from '../kit/file-media.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, SessionPair } from '../kit/session-pair.js'

const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
const TEXT = formatFingerprint(FINGERPRINT)
const OTHER = { algorithm: 'sha-256', octets: new Uint8Array(32).fill(9) }
const SECURE = { secure: true, fingerprints: [FINGERPRINT], signallingSecure: true } satisfies Partial<SessionSettings>
const secureLine = (change: object = {}) =>
  fileLine({ protocol: 'TCP/TLS/MSRP', path: 'msrps://192.0.2.10:2855/aQ7;tcp', more: [`a=fingerprint:${TEXT}`], ...change })
const warnings = (session: LoneSession) => session.events.filter(({ type }) => type === 'insecure-signalling').length

/** Bob is offered this line and accepts what he can. */
function offered(line: string, settings: Partial<SessionSettings> = {}): LoneSession {
  const session = new LoneSession(settings)
  session.incoming(sdp(line))
  if (session.offer !== undefined) session.answer()
  return session
}

/** Bob offers a file and gets this answer. */
function answered(line: (id: string) => string, settings: Partial<SessionSettings> = SECURE): LoneSession {
  const session = new LoneSession(settings)
  const selector = { name: 'notes.txt', size: 4400, hashes: [] }
  session.step({ type: 'command', command: { name: 'send', files: [{ fileId: 'a', disposition: 'attachment', selector }] } })
  session.answered(sdp(line(attribute(session.sdp, 'file-transfer-id')[0] ?? '')))
  return session
}
const added = (session: LoneSession) => session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session] : []))

describe('lines over TLS', () => {
  it('run from offer to BYE with msrps, TCP/TLS/MSRP and both fingerprints @req CON-40 CON-43', () => {
    const pair = new SessionPair({ alice: SECURE, bob: { ...SECURE, fingerprints: [OTHER] } })
    const file = pair.alice.file('notes.txt', NOTES)
    pair.send(pair.alice, [file])
    const [offer, answer, closing] = [pair.sip[0]?.sdp ?? '', pair.sip[2]?.sdp ?? '', pair.sip[3]?.sdp ?? '']
    for (const text of [offer, answer, closing]) {
      expect(text).toMatch(/m=message \d+ TCP\/TLS\/MSRP \*/)
      expect(attribute(text, 'path')[0]).toMatch(/^msrps:/)
    }
    expect(attribute(offer, 'fingerprint')).toEqual([TEXT])
    expect(TEXT).toMatch(/^sha-256 [0-9A-F]{2}(:[0-9A-F]{2}){31}$/)
    expect(attribute(answer, 'fingerprint')).toEqual([formatFingerprint(OTHER)])
    expect(attribute(closing, 'fingerprint')).toEqual([])
    expect(pair.alice.states(file.fileId).at(-1)).toBe('completed')
    expect([...pair.bob.received.values()][0]).toEqual(NOTES)
  })

  it('tell the driver whose certificate it must be, on both sides @req CON-43 CON-23', () => {
    const accepted = offered(secureLine(), SECURE)
    expect(added(accepted)[0]).toMatchObject({ role: 'passive', fingerprints: [FINGERPRINT] })
    const [session] = added(answered(id => secureLine({ direction: 'recvonly', setup: 'passive', id })))
    expect(session).toMatchObject({ role: 'active', target: { secure: true, fingerprints: [FINGERPRINT] } })
  })

  it('compare the strongest fingerprint, written in any case @req CON-43 CON-44', () => {
    const sha512 = { algorithm: 'sha-512', octets: new Uint8Array(64).fill(3) }
    const more = [
      'a=fingerprint:md5 AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA:AA',
      `a=fingerprint:SHA-512 ${Array(64).fill('03').join(':')}`,
    ]
    const both = offered(secureLine({ more: [...more, `a=fingerprint:${TEXT.toLowerCase()}`] }), SECURE)
    expect(added(both)[0]?.fingerprints).toEqual([sha512])
    const lower = offered(secureLine({ more: [`a=fingerprint:${TEXT.toLowerCase()}`] }), SECURE)
    expect(added(lower)[0]?.fingerprints).toEqual([FINGERPRINT])
  })

  it('with fingerprints that cannot be checked are not available @req CON-43 CON-44', () => {
    const sha1 = `a=fingerprint:SHA-1 ${Array(20).fill('ab').join(':')}`
    const md5 = `a=fingerprint:md5 ${Array(16).fill('AB').join(':')}`
    for (const line of [sha1, md5]) expect(offered(secureLine({ more: [line] }), SECURE).refusal).toContain('488 302')
    const weak = offered(secureLine({ more: [sha1] }), { ...SECURE, allowWeakFingerprint: true })
    expect(added(weak)[0]?.fingerprints?.[0]?.algorithm).toBe('sha-1')
    expect(offered(secureLine({ more: [md5] }), { ...SECURE, allowWeakFingerprint: true }).refusal).toContain('488 302')
  })

  it('fail, and send nothing, when the answer takes TLS away or cannot be checked @req CON-40 CON-43', () => {
    const plain = answered(id => fileLine({ direction: 'recvonly', setup: 'passive', id }))
    const unknown = answered(id =>
      secureLine({ direction: 'recvonly', setup: 'passive', id, more: [`a=fingerprint:md5 ${Array(16).fill('AB').join(':')}`] }),
    )
    for (const [session, code] of [
      [plain, 'protocol-error'],
      [unknown, 'tls'],
    ] as const) {
      expect(added(session)).toEqual([])
      expect(session.events).toContainEqual(
        expect.objectContaining({ type: 'file', state: 'failed', outcome: expect.objectContaining({ code }) }),
      )
    }
  })

  it('are as careful with a file that we pull @req CON-40 CON-43', () => {
    const session = new LoneSession(SECURE)
    session.step({ type: 'command', command: { name: 'get', files: [{ fileId: 'w', selector: { name: 'notes.txt', hashes: [] } }] } })
    const id = attribute(session.sdp, 'file-transfer-id')[0]
    session.answered(sdp(fileLine({ direction: 'sendonly', setup: 'passive', id })))
    expect(added(session)).toEqual([])
    expect(session.states('w')).toEqual(['offered', 'failed'])
  })

  it('never get TLS where it was not agreed, nor lose it later @req CON-40', () => {
    const session = answered(id => secureLine({ direction: 'recvonly', setup: 'passive', id }))
    const [id] = attribute(session.sdp, 'file-transfer-id')
    session.offered(sdp(fileLine({ direction: 'recvonly', setup: 'passive', id, path: 'msrp://192.0.2.10:2855/other;tcp' })))
    expect(added(session)).toHaveLength(1)
    expect(session.events).toContainEqual(
      expect.objectContaining({ type: 'file', fileId: 'a', outcome: expect.objectContaining({ code: 'protocol-error' }) }),
    )
  })

  it('are answered with TLS only when we listen over TLS or connect ourselves @req CON-40', () => {
    const active = offered(secureLine())
    expect(active.sdp).toMatch(/m=message 9 TCP\/TLS\/MSRP \*/)
    expect(attribute(active.sdp, 'setup')).toEqual(['active'])
    expect(attribute(active.sdp, 'path')[0]).toMatch(/^msrps:\/\/192\.0\.2\.20:9\//)
    expect(added(active)[0]).toMatchObject({ role: 'active', target: { secure: true } })
    expect(offered(secureLine({ setup: 'active' })).refusal).toContain('488 302')
    const listening = offered(secureLine({ setup: 'active' }), { otherMedia: { host: '192.0.2.20', port: 2856 } })
    expect(listening.sdp).toMatch(/m=message 2856 TCP\/TLS\/MSRP \*/)
  })
})

describe('fingerprints over open signalling', () => {
  it('are warned about once @req CON-45', () => {
    const { signallingSecure: _, ...open } = SECURE
    const caller = answered(id => secureLine({ direction: 'recvonly', setup: 'passive', id }), open)
    expect(warnings(caller)).toBe(1)
    const more = { fileId: 'b', disposition: 'attachment' as const, selector: { name: 'b.txt', size: 5, hashes: [] } }
    caller.step({ type: 'command', command: { name: 'send', files: [more] } })
    expect(attribute(caller.sdp, 'fingerprint')).toEqual([TEXT, TEXT])
    expect(warnings(caller)).toBe(1)
    expect(warnings(offered(secureLine(), open))).toBe(1)
    expect(warnings(offered(secureLine(), SECURE))).toBe(0)
    expect(warnings(answered(id => secureLine({ direction: 'recvonly', setup: 'passive', id })))).toBe(0)
    expect(warnings(offered(fileLine(), { fingerprints: [FINGERPRINT] }))).toBe(0)
  })
})
