import { describe, expect, it } from 'vitest'
import { formatByteRange, parseByteRange } from '../../src/msrp/index.js'

describe('parseByteRange', () => {
  it.each([
    ['1-16/16', { start: 1, end: 16, total: 16 }],
    ['1-*/4717', { start: 1, end: undefined, total: 4717 }],
    ['1-*/*', { start: 1, end: undefined, total: undefined }],
    ['2049-4096/*', { start: 2049, end: 4096, total: undefined }],
    ['1-0/0', { start: 1, end: 0, total: 0 }],
    ['101-100/100', { start: 101, end: 100, total: 100 }],
    ['1-9007199254740991/9007199254740991', { start: 1, end: Number.MAX_SAFE_INTEGER, total: Number.MAX_SAFE_INTEGER }],
  ])('reads %s and writes it again @req MSRP-20 MSRP-30', (text, range) => {
    expect(parseByteRange(text)).toEqual(range)
    expect(formatByteRange(range)).toBe(text)
  })

  it.each([
    '0-1/1',
    '5-3/10',
    '1-11/10',
    '12-*/10',
    'a-1/1',
    '1-b/1',
    '1-1/c',
    '1-1',
    '1/1',
    '',
    '-1-1/1',
    '1 -1/1',
    '1-1/1 ',
    '+1-1/1',
    '1.5-2/2',
    '1e3-2/2',
    '*-1/1',
  ])('refuses %j @req MSRP-20', text => {
    expect(parseByteRange(text)).toBeUndefined()
  })

  it.each(['1-*/9007199254740992', '9007199254740993-*/*', '1-99999999999999999999/*'])(
    'refuses %j, which is not exact @req MSRP-30',
    text => {
      expect(parseByteRange(text)).toBeUndefined()
    },
  )
})
