import { LocalProtocolError } from '../wire/index.js'
import type { Context, Settings } from './context.js'
import { formatEndLine } from './encode.js'
import type { Flag } from './head.js'
import { MAX_TOKEN_ATTEMPTS, QUANTUM, SHORT_CHUNK, WEBSOCKET_CHUNK_SIZE } from './limits.js'
import type { Outgoing } from './outgoing-message.js'
import { OutgoingScan } from './outgoing-scan.js'
import type { Session } from './session.js'
import { Transaction, type Transactions } from './transaction.js'
import type { Writer } from './writer.js'

/** The chunk whose body is being written. */
interface OpenChunk {
  readonly outgoing: Outgoing
  readonly transaction: Transaction
  /** Body octets at which it ends by itself. */
  readonly planned: number
  /** For the trace, empty where nobody listens. */
  readonly head: string
}

interface Entry {
  readonly outgoing: Outgoing
  readonly session: Session
}

/** A response, a REPORT, a bodiless SEND or an empty chunk with `#`. */
export interface UrgentMessage {
  /** Head and end-line, one character per octet. */
  readonly text: string
  readonly endLineLength: number
  readonly flag: Flag
  readonly transaction: Transaction | undefined
}

export interface ChunkerPort {
  readonly context: Context
  readonly writer: Writer
  readonly transactions: Transactions
  /** Tells the trace about one message that went out. */
  trace(head: string, bodyLength: number, flag: Flag): void
  /** The chunker has something to write or to ask for; `run` must be called before the step ends. */
  wake(): void
}

/**
 * Decides what goes onto one connection next: responses and REPORTs first, then chunks of the sessions in turns
 * (MSRP-22, CON-18), and asks for their octets while the window is open.
 *
 * Between two calls of `run` the open chunk holds at least 2048 octets, so it can always be ended with `+`. On a connection of
 * messages (WebSocket) no chunk is open then: one is begun when its octets are there, and written whole (RFC 7977 §5.1, WS-2).
 */
export class Chunker {
  readonly #port: ChunkerPort
  readonly #ring: Entry[] = []
  readonly #scan = new OutgoingScan()
  #turn = 0
  #turnLeft = QUANTUM
  #askTurn = 0
  /** The budget of the process counts this connection. */
  #isCounted = false
  #open: OpenChunk | undefined
  #urgent: UrgentMessage[] = []

  constructor(port: ChunkerPort) {
    this.#port = port
  }

  /** Lets a message take part. */
  add(session: Session, outgoing: Outgoing): void {
    outgoing.isQueued = true
    this.#ring.push({ outgoing, session })
    this.#count()
    this.wake()
  }

  wake(): void {
    this.#port.wake()
  }

  /** Whether a whole message may be written at once. */
  get isBetweenMessages(): boolean {
    return this.#open === undefined && this.#urgent.length === 0 && !this.#isFramed
  }

  /** Queues a whole message that goes out before any further chunk. */
  sendNow(message: UrgentMessage): void {
    this.#urgent.push(message)
    this.wake()
  }

