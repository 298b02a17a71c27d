import { createHash } from 'node:crypto'
import { fsync } from 'node:fs'
import { promisify } from 'node:util'
import { blocks, closeFile, type Follower, type HashPool, readFully, SequentialWrites, SMALL_BLOCK_SIZE } from '../node/index.js'
import type { DepositSpool } from './deposit-spool.js'
import { SPOOL_HASH_THRESHOLD, SPOOL_HIGH_WATER } from './limits.js'

const syncFile = promisify(fsync)

/** One message on its way into the spool: octets in order, then what has to be remembered with them. */
export class DepositWriter {
  /** Name in the spool. */
  readonly name: string
  readonly #spool: DepositSpool
  readonly #fd: number
  readonly #writes: SequentialWrites
  readonly #hashes: HashPool | undefined
  #length = 0
  #written = 0
  readonly #early = new Map<number, number>()
  #contentAt: number | undefined
  #follower: Follower | undefined
  #error: Error | undefined
  #drained: (() => void) | undefined
  #ended = false

  static async open(spool: DepositSpool, hashes?: HashPool): Promise<DepositWriter> {
    const { fd, name } = await spool.create()
    return new DepositWriter(spool, fd, name, hashes)
  }

  private constructor(spool: DepositSpool, fd: number, name: string, hashes: HashPool | undefined) {
    this.#spool = spool
    this.#fd = fd
    this.name = name
    this.#hashes = hashes
    this.#writes = new SequentialWrites(
      fd,
      (from, to) => this.#onWritten(from, to),
      error => {
        this.#error = error
        this.#drain()
      },
    )
  }

  /** Octets given. */
  get length(): number {
    return this.#length
  }

  /** The next octets; the view is kept without a copy until it is written and hashed. */
  add(view: Uint8Array): void {
    const before = Math.max(0, (this.#contentAt ?? 0) - this.#length)
    if (before < view.length) this.#follower?.give(this.#length + before, view.subarray(before))
    this.#writes.add(this.#length, view)
    this.#length += view.length
  }

  /**
   * The file, which is what is hashed, begins here. Files that are large are hashed beside the event loop while they come: out of memory what is added
   * from now on, else what was written.
   */
  contentAt(offset: number, size: number): void {
    this.#contentAt = offset
    if (size < SPOOL_HASH_THRESHOLD) return
    this.#follower = this.#hashes?.follow(this.#fd, offset)
    this.#follower?.advance(this.#written)
  }

  /** Settles when there is room for more; undefined when there is. */
  full(): Promise<void> | undefined {
    if (this.#writes.pending <= SPOOL_HIGH_WATER || this.#drained !== undefined) return undefined
    return new Promise(resolve => (this.#drained = resolve))
  }

  /** All octets are on disk: size of the file in them and its SHA-1. Rejects with the system's error. */
  async digest(): Promise<{ readonly size: number; readonly sha1: Uint8Array }> {
    await this.#idle()
    const from = this.#contentAt ?? 0
    return { size: this.#length - from, sha1: await this.#sha1(from) }
  }

  /** Puts the note behind the message and makes all of it outlive a power cut. Rejects with the system's error. */
  async seal(note: Uint8Array): Promise<void> {
    this.#writes.add(this.#length, note)
    await this.#idle()
    await syncFile(this.#fd)
    await this.#spool.settle()
    await this.#close()
  }

  /** Forgets the message. Never rejects. */
  async drop(): Promise<void> {
    if (this.#ended) return
    this.#writes.drop()
    this.#drain()
    await this.#writes.idle()
    await this.#close()
    await this.#spool.remove(this.name)
  }

  async #idle(): Promise<void> {
    await this.#writes.idle()
    if (this.#error !== undefined) throw this.#error
    if (this.#ended) throw new Error('The message was given up.')
  }

  async #close(): Promise<void> {
    this.#ended = true
    await this.#follower?.cancel().catch(() => undefined)
    this.#follower = undefined
    await closeFile(this.#fd).catch(() => undefined)
  }

  #onWritten(from: number, to: number): void {
    this.#early.set(from, to)
    for (let end = this.#early.get(this.#written); end !== undefined; end = this.#early.get(this.#written)) {
      this.#early.delete(this.#written)
      this.#written = end
    }
    this.#follower?.advance(Math.min(this.#written, this.#length))
    if (this.#writes.pending <= SPOOL_HIGH_WATER / 2) this.#drain()
  }

  #drain(): void {
    this.#drained?.()
    this.#drained = undefined
  }

  async #sha1(from: number): Promise<Uint8Array> {
    const follower = this.#follower
    this.#follower = undefined
    try {
      if (follower !== undefined) return await follower.finish(this.#length)
    } catch {
      // the worker died: on this thread, then
    }
    const hash = createHash('sha1')
    const block = blocks.take(SMALL_BLOCK_SIZE)
    try {
      for (let at = from; at < this.#length; ) {
        const view = block.bytes.subarray(0, Math.min(block.bytes.length, this.#length - at))
        if ((await readFully(this.#fd, view, at)) < view.length) throw new Error('The spool file became shorter.')
        hash.update(view)
        at += view.length
      }
      return new Uint8Array(hash.digest())
    } finally {
      blocks.release(block.bytes)
    }
  }
}
