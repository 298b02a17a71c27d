import type { UserAgentEvent } from '../sip/index.js'
import { follow, type Machine } from '../wire/index.js'
import { type Conversation, newConversation } from './conversation.js'
import { type FileLine, mustOffer, type ReceivingLine, sendingLine, wantedLine } from './file-line.js'
import { awaitFirstOctet, endOfAbort, fireFile, fireReceiving, fireSending, needData, onMsrp } from './file-machine.js'
import { isOver } from './file-tables.js'
import { contactOf } from './focus-session.js'
import { conferenceOf, type GroupProfile, isMessageTaker } from './group-session.js'
import { hold, mustTell } from './hold.js'
import { inviteCommand } from './invite-command.js'
import { FILES_PER_SESSION, PEER_RELEASE_TIMEOUT } from './limits.js'
import { LocalOffers } from './local-offers.js'
import { type Outcome, outcomeOfRejection } from './outcome.js'
import { notAcceptable } from './refusal.js'
import { RemoteOffers } from './remote-offers.js'
import { SessionCore } from './session-core.js'
import { SESSION_TABLE, type SessionAction, type SessionState, type SessionTableEvent } from './session-table.js'
import type { SessionCommand, SessionInput, SessionOutput, SessionSettings } from './session-types.js'
import { forwardMessage, refuseMessage, stopSending } from './whole-message.js'

/** Somebody else than a focus answered for a group, such as the mailbox of a person (GRP-7). */
function noConference({ recipientList }: GroupProfile): Outcome {
  return { code: recipientList === undefined ? 'unknown-group' : 'no-group-service', detail: 'What answered is no conference.' }
}
const NO_CONFERENCE_REASON = 'SIP;cause=488;text="Conference required"'

/** Reason of a BYE after a session that went well (SIP-19). */
const DONE_REASON = 'SIP;cause=200;text="transfer complete"'

/**
 * One CPM session: an INVITE dialog and the files in it, from either end (CR 7.x.1 to 7.x.3).
 * Stands between the SIP user agent, the MSRP endpoint and the application; knows no sockets and no files.
 */
export class CpmSession implements Machine<SessionInput, SessionOutput> {
  readonly #core: SessionCore
  readonly #local: LocalOffers
  readonly #remote: RemoteOffers

  constructor(settings: SessionSettings) {
    this.#core = new SessionCore(settings, event => this.#fire(event))
    this.#local = new LocalOffers(this.#core)
    this.#remote = new RemoteOffers(this.#core)
  }

  get settings(): SessionSettings {
    return this.#core.settings
  }

  get conversation(): Conversation | undefined {
    return this.#core.conversation
  }

  get state(): SessionState {
    return this.#core.state
  }

  get deadline(): number | undefined {
    return this.#core.timers.deadline
  }

  /** What answered our INVITE keeps files for somebody who is away (RCS-9). */
  get messageTaker(): boolean {
    return this.#core.messageTaker
  }

  /** Whether the INVITE was ours (D-5). */
  get initiator(): boolean {
    return this.#core.initiator
  }

  /** Whether new files for the same peer may still join. */
  get joinable(): boolean {
    return this.room > 0
  }

  /** How many new files for the same peer may still join (CR-16, SDP-25). */
  get room(): number {
    const open = this.#core.state === 'inviting' || this.#core.state === 'established' || this.#core.state === 'releasing'
    if (!open || !this.#core.initiator || this.#core.closing !== undefined) return 0
    const { lines, queue, settings } = this.#core
    const free = settings.reuseSlots === true ? lines.filter(line => line.kind !== 'other' && line.closed).length : 0
    return Math.max(0, FILES_PER_SESSION + free - lines.length - queue.length)
  }

  /** What the peer takes on the line of a file, as its SDP said last (GRP-28). */
  typesOf(fileId: string): { readonly acceptTypes: readonly string[]; readonly acceptWrappedTypes: readonly string[] } | undefined {
    return this.#core.byFile(fileId)?.remote
  }

  /** Which m-line, counted from 0, a file has; undefined before it was offered. */
  placeOf(fileId: string): number | undefined {
    const place = this.#core.lines.findIndex(line => line.kind !== 'other' && line.fileId === fileId)
    return place < 0 ? undefined : place
  }

  step(input: SessionInput, now: number): SessionOutput[] {
    this.#core.now = now
    let passed = false
    if (input.type === 'command') {
      this.#command(input.command)
      passed = input.command.name === 'octets'
    } else if (input.type === 'sip') this.#sip(input.event)
    else if (input.type === 'timeout') this.#timeout()
    else passed = this.#pass(input)
    if (!passed) this.#settle()
    return this.#core.out.splice(0)
  }

  /** Takes what comes for each block of each file. @returns whether the file is as it was: then nothing is to be settled */
  #pass(input: SessionInput & { type: 'need-data' | 'msrp' }): boolean {
    const line = this.#core.bySession(input.type === 'msrp' ? input.event.sessionId : input.sessionId)
    if (line === undefined) return true
    const { state, ownPath } = line
    const context = this.#core.context()
    if (input.type === 'msrp') onMsrp(context, line, input.event)
    else {
      /* v8 ignore else -- nobody asks for octets of a file that comes */
      if (line.kind === 'send') needData(context, line, input.offset, input.length)
    }
    return line.state === state && line.ownPath === ownPath
  }

