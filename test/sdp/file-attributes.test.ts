import { describe, expect, it } from 'vitest'
import {
  acceptsType,
  connectionData,
  formatFileDate,
  formatFileIcon,
  formatFileRange,
  formatFingerprint,
  formatHash,
  formatInformation,
  haveCommonType,
  isTransferId,
  newTransferId,
  parseAcceptTypes,
  parseFileDate,
  parseFileDisposition,
  parseFileIcon,
  parseFileRange,
  parseFingerprint,
  parseHash,
  parseInformation,
  parseSetup,
  rangeFits,
  sameRange,
  sha1Hash,
  strongestHash,
} from '../../src/sdp/index.js'
import { LocalProtocolError } from '../../src/wire/index.js'
import { HELLO_SHA1, octets } from './fixtures.js'

describe('file-transfer-id', () => {
  it('is made of 32 random letters and digits @req SDP-17', () => {
    let next = 0
    const random = (length: number) => Uint8Array.from({ length }, () => next++ % 256)
    const [a, b] = [newTransferId(random), newTransferId(random)]
    expect(a).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(b).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(a).not.toBe(b)
  })

  it('is any token up to 256 characters @req SDP-17', () => {
    expect(isTransferId("!#$%&'*+-.^_`{|}~aZ9")).toBe(true)
    expect(isTransferId('x'.repeat(256))).toBe(true)
    expect(isTransferId('x'.repeat(257))).toBe(false)
    for (const bad of ['', 'a b', ...' "(),/:;<=>?@[\\]é\x7f']) expect(isTransferId(bad), bad).toBe(false)
  })
})

describe('file-range', () => {
  it.each([
    ['1-*', { start: 1, stop: undefined }],
    ['1-1', { start: 1, stop: 1 }],
    ['65206-100000', { start: 65_206, stop: 100_000 }],
  ])('reads and writes %j @req SDP-21', (text, range) => {
    expect(parseFileRange(text)).toEqual(range)
    expect(formatFileRange(range)).toBe(text)
  })

  it.each([
    '5-3',
    '0-3',
    '0-*',
    '1',
    '1-',
    '-1',
    '-',
    '*-1',
    '*',
    '',
    '1-2-3',
    ' 1-2',
    '1- 2',
    '01-2',
    '1-02',
    '1-x',
    '1-9007199254740992',
  ])('refuses %j @req SDP-21', text => {
    expect(parseFileRange(text)).toBeUndefined()
  })

  it('lies inside the file or not @req SDP-21', () => {
    expect(rangeFits({ start: 1, stop: 10 }, 10)).toBe(true)
    expect(rangeFits({ start: 1, stop: 11 }, 10)).toBe(false)
    expect(rangeFits({ start: 10, stop: undefined }, 10)).toBe(true)
    expect(rangeFits({ start: 11, stop: undefined }, 10)).toBe(false)
    expect(rangeFits({ start: 1, stop: undefined }, 0)).toBe(true)
  })

  it('is 1-* when it is absent @req SDP-21', () => {
    expect(sameRange(undefined, { start: 1, stop: undefined })).toBe(true)
    expect(sameRange({ start: 2, stop: 3 }, { start: 2, stop: 3 })).toBe(true)
    expect(sameRange({ start: 2, stop: 3 }, { start: 2, stop: undefined })).toBe(false)
    expect(sameRange({ start: 2, stop: undefined }, undefined)).toBe(false)
  })
})

