import {
  Endpoint,
  type EndpointEvent,
  type EndpointInput,
  type EndpointOptions,
  type EndpointOutput,
  formatMsrpUri,
  newSessionId,
  type OutgoingMessage,
  type SessionOptions,
} from '../../src/msrp/index.js'
import type { Random } from '../../src/wire/index.js'

/** Deterministic stand-in for a random source (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  return length => Uint8Array.from({ length }, () => next() & 0xff)
}

/** A whole number below `below` from a random source. */
export function pick(random: Random, below: number): number {
  const [a = 0, b = 0, c = 0] = random(3)
  return (a * 65_536 + b * 256 + c) % below
}

export interface PairOptions {
  readonly seed?: number
  /** One way, milliseconds. */
  readonly latency?: number
  /** Largest piece in which octets arrive; sizes are random up to it. Whole views when absent. */
  readonly splitUpTo?: number
  /** Octets per millisecond that the transport takes; unlimited when absent. */
  readonly rate?: number
  /** Milliseconds between `need-data` and `data`; random up to this. */
  readonly readDelay?: number
  /** Largest piece in which `data` is given; the whole asked block when absent. */
  readonly dataUpTo?: number
  readonly a?: Partial<EndpointOptions>
  readonly b?: Partial<EndpointOptions>
}

type Source = (offset: number, length: number) => Uint8Array

/** One end: its endpoint, the files it sends, and what it told. */
export class Party {
  readonly endpoint: Endpoint
  readonly events: EndpointEvent[] = []
  readonly outputs: EndpointOutput[] = []
  readonly sources = new Map<string, Source>()
  /** Octets received per session, put at their offsets. */
  readonly #files = new Map<string, { bytes: Uint8Array; length: number }>()
  /** Replaces the collecting of `body` events. */
  onBody: ((event: EndpointEvent & { type: 'body' }) => void) | undefined
  onEvent: ((event: EndpointEvent) => void) | undefined
  onOutput: ((output: EndpointOutput) => void) | undefined
  /** Keeps every output but bodies, for assertions. */
  isRecording = true

  constructor(options: EndpointOptions) {
    this.endpoint = new Endpoint(options)
  }

  /** Events of one session, without progress and body. */
  told(sessionId: string): string[] {
    return this.events
      .filter(event => event.sessionId === sessionId && event.type !== 'progress' && event.type !== 'body')
      .map(event => event.type)
  }

  find<Type extends EndpointEvent['type']>(type: Type, sessionId?: string): (EndpointEvent & { type: Type }) | undefined {
    return this.events.find(
      (event): event is EndpointEvent & { type: Type } => event.type === type && (sessionId === undefined || event.sessionId === sessionId),
    )
  }

  /** What a session received so far. */
  file(sessionId: string): Uint8Array {
    const { bytes, length } = this.#files.get(sessionId) ?? { bytes: new Uint8Array(0), length: 0 }
    return bytes.subarray(0, length)
  }

  collect(event: EndpointEvent & { type: 'body' }): void {
    const end = event.offset + event.bytes.length
    const file = this.#files.get(event.sessionId) ?? { bytes: new Uint8Array(1024), length: 0 }
    this.#files.set(event.sessionId, file)
    if (end > file.bytes.length) {
      const larger = new Uint8Array(Math.max(end, file.bytes.length * 2))
      larger.set(file.bytes)
      file.bytes = larger
    }
    file.bytes.set(event.bytes, event.offset)
    file.length = Math.max(file.length, end)
  }
}

interface Link {
  readonly a: string
  readonly b: string
  isOpen: boolean
}

/** Session ids and addresses of both ends of one session. */
export interface SessionPair {
  readonly a: string
  readonly b: string
}

/** Two endpoints, the network between them and the clock, all in memory. `a` always opens the connections. */
export class Pair {
  now = 0
  readonly a: Party
  readonly b: Party
  readonly random: Random
  readonly #options: PairOptions
  readonly #links: Link[] = []
  readonly #queue: { readonly at: number; readonly order: number; readonly run: () => void }[] = []
  #order = 0
  readonly #readAt = new Map<string, number>()
  #freeAt = { a: 0, b: 0 }
  /** What the network does to `connect`. */
  refuse: string | undefined

