import { describe, expect, it } from 'vitest'
import { formatMediaType, parseMediaType, sameMediaType } from '../../src/wire/media-type.js'

describe('media type', () => {
  it.each([
    ['text/plain', 'text/plain'],
    ['text/plain; charset=utf-8', 'text/plain;charset=utf-8'],
    ['Multipart/Related;type="application/sdp";boundary="b7Jx2"', 'Multipart/Related;type="application/sdp";boundary=b7Jx2'],
    ['application/vnd.x+xml;a="q\\"\\\\"', 'application/vnd.x+xml;a="q\\"\\\\"'],
    ['a/b#c$d&e^f{g|h}', 'a/b#c$d&e^f{g|h}'],
    [' text / plain ; a=""', 'text/plain;a=""'],
  ])('reads %j and writes %j', (text, written) => {
    const media = parseMediaType(text)
    expect(media && formatMediaType(media)).toBe(written)
    expect(parseMediaType(written)).toEqual(media)
  })

  it.each([
    '',
    'text',
    '/plain',
    'text/',
    'text/;a/b',
    'te xt/plain',
    'text/pl(ain',
    'text/plain charset=x',
    'text/plain;a=1;a=2',
    ';a=b/c',
  ])('refuses %j', text => {
    expect(parseMediaType(text)).toBeUndefined()
  })

  it('compares type and subtype without case and parameters', () => {
    const [a, b, c] = ['Text/PLAIN;charset=utf-8', 'text/plain', 'text/html'].map(parseMediaType)
    expect(a && b && sameMediaType(a, b)).toBe(true)
    expect(b && c && sameMediaType(b, c)).toBe(false)
  })
})
