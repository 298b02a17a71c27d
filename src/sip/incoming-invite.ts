import { randomInteger } from '../wire/index.js'
import { responseTo } from './build-response.js'
import type { UserAgentCore } from './core.js'
import { Dialog } from './dialog.js'
import type { InviteRole, InviteUsage, UsageDetail, UsageTimer } from './invite-usage.js'
import type { InviteUsageAction } from './invite-usage-table.js'
import { ANSWER_TIME, RINGING_REPEAT } from './limits.js'
import type { SipResponse } from './message.js'
import { hasOptionTag } from './option-tags.js'
import type { ServerRequest } from './transaction-layer.js'
import type { ExtraHeaders } from './user-agent-types.js'

interface Reliable {
  readonly response: SipResponse
  readonly rseq: number
  interval: number
}

/** The side of the callee until the dialog is established: ringing, final response, CANCEL. */
export class IncomingInvite implements InviteRole {
  readonly tag: string
  /** Provisional response that waits for its PRACK (RFC 3262 §3). */
  #reliable: Reliable | undefined
  #acknowledgedRinging = false

  constructor(
    private readonly core: UserAgentCore,
    private readonly usage: InviteUsage,
    private readonly server: ServerRequest,
  ) {
    this.tag = core.token()
    usage.dialog = Dialog.ofRequest(server.request, this.tag, server.source)
    usage.directory.bind(usage.dialog, usage)
    usage.learn(server.request)
    usage.timers.start('answer', core.turn.now + ANSWER_TIME)
  }

  perform(action: InviteUsageAction, detail: UsageDetail): void {
    if (action === 'send 180') this.#ring()
    else if (action === 'send 2xx') this.#accept(detail)
    else if (action === 'send rejection') this.#reject(detail.status as number, detail)
    else if (action === 'send 480') this.#reject(480, {})
    else if (action === 'send 487') this.#reject(487, {})
    else if (action === 'send 504') this.#reject(504, {})
    else {
      // 'report cancelled'
      const { reason } = detail
      this.core.turn.event({ name: 'cancelled', id: this.usage.id, ...(reason !== undefined && { reason }) })
    }
  }

  timeout(timer: UsageTimer): void {
    if (timer === 'PRACK') this.usage.apply('no PRACK')
    else if (this.#reliable !== undefined && timer === '180 copy') this.#repeat(this.#reliable)
    else this.#ring()
  }

  #repeat(reliable: Reliable): void {
    reliable.interval *= 2
    this.server.respond(reliable.response)
    this.usage.timers.start('180 copy', this.core.turn.now + reliable.interval)
  }

  /** RFC 3262 §3: RAck names the RSeq and CSeq of the response it acknowledges. */
  prack(server: ServerRequest): void {
    const expected = this.#reliable === undefined ? undefined : `${this.#reliable.rseq} ${this.server.request.headers.get('cseq')}`
    const matches = expected !== undefined && sameWords(server.request.headers.get('rack') ?? '', expected)
    this.core.respond(server, matches ? 200 : 481)
    if (!matches) return
    this.#reliable = undefined
    this.#acknowledgedRinging = true
    this.usage.timers.stop('180 copy')
    this.usage.timers.stop('PRACK')
  }

  release(): void {}

  #ring(): void {
    const { core, usage, server } = this
    const reliable = hasOptionTag(server.request.headers, 'require', '100rel')
    // a reliable 180 that arrived needs no repetition
    if (reliable && (this.#reliable !== undefined || this.#acknowledgedRinging)) return
    const rseq = reliable ? randomInteger(core.random, 0x7fff_fffe) + 1 : 0
    const fields: ExtraHeaders = reliable
      ? [
          ['Require', '100rel'],
          ['RSeq', `${rseq}`],
        ]
      : []
    const response = responseTo(server.request, 180, {
      toTag: this.tag,
      headers: [...core.answerFields(server, false, usage.contact), ...fields],
    })
    server.respond(response)
    const { now } = core.turn
    // RFC 3261 §13.3.1: once a minute, so that proxies keep waiting
    usage.timers.start('180 again', now + RINGING_REPEAT)
    if (!reliable) return
    this.#reliable = { response, rseq, interval: core.limits.t1 }
    usage.timers.start('180 copy', now + core.limits.t1)
    usage.timers.start('PRACK', now + 64 * core.limits.t1)
  }

  #accept({ body, headers }: UsageDetail): void {
    const { core, usage, server } = this
    this.#stopTimers()
    usage.ownBody = body
    const response = responseTo(server.request, 200, {
      toTag: this.tag,
      headers: [...core.answerFields(server, false, usage.contact), ...usage.session.agreedByRequest(server.request), ...(headers ?? [])],
      ...(body !== undefined && { body }),
    })
    usage.runSessionTimer()
    usage.sendUntilAck(server, response)
  }

  #reject(status: number, { headers, reason }: UsageDetail): void {
    this.#stopTimers()
    this.core.respond(this.server, status, { toTag: this.tag, headers, reason })
  }

  #stopTimers(): void {
    this.#reliable = undefined
    for (const timer of ['answer', '180 again', '180 copy', 'PRACK'] as const) this.usage.timers.stop(timer)
  }
}

/** Equal up to white space between the words. */
function sameWords(a: string, b: string): boolean {
  const words = (text: string) => text.split(' ').filter(word => word !== '')
  return words(a).join(' ') === words(b).join(' ')
}
