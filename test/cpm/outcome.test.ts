import { describe, expect, it } from 'vitest'
import { outcomeOfMsrpStatus, outcomeOfResponse, TOO_MANY_SESSIONS, verifyFile } from '../../src/cpm/index.js'
import { parseMediaType } from '../../src/wire/index.js'
import { response } from '../kit/session-pair.js'

const outcome = (status: number, warning?: string, cancelled = false) =>
  outcomeOfResponse(response(status, warning === undefined ? [] : [['Warning', warning]]), cancelled).code

describe('the outcome of a response', () => {
  it('follows the table row by row @req SIP-34', () => {
    const rows: Record<string, readonly number[]> = {
      declined: [488, 606, 603],
      unreachable: [480, 408],
      busy: [486, 600],
      'unknown-recipient': [404, 410, 484, 604],
      'not-allowed': [403],
      'auth-failed': [401, 407],
      'not-supported': [413, 415, 513, 416, 420, 421, 305, 380],
      'network-error': [500, 502, 503, 504],
      'session-ended': [481],
    }
    for (const [code, statuses] of Object.entries(rows)) for (const status of statuses) expect(outcome(status), `${status}`).toBe(code)
  })

  it('takes unknown codes as the x00 of their class @req SIP-34', () => {
    expect([outcome(499), outcome(599), outcome(699), outcome(399)]).toEqual([outcome(400), outcome(500), outcome(600), outcome(300)])
  })

  it('tells our own CANCEL from a decline @req SIP-34', () => {
    expect([outcome(487, undefined, true), outcome(487)]).toEqual(['cancelled', 'declined'])
  })

  it('reads the Warning where the table asks for it @req SIP-34 D-8 D-19', () => {
    expect(outcome(488, '304 host "Media type not available"')).toBe('unsupported-media')
    expect(outcome(606, '305 host "Incompatible media format"')).toBe('unsupported-media')
    expect(outcome(488, '399 host "No file accepted"')).toBe('declined')
    expect(outcome(403, '133 host "Size exceeded"')).toBe('too-large')
    expect(outcome(403, '399 host "no"')).toBe('not-allowed')
    expect(outcomeOfResponse(response(488, [['Warning', '399 pc "No file accepted"']]))).toEqual({
      code: 'declined',
      status: 488,
      detail: '488 Test: No file accepted',
    })
    const said = [
      ['Warning', '399 pc "No file accepted", 399 pc "Later, \\"please\\""'],
      ['Warning', '399 pc "and so on"'],
    ] as const
    expect(outcomeOfResponse(response(488, said)).detail).toBe('488 Test: No file accepted: Later, "please"')
    for (const warning of ['', '"', 'x "y', '304']) expect(() => outcome(488, warning)).not.toThrow()
  })
})

describe('the outcome of an MSRP status', () => {
  it('is the end of the file for every code @req CR-12 MSRP-45', () => {
    for (const status of [400, 403, 404, 415, 423, 428, 481, 501, 506, 999])
      expect(outcomeOfMsrpStatus(status), `${status}`).toMatchObject({ code: 'peer-failed', status })
    expect(outcomeOfMsrpStatus(413, 'enough')).toEqual({ code: 'aborted-by-peer', status: 413, detail: 'MSRP 413: enough' })
    expect(outcomeOfMsrpStatus(408)).toEqual({ code: 'timeout', status: 408, detail: 'MSRP 408' })
  })
})

describe('too many sessions', () => {
  it('get 486 and 30 seconds to wait @req CPM-14', () => {
    expect(TOO_MANY_SESSIONS).toEqual({ status: 486, headers: [['Retry-After', '30']] })
  })
})

describe('a complete file', () => {
  const sha1 = Uint8Array.from({ length: 20 }, (_, index) => index)
  const plain = parseMediaType('text/plain;charset=utf-8')
  if (plain === undefined) throw new Error('no type')
  const announced = { size: 12, type: plain, hashes: [{ algorithm: 'sha-1', octets: sha1 }] }
  const received = { size: 12, sha1, contentType: 'Text/Plain' }

  it('is as announced when size, hash and type without parameters agree @req RCV-13', () => {
    expect(verifyFile(announced, received)).toBeUndefined()
    expect(verifyFile({ hashes: [] }, { size: 5, sha1: undefined, contentType: 'a/b' })).toBeUndefined()
  })

  it('fails for one octet, one bit, or another type @req RCV-13 RCV-14 MSRP-28 MSRP-61', () => {
    expect(verifyFile(announced, { ...received, size: 11 })?.code).toBe('size-mismatch')
    expect(verifyFile(announced, { ...received, size: 13 })?.code).toBe('size-mismatch')
    for (let bit = 0; bit < 160; bit++) {
      const flipped = sha1.slice()
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(verifyFile(announced, { ...received, sha1: flipped })?.code).toBe('hash-mismatch')
    }
    expect(verifyFile(announced, { ...received, sha1: undefined })?.code).toBe('hash-mismatch')
    expect(verifyFile(announced, { ...received, contentType: 'text/html' })?.code).toBe('type-mismatch')
    expect(verifyFile(announced, { ...received, contentType: 'nothing' })?.code).toBe('type-mismatch')
  })
})
