import type { PassageCommand } from './passage-types.js'

/** What one leg asks of a passage: its MSRP endpoint asks ahead, the passage answers one question at a time. */
export class PassageReader {
  readonly #passage: string
  readonly #reader: string
  readonly #asks: { offset: number; length: number }[] = []

  constructor(passage: string, reader: string) {
    this.#passage = passage
    this.#reader = reader
  }

  /** The endpoint wants octets. */
  ask(offset: number, length: number): PassageCommand[] {
    this.#asks.push({ offset, length })
    return this.#asks.length === 1 ? this.#read() : []
  }

  /** Octets came, at least one and not more than were asked for. @returns whether they are the ones */
  take(offset: number, length: number): boolean {
    const [ask] = this.#asks
    if (ask === undefined || ask.offset !== offset || length === 0 || length > ask.length) return false
    ask.offset += length
    ask.length -= length
    if (ask.length === 0) this.#asks.shift()
    return true
  }

  /** What is asked next. */
  next(): PassageCommand[] {
    return this.#read()
  }

  leave(): PassageCommand {
    this.#asks.length = 0
    return { name: 'leave', passage: this.#passage, reader: this.#reader }
  }

  #read(): PassageCommand[] {
    const [ask] = this.#asks
    return ask === undefined ? [] : [{ name: 'read', passage: this.#passage, reader: this.#reader, ...ask }]
  }
}
