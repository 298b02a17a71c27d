import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { HostError } from '../client/index.js'
import { fileTooShort, type HashOptions, hashingCancelled, hashInline } from './hash-inline.js'
import { FRONTIER_UNIT, type HashReply } from './hash-protocol.js'
import { HashThread } from './hash-thread.js'
import { MAX_WORKERS, WORKER_THRESHOLD } from './limits.js'
import type { OpenResources } from './open-resources.js'

/** Re-reads a growing file behind the octets that are written for good. */
export interface Follower {
  /** The octets before `frontier` are written. */
  advance(frontier: number): void
  /** All `size` octets are written: gives their SHA-1. Rejects when the worker failed; hash the file again then. */
  finish(size: number): Promise<Uint8Array>
  /** Settles when the file is no longer read. */
  cancel(): Promise<void>
}

/**
 * SHA-1 of files beside the event loop, in at most two worker threads that start when needed and end when idle.
 * Small files, and all files where no worker can run, are hashed on the main thread.
 */
export class HashPool {
  readonly #resources: OpenResources
  readonly #threads: HashThread[] = []
  readonly #script: URL | undefined
  #closed = false

  /** @param script the worker's module; default: the one beside this module */
  constructor(resources: OpenResources, script: URL | undefined = workerScript()) {
    this.#resources = resources
    this.#script = script
  }

  /** Living workers. */
  get size(): number {
    return this.#threads.length
  }

  async hash(fd: number, size: number, options: HashOptions = {}): Promise<Uint8Array> {
    if (options.signal?.aborted) throw hashingCancelled()
    const thread = size < WORKER_THRESHOLD ? undefined : this.#thread()
    if (thread === undefined) return hashInline(fd, size, options)
    const outcome = await this.#hashIn(thread, fd, size, options)
    if (outcome.type === 'digest') {
      options.onProgress?.(size)
      return outcome.digest
    }
    if (outcome.type === 'cancelled') throw hashingCancelled()
    if (outcome.type === 'failed' && outcome.code === 'short') throw fileTooShort()
    // the worker is gone or could not read: the main thread finds out why
    return hashInline(fd, size, options)
  }

  /**
   * Undefined where no worker can run.
   * @param from octets before it are not hashed; frontier and size count them all the same
   */
  follow(fd: number, from = 0): Follower | undefined {
    const thread = this.#thread()
    if (thread === undefined) return undefined
    const frontier = new Int32Array(new SharedArrayBuffer(4))
    const job = thread.run(id => ({ type: 'follow', id, fd, frontier, from }))
    return {
      advance: octets => {
        Atomics.store(frontier, 0, Math.floor(octets / FRONTIER_UNIT))
        thread.wake()
      },
      finish: async size => {
        thread.send({ type: 'finish', id: job.id, size })
        const outcome = await job.ended
        if (outcome.type === 'digest') return outcome.digest
        throw new HostError('write-failed', `The written file could not be read again (${outcome.type}).`)
      },
      cancel: async () => {
        thread.send({ type: 'cancel', id: job.id })
        await job.ended
      },
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.splice(0).map(thread => thread.close()))
  }

  async #hashIn(thread: HashThread, fd: number, size: number, options: HashOptions): Promise<HashReply | { type: 'lost' }> {
    const job = thread.run(id => ({ type: 'hash', id, fd, size }), options.onProgress)
    const onAbort = (): void => thread.send({ type: 'cancel', id: job.id })
    options.signal?.addEventListener('abort', onAbort)
    try {
      return await job.ended
    } finally {
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** The thread with the fewest jobs, a new one while there are fewer than two and all are busy. */
  #thread(): HashThread | undefined {
    if (this.#closed || this.#script === undefined) return undefined
    let least: HashThread | undefined
    for (const thread of this.#threads) if (least === undefined || thread.load < least.load) least = thread
    if (least !== undefined && (least.load === 0 || this.#threads.length >= MAX_WORKERS)) return least
    const thread = new HashThread(this.#script, () => {
      const index = this.#threads.indexOf(thread)
      if (index >= 0) this.#threads.splice(index, 1)
      untrack()
    })
    const untrack = this.#resources.add('hash worker', () => thread.close())
    this.#threads.push(thread)
    return thread
  }
}

/**
 * The built worker beside this module. Run from the TypeScript sources (tests), this module has no built neighbour: the one in `dist/node`
 * is taken, which `tsc -b` makes. Undefined when there is none, then everything is hashed on the main thread.
 */
export function workerScript(from: string = import.meta.url): URL | undefined {
  const script = from.endsWith('.ts') ? new URL('../../dist/node/hash-worker.js', from) : new URL('./hash-worker.js', from)
  return existsSync(fileURLToPath(script)) ? script : undefined
}
