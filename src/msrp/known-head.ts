import { formatByteRange } from './byte-range.js'
import type { Head } from './head.js'

const COLON = 0x3a
const SPACE = 0x20
const TAB = 0x09
const ZERO = 0x30
const NINE = 0x39
const DASH = 0x2d
const STAR = 0x2a
/** Digits of which every number is exact. */
const MAX_DIGITS = 15
/** Longest head that is worth remembering, octets. */
const MAX_LENGTH = 2048
const NOTHING = new Uint8Array(0)

/** Where a head without fault lies in the octets that came. */
export interface HeadPlace {
  readonly begin: number
  /** Begin of the line with Byte-Range; undefined when there is none. */
  readonly range: number | undefined
  /** Behind the blank line, or behind the last header when no body follows. */
  readonly end: number
}

/** The octets of a head that was read, without those that may differ in the next one: transaction id, begin and end of the range. */
export class KnownHead {
  readonly #model: Head
  /** From behind the transaction id to the value of Byte-Range, or to the end. */
  readonly #before: Uint8Array
  /** From the slash of that value to the end. */
  readonly #after: Uint8Array
  /** What `match` found. */
  #start = 0
  #end: number | undefined
  /** Index where `#number` ended. */
  #at = 0

  /** @returns undefined for a head that is too long, or whose range is not written the plain way */
  static of(model: Head, view: Uint8Array, { begin, range, end }: HeadPlace): KnownHead | undefined {
    if (end - begin > MAX_LENGTH) return undefined
    const from = begin + 5 + model.tid.length
    if (range === undefined || model.byteRange === undefined) return new KnownHead(model, view.slice(from, end), NOTHING)
    const text = formatByteRange(model.byteRange)
    let value = view.indexOf(COLON, range) + 1
    while (view[value] === SPACE || view[value] === TAB) value++
    for (let index = 0; index < text.length; index++) if (view[value + index] !== text.charCodeAt(index)) return undefined
    return new KnownHead(model, view.slice(from, value), view.slice(value + text.indexOf('/'), end))
  }

  private constructor(model: Head, before: Uint8Array, after: Uint8Array) {
    this.#model = model
    this.#before = before
    this.#after = after
  }

  get hasBody(): boolean {
    return this.#model.hasBody
  }

  /** Index behind the head when it is this one again, read from behind its transaction id; -1 when it is another. */
  match(view: Uint8Array, from: number): number {
    const before = this.#before
    const after = this.#after
    if (from + before.length + after.length > view.length || !isAt(before, view, from)) return -1
    const range = from + before.length
    if (after.length === 0) return range
    const at = this.#matchRange(view, range)
    return at >= 0 && at + after.length <= view.length && isAt(after, view, at) ? at + after.length : -1
  }

  /** The head that `match` found. */
  head(tid: string): Head {
    const range = this.#model.byteRange
    return this.#model.repeat(tid, range && { start: this.#start, end: this.#end, total: range.total })
  }

  /** `start "-" (end | "*")` as we would write them and with a meaning (MSRP-20). @returns index behind it or -1 */
  #matchRange(view: Uint8Array, from: number): number {
    const start = this.#number(view, from)
    if (start <= 0 || view[this.#at] !== DASH) return -1
    const total = this.#model.byteRange?.total ?? Number.MAX_SAFE_INTEGER
    this.#start = start
    this.#end = undefined
    if (view[this.#at + 1] === STAR) return start <= total + 1 ? this.#at + 2 : -1
    const end = this.#number(view, this.#at + 1)
    this.#end = end
    return end >= start - 1 && end <= total ? this.#at : -1
  }

  /** A number without leading zeros; -1 when there is none. */
  #number(view: Uint8Array, from: number): number {
    let value = 0
    let at = from
    for (let digit = view[at]; digit !== undefined && digit >= ZERO && digit <= NINE; digit = view[++at]) value = value * 10 + digit - ZERO
    this.#at = at
    const length = at - from
    return length === 0 || length > MAX_DIGITS || (length > 1 && view[from] === ZERO) ? -1 : value
  }
}

/** Whether `bytes` are in `view`, which is long enough. */
function isAt(bytes: Uint8Array, view: Uint8Array, at: number): boolean {
  for (let index = 0; index < bytes.length; index++) if (view[at + index] !== bytes[index]) return false
  return true
}
