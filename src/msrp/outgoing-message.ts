import { consistsOf, follow, hasLineBreak, LocalProtocolError, SDP_TOKEN, type Table } from '../wire/index.js'
import type { ByteRange } from './byte-range.js'
import { ChunkGrowth } from './chunk-growth.js'
import type { Context } from './context.js'
import type { OutgoingMessage } from './endpoint-types.js'
import { IntervalSet } from './interval-set.js'
import { MAX_RANGES } from './limits.js'
import { SendTemplate } from './send-template.js'
import type { Session } from './session.js'
import { octets } from './writer.js'

export type OutgoingState = 'sending' | 'paused' | 'sent' | 'answered' | 'reported' | 'unconfirmed' | 'aborting' | 'aborted' | 'failed'
/** `answers`: every chunk is answered. `reports`: success REPORTs cover everything. */
export type OutgoingEvent = 'pause' | 'continue' | 'last-chunk' | 'answers' | 'reports' | 'report-timeout' | 'abort' | 'fail'
export type OutgoingAction =
  /** end the chunk on the wire with `+`, emit `paused` */
  | 'interrupt'
  | 'resume'
  /** end the chunk on the wire with `#`, or send an empty one with `#` (OA-40); over when that is answered */
  | 'give-up'
  /** end the chunk on the wire with `#` (MSRP-46) */
  | 'cut'
  | 'emit-answered'
  | 'emit-reported'
  | 'emit-unconfirmed'
  | 'emit-aborted'
  | 'await-report'
  | 'stop-waiting'

/** One outgoing message: one file (OA-60). Both completion triggers are facts; which of them counts is decided elsewhere (D-1). */
export const OUTGOING_TABLE: Table<OutgoingState, OutgoingEvent, OutgoingAction> = {
  sending: {
    pause: { to: 'paused', do: ['interrupt'] },
    'last-chunk': { to: 'sent', do: [] },
    abort: { to: 'aborting', do: ['give-up'] },
    fail: { to: 'failed', do: ['cut'] },
  },
  paused: {
    continue: { to: 'sending', do: ['resume'] },
    abort: { to: 'aborting', do: ['give-up'] },
    fail: { to: 'failed', do: ['cut'] },
  },
  sent: {
    answers: { to: 'answered', do: ['emit-answered', 'await-report'] },
    reports: { to: 'reported', do: ['emit-reported'] },
    abort: { to: 'aborted', do: ['cut', 'emit-aborted'] },
    fail: { to: 'failed', do: ['cut'] },
  },
  answered: {
    reports: { to: 'reported', do: ['stop-waiting', 'emit-reported'] },
    'report-timeout': { to: 'unconfirmed', do: ['emit-unconfirmed'] },
    abort: { to: 'aborted', do: ['stop-waiting', 'cut', 'emit-aborted'] },
    fail: { to: 'failed', do: ['stop-waiting', 'cut'] },
  },
  reported: {
    answers: { to: 'reported', do: ['emit-answered'] },
  },
  unconfirmed: {
    reports: { to: 'reported', do: ['emit-reported'] },
    abort: { to: 'aborted', do: ['cut', 'emit-aborted'] },
    fail: { to: 'failed', do: ['cut'] },
  },
  // the `#` is answered before anything else is said about the message (OA-40)
  aborting: {
    answers: { to: 'aborted', do: ['emit-aborted'] },
    fail: { to: 'aborted', do: ['cut', 'emit-aborted'] },
  },
  aborted: {},
  failed: {},
}

/** Book-keeping of one outgoing message: what was asked for, has arrived, was sent, answered and reported. */
export class Outgoing {
  readonly messageId: string
  readonly total: number
  readonly failureReport: OutgoingMessage['failureReport']
  readonly contentType: string
  readonly headers: readonly (readonly [string, string])[]
  state: OutgoingState = 'sending'
  /** It takes part in the turns of its connection. */
  isQueued = false
  /** Octets asked for with `need-data`, that arrived as `data`, and that were put into chunks. */
  asked = 0
  arrived = 0
  sent = 0
  /** Chunks begun; an empty message has one too. */
  chunks = 0
  answered = 0
  readonly growth = new ChunkGrowth()
  readonly #context: Context
  readonly #session: Session
  readonly #wantsReport: boolean
  readonly #asks: number[] = []
  readonly #queue: Uint8Array[] = []
  readonly #reported = new IntervalSet()
  #unanswered = 0
  #template: SendTemplate | undefined

  constructor(context: Context, session: Session, message: OutgoingMessage) {
    this.#context = context
    this.#session = session
    if (!Number.isSafeInteger(message.total) || message.total < 0) {
      throw new LocalProtocolError('bad-total', 'The length of a message is a whole number of octets')
    }
    checkHeaders([...(message.headers ?? []), ['Content-Type', message.contentType]])
    this.messageId = context.tokens.next()
    this.total = message.total
    this.#wantsReport = message.successReport
    this.failureReport = message.failureReport
    this.contentType = octets(message.contentType)
    this.headers = (message.headers ?? []).map(([name, value]) => [name, octets(value)])
  }

  /** Asked for by the application, or needed because answers come from a relay (RLY-8). The same for all chunks (MSRP-24). */
  get successReport(): boolean {
    return this.#wantsReport || this.#session.isRelayed
  }

