import { LARGE_SPOOL_BLOCK, READ_AHEAD_MEMORY, SPOOL_BLOCK } from './limits.js'
import type { PassageMemory } from './passage-memory.js'
import type { SpoolFile } from './spool-file.js'

/** Octets read from disk before they were asked for. */
interface Ahead {
  readonly offset: number
  readonly block: Uint8Array
  /** Octets of `block` that are there; undefined while it is read. */
  length: number | undefined
}

/** A view on its way to a member. */
interface Given {
  readonly end: number
  readonly view: Uint8Array
}

export interface PassageReaderOptions {
  readonly memory: PassageMemory
  /** Octets the transport of this reader may have asked for and not yet written: so long a view that was given is held. */
  readonly inFlight: number
  /** Octets that all readers of the process have read ahead. */
  readonly ahead: { octets: number }
  /** The question can be tried again. */
  readonly onRead: () => void
  readonly onError: (error: unknown) => void
}

/** How far one member is, what it asked for, and what is held for it. */
export class PassageReader {
  /** First octet it may still ask for. */
  offset = 0
  /** Octets it waits for; 0 while it waits for none. */
  wanted = 0
  hasAsked = false
  /** It was waited for in vain: until it has caught up it is not waited for again. */
  isSlow = false
  readonly #options: PassageReaderOptions
  readonly #given: Given[] = []
  #ahead: Ahead | undefined
  #left = false

  constructor(options: PassageReaderOptions) {
    this.#options = options
  }

  /** Octets of blocks that were read from disk for it. */
  get readAhead(): number {
    return this.#ahead === undefined ? 0 : this.#ahead.block.length
  }

  ask(offset: number, length: number): void {
    this.offset = offset
    this.wanted = length
    this.hasAsked = true
    // whoever asks for these has written what is further back than its window
    const written = offset + length - this.#options.inFlight
    while (this.#given.length > 0 && (this.#given[0] as Given).end <= written) this.#letGo(this.#given.shift() as Given)
    const ahead = this.#ahead
    if (ahead?.length !== undefined && (offset < ahead.offset || offset >= ahead.offset + ahead.length)) this.#drop(ahead)
  }

  /** The view goes to the member. */
  give(view: Uint8Array): void {
    this.#options.memory.retain(view)
    this.#given.push({ end: this.offset + view.length, view })
    this.wanted = 0
  }

  /** Octets from disk for the question, when they were read; else reading begins. */
  fromSpool(spool: SpoolFile): Uint8Array | undefined {
    const ahead = this.#ahead
    if (ahead === undefined) {
      this.#read(spool, this.offset)
      return undefined
    }
    if (ahead.length === undefined) return undefined
    if (this.offset >= ahead.offset + ahead.length || this.offset < ahead.offset) {
      // it read from memory meanwhile
      this.#drop(ahead)
      this.#read(spool, this.offset)
      return undefined
    }
    const from = this.offset - ahead.offset
    return ahead.block.subarray(from, Math.min(ahead.length, from + this.wanted))
  }

  /** After `give` of octets from disk: the next block is read when this one is used up and more is there. */
  readOn(spool: SpoolFile, end: number): void {
    const ahead = this.#ahead
    if (ahead?.length === undefined || end < ahead.offset + ahead.length) return
    this.#drop(ahead)
    if (end >= spool.from && end < spool.to) this.#read(spool, end)
  }

  leave(): void {
    this.#left = true
    this.wanted = 0
    for (const given of this.#given.splice(0)) this.#letGo(given)
    if (this.#ahead?.length !== undefined) this.#drop(this.#ahead)
  }

  #read(spool: SpoolFile, offset: number): void {
    const shared = this.#options.ahead
    // large reads cost least, as long as few are behind
    const isScarce = shared.octets + LARGE_SPOOL_BLOCK > READ_AHEAD_MEMORY
    const block = this.#options.memory.take(isScarce ? SPOOL_BLOCK : LARGE_SPOOL_BLOCK)
    shared.octets += block.length
    const ahead: Ahead = { offset, block, length: undefined }
    this.#ahead = ahead
    const view = block.subarray(0, Math.min(block.length, spool.to - offset))
    spool.read(offset, view).then(
      length => {
        ahead.length = length
        if (this.#left) this.#drop(ahead)
        else if (length < view.length) this.#options.onError(new Error('The spool file became shorter.'))
        else this.#options.onRead()
      },
      (error: unknown) => {
        this.#drop(ahead)
        if (!this.#left) this.#options.onError(error)
      },
    )
  }

  #drop(ahead: Ahead): void {
    if (this.#ahead !== ahead) return
    this.#ahead = undefined
    this.#options.ahead.octets -= ahead.block.length
    this.#options.memory.release(ahead.block)
  }

  #letGo({ view }: Given): void {
    this.#options.memory.release(view)
  }
}
