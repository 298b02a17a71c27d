import { type Timed, TimerHeap } from './timer-heap.js'

interface Row<Name> extends Timed {
  readonly name: Name
}

/**
 * Named timers of one machine: a row per name with its deadline in milliseconds of the host's clock.
 * Keys are the names the specification gives them (`A`, `B`, `release`), optionally with an owner: `B/z9hG4bK1`.
 */
export class Timers<Name extends string = string> {
  readonly #rows = new Map<Name, Row<Name>>()
  readonly #heap = new TimerHeap<Row<Name>>()

  /** Starts or restarts `name` so that it is due at `at`. */
  start(name: Name, at: number): void {
    let row = this.#rows.get(name)
    if (row === undefined) {
      row = { name, at, order: 0, place: -1 }
      this.#rows.set(name, row)
    }
    this.#heap.start(row, at)
  }

  stop(name: Name): void {
    const row = this.#rows.get(name)
    if (row === undefined) return
    this.#rows.delete(name)
    this.#heap.stop(row)
  }

  has(name: Name): boolean {
    return this.#rows.has(name)
  }

  get size(): number {
    return this.#rows.size
  }

  /** Earliest deadline of all running timers. */
  get deadline(): number | undefined {
    return this.#heap.deadline
  }

  /** Removes and returns the names that are due at `now`, earliest first. */
  take(now: number): Name[] {
    const due = this.#heap.take(now)
    for (const { name } of due) this.#rows.delete(name)
    return due.map(row => row.name)
  }

  clear(): void {
    this.#rows.clear()
    this.#heap.clear()
  }
}

/** Earliest of several deadlines, ignoring those that are undefined. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let next: number | undefined
  for (const at of deadlines) next = sooner(next, at)
  return next
}

/** The earlier of two deadlines, where asking often must not cost a list. */
export function sooner(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b < a) ? b : a
}
