import { type MediaDescription, readFileMedia, rejectedMedia, type SessionDescription, sameFile } from '../sdp/index.js'
import type { Body, SipRequest } from '../sip/index.js'
import { acceptMedia } from './answer-media.js'
import { conversationOf, newConversation } from './conversation.js'
import { type FileLine, type Line, mediaOf, otherLine, type ReceivingLine } from './file-line.js'
import { fireFile, fireReceiving, fireSending, takeDirection } from './file-machine.js'
import { isOver } from './file-tables.js'
import { oneLine } from './invite-headers.js'
import { readOfferBody } from './offer-body.js'
import type { Outcome } from './outcome.js'
import { readOfferedLine, refuseOffer } from './read-offer.js'
import { notAcceptable, type Refusal, refusalOf, UNSUPPORTED_BODY } from './refusal.js'
import type { SessionCore } from './session-core.js'

/** The peer's offers inside one session, the user's choice, and our answers (RFC 5547 §8.3, CR 7.x.3). */
export class RemoteOffers {
  readonly #core: SessionCore
  /** Every id of this dialog, also of files whose line another file took over (OA-26). */
  readonly #usedIds = new Set<string>()

  constructor(core: SessionCore) {
    this.#core = core
  }

  incoming(request: SipRequest, body: Body | undefined): void {
    const host = this.#core.settings.media.host
    this.#core.conversation = conversationOf(request, this.#core.settings.random)
    this.#core.subject = request.headers.get('Subject') === undefined ? undefined : oneLine(request.headers.get('Subject') ?? '')
    if (body === undefined) return this.#refuse(notAcceptable('no-description', host))
    let session: SessionDescription
    let lines: Line[]
    try {
      const offer = readOfferBody(body)
      if (offer === undefined) return this.#refuse(UNSUPPORTED_BODY)
      session = this.#core.negotiation.offered(offer.sdp)
      lines = session.media.map((_, index) => readOfferedLine(session, index, this.#core.newFileId(), offer, this.#policy()))
    } catch (error) {
      return this.#refuse(refusalOf(error, host))
    }
    const refusal = refuseOffer(request, lines, session, host)
    if (refusal !== undefined) return this.#refuse(refusal)
    this.#core.fire('incoming')
    this.#ask(lines, true, false)
    const expires = Number(request.headers.get('Expires') ?? Number.NaN) * 1000
    this.#core.timers.start(
      'ring',
      this.#core.now + Math.min(this.#core.settings.ringTimeout, Number.isFinite(expires) ? expires : Number.POSITIVE_INFINITY),
    )
  }

  #refuse(refusal: Refusal): void {
    this.#core.refusal = refusal
    this.#core.fire('decline')
  }

