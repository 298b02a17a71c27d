import { describe, expect, it } from 'vitest'
import {
  decodeMultipart,
  encodeMultipart,
  encodeUtf8,
  LocalProtocolError,
  MAX_BOUNDARY,
  MAX_PART_HEAD_BYTES,
  MAX_PART_HEADERS,
  MAX_PARTS,
  RemoteProtocolError,
} from '../../src/wire/index.js'

/** 'read', or the status of the refusal. */
function verdict(body: string, boundary = 'b'): string {
  try {
    decodeMultipart(encodeUtf8(body), boundary)
    return 'read'
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.status}`
    throw error
  }
}

/** The limits of XML are in xml.test.ts. */
describe('below, at and above the limit', () => {
  const around = (limit: number) => [limit - 1, limit, limit + 1]
  const part = (head: string) => `--b\r\n${head}\r\n\r\nx\r\n`

  it('of parts @req OA-12 SEC-11', () => {
    const parts = (count: number) => `${part('A: b').repeat(count)}--b--\r\n`
    expect(around(MAX_PARTS).map(count => verdict(parts(count)))).toEqual(['read', 'read', '413'])
  })

  it('of the head of a part @req SEC-11', () => {
    const head = (octets: number) => `${part(`A: ${'x'.repeat(octets - 3)}`)}--b--\r\n`
    expect(around(MAX_PART_HEAD_BYTES).map(octets => verdict(head(octets)))).toEqual(['read', 'read', '413'])
  })

  it('of the header lines of a part @req SEC-11', () => {
    const lines = (count: number) => `${part(Array.from({ length: count }, () => 'A: b').join('\r\n'))}--b--\r\n`
    expect(around(MAX_PART_HEADERS).map(count => verdict(lines(count)))).toEqual(['read', 'read', '413'])
  })

  it('of a boundary @req SEC-11', () => {
    const boundaries = around(MAX_BOUNDARY).map(length => 'x'.repeat(length))
    expect(boundaries.map(boundary => verdict(`--${boundary}\r\n\r\nx\r\n--${boundary}--`, boundary))).toEqual(['read', 'read', '400'])
    const [below, at, above] = boundaries.map(boundary => () => encodeMultipart([{ headers: [], body: encodeUtf8('x') }], boundary))
    expect(below).not.toThrow()
    expect(at).not.toThrow()
    expect(above).toThrow(LocalProtocolError)
  })
})
