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
class BlockPool {
  readonly #free = new Map<number, Block[]>([
    [BLOCK_SIZE, []],
    [MIDDLE_BLOCK_SIZE, []],
    [SMALL_BLOCK_SIZE, []],
  ])
  readonly #blocks = new WeakMap<ArrayBufferLike, Block>()

  /** A block with one holder, the caller. */
  take(size: number): Block {
    const block = this.#free.get(size)?.pop() ?? this.#create(size)
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
    const free = this.#free.get(block.bytes.length)
    if (free !== undefined && free.length * block.bytes.length < MAX_FREE_OCTETS) free.push(block)
    onFree?.()
  }

  #create(size: number): Block {
    const block = new Block(size)
    this.#blocks.set(block.bytes.buffer, block)
    return block
  }
}

export const blocks = new BlockPool()
