import { follow, type Table } from '../wire/index.js'
import type { Context } from './context.js'
import { formatReport } from './encode.js'
import type { IncomingMessage } from './endpoint-types.js'
import type { Flag, Head } from './head.js'
import { IntervalSet } from './interval-set.js'
import { MAX_RANGES } from './limits.js'
import type { Session } from './session.js'
import { octets } from './writer.js'

export type IncomingState = 'waiting' | 'receiving' | 'complete' | 'judged' | 'abandoned' | 'refused'
/** `covered`: the length is fixed and all octets are there. `refuse`: the receiving side stops (OA-41). */
export type IncomingEvent = 'first-chunk' | 'covered' | 'verdict' | 'give-up' | 'idle' | 'over-limit' | 'refuse'
export type IncomingAction =
  | 'emit-message'
  | 'emit-complete'
  | 'emit-aborted'
  | 'emit-idle'
  | 'emit-failed'
  | 'watch'
  | 'stop-watch'
  | 'report'

/** The one incoming message of a session (OA-60). */
export const INCOMING_TABLE: Table<IncomingState, IncomingEvent, IncomingAction> = {
  waiting: {
    'first-chunk': { to: 'receiving', do: ['watch', 'emit-message'] },
    'over-limit': { to: 'refused', do: ['emit-failed'] },
    refuse: { to: 'refused', do: [] },
  },
  receiving: {
    covered: { to: 'complete', do: ['stop-watch', 'emit-complete'] },
    'give-up': { to: 'abandoned', do: ['stop-watch', 'emit-aborted'] },
    idle: { to: 'abandoned', do: ['stop-watch', 'emit-idle'] },
    'over-limit': { to: 'refused', do: ['stop-watch', 'emit-failed'] },
    refuse: { to: 'refused', do: ['stop-watch'] },
  },
  complete: {
    verdict: { to: 'judged', do: ['report'] },
    refuse: { to: 'judged', do: ['report'] },
  },
  judged: {},
  abandoned: {},
  refused: {},
}

const STOP = 413
const TRANSFER_ENCODINGS: readonly string[] = ['binary', '8bit', '7bit']

/** Puts the chunks of one message together: which octets came, where it ends, what its chunks are answered with. */
export class Incoming {
  state: IncomingState = 'waiting'
  messageId: string | undefined
  readonly #context: Context
  readonly #session: Session
  readonly #received = new IntervalSet()
  /** Fixed by the chunk with `$` (RFC 4975 §7.3.1). */
  #length: number | undefined
  #first: Head | undefined
  /** From-Path of the latest chunk: where REPORTs go. */
  #fromPath = ''
  #status = STOP
  #comment: string | undefined
  #lastOctet = 0
  #isPaused = false

  constructor(context: Context, session: Session) {
    this.#context = context
    this.#session = session
  }

  get isSettled(): boolean {
    return this.state === 'judged' || this.state === 'abandoned' || this.state === 'refused'
  }

