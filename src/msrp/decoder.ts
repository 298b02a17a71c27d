import { concatBytes, RemoteProtocolError } from '../wire/index.js'
import { type Flag, FLAGS, type Head } from './head.js'
import { HeadReader } from './head-reader.js'
import { MAX_END_LINE } from './limits.js'
import { Search } from './search.js'
import { badStartLine } from './start-line.js'

const LF = 0x0a
const CR = 0x0d
const CRLF = Uint8Array.of(CR, LF)

/** What the decoder finds, in the order of the wire. */
export interface DecoderEvents {
  /** A whole head. `raw` holds its octets when the decoder keeps them for the trace. */
  onHead(head: Head, raw: Uint8Array | undefined): void
  /** Octets of the body: a subarray of the view given to `decode`, or at most 76 copied octets that looked like an end-line. */
  onBody(bytes: Uint8Array): void
  /** The end-line: the message is over. */
  onEnd(flag: Flag): void
  /** The octets are no MSRP: only closing the connection is left. Nothing follows. */
  onBroken(error: RemoteProtocolError): void
}

/**
 * Decodes one connection's octets as they come, split anywhere (RFC 4975 §7.3.1, MSRP-6, MSRP-7). Bodies pass through as
 * views; only a tail that may be the beginning of the end-line is held back.
 */
export class Decoder {
  readonly #events: DecoderEvents
  readonly #reader: HeadReader
  readonly #search = new Search()
  /** Held-back octets at the end of the last view. */
  readonly #held = new Uint8Array(MAX_END_LINE)
  #heldLength = 0
  /** The held octets and the beginning of the next view, side by side. */
  readonly #joint = new Uint8Array(2 * MAX_END_LINE)
  #state: 'head' | 'body' | 'stopped' = 'head'
  #heads = 0

  constructor(events: DecoderEvents, options: { readonly keepRaw?: boolean } = {}) {
    this.#events = events
    this.#reader = new HeadReader(options.keepRaw ?? false)
  }

  /** Number of the head that is partly read, undefined between heads; for the time limit of one head (SEC-12). */
  get unfinishedHead(): number | undefined {
    return this.#state === 'head' && this.#reader.isInside ? this.#heads : undefined
  }

  /** Whether a request or response has begun and its end-line has not come. */
  get isInside(): boolean {
    return this.#state === 'body' || this.#reader.isInside
  }

  /** Ignores everything from now on. */
  stop(): void {
    this.#state = 'stopped'
  }

  decode(view: Uint8Array): void {
    let at = 0
    while (at < view.length && this.#state !== 'stopped') at = this.#state === 'head' ? this.#readHead(view, at) : this.#readBody(view, at)
  }

  #readHead(view: Uint8Array, from: number): number {
    const outcome = this.#reader.read(view, from)
    if (outcome === 'more') return this.#reader.at
    const head = this.#reader.head
    if (outcome === 'broken' || head === undefined) {
      this.#state = 'stopped'
      this.#events.onBroken(badStartLine())
      return view.length
    }
    const raw = this.#reader.keepRaw ? concatBytes(...this.#reader.raw) : undefined
    this.#reader.reset()
    this.#heads++
    if (outcome === 'body' || outcome === 'skip') {
      // the end-line may stand right after the last header that was read, whose CRLF is gone
      if (outcome === 'skip') this.#hold(CRLF)
      this.#search.setPattern(head.tid, '\r\n-------')
      this.#state = 'body'
      this.#events.onHead(head, raw)
    } else {
      this.#events.onHead(head, raw)
      if (this.#state === 'head') this.#events.onEnd(outcome)
    }
    return this.#reader.at
  }

  #readBody(view: Uint8Array, from: number): number {
    if (this.#heldLength > 0) return this.#readHeld(view, from)
    let candidate = this.#search.find(view, from, view.length)
    let match: Flag | 'partial' | 'none' = 'partial'
    while (candidate >= 0) {
      const tail = candidate + this.#search.length
      match = matchTail(view, tail, view.length)
      if (match !== 'none') break
      // nothing begins within a look-alike: it has its only CR at its start
      candidate = this.#search.find(view, tail, view.length)
    }
    if (candidate < 0) candidate = this.#search.findPartial(view, from, view.length)
    if (candidate > from) this.#events.onBody(view.subarray(from, candidate))
    if (this.#state !== 'body') return view.length // the consumer stopped us
    if (match === 'none' || match === 'partial') return this.#hold(view.subarray(candidate), view.length)
    return this.#end(match, candidate + this.#search.length + 3)
  }

  /** Goes on where the last view ended with octets that may begin the end-line. */
  #readHeld(view: Uint8Array, from: number): number {
    const held = this.#heldLength
    const taken = Math.min(MAX_END_LINE, view.length - from)
    const joint = this.#joint
    joint.set(this.#held.subarray(0, held))
    joint.set(view.subarray(from, from + taken), held)
    const to = held + taken
    let start = 0
    let match: Flag | 'partial' | 'none' = 'none'
    while (start < held) {
      match = this.#match(joint, start, to)
      if (match !== 'none') break
      start++
    }
    if (start > 0) this.#events.onBody(joint.slice(0, start))
    this.#heldLength = 0
    if (this.#state !== 'body') return view.length
    if (match === 'none') return from
    if (match !== 'partial') return this.#end(match, from + start + this.#search.length + 3 - held)
    // only a view shorter than an end-line leaves the question open
    return this.#hold(joint.subarray(start, to), view.length)
  }

  #hold(bytes: Uint8Array, at = 0): number {
    this.#held.set(bytes)
    this.#heldLength = bytes.length
    return at
  }

  #end(flag: Flag, at: number): number {
    this.#state = 'head'
    this.#events.onEnd(flag)
    return at
  }

  /** The flag when `bytes[at, to)` starts with a whole end-line, `partial` when it may become one. */
  #match(bytes: Uint8Array, at: number, to: number): Flag | 'partial' | 'none' {
    const length = this.#search.matchedLength(bytes, at, to)
    if (length < this.#search.length) return at + length === to ? 'partial' : 'none'
    return matchTail(bytes, at + length, to)
  }
}

/** What follows the transaction id: `flag CRLF`. */
function matchTail(bytes: Uint8Array, tail: number, to: number): Flag | 'partial' | 'none' {
  if (tail === to) return 'partial'
  const flag = FLAGS[bytes[tail] as number]
  if (flag === undefined) return 'none'
  if (tail + 1 === to) return 'partial'
  if (bytes[tail + 1] !== CR) return 'none'
  if (tail + 2 === to) return 'partial'
  return bytes[tail + 2] === LF ? flag : 'none'
}