  #ask(lines: Line[], first: boolean, reclosed: boolean): void {
    this.#core.asked = { lines, first, reclosed }
    const files = lines.filter(line => line.kind === 'receive' && line.state === 'offered' && line.own === undefined) as ReceivingLine[]
    const conversation = this.#core.conversation ?? newConversation(this.#core.settings.random)
    this.#core.emit({ type: 'offer', files: files.map(({ description }) => description), subject: this.#core.subject, conversation, first })
  }

  offered(body: Body): void {
    const host = this.#core.settings.media.host
    let session: SessionDescription
    let lines: Line[]
    let taken = false
    try {
      const offer = readOfferBody(body)
      if (offer === undefined) return this.#reject(UNSUPPORTED_BODY)
      session = this.#core.negotiation.offered(offer.sdp)
      taken = true
      this.#core.fire('busy')
      this.#noteIds(this.#core.lines)
      lines = session.media.map(
        (_, index) => this.#reread(session, index) ?? readOfferedLine(session, index, this.#core.newFileId(), offer, this.#policy()),
      )
    } catch (error) {
      // An offer refused with 491 or 500 leaves the one before it open (SIP-21)
      if (taken) this.#core.negotiation.declined()
      return this.#reject(refusalOf(error, host))
    }
    // Only files ask for a decision; a line that is none for us gets its port 0 in the answer (SDP-2)
    const added = lines.filter((line, index) => line.kind === 'receive' && line !== this.#core.lines[index]) as ReceivingLine[]
    const { local, remote } = this.#core.negotiation
    const changes = this.#core.lines.some(
      ({ closed }, index) => closed && (local?.media[index]?.port ?? 0) !== 0 && (remote?.media[index]?.port ?? 0) !== 0,
    )
    if (added.some(({ description }) => description.unavailable === undefined)) return this.#ask(lines, false, changes)
    this.#core.asked = { lines, first: false, reclosed: changes || added.length === 0 }
    this.answer([], undefined)
  }

  /** The line we know under this m-line, with what the new offer does to it (OA-24 to OA-29); undefined for a new file. */
  #reread(session: SessionDescription, index: number): Line | undefined {
    const line = this.#core.lines[index]
    if (line === undefined) return undefined
    const media = session.media[index] as MediaDescription
    const { media: remote } = readFileMedia(session, index, {})
    if (line.kind === 'other') return media.port === 0 ? line : this.#repeated(remote.transferId, media)
    if (media.port === 0) {
      this.#peerClosed(line)
      return line
    }
    if (remote.transferId === line.transferId) {
      const announced = line.kind === 'receive' ? line.description.selector : line.file.selector
      const contradicts = remote.selector !== undefined && !sameFile(announced, remote.selector)
      if (contradicts) this.#end(line, { code: 'protocol-error', detail: 'The same transfer now names another file.' })
      else if (!line.closed) takeDirection(this.#core.context(), line, remote.direction)
      return line
    }
    // OA-29: another id on a live line ends the old transfer and starts a new one
    this.#end(line, { code: 'aborted-by-peer' })
    return this.#repeated(remote.transferId, media)
  }

  /** OA-25: an id of another line, or of a file that ended long ago, starts nothing and gets port 0. */
  #repeated(transferId: string | undefined, media: MediaDescription): Line | undefined {
    return this.#usedIds.has(transferId ?? '') ? otherLine(media) : undefined
  }

  #peerClosed(line: FileLine): void {
    const acknowledged = line.kind === 'send' && line.wrapping !== undefined && line.confirmed >= line.wrapping.message.total
    line.closed = true
    if (acknowledged) fireSending(this.#core.context(), line, 'confirm')
    fireFile(this.#core.context(), line, 'peer-close', { code: 'aborted-by-peer' })
    fireFile(this.#core.context(), line, 'closed')
  }

  /** The offer put an end to this line: its file stops, and our answer, not an offer of ours, gives it port 0. */
  #end(line: FileLine, outcome: Outcome): void {
    const context = this.#core.context()
    line.outcome ??= isOver(line.state) ? undefined : outcome
    if (line.kind === 'receive') fireReceiving(context, line, 'fail', outcome)
    else fireSending(context, line, 'peer-close', outcome)
    line.closed = true
    fireFile(context, line, 'closed')
  }

  /** The user's choice: one 200 for the whole offer, or 488 (CR-20 to CR-22, D-11). */
  answer(accepted: readonly string[], reason: string | undefined): void {
    const asked = this.#core.asked
    if (asked === undefined || this.#core.negotiation.state !== 'remote-offer' || this.#core.state === 'terminated') return
    this.#core.asked = undefined
    this.#core.timers.stop('ring')
    const fresh = asked.lines.filter((line, index) => line !== this.#core.lines[index])
    const taken = fresh.filter(
      line => line.kind === 'receive' && line.description.unavailable === undefined && accepted.includes(line.fileId),
    )
    if (taken.length === 0 && !asked.reclosed) return this.#declineAll(asked.first, fresh, reason)
    for (const line of fresh) {
      if (line.kind !== 'receive' || taken.includes(line)) continue
      this.#decline(line)
    }
    this.#core.lines = asked.lines
    for (const line of taken) this.#accept(line as ReceivingLine)
    const bytes = this.#core.negotiation.answer(this.#core.lines.map((line, index) => this.#answerLine(line, index)))
    const body: Body = { contentType: 'application/sdp', bytes }
    if (asked.first) this.#core.fire('answer')
    this.#core.out.push({ type: 'sip', command: { name: 'accept', id: this.#core.settings.id, body } })
    for (const line of taken) if (line.kind === 'receive') fireReceiving(this.#core.context(), line, 'accept')
  }

  #declineAll(first: boolean, fresh: readonly Line[], reason: string | undefined): void {
    const refusal = notAcceptable('none-accepted', this.#core.settings.media.host)
    this.#core.refusal = refusal
    this.#noteIds(fresh)
    if (first) this.#core.lines = [...fresh]
    for (const line of fresh) if (line.kind === 'receive') this.#decline(line)
    this.#core.outcome ??= { code: 'declined', ...(reason === undefined ? {} : { detail: reason }) }
    if (first) this.#core.fire('decline') || this.#core.fire('close')
    else {
      this.#core.outcome = undefined
      this.#core.negotiation.declined()
      this.#reject(refusal)
    }
  }

  #decline(line: ReceivingLine): void {
    fireReceiving(this.#core.context(), line, 'decline', { code: 'declined' })
    line.closed = true
    fireReceiving(this.#core.context(), line, 'closed')
  }

  #accept(line: ReceivingLine): void {
    if (line.remote === undefined) return
    const { media, sessionId } = acceptMedia(line, line.remote, this.#core.settings)
    line.own = media
    line.sessionId = sessionId
  }

  /** Our side of one m-line in an answer: new lines as built, running ones as before, closed ones mirrored (OA-21, OA-25). */
  #answerLine(line: Line, index: number): MediaDescription {
    const offered = this.#core.negotiation.pendingOffer?.media[index]
    if (offered !== undefined && (offered.port === 0 || line.closed || line.kind === 'other')) return rejectedMedia(offered)
    return mediaOf(line, 'answer')
  }

  #reject(refusal: Refusal): void {
    this.#core.out.push({ type: 'sip', command: { name: 'reject', id: this.#core.settings.id, ...refusal } })
  }

  /** The caller took back what the user is being asked, or nobody answered in time. */
  withdraw(outcome: Outcome): void {
    this.forget(outcome)
    if (this.#core.state !== 'ringing') return
    this.#core.outcome ??= outcome
    this.#core.fire('withdraw')
  }

  /** Takes the question back; files that were agreed before it go on (SIP-23). */
  forget(outcome: Outcome): void {
    const asked = this.#core.asked
    this.#core.asked = undefined
    this.#core.timers.stop('ring')
    if (this.#core.negotiation.state === 'remote-offer') this.#core.negotiation.declined()
    if (asked === undefined) return
    this.#core.emit({ type: 'offer-withdrawn', outcome })
    this.#noteIds(asked.lines)
    for (const line of asked.lines)
      if (line.kind === 'receive' && !this.#core.lines.includes(line)) fireReceiving(this.#core.context(), line, 'end', outcome)
  }

  #policy() {
    const { maxFileSize, strict } = this.#core.settings
    return { maxFileSize, strict: strict ?? false }
  }

  #noteIds(lines: readonly Line[]): void {
    for (const line of lines) if (line.kind !== 'other' && line.transferId !== '') this.#usedIds.add(line.transferId)
  }
}
