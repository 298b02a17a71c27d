import { bodyFault, headWithoutEnd, malformed, type MessageLimits, toMessage } from './decode-message.js'
import { SIP_LIMITS } from './limits.js'
import { asMalformed, type MalformedMessage } from './malformed-message.js'
import type { SipMessage } from './message.js'
import { decodeHead, endOfHead, type Fault, type MessageHead } from './message-head.js'

export type FramedEvent =
  /** `bytes` is the message as it came, a view of what was pushed: nothing changes it later. The body is a view only of as much. */
  | { readonly type: 'message'; readonly message: SipMessage; readonly bytes: Uint8Array }
  /** Double CRLF between messages: answer with one CRLF (RFC 5626 §4.4.1, SIP-4). Like every event it proves that the peer lives. */
  | { readonly type: 'ping' }
  /** Single CRLF between messages. */
  | { readonly type: 'pong' }
  /**
   * Broken input. `fatal`: nobody knows where the next message starts, so the connection must be closed (after answering
   * `error.request`, if there is one); nothing more is read. Otherwise only this message is lost.
   */
  | { readonly type: 'fault'; readonly error: MalformedMessage; readonly fatal: boolean; readonly bytes: Uint8Array }

/** Splits what arrives on a TCP or TLS connection into messages by Content-Length (RFC 3261 §18.3). */
export class StreamFramer {
  readonly #limits: MessageLimits
  /** What is read: our own room, or what was pushed last, which is not ours to write to. */
  #buffer = NOTHING
  #room = NOTHING
  #start = 0
  #end = 0
  /** Up to here the header block holds no empty line: a byte is looked at once however small the reads are. */
  #scanned = 0
  #head: MessageHead | undefined
  #headEnd = 0
  #dead = false
  /** A lone CRLF came last: a second one makes it a ping that was split by the network. */
  #halfPing = false

  constructor(limits: MessageLimits = SIP_LIMITS) {
    this.#limits = limits
  }

  /** Whether part of a message is waiting for its rest (SEC-12 limits how long). */
  get partial(): boolean {
    return !this.#dead && this.#end > this.#start
  }

