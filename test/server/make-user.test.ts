import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { addressKey } from '../../src/server/address-key.js'
import { digestSecrets, makeUser } from '../../src/server/make-user.js'

describe('a new user', () => {
  it('has the hashes of RFC 7616 and RFC 8760 in place of the password', () => {
    // RFC 7616 §3.9.1: user, realm and password of its example
    const secrets = digestSecrets('Mufasa', 'http-auth@example.org', 'Circle of Life')
    const response = (name: 'md5' | 'sha-256', algorithm: string): string => {
      const hash = (text: string): string => createHash(algorithm).update(text).digest('hex')
      const [nonce, cnonce] = ['7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v', 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ']
      return hash(`${secrets[name]}:${nonce}:00000001:${cnonce}:auth:${hash('GET:/dir/index.html')}`)
    }
    expect(response('md5', 'md5')).toBe('8ca523f5e9506fed4657c9700eebdbec')
    expect(response('sha-256', 'sha256')).toBe('753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1')
    expect(secrets['sha-512-256']).toMatch(/^[0-9a-f]{64}$/)
    expect(new Set(Object.values(secrets)).size).toBe(3)
    expect(secrets).not.toStrictEqual(digestSecrets('Mufasa', 'http-auth@example.org', 'circle of life'))
  })

  it('is called like its address unless told otherwise', () => {
    const made = makeUser({ aor: 'sips:j%20doe@Example.ORG', password: 'x', created: 5 })
    expect(made).toStrictEqual({
      aor: 'sips:j%20doe@Example.ORG',
      username: 'j doe',
      realm: 'example.org',
      ha1: digestSecrets('j doe', 'example.org', 'x'),
      created: 5,
    })
    expect(makeUser({ aor: 'sip:a%ffb@example.org', password: 'x', created: 5 }).username).toBe('a%ffb')
    for (const aor of ['tel:+15550100', 'sip:example.org', 'mailto:a@b', '', 'sip:a@b?x=y'])
      expect(() => makeUser({ aor, password: 'x', created: 5 })).toThrow('address')
    for (const username of ['', 'a:b'])
      expect(() => makeUser({ aor: 'sip:a@b.example', username, password: 'x', created: 5 })).toThrow('colon')
  })
})

describe('the key of an address', () => {
  it.each([
    ['SIP:bob@Example.ORG;user=phone?x=y', 'sip:bob@example.org'],
    ['sips:bob@example.org', 'sip:bob@example.org'],
    ['sip:b%6Fb@example.org:5060', 'sip:bob@example.org'],
    ['sip:Bob@example.org:5080', 'sip:Bob@example.org:5080'],
    ['sip:a%2fb@[2001:DB8::1]', 'sip:a%2Fb@[2001:db8::1]'],
    ['sip:example.org', 'sip:example.org'],
    ['tel:+1-(555)-01.00', 'tel:+15550100'],
    ['tel:70-42;phone-context=+1-212', 'tel:7042;phone-context=+1212'],
    ['no address', 'no address'],
  ])('%s is found as %s', (text, key) => {
    expect(addressKey(text)).toBe(key)
    expect(addressKey(key)).toBe(key)
  })
})