  constructor(options: PairOptions = {}) {
    this.#options = options
    const seed = options.seed ?? 1
    this.random = seededRandom(seed)
    this.a = new Party({ random: seededRandom(seed + 1), ...options.a })
    this.b = new Party({ random: seededRandom(seed + 2), ...options.b })
  }

  /** Registers one session at both ends. */
  session(
    options: { readonly direction?: 'send' | 'receive'; readonly a?: Partial<SessionOptions>; readonly b?: Partial<SessionOptions> } = {},
  ): SessionPair {
    const ids = { a: newSessionId(this.random), b: newSessionId(this.random) }
    const uriA = formatMsrpUri({ secure: false, host: '192.0.2.10', port: 2855, sessionId: ids.a, transport: 'tcp', parameters: [] })
    const uriB = formatMsrpUri({ secure: false, host: '192.0.2.20', port: 2855, sessionId: ids.b, transport: 'tcp', parameters: [] })
    const direction = options.direction ?? 'send'
    const other = direction === 'send' ? 'receive' : 'send'
    const common = { acceptTypes: ['*'] }
    this.give(this.b, {
      type: 'add-session',
      session: { ...common, localUri: uriB, remotePath: [uriA], role: 'passive', direction: other, ...options.b },
    })
    this.give(this.a, {
      type: 'add-session',
      session: { ...common, localUri: uriA, remotePath: [uriB], role: 'active', direction, ...options.a },
    })
    return ids
  }

  /** Sends `file` from one party in a session. */
  send(
    party: Party,
    sessionId: string,
    file: Uint8Array | { readonly total: number; readonly source: Source },
    message: Partial<OutgoingMessage> = {},
  ): void {
    const total = file instanceof Uint8Array ? file.length : file.total
    const source = file instanceof Uint8Array ? (offset: number, length: number) => file.subarray(offset, offset + length) : file.source
    party.sources.set(sessionId, source)
    const defaults = { contentType: 'application/octet-stream', successReport: true, failureReport: 'yes' } as const
    this.give(party, { type: 'send', sessionId, message: { total, ...defaults, ...message } })
  }

  /** One step of one party, and everything it asks of the world. */
  give(party: Party, input: EndpointInput): void {
    for (const output of party.endpoint.step(input, this.now)) this.#serve(party, output)
  }

  /** Runs until `done` says so, or nothing is left to happen before `limit` milliseconds. */
  run(done: () => boolean = () => false, limit = Number.POSITIVE_INFINITY): void {
    while (!done()) {
      const next = this.#queue[0]
      const deadlines = [this.a.endpoint.deadline, this.b.endpoint.deadline, next?.at].filter(at => at !== undefined)
      const at = Math.max(this.now, Math.min(...deadlines))
      if (at === Number.POSITIVE_INFINITY || at > limit) {
        if (limit !== Number.POSITIVE_INFINITY) this.now = Math.max(this.now, limit)
        return
      }
      this.now = at
      if (next !== undefined && next.at <= at) {
        this.#queue.shift()
        next.run()
      } else {
        for (const party of [this.a, this.b])
          if ((party.endpoint.deadline ?? Number.POSITIVE_INFINITY) <= at) this.give(party, { type: 'timeout' })
      }
    }
  }

  /** Runs for some virtual time only. */
  runFor(milliseconds: number): void {
    this.run(() => false, this.now + milliseconds)
  }

