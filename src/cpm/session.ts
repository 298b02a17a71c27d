import type { EndpointEvent } from '../msrp/index.js'
import {
  type FileMedia,
  type MediaDescription,
  Negotiation,
  newTransferId,
  readFileMedia,
  rejectedMedia,
  type SessionDescription,
  sameFile,
} from '../sdp/index.js'
import type { Body, SipRequest, UserAgentEvent } from '../sip/index.js'
import { type Machine, follow, randomInteger, Timers } from '../wire/index.js'
import { acceptMedia, offerMedia } from './answer-media.js'
import { type Conversation, conversationOf, newConversation } from './conversation.js'
import { type FileLine, type Line, mediaOf, type ReceivingLine, sendingLine, type SendingLine } from './file-line.js'
import { type FileContext, fireFile, fireReceiving, fireSending, needData, onMsrp, prepareSending } from './file-machine.js'
import { isOver } from './file-tables.js'
import { inviteHeaders, oneLine } from './invite-headers.js'
import { FILES_PER_SESSION, PEER_RELEASE_TIMEOUT } from './limits.js'
import { pathFault } from './media-path.js'
import { readOfferBody } from './offer-body.js'
import { type Outcome, outcomeOfResponse } from './outcome.js'
import { readOfferedLine, refuseOffer } from './read-offer.js'
import { notAcceptable, type Refusal, refusalOf, UNSUPPORTED_BODY } from './refusal.js'
import { SESSION_TABLE, type SessionAction, type SessionState, type SessionTableEvent } from './session-table.js'
import type { OutgoingFile, SessionCommand, SessionEvent, SessionInput, SessionOutput, SessionSettings } from './session-types.js'

const SDP = 'application/sdp'
const DONE_REASON = 'SIP;cause=200;text="transfer complete"'

/**
 * One CPM session: an INVITE dialog and the files in it, from either end (CR 7.x.1 to 7.x.3).
 * Stands between the SIP user agent, the MSRP endpoint and the application; knows no sockets and no files.
 */
export class CpmSession implements Machine<SessionInput, SessionOutput> {
  readonly settings: SessionSettings
  /** Set with the first offer, sent or received. */
  conversation: Conversation | undefined
  readonly #negotiation: Negotiation
  readonly #timers = new Timers<string>()
  #state: SessionState = 'idle'
  #lines: Line[] = []
  #queue: SendingLine[] = []
  /** Lines the user is being asked about; they join `#lines` with the answer. */
  #asked: { lines: Line[]; first: boolean; reclosed: boolean } | undefined
  #initiator = false
  #subject: string | undefined
  #closing: { reason: string | undefined } | undefined
  #offerHeld = false
  #refusal: Refusal | undefined
  #outcome: Outcome | undefined
  #out: SessionOutput[] = []
  #now = 0
  #nextFile = 1

