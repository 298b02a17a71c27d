import { HostError } from '../client/index.js'
import { blocks } from './block-pool.js'
import type { HashJob, HashThread } from './hash-thread.js'
import { BLOCK_SIZE } from './limits.js'

/** Octets of a view that are copied when they do not lie in shared memory. */
const COPIED = 1024

/** Octets that go to the worker at once: many small pieces would cost more than their hash. */
const GATHERED = BLOCK_SIZE

/**
 * SHA-1 of a file that is being written, in a worker. It gets the octets out of the memory that they are written from, where that is shared
 * and they come in order; what it did not get it reads again behind the frontier of what is written.
 */
export class Follower {
  readonly #thread: HashThread
  readonly #job: HashJob
  /** Octets before it may be read from the file. */
  readonly #frontier = new BigInt64Array(new SharedArrayBuffer(8))
  /** End of what the worker gets in memory or was told to read. */
  #given: number
  /** It reads from the file, and has not caught up. */
  #reads = false
  /** The worker knows nothing of this file any more. */
  #over = false
  /** What goes to the worker next: views one behind the other, that end at `given`. */
  #gathered: Uint8Array[] = []
  #gatheredOctets = 0
  /** Octets that the worker hashes at this moment. */
  readonly #held: (readonly Uint8Array[])[] = []

  /** @param from octets before it are not hashed; positions and sizes count them all the same */
  constructor(thread: HashThread, fd: number, from: number) {
    this.#thread = thread
    this.#given = from
    this.#job = thread.run(
      id => ({ type: 'follow', id, fd, from, frontier: this.#frontier }),
      (octets, taken) => this.#progress(octets, taken),
    )
    void this.#job.ended.then(() => {
      this.#over = true
      this.#free(this.#held.length)
      for (const view of this.#gathered.splice(0)) blocks.release(view)
    })
  }

  /** The file will have these octets at `position`, and nobody changes them while their block is held. */
  give(position: number, view: Uint8Array): void {
    if (this.#over || this.#reads || position !== this.#given) return
    if (!isShared(view) && view.length > COPIED) return
    blocks.retain(view)
    this.#given += view.length
    this.#gatheredOctets += view.length
    const last = this.#gathered.at(-1)
    if (last !== undefined && last.buffer === view.buffer && last.byteOffset + last.length === view.byteOffset) {
      // held once is enough
      blocks.release(view)
      this.#gathered[this.#gathered.length - 1] = new Uint8Array(last.buffer, last.byteOffset, last.length + view.length)
    } else this.#gathered.push(view)
    if (this.#gatheredOctets >= GATHERED) this.#send()
    else if (this.#gatheredOctets === view.length && this.#held.length === 0) queueMicrotask(() => this.#send())
  }

  /** The octets before `frontier` are written. */
  advance(frontier: number): void {
    if (frontier <= this.#given) return
    this.#send()
    this.#given = frontier
    this.#reads = true
    Atomics.store(this.#frontier, 0, BigInt(frontier))
    this.#thread.wake()
  }

  /** All `size` octets are written: gives their SHA-1. Rejects when the worker failed; hash the file again then. */
  async finish(size: number): Promise<Uint8Array> {
    this.#send()
    this.#thread.send({ type: 'finish', id: this.#job.id, size })
    const outcome = await this.#job.ended
    if (outcome.type === 'digest') return outcome.digest
    throw new HostError('write-failed', `The written file could not be read again (${outcome.type}).`)
  }

  /** Settles when neither the file nor any memory is read any more. */
  async cancel(): Promise<void> {
    this.#thread.send({ type: 'cancel', id: this.#job.id })
    await this.#job.ended
  }

  #send(): void {
    const views = this.#gathered
    if (views.length === 0 || this.#over) return
    const position = this.#given - this.#gatheredOctets
    this.#gathered = []
    this.#gatheredOctets = 0
    this.#held.push(views)
    // a message takes the whole memory of a view with it, unless that is shared
    const sent = views.map(view => (isShared(view) ? view : view.slice()))
    this.#thread.send({ type: 'octets', id: this.#job.id, position, views: sent })
  }

  #progress(octets: number, taken: number): void {
    this.#free(taken)
    if (octets === this.#given) this.#reads = false
    if (this.#held.length === 0) this.#send()
  }

  #free(count: number): void {
    for (const views of this.#held.splice(0, count)) for (const view of views) blocks.release(view)
  }
}

function isShared({ buffer }: Uint8Array): boolean {
  return buffer instanceof SharedArrayBuffer
}
