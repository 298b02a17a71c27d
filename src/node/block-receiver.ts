import { type Block, blocks } from './block-pool.js'
import { BLOCK_SIZE, MAX_HELD_BLOCKS, SMALL_BLOCK_SIZE } from './limits.js'

/** Reading goes on in the current block while this much of it is left, as a part of its size. */
const LEAST_ROOM = 1 / 16

/** Less room than one TLS record: what is gathered goes out, since the next read would not fit. */
const RECORD = 16 * 1024

/**
 * The receive memory of one connection: `buffer` says where the next read goes, `filled` passes what came.
 * Octets that a sink holds stay where they are and the reads go on behind them, so that adjacent octets can be written at once.
 * With `gathers` reads are small (TLS gives records of 16 KiB): those of one turn of the event loop are passed together.
 */
export class BlockReceiver {
  /** Where octets go; set before reading starts. */
  onBytes: (bytes: Uint8Array) => void = () => {}
  /** Called when reading may go on after `filled` said false. */
  onRoom: () => void = () => {}
  #block: Block = blocks.take(SMALL_BLOCK_SIZE)
  #offset = 0
  /** Full blocks that sinks still hold. */
  #held = 0
  #closed = false
  readonly #mostHeld: number
  readonly #gathers: boolean
  /** Octets behind the offset that were read and not passed. */
  #gathered = 0
  #flushing: NodeJS.Immediate | undefined

  /** @param holdable octets that may be held before reading stops */
  constructor(holdable?: number, gathers = false) {
    this.#gathers = gathers
    this.#mostHeld = holdable === undefined ? MAX_HELD_BLOCKS : Math.max(1, Math.ceil(holdable / BLOCK_SIZE))
  }

  /** False while sinks hold too many blocks: reading must stop. */
  get hasRoom(): boolean {
    return this.#held < this.#mostHeld
  }

  buffer(): Uint8Array {
    const from = this.#offset + this.#gathered
    return from === 0 ? this.#block.bytes : this.#block.bytes.subarray(from)
  }

  /** `length` octets were read into the last `buffer()`. Says whether reading may go on. */
  filled(length: number): boolean {
    if (this.#closed) return false
    this.#gathered += length
    if (this.#gathers && this.buffer().length >= RECORD) {
      this.#flushing ??= setImmediate(() => this.flush())
      return this.hasRoom
    }
    this.flush()
    if (this.#closed) return false
    this.#renew()
    return this.hasRoom
  }

  /** Octets came in memory of the socket. Says whether reading may go on. */
  copy(bytes: Uint8Array): boolean {
    for (let from = 0; from < bytes.length && !this.#closed; ) {
      const room = this.buffer()
      const part = bytes.subarray(from, from + room.length)
      room.set(part)
      this.filled(part.length)
      from += part.length
    }
    return this.hasRoom
  }

  /** Passes what was gathered. The next read goes behind it: the socket may hold that memory already. */
  flush(): void {
    clearImmediate(this.#flushing)
    this.#flushing = undefined
    const from = this.#offset
    this.#offset += this.#gathered
    this.#gathered = 0
    if (this.#offset > from && !this.#closed) this.onBytes(this.#block.bytes.subarray(from, this.#offset))
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    clearImmediate(this.#flushing)
    blocks.release(this.#block.bytes)
  }

  #renew(): void {
    const block = this.#block
    const full = block.bytes.length - this.#offset < (this.#gathers ? RECORD : 1)
    // nobody but this connection holds it: fill it again from the start, it is still in the cache
    if (block.holders === 1) this.#offset = 0
    const grow = full && block.bytes.length === SMALL_BLOCK_SIZE
    if (grow || block.bytes.length - this.#offset < block.bytes.length * LEAST_ROOM) this.#change(grow ? BLOCK_SIZE : undefined)
  }

  /** Takes a new block even when too many are held: the stream must always own one, read into or not. */
  #change(size: typeof BLOCK_SIZE | undefined): void {
    const old = this.#block
    this.#block = blocks.take(size ?? (old.bytes.length === BLOCK_SIZE ? BLOCK_SIZE : SMALL_BLOCK_SIZE))
    this.#offset = 0
    if (old.holders > 1) {
      this.#held++
      old.onFree = () => {
        const stopped = !this.hasRoom
        this.#held--
        if (stopped && !this.#closed) this.onRoom()
      }
    }
    blocks.release(old.bytes)
  }
}
