import { describe, expect, it } from 'vitest'
import {
  ALPHA,
  consistsOf,
  DIGIT,
  equalFold,
  HEX,
  hasLineBreak,
  is,
  MSRP_IDENT,
  parseInteger,
  SDP_TOKEN,
  SIP_TOKEN,
  UNRESERVED,
  VISIBLE,
} from '../../src/wire/characters.js'

/** All characters U+0000 to U+00FF of a class. */
function members(mask: number): string {
  return Array.from({ length: 256 }, (_, code) => code)
    .filter(code => is(code, mask))
    .map(code => String.fromCharCode(code))
    .sort()
    .join('')
}

function sorted(text: string): string {
  return [...text].sort().join('')
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const DIGITS = '0123456789'

describe('characters', () => {
  it.each([
    ['ALPHA', ALPHA, LETTERS],
    ['DIGIT', DIGIT, DIGITS],
    ['HEX', HEX, `${DIGITS}ABCDEFabcdef`],
    ['SIP_TOKEN', SIP_TOKEN, `${LETTERS}${DIGITS}-.!%*_+\`'~`],
    ['SDP_TOKEN', SDP_TOKEN, `${LETTERS}${DIGITS}!#$%&'*+-.^_\`{|}~`],
    ['MSRP_IDENT', MSRP_IDENT, `${LETTERS}${DIGITS}.-+%=`],
    ['UNRESERVED', UNRESERVED, `${LETTERS}${DIGITS}-._~`],
  ])('%s has exactly the characters of its grammar', (_, mask, expected) => {
    expect(members(mask)).toBe(sorted(expected))
  })

  it('keeps space, " ( ) , / : ; < = > ? @ [ \\ ] out of the SDP token @req SDP-17', () => {
    for (const character of ' "(),/:;<=>?@[\\]') expect(is(character.charCodeAt(0), SDP_TOKEN), character).toBe(false)
  })

  it('has 94 visible characters and refuses what is no character of one byte', () => {
    expect(members(VISIBLE)).toHaveLength(94)
    expect(is(0x20, VISIBLE)).toBe(false)
    expect(is(0x141, ALPHA)).toBe(false)
    expect(is(Number.NaN, ALPHA)).toBe(false)
  })

  it('combines classes and never takes the empty text', () => {
    expect(consistsOf('a1', ALPHA | DIGIT)).toBe(true)
    expect(consistsOf('a-', ALPHA | DIGIT)).toBe(false)
    expect(consistsOf('', ALPHA)).toBe(false)
  })

  it('folds ASCII letters and nothing else', () => {
    expect(equalFold('Content-ID', 'content-id')).toBe(true)
    expect(equalFold('a', 'ab')).toBe(false)
    expect(equalFold('@[', '`{')).toBe(false)
    expect(equalFold('\u212a', 'k')).toBe(false)
    expect(equalFold('É', 'é')).toBe(false)
  })

  it.each([
    ['0', 0],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['9007199254740992', undefined],
    ['99999999999999999', undefined],
    ['', undefined],
    ['-1', undefined],
    ['+1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    [' 1', undefined],
    ['٣', undefined],
  ])('reads the integer %j as %j', (text, value) => {
    expect(parseInteger(text)).toBe(value)
  })

  it.each(['a\r\nb', 'a\rb', 'a\nb', 'a\0b'])('finds the line break in %j', text => {
    expect(hasLineBreak(text)).toBe(true)
    expect(hasLineBreak(text.replace(/[\r\n\0]/g, ' '))).toBe(false)
  })
})
