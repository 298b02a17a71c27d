import type { MsrpTrace } from '../msrp/index.js'
import type { SipTrace } from '../sip/index.js'
import type { MessageEntry, TraceEntry } from '../trace/index.js'
import { decodeLatin1 } from '../wire/index.js'
import { EventQueue } from './event-queue.js'
import type { HostAddress } from './host.js'
import { ENTRIES_KEPT } from './limits.js'

/** Hands every message and state change to whoever reads `client.trace()`; costs nothing while nobody does. */
export class TraceFeed {
  readonly #party: string
  readonly #date: () => number
  readonly #readers = new Set<EventQueue<TraceEntry>>()
  #ended = false

  constructor(party: string, date: () => number) {
    this.#party = party
    this.#date = date
  }

  read(): AsyncIterable<TraceEntry> {
    const queue = new EventQueue<TraceEntry>(ENTRIES_KEPT)
    if (this.#ended) queue.end()
    else this.#readers.add(queue)
    const reader = queue.reader()
    // A reader that leaves its loop must not gather entries for ever
    const leave = async () => {
      this.#readers.delete(queue)
      return { done: true, value: undefined } as const
    }
    return { [Symbol.asyncIterator]: () => ({ next: () => reader.next(), return: leave }) }
  }

  sip(entry: SipTrace): void {
    if (this.#readers.size === 0) return
    this.#push({
      ...this.#common(),
      kind: 'message',
      protocol: 'sip',
      direction: entry.direction,
      transport: entry.transport,
      local: text(entry.local),
      remote: text(entry.remote),
      text: decodeLatin1(entry.bytes),
      bodyLength: 0,
    })
  }

  msrp(entry: MsrpTrace, local: HostAddress, remote: HostAddress, transport: MessageEntry['transport']): void {
    if (this.#readers.size === 0) return
    this.#push({
      ...this.#common(),
      kind: 'message',
      protocol: 'msrp',
      direction: entry.direction,
      transport,
      local: text(local),
      remote: text(remote),
      text: decodeLatin1(entry.head),
      bodyLength: entry.bodyLength,
      ...(entry.flag === undefined ? {} : { flag: entry.flag }),
    })
  }

  state(machine: 'session' | 'file' | 'registration', subject: string, state: string): void {
    if (this.#readers.size > 0) this.#push({ ...this.#common(), kind: 'state', machine, subject, state })
  }

  /** A fault of this program, for whoever reports it. */
  fault(subject: string, error: unknown): void {
    this.state('session', subject, `internal: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`)
  }

  end(): void {
    this.#ended = true
    for (const reader of this.#readers) reader.end()
    this.#readers.clear()
  }

  #common() {
    return { v: 1, time: this.#date(), party: this.#party } as const
  }

  #push(entry: TraceEntry): void {
    for (const reader of this.#readers) reader.push(entry)
  }
}

function text({ host, port }: HostAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