  /** Ends the chunk of this message with `+` (MSRP-23, OA-38). */
  interrupt(outgoing: Outgoing): void {
    if (this.#open?.outgoing !== outgoing) return
    this.#endChunk('+')
    this.wake()
  }

  /** Forgets a message; a chunk on the wire ends with `#` (MSRP-46). */
  remove(outgoing: Outgoing): void {
    if (this.#open?.outgoing === outgoing) this.#endChunk('#')
    const index = this.#ring.findIndex(entry => entry.outgoing === outgoing)
    if (index < 0) return
    this.#ring.splice(index, 1)
    this.#count()
    if (index === this.#turn) this.#turnLeft = QUANTUM
    if (index < this.#turn) this.#turn--
    if (index < this.#askTurn) this.#askTurn--
    this.wake()
  }

  /** The sender stops: `#` on the chunk that is being sent, else on an empty one (RFC 5547 §8.4, OA-40). */
  giveUp(outgoing: Outgoing): void {
    const entry = this.#ring.find(candidate => candidate.outgoing === outgoing)
    const isOnWire = this.#open?.outgoing === outgoing
    this.remove(outgoing)
    if (entry === undefined || isOnWire) return
    const tid = this.#port.context.tokens.next()
    const endLine = formatEndLine(tid, '#', true)
    const text = outgoing.template.format(tid, outgoing.sent + 1, outgoing.sent) + endLine
    const transaction = new Transaction(tid, entry.session, outgoing, outgoing.failureReport === 'yes')
    this.#port.transactions.add(transaction)
    outgoing.chunkBegun()
    this.sendNow({ text, endLineLength: endLine.length, flag: '#', transaction })
  }

  /** The transport is gone: nothing is ended properly any more. */
  stop(): { readonly head: string; readonly bodyLength: number } | undefined {
    const open = this.#open
    this.#open = undefined
    this.#ring.length = 0
    this.#count()
    this.#urgent = []
    return open && { head: open.head, bodyLength: open.transaction.length }
  }

  /** Before we close, all messages failed: what is queued goes out, nothing new begins. */
  finish(): void {
    this.#writeUrgent()
    this.#ring.length = 0
    this.#count()
  }

  /** Writes and asks as much as is allowed now. */
  run(): void {
    if (this.#urgent.length > 0) {
      if (this.#open !== undefined) this.#endChunk('+')
      this.#writeUrgent()
    }
    for (;;) {
      const next = this.#choose()
      if (next === undefined) break
      if (this.#open !== undefined && this.#open.outgoing !== next.outgoing) this.#endChunk('+')
      if (this.#open === undefined) this.#beginChunk(next.session, next.outgoing)
      do this.#writeSlice()
      while (this.#isFramed && this.#open !== undefined)
    }
    this.#ask()
  }

  #writeUrgent(): void {
    const { writer, transactions, context } = this.#port
    for (const { text, endLineLength, transaction, flag } of this.#urgent) {
      writer.text(text)
      writer.endMessage()
      if (transaction !== undefined) transactions.end(transaction, writer.position)
      if (context.settings.trace) this.#port.trace(text.slice(0, -endLineLength), 0, flag)
    }
    this.#urgent = []
  }

  /** Whose octets are written next: the same session's until its turn is over, then the next ready one's. */
  #choose(): Entry | undefined {
    const open = this.#open
    const count = this.#ring.length
    if (open !== undefined && open.transaction.length < SHORT_CHUNK) {
      return this.#ring.find(entry => entry.outgoing === open.outgoing && entry.outgoing.queued > 0)
    }
    if (count === 0) return undefined
    this.#turn %= count
    const current = this.#ring[this.#turn]
    const isReady = current !== undefined && this.#isReady(current)
    if (isReady && this.#turnLeft > 0) return current
    for (let step = 1; step < count; step++) {
      const index = (this.#turn + step) % count
      const entry = this.#ring[index]
      if (entry === undefined || !this.#isReady(entry)) continue
      this.#turn = index
      this.#turnLeft = QUANTUM
      return entry
    }
    if (!isReady) return undefined
    this.#turnLeft = QUANTUM
    return current
  }

  get #isFramed(): boolean {
    return this.#port.writer.isFramed
  }

  #chunkSize(session: Session, outgoing: Outgoing): number {
    const size = session.chunkSize(outgoing)
    return this.#isFramed ? Math.min(size, WEBSOCKET_CHUNK_SIZE) : size
  }

  #isReady({ outgoing, session }: Entry): boolean {
    if (outgoing.state !== 'sending') return false
    if (this.#open?.outgoing === outgoing) return outgoing.queued > 0
    if (this.#port.transactions.size >= this.#port.context.settings.limits.unanswered) return false // OA-64
    // no chunk begins before the octets are there that let it be ended at any time
    const awaitsMore = this.#isFramed && outgoing.asked > outgoing.arrived
    return outgoing.queued >= Math.min(awaitsMore ? this.#chunkSize(session, outgoing) : SHORT_CHUNK, outgoing.total - outgoing.sent)
  }

  #beginChunk(session: Session, outgoing: Outgoing): void {
    const { transactions, writer, context } = this.#port
    const available = this.#isFramed ? outgoing.queued : outgoing.total - outgoing.sent
    const planned = Math.min(this.#chunkSize(session, outgoing), available)
    const tid = this.#freshTid(outgoing, planned)
    const start = outgoing.sent + 1
    // RFC 4975 §5.1: a longer chunk may be interrupted, so its end is not known (MSRP-21)
    const end = planned > SHORT_CHUNK ? undefined : outgoing.sent + planned
    const head = context.settings.trace ? outgoing.template.format(tid, start, end) : ''
    const transaction = new Transaction(tid, session, outgoing, outgoing.failureReport === 'yes')
    transaction.begun = context.now
    transactions.add(transaction)
    outgoing.chunkBegun()
    outgoing.template.write(writer, tid, start, end)
    this.#open = { outgoing, transaction, planned, head }
  }

  /** A transaction id that is not in use and whose end-line is not in the octets that must go out together (MSRP-4, MSRP-5). */
  #freshTid(outgoing: Outgoing, planned: number): string {
    const { transactions, context } = this.#port
    for (let attempt = 0; attempt < MAX_TOKEN_ATTEMPTS; attempt++) {
      const tid = context.tokens.next()
      if (transactions.has(tid)) continue
      this.#scan.begin(tid)
      if (!this.#scan.isInQueue(outgoing, Math.min(planned, SHORT_CHUNK + tid.length))) return tid
    }
    throw new LocalProtocolError('random-broken', 'The random source repeats itself')
  }

  /** Writes the next octets of the open chunk, up to its end, the end of the turn, or an end-line look-alike. */
  #writeSlice(): void {
    const open = this.#open as OpenChunk
    const { outgoing, transaction } = open
    const others = !this.#isFramed && this.#ring.length > 1 && this.#ring.some(entry => entry.outgoing !== outgoing && this.#isReady(entry))
    const turn = others ? Math.max(this.#turnLeft, SHORT_CHUNK - transaction.length) : Number.POSITIVE_INFINITY
    const view = outgoing.peek(Math.min(open.planned - transaction.length, turn))
    if (view !== undefined) {
      const clean = this.#scan.clean(view)
      if (clean > 0) this.#port.writer.view(clean === view.length ? view : view.subarray(0, clean))
      outgoing.take(clean)
      transaction.length += clean
      this.#turnLeft -= clean
      this.#port.context.progress(transaction.session)
      // RFC 4975 §7.1: interrupt before the look-alike and go on with another transaction id
      if (clean < view.length) return this.#endChunk('+')
    }
    if (transaction.length === open.planned) this.#endChunk(outgoing.sent === outgoing.total ? '$' : '+')
  }

  #endChunk(flag: Flag): void {
    const { outgoing, transaction, head } = this.#open as OpenChunk
    const { writer, transactions } = this.#port
    this.#open = undefined
    writer.text(formatEndLine(transaction.tid, flag, true))
    writer.endMessage()
    transactions.end(transaction, writer.position)
    this.#port.trace(head, transaction.length, flag)
    if (flag === '$') {
      outgoing.on('last-chunk')
      this.remove(outgoing)
    }
    if (transaction.isEarly) outgoing.chunkAnswered(transaction.length, this.#port.context.now - transaction.begun)
  }

  #count(): void {
    const { budget } = this.#port.context.settings
    const counts = this.#ring.length > 0
    if (counts === this.#isCounted) return
    this.#isCounted = counts
    if (counts) budget?.enter()
    else budget?.leave()
  }

  /** Asks for blocks, in turns, while asked and unwritten octets are fewer than the window. */
  #ask(): void {
    const { writer, context } = this.#port
    const { window, blockSize } = windowOf(context.settings)
    const count = this.#ring.length
    if (count === 0) return
    let inFlight = writer.position - writer.written
    let hungry = 0
    for (const { outgoing } of this.#ring) {
      inFlight += outgoing.pending
      if (isHungry(outgoing)) hungry++
    }
    const share = shareOf(window, count, blockSize)
    while (inFlight < window && hungry > 0) {
      this.#askTurn %= count
      const outgoing = (this.#ring[this.#askTurn++] as { outgoing: Outgoing }).outgoing
      if (!isHungry(outgoing)) continue
      // Whoever has nothing gets one turn soon, so that nobody else goes on alone meanwhile (CON-18)
      const block = count > 1 && outgoing.pending === 0 ? Math.min(QUANTUM, share) : share
      const length = Math.min(block, outgoing.total - outgoing.asked)
      outgoing.ask(length)
      inFlight += length
      if (!isHungry(outgoing)) hungry--
    }
  }
}

/** Octets to ask for at once: large reads cost less, and what one turn writes is QUANTUM all the same. Several share half the window. */
function shareOf(window: number, count: number, blockSize: number): number {
  if (count === 1) return blockSize
  return Math.min(Math.max(Math.floor(window / (2 * count) / QUANTUM), 1) * QUANTUM, blockSize)
}

/** The window and the block of a connection, smaller where many share the budget of the process: a block is a quarter of the window then. */
function windowOf({ window, blockSize, budget }: Settings): { readonly window: number; readonly blockSize: number } {
  if (budget === undefined || budget.share >= window) return { window, blockSize }
  const block = 2 ** Math.floor(Math.log2(budget.share / 4))
  return { window: budget.share, blockSize: Math.min(blockSize, Math.max(QUANTUM, block)) }
}

function isHungry(outgoing: Outgoing): boolean {
  return outgoing.state === 'sending' && outgoing.asked < outgoing.total
}
