import { blocks } from './block-pool.js'
import { writeFully } from './file-io.js'
import { MAX_WRITE, MAX_WRITES_IN_FLIGHT } from './limits.js'

interface Write {
  readonly position: number
  view: Uint8Array
}

/**
 * Positional writes to one descriptor without copying. A view is kept, and its block held, until it is written. Views that are neighbours in
 * the file and in memory go out as one write. Two writes of the same octets never overtake each other.
 */
export class SequentialWrites {
  readonly #fd: number
  readonly #onWritten: (from: number, to: number) => void
  readonly #onFailed: (error: Error) => void
  readonly #queue: Write[] = []
  readonly #running = new Set<Write>()
  #pending = 0
  #failed = false
  #waiting: (() => void)[] = []

  constructor(fd: number, onWritten: (from: number, to: number) => void, onFailed: (error: Error) => void) {
    this.#fd = fd
    this.#onWritten = onWritten
    this.#onFailed = onFailed
  }

  /** Octets not yet written. */
  get pending(): number {
    return this.#pending
  }

  add(position: number, view: Uint8Array): void {
    if (this.#failed || view.length === 0) return
    this.#pending += view.length
    const last = this.#queue.at(-1)
    if (last !== undefined && isNeighbour(last, position, view)) {
      // the queued write holds the same block already
      last.view = new Uint8Array(last.view.buffer, last.view.byteOffset, last.view.length + view.length)
    } else {
      blocks.retain(view)
      this.#queue.push({ position, view })
    }
    this.#pump()
  }

  /** Settles when nothing is queued or running, after a failure too. */
  async idle(): Promise<void> {
    if (this.#queue.length === 0 && this.#running.size === 0) return
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  /** Forgets what is queued; what is running goes on. */
  drop(): void {
    this.#failed = true
    for (const write of this.#queue.splice(0)) this.#done(write)
  }

  #pump(): void {
    while (this.#running.size < MAX_WRITES_IN_FLIGHT) {
      const write = this.#queue[0]
      if (write === undefined || this.#overlapsRunning(write)) break
      this.#queue.shift()
      this.#running.add(write)
      writeFully(this.#fd, write.view, write.position, error => this.#written(write, error))
    }
  }

  #written(write: Write, error: Error | null): void {
    this.#running.delete(write)
    this.#done(write)
    if (error === null) this.#onWritten(write.position, write.position + write.view.length)
    else if (!this.#failed) {
      this.drop()
      this.#onFailed(error)
    }
    this.#pump()
    if (this.#queue.length === 0 && this.#running.size === 0) for (const wake of this.#waiting.splice(0)) wake()
  }

  #done(write: Write): void {
    this.#pending -= write.view.length
    blocks.release(write.view)
  }

  #overlapsRunning(write: Write): boolean {
    for (const other of this.#running) {
      if (write.position < other.position + other.view.length && other.position < write.position + write.view.length) return true
    }
    return false
  }
}

function isNeighbour(last: Write, position: number, view: Uint8Array): boolean {
  return (
    last.view.buffer === view.buffer &&
    last.view.byteOffset + last.view.length === view.byteOffset &&
    last.position + last.view.length === position &&
    last.view.length + view.length <= MAX_WRITE
  )
}
