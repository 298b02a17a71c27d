import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Decoder, type Head } from '../../src/msrp/index.js'
import { concatBytes, decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'

/** All that was told of one message, as plain values. */
interface Told {
  readonly head: object
  readonly raw: string | undefined
  body: string
  flag: string | undefined
}

function tell(head: Head): object {
  const { headers, tid, method, status, comment, toPath, fromPath, messageId, byteRange, successReport, failureReport } = head
  const { reportStatus, contentType, transferEncoding, hasBody, fault } = head
  return {
    ...{ headers, tid, method, status, comment, toPath, fromPath, messageId, byteRange, successReport, failureReport },
    ...{ reportStatus, contentType, transferEncoding, hasBody, fault: fault?.code },
  }
}

/** Decodes a stream in pieces with one decoder, which knows a head that it has seen. */
function decode(pieces: readonly Uint8Array[], keepRaw: boolean): (Told | 'broken')[] {
  const told: (Told | 'broken')[] = []
  const last = () => told.at(-1) as Told
  const decoder = new Decoder(
    {
      onHead: (head, raw) => told.push({ head: tell(head), raw: raw && decodeLatin1(raw), body: '', flag: undefined }),
      onBody: bytes => {
        last().body += decodeLatin1(bytes)
      },
      onEnd: flag => {
        last().flag = flag
      },
      onBroken: () => told.push('broken'),
    },
    { keepRaw },
  )
  for (const piece of pieces) decoder.decode(piece)
  return told
}

/** What the same messages are when each is read by a decoder that has seen nothing, octet by octet: nothing is known there. */
function decodeAnew(messages: readonly string[], keepRaw: boolean): (Told | 'broken')[] {
  const told: (Told | 'broken')[] = []
  for (const message of messages) {
    told.push(
      ...decode(
        Array.from(encodeLatin1(message), octet => Uint8Array.of(octet)),
        keepRaw,
      ),
    )
    if (told.at(-1) === 'broken') break
  }
  return told
}

function cut(text: string, sizes: readonly number[]): Uint8Array[] {
  const bytes = encodeLatin1(text)
  const pieces: Uint8Array[] = []
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const end = at + (sizes[index % sizes.length] as number)
    pieces.push(bytes.slice(at, end))
    at = end
  }
  return pieces
}

const PATHS = 'To-Path: msrp://192.0.2.20:2855/r7Q;tcp\r\nFrom-Path: msrp://192.0.2.10:2855/s9A;tcp\r\n'
const chunk = (tid: string, range: string, more = '', body = 'abc') =>
  `MSRP ${tid} SEND\r\n${PATHS}Message-ID: Zt5vQ0aB91\r\nByte-Range: ${range}\r\n${more}Content-Type: a/b\r\n\r\n${body}\r\n-------${tid}+\r\n`
const response = (tid: string, words = '200 OK', end = tid) => `MSRP ${tid} ${words}\r\n${PATHS}-------${end}$\r\n`
const FIRST = chunk('a1b2c3d4', '1-*/100')

const tid = fc.constantFrom('a1b2c3d4', 'Zz09.-+%=', 'k2Jd83hsQpLm01Zxk2Jd83hsQpLm01Zx', 'abc', 'a'.repeat(33), '-abcd', 'ab_cd', '')
const range = fc.oneof(
  fc.constantFrom('1-*/100', '1-0/0', '1-100/100', '101-100/100', '0-3/100', '04-6/100', '4-06/100', '5-3/100', '4-101/100', '102-*/100'),
  fc.constantFrom('4-6/101', '4-6/*', '4-*/*', '', '4', '4-', '4-6', '-6/100', '4-x/100', '4 -6/100', ' 4-6/100', '4-6/100 ', '4-*6/100'),
  fc.constantFrom('999999999999999-*/*', '1000000000000000-*/*', '9007199254740991-*/*', '9007199254740992-*/*', '1-9999999999999999/*'),
  fc.tuple(fc.nat(120), fc.nat(120)).map(([start, end]) => `${start}-${end}/100`),
)
const more = fc.constantFrom(
  '',
  '',
  'Success-Report: yes\r\n',
  'Failure-Report: no\r\n',
  'X-Name: r\xc3\xa9s\r\n',
  'Byte-Range: 1-1/1\r\n',
  'X: 1\n',
)
const message = fc.oneof(
  fc.tuple(tid, range, more, fc.constantFrom('abc', '', '\r\n-------a1b2c3d4', 'MSRP a1b2c3d4 SEND\r\n')).map(all => chunk(...all)),
  fc.tuple(tid, fc.constantFrom('200 OK', '200', '200 ok', '413 Stop Sending', '20', 'SEND', 'REPORT')).map(all => response(...all)),
  fc.tuple(tid, range).map(([id, text]) => `MSRP ${id} SEND\r\n${PATHS}Byte-Range:\t ${text}\r\n-------${id}$\r\n`),
  fc.tuple(tid, range).map(([id, text]) => `MSRP ${id} REPORT\r\n${PATHS}Byte-Range: ${text}\r\nStatus: 000 200 OK\r\n-------${id}$\r\n`),
)

