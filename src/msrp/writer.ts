import { decodeLatin1, encodeLatin1, encodeUtf8 } from '../wire/index.js'

/**
 * Collects what one step writes to one connection: heads as text, bodies as views. Neighbouring heads and end-lines become
 * one small view; body views pass through untouched. On a connection of messages (WebSocket) each request or response stays apart.
 */
export class Writer {
  #text = ''
  #views: Uint8Array[] = []
  #messages: Uint8Array[][] = []
  #position = 0
  #written = 0

  constructor(readonly isFramed = false) {}

  /** Octets given to `text` and `view` since the connection began. */
  get position(): number {
    return this.#position
  }

  /** Octets of those that the transport took. */
  get written(): number {
    return this.#written
  }

  /** @param text one character per octet, see `octets` */
  text(text: string): void {
    this.#text += text
    this.#position += text.length
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
    if (this.#text === '') return
    this.#views.push(encodeLatin1(this.#text))
    this.#text = ''
  }
}

const NOTHING: readonly Uint8Array[][] = []

/** UTF-8 octets of `text` as one character each, the form in which a `Writer` takes text. */
export function octets(text: string): string {
  return decodeLatin1(encodeUtf8(text))
}
