import { BLOCK_SIZE, MAX_FREE_OCTETS, MIDDLE_BLOCK_SIZE, SMALL_BLOCK_SIZE } from './limits.js'

/** Memory for bulk octets. Free for reuse when nobody holds it any more. */
export class Block {
  readonly bytes: Uint8Array
  holders = 0
  /** Called each time the last holder let go. */
  onFree: (() => void) | undefined

  constructor(size: number) {
    // a hash worker reads it too; a plain view, since `slice` of a Buffer would not copy
    this.bytes = new Uint8Array(new SharedArrayBuffer(size))
  }
}

/**
 * Blocks of the whole process. A connection fills a block and passes views of it; a sink that keeps a view until it is written
 * holds the block by `retain` inside `onBytes`, so that the connection fills another one. Views of foreign memory are nobody's to reuse:
 * `retain` and `release` do nothing for them.
 */
export class BlockPool {
  readonly #free = new Map<number, Block[]>([
    [BLOCK_SIZE, []],
    [MIDDLE_BLOCK_SIZE, []],
    [SMALL_BLOCK_SIZE, []],
  ])
  /** Octets of all of them. */
  #freeOctets = 0
  #lastTaken = 0
  readonly #blocks = new WeakMap<ArrayBufferLike, Block>()

  /** A block with one holder, the caller. */
  take(size: number): Block {
    const block = this.#takeFree(size) ?? this.#create(size)
    this.#lastTaken = size
    block.holders = 1
    return block
  }

  retain(view: Uint8Array): void {
    const block = this.#blocks.get(view.buffer)
    if (block !== undefined) block.holders++
  }

  release(view: Uint8Array): void {
    const block = this.#blocks.get(view.buffer)
    if (block === undefined || block.holders === 0) return
    block.holders--
    if (block.holders > 0) return
    const { onFree } = block
    block.onFree = undefined
    this.#keep(block)
    onFree?.()
  }

  #keep(block: Block): void {
    const { length } = block.bytes
    const free = this.#free.get(length)
    if (free === undefined) return
    for (const size of this.#free.keys()) {
      // many files came after few, or few after many: what nobody takes any more gives way
      if (size !== this.#lastTaken) while (this.#freeOctets + length > MAX_FREE_OCTETS && this.#takeFree(size) !== undefined);
    }
    if (this.#freeOctets + length > MAX_FREE_OCTETS) return
    free.push(block)
    this.#freeOctets += length
  }

  #takeFree(size: number): Block | undefined {
    const block = this.#free.get(size)?.pop()
    if (block !== undefined) this.#freeOctets -= size
    return block
  }

  #create(size: number): Block {
    const block = new Block(size)
    this.#blocks.set(block.bytes.buffer, block)
    return block
  }
}

export const blocks = new BlockPool()
