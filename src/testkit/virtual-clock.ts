interface ClockEvent {
  readonly at: number
  readonly order: number
  readonly callback: () => void
  cancelled: boolean
}

/** 2025-01-01T00:00:00Z, the wall clock of every virtual world at its start. */
const EPOCH = 1_735_689_600_000

/** Time that passes only when told to: a heap of events, run one by one. */
export class VirtualClock {
  #now = 0
  #order = 0
  /** Binary heap, earliest first; events of the same time in the order they were made. */
  readonly #heap: ClockEvent[] = []

  /** Milliseconds since the start. */
  get now(): number {
    return this.#now
  }

  get date(): number {
    return EPOCH + Math.floor(this.#now)
  }

  /** Runs `callback` once after `milliseconds`; calling the result stops it. */
  after(milliseconds: number, callback: () => void): () => void {
    const event: ClockEvent = { at: this.#now + Math.max(0, milliseconds), order: this.#order++, callback, cancelled: false }
    this.#push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** Time of the next event, or undefined when nothing is planned. */
  get next(): number | undefined {
    while (this.#heap[0]?.cancelled) this.#pop()
    return this.#heap[0]?.at
  }

  /** Lets `milliseconds` pass, event by event; between two events every promise job runs. */
  async run(milliseconds: number): Promise<void> {
    await this.#run(this.#now + milliseconds, () => false)
  }

  /** Lets time pass until `promise` settles and gives its outcome; fails when `limit` milliseconds were not enough. */
  async until<T>(promise: Promise<T>, limit = 3_600_000): Promise<T> {
    let settled = false
    const mark = (): void => {
      settled = true
    }
    promise.then(mark, mark)
    const from = this.#now
    await this.#run(from + limit, () => settled)
    if (!settled) throw new Error(`nothing settled in ${limit} ms of virtual time (from ${from})`)
    return promise
  }

  async #run(target: number, enough: () => boolean): Promise<void> {
    for (;;) {
      await promiseJobs()
      if (enough()) return
      const next = this.next
      if (next === undefined || next > target) break
      const event = this.#pop() as ClockEvent
      this.#now = Math.max(this.#now, event.at)
      event.cancelled = true
      event.callback()
    }
    this.#now = Math.max(this.#now, target)
  }

  #push(event: ClockEvent): void {
    const heap = this.#heap
    let index = heap.push(event) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!earlier(event, heap[parent] as ClockEvent)) break
      heap[index] = heap[parent] as ClockEvent
      index = parent
    }
    heap[index] = event
  }

  #pop(): ClockEvent | undefined {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && earlier(heap[child + 1] as ClockEvent, heap[child] as ClockEvent)) child++
      if (!earlier(heap[child] as ClockEvent, last)) break
      heap[index] = heap[child] as ClockEvent
      index = child
    }
    heap[index] = last
    return first
  }
}

function earlier(a: ClockEvent, b: ClockEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

type Macrotask = (callback: () => void) => void

/** Taken when the module loads, so that fake timers of a test runner do not stop the virtual world. */
const macrotask: Macrotask = (globalThis as { setImmediate?: Macrotask }).setImmediate ?? (callback => setTimeout(callback, 0))

/** Resolves in the next turn of the event loop: by then every chain of promise jobs, however long, has run dry. */
function promiseJobs(): Promise<void> {
  return new Promise(resolve => macrotask(resolve))
}
