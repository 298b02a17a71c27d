import { describe, expect, it } from 'vitest'
import { type FileProperties, type FileSelector, matchesSelector, parseFileSelector, sameFile, sha1Hash } from '../../src/sdp/index.js'
import { EMPTY_SHA1, HELLO_SHA1, octets } from './fixtures.js'

function selector(value: string): FileSelector {
  const parsed = parseFileSelector(value, { lenient: false })
  if (parsed === undefined) throw new Error(`bad selector ${value}`)
  return parsed
}

const SHA256 = Array.from({ length: 32 }, () => '0A').join(':')

describe('sameFile', () => {
  const whole = `name:"hello.txt" type:text/plain size:12 hash:sha-1:${HELLO_SHA1}`

  it.each([
    whole,
    'size:12',
    'name:"hello.txt"',
    'type:TEXT/plain;charset="utf-8"',
    `hash:sha-1:${HELLO_SHA1.toLowerCase()}`,
    `hash:sha-256:${SHA256}`,
    `${whole} hash:sha-256:${SHA256}`,
  ])('holds for %j: nothing contradicts, in either direction @req OA-28', other => {
    expect(sameFile(selector(whole), selector(other))).toBe(true)
    expect(sameFile(selector(other), selector(whole))).toBe(true)
  })

  it.each([
    whole.replace('size:12', 'size:13'),
    whole.replace('hello.txt', 'Hello.txt'),
    whole.replace('text/plain', 'text/html'),
    whole.replace(HELLO_SHA1, EMPTY_SHA1),
    'size:0',
  ])('fails for %j @req OA-28', other => {
    expect(sameFile(selector(whole), selector(other))).toBe(false)
    expect(sameFile(selector(other), selector(whole))).toBe(false)
  })
})

describe('matchesSelector', () => {
  const file: FileProperties = {
    name: 'hello.txt',
    size: 12,
    type: { type: 'text', subtype: 'plain', parameters: new Map() },
    hashes: [sha1Hash(octets(HELLO_SHA1))],
  }

  it.each([
    [`name:"hello.txt" type:text/plain size:12 hash:sha-1:${HELLO_SHA1}`, true],
    [`hash:sha-1:${HELLO_SHA1}`, true],
    ['name:"hello.txt"', true],
    ['type:Text/PLAIN', true],
    ['size:12', true],
    ['name:"Hello.txt"', false],
    ['name:"hello"', false],
    ['type:text/html', false],
    ['size:11', false],
    [`hash:sha-1:${EMPTY_SHA1}`, false],
    [`name:"hello.txt" size:12 hash:sha-1:${EMPTY_SHA1}`, false],
    [`name:"hello.txt" hash:sha-256:${SHA256}`, true],
    [`hash:sha-256:${SHA256}`, false],
    ['x-new:1', false],
  ])('of %j is %j @req OA-32', (value, matches) => {
    expect(matchesSelector(selector(value), file)).toBe(matches)
  })

  it('needs the SHA-1 of the file when the selector names one @req OA-32', () => {
    expect(matchesSelector(selector(`name:"hello.txt" hash:sha-1:${HELLO_SHA1}`), { ...file, hashes: [] })).toBe(false)
  })

  it('compares other algorithms when the file has them @req OA-32', () => {
    const hashes = [...file.hashes, { algorithm: 'sha-256', octets: octets(SHA256) }]
    expect(matchesSelector(selector(`hash:sha-256:${SHA256}`), { ...file, hashes })).toBe(true)
    expect(matchesSelector(selector(`hash:sha-256:${SHA256.replace('0A', '0B')}`), { ...file, hashes })).toBe(false)
  })
})