describe('file-date', () => {
  it.each([
    ['modification:"Sat, 04 May 2024 12:10:00 +0000"', { modification: '2024-05-04T12:10:00Z' }],
    ['creation:"Mon, 15 May 2006 15:01:31 +0300"', { creation: '2006-05-15T12:01:31Z' }],
    ['read:"1 Jan 2000 00:00 -0130"', { read: '2000-01-01T01:30:00Z' }],
    ['creation:"Sat, 31 Dec 2016 23:59:60 +0000"', { creation: '2017-01-01T00:00:00Z' }],
    [
      'read:"Tue, 29 Feb 2000 10:00:00 +0000" creation:"1 Mar 2000 10:00:00 +0000" modification:"2 Mar 2000 10:00:00 +0000"',
      { read: '2000-02-29T10:00:00Z', creation: '2000-03-01T10:00:00Z', modification: '2000-03-02T10:00:00Z' },
    ],
  ])('reads %j @req SDP-19', (text, dates) => {
    expect(parseFileDate(text)).toEqual(Object.fromEntries(Object.entries(dates).map(([kind, date]) => [kind, new Date(date)])))
  })

  it.each([
    'creation:"Mon, 15 May 2006 15:01:31 GMT"',
    'creation:"Mon, 15 May 2006 15:01:31 UT"',
    'creation:"Mon, 15 May 2006 15:01:31"',
    'creation:"Tue, 15 May 2006 15:01:31 +0300"',
    'creation:"31 Jun 2006 15:01:31 +0300"',
    'creation:"29 Feb 2001 15:01:31 +0300"',
    'creation:"15 Mai 2006 15:01:31 +0300"',
    'creation:"15 May 06 15:01:31 +0300"',
    'creation:"15 May 1899 15:01:31 +0300"',
    'creation:"15 May 2006 24:00:00 +0300"',
    'creation:"15 May 2006 15:60:00 +0300"',
    'creation:"15 May 2006 15:00:61 +0300"',
    'creation:"15 May 2006 15:00:00 +0360"',
    'creation:"15 May 2006 15:00:00 +0300" creation:"15 May 2006 15:00:00 +0300"',
    'creation:"15 May 2006 15:00:00 +0300" ',
    'creation:"15 May 2006 15:00:00 +0300"  read:"15 May 2006 15:00:00 +0300"',
    'creation:"15 May 2006 15:00:00 +0300"read:"15 May 2006 15:00:00 +0300"',
    'creation:"15 May 2006 15:00:00 +0300',
    'creation:15 May 2006 15:00:00 +0300',
    'birth:"15 May 2006 15:00:00 +0300"',
    'creation:""',
    '',
  ])('ignores %j @req SDP-19', text => {
    expect(parseFileDate(text)).toBeUndefined()
  })

  it('writes numeric zones, in order, and reads them back @req SDP-19', () => {
    const date = { read: new Date('2024-12-31T23:59:59Z'), creation: new Date('2006-05-15T12:01:31Z') }
    const text = 'creation:"Mon, 15 May 2006 12:01:31 +0000" read:"Tue, 31 Dec 2024 23:59:59 +0000"'
    expect(formatFileDate(date)).toBe(text)
    expect(parseFileDate(text)).toEqual(date)
  })

  it('refuses to write what is no date of these centuries', () => {
    for (const creation of [new Date(Number.NaN), new Date('1899-12-31T00:00:00Z'), new Date(8.64e15)])
      expect(() => formatFileDate({ creation })).toThrow(LocalProtocolError)
  })
})

describe('file-disposition', () => {
  it('reads render, and everything else as attachment @req SDP-18', () => {
    expect(['render', 'Render', 'attachment', 'inline', ''].map(parseFileDisposition)).toEqual([
      'render',
      'render',
      'attachment',
      'attachment',
      'attachment',
    ])
  })
})

describe('file-icon', () => {
  it.each([
    ['ic1@alice.home1.example', 'cid:ic1@alice.home1.example'],
    ['foo4%foo1@bar.net', 'cid:foo4%25foo1@bar.net'],
    ['a b<c>"d"#?/@x', 'cid:a%20b%3Cc%3E%22d%22%23%3F%2F@x'],
    ['é@x', 'cid:%C3%A9@x'],
  ])('writes %j as %j and decodes it @req SDP-20', (id, url) => {
    expect(formatFileIcon(id)).toBe(url)
    expect(parseFileIcon(url)).toBe(id)
  })

  it('takes the scheme in any case and ignores other URLs @req SDP-20', () => {
    expect(parseFileIcon('CID:a@b')).toBe('a@b')
    for (const bad of ['http://x/y', 'cid:', 'cid', '', 'cid:%G1']) expect(parseFileIcon(bad), bad).toBeUndefined()
  })
})

describe('hash', () => {
  it('is written and read without its keyword @req SDP-14', () => {
    const hash = sha1Hash(octets(HELLO_SHA1))
    expect(formatHash(hash)).toBe(`sha-1:${HELLO_SHA1}`)
    expect(parseHash(`SHA-1:${HELLO_SHA1.toLowerCase()}`)).toEqual(hash)
    expect(parseHash('sha-1')).toBeUndefined()
    expect(parseHash(`:${HELLO_SHA1}`)).toBeUndefined()
    expect(parseHash('md 5:00')).toBeUndefined()
  })

  it('is the strongest known one of several @req SDP-15', () => {
    const sha1 = sha1Hash(octets(HELLO_SHA1))
    const sha256 = { algorithm: 'sha-256', octets: new Uint8Array(32) }
    const other = { algorithm: 'sha-3', octets: new Uint8Array(64) }
    expect(strongestHash([sha1, other, sha256])).toBe(sha256)
    expect(strongestHash([other, sha1])).toBe(sha1)
    expect(strongestHash([other])).toBeUndefined()
  })
})

