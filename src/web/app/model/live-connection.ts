import type { PageEvent } from '../../protocol/index.js'
import { EventParser } from './event-parser.js'
import { authorization } from './server.js'

/** Milliseconds without a sign of life after which a connection is given up: the server writes a line every 15 s. */
export const SILENCE = 40_000
/** Milliseconds before the first try again, and at most. */
const FIRST_RETRY = 500
const LONGEST_RETRY = 15_000

/** How the page stands with its server. */
export type Connection =
  | { readonly state: 'connecting' }
  | { readonly state: 'live' }
  /** Not reachable; `retryAt` in milliseconds since 1970. */
  | { readonly state: 'offline'; readonly retryAt: number }
  /** It does not know our token: another one was started. */
  | { readonly state: 'unauthorized' }
  /** It said that it ends. It is looked for again all the same. */
  | { readonly state: 'closed'; readonly retryAt: number }

/** Milliseconds to wait before try number `tries` (from 1). */
export function retryDelay(tries: number): number {
  return Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (tries - 1))
}

interface LiveListener {
  event(event: PageEvent): void
  connection(connection: Connection): void
}

/** The stream of events of the server: opened, watched and opened again from where it broke. */
export class LiveConnection {
  #lastId: string | undefined
  #tries = 0
  #attempt: AbortController | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #isOver = false
  #traceFrom: number | undefined

  constructor(readonly listener: LiveListener) {}

  /** Connects now, whatever was being waited for. */
  connect(): void {
    this.#attempt?.abort()
    clearTimeout(this.#timer)
    if (this.#isOver) return
    const attempt = new AbortController()
    this.#attempt = attempt
    if (this.#tries === 0) this.listener.connection({ state: 'connecting' })
    void this.#read(attempt).then(ended => {
      if (this.#attempt === attempt) this.#end(ended)
    })
  }

  /** Trace entries after number `after` come too, from now on; undefined: none any more. */
  trace(after: number | undefined): void {
    const wasAsked = this.#traceFrom !== undefined
    this.#traceFrom = after
    if (wasAsked !== (after !== undefined) && this.#attempt !== undefined) this.connect()
  }

  close(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#attempt?.abort()
  }

  #end(ended: 'unauthorized' | 'closed' | 'broken'): void {
    if (ended === 'unauthorized') {
      this.listener.connection({ state: 'unauthorized' })
      return
    }
    const delay = retryDelay(++this.#tries)
    this.listener.connection({ state: ended === 'closed' ? 'closed' : 'offline', retryAt: Date.now() + delay })
    this.#timer = setTimeout(() => this.connect(), delay)
  }

  async #read(attempt: AbortController): Promise<'unauthorized' | 'closed' | 'broken'> {
    let silence = setTimeout(() => attempt.abort(), SILENCE)
    let ended: 'closed' | 'broken' = 'broken'
    try {
      const response = await fetch(this.#address(), { headers: this.#headers(), signal: attempt.signal, cache: 'no-store' })
      if (response.status === 401) return 'unauthorized'
      if (!response.ok || response.body === null) return 'broken'
      this.#tries = 0
      this.listener.connection({ state: 'live' })
      const parser = new EventParser()
      const decoder = new TextDecoder()
      const reader = response.body.getReader()
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(silence)
        silence = setTimeout(() => attempt.abort(), SILENCE)
        for (const { event, data, id } of parser.push(decoder.decode(piece.value, { stream: true }))) {
          if (event === 'closing') ended = 'closed'
          this.#take(event, data)
          if (id !== undefined) this.#lastId = id
        }
      }
      return ended
    } catch {
      return ended
    } finally {
      clearTimeout(silence)
      attempt.abort()
    }
  }

  #take(event: string, data: string): void {
    const read = { event, data: JSON.parse(data) as unknown } as PageEvent
    if (read.event === 'trace') this.#traceFrom = read.data.last
    this.listener.event(read)
  }

  #address(): string {
    return this.#traceFrom === undefined ? '/api/events' : `/api/events?trace=${this.#traceFrom}`
  }

  #headers(): Record<string, string> {
    return { ...authorization(), accept: 'text/event-stream', ...(this.#lastId !== undefined && { 'last-event-id': this.#lastId }) }
  }
}
