import { describe, expect, it } from 'vitest'
import { NODE_TEXT } from '../../src/node/node-text.js'
import { PLAIN_TEXT } from '../../src/sip/text-codec.js'
import { seededRandom } from '../kit/sip-pair.js'

const SAMPLES = ['', 'INVITE sip:bob@example.org SIP/2.0\r\n', 'Grüße', '\u{feff}Via', '\u{1f4c4} file', 'a\0b']

describe('the UTF-8 of Node and that of plain code', () => {
  it.each(SAMPLES)('write and read %j the same way', sample => {
    const bytes = PLAIN_TEXT.encode(sample)
    expect([...NODE_TEXT.encode(sample)]).toEqual([...bytes])
    expect(NODE_TEXT.decode(bytes, 0, bytes.length)).toBe(sample)
    expect(PLAIN_TEXT.decode(bytes, 0, bytes.length)).toBe(sample)
  })

  it('read the same text from any octets and from any part of them', () => {
    const random = seededRandom(3)
    for (let turn = 0; turn < 3000; turn++) {
      const bytes = random(24).map(byte => (turn % 3 === 0 ? byte : byte | 0x80))
      const [from = 0, length = 0] = random(2)
      const end = Math.min(24, (from % 24) + (length % 24))
      expect(NODE_TEXT.decode(bytes, from % 24, end)).toBe(PLAIN_TEXT.decode(bytes, from % 24, end))
    }
  })

  it('write a lone surrogate as U+FFFD', () => {
    for (const codec of [NODE_TEXT, PLAIN_TEXT]) expect([...codec.encode('a\ud800b')]).toEqual([0x61, 0xef, 0xbf, 0xbd, 0x62])
  })
})
