import { blocks } from './block-pool.js'
import { writeAllNow, writeFully, writeNow } from './file-io.js'
import { LEAST_PROMPT_WRITE, MAX_GATHERED, MAX_PROMPT_PIECES, MAX_WRITE } from './limits.js'
import type { PromptCalls } from './prompt-calls.js'

interface Write {
  readonly position: number
  view: Uint8Array
}

/**
 * Positional writes to one descriptor without copying. Little octets are written at once. For others a view is kept, and its block held, until
 * it is written. One write runs at a time: the system lets no two write into one file, a second one only burns a core until its turn comes. What
 * waits meanwhile and is adjacent in the file goes out together.
 */
export class SequentialWrites {
  readonly #fd: number
  readonly #onWritten: (from: number, to: number) => void
  readonly #onFailed: (error: Error) => void
  readonly #prompt: PromptCalls | undefined
  readonly #queue: Write[] = []
  /** What is being written: adjacent in the file. */
  #running: readonly Write[] = []
  #pending = 0
  #begun = false
  #failed = false
  /** It is about to write. */
  #pumping = false
  #waiting: (() => void)[] = []

  /** @param prompt writes may be made, and told by `onWritten`, within `add` */
  constructor(fd: number, onWritten: (from: number, to: number) => void, onFailed: (error: Error) => void, prompt?: PromptCalls) {
    this.#fd = fd
    this.#onWritten = onWritten
    this.#onFailed = onFailed
    this.#prompt = prompt
  }

  /** Octets not yet written. */
  get pending(): number {
    return this.#pending
  }

  add(position: number, view: Uint8Array): void {
    if (this.#failed || view.length === 0) return
    const isAlone = this.#queue.length === 0 && this.#running.length === 0
    // many little ones are gathered while the first of them is written; most little files have one only
    if (isAlone && (!this.#begun || view.length >= LEAST_PROMPT_WRITE) && this.#prompt?.allows(view.length))
      return this.#writeNow(position, view)
    this.#pending += view.length
    const last = this.#queue.at(-1)
    if (last !== undefined && isNeighbour(last, position, view)) {
      // the queued write holds the same block already
      last.view = new Uint8Array(last.view.buffer, last.view.byteOffset, last.view.length + view.length)
    } else {
      blocks.retain(view)
      this.#queue.push({ position, view })
    }
    this.#pumpSoon()
  }

  #writeNow(position: number, view: Uint8Array): void {
    this.#begun = true
    const error = this.#failureOf(() => writeNow(this.#fd, view, position))
    if (error === null) return this.#onWritten(position, position + view.length)
    this.#failed = true
    this.#onFailed(error)
  }

  /** Settles when nothing is queued or running, after a failure too. */
  async idle(): Promise<void> {
    if (this.#queue.length === 0 && this.#running.length === 0) return
    await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  /** Forgets what is queued; what is running goes on. */
  drop(): void {
    this.#failed = true
    for (const write of this.#queue.splice(0)) this.#done(write)
    this.#wake()
  }

  /** Small chunks come by the dozen out of one read of the socket: they go out together. */
  #pumpSoon(): void {
    if (this.#pumping || this.#running.length > 0) return
    this.#pumping = true
    queueMicrotask(() => {
      this.#pumping = false
      this.#pump()
    })
  }

  #pump(): void {
    const [first] = this.#queue
    if (first === undefined || this.#running.length > 0) return
    let end = first.position
    let count = 0
    for (const { position, view } of this.#queue) {
      if (position !== end || count === MAX_GATHERED || (count > 0 && end + view.length - first.position > MAX_WRITE)) break
      end += view.length
      count++
    }
    const running = this.#queue.splice(0, count)
    this.#running = running
    const views = running.map(({ view }) => view)
    const written = (error: Error | null): void => this.#written(first.position, end, error)
    // the pieces of a chunk at the edge of a block, and nothing waits behind them
    const areFew = count <= MAX_PROMPT_PIECES && this.#queue.length === 0
    if (areFew && this.#prompt?.allows(end - first.position)) written(this.#failureOf(() => writeAllNow(this.#fd, views, first.position)))
    else writeFully(this.#fd, views, first.position, written)
  }

  #failureOf(write: () => void): Error | null {
    try {
      this.#prompt?.make(write)
      return null
    } catch (error) {
      return error as Error
    }
  }

  #written(from: number, to: number, error: Error | null): void {
    const written = this.#running
    this.#running = []
    for (const write of written) this.#done(write)
    if (error === null) this.#onWritten(from, to)
    else if (!this.#failed) {
      this.drop()
      this.#onFailed(error)
    }
    this.#pump()
    this.#wake()
  }

  #wake(): void {
    if (this.#queue.length === 0 && this.#running.length === 0) for (const wake of this.#waiting.splice(0)) wake()
  }

  #done(write: Write): void {
    this.#pending -= write.view.length
    blocks.release(write.view)
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
