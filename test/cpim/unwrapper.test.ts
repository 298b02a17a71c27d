import { describe, expect, it } from 'vitest'
import { CPIM_HEAD_OCTETS, CpimUnwrapper, encodeCpimHead, mimeHeader } from '../../src/cpim/index.js'
import { concatBytes, encodeUtf8, RemoteProtocolError } from '../../src/wire/index.js'
import { seededRandom } from '../kit/random.js'

const HEAD = encodeCpimHead({
  from: { uri: 'sip:alice@home1.example' },
  to: [{ uri: 'sip:bob@home2.example' }],
  dateTime: '2024-05-04T12:16:49Z',
  mime: [['Content-Type', 'text/plain']],
})
const CONTENT = encodeUtf8('Hello, CPM!\n\r\n\r\nand more\n\n')
const MESSAGE = concatBytes(HEAD, CONTENT)

/** Puts what came out together; octets that did not come stay 0. */
class Sink {
  readonly bytes = new Uint8Array(CONTENT.length)
  reached = 0

  constructor(readonly unwrapper: CpimUnwrapper) {}

  push(offset: number, bytes: Uint8Array): void {
    const content = this.unwrapper.push(offset, bytes)
    if (content === undefined) return
    expect(content.offset).toBeGreaterThanOrEqual(0)
    this.bytes.set(content.bytes, content.offset)
    this.reached = Math.max(this.reached, content.offset + content.bytes.length)
  }
}

const code = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    throw error
  }
  return 'nothing'
}

describe('a CPIM message in pieces', () => {
  for (const [what, total, size] of [
    ['known lengths', MESSAGE.length, CONTENT.length],
    ['an unknown total', undefined, CONTENT.length],
    ['an unknown size', MESSAGE.length, undefined],
  ] as const) {
    it(`comes out the same at every split, with ${what} @req OA-62 MSRP-26`, () => {
      for (let at = 0; at <= MESSAGE.length; at++) {
        const sink = new Sink(new CpimUnwrapper(total, size))
        sink.push(0, MESSAGE.subarray(0, at))
        sink.push(at, MESSAGE.subarray(at))
        expect(sink.bytes, `${at}`).toEqual(CONTENT)
        expect(sink.unwrapper.headLength).toBe(HEAD.length)
        expect(mimeHeader(sink.unwrapper.head as never, 'content-type')).toBe('text/plain')
      }
    })

    it(`comes out the same octet by octet, with ${what} @req OA-62`, () => {
      const sink = new Sink(new CpimUnwrapper(total, size))
      MESSAGE.forEach((octet, at) => sink.push(at, Uint8Array.of(octet)))
      expect(sink.bytes).toEqual(CONTENT)
    })

    it(`takes octets that come twice, with ${what} @req MSRP-27`, () => {
      const sink = new Sink(new CpimUnwrapper(total, size))
      sink.push(0, MESSAGE.subarray(0, 40))
      sink.push(20, MESSAGE.subarray(20, HEAD.length + 5))
      sink.push(0, MESSAGE)
      sink.push(HEAD.length - 3, MESSAGE.subarray(HEAD.length - 3))
      expect(sink.bytes).toEqual(CONTENT)
    })
  }

  it('takes pieces in any order when both lengths are known @req MSRP-26', () => {
    const random = seededRandom(11)
    for (let round = 0; round < 200; round++) {
      const cuts = [0, MESSAGE.length, ...random(5)].map(cut => cut % (MESSAGE.length + 1)).sort((a, b) => a - b)
      cuts.push(MESSAGE.length)
      const pieces = cuts.slice(1).map((end, index) => [cuts[index] as number, end] as const)
      const order = random(pieces.length)
      pieces.sort((a, b) => (order[pieces.indexOf(a)] ?? 0) - (order[pieces.indexOf(b)] ?? 0))
      const sink = new Sink(new CpimUnwrapper(MESSAGE.length, CONTENT.length))
      for (const [from, to] of pieces) sink.push(from, MESSAGE.subarray(from, to))
      expect(sink.bytes).toEqual(CONTENT)
      expect(sink.unwrapper.head).toBeDefined()
    }
  })

  it('gives views of what was pushed, no copies @req OA-62', () => {
    const unwrapper = new CpimUnwrapper(MESSAGE.length, CONTENT.length)
    const out = unwrapper.push(0, MESSAGE)
    expect(out?.bytes.buffer).toBe(MESSAGE.buffer)
    expect(out?.offset).toBe(0)
    expect(new CpimUnwrapper(undefined, undefined).push(0, MESSAGE)?.bytes.buffer).toBe(MESSAGE.buffer)
  })

  it('has no content in a message that is all head @req OA-62', () => {
    const empty = new CpimUnwrapper(HEAD.length, 0)
    expect(empty.push(0, HEAD)).toBeUndefined()
    expect(empty.head).toBeDefined()
    const unknown = new CpimUnwrapper(HEAD.length, undefined)
    expect(unknown.headLength).toBe(0)
    expect(unknown.push(0, HEAD)).toBeUndefined()
    expect(unknown.headLength).toBe(HEAD.length)
  })
})

