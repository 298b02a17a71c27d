import { type Random, randomInteger, Timers } from '../wire/index.js'
import { KEEP_ALIVE } from './limits.js'
import type { NetworkTurn } from './turn.js'
import type { FlowId } from './user-agent-types.js'

interface Kept {
  /** Whether a missing answer to our ping means that the flow is dead. */
  answers: boolean
  /** Milliseconds between two pings at most, when the server named them. */
  interval: number | undefined
}

const PING = new Uint8Array([0x0d, 0x0a, 0x0d, 0x0a])
const PONG = new Uint8Array([0x0d, 0x0a])

/** Double CRLF on the flows that we opened, and what its answer or silence says about them (RFC 5626 §4.4.1, SIP-4). */
export class KeepAlive {
  readonly #flows = new Map<FlowId, Kept>()
  readonly #timers = new Timers()

  /** @param dead hears of a flow whose peer did not answer in time */
  constructor(
    private readonly turn: NetworkTurn,
    private readonly random: Random,
    private readonly dead: (flow: FlowId) => void,
  ) {}

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  /** A flow of ours is open. */
  start(flow: FlowId): void {
    this.#flows.set(flow, { answers: false, interval: undefined })
    this.#schedule(flow, undefined)
  }

  stop(flow: FlowId): void {
    this.#flows.delete(flow)
    this.#timers.stop(`ping/${flow}`)
    this.#timers.stop(`pong/${flow}`)
  }

  /**
   * The peer of this flow must answer from now on: a registrar (SIP-4).
   * @param flowTimer seconds of its Flow-Timer header field
   */
  expect(flow: FlowId, flowTimer: number | undefined): void {
    const kept = this.#flows.get(flow)
    if (kept === undefined) return
    kept.answers = true
    const { shortest, longest } = KEEP_ALIVE
    kept.interval = flowTimer === undefined ? undefined : Math.min(Math.max(flowTimer * 1000, shortest), longest)
    this.#schedule(flow, kept.interval)
  }

  /** Something came, so the peer lives; after a `pong` it is expected to answer the next pings too. */
  heard(flow: FlowId, pong: boolean): void {
    const kept = this.#flows.get(flow)
    if (kept !== undefined && pong) kept.answers = true
    this.#timers.stop(`pong/${flow}`)
  }

  /** CRLF CRLF came: answer with CRLF (RFC 5626 §4.4.1). */
  answer(flow: FlowId): void {
    this.turn.emit({ type: 'write', flow, bytes: PONG })
  }

  timeout(): void {
    for (const row of this.#timers.take(this.turn.now)) {
      const flow = row.slice('ping/'.length)
      const kept = this.#flows.get(flow)
      if (kept === undefined) continue
      if (row.startsWith('pong/')) this.dead(flow)
      else this.#ping(flow, kept)
    }
  }

  #ping(flow: FlowId, { answers, interval }: Kept): void {
    this.turn.emit({ type: 'write', flow, bytes: PING })
    const pong = `pong/${flow}`
    // pings may come faster than the answer has to
    if (answers && !this.#timers.has(pong)) this.#timers.start(pong, this.turn.now + KEEP_ALIVE.answer)
    this.#schedule(flow, interval)
  }

  /** RFC 5626 §4.4: 80 to 100 % of Flow-Timer; §4.4.1: the default. */
  #schedule(flow: FlowId, interval: number | undefined): void {
    const least = interval === undefined ? KEEP_ALIVE.least : interval * 0.8
    const most = interval ?? KEEP_ALIVE.most
    this.#timers.start(`ping/${flow}`, this.turn.now + least + randomInteger(this.random, most - least + 1))
  }
}
