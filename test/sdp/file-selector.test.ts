import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baseName, type FileSelector, formatFileSelector, parseFileSelector, sha1Hash } from '../../src/sdp/index.js'
import { decodeLatin1, encodeUtf8, LocalProtocolError, parseMediaType } from '../../src/wire/index.js'
import { BIG_SHA1, EMPTY_SHA1, HELLO_SHA1, NOTES_SHA1, octets } from './fixtures.js'

const strict = (value: string) => parseFileSelector(value, { lenient: false })
const lenient = (value: string) => parseFileSelector(value, { lenient: true })
/** UTF-8 with one character per byte, as it stands in an attribute. */
const raw = (text: string) => decodeLatin1(encodeUtf8(text))
const named = (name: string): FileSelector => ({ name, hashes: [] })
const typed = (text: string): FileSelector => ({ type: parseMediaType(text) as NonNullable<FileSelector['type']>, hashes: [] })

describe('name selector', () => {
  it.each([
    ['plain.txt', 'name:"plain.txt"'],
    ['my cool pic.jpg', 'name:"my cool pic.jpg"'],
    ['50% "off".pdf', 'name:"50%25 %22off%22.pdf"'],
    ['a\nb\rc\0d', 'name:"a%0Ab%0Dc%00d"'],
    ['dir/x', 'name:"dir%2Fx"'],
    ['a\\b', 'name:"a%5Cb"'],
    ['rés🙂.txt', raw('name:"rés🙂.txt"')],
    ['%41', 'name:"%2541"'],
    ['\x01\x1f\x7f:;', 'name:"%01%1F%7F:;"'],
  ])('writes %j as %j and reads it back @req SDP-9 SDP-10 SDP-11', (name, wire) => {
    expect(formatFileSelector(named(name))).toBe(wire)
    expect(strict(wire)).toEqual(named(name))
  })

  it('has the exact bytes of UTF-8 @req SDP-9', () => {
    expect(Array.from(formatFileSelector(named('rés🙂')), character => character.charCodeAt(0).toString(16)).slice(6, -1)).toEqual(
      '72 c3 a9 73 f0 9f 99 82'.split(' '),
    )
  })

  it.each(['name:""', 'name:"a', 'name:a.txt', 'name:', 'name:"', 'name:"a"b', 'name:"a"b"', 'name:"a" ', 'name'])(
    'rejects %j in both modes @req SDP-9',
    wire => {
      expect(strict(wire)).toBeUndefined()
      expect(lenient(wire)).toBeUndefined()
    },
  )

  it.each([
    ['a%G1', 'a%G1'],
    ['100%', '100%'],
    ['%4', '%4'],
    ['%%41', '%A'],
  ])('rejects the bad percent of %j in strict mode only @req SDP-11', (text, name) => {
    expect(strict(`name:"${text}"`)).toBeUndefined()
    expect(lenient(`name:"${text}"`)).toEqual(named(name))
  })

  it('takes hex digits of either case, decodes once and repairs ill-formed UTF-8 @req SDP-11 SEC-2', () => {
    expect(strict('name:"%c3%A9"')).toEqual(named('é'))
    expect(strict('name:"..%252F..%252Fx"')).toEqual(named('..%2F..%2Fx'))
    expect(strict('name:"a\xffb%80"')).toEqual(named('a\ufffdb\ufffd'))
  })

  it('announces the base name of a path only @req SDP-10', () => {
    expect(formatFileSelector(named(baseName('dir/a.txt')))).toBe('name:"a.txt"')
    expect(baseName('C:\\dir\\b.txt')).toBe('b.txt')
    expect(baseName('c.txt')).toBe('c.txt')
  })

  it('holds no raw quote, percent or control byte for any name @req SDP-9 SDP-10 SEC-14', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), name => {
        const wire = formatFileSelector(named(name))
        expect(wire).toMatch(/^name:"(?:[^\x00-\x1f\x7f"%/\\]|%[0-9A-F]{2})+"$/)
        expect(strict(wire)).toEqual(named(new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(name))))
      }),
    )
  })
})