  #octets({ fileId, position, bytes }: SessionCommand & { name: 'octets' }): void {
    const line = this.#core.byFile(fileId)
    if (line?.kind !== 'send' || line.sessionId === '') return
    /* v8 ignore next -- octets are asked for once the file is wrapped */
    const offset = position - line.skipped + (line.wrapping?.head.length ?? 0)
    this.#core.out.push({ type: 'msrp', input: { type: 'data', sessionId: line.sessionId, offset, bytes } })
  }

  #command(command: SessionCommand): void {
    switch (command.name) {
      case 'send':
        this.#begin(command.files.map(sendingLine), command.conversation, command.subject)
        break
      case 'get':
        this.#begin(command.files.map(wantedLine), command.conversation, command.subject)
        break
      case 'answer':
        this.#remote.answer(command)
        break
      case 'ring':
        this.#ring()
        break
      case 'refuse':
        this.#remote.refuse(command.status)
        break
      case 'forward': {
        const line = this.#core.byFile(command.fileId)
        if (line?.kind === 'send') forwardMessage(this.#core.context(), line, command)
        break
      }
      case 'pause':
      case 'continue': {
        const line = this.#core.byFile(command.fileId)
        if (line !== undefined) hold(this.#core.context(), line, command.name === 'pause')
        break
      }
      case 'octets':
        this.#octets(command)
        break
      case 'saved':
      case 'spoiled':
        this.#judged(command)
        break
      case 'abort': {
        const line = this.#core.byFile(command.fileId)
        if (line !== undefined) this.#abort(line, command.outcome, command.status)
        break
      }
      case 'release':
        this.#core.releaseTimer = command.after
        if (this.#core.state === 'releasing') this.#act('start-release')
        break
      case 'close':
        this.#close(command.reason)
    }
  }

  #begin(lines: readonly FileLine[], conversation: Conversation | undefined, subject: string | undefined): void {
    this.#core.queue.push(...lines)
    if (this.#core.state === 'idle') {
      this.#core.initiator = true
      this.#core.subject = subject
      this.#core.conversation = conversation ?? newConversation(this.#core.settings.random)
      this.#fire('send')
    } else if (this.#core.state === 'terminated') {
      this.#core.queue = []
      for (const line of lines) fireFile(this.#core.context(), line, 'end', { code: 'session-ended' })
    } else this.#fire('busy')
  }

  #judged(command: SessionCommand & { name: 'saved' | 'spoiled' }): void {
    const line = this.#core.byFile(command.fileId)
    if (line?.kind !== 'receive') return
    fireReceiving(this.#core.context(), line, command.name, command.name === 'spoiled' ? command.outcome : undefined)
    this.#core.displaced = this.#core.displaced.filter(displaced => displaced !== line)
    if (line.closed || this.#core.state === 'terminated') fireReceiving(this.#core.context(), line, 'closed')
    // The sender closes a pulled file (OA-65); the initiator's own watchdog is for one that does not (SND-12)
    else if (line.offered === undefined) this.#core.timers.start(`close/${line.fileId}`, this.#core.now + PEER_RELEASE_TIMEOUT)
  }

  #abort(line: FileLine, outcome: Outcome | undefined, status?: number): void {
    const reason = outcome ?? { code: 'cancelled' }
    if (line.kind === 'send') stopSending(this.#core.context(), line, reason)
    else if (outcome !== undefined) refuseMessage(this.#core.context(), line, outcome, status)
    else fireReceiving(this.#core.context(), line, 'abort', reason)
    this.#core.queue = this.#core.queue.filter(queued => queued !== line)
    // Nothing left of an INVITE that is still ringing: withdraw it (SND-10)
    if (this.#core.state === 'inviting' && this.#core.files().every(file => isOver(file.state))) this.#close(undefined)
  }

  #close(reason: string | undefined): void {
    if (this.#core.closing !== undefined || this.#core.state === 'terminated') return
    this.#core.closing = { reason }
    this.#core.outcome ??= this.#core.files().some(line => !isOver(line.state)) ? { code: 'cancelled' } : undefined
    for (const line of [...this.#core.files(), ...this.#core.queue]) if (line.state !== 'verifying') this.#abortForClose(line)
    this.#core.queue = []
    if (this.#core.state === 'inviting') this.#fire('close')
    if (this.#core.state === 'ringing') {
      this.#core.refusal = { status: 480, headers: [] }
      this.#remote.forget({ code: 'cancelled' })
      this.#fire('close')
    }
  }

  #abortForClose(line: FileLine): void {
    if (line.kind === 'send') stopSending(this.#core.context(), line, { code: 'cancelled' })
    else fireReceiving(this.#core.context(), line, 'abort', { code: 'cancelled' })
  }

  #sip(event: UserAgentEvent): void {
    switch (event.name) {
      case 'provisional':
        if (event.status === 180) this.#core.emit({ type: 'ringing' })
        break
      case 'waiting':
        this.#core.emit({ type: 'waiting', status: event.status, after: event.after })
        break
      case 'established':
        this.#established(event)
        break
      case 'rejected':
        this.#rejected(event)
        break
      case 'incoming':
        this.#remote.incoming(event.request, event.body)
        break
      case 'cancelled':
        this.#remote.withdraw({ code: 'withdrawn', ...(event.reason === undefined ? {} : { detail: event.reason }) })
        break
      case 'offered':
        this.#remote.offered(event.body)
        break
      case 'offer-withdrawn':
        this.#remote.withdraw({ code: 'withdrawn' })
        break
      case 'answered':
        this.#local.answered(event.body)
        break
      case 'refused':
        this.#local.offerRefused(event)
        break
      case 'ended':
        this.#ended(event.by, event.reason)
        break
      default:
    }
  }

  #established({ body, response }: UserAgentEvent & { name: 'established' }): void {
    if (!this.#fire('established')) return
    if (this.#core.state !== 'established') return
    const { group } = this.#core.settings
    const conference = group === undefined ? undefined : conferenceOf(response)
    this.#core.conference = conference
    this.#core.messageTaker = isMessageTaker(response)
    this.#core.emit({ type: 'established', ...(conference === undefined ? {} : { conference }) })
    // GRP-7: without a conference URI there is nothing to address messages to
    if (group !== undefined && conference === undefined) this.#local.abandon(noConference(group), NO_CONFERENCE_REASON)
    else this.#local.answered(body)
  }

  #rejected(event: UserAgentEvent & { name: 'rejected' }): void {
    if (this.#core.state === 'inviting' && this.#local.rejected(event.status)) {
      this.#fire('retry')
      return
    }
    const cancelled = this.#core.state === 'cancelling'
    if (this.#core.negotiation.state === 'local-offer') this.#core.negotiation.refused()
    const outcome = outcomeOfRejection(event, cancelled)
    this.#core.outcome ??= outcome
    for (const line of this.#core.files()) fireFile(this.#core.context(), line, outcome.code === 'declined' ? 'decline' : 'fail', outcome)
    this.#fire('rejected')
  }

  /** The release timer never fires into an open offer: every offer of either side stops it, and it starts again when idle (callflow 10c). */
  #timeout(): void {
    for (const name of this.#core.timers.take(this.#core.now)) {
      // The id of a received file holds a slash of its own
      const slash = name.indexOf('/')
      const kind = slash < 0 ? name : name.slice(0, slash)
      const line = slash < 0 ? undefined : this.#core.byFile(name.slice(slash + 1))
      if (kind === 'ring') this.#ringTimeout()
      else if (kind === 'release') this.#fire('expire')
      else if (kind === 'retry-offer') this.#core.offerHeld = false
      else this.#fileTimeout(line, kind)
    }
  }

  #fileTimeout(line: FileLine | undefined, kind: string): void {
    if (kind === 'close' && line !== undefined) line.wantsClose = true
    if (kind === 'begin' && line?.kind === 'receive') this.#notBegun(line)
    if (kind === 'abort' && line?.kind === 'send') fireSending(this.#core.context(), line, endOfAbort(line))
  }

  #notBegun(line: ReceivingLine): void {
    if (line.state !== 'connecting') return
    const context = this.#core.context()
    const busy = this.#core.files().some(other => other.kind === 'receive' && other.state === 'receiving')
    if (busy || line.paused) awaitFirstOctet(context, line)
    else fireReceiving(context, line, 'fail', { code: 'timeout', detail: 'Its sender never began.' })
  }

  #ringTimeout(): void {
    const outcome: Outcome = { code: 'timeout', status: 480, detail: 'Nobody answered the offer.' }
    this.#core.out.push({ type: 'sip', command: { name: 'reject', id: this.#core.settings.id, status: 480 } })
    this.#remote.withdraw(outcome)
  }

  #ended(by: string, reason: string | undefined): void {
    if (this.#core.state === 'terminated') return
    this.#core.outcome ??= { code: 'session-ended', ...(reason === undefined ? {} : { detail: reason }) }
    const outcome: Outcome =
      by === 'remote' ? { code: 'aborted-by-peer', ...(reason === undefined ? {} : { detail: reason }) } : { code: 'session-ended' }
    if (this.#core.asked !== undefined) this.#remote.withdraw(outcome)
    for (const line of [...this.#core.files(), ...this.#core.queue]) fireFile(this.#core.context(), line, 'end', outcome)
    this.#fire('end')
  }

  /** After every input: send what waits, start or stop the release timer, end what is to end. */
  #settle(): void {
    if (this.#core.closing !== undefined && this.#core.every(line => isOver(line.state) || line.state === 'verifying')) this.#fire('close')
    if (this.#core.state !== 'established' && this.#core.state !== 'releasing') return
    if (this.#core.closing !== undefined) return
    const waiting = this.#core.queue.length > 0 || !this.#core.every(isSettled)
    if (waiting && this.#core.negotiation.state === 'idle' && !this.#core.offerHeld) {
      this.#fire('busy')
      this.#core.out.push({ type: 'sip', command: { name: 'offer', id: this.#core.settings.id, body: this.#local.compose() } })
    } else if (!waiting && this.#idle()) this.#fire('idle')
  }

  #idle(): boolean {
    if (this.#core.negotiation.state !== 'idle' || this.#core.asked !== undefined) return false
    // The initiator waits for every agreed port 0; the receiver's watchdog runs once its files are over (SND-12)
    return this.#core.every(this.#core.initiator ? isClosed : isEnded)
  }

  #fire(event: SessionTableEvent): boolean {
    const arrow = follow(SESSION_TABLE, this.#core.state, event)
    if (arrow === undefined) return false
    this.#core.state = arrow.to
    for (const action of arrow.do) this.#act(action)
    return true
  }

  #act(action: SessionAction): void {
    const { id, focus } = this.#core.settings
    const { releaseTimer } = this.#core
    const sip = (command: Extract<SessionOutput, { type: 'sip' }>['command']) => this.#core.out.push({ type: 'sip', command })
    switch (action) {
      case 'invite':
        sip(inviteCommand(this.#core, this.#local.compose()))
        break
      case 'cancel':
        sip({ name: 'cancel', id })
        break
      case 'ring':
        // GRP-20: the creator of a group hears of ringing when a member rings
        if (focus === undefined) this.#ring()
        break
      case 'accept':
        /* v8 ignore next -- built before the arrow is taken */
        if (this.#core.answer !== undefined) sip({ name: 'accept', id, body: this.#core.answer, ...contactOf(focus) })
        break
      case 'reject':
        /* v8 ignore next -- chosen before the arrow is taken */
        sip({ name: 'reject', id, ...(this.#core.refusal ?? notAcceptable('none-accepted', this.#core.settings.media.host)) })
        break
      case 'bye':
        sip({ name: 'bye', id, reason: this.#core.closing?.reason ?? DONE_REASON })
        break
      case 'start-release':
        if (this.#core.initiator && releaseTimer === 0) this.#fire('expire')
        else if (!this.#core.initiator || releaseTimer !== Number.POSITIVE_INFINITY)
          this.#core.timers.start('release', this.#core.now + (this.#core.initiator ? releaseTimer : PEER_RELEASE_TIMEOUT))
        break
      case 'stop-release':
        this.#core.timers.stop('release')
        break
      case 'finish':
        this.#finish()
    }
  }

  #ring(): void {
    const { id, focus } = this.#core.settings
    if (this.#core.state === 'ringing') this.#core.out.push({ type: 'sip', command: { name: 'ring', id, ...contactOf(focus) } })
  }

  #finish(): void {
    this.#core.timers.clear()
    for (const line of [...this.#core.files(), ...this.#core.queue]) {
      fireFile(this.#core.context(), line, 'end', this.#core.outcome ?? { code: 'session-ended' })
      line.closed = true
      fireFile(this.#core.context(), line, 'closed')
    }
    this.#core.queue = []
    this.#core.emit({ type: 'ended', ...(this.#core.outcome === undefined ? {} : { outcome: this.#core.outcome }) })
  }
}

/** Nothing of the line waits for an offer of ours. */
function isSettled(line: FileLine): boolean {
  return (!line.wantsClose || line.closed) && !mustTell(line) && !mustOffer(line)
}

function isClosed({ closed }: FileLine): boolean {
  return closed
}

function isEnded({ state }: FileLine): boolean {
  return isOver(state)
}
