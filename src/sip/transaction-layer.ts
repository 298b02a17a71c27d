import { sooner, TimerHeap } from '../wire/index.js'
import { cseqOf, sequenceOf } from './cseq.js'
import { encodeMessage } from './encode-message.js'
import { type FinishedTransaction, FinishedTransactions } from './finished-transactions.js'
import type { Flows, Source } from './flows.js'
import { isReliable, sameAddress } from './hop.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { tagIn } from './name-address.js'
import { PassingMap } from './passing-map.js'
import { ackForFailure } from './ack.js'
import type { TextCodec } from './text-codec.js'
import { type RunningTimer, Transaction } from './transaction.js'
import type { NetworkTurn } from './turn.js'
import type { Address, FlowId, SipLimits } from './user-agent-types.js'
import { responseAddress, topVia, type Via } from './via.js'

/** Who sent a request through a client transaction and hears how it ends. */
export interface ClientUser {
  response(response: SipResponse, source: Source): void
  failed(cause: 'timeout' | 'transport'): void
}

/** A request of the peer with its server transaction. */
export interface ServerRequest {
  readonly request: SipRequest
  readonly source: Source
  /** RFC 3261 §8.2.2.2: the same request came before over another path. */
  readonly merged: boolean
  /**
   * @param once a failure that is the first answer to an INVITE is not repeated by itself, only for each copy of the request
   * @returns false when the transaction is past this response; nothing is sent then
   */
  respond(response: SipResponse, once?: boolean): boolean
  /** Forgets the transaction without any response: a non-INVITE that nobody answered in time gets none (RFC 4320 §4.2). */
  drop(): void
  /** Set by whoever answers an INVITE: hears of the CANCEL that comes before the final response. */
  cancelled?: (cancel: SipRequest) => void
}

/** Whom the layer tells about requests; responses go to the `ClientUser` of their transaction. */
export interface TransactionUser {
  /** It passes requests on and so does not look at `merged`, which costs each request something. */
  readonly ignoresMerged?: true
  request(request: ServerRequest): void
  /** `invite` is absent when no INVITE transaction matches, and `answered` when it has its final response. */
  cancel(cancel: ServerRequest, invite: ServerRequest | 'answered' | undefined): void
  /** ACK to a 2xx, which belongs to a dialog (RFC 3261 §17). */
  ack(request: SipRequest, source: Source): void
  /** No room for another server transaction. */
  overloaded(request: SipRequest, source: Source): void
}

interface ClientRecord {
  readonly machine: Transaction
  readonly flow: FlowId
  request: SipRequest | undefined
  bytes: Uint8Array | undefined
  ack: Uint8Array | undefined
  user: ClientUser | undefined
}

interface ServerRecord {
  readonly machine: Transaction
  readonly source: Source
  /** Where responses go when the connection of the request is gone. */
  readonly back: Address
  readonly mergeKey: string | undefined
  /** It is among those that its peer has under way; otherwise it is over. */
  counted: boolean
  /** An INVITE, for CANCEL. With its final response the request goes, else it would stay as long as the transaction: half a minute. */
  invite: ServerRequest | 'answered' | undefined
  response: Uint8Array | undefined
}

/** RFC 3261 §8.1.1.7 */
export const MAGIC_COOKIE = 'z9hG4bK'

/** Client and server transactions of one user agent: matching (RFC 3261 §17.1.3, §17.2.3), copies, timers. */
export class TransactionLayer {
  readonly #clients = new PassingMap<string, ClientRecord>()
  readonly #servers = new Map<string, ServerRecord>()
  readonly #merging = new Map<string, string>()
  /** Server transactions that are over and remembered for copies of their requests. Of a reliable transport their keys, oldest first. */
  readonly #overReliable = new Set<string>()
  #overUnreliable = 0
  /** More of them, which need no machine any more. */
  readonly #finished = new FinishedTransactions()
  /** Server transactions under way by the host they came from. */
  readonly #load = new Map<string, number>()
  readonly #timers = new TimerHeap<RunningTimer>()

