import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { blocks } from './block-pool.js'
import { Follower } from './follower.js'
import { fileTooShort, type HashOptions, hashingCancelled, hashInline } from './hash-inline.js'
import { type HashOutcome, HashThread } from './hash-thread.js'
import { BLOCK_SIZE, MAX_FILES_HASHED, MAX_WORKERS, READ_AHEAD, WORKER_THRESHOLD } from './limits.js'
import type { OpenResources } from './open-resources.js'

/**
 * SHA-1 of files beside the event loop, in at most two worker threads that start when needed and end when idle.
 * Small files, and all files where no worker can run, are hashed on the main thread.
 */
export class HashPool {
  readonly #resources: OpenResources
  readonly #threads: HashThread[] = []
  readonly #script: URL | undefined
  #closed = false
  /** Whole files that workers hash, and those that wait for one to be over. */
  #hashed = 0
  readonly #line: (() => void)[] = []

  /** @param script the worker's module; default: the one beside this module */
  constructor(resources: OpenResources, script?: URL) {
    this.#resources = resources
    this.#script = script
  }

  /** Living workers. */
  get size(): number {
    return this.#threads.length
  }

  async hash(fd: number, size: number, options: HashOptions = {}): Promise<Uint8Array> {
    if (options.signal?.aborted) throw hashingCancelled()
    if (size < WORKER_THRESHOLD) return hashInline(fd, size, options)
    const outcome = await this.#inTurn(options.signal, async () => {
      const thread = this.#thread()
      return thread === undefined ? { type: 'lost' as const } : this.#hashIn(thread, fd, size, options)
    })
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
   * Follows a file that is being written. Undefined where no worker can run.
   * @param from octets before it are not hashed; positions and sizes count them all the same
   */
  follow(fd: number, from = 0): Follower | undefined {
    const thread = this.#thread()
    return thread === undefined ? undefined : new Follower(thread, fd, from)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(this.#threads.splice(0).map(thread => thread.close()))
  }

  async #hashIn(thread: HashThread, fd: number, size: number, options: HashOptions): Promise<HashOutcome> {
    const taken = Array.from({ length: READ_AHEAD }, () => blocks.take(BLOCK_SIZE).bytes)
    const job = thread.run(id => ({ type: 'hash', id, fd, size, blocks: taken }), options.onProgress)
    const onAbort = (): void => thread.send({ type: 'cancel', id: job.id })
    options.signal?.addEventListener('abort', onAbort)
    try {
      const outcome = await job.ended
      // a worker that died may have left a read behind
      if (outcome.type !== 'lost') for (const block of taken) blocks.release(block)
      return outcome
    } finally {
      options.signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Runs `work` once few enough files are hashed beside it. */
  async #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (this.#hashed >= MAX_FILES_HASHED) await this.#turn(signal)
    this.#hashed++
    try {
      return await work()
    } finally {
      this.#hashed--
      this.#line.shift()?.()
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        signal?.removeEventListener('abort', leave)
        resolve()
      }
      const leave = (): void => {
        this.#line.splice(this.#line.indexOf(enter), 1)
        reject(hashingCancelled())
      }
      this.#line.push(enter)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  /** The thread with the fewest jobs, a new one while there are fewer than two and all are busy. */
  #thread(): HashThread | undefined {
    if (this.#closed) return undefined
    let least: HashThread | undefined
    for (const thread of this.#threads) if (least === undefined || thread.load < least.load) least = thread
    if (least !== undefined && (least.load === 0 || this.#threads.length >= MAX_WORKERS)) return least
    const script = this.#script ?? workerScript()
    if (script === undefined) return undefined
    const thread = new HashThread(script, () => {
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
