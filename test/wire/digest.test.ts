import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import {
  type DigestHash,
  digestAlgorithm,
  digestHa1,
  digestQop,
  digestResponse,
  equalSecret,
  nonceCount,
  parseDigest,
  parseDigestParameters,
} from '../../src/wire/index.js'

const NODE_NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash: DigestHash = (algorithm, bytes) => new Uint8Array(createHash(NODE_NAMES[algorithm]).update(bytes).digest())
const hex = (name: string, text: string) => createHash(name).update(text).digest('hex')
const qop = { nc: '00000001', cnonce: 'c11ent' }

describe('digestResponse', () => {
  const register = { username: 'alice@home1.example', realm: 'home1.example', password: 's3cret', nonce: 'n0nceB2', method: 'REGISTER' }

  it('gives the vectors of D.5 @req SIP-2 RLY-2', () => {
    const uri = 'sip:home1.example'
    expect(digestResponse({ ...register, algorithm: 'MD5', uri, qop, hash })).toBe('8eb6848c9161bd2fff11c61de8b87d3a')
    expect(digestResponse({ ...register, algorithm: 'SHA-256', uri, qop, hash })).toBe(
      '35554c8db4732c5f095c6d2988c16eb03055b19425e96d10ec2a2e49d3aa3268',
    )
    const relay = { username: 'alice', realm: 'relay.example.com', password: 's3cret', nonce: 'n0nceA1', method: 'AUTH' }
    expect(digestResponse({ ...relay, algorithm: 'MD5', uri: 'msrps://alice@relay.example.com;tcp', qop, hash })).toBe(
      '70c156af52152056cafa5c3efd848667',
    )
  })

  it('gives the examples of RFC 7616 §3.9.1 @req SIP-2', () => {
    const mufasa = {
      username: 'Mufasa',
      realm: 'http-auth@example.org',
      password: 'Circle of Life',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      method: 'GET',
      uri: '/dir/index.html',
      qop: { nc: '00000001', cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ' },
      hash,
    }
    expect(digestResponse({ ...mufasa, algorithm: 'MD5' })).toBe('8ca523f5e9506fed4657c9700eebdbec')
    expect(digestResponse({ ...mufasa, algorithm: 'SHA-256' })).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1')
  })

  it('uses SHA-512/256, and the form without qop for servers of RFC 2069 @req SIP-2', () => {
    const a1 = hex('sha512-256', 'alice@home1.example:home1.example:s3cret')
    const a2 = hex('sha512-256', 'REGISTER:sip:home1.example')
    const expected = hex('sha512-256', `${a1}:n0nceB2:00000001:c11ent:auth:${a2}`)
    expect(digestResponse({ ...register, algorithm: 'SHA-512-256', uri: 'sip:home1.example', qop, hash })).toBe(expected)
    const old = hex('md5', `${hex('md5', 'alice@home1.example:home1.example:s3cret')}:n0nceB2:${hex('md5', 'REGISTER:sip:home1.example')}`)
    expect(digestResponse({ ...register, algorithm: 'MD5', uri: 'sip:home1.example', hash })).toBe(old)
  })

  it('gives the rspauth of a server for the empty method @req RLY-3', () => {
    const parts = { username: 'u', realm: 'r', password: 'p', nonce: 'n', uri: 'msrps://r.example.com;tcp', qop, hash }
    const expected = hex('md5', `${hex('md5', 'u:r:p')}:n:00000001:c11ent:auth:${hex('md5', ':msrps://r.example.com;tcp')}`)
    expect(digestResponse({ ...parts, algorithm: 'MD5', method: '' })).toBe(expected)
  })
})

describe('parameters of Digest', () => {
  it('reads a challenge with quoted commas, in any case and with empty list elements @req SIP-2 RLY-2', () => {
    expect([...(parseDigest('dIgEsT  realm="a, b",, NONCE=x ,qop="auth"') ?? [])]).toEqual([
      ['realm', 'a, b'],
      ['nonce', 'x'],
      ['qop', 'auth'],
    ])
  })

  it.each([
    '',
    'Digest',
    'Basic realm="a"',
    'Digest realm="a" nonce="b"',
    'Digest realm="a", realm="b"',
    'Digest realm="a',
    'Digest a;b=1',
  ])('refuses %j @req SIP-2 RLY-2', text => {
    expect(parseDigest(text)).toBeUndefined()
  })

  it('is the same for texts of any length and outside ASCII', () => {
    for (const text of ['', 'a'.repeat(509), 'a'.repeat(510), 'é', 'b\u{1F4CE}'])
      expect(digestHa1({ algorithm: 'MD5', username: text, realm: 'r', password: '', hash })).toBe(hex('md5', `${text}:r:`))
  })

  it('reads one parameter from each piece, with a semicolon behind it at most', () => {
    expect(parseDigestParameters('a=1; , b="2";,,c')).toEqual(
      new Map([
        ['a', '1'],
        ['b', '2'],
        ['c', ''],
      ]),
    )
    for (const text of ['a=1;b=2', 'a=1 b', 'a=1, a=2', ';', 'a="1', '=1']) expect(parseDigestParameters(text)).toBeUndefined()
  })

  it('reads Authentication-Info, which has no scheme @req RLY-3', () => {
    expect(parseDigestParameters(' nextnonce="47", qop=auth, nc=00000001')?.get('nextnonce')).toBe('47')
    expect(parseDigestParameters('nextnonce="47')).toBeUndefined()
  })

  it('reads qop lists and names of algorithms in any case @req SIP-2 RLY-2', () => {
    expect(digestQop(new Map([['qop', 'Auth , auth-int,']]))).toEqual(['auth', 'auth-int'])
    expect(digestQop(new Map())).toEqual([])
    expect(digestAlgorithm('sha-256')).toBe('SHA-256')
    expect(digestAlgorithm('MD5-sess')).toBeUndefined()
  })

  it('counts nonces in eight hexadecimal digits @req SIP-2 RLY-2', () => {
    expect([1, 10, 0xffff_ffff].map(nonceCount)).toEqual(['00000001', '0000000a', 'ffffffff'])
  })

  it('compares secrets over their whole length @req SEC-13', () => {
    expect(equalSecret('abc', 'abc')).toBe(true)
    for (const other of ['abd', 'xbc', 'ab', 'abcd', '', 'abcabc']) expect(equalSecret(other, 'abc'), other).toBe(false)
    // It looks at every character of the expected text wherever the first difference is
    let looked = 0
    const counting = { length: 3, charCodeAt: (index: number) => (looked++, 'abc'.charCodeAt(index)) } as unknown as string
    equalSecret('xbc', counting)
    equalSecret('abx', counting)
    expect(looked).toBe(6)
  })
})
