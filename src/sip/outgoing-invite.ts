import { bodyOf } from './body.js'
import { buildRequest } from './build-request.js'
import type { UserAgentCore } from './core.js'
import { sequenceOf } from './cseq.js'
import { Dialog } from './dialog.js'
import { type Again, Exchange, type ExchangeFailure } from './exchange.js'
import type { OpenFlow, Source } from './flows.js'
import type { InviteRole, InviteUsage, UsageDetail } from './invite-usage.js'
import type { InviteUsageAction } from './invite-usage-table.js'
import { protectedBy } from './hop.js'
import { CORRECTIONS, EARLY_DIALOGS, FINAL_RESPONSE_TIME } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { tagIn } from './name-address.js'
import { hasOptionTag } from './option-tags.js'
import { Recovery } from './recovery.js'
import { asksForSips } from './sips.js'
import type { ServerRequest } from './transaction-layer.js'
import type { Body, ExtraHeaders, UserAgentCommand } from './user-agent-types.js'

type InviteCommand = Extract<UserAgentCommand, { name: 'invite' }>

/** One of the dialogs a forked INVITE may make (SIP-14). */
interface Fork {
  dialog: Dialog
  /** RSeq of the last reliable provisional response (RFC 3262 §4). */
  rseq?: number
  /** Answer that came with one. */
  answer?: Body
  /** Sends the ACK once more. */
  ack?: () => void
}

/** The side of the caller until the dialog is established: INVITE, provisional responses, forks, CANCEL. */
export class OutgoingInvite implements InviteRole {
  readonly #tag: string
  readonly #callId: string
  #sequence = 0
  #tooSmall = 0
  #cancelReason: string | undefined
  readonly #forks = new Map<string, Fork>()
  readonly #recovery: Recovery
  readonly #exchange: Exchange

  constructor(
    private readonly core: UserAgentCore,
    private readonly usage: InviteUsage,
    private readonly command: InviteCommand,
  ) {
    this.#tag = core.token()
    this.#callId = core.token()
    this.#recovery = new Recovery(core, command.to)
    this.#exchange = new Exchange(core, {
      hop: () => core.hop(core.routing(this.#recovery.target).nextHop),
      sequence: () => this.#nextSequence(),
      build: (flow, sequence) => this.#build(flow, sequence),
      provisional: (response, source) => this.#provisional(response, source),
      final: (response, source) => this.#final(response, source),
      failed: (cause, response) => this.#failed(cause, response),
      wanted: () => this.#wanted,
    })
  }

  start(): void {
    this.#exchange.start()
  }

