import { type Block, blocks } from './block-pool.js'
import { receiveTurn } from './receive-turn.js'
import { BLOCK_SIZE, MAX_HELD_BLOCKS, MIDDLE_BLOCK_SIZE, RECEIVE_BUDGET, SMALL_BLOCK_SIZE } from './limits.js'

/** Reading goes on in the current block while this much of it is left, as a part of its size. */
const LEAST_ROOM = 1 / 16

/** Less room than one TLS record: what is gathered goes out, since the next read would not fit. */
const RECORD = 16 * 1024

/** Connections of the process that carry files. */
let bulk = 0

/** The largest block that leaves each of them as many as it may hold. */
function bulkSize(): number {
  const share = RECEIVE_BUDGET / (bulk * (MAX_HELD_BLOCKS + 1))
  return [BLOCK_SIZE, MIDDLE_BLOCK_SIZE].find(size => size <= share) ?? SMALL_BLOCK_SIZE
}

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
  #isBulk = false
  /** Octets of full blocks that sinks still hold. */
  #held = 0
  #closed = false
  readonly #holdable: number | undefined
  readonly #gathers: boolean
  /** Octets behind the offset that were read and not passed. */
  #gathered = 0
  #flushing: NodeJS.Immediate | undefined
  readonly #goOn = (): void => {
    if (!this.#closed && this.hasRoom) this.onRoom()
  }

  /** @param holdable octets that may be held before reading stops; default: a few blocks */
  constructor(holdable?: number, gathers = false) {
    this.#gathers = gathers
    this.#holdable = holdable
  }

  /** False while sinks hold too many blocks: reading must stop. */
  get hasRoom(): boolean {
    return this.#held < (this.#holdable ?? MAX_HELD_BLOCKS * this.#block.bytes.length)
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
    return this.hasRoom && receiveTurn.goesOn(length, this.#goOn)
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
    if (this.#isBulk) bulk--
    clearImmediate(this.#flushing)
    blocks.release(this.#block.bytes)
  }

  #renew(): void {
    const block = this.#block
    const full = block.bytes.length - this.#offset < (this.#gathers ? RECORD : 1)
    // nobody but this connection holds it: fill it again from the start, it is still in the cache
    if (block.holders === 1) this.#offset = 0
    if (full && !this.#isBulk) this.#grow()
    if (full || block.bytes.length - this.#offset < block.bytes.length * LEAST_ROOM) this.#change()
  }

  /** It carries a file: from now on it shares the budget of the process with the others that do. */
  #grow(): void {
    this.#isBulk = true
    bulk++
  }

  /** Takes a new block even when too many are held: the stream must always own one, read into or not. */
  #change(): void {
    const old = this.#block
    this.#block = blocks.take(this.#isBulk ? bulkSize() : SMALL_BLOCK_SIZE)
    this.#offset = 0
    if (old.holders > 1) {
      this.#held += old.bytes.length
      old.onFree = () => {
        const stopped = !this.hasRoom
        this.#held -= old.bytes.length
        if (stopped && this.hasRoom && !this.#closed) this.onRoom()
      }
    }
    blocks.release(old.bytes)
  }
}