  /** The head of its chunks. */
  get template(): SendTemplate {
    const { remotePath: toPath, localUri: fromPath } = this.#session
    if (this.#template?.toPath !== toPath) {
      const { messageId, successReport, failureReport, headers, contentType } = this
      this.#template = new SendTemplate({ toPath, fromPath, messageId, successReport, failureReport, headers, contentType }, this.total)
    }
    return this.#template
  }

  get reported(): number {
    return this.#reported.size
  }

  /** Octets that arrived and are not sent yet. */
  get queued(): number {
    return this.arrived - this.sent
  }

  /** Octets asked for and not sent yet. */
  get pending(): number {
    return this.asked - this.sent
  }

  /** Nothing that can still happen to it is worth telling. */
  isSettled(byPeer: boolean): boolean {
    switch (this.state) {
      case 'reported':
      case 'aborting':
      case 'aborted':
      case 'failed':
        return true
      case 'answered':
        return !byPeer && !this.successReport // a failure REPORT may still come (MSRP-52)
      case 'unconfirmed':
        return !byPeer
      default:
        return false
    }
  }

  ask(length: number): void {
    const offset = this.asked
    this.asked += length
    this.#asks.push(length)
    this.#context.output({ type: 'need-data', sessionId: this.#session.id, offset, length })
  }

  /** @throws LocalProtocolError when the octets are not the ones that were asked for next */
  data(offset: number, bytes: Uint8Array): void {
    if (this.state !== 'sending' && this.state !== 'paused') return
    const asked = this.#asks[0]
    if (asked === undefined || offset !== this.arrived || bytes.length === 0 || bytes.length > asked) {
      throw new LocalProtocolError('unexpected-data', `These octets were not asked for: ${bytes.length} at ${offset}`)
    }
    if (bytes.length === asked) this.#asks.shift()
    else this.#asks[0] = asked - bytes.length
    this.#queue.push(bytes)
    this.arrived += bytes.length
  }

  /** The next octets of the queue, at most `limit`, without taking them. */
  peek(limit: number, index = 0): Uint8Array | undefined {
    const view = this.#queue[index]
    return view === undefined || view.length <= limit ? view : view.subarray(0, limit)
  }

  take(length: number): void {
    const view = this.#queue[0] as Uint8Array
    if (length === view.length) this.#queue.shift()
    else this.#queue[0] = view.subarray(length)
    this.sent += length
  }

  chunkBegun(): void {
    this.chunks++
    this.#unanswered++
  }

  /** @param took milliseconds from the begin of the chunk to its answer */
  chunkAnswered(length: number, took: number): void {
    this.growth.answered(length, took)
    this.answered += length
    this.#unanswered--
    this.#context.progress(this.#session)
    // trigger A: every chunk up to `$` is answered (D-1, CR-8)
    if (this.#unanswered === 0 && (this.state === 'sent' || this.state === 'reported' || this.state === 'aborting')) this.on('answers')
  }

  /** Success REPORT: overlapping ranges count once, only what we have is counted (MSRP-54, CR-9). */
  report(range: ByteRange | undefined): void {
    const start = range === undefined ? 0 : range.start - 1
    const end = Math.min(range?.end ?? this.total, this.total)
    if (this.#reported.count >= MAX_RANGES) return
    this.#reported.add(start, end)
    this.#context.progress(this.#session)
    if (this.#reported.size === this.total) this.on('reports')
  }

  on(event: OutgoingEvent): void {
    const arrow = follow(OUTGOING_TABLE, this.state, event)
    if (arrow === undefined) return
    this.state = arrow.to
    for (const action of arrow.do) this.#do(action)
  }

  #do(action: OutgoingAction): void {
    const { id: sessionId, connection } = this.#session
    const timer = `report/${sessionId}` as const
    switch (action) {
      case 'interrupt':
        connection?.chunker.interrupt(this)
        return this.#context.emit({ type: 'paused', sessionId })
      case 'resume':
        return connection?.chunker.wake()
      case 'give-up':
        this.#queue.length = 0
        connection?.chunker.giveUp(this)
        // nothing of it is on its way
        if (this.#unanswered === 0) this.on('answers')
        return
      case 'cut':
        this.#queue.length = 0
        return connection?.chunker.remove(this)
      case 'emit-answered':
        // the answers of a relay prove only that the relay has it (RFC 4976 §3, RLY-8)
        if (!this.#session.isRelayed) this.#context.emit({ type: 'answered', sessionId })
        return
      case 'emit-reported':
        this.#context.emit({ type: 'reported', sessionId })
        if (!this.#wantsReport && this.#session.isRelayed) this.#context.emit({ type: 'answered', sessionId })
        return
      case 'emit-unconfirmed':
        return this.#context.emit({ type: 'unconfirmed', sessionId })
      case 'emit-aborted':
        return this.#context.emit({ type: 'aborted', sessionId })
      case 'await-report':
        if (this.successReport) this.#context.timers.start(timer, this.#context.now + this.#context.settings.limits.successReport)
        return
      case 'stop-waiting':
        return this.#context.timers.stop(timer)
    }
  }
}

/** Values of the application must not break out of their line (SEC-14). */
function checkHeaders(headers: readonly (readonly [string, string])[]): void {
  for (const [name, value] of headers) {
    if (!consistsOf(name, SDP_TOKEN) || hasLineBreak(value)) throw new LocalProtocolError('bad-header', `The header ${name} cannot be sent`)
  }
}
