import { createHash, createHmac, randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { addressOfRecord } from '../../src/sip/address-of-record.js'
import { decodeBase64Url, encodeBase64Url } from '../../src/sip/base64-url.js'
import { Gruus } from '../../src/sip/gruu.js'
import { keyedHash } from '../../src/sip/keyed-hash.js'
import { parseSipUri, type SipUri } from '../../src/sip/uri.js'

const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash = (algorithm: keyof typeof NAMES, bytes: Uint8Array) => new Uint8Array(createHash(NAMES[algorithm]).update(bytes).digest())
const random = (length: number) => new Uint8Array(randomBytes(length))
const secret = new Uint8Array(32).fill(5)
const gruus = new Gruus({ secret, random, hash })
const AOR = 'sip:alice@example.org'
const INSTANCE = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'
const uri = (text: string) => parseSipUri(text) as SipUri

describe('addresses of devices (RFC 5627)', () => {
  it('public ones carry the instance', () => {
    expect(gruus.publicOf(AOR, INSTANCE)).toBe(`sip:alice@example.org;gr=${INSTANCE}`)
    expect(gruus.read(uri(`sips:alice@EXAMPLE.org;gr=${INSTANCE}`))).toEqual({ aor: AOR, instance: INSTANCE })
    const odd = 'a;b c"é'
    expect(gruus.publicOf(AOR, odd)).toBe('sip:alice@example.org;gr=a%3Bb%20c%22%C3%A9')
    expect(gruus.read(uri(gruus.publicOf(AOR, odd)))).toEqual({ aor: AOR, instance: odd })
  })

  it('temporary ones can be read by us alone, and no two are alike', () => {
    const [one, two] = [gruus.temporaryOf(AOR, INSTANCE, 'call-1'), gruus.temporaryOf(AOR, INSTANCE, 'call-1')]
    expect(one).not.toBe(two)
    expect(one).not.toContain('alice')
    const read = { aor: AOR, instance: INSTANCE, callIdMark: gruus.markOf('call-1') }
    expect(gruus.read(uri(one))).toEqual(read)
    expect(gruus.read(uri(two))).toEqual(read)
    expect(gruus.markOf('call-2')).not.toBe(gruus.markOf('call-1'))
    const others = new Gruus({ secret: secret.map(octet => octet + 1), random, hash })
    expect(others.read(uri(one))).toBe('invalid')
  })

  it('are invalid when somebody changed or made them up', () => {
    const token = /tgruu\.([^@]+)@/.exec(gruus.temporaryOf(AOR, INSTANCE, 'call-1'))?.[1] as string
    for (let index = 0; index < token.length - 1; index++) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`
      expect(gruus.read(uri(`sip:tgruu.${changed}@example.org;gr`))).toBe('invalid')
    }
    for (const user of ['alice', 'tgruu.', 'tgruu.AAAA', `tgruu.${'!'.repeat(40)}`])
      expect(gruus.read(uri(`sip:${user}@example.org;gr`))).toBe('invalid')
  })

  it('are told from other addresses', () => {
    expect(gruus.read(uri(AOR))).toBeUndefined()
    expect(gruus.read(uri('sip:example.org;gr=x'))).toBeUndefined()
    expect(gruus.read(uri('tel:+123;gr=x'))).toBeUndefined()
  })
})

describe('what they are made of', () => {
  it('HMAC is that of the platform', () => {
    for (const key of [new Uint8Array(0), secret, new Uint8Array(100).fill(3)]) {
      // a short one after a long one, too
      for (const message of ['message é', 'a'.repeat(600), 'a'.repeat(512), 'short', '']) {
        const expected = createHmac('sha256', key).update(message).digest()
        expect(keyedHash(hash, key, message)).toEqual(new Uint8Array(expected))
        expect(keyedHash(hash, key, new TextEncoder().encode(message))).toEqual(new Uint8Array(expected))
      }
    }
  })

  it('base64url is that of the platform', () => {
    for (let length = 0; length < 20; length++) {
      const bytes = random(length)
      const text = Buffer.from(bytes).toString('base64url')
      expect(encodeBase64Url(bytes)).toBe(text)
      expect(decodeBase64Url(text)).toEqual(bytes)
    }
    expect(decodeBase64Url('ab+/')).toBeUndefined()
  })

  it.each([
    ['sip:Bob%31:pw@Example.ORG:5070;user=phone?a=b', 'sip:Bob1@example.org'],
    ['sips:bob@[2001:DB8::1]', 'sip:bob@[2001:db8::1]'],
    ['tel:+1-(555).12', 'sip:+155512@example.net'],
    ['tel:555;phone-context=x.org', undefined],
    ['sip:example.org', undefined],
    ['mailto:bob@example.org', undefined],
  ])('%s is looked up as %s', (text, expected) => expect(addressOfRecord(text, 'example.net')).toBe(expected))

  it('a number needs a domain', () => expect(addressOfRecord('tel:+155512')).toBeUndefined())
})
