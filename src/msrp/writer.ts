import { decodeLatin1, encodeLatin1, encodeUtf8 } from '../wire/index.js'

/**
 * Collects what one step writes to one connection: heads as text, bodies as views. Neighbouring heads and end-lines become
 * one small view; body views pass through untouched.
 */
export class Writer {
  #text = ''
  #views: Uint8Array[] = []
  #position = 0
  #written = 0

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

  take(): Uint8Array[] {
    this.#flushText()
    const views = this.#views
    if (views.length > 0) this.#views = []
    return views
  }

  onWritten(length: number): void {
    this.#written = Math.min(this.#position, this.#written + length)
  }

  #flushText(): void {
    if (this.#text === '') return
    this.#views.push(encodeLatin1(this.#text))
    this.#text = ''
  }
}

/** UTF-8 octets of `text` as one character each, the form in which a `Writer` takes text. */
export function octets(text: string): string {
  return decodeLatin1(encodeUtf8(text))
}