describe('fingerprint', () => {
  it('is written and read @req SDP-24', () => {
    const fingerprint = { algorithm: 'sha-256', octets: Uint8Array.of(0x12, 0xdf, 0x03) }
    expect(formatFingerprint(fingerprint)).toBe('sha-256 12:DF:03')
    expect(parseFingerprint('SHA-256 12:df:03')).toEqual(fingerprint)
    for (const bad of ['sha-256', 'sha-256 ', ' 12:DF', 'sha-256 12DF', 'sha-256  12:DF', 'sha 256 12:DF', ''])
      expect(parseFingerprint(bad), bad).toBeUndefined()
  })
})

describe('setup', () => {
  it('knows the four roles @req SDP-24', () => {
    expect(['active', 'passive', 'actpass', 'holdconn', 'ActPass', 'both', ''].map(parseSetup)).toEqual([
      'active',
      'passive',
      'actpass',
      'holdconn',
      'actpass',
      undefined,
      undefined,
    ])
  })
})

describe('accept-types', () => {
  it.each([
    ['*', 'image/jpeg', true],
    ['message/cpim *', 'image/jpeg', true],
    ['message/cpim', 'image/jpeg', false],
    ['image/*', 'image/jpeg', true],
    ['image/*', 'IMAGE/png;q=1', true],
    ['image/*', 'imagery/png', false],
    ['Text/Plain', 'text/plain', true],
    ['text/plain;charset=utf-8', 'text/plain', true],
    ['text/plain', 'text/plain;charset=utf-8', true],
    ['text/plain', 'text/plainer', false],
    ['', 'text/plain', false],
  ])('with %j accepts %j: %j @req SDP-5', (list, type, accepted) => {
    expect(acceptsType(parseAcceptTypes(list), type)).toBe(accepted)
  })

  it('is a list separated by spaces outside of quotes @req SDP-5', () => {
    expect(parseAcceptTypes('message/cpim text/plain;a="b c"  *')).toEqual(['message/cpim', 'text/plain;a="b c"', '*'])
  })

  it.each([
    ['message/cpim', 'text/plain', false],
    ['message/cpim *', 'text/plain', true],
    ['text/plain', 'text/*', true],
    ['text/*', 'text/*', true],
    ['text/*', 'image/*', false],
  ])('of %j and %j have a type in common: %j @req SDP-5', (a, b, common) => {
    expect(haveCommonType([...parseAcceptTypes(a)], parseAcceptTypes(b))).toBe(common)
    expect(haveCommonType(parseAcceptTypes(b), parseAcceptTypes(a))).toBe(common)
  })
})

describe('information', () => {
  it('is UTF-8 and cut to 1000 characters, never inside of a character @req SDP-22', () => {
    expect(parseInformation(formatInformation('Sitzung nötig 🙂'))).toBe('Sitzung nötig 🙂')
    expect(formatInformation('é')).toBe('\xc3\xa9')
    expect(parseInformation('x'.repeat(1001))).toBe('x'.repeat(1000))
    expect(parseInformation(`${'x'.repeat(998)}${formatInformation('🙂')}y`)).toBe(`${'x'.repeat(998)}🙂`)
    expect(parseInformation(`${'x'.repeat(999)}${formatInformation('🙂')}y`)).toBe('x'.repeat(999))
    expect(parseInformation(formatInformation(`${'x'.repeat(999)}🙂`))).toBe('x'.repeat(999))
  })
})

describe('connection data', () => {
  it('tells IPv6 from the others', () => {
    expect(connectionData('192.0.2.1')).toEqual({ addressType: 'IP4', address: '192.0.2.1' })
    expect(connectionData('alicepc.example.com')).toEqual({ addressType: 'IP4', address: 'alicepc.example.com' })
    expect(connectionData('[2001:db8::1]')).toEqual({ addressType: 'IP6', address: '2001:db8::1' })
    expect(connectionData('::1')).toEqual({ addressType: 'IP6', address: '::1' })
  })
})
