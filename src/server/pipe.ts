import type { Connection, ConnectionEvents, HostAddress } from '../client/index.js'

/** Octets on their way to an end that does not read; its other end is told only later that they went out. */
const WINDOW = 256 * 1024

/** Two ends of a connection inside this process: what one writes the other reads, later, never within the call. */
export function pipe(name: string): readonly [Connection, Connection] {
  const a = new PipeEnd({ host: `${name}.invalid`, port: 1 }, { host: `${name}.invalid`, port: 2 })
  const b = new PipeEnd(a.remote, a.local)
  a.join(b)
  b.join(a)
  return [a, b]
}

/** One end. Octets are handed over as they are, so nobody may write into them afterwards. */
class PipeEnd implements Connection {
  readonly #inbox: Uint8Array[] = []
  #other: PipeEnd | undefined
  #events: ConnectionEvents | undefined
  #paused = false
  #waiting = 0
  /** No more will come. */
  #finished = false
  #closed = false
  #scheduled = false

  constructor(
    readonly local: HostAddress,
    readonly remote: HostAddress,
  ) {}

  join(other: PipeEnd): void {
    this.#other = other
  }

  start(events: ConnectionEvents): void {
    this.#events = events
    this.#schedule()
  }

  write(views: readonly Uint8Array[]): void {
    if (this.#closed) return
    for (const view of views) this.#other?.receive(view)
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#schedule()
  }

  end(): void {
    this.#other?.finish()
    this.destroy()
  }

  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    this.#other?.finish()
    this.#schedule()
  }

  /** @internal */
  receive(view: Uint8Array): void {
    this.#inbox.push(view)
    this.#waiting += view.length
    if (this.#waiting <= WINDOW) this.#other?.taken(view.length)
    else this.#owed += view.length
    this.#schedule()
  }

  /** @internal */
  finish(): void {
    this.#finished = true
    this.#schedule()
  }

  /** @internal The other end, or the window before it, has room for them. */
  taken(length: number): void {
    queueMicrotask(() => {
      if (!this.#closed) this.#events?.onWritten(length)
    })
  }

  #owed = 0

  #schedule(): void {
    if (this.#scheduled || this.#events === undefined) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      this.#deliver()
    })
  }

  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const view = this.#inbox.shift()
      if (view === undefined) break
      this.#waiting -= view.length
      const owed = Math.min(this.#owed, view.length)
      this.#owed -= owed
      if (owed > 0) this.#other?.taken(owed)
      this.#events?.onBytes(view)
    }
    if (!this.#closed && this.#finished && this.#inbox.length === 0) this.#closed = true
    if (!this.#closed) return
    const events = this.#events
    this.#events = undefined
    this.#inbox.length = 0
    events?.onClosed()
  }
}