  /** Takes the head of a chunk, without fault and with a Content-Type. @returns 200, or the status that refuses the chunk (Appendix B.2) */
  admit(head: Head): number {
    if (this.messageId !== undefined && head.messageId !== this.messageId) return 403 // second file in a file session (OA-60)
    if (this.state === 'refused' || this.state === 'abandoned') return this.#status
    this.#fromPath = head.fromPath as string
    if (this.state === 'complete' || this.state === 'judged') return 200 // a duplicate is answered, not delivered (MSRP-27)
    const range = head.byteRange
    if (range === undefined && this.state === 'receiving') return 400 // only a first chunk may lack it (MSRP-20)
    if (!this.#session.accepts(head.contentType as string)) return 415
    if (!TRANSFER_ENCODINGS.includes((head.transferEncoding ?? 'binary').toLowerCase())) return 415 // MSRP-62
    const start = (range?.start ?? 1) - 1
    if (this.#length !== undefined && start > this.#length) return 400
    if (Math.max(start, range?.end ?? 0, range?.total ?? 0) > this.#limit) return this.#overLimit()
    this.#lastOctet = this.#context.now
    if (this.state === 'receiving') return 200
    this.messageId = head.messageId
    this.#first = head
    this.on('first-chunk')
    return 200
  }

  /** Octets of a chunk at `offset` (0-based). @returns 200, or the status that refuses the rest of the chunk */
  body(offset: number, bytes: Uint8Array): number {
    if (this.state !== 'receiving') return 200 // a duplicate; what is refused in mid-chunk was answered then
    const end = offset + bytes.length
    if (this.#length !== undefined && end > this.#length) return 400
    if (end > this.#limit) return this.#overLimit()
    this.#received.add(offset, end)
    if (this.#received.count > MAX_RANGES) return this.#overLimit()
    this.#lastOctet = this.#context.now
    this.#context.emit({ type: 'body', sessionId: this.#session.id, messageId: this.messageId as string, offset, bytes })
    return 200
  }

  /**
   * The end-line of a chunk that `admit` took, whose body reaches from the message's begin to `end` octets.
   * @returns the status of the response
   */
  end(flag: Flag, end: number): number {
    if (this.state === 'judged' && flag === '$') this.#report() // duplicates are reported as usual (MSRP-27)
    if (this.state !== 'receiving') return 200
    if (flag === '#') {
      this.on('give-up')
      return 200 // OA-45
    }
    if (flag === '$') {
      if (this.#length !== undefined && this.#length !== end) return 400
      this.#length = end // the `$` chunk decides the length, whatever total was announced (MSRP-28)
    }
    // later octets than the length were announced by nobody; only the covered length counts
    if (this.#length !== undefined && this.#received.covers(0, this.#length)) this.on('covered')
    return 200
  }

  /** `#` on a SEND without body that names this message. */
  giveUp(messageId: string | undefined): void {
    if (messageId === this.messageId) this.on('give-up')
  }

  /** The receiving side stops; every further chunk gets `status` (OA-41). */
  refuse(status = STOP): void {
    // The first refusal says why; what only follows from it does not change the words
    if (this.state !== 'refused') this.#status = status
    this.on('refuse')
  }

  /** What became of the complete message (RCV-13, RCV-14). */
  verdict(messageId: string, status: number, comment: string | undefined): void {
    if (messageId !== this.messageId) return
    if (this.state === 'receiving' && status !== 200) return this.refuse(status)
    if (this.state !== 'complete') return
    this.#status = status
    this.#comment = comment === undefined ? undefined : octets(comment.replace(/[\r\n\0]/g, ' '))
    this.on('verdict')
  }

  /** While the sender may pause (OA-38) its silence is no sign of death. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#lastOctet = this.#context.now
    if (this.state === 'receiving') this.#watch()
  }

  /** The idle timer fired: it is only moved when it fires, not with every octet. */
  checkIdle(): void {
    if (this.#context.now - this.#lastOctet >= this.#context.settings.limits.chunkIdle) this.on('idle')
    else this.#watch()
  }

  on(event: IncomingEvent): void {
    const arrow = follow(INCOMING_TABLE, this.state, event)
    if (arrow === undefined) return
    this.state = arrow.to
    for (const action of arrow.do) this.#do(action)
  }

  get #limit(): number {
    return this.#session.options.maxLength ?? Number.MAX_SAFE_INTEGER
  }

  #overLimit(): number {
    this.on('over-limit')
    return this.#status
  }

  #do(action: IncomingAction): void {
    const sessionId = this.#session.id
    const messageId = this.messageId ?? ''
    switch (action) {
      case 'emit-message':
        return this.#context.emit({ type: 'message', sessionId, message: describe(this.#first as Head) })
      case 'emit-complete':
        return this.#context.emit({ type: 'complete', sessionId, messageId, length: this.#length as number })
      case 'emit-aborted':
        return this.#context.emit({ type: 'abandoned', sessionId, messageId, cause: 'aborted' })
      case 'emit-idle':
        return this.#context.emit({ type: 'abandoned', sessionId, messageId, cause: 'idle' })
      case 'emit-failed':
        return this.#context.emit({ type: 'failed', sessionId, cause: 'refused', status: STOP, comment: 'over the limit' })
      case 'watch':
        return this.#watch()
      case 'stop-watch':
        return this.#context.timers.stop(`idle/${sessionId}`)
      case 'report':
        return this.#report()
    }
  }

  #watch(): void {
    const timer = `idle/${this.#session.id}` as const
    if (this.#isPaused) this.#context.timers.stop(timer)
    else this.#context.timers.start(timer, this.#lastOctet + this.#context.settings.limits.chunkIdle)
  }

  /** Success REPORT if asked for, failure REPORT unless refused (RFC 4975 §7.1.3, §7.1.4; MSRP-51, MSRP-52). */
  #report(): void {
    const { successReport, failureReport } = this.#first as Head
    const wanted = this.#status === 200 ? successReport : failureReport !== 'no'
    if (!wanted || !this.#session.isUsable) return
    const tid = this.#context.tokens.next()
    const length = this.#length as number
    const text = formatReport({
      tid,
      toPath: this.#fromPath,
      fromPath: this.#session.localUri,
      messageId: this.messageId as string,
      byteRange: { start: 1, end: length, total: length },
      status: this.#status,
      ...(this.#comment !== undefined && { comment: this.#comment }),
    })
    this.#session.connection?.sendNow(text, tid)
  }
}

function describe(head: Head): IncomingMessage {
  return {
    messageId: head.messageId as string,
    total: head.byteRange?.total,
    contentType: head.contentType as string,
    headers: head.headers.map(({ name, value }) => [name, value]),
    successReport: head.successReport ?? false,
    failureReport: head.failureReport ?? 'yes',
  }
}
