import { createHash } from 'node:crypto'
import { unlink } from 'node:fs/promises'
import { blocks, closeFile, type Follower, type HashPool, readFully, SequentialWrites, SMALL_BLOCK_SIZE } from '../node/index.js'
import type { OpenedSpool, SpoolFolder } from './spool-folder.js'

export interface SpoolFileOptions {
  readonly folder: SpoolFolder
  readonly hashes: HashPool | undefined
  /** More is on disk, or less is on its way. */
  readonly onAdvance: () => void
  /** Called once. */
  readonly onError: (error: unknown) => void
}

/**
 * Octets of one passage on disk, at the positions they have in the message. Written in order and beside the event loop; read by position.
 * Only the octets from `from` to `to` are there.
 */
export class SpoolFile {
  readonly #options: SpoolFileOptions
  readonly #opening: Promise<OpenedSpool | undefined>
  #opened: OpenedSpool | undefined
  #writes: SequentialWrites | undefined
  /** Writes that wait for the file to open; held. */
  #waiting: { readonly offset: number; readonly view: Uint8Array }[] = []
  #waitingOctets = 0
  #from: number
  #to: number
  /** Everything before was given to be written. */
  #next: number
  /** Pieces behind a hole that another write still fills: start and end. */
  readonly #early = new Map<number, number>()
  #charged = 0
  #follower: { readonly from: number; job: Follower | undefined } | undefined
  readonly #reads = new Set<Promise<unknown>>()
  #closed: Promise<void> | undefined
  #failed = false

  constructor(from: number, options: SpoolFileOptions) {
    this.#options = options
    this.#from = from
    this.#to = from
    this.#next = from
    this.#opening = options.folder.create().catch(error => {
      this.#fail(error)
      return undefined
    })
    void this.#opening.then(opened => this.#open(opened))
  }

  get from(): number {
    return this.#from
  }

  /** End of what can be read. */
  get to(): number {
    return this.#to
  }

  /** End of what was given. */
  get next(): number {
    return this.#next
  }

  /** Octets given and not yet on disk. */
  get pending(): number {
    return (this.#writes?.pending ?? 0) + this.#waitingOctets
  }

  /** Octets that count against the quotas. */
  get charged(): number {
    return this.#charged
  }

  /**
   * Writes what follows `next`, or, behind a gap, makes a new beginning: what was there before is of no use any more.
   * @returns false when the folder is full
   */
  add(offset: number, view: Uint8Array): boolean {
    if (this.#closed !== undefined || this.#failed) return true
    if (!this.#options.folder.charge(view.length)) return false
    this.#charged += view.length
    if (offset !== this.#next) {
      this.#from = offset
      this.#to = offset
      this.#early.clear()
    }
    this.#next = offset + view.length
    if (this.#writes !== undefined) this.#write(this.#writes, offset, view)
    else {
      blocks.retain(view)
      this.#waiting.push({ offset, view })
      this.#waitingOctets += view.length
    }
    return true
  }

  /** Lets a worker hash the octets from `from` on as they come; then nothing may be left out any more. */
  follow(from: number): void {
    this.#follower = { from, job: undefined }
    this.#startFollower()
  }

  get followed(): boolean {
    return this.#follower !== undefined
  }

  /** SHA-1 of the followed octets up to `end`, all of them on disk. */
  async digest(end: number): Promise<Uint8Array> {
    const from = this.#follower?.from ?? 0
    const job = this.#follower?.job
    try {
      if (job !== undefined) return await job.finish(end)
    } catch {
      // the worker died: on this thread, then
    } finally {
      if (this.#follower !== undefined) this.#follower.job = undefined
    }
    return this.#hash(from, end)
  }

  /** Fills `view` with octets that are there. Rejects with the system's error. */
  async read(offset: number, view: Uint8Array): Promise<number> {
    const { fd } = this.#opened as OpenedSpool
    const reading = readFully(fd, view, offset)
    const settled = reading.catch(() => undefined)
    this.#reads.add(settled)
    void settled.then(() => this.#reads.delete(settled))
    return reading
  }

  /** Deletes the file, once nobody uses it any more. Never rejects. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  #open(opened: OpenedSpool | undefined): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#waitingOctets = 0
    this.#opened = opened
    if (opened !== undefined && this.#closed === undefined) {
      this.#writes = new SequentialWrites(
        opened.fd,
        (from, to) => this.#written(from, to),
        error => this.#fail(error),
      )
      this.#startFollower()
      for (const { offset, view } of waiting) this.#write(this.#writes, offset, view)
    }
    for (const { view } of waiting) blocks.release(view)
  }

  /** The follower gets the octets out of memory; what it did not get it reads when it is written. */
  #write(writes: SequentialWrites, offset: number, view: Uint8Array): void {
    const { from = 0, job } = this.#follower ?? {}
    const before = Math.max(0, from - offset)
    if (before < view.length) job?.give(offset + before, view.subarray(before))
    writes.add(offset, view)
  }

  #startFollower(): void {
    const follower = this.#follower
    if (follower === undefined || follower.job !== undefined || this.#opened === undefined) return
    follower.job = this.#options.hashes?.follow(this.#opened.fd, follower.from)
    follower.job?.advance(this.#to)
  }

  #written(from: number, to: number): void {
    // of a run that was given up
    if (from >= this.#from) {
      this.#early.set(from, to)
      for (let end = this.#early.get(this.#to); end !== undefined; end = this.#early.get(this.#to)) {
        this.#early.delete(this.#to)
        this.#to = end
      }
      this.#follower?.job?.advance(this.#to)
    }
    if (this.#closed === undefined) this.#options.onAdvance()
  }

  async #hash(from: number, end: number): Promise<Uint8Array> {
    const hash = createHash('sha1')
    const block = blocks.take(SMALL_BLOCK_SIZE)
    try {
      for (let at = from; at < end; ) {
        const view = block.bytes.subarray(0, Math.min(block.bytes.length, end - at))
        if ((await this.read(at, view)) < view.length) throw new Error('The spool file became shorter.')
        hash.update(view)
        at += view.length
      }
      return new Uint8Array(hash.digest())
    } finally {
      blocks.release(block.bytes)
    }
  }

  #fail(error: unknown): void {
    if (this.#failed) return
    this.#failed = true
    for (const { view } of this.#waiting.splice(0)) blocks.release(view)
    this.#waitingOctets = 0
    if (this.#closed === undefined) this.#options.onError(error)
  }

  async #close(): Promise<void> {
    const opened = await this.#opening
    this.#writes?.drop()
    await this.#writes?.idle()
    await this.#follower?.job?.cancel()
    await Promise.all(this.#reads)
    this.#options.folder.refund(this.#charged)
    if (opened === undefined) return
    await closeFile(opened.fd).catch(() => undefined)
    await unlink(opened.path).catch(() => undefined)
  }
}