describe('size selector', () => {
  it.each([
    ['size:1', 1],
    ['size:4400', 4400],
    ['size:9007199254740991', Number.MAX_SAFE_INTEGER],
    ['size:0', 0],
  ])('reads %j @req SDP-12', (wire, size) => {
    expect(strict(wire)).toEqual({ size, hashes: [] })
  })

  it.each([
    'size:abc',
    'size:-1',
    'size:',
    'size:01',
    'size:00',
    'size:1.5',
    'size:1e3',
    'size:9007199254740992',
    'size:99999999999999999999',
  ])('rejects %j in both modes @req SDP-12', wire => {
    expect(strict(wire)).toBeUndefined()
    expect(lenient(wire)).toBeUndefined()
  })

  it('is never sent for an empty file, whose type and hash say enough', () => {
    const empty = { ...named('empty.txt'), ...typed('text/plain'), size: 0, hashes: [sha1Hash(octets(EMPTY_SHA1))] }
    const wire = formatFileSelector(empty)
    expect(wire).toBe(`name:"empty.txt" type:text/plain hash:sha-1:${EMPTY_SHA1}`)
    const { size: _, ...rest } = empty
    expect(strict(wire)).toEqual(rest)
  })
})

describe('type selector', () => {
  it.each([
    ['text/plain', 'type:text/plain'],
    ['text/plain;charset=utf-8', 'type:text/plain;charset="utf-8"'],
    ['application/x;a="1;2 \\"3\\" 100%/"', 'type:application/x;a="1;2 %223%22 100%25/"'],
    ['image/svg+xml;a=b;c=d', 'type:image/svg+xml;a="b";c="d"'],
  ])('turns Content-Type %j into %j and back @req SDP-13', (contentType, wire) => {
    expect(formatFileSelector(typed(contentType))).toBe(wire)
    expect(strict(wire)).toEqual(typed(contentType))
  })

  it.each([
    'type:text',
    'type:/plain',
    'type:text/',
    'type:text/plain/x',
    'type:te"xt/plain',
    'type:',
    'type:text/plain;',
    'type:text/plain;a',
  ])('rejects %j in both modes @req SDP-13', wire => {
    expect(strict(wire)).toBeUndefined()
    expect(lenient(wire)).toBeUndefined()
  })

  it.each(['a=""', 'a="x', '="x"', 'a="x";A="y"', 'a="x"y', 'a=x"y"', 'a b="x"'])(
    'rejects the parameter %j in both modes @req SDP-13',
    parameter => {
      expect(strict(`type:text/plain;${parameter}`)).toBeUndefined()
      expect(lenient(`type:text/plain;${parameter}`)).toBeUndefined()
    },
  )

  it('leaves out a parameter without a value, which the grammar cannot say @req SDP-13', () => {
    expect(formatFileSelector(typed('text/plain;flowed;charset=utf-8'))).toBe('type:text/plain;charset="utf-8"')
  })

  it('takes an unquoted parameter in lenient mode only @req SDP-13', () => {
    expect(strict('type:text/plain;charset=utf-8 size:1')).toBeUndefined()
    expect(lenient('type:text/plain;charset=utf-8 size:1')).toEqual({ ...typed('text/plain;charset=utf-8'), size: 1 })
  })
})

describe('hash selector', () => {
  const data = (name: string) =>
    ({
      empty: Buffer.alloc(0),
      hello: Buffer.from('Hello, CPM!\n'),
      notes: Buffer.from('The quick brown fox jumps over the lazy dog\n'.repeat(100)),
      big: Buffer.from(Uint8Array.from({ length: 100_000 }, (_, index) => (7 * index + 3) % 256)),
    })[name] as Buffer

  it.each([
    ['empty', EMPTY_SHA1],
    ['hello', HELLO_SHA1],
    ['notes', NOTES_SHA1],
    ['big', BIG_SHA1],
  ])('writes the SHA-1 of "%s" as 20 upper-case pairs and reads either case @req SDP-14', (name, hex) => {
    const hashes = [sha1Hash(createHash('sha1').update(data(name)).digest())]
    const wire = formatFileSelector({ hashes })
    expect(wire).toBe(`hash:sha-1:${hex}`)
    for (const one of [wire, `HASH:SHA-1:${hex.toLowerCase()}`])
      expect(strict(one)?.hashes.map(({ algorithm, octets }) => [algorithm, [...octets]])).toEqual([['sha-1', [...octets(hex)]]])
  })

  it.each([
    `hash:sha-1:${HELLO_SHA1}:00`,
    `hash:sha-1:${HELLO_SHA1.slice(3)}`,
    'hash:sha-1:',
    'hash:sha-1',
    `hash:sha-1:G${HELLO_SHA1.slice(1)}`,
    `hash:sha-1:${HELLO_SHA1.replaceAll(':', '')}`,
    `hash:sha-256:${HELLO_SHA1}`,
    'hash:',
    'hash::00',
  ])('rejects %j in both modes @req SDP-14', wire => {
    expect(strict(wire)).toBeUndefined()
    expect(lenient(wire)).toBeUndefined()
  })

  it('keeps several algorithms, skips unknown ones, rejects a contradiction @req SDP-15', () => {
    const sha256 = Array.from({ length: 32 }, () => '0A').join(':')
    const value = `hash:sha-1:${HELLO_SHA1} hash:sha-256:${sha256} hash:whirl:junk size:12 hash:sha-1:${HELLO_SHA1}`
    expect(strict(value)?.hashes.map(({ algorithm }) => algorithm)).toEqual(['sha-1', 'sha-256'])
    expect(strict(value)?.size).toBe(12)
    expect(strict(`hash:sha-1:${HELLO_SHA1} hash:sha-1:${NOTES_SHA1}`)).toBeUndefined()
    expect(lenient(`hash:sha-1:${HELLO_SHA1} hash:sha-1:${NOTES_SHA1}`)).toBeUndefined()
  })
})

