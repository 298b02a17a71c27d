import type { BlockLedger } from './block-ledger.js'
import type { FileSource } from './host.js'

/**
 * Reads the octets a session asks for, ahead and at once, and gives them in the order they were asked for.
 * Backpressure is the asking: nothing is read that was not asked for.
 */
export class FileReader {
  readonly #source: FileSource
  readonly #ledger: BlockLedger
  readonly #deliver: (position: number, bytes: Uint8Array) => void
  readonly #fail: (error: unknown) => void
  #tail: Promise<void> = Promise.resolve()
  /** Blocks on their way to the wire. */
  readonly #given = new Set<ArrayBufferLike>()
  #stopped = false

  constructor(
    source: FileSource,
    ledger: BlockLedger,
    deliver: (position: number, bytes: Uint8Array) => void,
    fail: (error: unknown) => void,
  ) {
    this.#source = source
    this.#ledger = ledger
    this.#deliver = deliver
    this.#fail = fail
  }

  need(position: number, length: number): void {
    if (this.#stopped) return
    const reading = this.#source.read(position, length)
    reading.catch(() => undefined) // reported below, in order
    this.#tail = this.#tail.then(async () => {
      try {
        const block = await reading
        if (this.#stopped) return this.#source.release?.(block)
        this.#given.add(block.buffer)
        this.#ledger.add(block, () => {
          this.#given.delete(block.buffer)
          this.#source.release?.(block)
        })
        this.#deliver(position, block)
      } catch (error) {
        if (!this.#stopped) this.#fail(error)
        this.#stopped = true
      }
    })
  }

  /** Gives nothing more; closes the source once the reads under way are back. */
  async stop(): Promise<void> {
    this.#stopped = true
    await this.#tail
    for (const buffer of this.#given) this.#ledger.drop(buffer)
    await this.#source.close()
  }
}
