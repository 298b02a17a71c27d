import { createHash, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { challengesOf } from '../../src/sip/challenge.js'
import { authorize, type NonceCounts } from '../../src/sip/digest.js'
import { DigestServer, type DigestServerOptions, type GivenCredentials } from '../../src/sip/digest-server.js'
import { SipHeaders } from '../../src/sip/headers.js'
import type { SipRequest, SipResponse } from '../../src/sip/message.js'
import type { ExtraHeaders } from '../../src/sip/user-agent-types.js'
import { type DigestAlgorithm, digestHa1 } from '../../src/wire/index.js'

const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash = (algorithm: keyof typeof NAMES, bytes: Uint8Array) => new Uint8Array(createHash(NAMES[algorithm]).update(bytes).digest())
const random = (length: number) => new Uint8Array(randomBytes(length))
const BASE: DigestServerOptions = { realm: 'example.org', secret: new Uint8Array(32).fill(1), random, hash }
const NOW = 1_800_000_000_000
const URI = 'sip:example.org'

const ha1 = (algorithm: DigestAlgorithm, password = 's3cret') =>
  digestHa1({ algorithm, username: 'alice', realm: 'example.org', password, hash })

/** The client's answer to a challenge, as a request. */
class Caller {
  readonly #counts: NonceCounts = new Map()

  answer(headers: ExtraHeaders, uri = URI): SipRequest {
    const response: SipResponse = { kind: 'response', status: 401, reason: '', headers: new SipHeaders(headers), body: new Uint8Array() }
    const credentials = { username: 'alice', password: 's3cret' }
    const input = { challenges: challengesOf(response), method: 'REGISTER', uri, credentials, nonceCounts: this.#counts, random, hash }
    return { kind: 'request', method: 'REGISTER', uri, headers: new SipHeaders(authorize(input)), body: new Uint8Array() }
  }
}

function verdict(server: DigestServer, request: SipRequest, now = NOW, password = 's3cret'): string {
  const given = server.given(request, request.headers.has('Proxy-Authorization'))
  return given === undefined ? 'nothing' : server.verify(given, ha1(given.algorithm, password), request.method, now)
}

describe('digest of a server', () => {
  it('challenges for every algorithm, the best on top, and takes the answers to each @req SIP-2', () => {
    const server = new DigestServer(BASE)
    const challenges = server.challenge(NOW)
    expect(challenges.map(([name, value]) => [name, /algorithm=([^,]+)/.exec(value)?.[1], value.includes('qop="auth"')])).toEqual([
      ['WWW-Authenticate', 'SHA-256', true],
      ['WWW-Authenticate', 'SHA-512-256', true],
      ['WWW-Authenticate', 'MD5', true],
    ])
    for (const index of challenges.keys())
      expect(verdict(server, new Caller().answer([server.challenge(NOW)[index] as (typeof challenges)[0]]))).toBe('right')
    const asProxy = server.challenge(NOW, { proxy: true, stale: true })
    expect(asProxy[0]).toEqual(['Proxy-Authenticate', expect.stringContaining('stale=true')])
    expect(verdict(server, new Caller().answer(asProxy))).toBe('right')
  })

  it('tells a wrong password from a nonce that is old, foreign or made up @req SIP-2 SEC-13', () => {
    const server = new DigestServer({ ...BASE, nonceLife: 1000 })
    const challenge = server.challenge(NOW)
    const answer = () => new Caller().answer(challenge)
    expect(verdict(server, answer(), NOW, 'guess')).toBe('wrong')
    expect(verdict(server, answer(), NOW + 1001)).toBe('stale')
    expect(verdict(server, answer(), NOW - 60_001)).toBe('stale')
    expect(verdict(server, answer(), NOW - 1)).toBe('right')
    const other = new DigestServer({ ...BASE, secret: new Uint8Array(32).fill(2) })
    expect(verdict(other, answer())).toBe('stale')
    const madeUp: ExtraHeaders = [['WWW-Authenticate', 'Digest realm="example.org", nonce="mine", qop="auth", algorithm=MD5']]
    expect(verdict(server, new Caller().answer(madeUp))).toBe('stale')
    // whether a password is right is not to be heard with a nonce that nobody counts
    expect(verdict(server, new Caller().answer(madeUp), NOW, 'guess')).toBe('stale')
    expect(verdict(server, answer(), NOW + 1001, 'guess')).toBe('stale')
  })

  it('gives a nonce to one peer, and takes it from no other @req SIP-2 SEC-13', () => {
    const server = new DigestServer(BASE)
    const request = new Caller().answer(server.challenge(NOW, { peer: '192.0.2.9' }))
    const given = server.given(request) as GivenCredentials
    const of = (peer?: string) => [server.isCurrent(given, NOW, peer), server.verify(given, ha1(given.algorithm), 'REGISTER', NOW, peer)]
    expect([of('192.0.2.77'), of(), of('192.0.2.9')]).toEqual([
      [false, 'stale'],
      [false, 'stale'],
      [true, 'right'],
    ])
  })

  it('takes each count of a nonce once, also out of order, but not far behind @req SIP-2', () => {
    const server = new DigestServer(BASE)
    const caller = new Caller()
    const challenge = server.challenge(NOW)
    const requests = Array.from({ length: 80 }, () => caller.answer(challenge))
    const take = (nc: number) => verdict(server, requests[nc - 1] as SipRequest)
    expect([1, 1].map(take)).toEqual(['right', 'stale'])
    expect([4, 3, 2, 3, 2, 1].map(take)).toEqual(['right', 'right', 'right', 'stale', 'stale', 'stale'])
    expect([34, 5, 4, 33, 33].map(take)).toEqual(['right', 'right', 'stale', 'right', 'stale'])
    expect([80, 49, 50, 50, 34].map(take)).toEqual(['right', 'stale', 'right', 'stale', 'stale'])
  })

  it('remembers a bounded number of nonces, and takes none twice for that', () => {
    const server = new DigestServer({ ...BASE, algorithms: ['MD5'], nonces: 20 })
    const first = new Caller().answer(server.challenge(NOW))
    const unused = new Caller().answer(server.challenge(NOW))
    const later = new Caller().answer(server.challenge(NOW + 1))
    expect(verdict(server, first)).toBe('right')
    for (let count = 0; count < 20; count++) {
      const given = server.given(new Caller().answer(server.challenge(NOW + 1)))
      if (given !== undefined) server.verify(given, ha1('MD5'), 'REGISTER', NOW + 1)
    }
    expect(verdict(server, first)).toBe('stale')
    expect(verdict(server, unused)).toBe('stale')
    expect(verdict(server, later, NOW + 1)).toBe('right')
  })

  it('finds nothing in credentials for another realm, URI or algorithm, or in the old style @req SIP-2', () => {
    const server = new DigestServer({ ...BASE, algorithms: ['SHA-256'] })
    const [, challenge = ''] = server.challenge(NOW)[0] ?? []
    const line = new Caller().answer([['WWW-Authenticate', challenge]]).headers.get('Authorization') ?? ''
    const given = (value: string, uri = URI) =>
      server.given({
        kind: 'request',
        method: 'REGISTER',
        uri,
        headers: new SipHeaders([['Authorization', value]]),
        body: new Uint8Array(),
      })
    expect(given(line)).toMatchObject({ username: 'alice', algorithm: 'SHA-256', nc: '00000001' })
    expect(given(line, 'sip:EXAMPLE.org')).toBeDefined()
    expect(given(line, 'sip:example.net')).toBeUndefined()
    for (const [from, to] of [
      ['realm="example.org"', 'realm="example.net"'],
      ['algorithm=SHA-256', 'algorithm=MD5'],
      ['algorithm=SHA-256', 'algorithm=SHA3-512'],
      ['algorithm=SHA-256, ', ''],
      ['username="alice"', 'username=""'],
      ['qop=auth', 'qop=auth-int'],
      [', qop=auth', ''],
      ['nc=00000001', 'nc=1g'],
      ['nc=00000001', 'nc=000000001'],
      [/cnonce="[^"]+"/, 'cnonce=""'],
      [/, cnonce="[^"]+"/, ''],
      ['Digest ', 'Basic '],
    ] as const) {
      const changed = line.replace(from, to)
      expect(changed).not.toBe(line)
      expect(given(changed)).toBeUndefined()
    }
  })
})
