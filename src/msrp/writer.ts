import { decodeLatin1, encodeUtf8 } from '../wire/index.js'

/** Memory that heads and end-lines are written into, octets: about nine chunks. */
const SLAB = 4096
const NO_SLAB = new Uint8Array(0)
/** Digits of the largest safe integer. */
const MAX_DIGITS = 16
const ZERO = 0x30

/**
 * Collects what one step writes to one connection: heads as text, bodies as views. Neighbouring heads and end-lines become
 * one small view; body views pass through untouched. On a connection of messages (WebSocket) each request or response stays apart.
 */
export class Writer {
  /** Text is written here one piece behind the other; what was made a view of is never written again. */
  #slab = NO_SLAB
  /** Begin and end of the text that is no view yet. */
  #from = 0
  #to = 0
  #views: Uint8Array[] = []
  #messages: Uint8Array[][] = []
  #position = 0
  #written = 0

  constructor(readonly isFramed = false) {}

  /** Octets given since the connection began. */
  get position(): number {
    return this.#position
  }

  /** Octets of those that the transport took. */
  get written(): number {
    return this.#written
  }

  /** @param text one character per octet, see `octets` */
  text(text: string): void {
    const slab = this.#room(text.length)
    const to = this.#to
    for (let index = 0; index < text.length; index++) slab[to + index] = text.charCodeAt(index)
    this.#passed(text.length)
  }

  /** Octets of a head; unlike those of a `view` they are copied. */
  octets(octets: Uint8Array): void {
    this.#room(octets.length).set(octets, this.#to)
    this.#passed(octets.length)
  }

  /** A whole number of at most 2^53 - 1 in decimal. */
  number(value: number): void {
    const slab = this.#room(MAX_DIGITS)
    let length = 1
    for (let power = 10; power <= value; power *= 10) length++
    let rest = value
    for (let at = this.#to + length - 1; at >= this.#to; at--) {
      const tens = Math.floor(rest / 10)
      slab[at] = ZERO + (rest - tens * 10)
      rest = tens
    }
    this.#passed(length)
  }

  view(view: Uint8Array): void {
    this.#flushText()
    this.#views.push(view)
    this.#position += view.length
  }

  /** A request or response is complete: on a connection of messages what comes next belongs to another one (WS-2). */
  endMessage(): void {
    if (this.isFramed) this.#endPart()
  }

  /** What was gathered, in parts that may not be joined. */
  take(): readonly Uint8Array[][] {
    if (!this.isFramed) this.#endPart()
    if (this.#messages.length === 0) return NOTHING
    const messages = this.#messages
    this.#messages = []
    // a slab that had to hold more than usual is not kept for what comes
    if (this.#slab.length > SLAB) this.#renew(NO_SLAB)
    return messages
  }

  onWritten(length: number): void {
    this.#written = Math.min(this.#position, this.#written + length)
  }

  #endPart(): void {
    this.#flushText()
    if (this.#views.length === 0) return
    this.#messages.push(this.#views)
    this.#views = []
  }

  #flushText(): void {
    if (this.#to === this.#from) return
    this.#views.push(this.#slab.subarray(this.#from, this.#to))
    this.#from = this.#to
  }

  #passed(length: number): void {
    this.#to += length
    this.#position += length
  }

  /** The slab, with room for `length` octets behind the text that is in it. */
  #room(length: number): Uint8Array {
    const needed = this.#to - this.#from + length
    if (this.#to + length > this.#slab.length) this.#renew(new Uint8Array(needed > SLAB / 2 ? 2 * needed : SLAB))
    return this.#slab
  }

  #renew(slab: Uint8Array<ArrayBuffer>): void {
    slab.set(this.#slab.subarray(this.#from, this.#to))
    this.#to -= this.#from
    this.#from = 0
    this.#slab = slab
  }
}

const NOTHING: readonly Uint8Array[][] = []

/** UTF-8 octets of `text` as one character each, the form in which a `Writer` takes text. */
export function octets(text: string): string {
  return decodeLatin1(encodeUtf8(text))
}
