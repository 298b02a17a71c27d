import { follow, type Table } from '../wire/index.js'
import { cancelOf } from './ack.js'
import type { BranchOutcome } from './best-response.js'
import type { OpenFlow } from './flows.js'
import { type Hop, isUnreachable } from './hop.js'
import { RINGING_LIMIT, UDP_REQUEST_BYTES } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { OwnTimers } from './own-timers.js'
import {
  PROXY_BRANCH_TABLE,
  PROXY_INVITE_BRANCH_TABLE,
  type ProxyBranchAction,
  type ProxyBranchEvent,
  type ProxyBranchState,
} from './proxy-branch-table.js'
import type { ProxyCore } from './proxy-core.js'
import type { ClientTransaction, ClientUser } from './transaction-layer.js'
import { parseSipUri } from './uri.js'
import type { FlowId } from './user-agent-types.js'

/** Where a branch goes and what is sent there. */
export interface BranchPlan {
  readonly method: string
  /** URI that tells the next hop (RFC 3261 §16.6 step 7). */
  readonly nextHop: string
  readonly flow?: FlowId | undefined
  /** Whether the flow may be replaced by where `nextHop` leads once it is gone. */
  readonly otherwise?: boolean
  /** The request as it leaves over this flow, Via and all. */
  readonly build: (flow: OpenFlow) => SipRequest
}

/** The response context of a branch. */
export interface BranchOwner {
  provisional(response: SipResponse): void
  /** 2xx, perhaps for the second time. */
  success(branch: ProxyBranch, response: SipResponse): void
  failure(branch: ProxyBranch, outcome: BranchOutcome): void
}

/** A server to try; `anySize` when a long request may go there in a datagram. */
interface Attempt {
  readonly hop: Hop
  readonly anySize?: true
}

/** One copy of a request on its way to one target, with its servers one after the other (RFC 3263 §4.3). */
export class ProxyBranch implements ClientUser {
  #state: ProxyBranchState = 'opening'
  readonly #table: Table<ProxyBranchState, ProxyBranchEvent, ProxyBranchAction>
  readonly #timers: OwnTimers<'C' | 'cancel'>
  /** Still to be tried; the first is the one under way. */
  #servers: readonly Attempt[] = []
  #request: SipRequest | undefined
  #flow: FlowId | undefined
  #transaction: ClientTransaction | undefined
  #reason: string | undefined
  /** Counts attempts, so that one that opens too late is known as such. */
  #attempt = 0

  constructor(
    private readonly core: ProxyCore,
    private readonly plan: BranchPlan,
    private readonly owner: BranchOwner,
  ) {
    this.#table = plan.method === 'INVITE' ? PROXY_INVITE_BRANCH_TABLE : PROXY_BRANCH_TABLE
    this.#timers = new OwnTimers(core.delays, timer => this.#handle(timer === 'C' ? 'timer C' : 'timer cancel'))
  }

