import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { challengesOf, credentialsOf, parseChallenge, selectChallenges } from '../../src/sip/challenge.js'
import { authorize, formatChallenge, type Hash, verifyDigest } from '../../src/sip/digest.js'
import { SipHeaders } from '../../src/sip/headers.js'
import { NONCES } from '../../src/sip/limits.js'
import type { SipResponse } from '../../src/sip/message.js'

const NODE_NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash: Hash = (algorithm, bytes) => new Uint8Array(createHash(NODE_NAMES[algorithm]).update(bytes).digest())
const random = (length: number) => new Uint8Array(length).fill(7)
const credentials = { username: 'alice@home1.example', password: 's3cret' }

const unauthorized = (...values: string[]): SipResponse => ({
  kind: 'response',
  status: 401,
  reason: 'Unauthorized',
  headers: new SipHeaders(values.map(value => ['WWW-Authenticate', value])),
  body: new Uint8Array(),
})

describe('challenges', () => {
  it('reads quoted and unquoted parameters @req SIP-2', () => {
    const value =
      'Digest realm="a, \\"b\\"",nonce="n,1" , opaque="" ,qop="auth,auth-int" , algorithm=sha-256, stale=TRUE, domain="sip:x sip:y"'
    expect(parseChallenge(value)).toEqual({
      proxy: false,
      realm: 'a, "b"',
      nonce: 'n,1',
      opaque: '',
      algorithm: 'SHA-256',
      qop: ['auth', 'auth-int'],
      stale: true,
    })
    expect(parseChallenge('digest realm=x, nonce="1"')).toMatchObject({ algorithm: 'MD5', qop: [], stale: false })
    expect(parseChallenge('Digest realm="x", nonce="1", algorithm=MD5-sess')?.algorithm).toBeUndefined()
  })

  it.each([
    '',
    'Digest',
    'Basic realm="x"',
    'Digest realm="x"',
    'Digest nonce="1"',
    'Digest realm="x", nonce=""',
    'Digest realm="x" nonce="1"',
  ])('finds nothing to answer in "%s" @req SIP-2', value => expect(parseChallenge(value)).toBeUndefined())

  it('chooses the topmost algorithm it can do, once per realm @req SIP-2', () => {
    const response = unauthorized(
      'Digest realm="a", nonce="1", algorithm=SHA3-512, qop="auth"',
      'Digest realm="a", nonce="2", algorithm=SHA-256, qop="auth-int"',
      'Digest realm="a", nonce="3", algorithm=SHA-512-256, qop="auth-int, auth"',
      'Digest realm="a", nonce="4", algorithm=MD5, qop="auth"',
      'Digest realm="b", nonce="5"',
    )
    response.headers.append('Proxy-Authenticate', 'Digest realm="a", nonce="6", algorithm=MD5, qop="auth"')
    expect(selectChallenges(challengesOf(response)).map(challenge => [challenge.proxy, challenge.realm, challenge.nonce])).toEqual([
      [false, 'a', '3'],
      [false, 'b', '5'],
      [true, 'a', '6'],
    ])
  })
})

describe('authorize and verifyDigest', () => {
  const challenge = {
    proxy: false,
    realm: 'home1.example',
    nonce: 'n0nceB2',
    opaque: 'o"1',
    algorithm: 'SHA-256',
    qop: ['auth'],
    stale: false,
  } as const
  const uri = 'sip:home1.example'
  const answer = (nonceCounts: Map<string, number>, password = 's3cret') => {
    const challenges = challengesOf(unauthorized(formatChallenge(challenge)))
    return authorize({ challenges, method: 'REGISTER', uri, credentials: { ...credentials, password }, nonceCounts, random, hash })
  }
  const given = (fields: [string, string][]) => credentialsOf(new SipHeaders(fields), false)[0] ?? new Map<string, string>()
  const verify = (fields: [string, string][], lastCount = 0, changes = {}) =>
    verifyDigest({
      given: given(fields),
      realm: 'home1.example',
      nonce: 'n0nceB2',
      method: 'REGISTER',
      uri,
      password: 's3cret',
      algorithms: ['SHA-256', 'MD5'],
      lastCount,
      hash,
      ...changes,
    })

  it('writes credentials that the server side accepts @req SIP-2', () => {
    const fields = answer(new Map())
    expect(fields).toHaveLength(1)
    expect(fields[0]?.[0]).toBe('Authorization')
    expect(fields[0]?.[1]).toMatch(
      /^Digest username="alice@home1.example", realm="home1.example", nonce="n0nceB2", uri="sip:home1.example"/,
    )
    expect(Object.fromEntries(given(fields))).toMatchObject({ algorithm: 'SHA-256', qop: 'auth', nc: '00000001', opaque: 'o"1' })
    expect(fields[0]?.[1]).toContain('qop=auth, nc=00000001')
    expect(verify(fields)).toBe(1)
  })

  it('counts nc up for each use of a nonce, and a replay is refused @req SIP-2', () => {
    const counts = new Map<string, number>()
    const first = answer(counts)
    const second = answer(counts)
    expect(given(second).get('nc')).toBe('00000002')
    expect(verify(first, 1)).toBeUndefined()
    expect(verify(second, 1)).toBe(2)
  })

  it('refuses another password, method, uri, realm, nonce or algorithm @req SIP-2', () => {
    const fields = answer(new Map())
    expect(verify(answer(new Map(), 'wrong'))).toBeUndefined()
    for (const change of [
      { method: 'INVITE' },
      { uri: 'sip:other' },
      { realm: 'r' },
      { nonce: 'n' },
      { password: 'x' },
      { algorithms: ['MD5'] },
    ])
      expect(verify(fields, 0, change), JSON.stringify(change)).toBeUndefined()
    for (const value of ['Digest username="x"', 'Basic abc', 'Digest ,,,', 'Digest response="zz", nc=xyz'])
      expect(verify([['Authorization', value]])).toBeUndefined()
  })

  it('remembers a limited number of nonces @req SEC-11', () => {
    const nonceCounts = new Map<string, number>()
    for (let round = 0; round < 1000; round++) {
      const challenges = challengesOf(unauthorized(formatChallenge({ ...challenge, nonce: `n${round}` })))
      authorize({ challenges, method: 'REGISTER', uri, credentials, nonceCounts, random, hash })
    }
    expect(nonceCounts.size).toBe(NONCES)
    expect(nonceCounts.get('n999')).toBe(1)
  })

  it('has no answer when it can do none of the algorithms @req SIP-2', () => {
    const challenges = challengesOf(unauthorized('Digest realm="a", nonce="1", algorithm=SHA3-512, qop="auth"'))
    expect(authorize({ challenges, method: 'X', uri, credentials, nonceCounts: new Map(), random, hash })).toEqual([])
  })
})
