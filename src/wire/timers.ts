/** One running timer. */
interface Row<Name> {
  readonly name: Name
  at: number
  /** Rows of one deadline are due in the order they were started. */
  order: number
  /** Index in the heap. */
  place: number
}

/**
 * Named timers of one machine: a row per name with its deadline in milliseconds of the host's clock.
 * Keys are the names the specification gives them (`A`, `B`, `release`), optionally with an owner: `B/z9hG4bK1`.
 */
export class Timers<Name extends string = string> {
  readonly #rows = new Map<Name, Row<Name>>()
  /** Binary heap: no row is due before its parent, which stands at `(place - 1) >> 1`. */
  readonly #heap: Row<Name>[] = []
  #started = 0

  /** Starts or restarts `name` so that it is due at `at`. */
  start(name: Name, at: number): void {
    const order = ++this.#started
    const row = this.#rows.get(name)
    if (row === undefined) {
      const added = { name, at, order, place: this.#heap.length }
      this.#rows.set(name, added)
      this.#heap.push(added)
      this.#rise(added)
    } else {
      row.at = at
      row.order = order
      this.#rise(row)
      this.#sink(row)
    }
  }

  stop(name: Name): void {
    const row = this.#rows.get(name)
    if (row === undefined) return
    this.#rows.delete(name)
    const last = this.#heap.pop() as Row<Name>
    if (last === row) return
    this.#put(last, row.place)
    this.#rise(last)
    this.#sink(last)
  }

  has(name: Name): boolean {
    return this.#rows.has(name)
  }

  get size(): number {
    return this.#rows.size
  }

  /** Earliest deadline of all running timers. */
  get deadline(): number | undefined {
    return this.#heap[0]?.at
  }

  /** Removes and returns the names that are due at `now`, earliest first. */
  take(now: number): Name[] {
    const due: Name[] = []
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      due.push(first.name)
      this.stop(first.name)
    }
    return due
  }

  clear(): void {
    this.#rows.clear()
    this.#heap.length = 0
  }

  #put(row: Row<Name>, place: number): void {
    this.#heap[place] = row
    row.place = place
  }

  #rise(row: Row<Name>): void {
    while (row.place > 0) {
      const parent = this.#heap[(row.place - 1) >> 1] as Row<Name>
      if (!isBefore(row, parent)) return
      this.#swap(row, parent)
    }
  }

  #sink(row: Row<Name>): void {
    for (;;) {
      const left = this.#heap[2 * row.place + 1]
      const right = this.#heap[2 * row.place + 2]
      const child = right !== undefined && isBefore(right, left as Row<Name>) ? right : left
      if (child === undefined || !isBefore(child, row)) return
      this.#swap(row, child)
    }
  }

  #swap(a: Row<Name>, b: Row<Name>): void {
    const place = a.place
    this.#put(a, b.place)
    this.#put(b, place)
  }
}

function isBefore(a: Row<string>, b: Row<string>): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** Earliest of several deadlines, ignoring those that are undefined. */
export function earliest(...deadlines: readonly (number | undefined)[]): number | undefined {
  let next: number | undefined
  for (const at of deadlines) if (at !== undefined && (next === undefined || at < next)) next = at
  return next
}