describe('heads that are known by their octets', () => {
  it('are told as they are when nothing is known, wherever the octets are split @req MSRP-1 MSRP-3 MSRP-4 MSRP-20 MSRP-30', () => {
    fc.assert(
      fc.property(
        fc.array(message, { minLength: 2, maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (messages, sizes, keepRaw) => {
          const all = messages.flatMap(text => [text, text])
          expect(decode(cut(all.join(''), sizes), keepRaw)).toEqual(decodeAnew(all, keepRaw))
        },
      ),
      { numRuns: 300 },
    )
  })

  it.each([
    ['a response whose end-line is another one', [response('a1b2c3d4'), response('a1b2c3d4', '200 OK', 'x1b2c3d4')]],
    ['a response whose end-line ends too early', [response('a1b2c3d4'), response('e5f6g7h8').slice(0, -1)]],
    ['a response whose end-line has another flag', [response('a1b2c3d4'), response('e5f6g7h8').replace('$', '!')]],
    ['a response whose end-line has a letter among its hyphens', [response('a1b2c3d4'), response('e5f6g7h8').replace('----e', '---xe')]],
    ['a transaction id of three letters', [FIRST, chunk('abc', '4-*/100')]],
    ['a transaction id of 33 letters', [FIRST, chunk('a'.repeat(33), '4-*/100')]],
    ['no transaction id', [FIRST, 'MSRP \r\n']],
    ['another protocol', [FIRST, FIRST.replace('MSRP', 'MSRQ')]],
    ['another total', [FIRST, chunk('e5f6g7h8', '4-*/101')]],
    ['a begin of 16 digits', [chunk('a1b2c3d4', '1-*/*'), chunk('e5f6g7h8', '1000000000000000-*/*')]],
    ['a begin with a zero before it', [FIRST, chunk('e5f6g7h8', '04-*/100')]],
    ['no begin', [FIRST, chunk('e5f6g7h8', '-*/100')]],
    ['no dash', [FIRST, chunk('e5f6g7h8', '4*/100')]],
    ['no end', [FIRST, chunk('e5f6g7h8', '4-/100')]],
    ['something behind the star', [FIRST, chunk('e5f6g7h8', '4-*0/100')]],
    ['an end behind the total', [FIRST, chunk('e5f6g7h8', '4-101/100')]],
    ['an end before the begin', [FIRST, chunk('e5f6g7h8', '4-2/100')]],
    ['a begin behind the total', [FIRST, chunk('e5f6g7h8', '102-*/100')]],
    ['a first range that is not written the plain way', [chunk('a1b2c3d4', '01-*/100'), chunk('e5f6g7h8', '4-*/100')]],
    ['a head too long to be known', [chunk('a1b2c3d4', '1-*/9', `X: ${'x'.repeat(2048)}\r\n`), chunk('e5f6g7h8', '4-*/9')]],
  ])('are told apart from %s @req MSRP-1 MSRP-2 MSRP-20', (_name, messages) => {
    for (const keepRaw of [true, false]) expect(decode([encodeLatin1(messages.join(''))], keepRaw)).toEqual(decodeAnew(messages, keepRaw))
  })

  it('are known again in turns, also when there are more than can be known @req MSRP-1 CON-18', () => {
    const kinds = Array.from({ length: 20 }, (_, index) => `X: ${index}\r\n`)
    for (const count of [2, 8, 9, 20]) {
      const messages = Array.from({ length: 60 }, (_, index) => chunk(`t${1000 + index}`, `${index + 1}-*/100`, kinds[index % count]))
      expect(decode([encodeLatin1(messages.join(''))], true)).toEqual(decodeAnew(messages, true))
    }
  })

  it('give their header lines when asked, with the range that they have @req MSRP-1 MSRP-20', () => {
    const heads: Head[] = []
    const decoder = new Decoder({ onHead: head => heads.push(head), onBody: () => {}, onEnd: () => {}, onBroken: () => {} })
    decoder.decode(concatBytes(...['1-*/100', '4-6/100', '7-*/100'].map((text, index) => encodeLatin1(chunk(`t${1000 + index}`, text)))))
    expect(heads.map(head => head.values('byte-range'))).toEqual([['1-*/100'], ['4-6/100'], ['7-*/100']])
    expect(heads.map(({ headers }) => headers.length)).toEqual([5, 5, 5])
    expect(heads.map(head => head.values('content-type'))).toEqual([['a/b'], ['a/b'], ['a/b']])
  })
})
