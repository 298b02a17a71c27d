import { describe, expect, it } from 'vitest'
import { answerSetup, newOwnUri, pathFault, roles } from '../../src/cpm/media-path.js'
import { wrapFile } from '../../src/cpm/wrapper.js'
import type { Setup } from '../../src/sdp/index.js'
import { decodeUtf8, parseMediaType } from '../../src/wire/index.js'
import { fileMedia as media } from '../kit/file-media.js'
import { seededRandom } from '../kit/random.js'

describe('who connects', () => {
  it('follows from the two a=setup values @req CON-10 CON-20 CON-21', () => {
    const table: [Setup | undefined, Setup | undefined, 'active' | 'passive' | undefined][] = [
      ['actpass', 'passive', 'active'],
      ['actpass', 'active', 'passive'],
      ['active', 'passive', 'active'],
      ['passive', 'active', 'passive'],
      ['active', 'active', undefined],
      ['passive', 'passive', undefined],
      ['actpass', 'actpass', undefined],
      [undefined, undefined, 'active'],
      [undefined, 'active', undefined],
      ['actpass', undefined, 'active'],
      ['passive', undefined, undefined],
      ['holdconn', 'holdconn', 'active'],
      ['actpass', 'holdconn', 'active'],
    ]
    for (const [offer, answer, offerer] of table) expect(roles(offer, answer)?.offerer, `${offer} ${answer}`).toBe(offerer)
  })

  it('is settled by our answer whatever was offered @req CON-20 CON-21', () => {
    for (const offer of ['active', 'passive', 'actpass', 'holdconn', undefined] as const)
      for (const reachable of [true, false]) expect(roles(offer, answerSetup(offer, reachable)), `${offer}`).toBeDefined()
  })

  it('is not us when nobody can connect to us and the offer leaves a choice @req CON-20', () => {
    const table = [
      ['actpass', true, 'passive'],
      ['actpass', false, 'active'],
      ['active', false, 'passive'],
      ['passive', true, 'active'],
      [undefined, false, 'passive'],
    ] as const
    for (const [offer, reachable, answer] of table) expect(answerSetup(offer, reachable), `${offer} ${reachable}`).toBe(answer)
  })
})

describe('a path', () => {
  it('is good or has a fault @req SDP-4 CON-1 CON-4 CON-40', () => {
    const fault = (path: string[], secure = false) => pathFault(media({ path, secure })) !== undefined
    expect(fault(['msrp://192.0.2.20:2855/abc;tcp'])).toBe(false)
    expect(fault(['MSRP://[2001:db8::1]:1/a.b-c_d~e+f=g/h;TCP;x=y'])).toBe(false)
    expect(fault(['msrps://a:1/abc;tcp'], true)).toBe(false)
    expect(fault(['msrp://a:1/r;tcp', 'msrp://b:1/abc;ws'])).toBe(false)
    for (const bad of [
      'msrp://a/abc;tcp',
      'msrp://a:1;tcp',
      'msrp://a:1/abc',
      'msrp://a:1/abc;ws',
      'http://a:1/abc;tcp',
      'msrps://a:1/b;tcp',
    ])
      expect(fault([bad]), bad).toBe(true)
    expect(fault([])).toBe(true)
    expect(fault(['msrp://a:1/abc;tcp'], true)).toBe(true)
    expect(fault(['msrp://a:1/r;tcp', 'msrps://b:1/abc;tcp'])).toBe(true)
    expect(fault(['msrp://a:1/r;tcp', 'junk'])).toBe(true)
  })

  it('of ours is fresh and random for every file @req CON-1 CON-2', () => {
    const random = seededRandom(8)
    const uris = Array.from({ length: 500 }, () => newOwnUri({ host: '2001:db8::1', port: 2855 }, random))
    expect(new Set(uris.map(({ sessionId }) => sessionId)).size).toBe(500)
    for (const { uri, sessionId } of uris) {
      expect(uri).toBe(`msrp://[2001:db8::1]:2855/${sessionId};tcp`)
      expect(sessionId).toMatch(/^[A-Za-z0-9]{20}$/)
    }
  })
})

describe('the wrapper', () => {
  const type = parseMediaType('text/plain')
  if (type === undefined) throw new Error('no type')
  const wrap = (acceptTypes: string[], acceptWrappedTypes: string[] = [], name = 'notes.txt') =>
    wrapFile({
      selector: { name, type, size: 4400, hashes: [] },
      length: 4400,
      disposition: 'attachment',
      ownUri: 'sip:alice@home1.example',
      ownDisplayName: undefined,
      peerUri: 'sip:bob@home2.example',
      dateTime: '2024-05-04T12:16:49Z',
      acceptTypes,
      acceptWrappedTypes,
      successReport: true,
      failureReport: 'yes',
    })
  const form = (acceptTypes: string[], wrapped?: string[]) => wrap(acceptTypes, wrapped)?.message.contentType

  it('is CPIM when the peer names it first or takes nothing else @req D-15 MSRP-60 SDP-6', () => {
    expect(form(['message/cpim', '*'])).toBe('message/cpim')
    expect(form(['Message/CPIM', 'text/plain'])).toBe('message/cpim')
    expect(form(['message/cpim'], ['*'])).toBe('message/cpim')
    expect(form(['message/cpim'], ['text/*'])).toBe('message/cpim')
    expect(form(['image/png', 'message/cpim'], ['text/plain'])).toBe('message/cpim')
    expect(form(['text/plain', 'message/cpim'])).toBe('text/plain')
    expect(form(['*'])).toBe('text/plain')
    expect(form(['text/*'])).toBe('text/plain')
  })

  it('does not exist for a peer that takes the file in neither form @req MSRP-60 SDP-5 SDP-6', () => {
    expect(form(['image/png'])).toBeUndefined()
    expect(form(['message/cpim'])).toBeUndefined()
    expect(form(['message/cpim'], ['image/*'])).toBeUndefined()
    expect(form([])).toBeUndefined()
  })

  it('says name and size once, in front of the content @req OA-62 OA-63 MSRP-63', () => {
    const wrapping = wrap(['message/cpim', '*'])
    expect(decodeUtf8(wrapping?.head ?? new Uint8Array(0)).split('\r\n')).toEqual([
      'From: <sip:alice@home1.example>',
      'To: <sip:bob@home2.example>',
      'DateTime: 2024-05-04T12:16:49Z',
      '',
      'Content-Type: text/plain',
      'Content-Disposition: attachment; filename="notes.txt"; size=4400',
      '',
      '',
    ])
    // call flow 1 without its three IMDN lines
    const imdn =
      'NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: Vb2k9QwLx73TfRe1\r\nimdn.Disposition-Notification: positive-delivery, display\r\n'
    expect(wrapping?.head.length).toBe(317 - imdn.length)
    expect(wrapping?.message.total).toBe(4400 + 317 - imdn.length)
    const raw = wrap(['*'])
    expect(raw?.head.length).toBe(0)
    expect(raw?.message).toMatchObject({
      total: 4400,
      contentType: 'text/plain',
      headers: [['Content-Disposition', 'attachment; filename="notes.txt"; size=4400']],
    })
  })

  it('keeps a hostile file name in its quotes @req SEC-14 OA-63', () => {
    const head = decodeUtf8(wrap(['message/cpim', '*'], [], 'a\r\nX: y".txt\\')?.head ?? new Uint8Array(0))
    expect(head).toContain(String.raw`filename="a__X: y\".txt\\"; size=4400`)
    expect(head).not.toContain('\nX: y')
  })
})