  constructor(
    private readonly turn: NetworkTurn,
    private readonly limits: SipLimits,
    private readonly flows: Flows,
    private readonly user: TransactionUser,
    private readonly text?: TextCodec,
  ) {}

  get deadline(): number | undefined {
    return sooner(this.#timers.deadline, this.#finished.deadline)
  }

  /** A request of ours has no final answer yet. */
  get awaitsAnswers(): boolean {
    // an INVITE that was accepted keeps its user for more answers, which need not come
    return this.#clients.values().some(({ user, machine }) => user !== undefined && machine.state !== 'accepted')
  }

  /** Living client and server transactions, and hosts that have some under way. */
  get size(): number {
    return this.#clients.size + this.#servers.size + this.#finished.size + this.#load.size
  }

  timeout(): void {
    for (const { timer, transaction } of this.#timers.take(this.turn.now)) {
      const event = `timer ${timer}`
      const { key } = transaction
      const client = this.#clients.get(key)
      const server = this.#servers.get(key)
      if (client !== undefined) this.#stepClient(client, event)
      else if (server !== undefined) this.#stepServer(key, server, event)
    }
    for (const finished of this.#finished.take(this.turn.now)) this.#forgetMergeKey(finished)
  }

  /** Sends `request`, whose top Via carries a branch of its own, over an open flow. */
  request(request: SipRequest, flow: FlowId, user: ClientUser): ClientTransaction {
    const via = topVia(request) as Via
    const kind = request.method === 'INVITE' ? 'invite client' : 'non-invite client'
    const key = clientKey(via.branch as string, request.method)
    const reliable = isReliable(via.transport.toLowerCase() as 'udp')
    const machine = new Transaction(kind, key, reliable, this.limits, this.#timers)
    const record: ClientRecord = { machine, flow, request, bytes: encodeMessage(request, this.text), ack: undefined, user }
    this.#clients.set(key, record)
    machine.start(this.turn.now)
    this.flows.send(flow, record.bytes as Uint8Array)
    return { stop: () => this.#stopClient(record) }
  }

  receive(message: SipMessage, source: Source): void {
    if (message.kind === 'response') this.#receiveResponse(message, source)
    else this.#receiveRequest(message, source)
  }

  /** The flow is gone: whoever waits for something on it hears of it. */
  flowClosed(flow: FlowId): void {
    for (const record of this.#clients.values()) if (record.flow === flow) this.#stepClient(record, 'transport error')
    for (const [key, record] of [...this.#servers]) if (record.source.flow === flow) this.#stepServer(key, record, 'transport error')
    for (const finished of this.#finished.takeFrom(flow)) this.#forgetMergeKey(finished)
  }

  #receiveResponse(response: SipResponse, source: Source): void {
    const branch = topVia(response)?.branch
    const method = cseqOf(response)?.method
    if (branch === undefined || method === undefined) return
    const record = this.#clients.get(clientKey(branch, method))
    if (record !== undefined) this.#stepClient(record, classOf(response.status), response, source)
  }

  #stepClient(record: ClientRecord, event: string, response?: SipResponse, source?: Source): void {
    const work = record.machine.handle(event, this.turn.now)
    if (work === undefined) return
    const { user, request } = record
    if (record.machine.state === 'completed' || record.machine.state === 'terminated') {
      if (record.ack === undefined && request !== undefined && response !== undefined && work.includes('send ACK'))
        record.ack = encodeMessage(ackForFailure(request, response), this.text)
      record.request = undefined
      record.bytes = undefined
      record.user = undefined
    }
    if (record.machine.terminated) this.#clients.delete(record.machine.key)
    for (const item of work) {
      if (item === 'send request') this.flows.send(record.flow, record.bytes as Uint8Array)
      else if (item === 'send ACK') this.flows.send(record.flow, record.ack as Uint8Array)
      else if (item === 'report') user?.response(response as SipResponse, source as Source)
      else if (item === 'report timeout') user?.failed('timeout')
      else user?.failed('transport')
    }
  }

  #stopClient(record: ClientRecord): void {
    record.machine.stop()
    this.#clients.delete(record.machine.key)
  }

  #receiveRequest(request: SipRequest, source: Source): void {
    // the receiver has refused a request without Via
    const via = topVia(request) as Via
    const { method } = request
    const key = serverKey(request, via, method === 'ACK' ? 'INVITE' : method)
    const record = this.#servers.get(key)
    const finished = record === undefined ? this.#finished.get(key) : undefined
    if (finished !== undefined) this.flows.respond(finished.source, finished.back, finished.response)
    else if (method === 'ACK') {
      const work = record === undefined ? undefined : this.#stepServer(record.machine.key, record, 'ACK')
      if (record === undefined || work?.includes('report ACK')) this.user.ack(request, source)
    } else if (record !== undefined) this.#stepServer(record.machine.key, record, 'request')
    else if (!this.#hasRoom(source)) this.user.overloaded(request, source)
    else this.#newServer(key, request, source, via)
  }

  /** Only work under way counts as load. Of what is over, the oldest that can have no copies any more makes room (RFC 3261 §17.1.1.2). */
  #hasRoom({ remote }: Source): boolean {
    // one host that floods leaves room for others
    if ((this.#load.get(remote.host) ?? 0) >= (this.limits.perSource ?? Number.POSITIVE_INFINITY)) return false
    const over = this.#overReliable.size + this.#overUnreliable
    if (this.#servers.size - over >= this.limits.transactions) return false
    if (over + this.#finished.size < this.limits.finishedTransactions) return true
    for (const key of this.#overReliable) {
      const record = this.#servers.get(key) as ServerRecord
      record.machine.stop()
      this.#forgetServer(key, record)
      return true
    }
    return false
  }

  #newServer(key: string, request: SipRequest, source: Source, via: Via): void {
    const { method } = request
    const mergeKey = method === 'CANCEL' || this.user.ignoresMerged === true ? undefined : mergeKeyOf(request)
    const merged = mergeKey !== undefined && this.#merging.has(mergeKey)
    const back = responseAddress(via)
    const kind = method === 'INVITE' ? 'invite server' : 'non-invite server'
    const machine = new Transaction(kind, key, isReliable(source.transport), this.limits, this.#timers)
    const record: ServerRecord = {
      machine,
      source,
      // nearly always where it came from, and then no object of its own
      back: sameAddress(back, source.remote) ? source.remote : back,
      mergeKey: merged ? undefined : mergeKey,
      counted: true,
      invite: undefined,
      response: undefined,
    }
    this.#servers.set(key, record)
    this.#load.set(source.remote.host, (this.#load.get(source.remote.host) ?? 0) + 1)
    if (record.mergeKey !== undefined) this.#merging.set(record.mergeKey, key)
    machine.start(this.turn.now)
    const server: ServerRequest = {
      request,
      source,
      merged,
      respond: (response, once) => this.#respond(key, record, response, once),
      drop: () => this.#dropServer(key, record),
    }
    if (method === 'INVITE') record.invite = server
    if (method === 'CANCEL') this.user.cancel(server, this.#servers.get(serverKey(request, via, 'INVITE'))?.invite)
    else this.user.request(server)
  }

  #respond(key: string, record: ServerRecord, response: SipResponse, once = false): boolean {
    const bytes = encodeMessage(response, this.text)
    const before = record.response
    record.response = bytes
    const isRefusal = once && before === undefined && response.status >= 300 && record.invite !== undefined
    const work = this.#stepServer(key, record, isRefusal ? 'refuse' : `send ${classOf(response.status)}`)
    if (work === undefined) record.response = before
    else if (response.status >= 200 && record.invite !== undefined) record.invite = 'answered'
    // its copies come from the transaction user, and half a minute is long
    if (record.machine.state === 'accepted') record.response = undefined
    if (record.machine.state === 'completed' && record.machine.kind === 'non-invite server') this.#finish(key, record, bytes)
    return work !== undefined
  }

  /** Of a non-INVITE only its response is left to be kept, until timer J: over a reliable transport that has fired already. */
  #finish(key: string, record: ServerRecord, response: Uint8Array): void {
    const { machine, source, back, mergeKey } = record
    machine.stop()
    this.#servers.delete(key)
    this.#overUnreliable--
    this.#finished.add({ key, source, back, response, mergeKey }, this.turn.now + 64 * this.limits.t1)
  }

  #forgetMergeKey({ mergeKey }: Pick<FinishedTransaction, 'mergeKey'>): void {
    if (mergeKey !== undefined) this.#merging.delete(mergeKey)
  }

  #dropServer(key: string, record: ServerRecord): void {
    record.machine.stop()
    this.#forgetServer(key, record)
  }

  #stepServer(key: string, record: ServerRecord, event: string): readonly string[] | undefined {
    const work = record.machine.handle(event, this.turn.now)
    if (work?.includes('send response') && record.response !== undefined) this.flows.respond(record.source, record.back, record.response)
    if (record.machine.terminated) this.#forgetServer(key, record)
    else if (record.counted && isOver(record.machine)) {
      this.#uncount(record)
      if (record.machine.reliable) this.#overReliable.add(key)
      else this.#overUnreliable++
    }
    return work
  }

  #uncount(record: ServerRecord): void {
    record.counted = false
    const { host } = record.source.remote
    const left = (this.#load.get(host) as number) - 1
    if (left === 0) this.#load.delete(host)
    else this.#load.set(host, left)
  }

  #forgetServer(key: string, record: ServerRecord): void {
    // a late answer to one that is gone already, whose key another may have by now
    if (this.#servers.get(key) !== record) return
    this.#servers.delete(key)
    if (record.counted) this.#uncount(record)
    else if (record.machine.reliable) this.#overReliable.delete(key)
    else this.#overUnreliable--
    this.#forgetMergeKey(record)
  }
}

/** Whether a server transaction has done its work and only absorbs copies until its last timer. */
function isOver({ kind, state }: Transaction): boolean {
  return state === 'accepted' || state === 'confirmed' || (state === 'completed' && kind === 'non-invite server')
}

/** Hold on a running client transaction. */
export interface ClientTransaction {
  /** Forgets the transaction; its user hears nothing more (RFC 3261 §9.1: an INVITE whose CANCEL had no effect). */
  stop(): void
}

function classOf(status: number): '1xx' | '2xx' | '3xx-6xx' {
  return status < 200 ? '1xx' : status < 300 ? '2xx' : '3xx-6xx'
}

/** RFC 3261 §17.1.3 */
function clientKey(branch: string, method: string): string {
  return `client ${branch} ${method}`
}

/**
 * RFC 3261 §17.2.3, with the matching of RFC 2543 for branches without the cookie.
 * Joined, not written as a template: engines make that of pieces which keep the text of the whole message, as long as the transaction lives.
 */
function serverKey(request: SipRequest, via: Via, method: string): string {
  const sentBy = `${via.host.toLowerCase()}:${via.port ?? ''}`
  if (via.branch?.startsWith(MAGIC_COOKIE)) return ['server', via.branch, sentBy, method].join(' ')
  const { headers } = request
  const number = sequenceOf(request)
  const fromTag = tagIn(headers, 'from') ?? ''
  return ['server2543', headers.get('call-id'), fromTag, number, sentBy, via.branch ?? '', request.uri, method].join(' ')
}

/** RFC 3261 §8.2.2.2: without a To tag, and From tag, Call-ID and CSeq tell whether it is the same request. */
function mergeKeyOf(request: SipRequest): string | undefined {
  const { headers } = request
  if (tagIn(headers, 'to') !== undefined) return undefined
  return [headers.get('call-id'), tagIn(headers, 'from') ?? '', headers.get('cseq')].join(' ')
}
