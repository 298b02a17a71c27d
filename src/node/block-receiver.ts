import { type Block, blocks } from './block-pool.js'
import { BLOCK_SIZE, MAX_HELD_BLOCKS, SMALL_BLOCK_SIZE } from './limits.js'

/** Reading goes on in the current block while this much of it is left, as a part of its size. */
const LEAST_ROOM = 1 / 16

/**
 * The receive memory of one connection: `buffer` says where the next read goes, `filled` passes what came.
 * Octets that a sink holds stay where they are and the reads go on behind them, so that adjacent octets can be written at once.
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

  /** @param holdable octets that may be held before reading stops */
  constructor(holdable?: number) {
    this.#mostHeld = holdable === undefined ? MAX_HELD_BLOCKS : Math.max(1, Math.ceil(holdable / BLOCK_SIZE))
  }

  /** False while sinks hold too many blocks: reading must stop. */
  get hasRoom(): boolean {
    return this.#held < this.#mostHeld
  }

  buffer(): Uint8Array {
    return this.#offset === 0 ? this.#block.bytes : this.#block.bytes.subarray(this.#offset)
  }

  /** `length` octets were read into the last `buffer()`. Says whether reading may go on. */
  filled(length: number): boolean {
    const from = this.#offset
    const block = this.#block
    this.onBytes(block.bytes.subarray(from, from + length))
    if (this.#closed) return false
    const full = from + length === block.bytes.length
    // nobody but this connection holds it: fill it again from the start, it is still in the cache
    this.#offset = block.holders > 1 ? from + length : 0
    const grow = full && block.bytes.length === SMALL_BLOCK_SIZE
    if (grow || block.bytes.length - this.#offset < block.bytes.length * LEAST_ROOM) this.#change(grow ? BLOCK_SIZE : undefined)
    return this.hasRoom
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    blocks.release(this.#block.bytes)
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
