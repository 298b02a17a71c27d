import { expect, it } from 'vitest'
import { hexLines } from '../../src/trace/hex-lines.js'

it('writes octets in lines, as numbers and as text', () => {
  expect(hexLines('MSRP\r\n\u00ff~\x7f', 4)).toEqual([
    { offset: 0, hex: '4d 53 52 50', ascii: 'MSRP' },
    { offset: 4, hex: '0d 0a ff 7e', ascii: '...~' },
    { offset: 8, hex: '7f', ascii: '.' },
  ])
  expect(hexLines('')).toEqual([])
})
