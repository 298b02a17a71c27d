import type { ServerResponse } from 'node:http'
import { TRACE_BACKLOG } from './limits.js'
import { HEARTBEAT, KEPT_EVENT_OCTETS, KEPT_EVENTS, LISTENER_BACKLOG, LISTENERS, type PageEvent, type TracePage } from './protocol/index.js'

/** One open `GET /api/events`. */
interface Listener {
  readonly response: ServerResponse
  /** Last trace entry it was given; undefined when it wants none. */
  trace: number | undefined
  /** Steady clock, milliseconds. */
  wroteAt: number
}

export interface HubOptions {
  /** Random name of this run. */
  readonly epoch: string
  readonly now: () => number
  /** The state as it is after the last event. */
  readonly snapshot: () => unknown
  readonly trace: (after: number, characters: number) => TracePage
  readonly heartbeat?: number
}

/** Numbers events, keeps the latest for pages that come back, and writes them to all that listen; who does not read is cut off. */
export class EventHub {
  readonly #options: HubOptions
  readonly #listeners = new Set<Listener>()
  readonly #kept: { readonly number: number; readonly text: string }[] = []
  readonly #heartbeat: NodeJS.Timeout
  #keptOctets = 0
  #number = 0

  constructor(options: HubOptions) {
    this.#options = options
    const every = options.heartbeat ?? HEARTBEAT
    this.#heartbeat = setInterval(() => this.#beat(every), every / 3)
    this.#heartbeat.unref()
  }

  get isFull(): boolean {
    return this.#listeners.size >= LISTENERS
  }

  get size(): number {
    return this.#listeners.size
  }

  publish(event: PageEvent & { readonly event: 'changes' | 'snapshot' }): void {
    const text = this.#encode(event, `${this.#options.epoch}-${++this.#number}`)
    this.#kept.push({ number: this.#number, text })
    this.#keptOctets += text.length
    while (this.#kept.length > KEPT_EVENTS || (this.#keptOctets > KEPT_EVENT_OCTETS && this.#kept.length > 0))
      this.#keptOctets -= this.#kept.shift()?.text.length ?? 0
    for (const listener of this.#listeners) this.#write(listener, text)
  }

  /**
   * A page listens. It gets what it missed since `lastId`, or the whole state when that is not known any more; then what happens.
   * @param trace entries after this number are wanted as well
   */
  attach(response: ServerResponse, lastId: string | undefined, trace: number | undefined): void {
    const listener: Listener = { response, trace, wroteAt: this.#options.now() }
    response.on('close', () => this.#listeners.delete(listener))
    response.on('drain', () => this.#traceTo(listener))
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' })
    const missed = this.#missed(lastId)
    // Whatever was not told yet goes to the others now: a new listener begins with the state
    const state = missed === undefined ? this.#options.snapshot() : undefined
    this.#listeners.add(listener)
    if (missed === undefined)
      this.#write(listener, this.#encode({ event: 'snapshot', data: state }, `${this.#options.epoch}-${this.#number}`))
    else this.#write(listener, missed.length === 0 ? ': here\n\n' : missed.join(''))
    this.#traceTo(listener)
  }

  /** There may be new trace entries. */
  traced(): void {
    for (const listener of this.#listeners) this.#traceTo(listener)
  }

  /** Tells all listeners that the server ends, and ends their answers. */
  close(): void {
    clearInterval(this.#heartbeat)
    for (const listener of this.#listeners) {
      this.#write(listener, this.#encode({ event: 'closing', data: {} }))
      listener.response.end()
    }
    this.#listeners.clear()
  }

  /** Events after `lastId`; undefined when they are not all kept. */
  #missed(lastId: string | undefined): string[] | undefined {
    const [, epoch, digits] = /^([\w]{1,40})-(\d{1,15})$/.exec(lastId ?? '') ?? []
    const number = Number(digits)
    if (epoch !== this.#options.epoch || number > this.#number) return undefined
    const oldest = this.#kept[0]?.number ?? this.#number + 1
    if (number + 1 < oldest) return undefined
    return this.#kept.filter(event => event.number > number).map(({ text }) => text)
  }

  /** As many trace entries as it can take now; it gets the others when it has read these. */
  #traceTo(listener: Listener): void {
    while (listener.trace !== undefined && this.#listeners.has(listener) && listener.response.writableLength < TRACE_BACKLOG) {
      const page = this.#options.trace(listener.trace, TRACE_BACKLOG)
      if (page.entries.length === 0) return
      listener.trace = page.last
      this.#write(listener, this.#encode({ event: 'trace', data: page }))
    }
  }

  #write(listener: Listener, text: string): void {
    const { response } = listener
    if (response.writableLength > LISTENER_BACKLOG) {
      // It sleeps: it comes back with the number of the last event it read
      this.#listeners.delete(listener)
      response.destroy()
      return
    }
    response.write(text)
    listener.wroteAt = this.#options.now()
  }

  #beat(every: number): void {
    for (const listener of this.#listeners) if (this.#options.now() - listener.wroteAt >= every) this.#write(listener, ':\n\n')
  }

  /** JSON has no line breaks, so one `data:` line is enough. */
  #encode(event: { readonly event: string; readonly data: unknown }, id?: string): string {
    return `${id === undefined ? '' : `id: ${id}\n`}event: ${event.event}\ndata: ${JSON.stringify(event.data)}\n\n`
  }
}
