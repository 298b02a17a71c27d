import { describe, expect, it } from 'vitest'
import { formatStatus, parseStatus } from '../../src/msrp/index.js'

describe('parseStatus', () => {
  it.each([
    ['000 200 OK', { namespace: '000', code: 200, comment: 'OK' }],
    ['000 403', { namespace: '000', code: 403, comment: '' }],
    ['001 413 stop it', { namespace: '001', code: 413, comment: 'stop it' }],
  ])('reads %s @req MSRP-54', (text, status) => {
    expect(parseStatus(text)).toEqual(status)
    expect(formatStatus(status)).toBe(text)
  })

  it.each(['', '000', '000 20', '000 2000', '00 200 OK', '000200 OK', '000  200', 'abc 200'])('refuses %j @req MSRP-54', text => {
    expect(parseStatus(text)).toBeUndefined()
  })
})