  start(): void {
    const { flow, nextHop, otherwise } = this.plan
    const kept = flow === undefined ? undefined : this.core.flows.leads(flow)
    if (kept !== undefined) return this.#tryAll([{ hop: kept, anySize: true }])
    const hop = flow === undefined || otherwise === true ? this.core.hop(nextHop) : undefined
    // RFC 5626 §5.3.1: the flow is gone and nothing else leads there
    if (hop === undefined) return this.#fail({ status: flow === undefined ? unroutable(nextHop) : 430 })
    this.core.resolver.resolve(hop, servers => {
      if (this.#state === 'opening') this.#tryAll(servers.map(server => ({ hop: server })))
    })
  }

  /** @param reason value of Reason for the CANCEL (RFC 3326) */
  withdraw(reason: string | undefined): void {
    this.#reason = reason
    this.#handle('withdraw')
  }

  response(response: SipResponse): void {
    const { status } = response
    if (status < 200) return status === 100 ? this.#heard(response) : this.#handle('1xx', { status, response })
    if (status < 300) return this.#handle('2xx', { status, response })
    // RFC 3263 §4.3
    if (status !== 503 || !this.#failOver()) this.#fail({ status, response })
  }

  failed(cause: 'timeout' | 'transport'): void {
    // RFC 3261 §16.8, §16.9: silence is 408, a broken transport 503
    if (!this.#failOver()) this.#fail({ status: cause === 'timeout' ? 408 : 503 })
  }

  /** 100 goes no further and does not put timer C off (RFC 3261 §16.7 step 2); it lets a CANCEL go. */
  #heard(response: SipResponse): void {
    if (this.#state === 'withdrawn' || this.#state === 'calling') this.#handle('1xx', { status: 100, response })
  }

  #fail(outcome: BranchOutcome): void {
    this.#handle('3xx-6xx', outcome)
  }

  /** @returns false when there is no other server, or none is wanted */
  #failOver(): boolean {
    const [failed, ...others] = this.#servers
    if (failed === undefined || others.length === 0 || follow(this.#table, this.#state, 'next server') === undefined) return false
    this.core.resolver.demote(failed.hop)
    this.#servers = others
    this.#handle('next server')
    return true
  }

  #handle(event: ProxyBranchEvent, outcome?: BranchOutcome): void {
    const arrow = follow(this.#table, this.#state, event)
    if (arrow === undefined) return
    this.#state = arrow.to
    for (const action of arrow.do) this.#act(action, outcome)
  }

  #act(action: ProxyBranchAction, outcome: BranchOutcome | undefined): void {
    const { core, owner } = this
    switch (action) {
      case 'try':
        return this.#try()
      case 'start C':
        return this.#timers.start('C', core.turn.now + (core.options.ringLimit ?? RINGING_LIMIT))
      case 'start cancel':
        return this.#timers.start('cancel', core.turn.now + 64 * core.limits.t1)
      case 'stop C':
        return this.#timers.stop('C')
      case 'stop cancel':
        return this.#timers.stop('cancel')
      case 'send CANCEL':
        return this.#sendCancel()
      case 'forget':
        return this.#transaction?.stop()
      case 'pass':
        if (outcome?.response !== undefined && outcome.status > 100) owner.provisional(outcome.response)
        return
      case 'report':
        return this.#report(outcome as BranchOutcome)
      default:
        owner.failure(this, { status: action === 'report 408' ? 408 : 487 })
    }
  }

  #report(outcome: BranchOutcome): void {
    if (outcome.status < 300) this.owner.success(this, outcome.response as SipResponse)
    else this.owner.failure(this, outcome)
  }

  #tryAll(servers: readonly Attempt[]): void {
    this.#servers = servers
    this.#try()
  }

  #try(): void {
    const [server] = this.#servers
    if (server === undefined) return this.#fail({ status: 503 })
    const attempt = ++this.#attempt
    this.core.flows.use(
      server.hop,
      flow => {
        if (attempt === this.#attempt && this.#state === 'opening') this.#send(server, flow)
      },
      () => {
        if (attempt === this.#attempt && this.#state === 'opening') this.failed('transport')
      },
    )
  }

  #send({ hop, anySize }: Attempt, flow: OpenFlow): void {
    const { core, plan } = this
    const request = plan.build(flow)
    // RFC 3261 §18.1.1: what may not fit a datagram goes over TCP, and over UDP where there is none; a flow of the peer's own has no other way
    if (hop.transport === 'udp' && anySize !== true && core.encode(request).length > UDP_REQUEST_BYTES) {
      const [, ...others] = this.#servers
      return this.#tryAll([{ hop: { transport: 'tcp', remote: hop.remote } }, { hop, anySize: true }, ...others])
    }
    this.#request = request
    this.#flow = flow.flow
    this.#handle('sent')
    this.#transaction = core.layer.request(request, flow.flow, this)
  }

  /** RFC 3261 §9.1: travels exactly where the request went. */
  #sendCancel(): void {
    const cancel = cancelOf(this.#request as SipRequest, this.#reason)
    this.core.layer.request(cancel, this.#flow as FlowId, { response: () => {}, failed: () => {} })
  }
}

/** A place that no transport of ours leads to. */
function unroutable(uri: string): number {
  const parsed = parseSipUri(uri)
  return parsed !== undefined && parsed.scheme !== 'tel' && isUnreachable(parsed.host) ? 480 : 404
}
