import { Worker } from 'node:worker_threads'
import { ASLEEP, type HashCommand, type HashReplies, type HashReply } from './hash-protocol.js'
import { HASH_BATCH, HASH_BATCHES, WORKER_HEAP, WORKER_IDLE } from './limits.js'

/** How a job ended; `lost` when the worker died before it could say. */
export type HashOutcome = HashReply | { readonly type: 'lost' }

export interface HashJob {
  readonly id: number
  readonly ended: Promise<HashOutcome>
}

type OnProgress = (octets: number, taken: number) => void

interface Waiting {
  readonly onProgress: OnProgress | undefined
  readonly settle: (outcome: HashOutcome) => void
}

/** One hash worker as the main thread sees it. Keeps the process alive only while it has jobs. */
export class HashThread {
  readonly #worker: Worker
  readonly #state = new Int32Array(new SharedArrayBuffer(4))
  readonly #waiting = new Map<number, Waiting>()
  readonly #onEnded: () => void
  /** Commands that go out together: a message costs as much as to hash some KiB, and many files make many. */
  #queue: HashCommand[] = []
  /** Messages that the worker has not answered. */
  #sent = 0
  #nextId = 1
  #idle: NodeJS.Timeout | undefined
  #ended = false

  constructor(script: URL, onEnded: () => void) {
    this.#onEnded = onEnded
    // own execArgv: loaders and flags of the parent are not for the worker
    const options = { workerData: { state: this.#state }, execArgv: [], name: 'cpmft-hash', resourceLimits: WORKER_HEAP }
    this.#worker = new Worker(script, options)
    this.#worker.on('message', (message: HashReplies) => this.#receive(message))
    this.#worker.on('error', () => this.#end())
    this.#worker.on('exit', () => this.#end())
    this.#worker.unref()
  }

  /** Jobs that have not ended. */
  get load(): number {
    return this.#waiting.size
  }

  run(command: (id: number) => HashCommand, onProgress?: OnProgress): HashJob {
    const id = this.#nextId++
    const ended = new Promise<HashOutcome>(resolve => this.#waiting.set(id, { onProgress, settle: resolve }))
    clearTimeout(this.#idle)
    this.#worker.ref()
    this.send(command(id))
    if (this.#ended) this.#end()
    return { id, ended }
  }

  send(command: HashCommand): void {
    if (this.#ended) return
    this.#queue.push(command)
    this.#flush()
  }

  /** A shared frontier moved: a sleeping worker needs a message, a busy one looks by itself. */
  wake(): void {
    if (Atomics.exchange(this.#state, ASLEEP, 0) === 1) this.send({ type: 'wake' })
  }

  /** Ends the worker now; its jobs are lost. */
  async close(): Promise<void> {
    clearTimeout(this.#idle)
    await this.#worker.terminate()
    this.#end()
  }

  #flush(): void {
    while (this.#queue.length > 0 && this.#sent < HASH_BATCHES) {
      this.#sent++
      this.#worker.postMessage(this.#queue.splice(0, HASH_BATCH))
    }
  }

  #receive({ replies, answers }: HashReplies): void {
    if (answers) this.#sent--
    if (!this.#ended) this.#flush()
    for (const reply of replies) this.#take(reply)
  }

  #take(reply: HashReply): void {
    const waiting = this.#waiting.get(reply.id)
    if (waiting === undefined) return
    if (reply.type === 'progress') {
      waiting.onProgress?.(reply.octets, reply.taken)
      return
    }
    this.#waiting.delete(reply.id)
    waiting.settle(reply)
    if (this.#waiting.size > 0 || this.#ended) return
    this.#worker.unref()
    this.#idle = setTimeout(() => void this.close(), WORKER_IDLE)
    this.#idle.unref()
  }

  #end(): void {
    for (const waiting of this.#waiting.values()) waiting.settle({ type: 'lost' })
    this.#waiting.clear()
    if (this.#ended) return
    this.#ended = true
    this.#onEnded()
  }
}
