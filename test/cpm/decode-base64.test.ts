import { describe, expect, it } from 'vitest'
import { decodeBase64 } from '../../src/cpm/decode-base64.js'
import { encodeLatin1 } from '../../src/wire/index.js'
import { seededRandom } from '../kit/random.js'

const decode = (text: string) => decodeBase64(encodeLatin1(text))

describe('base64', () => {
  it('gives back what was encoded, line breaks or not @req OA-12', () => {
    const random = seededRandom(3)
    for (let length = 0; length < 200; length++) {
      const octets = random(length)
      const text = Buffer.from(octets).toString('base64')
      expect(decode(text)).toEqual(octets)
      expect(decode(text.replaceAll(/.{1,20}/g, '$& \t\r\n'))).toEqual(octets)
      expect(decode(text.replaceAll('=', ''))).toEqual(octets)
    }
  })

  it('refuses other characters, octets behind the end, and half a group @req OA-12', () => {
    for (const bad of ['QUJ*', 'QUJ-', 'QQ==QQ==', 'Q', 'QUJDR', '\u00c0UJD']) expect(decode(bad), bad).toBeUndefined()
    expect(decode('====')).toEqual(new Uint8Array(0))
  })
})