  later(milliseconds: number, run: () => void): void {
    const entry = { at: this.now + milliseconds, order: this.#order++, run }
    let index = this.#queue.length
    while (index > 0 && (this.#queue[index - 1] as { at: number }).at > entry.at) index--
    this.#queue.splice(index, 0, entry)
  }

  /** Breaks every connection without notice. */
  breakLinks(error = 'reset'): void {
    for (const link of this.#links.filter(candidate => candidate.isOpen)) {
      link.isOpen = false
      this.give(this.a, { type: 'closed', connection: link.a, error })
      this.give(this.b, { type: 'closed', connection: link.b, error })
    }
  }

  get openLinks(): number {
    return this.#links.filter(link => link.isOpen).length
  }

  get linkCount(): number {
    return this.#links.length
  }

  #serve(party: Party, output: EndpointOutput): void {
    if (output.type === 'event') return this.#tell(party, output.event)
    party.onOutput?.(output)
    if (party.isRecording) party.outputs.push(output)
    switch (output.type) {
      case 'connect':
        return this.#connect(party, output.connection)
      case 'write':
        return this.#write(party, output.connection, output.views)
      case 'close':
        return this.later(0, () => this.#close(party, output.connection))
      case 'need-data':
        return this.#read(party, output.sessionId, output.offset, output.length)
      case 'trace':
        return
    }
  }

  #tell(party: Party, event: EndpointEvent): void {
    if (event.type === 'body') (party.onBody ?? party.collect.bind(party))(event)
    else if (party.isRecording || event.type !== 'progress') party.events.push(event)
    party.onEvent?.(event)
  }

  #connect(party: Party, connection: string): void {
    const { latency = 0 } = this.#options
    this.later(latency, () => {
      if (this.refuse !== undefined) return this.give(party, { type: 'closed', connection, error: this.refuse })
      const link = { a: connection, b: `in-${this.#links.length + 1}`, isOpen: true }
      this.#links.push(link)
      this.give(this.b, { type: 'accepted', connection: link.b, remote: '192.0.2.10:50000' })
      this.give(party, { type: 'connected', connection })
    })
  }

  #write(party: Party, connection: string, views: readonly Uint8Array[]): void {
    const { latency = 0, rate } = this.#options
    const side = party === this.a ? 'a' : 'b'
    const link = this.#links.find(candidate => candidate[side] === connection && candidate.isOpen)
    if (link === undefined) return
    const other = party === this.a ? this.b : this.a
    // a slow transport takes and delivers large views in pieces
    const pieces = rate === undefined ? views : views.flatMap(view => cut(view, 16 * 1024))
    for (const view of pieces) {
      const begin = Math.max(this.now, this.#freeAt[side])
      const taken = rate === undefined ? begin : begin + view.length / rate
      this.#freeAt[side] = taken
      this.later(taken - this.now, () => this.give(party, { type: 'written', connection, length: view.length }))
      this.later(taken - this.now + latency, () => this.#deliver(other, link, side === 'a' ? link.b : link.a, view))
    }
  }

  #deliver(party: Party, link: Link, connection: string, view: Uint8Array): void {
    const { splitUpTo } = this.#options
    for (let at = 0; at < view.length && link.isOpen; ) {
      const end = splitUpTo === undefined ? view.length : Math.min(view.length, at + 1 + pick(this.random, splitUpTo))
      this.give(party, { type: 'bytes', connection, bytes: view.subarray(at, end) })
      at = end
    }
  }

  #close(party: Party, connection: string): void {
    const side = party === this.a ? 'a' : 'b'
    const link = this.#links.find(candidate => candidate[side] === connection)
    if (link === undefined) return this.give(party, { type: 'closed', connection })
    if (!link.isOpen) return
    this.later(this.#options.latency ?? 0, () => {
      if (!link.isOpen) return
      link.isOpen = false
      this.give(this.a, { type: 'closed', connection: link.a })
      this.give(this.b, { type: 'closed', connection: link.b })
    })
  }

  #read(party: Party, sessionId: string, offset: number, length: number): void {
    const { readDelay = 0, dataUpTo } = this.#options
    const bytes = (party.sources.get(sessionId) as Source)(offset, length)
    // a file is read in order
    const readyAt = Math.max(this.#readAt.get(sessionId) ?? 0, this.now + (readDelay === 0 ? 0 : pick(this.random, readDelay)))
    this.#readAt.set(sessionId, readyAt)
    this.later(readyAt - this.now, () => {
      for (let at = 0; at < bytes.length; ) {
        const end = dataUpTo === undefined ? bytes.length : Math.min(bytes.length, at + 1 + pick(this.random, dataUpTo))
        this.give(party, { type: 'data', sessionId, offset: offset + at, bytes: bytes.subarray(at, end) })
        at = end
      }
    })
  }
}

function cut(view: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < view.length; at += size) pieces.push(view.subarray(at, at + size))
  return pieces
}
