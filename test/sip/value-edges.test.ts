import { describe, expect, it } from 'vitest'
import { acceptContacts, matchContact } from '../../src/sip/accept-contact.js'
import { challengesOf } from '../../src/sip/challenge.js'
import { authorize, formatChallenge, verifyDigest } from '../../src/sip/digest.js'
import { digestResponse } from '../../src/wire/index.js'
import { featuresOf } from '../../src/sip/feature-set.js'
import { SipHeaders } from '../../src/sip/headers.js'
import { isHost, isIpv4 } from '../../src/sip/host.js'
import { asMalformed, MalformedMessage } from '../../src/sip/malformed-message.js'
import type { SipRequest, SipResponse } from '../../src/sip/message.js'
import { parseNameAddress } from '../../src/sip/name-address.js'
import { formatParameterValue } from '../../src/sip/parameter-tail.js'
import { reasonPhrase } from '../../src/sip/reason-phrase.js'
import { equalSipUris, formatSipUri, parseSipUri, type SipUri } from '../../src/sip/uri.js'
import { topVia } from '../../src/sip/via.js'
import { hash, seededRandom } from '../kit/sip-pair.js'

const headers = (...fields: [string, string][]) => new SipHeaders(fields)
const uri = (text: string) => parseSipUri(text) as SipUri

describe('URIs', () => {
  it('are written without what they lack @req SIP-36', () => {
    expect(formatSipUri(uri('sip:example.org'))).toBe('sip:example.org')
    expect(formatSipUri(uri('tel:+15550100;ext=9'))).toBe('tel:+15550100;ext=9')
  })

  it('compare as values and as texts @req SIP-36', () => {
    expect(equalSipUris(uri('sip:a@B.org'), uri('sip:a@b.org'))).toBe(true)
    expect(equalSipUris(uri('sip:a@b.org'), 'sip:c@b.org')).toBe(false)
  })

  it.each([
    ['sip:a@[::1]', 'sip:a@[0:0:0:0:0:0:0:1]', true],
    ['sip:a@[1::]', 'sip:a@[1:0:0:0:0:0:0:0]', true],
    ['sip:a@[::ffff:192.0.2.1]', 'sip:a@[::FFFF:c000:201]', true],
    ['sip:a@[::ffff:192.0.2.1]', 'sip:a@[::ffff:192.0.2.2]', false],
    ['sip:a@h?x=1', 'sip:a@h?x=1', true],
    ['sip:a@h?x=1', 'sip:a@h?x=2', false],
    ['sip:a@h?x=1', 'sip:a@h?y=1', false],
    ['tel:+15550100;ext=1-2', 'tel:+1(555)0100;ext=12', true],
    ['tel:+15550100;ext=12', 'tel:+15550100;ext=13', false],
    ['tel:+15550100;x=A', 'tel:+15550100;x=a', true],
    ['tel:+15550100;x=a', 'tel:+15550100;y=a', false],
    ['tel:+15550100;flag', 'tel:+15550100;flag', true],
  ])('%s and %s are equal: %s @req SIP-36', (a, b, equal) => {
    expect(equalSipUris(a, b)).toBe(equal)
  })

  it.each(['tel:+15550100;a b', 'tel:+15550100;a=<', 'tel:+15550100;a="', 'tel:+15550100;a=\u00e9', 'tel:+15550100;a=>'])(
    '%s is none @req SIP-36',
    text => {
      expect(parseSipUri(text)).toBeUndefined()
    },
  )

  it.each(['1..2.3', '1.2.3', '1.2.3.4444', '1.2.3.a', '1.2.3.256', '1.2.3.4.5'])('%s is no IPv4 address @req SIP-36', text => {
    expect(isIpv4(text)).toBe(false)
  })

  it('have hosts of at most 255 characters @req SEC-11', () => {
    expect([isHost('h'.repeat(254)), isHost('h'.repeat(255)), isHost('h'.repeat(256))]).toEqual([true, true, false])
  })

  it('are read up to 8192 characters @req SEC-11', () => {
    const long = (length: number) => `sip:${'u'.repeat(length - 'sip:@h'.length)}@h`
    expect([8191, 8192, 8193].map(length => parseSipUri(long(length)) !== undefined)).toEqual([true, true, false])
  })
})

