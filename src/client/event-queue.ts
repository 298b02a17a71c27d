/** An async iterable that buffers what nobody has taken yet. Each value goes to one reader. */
export class EventQueue<T> implements AsyncIterable<T> {
  readonly #values: T[] = []
  readonly #readers: ((result: IteratorResult<T>) => void)[] = []
  readonly #limit: number
  #ended = false

  /** @param limit values kept for a slow reader; the oldest go first */
  constructor(limit = Number.POSITIVE_INFINITY) {
    this.#limit = limit
  }

  push(value: T): void {
    if (this.#ended) return
    const reader = this.#readers.shift()
    if (reader !== undefined) return reader({ done: false, value })
    this.#values.push(value)
    if (this.#values.length > this.#limit) this.#values.shift()
  }

  /** Takes back a value that nobody has taken yet. */
  remove(value: T): void {
    const index = this.#values.indexOf(value)
    if (index >= 0) this.#values.splice(index, 1)
  }

  /** Readers finish after what is buffered. */
  end(): void {
    this.#ended = true
    for (const reader of this.#readers.splice(0)) reader({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): AsyncIterator<T> {
    return this.reader()
  }

  /** A reader that rejects with the signal's reason once it aborts. */
  reader(signal?: AbortSignal): AsyncIterator<T> {
    return {
      next: () => this.#next(signal),
      return: async () => ({ done: true, value: undefined }),
    }
  }

  #next(signal: AbortSignal | undefined): Promise<IteratorResult<T>> {
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const value = this.#values.shift()
    if (value !== undefined) return Promise.resolve({ done: false, value })
    if (this.#ended) return Promise.resolve({ done: true, value: undefined })
    return new Promise((resolve, reject) => {
      const reader = (result: IteratorResult<T>) => {
        signal?.removeEventListener('abort', onAbort)
        resolve(result)
      }
      const onAbort = () => {
        this.#readers.splice(this.#readers.indexOf(reader), 1)
        reject(signal?.reason)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#readers.push(reader)
    })
  }
}
