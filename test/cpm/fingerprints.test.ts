import { describe, expect, it } from 'vitest'
import { strongestFingerprints } from '../../src/cpm/fingerprints.js'
import { formatFingerprint, parseFingerprint } from '../../src/sdp/index.js'

const print = (algorithm: string, length: number, fill = 0xab) => ({ algorithm, octets: new Uint8Array(length).fill(fill) })
const names = (chosen: readonly { algorithm: string }[]) => chosen.map(({ algorithm }) => algorithm)

describe('the fingerprints of a peer', () => {
  it('that count are those of the strongest known algorithm, and never md5 or md2 @req CON-43 CON-44', () => {
    const all = [print('md2', 16), print('md5', 16), print('sha-1', 20), print('sha-224', 28), print('sha-256', 32), print('sha-384', 48)]
    for (let count = 0; count <= all.length; count++) {
      const strict = names(strongestFingerprints(all.slice(0, count), false))
      const weak = names(strongestFingerprints(all.slice(0, count), true))
      expect(strict, `${count}`).toEqual(count < 4 ? [] : [all[count - 1]?.algorithm])
      expect(weak, `${count}`).toEqual(count < 3 ? [] : [all[count - 1]?.algorithm])
      expect(names(strongestFingerprints(all.slice(0, count).reverse(), true))).toEqual(weak)
    }
    expect(names(strongestFingerprints([print('sha-512', 64), print('sha3-999', 99)], false))).toEqual(['sha-512'])
  })

  it('may be those of several certificates @req CON-43', () => {
    const two = [print('sha-256', 32, 1), print('sha-1', 20), print('sha-256', 32, 2)]
    expect(strongestFingerprints(two, true)).toEqual([two[0], two[2]])
  })

  it('are read in any case, and not when their length is wrong @req CON-44', () => {
    const lower = parseFingerprint(`SHA-256 ${Array.from({ length: 32 }, () => 'ab').join(':')}`)
    expect(lower).toBeDefined()
    expect(strongestFingerprints(lower === undefined ? [] : [lower], false)).toEqual([print('sha-256', 32)])
    expect(strongestFingerprints([{ ...print('Sha-256', 32) }], false)).toEqual([print('sha-256', 32)])
    expect(strongestFingerprints([print('sha-256', 31), print('sha-1', 32), print('sha-256', 0)], true)).toEqual([])
  })

  it('are written in upper case @req CON-43', () => {
    expect(formatFingerprint(print('sha-256', 3))).toBe('sha-256 AB:AB:AB')
  })
})
