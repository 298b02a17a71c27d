import { createHash } from 'node:crypto'
import type { HashPool } from '../node/index.js'
import type { PassageMemory } from './passage-memory.js'
import { PassagePatience } from './passage-patience.js'
import { PassageReader } from './passage-reader.js'
import { PassageWindow } from './passage-window.js'
import { SpoolFile } from './spool-file.js'
import type { SpoolFolder } from './spool-folder.js'

/** Why a passage is over before its time. */
export interface PassageFailure {
  readonly cause: 'full' | 'broken'
  readonly detail: string
}

export interface PassageOptions {
  readonly total: number | undefined
  readonly limit: number
  readonly keep: boolean
  readonly memory: PassageMemory
  readonly folder: SpoolFolder
  readonly hashes: HashPool | undefined
  /** Octets on disk. */
  readonly quota: number
  /** Files of which more than this is expected are hashed beside the event loop, once they are on disk. */
  readonly hashThreshold: number
  readonly maxReaders: number
  /** Of each reader, see `PassageReaderOptions`. */
  readonly inFlight: number
  readonly ahead: { octets: number }
  /** Octets that may be kept in memory now. */
  readonly window: () => number
  readonly onOctets: (reader: string, offset: number, bytes: Uint8Array) => void
  readonly onFinished: (size: number, sha1: Uint8Array) => void
  readonly onFailed: (failure: PassageFailure) => void
  /** Less is on its way to disk than before. */
  readonly onDrained: () => void
  /**
   * All who read are behind what fits into memory. Called during `write`: the sender waits, until `onCaughtUp`, or until `hurry` is called
   * because it took too long; then the disk has to do.
   */
  readonly onBehind: () => void
  readonly onCaughtUp: () => void
  /** Milliseconds; only differences have a meaning. */
  readonly now: () => number
  /** How long the sender may be held for readers a little behind, milliseconds, and a small share of the time since it began. */
  readonly patience: number
}

/** How far a passage and its readers are: offsets and octets. */
export interface PassageReport {
  readonly total: number | undefined
  readonly length: number
  /** What is older is on disk, or needed by nobody. */
  readonly memoryFrom: number
  readonly spooled: number
  readonly pending: number
  readonly keeps: boolean
  readonly isFinishing: boolean
  /** The sender waits for readers. */
  readonly waits: boolean
  readonly readers: readonly { readonly reader: string; readonly offset: number; readonly wanted: number; readonly isSlow: boolean }[]
}

/** One message on its way: its latest octets in memory, the older ones on disk if somebody may still want them. */
export class Passage {
  readonly #options: PassageOptions
  readonly #window: PassageWindow
  readonly #readers = new Map<string, PassageReader>()
  #spool: SpoolFile | undefined
  #keep: boolean
  #contentAt = 0
  /** SHA-1 of what came so far; undefined once a worker follows the spool file. */
  #hash: ReturnType<typeof createHash> | undefined = createHash('sha1')
  /** Somebody read, or said it would. */
  #joined = false
  #finishing = false
  #writing = false
  readonly #patience: PassagePatience
  /** Whoever is still to come was waited for once. */
  #awaited = false
  /** Before this much was written nobody is waited for again. */
  #hurriedTo = 0
  /** `finished` was said, or its hash is under way. */
  #ended = false
  #over = false

  constructor(options: PassageOptions) {
    this.#options = options
    this.#keep = options.keep
    this.#patience = new PassagePatience(options.now, options.patience)
    this.#window = new PassageWindow(options.memory)
  }

