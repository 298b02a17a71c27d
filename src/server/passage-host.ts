import type { PassageCommand, PassageEvent } from '../focus/index.js'
import type { HashPool } from '../node/index.js'
import {
  LEG_WINDOW,
  MAX_PASSAGE_READERS,
  MAX_PASSAGES,
  PASSAGE_MEMORY,
  PASSAGE_QUOTA,
  PASSAGE_WINDOW,
  SMALLEST_WINDOW,
  SPOOL_HASH_THRESHOLD,
  SPOOL_HIGH_WATER,
  SPOOL_PATIENCE,
  SPOOL_QUOTA,
  SPOOL_TTL,
} from './limits.js'
import { Passage, type PassageReport } from './passage.js'
import { blockMemory, type PassageMemory } from './passage-memory.js'
import { SpoolFolder } from './spool-folder.js'

/** Octets, counts and milliseconds; defaults in `limits.ts`. */
export interface PassageLimits {
  /** Of one passage in memory. */
  readonly window: number
  readonly smallestWindow: number
  /** Of all passages in memory. */
  readonly memory: number
  /** Of one passage on its way to disk before its sender is held. */
  readonly highWater: number
  /** Of one passage on disk. */
  readonly passageQuota: number
  /** Of all passages on disk. */
  readonly spoolQuota: number
  readonly ttl: number
  /** How long a sender is held for readers that are behind, before the disk is used. */
  readonly patience: number
  readonly passages: number
  readonly readers: number
  /** What the transport of one reader may have asked for and not yet written. */
  readonly inFlight: number
}

export interface PassageHostOptions {
  /** `DATA/spool`; made when it is needed first. */
  readonly folder: string
  readonly onEvent: (event: PassageEvent) => void
  /** Stops reading the connection whose octets are being handled until the promise settles; see `MsrpDriver.hold`. */
  readonly hold: (until: Promise<void>) => void
  /** Calls back once after milliseconds; the result stops it. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Milliseconds; only differences have a meaning. Default: the clock of the process. */
  readonly now?: () => number
  /** Hashes files on disk beside the event loop. Without it everything is hashed here. */
  readonly hashes?: HashPool
  /** Default: the block pool of the process. */
  readonly memory?: PassageMemory
  readonly limits?: Partial<PassageLimits>
}

/** What is in memory and on disk at this moment, in octets where nothing else is said. */
export interface PassageFigures {
  readonly passages: number
  readonly readers: number
  readonly memory: number
  /** On its way to disk. */
  readonly pending: number
  readonly spooled: number
  /** Octets of messages since the start: written by senders, and given to readers. */
  readonly octetsIn: number
  readonly octetsOut: number
}

interface Entry {
  readonly passage: Passage
  readonly stopTimer: () => void
  /** Ends the wait of the sender's connection for the disk, and that for readers. */
  drained: (() => void) | undefined
  caughtUp: (() => void) | undefined
}

const DEFAULTS: PassageLimits = {
  window: PASSAGE_WINDOW,
  smallestWindow: SMALLEST_WINDOW,
  memory: PASSAGE_MEMORY,
  highWater: SPOOL_HIGH_WATER,
  passageQuota: PASSAGE_QUOTA,
  spoolQuota: SPOOL_QUOTA,
  ttl: SPOOL_TTL,
  patience: SPOOL_PATIENCE,
  passages: MAX_PASSAGES,
  readers: MAX_PASSAGE_READERS,
  inFlight: LEG_WINDOW,
}

/**
 * Keeps the octets of the messages that go through a focus (GRP-27, GRP-29). A received block is shared by all members: nothing is copied.
 * Disk comes in only for a passage of which somebody is further behind than its window, from then on, and beside the event loop.
 * Names of passages and readers are the caller's; commands for passages that are over do nothing.
 */
export class PassageHost {
  readonly #options: PassageHostOptions
  readonly #limits: PassageLimits
  readonly #folder: SpoolFolder
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new Set<Promise<void>>()
  readonly #events: PassageEvent[] = []
  #telling = false
  /** Commands that are being obeyed, one inside the other. */
  #commands = 0
  readonly #ahead = { octets: 0 }
  #octetsIn = 0
  #octetsOut = 0
  /** Octets in memory, brought up to date one passage at a time. */
  #memory = 0
  readonly #held = new Map<string, number>()

  constructor(options: PassageHostOptions) {
    this.#options = options
    this.#limits = { ...DEFAULTS, ...options.limits }
    this.#folder = new SpoolFolder(options.folder, this.#limits.spoolQuota)
  }

  /** Deletes what a killed process left in the folder; call it before the first passage. Gives how many files. Never rejects. */
  sweep(): Promise<number> {
    return this.#folder.sweep()
  }

  get figures(): PassageFigures {
    let [readers, memory, pending] = [0, 0, 0]
    for (const { passage } of this.#entries.values()) {
      readers += passage.readers
      memory += passage.held
      pending += passage.pending
    }
    return {
      passages: this.#entries.size,
      readers,
      memory,
      pending,
      spooled: this.#folder.used,
      octetsIn: this.#octetsIn,
      octetsOut: this.#octetsOut,
    }
  }

