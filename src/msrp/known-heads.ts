import { ALPHA, DIGIT, is, MSRP_IDENT } from '../wire/index.js'
import { type Flag, FLAGS, type Head } from './head.js'
import { type HeadPlace, KnownHead } from './known-head.js'
import { MAX_IDENT, MAX_KNOWN_HEADS, MIN_IDENT } from './limits.js'

const START = [0x4d, 0x53, 0x52, 0x50, 0x20] // "MSRP "
const HYPHEN = 0x2d
const HYPHENS = 7
const CR = 0x0d
const LF = 0x0a

/**
 * The next chunk of a message, and the next response in a session, has the head of the one before again, but for transaction id and range. Here that
 * is seen by comparing octets. Whatever differs in any other way, or is not there as a whole, is left to who reads line by line.
 */
export class KnownHeads {
  /** What `take` found. */
  head: Head | undefined
  /** Index behind what it found: behind the blank line, or behind the end-line. */
  at = 0
  /** Index behind the head itself. */
  headEnd = 0
  readonly #known: KnownHead[] = []
  /** The one that was right the last time. */
  #current = 0
  /** The one that makes room when there are too many. */
  #oldest = 0
  readonly #codes: number[] = []

  /** Remembers a head without fault that was read from `view`. */
  add(head: Head, view: Uint8Array, place: HeadPlace): void {
    const known = KnownHead.of(head, view, place)
    if (known === undefined) return
    this.#current = this.#known.length < MAX_KNOWN_HEADS ? this.#known.length : this.#oldest++ % MAX_KNOWN_HEADS
    this.#known[this.#current] = known
  }

  /** A whole head at `from`. @returns undefined when there is none of the known ones */
  take(view: Uint8Array, from: number): 'body' | Flag | undefined {
    const tid = from + START.length
    const tidEnd = this.#known.length === 0 ? -1 : this.#tidEnd(view, from)
    if (tidEnd < 0) return undefined
    const count = this.#known.length
    for (let step = 0; step < count; step++) {
      const index = (this.#current + step) % count
      const known = this.#known[index] as KnownHead
      const end = known.match(view, tidEnd)
      const outcome = end < 0 ? undefined : known.hasBody ? 'body' : flagOf(view, end, tid, tidEnd)
      if (outcome === undefined) continue
      this.#current = index
      this.headEnd = end
      this.at = known.hasBody ? end : end + HYPHENS + (tidEnd - tid) + 3
      this.head = known.head(this.#text(view, tid, tidEnd))
      return outcome
    }
    return undefined
  }

  /** `MSRP SP ident`: index behind it, or -1. */
  #tidEnd(view: Uint8Array, from: number): number {
    for (let index = 0; index < START.length; index++) if (view[from + index] !== START[index]) return -1
    const tid = from + START.length
    let at = tid
    while (at < view.length && is(view[at] as number, MSRP_IDENT)) at++
    const isIdent = at - tid >= MIN_IDENT && at - tid <= MAX_IDENT && is(view[tid] as number, ALPHA | DIGIT)
    return isIdent ? at : -1
  }

  #text(view: Uint8Array, from: number, to: number): string {
    const codes = this.#codes
    codes.length = to - from
    for (let at = from; at < to; at++) codes[at - from] = view[at] as number
    return String.fromCharCode.apply(null, codes)
  }
}

/** Flag of the end-line at `at` whose transaction id is `view[tid, tidEnd)`; undefined when something else is there. */
function flagOf(view: Uint8Array, at: number, tid: number, tidEnd: number): Flag | undefined {
  const name = at + HYPHENS
  for (let index = at; index < name; index++) if (view[index] !== HYPHEN) return undefined
  for (let index = tid; index < tidEnd; index++) if (view[name + index - tid] !== view[index]) return undefined
  const flag = name + tidEnd - tid
  return view[flag + 1] === CR && view[flag + 2] === LF ? FLAGS[view[flag] as number] : undefined
}