describe('parameter values', () => {
  it.each([
    ['token', 'token'],
    ['2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '[2001:db8::1]'],
    ['[2001:db8::1', '"[2001:db8::1"'],
    ['[token]', '"[token]"'],
  ])('%s is written as %s @req SIP-36', (value, text) => {
    expect(formatParameterValue(value)).toBe(text)
  })
})

describe('a Via of nothing but commas', () => {
  it('names nobody @req SIP-36', () => {
    const request: SipRequest = { kind: 'request', method: 'X', uri: 'sip:h', headers: headers(['Via', ' , ,']), body: new Uint8Array() }
    expect(topVia(request)).toBeUndefined()
  })
})

it('a status of no class has a phrase all the same', () => {
  expect([reasonPhrase(799), reasonPhrase(499), reasonPhrase(486)]).toEqual(['Unknown', 'Request Failure', 'Busy Here'])
})

it('a mistake of ours is not taken for a malformed message', () => {
  const mistake = new TypeError('ours')
  expect(() => asMalformed(mistake)).toThrow(mistake)
  const malformed = new MalformedMessage('x', 'y', 400)
  expect(asMalformed(malformed)).toBe(malformed)
})

describe('feature values', () => {
  const features = (contact: string) => featuresOf(parseNameAddress(`<sip:h>;${contact}`)?.parameters ?? new Map())
  const excluded = (wanted: string, contact: string) => {
    const [value] = acceptContacts(headers(['Accept-Contact', `*;${wanted};require`]))
    return value && matchContact(value, features(contact)).excluded
  }

  it.each([
    ['+n="#<=5"', '+n="#4"', true],
    ['+n="#<=5"', '+n="#=4"', false],
    ['+n="#<=5"', '+n="#=6"', true],
    ['+n="#>=5"', '+n="#=6"', false],
    ['+n="#1:3"', '+n="#3:5"', false],
    ['+n="#1:2"', '+n="#3:5"', true],
    ['+n="#=1"', '+n="one"', true],
    ['+n="one"', '+n="#=1"', true],
    ['+n="<one>"', '+n="one"', true],
    ['+n="#x"', '+n="#X"', false],
    ['+n="#=x"', '+n="#=X"', false],
    ['+n="#:3"', '+n="#:3"', false],
    ['+n="a,,b"', '+n="b"', false],
    ['+n=","', '+n="x"', true],
    ['+n="<a,b>,c"', '+n="<a,b>"', false],
  ])('%s wanted and %s offered exclude each other: %s', (wanted, contact, result) => {
    expect(excluded(wanted, contact)).toBe(result)
  })

  it('that nobody names fit everybody', () => {
    const [anybody] = acceptContacts(headers(['Accept-Contact', '*;require;explicit']))
    expect(anybody && matchContact(anybody, features('+n="x"'))).toEqual({ excluded: false, score: 1 })
  })
})

describe('digest', () => {
  const base = { proxy: false, realm: 'r', nonce: 'n', algorithm: 'MD5', qop: ['auth'], stale: false } as const
  const parts = { algorithm: 'MD5' as const, username: 'u', realm: 'r', password: 'p', nonce: 'n', method: 'X', uri: 'sip:h', hash }
  const qop = { nc: '00000001', cnonce: 'c' }
  const good: [string, string][] = [
    ['username', 'u'],
    ['realm', 'r'],
    ['nonce', 'n'],
    ['uri', 'sip:h'],
    ['algorithm', 'MD5'],
    ['qop', 'auth'],
    ['nc', qop.nc],
    ['cnonce', qop.cnonce],
    ['response', digestResponse({ ...parts, qop })],
  ]
  const verify = (changes: [string, string | undefined][] = []) => {
    const given = new Map(good)
    for (const [name, value] of changes)
      if (value === undefined) given.delete(name)
      else given.set(name, value)
    return verifyDigest({
      given,
      realm: 'r',
      nonce: 'n',
      method: 'X',
      uri: 'sip:h',
      password: 'p',
      algorithms: ['MD5'],
      lastCount: 0,
      hash,
    })
  }

  it('needs every part of the credentials @req SIP-2', () => {
    expect(verify()).toBe(1)
    for (const name of ['username', 'realm', 'nonce', 'uri', 'qop', 'nc', 'cnonce', 'response'])
      expect(verify([[name, undefined]]), name).toBeUndefined()
    expect(verify([['qop', 'auth-int']])).toBeUndefined()
  })

  it.each(['', '123456789', '0000000g', '00000000', '-1'])('takes no nc "%s" @req SIP-2', nc => {
    expect(verify([['nc', nc]])).toBeUndefined()
  })

  it('takes MD5 for credentials that name no algorithm @req SIP-2', () => {
    expect(verify([['algorithm', undefined]])).toBe(1)
  })

  it('challenges with what there is to say @req SIP-2', () => {
    expect(formatChallenge({ ...base, qop: [] })).toBe('Digest realm="r", nonce="n", algorithm=MD5')
    expect(formatChallenge({ ...base, opaque: 'o', stale: true })).toBe(
      'Digest realm="r", nonce="n", opaque="o", algorithm=MD5, qop="auth", stale=true',
    )
  })

  it('answers a challenge without qop as RFC 2069 did @req SIP-2', () => {
    const response: SipResponse = {
      kind: 'response',
      status: 401,
      reason: '',
      headers: headers(['WWW-Authenticate', 'Digest realm="r", nonce="n"'], ['WWW-Authenticate', 'Digest nonsense']),
      body: new Uint8Array(),
    }
    const challenges = challengesOf(response)
    expect(challenges.length).toBe(1)
    const credentials = { username: 'u', password: 'p' }
    const random = seededRandom(1)
    const [field] = authorize({ challenges, method: 'X', uri: 'sip:h', credentials, nonceCounts: new Map(), random, hash })
    expect(field).toEqual([
      'Authorization',
      `Digest username="u", realm="r", nonce="n", uri="sip:h", response="${digestResponse(parts)}", algorithm=MD5`,
    ])
  })
})