  /** Where every passage stands, for whoever looks for a transfer that does not move. */
  get report(): readonly (PassageReport & { readonly passage: string })[] {
    return [...this.#entries].map(([name, { passage }]) => ({ passage: name, ...passage.report }))
  }

  /** Events come inside this call or later, one after the other; a command that is given while one is told does not nest. */
  command(command: PassageCommand): void {
    this.#commands++
    if (command.name === 'open') this.#open(command)
    else this.#obey(command)
    this.#commands--
    this.#tell()
  }

  /** Ends all passages without an event and deletes their files. */
  async close(): Promise<void> {
    for (const name of [...this.#entries.keys()]) this.#end(name)
    await Promise.all(this.#closing)
  }

  #obey(command: Exclude<PassageCommand, { name: 'open' }>): void {
    const entry = this.#entries.get(command.passage)
    if (entry === undefined) return
    const { passage } = entry
    switch (command.name) {
      case 'write':
        this.#octetsIn += command.bytes.length
        passage.write(command.offset, command.bytes)
        this.#balance(command.passage, entry)
        break
      case 'content-at':
        passage.contentAt(command.offset)
        break
      case 'finish':
        passage.finish()
        break
      case 'settled':
        passage.settled()
        break
      case 'join':
        passage.join(command.reader)
        break
      case 'read':
        passage.read(command.reader, command.offset, command.length)
        break
      case 'leave':
        passage.leave(command.reader)
        break
      case 'close':
        this.#end(command.passage)
    }
  }

  #open({ passage: name, total, limit, keep }: PassageCommand & { name: 'open' }): void {
    const { memory = blockMemory, hashes } = this.#options
    if (this.#entries.has(name)) return
    if (this.#entries.size >= this.#limits.passages) {
      this.#events.push({ name: 'failed', passage: name, cause: 'full', detail: 'Too many messages are under way.' })
      return
    }
    const passage = new Passage({
      total,
      limit,
      keep,
      memory,
      folder: this.#folder,
      hashes,
      quota: this.#limits.passageQuota,
      hashThreshold: SPOOL_HASH_THRESHOLD,
      maxReaders: this.#limits.readers,
      inFlight: this.#limits.inFlight,
      ahead: this.#ahead,
      window: () => this.#window,
      onOctets: (reader, offset, bytes) => {
        this.#octetsOut += bytes.length
        this.#say({ name: 'octets', passage: name, reader, offset, bytes })
      },
      onFinished: (size, sha1) => this.#say({ name: 'finished', passage: name, size, sha1 }),
      onFailed: failure => {
        this.#end(name)
        this.#say({ name: 'failed', passage: name, ...failure })
      },
      onDrained: () => this.#drained(name),
      onBehind: () => this.#await(name),
      onCaughtUp: () => this.#entries.get(name)?.caughtUp?.(),
      patience: this.#limits.patience,
      now: this.#options.now ?? (() => performance.now()),
    })
    const stopTimer = this.#options.after(this.#limits.ttl, () => passage.fail('broken', 'It took too long.'))
    this.#entries.set(name, { passage, stopTimer, drained: undefined, caughtUp: undefined })
  }

  /** Octets that each passage may keep now. */
  get #window(): number {
    const { window, smallestWindow, memory } = this.#limits
    return Math.max(smallestWindow, Math.min(window, Math.floor(memory / 2 / Math.max(1, this.#entries.size))))
  }

  /** After octets came: other passages make room when memory is short, and a sender who is faster than the disk waits. */
  #balance(name: string, entry: Entry): void {
    const { passage } = entry
    const held = passage.held
    this.#memory += held - (this.#held.get(name) ?? 0)
    this.#held.set(name, held)
    if (this.#memory > this.#limits.memory) this.#makeRoom()
    if (entry.drained !== undefined || passage.pending <= this.#limits.highWater) return
    this.#options.hold(new Promise(resolve => (entry.drained = resolve)))
  }

  #makeRoom(): void {
    this.#memory = 0
    for (const [name, { passage }] of this.#entries) {
      passage.trim(this.#limits.smallestWindow)
      this.#held.set(name, passage.held)
      this.#memory += passage.held
    }
  }

  /** The sender waits for readers, a moment at most. */
  #await(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    const stop = this.#options.after(this.#limits.patience, () => {
      entry.caughtUp?.()
      entry.passage.hurry()
    })
    this.#options.hold(
      new Promise(resolve => {
        entry.caughtUp = () => {
          entry.caughtUp = undefined
          stop()
          resolve()
        }
      }),
    )
  }

  #drained(name: string): void {
    const entry = this.#entries.get(name)
    if (entry?.drained === undefined || entry.passage.pending > this.#limits.highWater / 2) return
    entry.drained()
    entry.drained = undefined
  }

  #end(name: string): void {
    const entry = this.#entries.get(name)
    if (entry === undefined) return
    this.#entries.delete(name)
    this.#memory -= this.#held.get(name) ?? 0
    this.#held.delete(name)
    entry.stopTimer()
    entry.drained?.()
    entry.caughtUp?.()
    const closing = entry.passage.close()
    this.#closing.add(closing)
    void closing.then(() => this.#closing.delete(closing))
  }

  #say(event: PassageEvent): void {
    this.#events.push(event)
    // inside a command they are told at its end, outside of one when the passage is done with what it does
    if (this.#commands === 0 && this.#events.length === 1) queueMicrotask(() => this.#tell())
  }

  #tell(): void {
    if (this.#telling) return
    this.#telling = true
    try {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift())
        if (event.name === 'failed' || this.#entries.has(event.passage)) this.#options.onEvent(event)
    } finally {
      this.#telling = false
    }
  }
}
