import { describe, expect, it } from 'vitest'
import {
  type CpimHead,
  decodeCpimHead,
  encodeCpimHead,
  formatImdnHeaders,
  type HeaderLine,
  type ImdnHeaders,
  MAX_IMDN_ID,
  MAX_IMDN_ROUTES,
  MAX_IMDN_URI,
  NEW_IMDN_ID,
  newImdnId,
  readImdnHeaders,
} from '../../src/cpim/index.js'
import { encodeUtf8, LocalProtocolError } from '../../src/wire/index.js'
import { seededRandom } from '../kit/random.js'

const NOTHING: ImdnHeaders = { wanted: [], recordRoute: [], route: [] }
const NS: HeaderLine = ['NS', 'imdn <urn:ietf:params:imdn>']
const ID: HeaderLine = ['imdn.Message-ID', 'Vb2k9QwLx73TfRe1']
const WISH: HeaderLine = ['imdn.Disposition-Notification', 'positive-delivery, display']

function head(...extensions: HeaderLine[]): CpimHead {
  return {
    from: { uri: 'sip:alice@home1.example' },
    to: [{ uri: 'sip:bob@home2.example' }],
    dateTime: '2024-05-04T12:16:49Z',
    extensions,
    mime: [['Content-Type', 'text/plain']],
  }
}

/** As they are read off the wire. */
const read = (...extensions: HeaderLine[]) =>
  readImdnHeaders(decodeCpimHead(encodeCpimHead(head(...extensions)), 1_000_000)?.head as CpimHead)

const FULL: ImdnHeaders = {
  messageId: 'Vb2k9QwLx73TfRe1',
  wanted: ['positive-delivery', 'negative-delivery', 'processing', 'display'],
  originalTo: 'sip:team@home2.example',
  recordRoute: ['sip:as1.home2.example', 'sip:as2.home1.example;lr'],
  route: ['sip:as3.home1.example'],
}

