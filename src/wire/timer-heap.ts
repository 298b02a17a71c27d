/** One deadline, kept by its owner; the heap alone writes it. */
export interface Timed {
  /** Milliseconds of the host's clock. */
  at: number
  /** Timers of one deadline are due in the order they were started. */
  order: number
  /** Index in the heap; -1 while it does not run. */
  place: number
}

/** Running timers without names, earliest first: whoever started one stops it by the same object. */
export class TimerHeap<Timer extends Timed> {
  /** Binary heap: no timer is due before its parent, which stands at `(place - 1) >> 1`. */
  readonly #heap: Timer[] = []
  #started = 0

  /** Starts or restarts `timer` so that it is due at `at`. */
  start(timer: Timer, at: number): void {
    timer.at = at
    timer.order = ++this.#started
    if (timer.place < 0) {
      timer.place = this.#heap.length
      this.#heap.push(timer)
      this.#rise(timer)
    } else {
      this.#rise(timer)
      this.#sink(timer)
    }
  }

  stop(timer: Timer): void {
    const { place } = timer
    if (place < 0) return
    timer.place = -1
    const last = this.#heap.pop() as Timer
    if (last === timer) return
    this.#put(last, place)
    this.#rise(last)
    this.#sink(last)
  }

  get size(): number {
    return this.#heap.length
  }

  /** Earliest deadline of all running timers. */
  get deadline(): number | undefined {
    return this.#heap[0]?.at
  }

  /** Removes and returns the timers that are due at `now`, earliest first. */
  take(now: number): Timer[] {
    const due: Timer[] = []
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      due.push(first)
      this.stop(first)
    }
    return due
  }

  clear(): void {
    for (const timer of this.#heap) timer.place = -1
    this.#heap.length = 0
  }

  #put(timer: Timer, place: number): void {
    this.#heap[place] = timer
    timer.place = place
  }

  #rise(timer: Timer): void {
    while (timer.place > 0) {
      const parent = this.#heap[(timer.place - 1) >> 1] as Timer
      if (!isBefore(timer, parent)) return
      this.#swap(timer, parent)
    }
  }

  #sink(timer: Timer): void {
    for (;;) {
      const left = this.#heap[2 * timer.place + 1]
      const right = this.#heap[2 * timer.place + 2]
      const child = right !== undefined && isBefore(right, left as Timer) ? right : left
      if (child === undefined || !isBefore(child, timer)) return
      this.#swap(timer, child)
    }
  }

  #swap(a: Timer, b: Timer): void {
    const place = a.place
    this.#put(a, b.place)
    this.#put(b, place)
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