  /**
   * Takes the octets of one read, which may hold any part of any number of messages.
   * @param bytes nobody may change them afterwards: messages that are whole are read where they stand
   */
  push(bytes: Uint8Array): FramedEvent[] {
    const events: FramedEvent[] = []
    if (this.#dead) return events
    if (this.#start === this.#end) this.#borrow(bytes)
    else this.#append(bytes)
    while (!this.#dead && this.#start < this.#end) if (!this.#next(events)) break
    if (this.#start === this.#end || this.#dead) this.#reset()
    else this.#reserve(0)
    return events
  }

  /** Reads one thing from the buffer; false when more octets are needed. */
  #next(events: FramedEvent[]): boolean {
    if (this.#head === undefined) {
      const skipped = this.#skipKeepAlive(events)
      if (skipped || this.#start === this.#end || this.#isHalfBreak) return skipped
      if (!this.#readHead(events)) return false
    }
    return this.#readBody(events)
  }

  /** Consumes line breaks between messages (RFC 3261 §7.5, RFC 5626 §4.4.1). At most one ping for one read, so that a flood is not echoed. */
  #skipKeepAlive(events: FramedEvent[]): boolean {
    let pairs = this.#halfPing ? 1 : 0
    const before = this.#start
    while (this.#end - this.#start >= 2 && this.#buffer[this.#start] === CR && this.#buffer[this.#start + 1] === LF) {
      this.#start += 2
      pairs++
    }
    while (this.#start < this.#end && this.#buffer[this.#start] === LF) this.#start++
    if (this.#start === before) return false
    this.#scanned = this.#start
    if (pairs >= 2) events.push({ type: 'ping' })
    else if (pairs === 1) events.push({ type: 'pong' })
    this.#halfPing = pairs === 1
    return true
  }

  /** A CR whose LF is still to come. */
  get #isHalfBreak(): boolean {
    return this.#end - this.#start === 1 && this.#buffer[this.#start] === CR
  }

  #readHead(events: FramedEvent[]): boolean {
    const limit = Math.min(this.#end, this.#start + this.#limits.headerBytes)
    const end = endOfHead(this.#buffer, this.#start, limit, this.#scanned)
    this.#scanned = limit
    if (end < 0) {
      if (this.#end - this.#start > this.#limits.headerBytes)
        this.#fail(events, headWithoutEnd(this.#buffer, this.#start, this.#end, this.#limits))
      return false
    }
    this.#halfPing = false
    const head = decodeHead(this.#buffer, this.#start, end, this.#limits.headerCount, this.#limits.text)
    const fault = this.#framingFault(head)
    if (fault !== undefined) {
      this.#fail(events, fault)
      return false
    }
    this.#head = head
    this.#headEnd = end
    return true
  }

  #framingFault(head: MessageHead): MalformedMessage | undefined {
    // Not SIP at all: what it calls a length means nothing
    const noMessage = head.start === undefined && head.contentLength === undefined
    if (noMessage || head.lengthUnknown) return malformed(head.fault as Fault, head)
    // RFC 3261 §20.14: on a stream Content-Length is not optional
    if (head.contentLength === undefined) return malformed(NO_LENGTH, head)
    const tooLong = bodyFault(head.contentLength, this.#limits)
    return tooLong && malformed(tooLong, head)
  }

  #readBody(events: FramedEvent[]): boolean {
    const head = this.#head as MessageHead
    const end = this.#headEnd + (head.contentLength as number)
    if (end > this.#end) return false
    const bytes = this.#buffer === this.#room ? this.#buffer.slice(this.#start, end) : this.#buffer.subarray(this.#start, end)
    // a copy: who keeps a body does not keep all that came with it
    const body = head.contentLength === 0 ? NOTHING : this.#buffer.slice(this.#headEnd, end)
    this.#start = this.#scanned = end
    this.#head = undefined
    try {
      events.push({ type: 'message', message: toMessage(head, body), bytes })
    } catch (error) {
      events.push({ type: 'fault', error: asMalformed(error), fatal: false, bytes })
    }
    return true
  }

  #fail(events: FramedEvent[], error: MalformedMessage): void {
    events.push({ type: 'fault', error, fatal: true, bytes: this.#buffer.slice(this.#start, this.#end) })
    this.#dead = true
  }

  #borrow(bytes: Uint8Array): void {
    this.#buffer = bytes
    this.#start = this.#scanned = this.#headEnd = 0
    this.#end = bytes.length
  }

  #append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#buffer.set(bytes, this.#end)
    this.#end += bytes.length
  }

  /** The rest of a message in our own room, with place for `count` more octets; doubles, so that the copying stays proportional to what arrives. */
  #reserve(count: number): void {
    const owned = this.#buffer === this.#room
    if (owned && this.#end + count <= this.#room.length) return
    const rest = this.#buffer.subarray(this.#start, this.#end)
    const wanted = rest.length + count
    if (wanted > (owned ? this.#room.length / 2 : this.#room.length)) this.#room = new Uint8Array(Math.max(FIRST_ROOM, 2 * wanted))
    this.#room.set(rest)
    this.#buffer = this.#room
    this.#headEnd -= this.#start
    this.#scanned -= this.#start
    this.#start = 0
    this.#end = rest.length
  }

  #reset(): void {
    this.#start = this.#end = this.#scanned = this.#headEnd = 0
    // An idle connection holds no memory; the next message is usually as small as the last
    if (this.#dead || this.#room.length > KEPT_ROOM) this.#room = NOTHING
    this.#buffer = this.#room
  }
}

const NOTHING: Uint8Array = new Uint8Array(0)
const NO_LENGTH = { code: 'no-content-length', message: 'Content-Length is missing on a stream.', status: 400 }
const CR = 13
const LF = 10
/** Octets of the first buffer of a connection (house: most messages are smaller) and of the largest one kept while idle. */
const FIRST_ROOM = 4096
const KEPT_ROOM = 65_536