describe('the headers that ask for notifications', () => {
  it('are written with their namespace in front @req IMDN-1 IMDN-6 MSRP-64', () => {
    expect(formatImdnHeaders(FULL)).toEqual([
      NS,
      ID,
      ['imdn.Disposition-Notification', 'positive-delivery, negative-delivery, processing, display'],
      ['imdn.Original-To', '<sip:team@home2.example>'],
      ['imdn.IMDN-Record-Route', '<sip:as1.home2.example>'],
      ['imdn.IMDN-Record-Route', '<sip:as2.home1.example;lr>'],
      ['imdn.IMDN-Route', '<sip:as3.home1.example>'],
    ])
    expect(formatImdnHeaders({})).toEqual([NS])
  })

  it('are read back the same @req IMDN-1 IMDN-6', () => {
    expect(read(...formatImdnHeaders(FULL))).toEqual(FULL)
    expect(read(NS, ID, WISH)).toEqual({ ...NOTHING, messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'display'] })
    const { extensions, ...bare } = head()
    expect(extensions).toEqual([])
    expect(readImdnHeaders(bare)).toEqual(NOTHING)
  })

  it('are found under any prefix that was declared above them @req MSRP-64', () => {
    const wanted = { ...NOTHING, messageId: 'm', wanted: ['display'] }
    const named = (prefix: string): HeaderLine[] => [
      [`${prefix}Message-ID`, 'm'],
      [`${prefix}Disposition-Notification`, 'display'],
    ]
    expect(read(['NS', 'zz9 <urn:ietf:params:imdn>'], ...named('zz9.'))).toEqual(wanted)
    expect(read(['NS', 'zz9<urn:ietf:params:imdn>'], ...named('zz9.'))).toEqual(wanted)
    expect(read(['NS', '<urn:ietf:params:imdn>'], ...named(''))).toEqual(wanted)
    for (const declaration of [
      'imdn <urn:other>',
      'imdn urn:ietf:params:imdn',
      'imdn >urn:ietf:params:imdn<',
      'imdn <urn:ietf:params:imdn',
      '',
    ])
      expect(read(['NS', declaration], ...named('imdn.')), declaration).toEqual(NOTHING)
    // below, or not at all
    expect(read(...named('imdn.'), NS)).toEqual(NOTHING)
    expect(read(...named('imdn.'))).toEqual(NOTHING)
    // the last declaration of a prefix counts
    expect(read(NS, ['NS', 'imdn <urn:other>'], ...named('imdn.'))).toEqual(NOTHING)
  })

  it('skip wishes that are unknown, repeated, in another case, and parameters @req IMDN-1', () => {
    const wishes = (value: string) => read(NS, ID, ['imdn.Disposition-Notification', value]).wanted
    expect(wishes('display ; x=y,display, Display, aggregate;z=1 ,processing')).toEqual(['display', 'processing'])
    expect(wishes('')).toEqual([])
    expect(wishes(',;,')).toEqual([])
    expect(read(NS, ID, ['imdn.Disposition-Notification', 'display'], ['imdn.Disposition-Notification', 'processing']).wanted).toEqual([
      'display',
      'processing',
    ])
  })

  it('ask for nothing when a notification could not be delivered @req IMDN-1 SEC-11', () => {
    const route: HeaderLine = ['imdn.IMDN-Record-Route', '<sip:as.example>']
    const last: HeaderLine = ['imdn.IMDN-Route', '<sip:as.example>']
    expect(read(NS, WISH)).toEqual(NOTHING)
    for (const broken of ['sip:as.example', '<>', '<sip:as.example', '', '<sip:a b>', '<sip:\u0001>', '<\uffff>'])
      for (const name of ['imdn.IMDN-Record-Route', 'imdn.IMDN-Route', 'imdn.Original-To'])
        expect(read(NS, ID, WISH, route, [name, broken]), `${name}: ${broken}`).toEqual(NOTHING)
    for (const line of [route, last]) {
      const many = (count: number) => read(NS, ID, WISH, ...Array.from({ length: count }, () => line)).wanted.length
      expect([many(MAX_IMDN_ROUTES - 1), many(MAX_IMDN_ROUTES), many(MAX_IMDN_ROUTES + 1)]).toEqual([2, 2, 0])
    }
    const long = (length: number) => read(NS, ID, WISH, ['imdn.Original-To', `<${'s'.repeat(length)}>`]).wanted.length
    expect([long(MAX_IMDN_URI - 1), long(MAX_IMDN_URI), long(MAX_IMDN_URI + 1)]).toEqual([2, 2, 0])
  })

  it('hold any id without white space up to its limit @req IMDN-1 SEC-11', () => {
    const idOf = (id: string) => read(NS, ['imdn.Message-ID', id], WISH).messageId
    for (const id of ['a', '<1@b>', 'é', 'a+b/c==', 'x'.repeat(MAX_IMDN_ID - 1), 'x'.repeat(MAX_IMDN_ID)]) {
      expect(idOf(id)).toBe(id)
      expect(formatImdnHeaders({ messageId: id })[1]).toEqual(['imdn.Message-ID', id])
    }
    for (const id of ['', 'a b', 'a\tb', 'a\u007f', 'a\u0085', 'a\u00a0b', '\ufffe', 'a\uffff', 'x'.repeat(MAX_IMDN_ID + 1)]) {
      expect(idOf(id), id).toBeUndefined()
      expect(() => formatImdnHeaders({ messageId: id }), id).toThrow(LocalProtocolError)
    }
    for (const id of ['a\r\nX: y', '\ud800', 'a\udc00b']) expect(() => formatImdnHeaders({ messageId: id })).toThrow(LocalProtocolError)
  })

  it('take the first of an id or an address that repeats', () => {
    const twice = read(NS, ID, ['imdn.Message-ID', 'other'], ['imdn.Original-To', '<sip:a@x>'], ['imdn.Original-To', '<sip:b@x>'])
    expect([twice.messageId, twice.originalTo]).toEqual(['Vb2k9QwLx73TfRe1', 'sip:a@x'])
  })

  it('may be required, unlike those of other namespaces @req MSRP-63', () => {
    const requiring = (name: string, ...more: string[]) =>
      decodeCpimHead(
        encodeUtf8(['From: <sip:a@x>', 'To: <sip:b@x>', ...more, `Require: ${name}`, '', 'Content-Type: a/b', '', ''].join('\r\n')),
        1000,
      )
    for (const name of ['Message-ID', 'Disposition-Notification', 'Original-To', 'IMDN-Record-Route', 'IMDN-Route'])
      expect(requiring(`i.${name}, To, NS`, 'NS: i <urn:ietf:params:imdn>')?.head.to).toHaveLength(1)
    for (const [name, ...more] of [
      ['i.Message-ID'],
      ['i.Message-ID', 'NS: i <urn:other>'],
      ['i.Subject', 'NS: i <urn:other>'],
      ['i.Subject', 'NS: i <urn:ietf:params:imdn>'],
      ['Message-ID', 'NS: i <urn:ietf:params:imdn>'],
    ] as [string, ...string[]][])
      expect(() => requiring(name, ...more), name).toThrow(expect.objectContaining({ status: 415 }))
  })

  it('get fresh ids of at least 64 random bits @req IMDN-1 SEC-8', () => {
    const random = seededRandom(5)
    const ids = Array.from({ length: 100 }, () => newImdnId(random))
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9]+$/)
    expect(new Set(ids).size).toBe(100)
    expect(NEW_IMDN_ID * Math.log2(62)).toBeGreaterThan(64)
    expect(ids[0]).toHaveLength(NEW_IMDN_ID)
  })
})
