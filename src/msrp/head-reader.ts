import { decodeLine } from './ascii.js'
import { type Flag, type Head, parseHeaderLine } from './head.js'
import { MAX_HEADER_BLOCK, MAX_HEADER_COUNT, MAX_HEADER_LINE } from './limits.js'
import { KnownHeads } from './known-heads.js'
import { parseStartLine } from './start-line.js'

const LF = 0x0a
const CR = 0x0d
const HYPHEN = 0x2d
const START = [0x4d, 0x53, 0x52, 0x50, 0x20] // "MSRP "

/**
 * `more`: the view is used up. `body`: blank line, a body follows. A flag: the end-line of a message without body.
 * `skip`: the head is too long, everything up to the end-line is to be dropped. `broken`: no MSRP.
 */
export type HeadOutcome = 'more' | 'body' | 'skip' | 'broken' | Flag

/** Reads start line and header lines that may be split anywhere. Holds at most one incomplete line. */
export class HeadReader {
  /** Being read, or complete after the outcome said so. */
  head: Head | undefined
  /** Index after the last octet used by `read`. */
  at = 0
  /** The octets of the head, while `keepRaw` is on; empty otherwise. */
  raw: Uint8Array[] = []

  readonly #known = new KnownHeads()
  /** Where the head begins in the view that is read, while all of it is there; negative otherwise. */
  #begin = -1
  /** Where its Byte-Range begins. */
  #range: number | undefined
  #partial = new Uint8Array(256)
  #partialLength = 0
  #blockLength = 0
  #lineNumber = 0

  constructor(readonly keepRaw: boolean) {}

  /** Whether some octets of a head were read and the rest has not come. */
  get isInside(): boolean {
    return this.head !== undefined || this.#partialLength > 0
  }

  /** Forgets the head that was read, for the next message. */
  reset(): void {
    this.head = undefined
    this.raw = []
    this.#partialLength = 0
    this.#blockLength = 0
    this.#lineNumber = 0
    this.#range = undefined
  }

  read(view: Uint8Array, from: number): HeadOutcome {
    this.at = from
    this.#begin = this.isInside ? -1 : from
    const known = this.isInside ? undefined : this.#takeKnown(view, from)
    if (known !== undefined) return known
    while (this.at < view.length) {
      const outcome = this.#readLine(view)
      if (outcome !== 'more') return outcome
    }
    return 'more'
  }

  #takeKnown(view: Uint8Array, from: number): HeadOutcome | undefined {
    const outcome = this.#known.take(view, from)
    if (outcome === undefined) return undefined
    this.head = this.#known.head
    this.at = this.#known.at
    if (this.keepRaw) this.raw.push(view.slice(from, this.#known.headEnd))
    return outcome
  }

  #readLine(view: Uint8Array): HeadOutcome {
    const from = this.at
    const limit = Math.min(view.length, from + MAX_HEADER_LINE + 2 - this.#partialLength)
    let end = from
    while (end < limit && view[end] !== LF) end++
    if (end === limit) {
      if (limit === view.length && this.#partialLength + limit - from < MAX_HEADER_LINE + 2) {
        this.at = limit
        return this.#hold(view, from, limit) ? 'more' : 'broken'
      }
      return this.#overflow('header-line-too-long', 'A header line is longer than 8 KiB')
    }
    this.at = end + 1
    if (this.#partialLength === 0) return this.#takeLine(view, from, end)
    if (!this.#hold(view, from, end + 1)) return 'broken'
    const length = this.#partialLength
    this.#partialLength = 0
    return this.#takeLine(this.#partial, 0, length - 1)
  }

  /** @returns false as soon as the first octets of a message cannot become `MSRP` (MSRP-1) */
  #hold(view: Uint8Array, from: number, to: number): boolean {
    const length = this.#partialLength + to - from
    if (length > this.#partial.length) {
      const larger = new Uint8Array(Math.min(MAX_HEADER_LINE + 2, Math.max(length, this.#partial.length * 2)))
      larger.set(this.#partial.subarray(0, this.#partialLength))
      this.#partial = larger
    }
    this.#partial.set(view.subarray(from, to), this.#partialLength)
    this.#partialLength = length
    if (this.head !== undefined) return true
    return START.every((byte, index) => index >= length || this.#partial[index] === byte)
  }

  /** One line: `bytes[from, to)` and the LF at `to`. */
  #takeLine(bytes: Uint8Array, from: number, to: number): HeadOutcome {
    if (this.keepRaw) this.raw.push(bytes.slice(from, to + 1))
    this.#blockLength += to + 1 - from
    const contentEnd = to > from && bytes[to - 1] === CR ? to - 1 : -1
    const head = this.head
    if (head === undefined) {
      const text = contentEnd < 0 ? undefined : decodeLine(bytes, from, contentEnd)
      this.head = text === undefined ? undefined : parseStartLine(text)
      return this.head === undefined ? 'broken' : 'more'
    }
    if (contentEnd === from) return this.#finishKnown(true, 'body', bytes, to + 1)
    if (bytes[from] === HYPHEN) {
      const flag = contentEnd < 0 ? undefined : this.#endLineFlag(bytes, from, contentEnd, head.tid)
      if (flag !== undefined) {
        if (this.keepRaw) this.raw.pop() // the end-line is no part of the head
        return this.#finishKnown(false, flag, bytes, from)
      }
    }
    if (this.#blockLength > MAX_HEADER_BLOCK || this.#lineNumber >= MAX_HEADER_COUNT) {
      return this.#overflow('header-block-too-long', 'The headers are longer than 64 KiB')
    }
    this.#takeHeader(head, bytes, from, contentEnd)
    return 'more'
  }

  #takeHeader(head: Head, bytes: Uint8Array, from: number, contentEnd: number): void {
    this.#lineNumber++
    const text = contentEnd < 0 ? undefined : decodeLine(bytes, from, contentEnd)
    const line = text === undefined ? undefined : parseHeaderLine(text)
    if (line === undefined) return head.fail('bad-header', 'A header line does not follow the grammar')
    if (line.field === 'byte-range') this.#range = from
    head.add(line)
  }

  /** `7"-" tid flag` */
  #endLineFlag(bytes: Uint8Array, from: number, to: number, tid: string): Flag | undefined {
    if (to - from !== 8 + tid.length) return undefined
    const text = decodeLine(bytes, from, to)
    if (text === undefined || !text.startsWith('-------') || !text.startsWith(tid, 7)) return undefined
    const flag = text[text.length - 1]
    return flag === '$' || flag === '+' || flag === '#' ? flag : undefined
  }

  /** Too much: the rest is skipped like a body up to the end-line, so that the sender can be told (MSRP-3). */
  #overflow(code: string, message: string): HeadOutcome {
    if (this.head === undefined) return 'broken'
    this.head.fail(code, message)
    return this.#finish(true, 'skip')
  }

  /** The end of the head is at `end` in `view`, if all of it is there. */
  #finishKnown(hasBody: boolean, outcome: HeadOutcome, view: Uint8Array, end: number): HeadOutcome {
    this.#finish(hasBody, outcome)
    const { head } = this
    if (this.#begin >= 0 && head !== undefined && head.fault === undefined) {
      this.#known.add(head, view, { begin: this.#begin, range: this.#range, end })
    }
    return outcome
  }

  #finish(hasBody: boolean, outcome: HeadOutcome): HeadOutcome {
    this.head?.finish(hasBody)
    return outcome
  }
}