describe('file selector', () => {
  const parts = ['name:"a b:c size:9.txt"', 'type:text/plain;charset="utf 8"', 'size:12', `hash:sha-1:${HELLO_SHA1}`]
  const orders = permutations(parts)

  it('has 24 orders', () => {
    expect(new Set(orders.map(order => order.join(' '))).size).toBe(24)
  })

  it.each(orders.map(order => [order.join(' ')]))('reads %j @req SDP-8', value => {
    expect(strict(value)).toEqual({
      name: 'a b:c size:9.txt',
      type: { type: 'text', subtype: 'plain', parameters: new Map([['charset', 'utf 8']]) },
      size: 12,
      hashes: [{ algorithm: 'sha-1', octets: octets(HELLO_SHA1) }],
    })
  })

  it.each(['', ' size:1', 'size:1 ', 'size:1  type:a/b', 'size:1\ttype:a/b', 'size:1 name', ':1', 'si ze:1'])(
    'rejects the separators of %j in both modes @req SDP-8',
    value => {
      expect(strict(value)).toBeUndefined()
      expect(lenient(value)).toBeUndefined()
    },
  )

  it.each(['name:"a" name:"a"', 'size:1 size:1', 'type:a/b type:a/b', 'SIZE:1 size:2'])(
    'rejects the repetition in %j @req SDP-16',
    value => {
      expect(strict(value)).toBeUndefined()
      expect(lenient(value)).toBeUndefined()
    },
  )

  it('skips unknown selectors, also with spaces in quotes, and folds keywords @req SDP-16', () => {
    expect(strict('x-new:"a size:9" Size:3 color:red NAME:"n"')).toEqual({ size: 3, name: 'n', hashes: [] })
  })

  it('refuses to write what the grammar cannot say', () => {
    const type = { type: 'te xt', subtype: 'plain', parameters: new Map() }
    const bad: FileSelector[] = [
      { hashes: [] },
      named(''),
      { size: -1, hashes: [] },
      { size: 1.5, hashes: [] },
      { type, hashes: [] },
      { type: { type: 'a', subtype: 'b', parameters: new Map([['x y', 'z']]) }, hashes: [] },
    ]
    for (const selector of bad) expect(() => formatFileSelector(selector)).toThrow(LocalProtocolError)
    expect(() => sha1Hash(new Uint8Array(19))).toThrow(LocalProtocolError)
  })

  it('throws for no value, in no mode, and in bounded time @req SEC-11', () => {
    const piece = fc.constantFrom('name:', 'size:', 'type:', 'hash:', 'sha-1:', '"', ' ', ';', '=', '%', '%4', '/', 'a', '0', '\xff', ':')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
        const value = pieces.join('')
        const read = strict(value)
        // What strict mode takes, lenient mode takes alike
        if (read !== undefined) expect(lenient(value)).toEqual(read)
      }),
      { numRuns: 2000 },
    )
    for (const value of ['"'.repeat(8190), 'a:"" '.repeat(1600), `type:a/b${';a="'.repeat(2000)}`, 'hash:x: '.repeat(1000)])
      expect(strict(value)).toBeUndefined()
  })
})

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]]
  return items.flatMap((item, index) => permutations(items.filter((_, other) => other !== index)).map(rest => [item, ...rest]))
}