  /** Octets of memory: blocks that are shared with the sender's connection count whole. */
  get held(): number {
    let readAhead = 0
    for (const reader of this.#readers.values()) readAhead += reader.readAhead
    return this.#window.held + readAhead
  }

  /** Octets written by the sender. */
  get length(): number {
    return this.#window.end
  }

  get readers(): number {
    return this.#readers.size
  }

  /** Octets on their way to disk. */
  get pending(): number {
    return this.#spool?.pending ?? 0
  }

  /** Octets that were put on disk. */
  get spooled(): number {
    return this.#spool?.charged ?? 0
  }

  get report(): PassageReport {
    const { length, pending, spooled } = this
    return {
      ...{ total: this.#options.total, length, memoryFrom: this.#window.start, spooled, pending },
      ...{ keeps: this.#keep, isFinishing: this.#finishing, waits: this.#patience.isWaiting },
      readers: [...this.#readers].map(([reader, { offset, wanted, isSlow }]) => ({ reader, offset, wanted, isSlow })),
    }
  }

  write(offset: number, bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return
    if (offset !== this.length || this.#finishing) return this.fail('broken', 'The octets do not follow those before.')
    if (offset + bytes.length > this.#options.limit) return this.fail('full', 'The message is longer than allowed.')
    this.#window.add(bytes)
    this.#hash?.update(this.#contentAt > offset ? bytes.subarray(this.#contentAt - offset) : bytes)
    for (const [name, reader] of this.#readers) if (reader.wanted > 0) this.#answer(name, reader)
    this.#writing = true
    this.trim()
    this.#writing = false
  }

  /** The sender waited long enough. */
  hurry(): void {
    const window = this.#options.window()
    this.#stopWaiting(this.#keptFrom(window))
    this.#hurriedTo = this.length + window
    this.trim()
  }

  contentAt(offset: number): void {
    if (offset < this.length) return this.fail('broken', 'The content began before it was said.')
    this.#contentAt = offset
    this.#hash = createHash('sha1')
  }

  /** A member will read, if not now then later. */
  join(name: string): void {
    this.#reader(name)
  }

  read(name: string, offset: number, length: number): void {
    const reader = this.#reader(name)
    if (reader === undefined) return
    if (offset < reader.offset || length <= 0) return this.fail('broken', 'A member asked for octets once more.')
    reader.ask(offset, length)
    // it reads what comes now
    if (reader.isSlow && offset >= this.#keptFrom(this.#options.window() / 2)) reader.isSlow = false
    this.#answer(name, reader)
    this.trim()
  }

  leave(name: string): void {
    this.#readers.get(name)?.leave()
    this.#readers.delete(name)
    this.trim()
  }

  settled(): void {
    this.#keep = false
    this.trim()
  }

  finish(): void {
    if (this.#over || this.#finishing) return
    this.#finishing = true
    this.trim()
    this.#endIfSafe()
  }

  /** Frees memory: what nobody needs is forgotten, what does not fit goes to disk. */
  trim(window: number = this.#options.window()): void {
    if (this.#over) return
    const needed = this.#needed()
    const kept = this.#keptFrom(window)
    for (let front = this.#window.front; front !== undefined; front = this.#window.front) {
      const end = front.offset + front.view.length
      if (end > needed && (end > kept || this.#spool === undefined || end > this.#spool.to)) break
      this.#window.drop()
    }
    if (!this.#waitsFor(kept) && this.#window.start < kept) this.#spill(kept)
  }

  /**
   * A short wait costs less than the disk: for all, as long as nobody gets the octets sooner, and for somebody who keeps pace otherwise. It may
   * begin while octets come only.
   */
  #waitsFor(kept: number): boolean {
    const { isWaiting } = this.#patience
    const window = this.#options.window()
    // what was received before the sender stopped still comes; one that does not stop is not waited for
    if (isWaiting && this.length - this.#window.start > 2 * window) this.#hurriedTo = this.length + window
    const behind =
      this.#window.start < kept &&
      !this.#finishing &&
      this.length >= this.#hurriedTo &&
      (this.#fastest() < kept || (this.#straggles(kept) && this.#patience.isLeft))
    if (isWaiting === behind || (!isWaiting && !this.#writing)) return isWaiting
    if (behind) {
      this.#patience.begin()
      this.#options.onBehind()
    } else {
      this.#stopWaiting(kept)
      this.#options.onCaughtUp()
    }
    return behind
  }

  /** Whoever is behind still was waited for long enough. */
  #stopWaiting(kept: number): void {
    this.#patience.end()
    this.#awaited = true
    for (const reader of this.#readers.values()) if (reader.offset < kept) reader.isSlow = true
  }

  /** Somebody who keeps pace otherwise is behind, or did not begin to read yet. */
  #straggles(kept: number): boolean {
    if (this.#keep && !this.#awaited) return true
    for (const reader of this.#readers.values()) if (!reader.isSlow && reader.offset < kept) return true
    return false
  }

  /** What the reader that is ahead of all others asked for last; infinity when nobody has asked for anything. */
  #fastest(): number {
    let fastest = -1
    for (const reader of this.#readers.values()) if (reader.hasAsked) fastest = Math.max(fastest, reader.offset)
    return fastest < 0 ? Number.POSITIVE_INFINITY : fastest
  }

  fail(cause: PassageFailure['cause'], detail: string): void {
    if (this.#over) return
    void this.close()
    this.#options.onFailed({ cause, detail })
  }

  /** Settles when its file is deleted. */
  async close(): Promise<void> {
    this.#over = true
    for (const reader of this.#readers.values()) reader.leave()
    this.#readers.clear()
    this.#window.clear()
    await this.#spool?.close()
  }

  /** First octet that somebody may still want. */
  #needed(): number {
    // a message that nobody reads yet is not one that all have read
    if (this.#keep || !this.#joined) return 0
    let needed = this.length
    for (const reader of this.#readers.values()) needed = Math.min(needed, reader.offset)
    // a follower that misses octets could not hash any more
    return this.#spool?.followed ? Math.min(needed, this.#spool.next) : needed
  }

  /** First octet that may stay in memory. */
  #keptFrom(window: number): number {
    // what is left of a whole message goes to disk too, where the rest of it is
    if (this.#finishing && this.#spool !== undefined) return this.length
    // blocks that are mostly heads and other people's octets make the window shorter
    const share = Math.min(1, (2 * window) / Math.max(1, this.#window.held))
    return this.length - Math.floor(window * share)
  }

  #spill(kept: number): void {
    const from = Math.max(this.#window.start, this.#spool?.next ?? 0)
    if (from >= kept) return
    const spool = this.#spool ?? this.#startSpool(from)
    for (const { offset, view } of this.#window.from(from)) {
      if (offset >= kept) break
      // a segment may have grown since a part of it was given
      const rest = offset < from ? view.subarray(from - offset) : view
      if (spool.charged + rest.length > this.#options.quota || !spool.add(Math.max(offset, from), rest))
        return this.fail('full', 'The spool is full.')
    }
  }

  #startSpool(from: number): SpoolFile {
    const { folder, hashes, total } = this.#options
    const spool = new SpoolFile(from, {
      folder,
      hashes,
      onAdvance: () => this.#advanced(),
      onError: error => this.fail(isFull(error) ? 'full' : 'broken', `The spool file cannot be written (${codeOf(error)}).`),
    })
    this.#spool = spool
    // late readers make it a whole copy: then a worker can hash it
    if (
      this.#keep &&
      from <= this.#contentAt &&
      (total ?? Number.POSITIVE_INFINITY) > this.#options.hashThreshold &&
      hashes !== undefined
    ) {
      this.#hash = undefined
      spool.follow(this.#contentAt)
    }
    return spool
  }

  #advanced(): void {
    this.trim()
    for (const [name, reader] of this.#readers) if (reader.wanted > 0) this.#answer(name, reader)
    this.#options.onDrained()
    this.#endIfSafe()
  }

  /** Everything is in memory or on disk. */
  #endIfSafe(): void {
    if (!this.#finishing || this.#over || this.#ended || this.pending > 0) return
    this.#ended = true
    if (this.#hash !== undefined) this.#options.onFinished(this.#size, new Uint8Array(this.#hash.digest()))
    else void this.#digest()
  }

  async #digest(): Promise<void> {
    try {
      const sha1 = await (this.#spool as SpoolFile).digest(this.length)
      if (!this.#over) this.#options.onFinished(this.#size, sha1)
    } catch (error) {
      this.fail('broken', `The spool file cannot be read (${codeOf(error)}).`)
    }
  }

  get #size(): number {
    return Math.max(0, this.length - this.#contentAt)
  }

  #reader(name: string): PassageReader | undefined {
    const known = this.#readers.get(name)
    if (known !== undefined || this.#over) return known
    if (this.#readers.size >= this.#options.maxReaders) {
      this.fail('broken', 'The message has too many readers.')
      return undefined
    }
    const { memory, inFlight, ahead } = this.#options
    const reader: PassageReader = new PassageReader({
      memory,
      inFlight,
      ahead,
      onRead: () => this.#answer(name, reader),
      onError: error => this.fail('broken', `The spool file cannot be read (${codeOf(error)}).`),
    })
    this.#readers.set(name, reader)
    this.#joined = true
    return reader
  }

  #answer(name: string, reader: PassageReader): void {
    const { offset, wanted } = reader
    if (this.#over || wanted === 0 || offset >= this.length) return
    const spool = this.#spool
    const inMemory = this.#window.at(offset, wanted)
    const view = inMemory ?? (spool === undefined ? undefined : this.#fromSpool(spool, reader))
    if (view === undefined) return
    reader.give(view)
    if (inMemory === undefined && spool !== undefined) reader.readOn(spool, offset + view.length)
    this.#options.onOctets(name, offset, view)
  }

  #fromSpool(spool: SpoolFile, reader: PassageReader): Uint8Array | undefined {
    if (reader.offset >= spool.from && reader.offset < spool.to) return reader.fromSpool(spool)
    this.fail('broken', 'A member wants octets that are gone.')
    return undefined
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown'
}

function isFull(error: unknown): boolean {
  return codeOf(error) === 'ENOSPC' || codeOf(error) === 'EDQUOT'
}