describe('a message that lies', () => {
  it('is refused when total and size leave no room for a head, or too much @req MSRP-29', () => {
    expect(code(() => new CpimUnwrapper(100, 100))).toBe('size-mismatch 413')
    expect(code(() => new CpimUnwrapper(99, 100))).toBe('size-mismatch 413')
    expect(code(() => new CpimUnwrapper(CPIM_HEAD_OCTETS + 101, 100))).toBe('size-mismatch 413')
    expect(code(() => new CpimUnwrapper(9_999_999_999_999, 12))).toBe('size-mismatch 413')
    for (const head of [CPIM_HEAD_OCTETS - 1, CPIM_HEAD_OCTETS]) expect(code(() => new CpimUnwrapper(head + 100, 100))).toBe('nothing')
  })

  it('is refused when the head is shorter or longer than the size leaves @req MSRP-28 MSRP-29', () => {
    for (const lie of [-7, -1, 1, 7]) {
      const unwrapper = new CpimUnwrapper(MESSAGE.length, CONTENT.length + lie)
      expect(
        code(() => unwrapper.push(0, MESSAGE)),
        `${lie}`,
      ).toBe('size-mismatch 413')
    }
  })

  it('is refused when the head does not end within its limit @req MSRP-29', () => {
    const endless = encodeUtf8(`From: <sip:a@x>\r\nTo: <sip:b@x>\r\n${'X: y\r\n'.repeat(20_000)}`)
    const unwrapper = new CpimUnwrapper(undefined, undefined)
    const refused = code(() => {
      for (let at = 0; at < endless.length; at += 7) unwrapper.push(at, endless.subarray(at, at + 7))
    })
    expect(refused).toBe('cpim-head-too-long 400')
    expect(code(() => new CpimUnwrapper(undefined, undefined).push(0, endless))).toBe('cpim-head-too-long 400')
  })

  it('is refused when content comes first and nothing tells how long the head is @req MSRP-29', () => {
    expect(code(() => new CpimUnwrapper(undefined, undefined).push(50, CONTENT))).toBe('cpim-head-missing 413')
  })

  it('is read in linear time however small its pieces are @req MSRP-29', () => {
    const slow = encodeUtf8(`${'a:\n'.repeat(21_000)}`)
    const unwrapper = new CpimUnwrapper(undefined, undefined)
    const started = performance.now()
    for (let at = 0; at < slow.length; at++) unwrapper.push(at, slow.subarray(at, at + 1))
    expect(performance.now() - started).toBeLessThan(1000)
    expect(unwrapper.head).toBeUndefined()
  })

  it('never throws anything but RemoteProtocolError @req MSRP-63', () => {
    const random = seededRandom(5)
    const alphabet = encodeUtf8('From: <a>\r\n\r\nTo:\\u00;=Require Content-type')
    for (let round = 0; round < 2000; round++) {
      const text = random(60).map(byte => (byte < 230 ? (alphabet[byte % alphabet.length] as number) : byte))
      const unwrapper = new CpimUnwrapper(round % 2 === 0 ? undefined : 60, round % 4 === 1 ? 20 : undefined)
      code(() => unwrapper.push(0, text.subarray(0, 30)))
      code(() => unwrapper.push(30, text.subarray(30)))
    }
  })
})