  constructor(settings: SessionSettings) {
    this.settings = settings
    const user = settings.ownUri.replace(/^[a-z]+:/i, '').split(/[@;?]/)[0] || '-'
    const sessionId = String(randomInteger(settings.random, 0x7fff_ffff) + 1)
    this.#negotiation = new Negotiation({
      username: user.replaceAll(/[^A-Za-z0-9._+-]/g, '') || '-',
      sessionId,
      address: settings.media.host,
    })
  }

  get state(): SessionState {
    return this.#state
  }

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  /** Whether new files for the same peer may still join (CR-16). */
  get joinable(): boolean {
    const open = this.#state === 'inviting' || this.#state === 'established' || this.#state === 'releasing'
    return open && this.#initiator && this.#closing === undefined && this.#lines.length + this.#queue.length < FILES_PER_SESSION
  }

  step(input: SessionInput, now: number): SessionOutput[] {
    this.#now = now
    if (input.type === 'command') this.#command(input.command)
    else if (input.type === 'sip') this.#sip(input.event)
    else if (input.type === 'msrp') this.#msrp(input.event)
    else if (input.type === 'need-data') {
      const line = this.#bySession(input.sessionId)
      if (line?.kind === 'send') needData(this.#context(), line, input.offset, input.length)
    } else this.#timeout()
    this.#settle()
    return this.#out.splice(0)
  }

  #command(command: SessionCommand): void {
    switch (command.name) {
      case 'send':
        this.#send(command.files, command.conversation, command.subject)
        break
      case 'answer':
        this.#answer(command.accepted, command.reason)
        break
      case 'octets': {
        const line = this.#byFile(command.fileId)
        if (line?.kind !== 'send' || line.sessionId === '') break
        const offset = command.position + (line.wrapping?.head.length ?? 0)
        this.#out.push({ type: 'msrp', input: { type: 'data', sessionId: line.sessionId, offset, bytes: command.bytes } })
        break
      }
      case 'saved':
      case 'spoiled': {
        const line = this.#byFile(command.fileId)
        if (line?.kind !== 'receive') break
        fireReceiving(this.#context(), line, command.name, command.name === 'spoiled' ? command.outcome : undefined)
        if (line.closed || this.#state === 'terminated') fireReceiving(this.#context(), line, 'closed')
        break
      }
      case 'abort': {
        const line = this.#byFile(command.fileId)
        if (line !== undefined) this.#abort(line, command.outcome)
        break
      }
      case 'close':
        this.#close(command.reason)
    }
  }

  #send(files: readonly OutgoingFile[], conversation: Conversation | undefined, subject: string | undefined): void {
    const lines = files.map(sendingLine)
    this.#queue.push(...lines)
    if (this.#state === 'idle') {
      this.#initiator = true
      this.#subject = subject
      this.conversation = conversation ?? newConversation(this.settings.random)
      this.#fire('send')
    } else if (this.#state === 'terminated') {
      this.#queue = []
      for (const line of lines) fireSending(this.#context(), line, 'end', { code: 'session-ended' })
    } else this.#fire('busy')
  }

  #abort(line: FileLine, outcome: Outcome | undefined): void {
    const reason = outcome ?? { code: 'cancelled' }
    if (line.kind === 'send') fireSending(this.#context(), line, 'abort', reason)
    else if (outcome !== undefined) fireReceiving(this.#context(), line, 'fail', outcome)
    else fireReceiving(this.#context(), line, 'abort', reason)
    this.#queue = this.#queue.filter(queued => queued !== line)
    // Nothing left of an INVITE that is still ringing: withdraw it (SND-10)
    if (this.#state === 'inviting' && this.#files().every(file => isOver(file.state))) this.#close(undefined)
  }

  #close(reason: string | undefined): void {
    if (this.#closing !== undefined || this.#state === 'terminated') return
    this.#closing = { reason }
    this.#outcome ??= this.#files().some(line => !isOver(line.state)) ? { code: 'cancelled' } : undefined
    for (const line of [...this.#files(), ...this.#queue]) if (line.state !== 'verifying') this.#abortForClose(line)
    this.#queue = []
    if (this.#state === 'inviting') this.#fire('close')
    if (this.#state === 'ringing') {
      this.#refusal = { status: 480, headers: [] }
      this.#fire('close')
    }
  }

  #abortForClose(line: FileLine): void {
    if (line.kind === 'send') fireSending(this.#context(), line, 'abort', { code: 'cancelled' })
    else fireReceiving(this.#context(), line, 'abort', { code: 'cancelled' })
  }

  #sip(event: UserAgentEvent): void {
    switch (event.name) {
      case 'provisional':
        if (event.status === 180) this.#emit({ type: 'ringing' })
        break
      case 'established':
        this.#established(event.body)
        break
      case 'rejected':
        this.#rejected(event)
        break
      case 'incoming':
        this.#incoming(event.request, event.body)
        break
      case 'cancelled':
        this.#withdraw({ code: 'withdrawn', ...(event.reason === undefined ? {} : { detail: event.reason }) })
        break
      case 'offered':
        this.#offered(event.body)
        break
      case 'answered':
        this.#answered(event.body)
        break
      case 'refused':
        this.#offerRefused(event)
        break
      case 'ended':
        this.#ended(event.by, event.reason)
        break
      default:
    }
  }

  /** The next offer holds all changes that wait: closes and new files together (SND-6). */
  #compose(): Body {
    for (const line of this.#queue.splice(0)) {
      line.transferId = newTransferId(this.settings.random)
      const { media, sessionId } = offerMedia(line.file, line.transferId, this.settings)
      line.own = media
      line.sessionId = sessionId
      this.#lines.push(line)
      fireSending(this.#context(), line, 'offer')
    }
    return { contentType: SDP, bytes: this.#negotiation.offer(this.#lines.map(mediaOf)) }
  }

  #established(body: Body | undefined): void {
    if (!this.#fire('established')) return
    if (this.#state !== 'established') return
    this.#emit({ type: 'established' })
    this.#answered(body)
  }

  #answered(body: Body | undefined): void {
    let answer: SessionDescription
    try {
      if (body === undefined) throw new RangeError('no answer')
      const offer = readOfferBody(body)
      if (offer === undefined) throw new RangeError('no answer')
      answer = this.#negotiation.answered(offer.sdp)
    } catch {
      // CR-7: an answer that does not fit the offer ends the session; the ACK is already out
      if (this.#negotiation.state === 'local-offer') this.#negotiation.refused()
      this.#outcome = { code: 'protocol-error', detail: 'The SDP answer does not fit the offer.' }
      for (const line of this.#files()) fireFile(this.#context(), line, 'end', this.#outcome)
      this.#closing ??= { reason: 'SIP;cause=488;text="Bad answer"' }
      return
    }
    const offered = this.#negotiation.local?.media ?? []
    this.#lines.forEach((line, index) => {
      if (line.kind !== 'other' && !line.closed) this.#applyAnswer(line, readFileMedia(answer, index, {}).media, offered[index]?.port === 0)
    })
  }

  #applyAnswer(line: FileLine, remote: FileMedia, weClosed: boolean): void {
    const context = this.#context()
    if (weClosed || remote.port === 0) {
      line.closed = true
      line.remote = remote
      if (line.kind === 'send' && line.state === 'offered') fireSending(context, line, 'decline', { code: 'declined' })
      else if (!weClosed) fireFile(context, line, 'peer-close', { code: 'aborted-by-peer' })
      fireFile(context, line, 'closed')
      return
    }
    if (line.kind !== 'send' || line.state !== 'offered') return
    line.remote = remote
    const fault = answerFault(remote)
    const outcome = fault === undefined ? prepareSending(context, line) : ({ code: 'protocol-error', detail: fault } as const)
    if (outcome === undefined) fireSending(context, line, 'accept')
    else fireSending(context, line, 'fail', outcome)
  }

  #offerRefused(event: UserAgentEvent & { name: 'refused' }): void {
    if (this.#negotiation.state !== 'local-offer') return
    const agreed = this.#negotiation.local?.media.length ?? 0
    this.#negotiation.refused()
    if (event.status === 491 || event.status === 500) {
      this.#requeue(agreed)
      this.#offerHeld = true
      this.#timers.start('retry-offer', this.#now + (event.retryAfter ?? 2000))
      return
    }
    // The files of the refused offer never took effect (callflow 3b); a failed close never spoils a file (SND-7)
    const outcome = event.response === undefined ? { code: 'timeout' as const } : outcomeOfResponse(event.response)
    for (const line of this.#lines.splice(agreed)) {
      if (line.kind === 'other') continue
      if (line.kind === 'send') fireSending(this.#context(), line, outcome.code === 'declined' ? 'decline' : 'fail', outcome)
      fireFile(this.#context(), line, 'closed')
    }
    for (const line of this.#files()) if (line.wantsClose && !line.closed) this.#markClosed(line)
  }

  /** Files of an offer that met another one go back to the queue, in their order; they get a fresh id with the next offer. */
  #requeue(agreed: number): void {
    const waiting = this.#lines.splice(agreed).filter(line => line.kind === 'send' && line.state === 'offered') as SendingLine[]
    for (const line of waiting) line.state = 'queued'
    this.#queue.unshift(...waiting)
  }

  #markClosed(line: FileLine): void {
    line.closed = true
    fireFile(this.#context(), line, 'closed')
  }

  #rejected(event: UserAgentEvent & { name: 'rejected' }): void {
    const cancelled = this.#state === 'cancelling'
    if (this.#negotiation.state === 'local-offer') this.#negotiation.refused()
    const outcome: Outcome =
      cancelled || event.cause === 'cancelled'
        ? { code: 'cancelled' }
        : event.response !== undefined
          ? outcomeOfResponse(event.response)
          : { code: event.cause === 'auth' ? 'auth-failed' : event.cause === 'transport' ? 'connection-refused' : 'unreachable' }
    this.#outcome ??= outcome
    for (const line of this.#files())
      if (line.kind === 'send') fireSending(this.#context(), line, outcome.code === 'declined' ? 'decline' : 'end', outcome)
    this.#fire('rejected')
  }

  #incoming(request: SipRequest, body: Body | undefined): void {
    const host = this.settings.media.host
    this.conversation = conversationOf(request, this.settings.random)
    this.#subject = request.headers.get('Subject') === undefined ? undefined : oneLine(request.headers.get('Subject') ?? '')
    if (body === undefined) return this.#refuse(notAcceptable('no-description', host))
    let session: SessionDescription
    let lines: Line[]
    try {
      const offer = readOfferBody(body)
      if (offer === undefined) return this.#refuse(UNSUPPORTED_BODY)
      session = this.#negotiation.offered(offer.sdp)
      lines = session.media.map((_, index) => readOfferedLine(session, index, this.#newFileId(), offer, this.#policy()))
    } catch (error) {
      return this.#refuse(refusalOf(error, host))
    }
    const refusal = refuseOffer(request, lines, session, host)
    if (refusal !== undefined) return this.#refuse(refusal)
    this.#fire('incoming')
    this.#ask(lines, true, false)
    const expires = Number(request.headers.get('Expires') ?? Number.NaN) * 1000
    this.#timers.start(
      'ring',
      this.#now + Math.min(this.settings.ringTimeout, Number.isFinite(expires) ? expires : Number.POSITIVE_INFINITY),
    )
  }

  #refuse(refusal: Refusal): void {
    this.#refusal = refusal
    this.#fire('decline')
  }

  #ask(lines: Line[], first: boolean, reclosed: boolean): void {
    this.#asked = { lines, first, reclosed }
    const files = lines.filter(line => line.kind === 'receive' && line.state === 'offered' && line.own === undefined) as ReceivingLine[]
    const conversation = this.conversation ?? newConversation(this.settings.random)
    this.#emit({ type: 'offer', files: files.map(({ description }) => description), subject: this.#subject, conversation, first })
  }

  #offered(body: Body): void {
    const host = this.settings.media.host
    let session: SessionDescription
    let lines: Line[]
    try {
      const offer = readOfferBody(body)
      if (offer === undefined) return this.#reject(UNSUPPORTED_BODY)
      session = this.#negotiation.offered(offer.sdp)
      this.#fire('busy')
      lines = session.media.map(
        (_, index) => this.#reread(session, index) ?? readOfferedLine(session, index, this.#newFileId(), offer, this.#policy()),
      )
    } catch (error) {
      return this.#reject(refusalOf(error, host))
    }
    const added = lines.filter((line, index) => line !== this.#lines[index])
    const reclosed = session.media.some((media, index) => media.port === 0 && this.#negotiation.remote?.media[index]?.port !== 0)
    if (added.some(line => line.kind === 'receive' && line.description.unavailable === undefined)) return this.#ask(lines, false, reclosed)
    this.#asked = { lines, first: false, reclosed: reclosed || added.length === 0 }
    this.#answer([], undefined)
  }

  /** The line we know under this m-line, with what the new offer does to it (OA-24 to OA-29); undefined for a new file. */
  #reread(session: SessionDescription, index: number): Line | undefined {
    const line = this.#lines[index]
    if (line === undefined) return undefined
    const media = session.media[index] as MediaDescription
    if (line.kind === 'other') return media.port === 0 ? line : undefined
    const { media: remote } = readFileMedia(session, index, {})
    if (media.port === 0) {
      this.#peerClosed(line)
      return line
    }
    if (remote.transferId === line.transferId || this.#usedIds().has(remote.transferId ?? '')) {
      const announced = line.kind === 'receive' ? line.description.selector : line.file.selector
      const contradicts = remote.selector !== undefined && !sameFile(announced, remote.selector)
      if (contradicts) {
        this.#stop(line, { code: 'protocol-error', detail: 'The same transfer now names another file.' })
        line.closed = true
      }
      return line
    }
    // OA-29: another id on a live line ends the old transfer and starts a new one
    this.#stop(line, { code: 'aborted-by-peer' })
    return undefined
  }

  #peerClosed(line: FileLine): void {
    const acknowledged = line.kind === 'send' && line.wrapping !== undefined && line.confirmed >= line.wrapping.message.total
    line.closed = true
    if (acknowledged) fireSending(this.#context(), line as SendingLine, 'confirm')
    fireFile(this.#context(), line, 'peer-close', { code: 'aborted-by-peer' })
    fireFile(this.#context(), line, 'closed')
  }

  #stop(line: FileLine, outcome: Outcome): void {
    if (line.kind === 'receive') fireReceiving(this.#context(), line, 'fail', outcome)
    else fireSending(this.#context(), line, 'abort', outcome)
    line.wantsClose = false
  }

  /** The user's choice: one 200 for the whole offer, or 488 (CR-20 to CR-22, D-11). */
  #answer(accepted: readonly string[], reason: string | undefined): void {
    const asked = this.#asked
    if (asked === undefined || this.#negotiation.state !== 'remote-offer') return
    this.#asked = undefined
    this.#timers.stop('ring')
    const fresh = asked.lines.filter((line, index) => line !== this.#lines[index])
    const taken = fresh.filter(
      line => line.kind === 'receive' && line.description.unavailable === undefined && accepted.includes(line.fileId),
    )
    if (taken.length === 0 && !asked.reclosed) return this.#declineAll(asked.first, fresh, reason)
    for (const line of fresh) {
      if (line.kind !== 'receive' || taken.includes(line)) continue
      this.#decline(line)
    }
    this.#lines = asked.lines
    for (const line of taken) this.#accept(line as ReceivingLine)
    const bytes = this.#negotiation.answer(this.#lines.map((line, index) => this.#answerLine(line, index)))
    const body: Body = { contentType: SDP, bytes }
    if (asked.first) this.#fire('answer')
    this.#out.push({ type: 'sip', command: { name: 'accept', id: this.settings.id, body } })
    for (const line of taken) if (line.kind === 'receive') fireReceiving(this.#context(), line, 'accept')
  }

  #declineAll(first: boolean, fresh: readonly Line[], reason: string | undefined): void {
    const refusal = notAcceptable('none-accepted', this.settings.media.host)
    this.#refusal = refusal
    if (first) this.#lines = [...fresh]
    for (const line of fresh) if (line.kind === 'receive') this.#decline(line)
    this.#outcome ??= { code: 'declined', ...(reason === undefined ? {} : { detail: reason }) }
    if (first) this.#fire('decline') || this.#fire('close')
    else {
      this.#outcome = undefined
      this.#reject(refusal)
    }
  }

  #decline(line: ReceivingLine): void {
    fireReceiving(this.#context(), line, 'decline', { code: 'declined' })
    line.closed = true
    fireReceiving(this.#context(), line, 'closed')
  }

  #accept(line: ReceivingLine): void {
    if (line.remote === undefined) return
    const { media, sessionId } = acceptMedia(line, line.remote, this.settings)
    line.own = media
    line.sessionId = sessionId
  }

  /** Our side of one m-line in an answer: new lines as built, running ones as before, closed ones mirrored (OA-21, OA-25). */
  #answerLine(line: Line, index: number): MediaDescription {
    const offered = this.#negotiation.pendingOffer?.media[index]
    if (offered !== undefined && (offered.port === 0 || line.closed || line.kind === 'other')) return rejectedMedia(offered)
    return mediaOf(line)
  }

  #reject(refusal: Refusal): void {
    if (this.#negotiation.state === 'remote-offer') this.#negotiation.declined()
    this.#out.push({ type: 'sip', command: { name: 'reject', id: this.settings.id, ...refusal } })
  }

  #withdraw(outcome: Outcome): void {
    const asked = this.#asked
    this.#asked = undefined
    this.#timers.stop('ring')
    if (asked !== undefined) {
      this.#emit({ type: 'offer-withdrawn', outcome })
      for (const line of asked.lines) if (line.kind === 'receive') fireReceiving(this.#context(), line, 'end', outcome)
    }
    this.#outcome ??= outcome
    this.#fire('withdraw')
  }

  #msrp(event: EndpointEvent): void {
    const line = this.#bySession(event.sessionId)
    if (line !== undefined) onMsrp(this.#context(), line, event)
  }

  #timeout(): void {
    for (const name of this.#timers.take(this.#now)) {
      const [kind, fileId] = name.split('/') as [string, string | undefined]
      const line = fileId === undefined ? undefined : this.#byFile(fileId)
      if (kind === 'ring') this.#ringTimeout()
      else if (kind === 'release') this.#release()
      else if (kind === 'retry-offer') this.#offerHeld = false
      else if (kind === 'close' && line !== undefined) line.wantsClose = true
      else if (kind === 'abort' && line?.kind === 'send')
        fireSending(this.#context(), line, line.outcome?.code === 'cancelled' ? 'stopped' : 'broken')
    }
  }

  #ringTimeout(): void {
    const outcome: Outcome = { code: 'timeout', status: 480, detail: 'Nobody answered the offer.' }
    this.#out.push({ type: 'sip', command: { name: 'reject', id: this.settings.id, status: 480 } })
    if (this.#negotiation.state === 'remote-offer') this.#negotiation.declined()
    this.#withdraw(outcome)
  }

  /** Callflow 10c: BYE only when no offer is open and no line is active; else the timer starts again when idle. */
  #release(): void {
    if (this.#negotiation.state === 'idle') this.#fire('expire')
    else this.#fire('busy')
  }

  #ended(by: string, reason: string | undefined): void {
    if (this.#state === 'terminated') return
    this.#outcome ??= { code: 'session-ended', ...(reason === undefined ? {} : { detail: reason }) }
    const outcome: Outcome =
      by === 'remote' ? { code: 'aborted-by-peer', ...(reason === undefined ? {} : { detail: reason }) } : { code: 'session-ended' }
    if (this.#asked !== undefined) this.#withdraw(outcome)
    for (const line of [...this.#files(), ...this.#queue]) fireFile(this.#context(), line, 'end', outcome)
    this.#fire('end')
  }

  /** After every input: send what waits, start or stop the release timer, end what is to end. */
  #settle(): void {
    if (this.#closing !== undefined && this.#files().every(line => isOver(line.state) || line.state === 'verifying')) this.#fire('close')
    if (this.#state !== 'established' && this.#state !== 'releasing') return
    if (this.#closing !== undefined) return
    const waiting = this.#queue.length > 0 || this.#files().some(line => line.wantsClose && !line.closed)
    if (waiting && this.#negotiation.state === 'idle' && !this.#offerHeld) {
      this.#fire('busy')
      this.#out.push({ type: 'sip', command: { name: 'offer', id: this.settings.id, body: this.#compose() } })
    } else if (!waiting && this.#idle()) this.#fire('idle')
  }

  #idle(): boolean {
    if (this.#negotiation.state !== 'idle' || this.#asked !== undefined) return false
    // The initiator waits for every agreed port 0; the receiver's watchdog runs once its files are over (SND-12)
    return this.#files().every(line => (this.#initiator ? line.closed : isOver(line.state)))
  }

  #fire(event: SessionTableEvent): boolean {
    const arrow = follow(SESSION_TABLE, this.#state, event)
    if (arrow === undefined) return false
    this.#state = arrow.to
    for (const action of arrow.do) this.#act(action)
    return true
  }

  #act(action: SessionAction): void {
    const { id, releaseTimer, ringTimeout, ownUri } = this.settings
    const sip = (command: Extract<SessionOutput, { type: 'sip' }>['command']) => this.#out.push({ type: 'sip', command })
    switch (action) {
      case 'invite': {
        const conversation = this.conversation ?? newConversation(this.settings.random)
        const headers = inviteHeaders({ ownUri, conversation, subject: this.#subject, ringTimeout })
        sip({ name: 'invite', id, to: this.settings.peerUri, body: this.#compose(), headers })
        break
      }
      case 'cancel':
        sip({ name: 'cancel', id })
        break
      case 'ring':
        sip({ name: 'ring', id })
        break
      case 'accept':
        break // the answer itself is sent where it is built
      case 'reject':
        sip({ name: 'reject', id, ...(this.#refusal ?? notAcceptable('none-accepted', this.settings.media.host)) })
        break
      case 'bye':
        sip({ name: 'bye', id, reason: this.#closing?.reason ?? DONE_REASON })
        break
      case 'start-release':
        if (this.#initiator && releaseTimer === 0) this.#fire('expire')
        else this.#timers.start('release', this.#now + (this.#initiator ? releaseTimer : PEER_RELEASE_TIMEOUT))
        break
      case 'stop-release':
        this.#timers.stop('release')
        break
      case 'finish':
        this.#finish()
    }
  }

  #finish(): void {
    this.#timers.clear()
    for (const line of [...this.#files(), ...this.#queue]) {
      fireFile(this.#context(), line, 'end', this.#outcome ?? { code: 'session-ended' })
      line.closed = true
      fireFile(this.#context(), line, 'closed')
    }
    this.#queue = []
    this.#emit({ type: 'ended', ...(this.#outcome === undefined ? {} : { outcome: this.#outcome }) })
  }

  #context(): FileContext {
    return {
      settings: this.settings,
      timers: this.#timers,
      now: this.#now,
      emit: event => this.#emit(event),
      msrp: input => void this.#out.push({ type: 'msrp', input }),
    }
  }

  #emit(event: SessionEvent): void {
    this.#out.push({ type: 'event', event })
  }

  #policy() {
    return { maxFileSize: this.settings.maxFileSize, strict: this.settings.strict ?? false }
  }

  #files(): FileLine[] {
    return this.#lines.filter(line => line.kind !== 'other') as FileLine[]
  }

  #usedIds(): Set<string> {
    return new Set(this.#files().map(({ transferId }) => transferId))
  }

  #byFile(fileId: string): FileLine | undefined {
    return this.#files().find(line => line.fileId === fileId) ?? this.#queue.find(line => line.fileId === fileId)
  }

  #bySession(sessionId: string): FileLine | undefined {
    return this.#files().find(line => line.sessionId !== '' && line.sessionId === sessionId)
  }

  #newFileId(): string {
    return `${this.settings.id}/in-${this.#nextFile++}`
  }
}

/** What makes an accepted line of an answer unusable (OA-39, SDP-4, SDP-5). */
function answerFault(remote: FileMedia): string | undefined {
  if (remote.direction === 'sendonly') return 'The answer to sendonly says sendonly.'
  if (remote.acceptTypes.length === 0) return 'The answer names no accepted types.'
  return pathFault(remote)
}