  /** The application gave up; `reason` goes into CANCEL or BYE. */
  withdraw(reason: string | undefined): void {
    this.#cancelReason = reason
    this.usage.apply('withdraw', { reason })
    const { state } = this.usage
    // nothing is on its way, so there is nothing to cancel
    if ((state !== 'withdrawn' && state !== 'cancelling') || this.#exchange.onWire) return
    this.#exchange.drop()
    this.usage.apply('failure')
  }

  perform(action: InviteUsageAction, { response, source, cause, body }: UsageDetail): void {
    const { usage } = this
    const { turn } = this.core
    if (action === 'send CANCEL') {
      usage.timers.stop('final response')
      const { onWire } = this.#exchange
      usage.timers.start('CANCEL', turn.now + (onWire ? 64 * this.core.limits.t1 : 0))
      // RFC 3261 §9.1: a request that has its final response is past cancelling
      if (onWire) this.#exchange.cancel(this.#cancelReason)
    } else if (action === 'forget INVITE') this.#exchange.drop()
    else if (action === 'report provisional' && response !== undefined && response.status > 100)
      turn.event({ name: 'provisional', id: usage.id, status: response.status, response })
    else if (action === 'report rejected') {
      const known = response === undefined ? {} : { status: response.status, response }
      turn.event({ name: 'rejected', id: usage.id, cause: cause ?? 'response', ...known })
    } else if (action === 'report established' && response !== undefined && source !== undefined) {
      usage.timers.stop('final response')
      usage.ownBody = this.command.body
      usage.session.agreedByResponse(response)
      usage.runSessionTimer()
      turn.event({ name: 'established', id: usage.id, body, response, remote: source.remote, ...protectedBy(source.transport) })
    }
  }

  prack(server: ServerRequest): void {
    this.core.respond(server, 481)
  }

  earlyDialog(request: SipRequest): Dialog | undefined {
    return this.#forks.get(tagIn(request.headers, 'from') as string)?.dialog
  }

  release(): void {
    for (const fork of this.#forks.values()) this.usage.directory.unbind(fork.dialog)
    // forks stay known to late 2xx responses, which only the exchange delivers
  }

  #build(flow: OpenFlow, sequence: number): SipRequest {
    const { core, command } = this
    const { requestUri: uri, routes } = core.routing(this.#recovery.target)
    const extras = command.headers ?? []
    const from = extras.find(([name]) => name.toLowerCase() === 'from')?.[1]
    const request = buildRequest({
      method: 'INVITE',
      uri,
      routes,
      from: core.localIdentity(this.#tag, from),
      to: `<${command.to}>`,
      callId: this.#callId,
      sequence,
      fields: [
        ['Contact', core.contact(flow, asksForSips(uri, routes), this.usage.contact)],
        ...extras.filter(([name]) => name.toLowerCase() !== 'from'),
        ...this.usage.session.requestFields(),
        ...withoutNamed(core.capabilities(true), extras),
      ],
      body: command.body,
    })
    return this.#recovery.without(request)
  }

  /** Every attempt has forks and a limit of its own. */
  #nextSequence(): number {
    for (const fork of this.#forks.values()) this.usage.directory.unbind(fork.dialog)
    this.#forks.clear()
    this.usage.timers.start('final response', this.core.turn.now + FINAL_RESPONSE_TIME)
    return ++this.#sequence
  }

  #provisional(response: SipResponse, source: Source): void {
    const fork = response.status > 100 ? this.#early(response, source) : undefined
    if (fork !== undefined && hasOptionTag(response.headers, 'require', '100rel') && !this.#reliable(fork, response)) return
    this.usage.learn(response)
    this.usage.apply('provisional', { response, source })
  }

  #early(response: SipResponse, source: Source): Fork | undefined {
    const tag = tagIn(response.headers, 'to')
    if (tag === undefined) return undefined
    const known = this.#forks.get(tag)
    if (known !== undefined || this.#forks.size >= EARLY_DIALOGS) return known
    const fork: Fork = { dialog: Dialog.ofResponse(this.#sent, response, source) }
    this.#forks.set(tag, fork)
    this.usage.directory.bind(fork.dialog, this.usage)
    return fork
  }

  /** PRACK for a provisional response that is next in order (RFC 3262 §4). @returns false for a copy or one out of order */
  #reliable(fork: Fork, response: SipResponse): boolean {
    const rseq = Number(response.headers.get('rseq'))
    if (!Number.isSafeInteger(rseq) || rseq < 1 || (fork.rseq !== undefined && rseq !== fork.rseq + 1)) return false
    fork.rseq = rseq
    const answer = bodyOf(response)
    if (answer !== undefined) fork.answer = answer
    const { dialog } = fork
    const rack = `${rseq} ${sequenceOf(response)} INVITE`
    new Exchange(this.core, {
      hop: () => this.core.dialogHop(dialog),
      sequence: () => dialog.nextSequence(),
      build: (_flow, sequence) => dialog.request('PRACK', sequence, [['RAck', rack]]),
      final: () => undefined,
      failed: () => {},
    }).start()
    return true
  }

  #final(response: SipResponse, source: Source): Again | undefined {
    if (response.status < 300) {
      this.#success(response, source)
      return undefined
    }
    const again = this.#wanted ? this.#remedy(response) : undefined
    if (again === undefined) this.usage.apply('failure', { response, source })
    else if (again !== 'again') this.core.turn.event({ name: 'waiting', id: this.usage.id, status: response.status, after: again.after })
    return again
  }

  /** The INVITE that a response is for. */
  get #sent(): SipRequest {
    return this.#exchange.request as SipRequest
  }

  /** The application still waits for the session. */
  get #wanted(): boolean {
    return this.usage.state === 'calling' || this.usage.state === 'proceeding'
  }

  #remedy(response: SipResponse): Again | undefined {
    if (response.status === 422 && this.#tooSmall++ < CORRECTIONS && this.usage.session.tooSmall(response)) return 'again'
    return this.#recovery.after(response, this.#sent)
  }

  #failed(cause: ExchangeFailure, response: SipResponse | undefined): void {
    this.usage.apply('failure', { cause, response })
  }

  #success(response: SipResponse, source: Source): void {
    const request = this.#sent
    const tag = tagIn(response.headers, 'to') ?? ''
    const early = this.#forks.get(tag)
    if (early?.ack !== undefined) return early.ack()
    if (early === undefined && this.#forks.size >= EARLY_DIALOGS) return
    const dialog = Dialog.ofResponse(request, response, source)
    dialog.localSequence = Math.max(dialog.localSequence, early?.dialog.localSequence ?? 0)
    dialog.remoteSequence = early?.dialog.remoteSequence
    const ack = () => this.core.sendAck(ackFor(dialog, request), dialog)
    const won = this.usage.dialog === undefined
    this.#forks.set(tag, { ...early, dialog, ack })
    ack()
    if (won) this.#win(dialog, response, source, early?.answer)
    // RFC 3261 §13.2.2.4: a dialog nobody wants
    else this.#leave(dialog)
  }

  #win(dialog: Dialog, response: SipResponse, source: Source, early: Body | undefined): void {
    for (const fork of this.#forks.values()) this.usage.directory.unbind(fork.dialog)
    this.usage.dialog = dialog
    this.usage.directory.bind(dialog, this.usage)
    this.usage.learn(response)
    this.usage.apply('success', { response, source, body: bodyOf(response) ?? early, reason: this.#cancelReason })
  }

  #leave(dialog: Dialog): void {
    new Exchange(this.core, {
      hop: () => this.core.dialogHop(dialog),
      sequence: () => dialog.nextSequence(),
      build: (_flow, sequence) => dialog.request('BYE', sequence, []),
      final: () => undefined,
      failed: () => {},
    }).start()
  }
}

/** Our fields but those the application gives itself. */
function withoutNamed(own: ExtraHeaders, given: ExtraHeaders): ExtraHeaders {
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  return own.filter(([name]) => !names.has(name.toLowerCase()))
}

/** ACK to a 2xx, with the credentials of its INVITE (RFC 3261 §13.2.2.4). */
export function ackFor(dialog: Dialog, invite: SipRequest): SipRequest {
  const credentials = ['Authorization', 'Proxy-Authorization'].flatMap(name =>
    invite.headers.getAll(name).map(value => [name, value] as const),
  )
  return dialog.request('ACK', sequenceOf(invite), credentials)
}
