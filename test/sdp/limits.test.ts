import { describe, expect, it } from 'vitest'
import {
  decodeSession,
  formatInformation,
  isTransferId,
  MAX_INFORMATION,
  MAX_LINE_BYTES,
  MAX_MEDIA,
  MAX_PORT,
  MAX_SESSION_BYTES,
  MAX_TRANSFER_ID,
  NEW_TRANSFER_ID,
  newTransferId,
  parseInformation,
} from '../../src/sdp/index.js'
import { RemoteProtocolError } from '../../src/wire/index.js'
import { PUSH_OFFER, sdp } from './fixtures.js'

/** What comes of a description with `octets` more of the given kind; 'read' when it is taken. */
function verdict(lines: readonly string[]): string {
  try {
    decodeSession(sdp(...lines))
    return 'read'
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.status}`
    throw error
  }
}

describe('below, at and above the limit', () => {
  const around = (limit: number) => [limit - 1, limit, limit + 1]

  it('of a description @req SDP-25', () => {
    const line = `a=x:${'y'.repeat(508)}`
    const filled = [...PUSH_OFFER, ...Array.from({ length: 100 }, () => line)]
    const rest = (octets: number) => octets - sdp(...filled).length - 'a=\r\n'.length
    const ofLength = (octets: number) => {
      const last = rest(octets)
      // Longer than one line may be
      const whole = Math.floor(last / 8000)
      const tail = [...Array.from({ length: whole }, () => `a=${'z'.repeat(7996)}`), `a=${'z'.repeat(last - whole * 8000)}`]
      const lines = [...filled, ...tail]
      expect(sdp(...lines)).toHaveLength(octets)
      return lines
    }
    expect(around(MAX_SESSION_BYTES).map(octets => verdict(ofLength(octets)))).toEqual(['read', 'read', '413'])
  })

  it('of a line @req SDP-25', () => {
    const long = (octets: number) => [...PUSH_OFFER, `a=${'x'.repeat(octets - 2)}`]
    expect(around(MAX_LINE_BYTES).map(octets => verdict(long(octets)))).toEqual(['read', 'read', '488'])
  })

  it('of m-lines @req SDP-25', () => {
    const many = (count: number) => [...PUSH_OFFER.slice(0, 5), ...Array.from({ length: count }, () => 'm=message 0 TCP/MSRP *')]
    expect(around(MAX_MEDIA).map(count => verdict(many(count)))).toEqual(['read', 'read', '488'])
  })

  it('of a port @req SDP-1', () => {
    const port = (value: number) => [...PUSH_OFFER.slice(0, 5), `m=message ${value} TCP/MSRP *`]
    expect(around(MAX_PORT).map(value => verdict(port(value)))).toEqual(['read', 'read', '400'])
    expect(around(0).map(value => verdict(port(value)))).toEqual(['400', 'read', 'read'])
  })

  it('of a transfer id @req SDP-17', () => {
    expect(around(MAX_TRANSFER_ID).map(length => isTransferId('x'.repeat(length)))).toEqual([true, true, false])
    expect(newTransferId(length => new Uint8Array(length))).toHaveLength(NEW_TRANSFER_ID)
    expect(NEW_TRANSFER_ID).toBe(32)
  })

  it('of a description for people @req SDP-22', () => {
    const kept = around(MAX_INFORMATION).map(length => 'x'.repeat(length))
    expect(kept.map(text => parseInformation(text).length)).toEqual([MAX_INFORMATION - 1, MAX_INFORMATION, MAX_INFORMATION])
    expect(kept.map(text => formatInformation(text).length)).toEqual([MAX_INFORMATION - 1, MAX_INFORMATION, MAX_INFORMATION])
  })
})
