/**
 * Knows which part of each block of file octets still waits to be written, so that the block goes back to its pool
 * exactly when its last octet left. Every octet of a block is written once, in views of any cut.
 */
export class BlockLedger {
  readonly #blocks = new Map<ArrayBufferLike, { left: number; release: () => void }>()

  /** Registers a block of its own buffer; `release` is called once. */
  add(block: Uint8Array, release: () => void): void {
    this.#blocks.set(block.buffer, { left: block.length, release })
  }

  /** `length` octets that lie in `buffer` were written. */
  written(buffer: ArrayBufferLike, length: number): void {
    const entry = this.#blocks.get(buffer)
    if (entry === undefined) return
    entry.left -= length
    if (entry.left > 0) return
    this.#blocks.delete(buffer)
    entry.release()
  }

  /** The message was cut short: what is not written may be dropped unseen, so the block never goes back to its pool. */
  drop(buffer: ArrayBufferLike): void {
    this.#blocks.delete(buffer)
  }

  /** Blocks of a lost connection: nothing more of them will be written. */
  forget(buffer: ArrayBufferLike): void {
    const entry = this.#blocks.get(buffer)
    this.#blocks.delete(buffer)
    entry?.release()
  }
}
