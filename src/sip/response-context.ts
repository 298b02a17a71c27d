import { addChallenges, bestOutcome, type BranchOutcome, isChallenge } from './best-response.js'
import { splitList } from './header-list.js'
import { OVERLOAD_WAIT, PROXY_BRANCHES } from './limits.js'
import type { SipResponse } from './message.js'
import { forwardedRequest, type ForwardPlan, wayOf } from './forwarded-request.js'
import { ProxyBranch, type BranchOwner } from './proxy-branch.js'
import type { ProxyCore } from './proxy-core.js'
import type { ProxyTarget } from './proxy-types.js'
import { reasonPhrase } from './reason-phrase.js'
import { formatReason } from './reason.js'
import type { ServerRequest } from './transaction-layer.js'

/** One received request, the copies of it that are under way, and which of their responses goes back (RFC 3261 §16.7). */
export class ResponseContext implements BranchOwner {
  /** Targets not tried yet; those of one list are tried together. */
  readonly #waiting: ProxyTarget[][]
  /** Branches without final response and their shares of the breadth (RFC 5393 §5.3.3). */
  readonly #running = new Map<ProxyBranch, number>()
  readonly #outcomes: BranchOutcome[] = []
  #breadth: number
  #cancelled = false
  #finished = false
  #starting = false

  /** @param finished hears once of the final response, or of 408 when there is none to be sent; @param trying whether 100 is due */
  constructor(
    private readonly core: ProxyCore,
    private readonly server: ServerRequest,
    private readonly plan: ForwardPlan,
    private readonly finished: (status: number) => void,
    private readonly trying = false,
  ) {
    this.#breadth = plan.breadth
    this.#waiting = plan.groups.map(group => [...group])
  }

  start(): void {
    const { core, server, plan } = this
    server.cancelled = cancel => this.cancel(cancel.headers.getAll('reason').join(', ') || undefined)
    if (core.branches + plan.groups.length > PROXY_BRANCHES) this.#refuse(503, [['Retry-After', `${OVERLOAD_WAIT}`]])
    // RFC 5393 §5.3.3
    else if (plan.breadth < 1) this.#refuse(440)
    // RFC 3261 §16.5
    else if (plan.groups.length === 0) this.#refuse(480)
    else {
      // not before a refusal of ours, which then need not be repeated
      if (this.trying) core.respond(server, 100)
      this.#goOn()
    }
  }

  /** The caller took the request back (RFC 3261 §16.10). */
  cancel(reason: string | undefined): void {
    this.#cancelled = true
    this.#close(reason)
    this.#goOn()
  }

  provisional(response: SipResponse): void {
    if (!this.#finished && withoutOurVia(response)) this.server.respond(response)
  }

  success(branch: ProxyBranch, response: SipResponse): void {
    this.#ended(branch)
    const first = !this.#finished
    // RFC 3261 §16.7 step 5: every 2xx to an INVITE goes back; the branches of other requests are forgotten with the first
    // one that can go nowhere is of no use to the caller
    if (!withoutOurVia(response)) return this.failure(branch, { status: 502 })
    this.#finished = true
    this.server.respond(response)
    this.#close(ELSEWHERE)
    if (first) this.finished(response.status)
  }

  failure(branch: ProxyBranch, outcome: BranchOutcome): void {
    this.#ended(branch)
    if (this.#finished) return
    const { status, response } = outcome
    this.#outcomes.push(response !== undefined && withoutOurVia(response) ? outcome : { status })
    // RFC 3261 §16.7 step 5: it goes back once the others have ended
    if (status >= 600) this.#close(formatReason({ protocol: 'SIP', cause: status, text: reasonPhrase(status) }))
    this.#goOn()
  }

  /** No further target is tried, and what is under way is taken back. */
  #close(reason: string | undefined): void {
    this.#waiting.length = 0
    for (const branch of [...this.#running.keys()]) branch.withdraw(reason)
  }

  #ended(branch: ProxyBranch): void {
    const share = this.#running.get(branch)
    if (share === undefined) return
    this.#running.delete(branch)
    this.core.branches--
    this.#breadth += share
  }

  #goOn(): void {
    if (this.#starting || this.#finished) return
    this.#starting = true
    while (this.#startNext());
    this.#starting = false
    if (!this.#finished && this.#running.size === 0) this.#finish()
  }

  /** @returns false when nothing can be started now */
  #startNext(): boolean {
    const [group] = this.#waiting
    if (group === undefined || this.#breadth === 0) return false
    const target = group.shift()
    if (target === undefined) {
      // RFC 3261 §16.6: the next ones are tried when these have failed
      if (this.#running.size > 0) return false
      this.#waiting.shift()
      return true
    }
    if (target.onlyAfter !== undefined && !this.#outcomes.every(({ status }) => target.onlyAfter?.includes(status))) return true
    const share = Math.max(1, Math.floor(this.#breadth / (group.length + 1)))
    this.#breadth -= share
    const { core, plan } = this
    const way = wayOf(core, plan, target)
    const { method } = plan.request
    const branch = new ProxyBranch(core, { ...way, method, build: flow => forwardedRequest(core, plan, way, flow, share) }, this)
    this.#running.set(branch, share)
    core.branches++
    branch.start()
    return true
  }

  #refuse(status: number, headers: readonly (readonly [string, string])[] = []): void {
    this.#finished = true
    this.core.respond(this.server, status, { headers, once: true })
    this.finished(status)
  }

  #finish(): void {
    this.#finished = true
    if (this.#cancelled) this.#outcomes.push({ status: 487 })
    const best = bestOutcome(this.#outcomes)
    const status = this.#statusUpstream(best.status)
    const silent = status === 408 && this.plan.request.method !== 'INVITE'
    // RFC 4320 §4.2: nobody waits for it any more
    if (silent) this.server.drop()
    else if (best.response === undefined) this.core.respond(this.server, status)
    else this.#sendBest(best.response, status)
    this.finished(status)
  }

  #sendBest(response: SipResponse, status: number): void {
    if (isChallenge(status)) addChallenges(response, this.#outcomes)
    if (status === response.status) return void this.server.respond(response)
    response.headers.delete('Retry-After')
    this.server.respond({ ...response, status, reason: reasonPhrase(status) })
  }

  #statusUpstream(status: number): number {
    // RFC 3261 §16.7 step 6: others may be fine
    if (status === 503) return 500
    // RFC 5626 §5.3: 430 is for the proxy that knows the other flows, and that is us unless the request came by Path
    return status === 430 && !this.plan.byPath ? 480 : status
  }
}

/** Takes our Via off. @returns false when no other is left, so that the response can go nowhere (RFC 3261 §16.7 step 3) */
function withoutOurVia({ headers }: SipResponse): boolean {
  const [, ...others] = splitList(headers.get('via') as string)
  if (others.length > 0) headers.setFirst('Via', others.join(', '))
  else headers.deleteFirst('Via')
  return headers.has('via')
}

/** RCS-11 */
const ELSEWHERE = formatReason({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })
