import {
  answers,
  type FileMedia,
  type MediaDescription,
  readFileMedia,
  rangeFits,
  rejectedMedia,
  type SessionDescription,
  sameFile,
} from '../sdp/index.js'
import type { Body, SipRequest } from '../sip/index.js'
import { acceptMedia, serveMedia } from './answer-media.js'
import { conversationOf, newConversation } from './conversation.js'
import { type FileLine, type Line, mediaOf, otherLine, type SendingLine } from './file-line.js'
import { CPIM_ONLY } from './group-session.js'
import { fireFile, fireReceiving, fireSending, prepareReceiving, prepareSending, takePath } from './file-machine.js'
import { isOver } from './file-tables.js'
import { directionFault, takeDirection, toldByAnswer } from './hold.js'
import { oneLine } from './invite-headers.js'
import { takeOrders } from './notify-order.js'
import { readOfferBody } from './offer-body.js'
import type { Outcome } from './outcome.js'
import { offerFault } from './own-transport.js'
import { type OfferPolicy, readOfferedLine, refuseOffer } from './read-offer.js'
import { notAcceptable, type Refusal, refusalOf, UNSUPPORTED_BODY } from './refusal.js'
import type { SessionCore } from './session-core.js'
import type { SessionCommand } from './session-types.js'

/** What the user said to the last `offer` event. */
type Choice = Omit<SessionCommand & { readonly name: 'answer' }, 'name'>
type Asked = NonNullable<SessionCore['asked']>

/** The peer's offers inside one session, the user's choice, and our answers (RFC 5547 §8.3, CR 7.x.3). */
export class RemoteOffers {
  readonly #core: SessionCore

  constructor(core: SessionCore) {
    this.#core = core
  }

  incoming(request: SipRequest, body: Body | undefined): void {
    const host = this.#core.settings.media.host
    this.#core.conversation = conversationOf(request, this.#core.settings.random)
    const subject = request.headers.get('Subject')
    this.#core.subject = subject === undefined ? undefined : oneLine(subject)
    const replaces = oneLine(request.headers.get('Session-Replaces') ?? '')
    this.#core.replaces = replaces === '' ? undefined : replaces
    if (body === undefined) return this.#refuse(notAcceptable('no-description', host))
    let session: SessionDescription
    let lines: Line[]
    try {
      const offer = readOfferBody(body)
      if (offer === undefined) return this.#refuse(UNSUPPORTED_BODY)
      session = this.#core.negotiation.offered(offer.sdp)
      lines = session.media.map((_, index) => readOfferedLine(session, index, this.#core.newFileId(), offer, this.#policy()))
      takeOrders(lines, offer)
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
    const files = lines.flatMap(line =>
      line.kind !== 'other' &&
      line.offered !== undefined &&
      line.description !== undefined &&
      line.state === 'offered' &&
      line.own === undefined
        ? [line.description]
        : [],
    )
    /* v8 ignore next -- the INVITE brought one, or we made it for ours */
    const conversation = this.#core.conversation ?? newConversation(this.#core.settings.random)
    const { subject, replaces } = this.#core
    this.#core.emit({ type: 'offer', files, subject, conversation, first, ...(first && replaces !== undefined ? { replaces } : {}) })
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
      this.#core.noteIds(this.#core.lines)
      lines = session.media.map(
        (_, index) => this.#reread(session, index) ?? readOfferedLine(session, index, this.#core.newFileId(), offer, this.#policy()),
      )
      takeOrders(lines, offer)
    } catch (error) {
      // An offer refused with 491 or 500 leaves the one before it open (SIP-21)
      /* v8 ignore next -- nothing that is read after that throws; but no offer may ever stay open */
      if (taken) this.#core.negotiation.declined()
      return this.#reject(refusalOf(error, host))
    }
    // Only files ask for a decision; a line that is none for us gets its port 0 in the answer (SDP-2)
    const added = lines.filter((line, index): line is FileLine => line.kind !== 'other' && line !== this.#core.lines[index])
    const { local, remote } = this.#core.negotiation
    /* v8 ignore start -- after the first exchange both sides have all lines */
    const changes = this.#core.lines.some(
      ({ closed }, index) => closed && (local?.media[index]?.port ?? 0) !== 0 && (remote?.media[index]?.port ?? 0) !== 0,
    )
    /* v8 ignore stop */
    if (added.some(({ refusal }) => refusal === undefined)) return this.#ask(lines, false, changes)
    this.#core.asked = { lines, first: false, reclosed: changes || added.length === 0 }
    this.answer({ accepted: [] })
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
      if (remote.selector !== undefined && !sameFile(announced, remote.selector))
        this.#end(line, { code: 'protocol-error', detail: 'The same transfer now names another file.' })
      else if (!line.closed) this.#update(line, remote)
      return line
    }
    // OA-29: another id on a live line ends the old transfer and starts a new one
    this.#end(line, { code: 'aborted-by-peer' })
    return this.#repeated(remote.transferId, media)
  }

  /** What a repeated line may change: the path (OA-10) and whether the file is held (OA-38). */
  #update(line: FileLine, remote: FileMedia): void {
    const context = this.#core.context()
    const fault = isOver(line.state) ? undefined : directionFault(line, remote.direction)
    const outcome: Outcome | undefined = fault === undefined ? takePath(context, line, remote) : { code: 'protocol-error', detail: fault }
    if (outcome === undefined) takeDirection(context, line, remote.direction)
    else this.#end(line, outcome)
  }

  /** OA-25: an id of another line, or of a file that ended long ago, starts nothing and gets port 0. */
  #repeated(transferId: string | undefined, media: MediaDescription): Line | undefined {
    return this.#core.usedIds.has(transferId ?? '') ? otherLine(media) : undefined
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
  answer(choice: Choice): void {
    const asked = this.#core.asked
    if (asked === undefined || this.#core.negotiation.state !== 'remote-offer' || this.#core.state === 'terminated') return
    this.#core.asked = undefined
    this.#core.timers.stop('ring')
    const fresh = asked.lines.filter((line, index): line is FileLine => line !== this.#core.lines[index] && line.kind !== 'other')
    const taken = fresh.filter(line => this.#accept(line, choice))
    if (taken.length === 0 && !asked.reclosed) return this.#declineAll(asked, fresh, choice.reason)
    for (const line of fresh) if (!taken.includes(line)) this.#decline(line)
    asked.lines.forEach((line, index) => this.#core.displace(index, line))
    const bytes = this.#core.negotiation.answer(this.#core.lines.map((line, index) => this.#answerLine(line, index)))
    const body: Body = { contentType: 'application/sdp', bytes }
    this.#core.answer = body
    this.#core.warnOfFingerprints()
    if (asked.first) this.#core.fire('answer')
    else this.#core.out.push({ type: 'sip', command: { name: 'accept', id: this.#core.settings.id, body } })
    for (const line of taken) fireFile(this.#core.context(), line, 'accept')
  }

  /** The INVITE as a whole gets this status, whatever its files are (GRP-20). */
  refuse(status: number): void {
    const asked = this.#core.asked
    if (asked === undefined || this.#core.state !== 'ringing') return
    this.#core.asked = undefined
    this.#core.timers.stop('ring')
    this.#core.refusal = status === 488 ? notAcceptable('none-accepted', this.#core.settings.media.host) : { status, headers: [] }
    this.#core.noteIds(asked.lines)
    this.#core.lines = [...asked.lines]
    for (const line of asked.lines) if (line.kind !== 'other') this.#decline(line)
    this.#core.outcome ??= { code: 'declined', status }
    this.#core.fire('decline')
  }

  #declineAll(asked: Asked, fresh: readonly FileLine[], reason: string | undefined): void {
    const refusal = notAcceptable('none-accepted', this.#core.settings.media.host, reason)
    this.#core.refusal = refusal
    this.#core.noteIds(fresh)
    if (asked.first) this.#core.lines = [...asked.lines]
    for (const line of fresh) this.#decline(line)
    this.#core.outcome ??= { code: 'declined', ...(reason === undefined ? {} : { detail: reason }) }
    if (asked.first) this.#core.fire('decline')
    else {
      this.#core.outcome = undefined
      this.#core.negotiation.declined()
      this.#reject(refusal)
    }
  }

  #decline(line: FileLine): void {
    const outcome: Outcome = line.outcome ?? { code: line.kind === 'send' ? 'not-shared' : 'declined' }
    fireFile(this.#core.context(), line, 'decline', outcome)
    line.closed = true
    fireFile(this.#core.context(), line, 'closed')
  }

  /** Makes a chosen line ready to run; one that cannot run is declined like the others, and tells why here (OA-34, SEC-10). */
  #accept(line: FileLine, choice: Choice): boolean {
    if (line.remote === undefined || line.refusal !== undefined) return false
    const { settings } = this.#core
    if (line.kind === 'send') {
      const served = choice.served?.find(({ fileId }) => fileId === line.fileId)
      if (served === undefined) return false
      line.file = { ...served.file, fileId: line.fileId, ...(line.remote.range && { range: line.remote.range }) }
    } else if (!choice.accepted.includes(line.fileId)) return false
    const { media, sessionId } =
      line.kind === 'send'
        ? serveMedia(line, line.remote, settings)
        : acceptMedia(line, line.remote, settings, choice.relays?.get(line.fileId))
    line.own = media
    line.sessionId = sessionId
    line.outcome = line.kind === 'send' ? this.#serveFault(line) : prepareReceiving(this.#core.context(), line)
    if (line.outcome === undefined) return true
    line.own = undefined
    line.sessionId = ''
    return false
  }

  /** Why the chosen file cannot be sent as the peer wants it (OA-34, SDP-7, MSRP-60). */
  #serveFault(line: SendingLine): Outcome | undefined {
    const { range, selector } = line.file
    if (range !== undefined && !rangeFits(range, selector.size ?? 0))
      return { code: 'not-shared', detail: 'The peer wants octets that the file does not have.' }
    return prepareSending(this.#core.context(), line)
  }

  /** Our side of one m-line in an answer: new lines as built, running ones as before, closed ones mirrored (OA-21, OA-25). */
  #answerLine(line: Line, index: number): MediaDescription {
    const offered = this.#core.negotiation.pendingOffer?.media[index]
    if (offered !== undefined && (offered.port === 0 || line.closed || line.kind === 'other')) return rejectedMedia(offered)
    /* v8 ignore next -- such a line was mirrored above */
    if (line.kind === 'other') return rejectedMedia(line.offered)
    const own = mediaOf(line, 'answer')
    // The peer turned the line into another kind of line: nothing of ours could answer it, so its file ends (CON-40)
    if (offered !== undefined && !answers(own, offered)) {
      this.#end(line, { code: 'protocol-error', detail: 'The m-line of the file became another one.' })
      return rejectedMedia(offered)
    }
    toldByAnswer(line)
    return own
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
    this.#core.noteIds(asked.lines)
    for (const line of asked.lines)
      if (line.kind !== 'other' && !this.#core.lines.includes(line)) fireFile(this.#core.context(), line, 'abort', outcome)
  }

  #policy(): OfferPolicy {
    const { settings } = this.#core
    const { maxFileSize, strict = false } = settings
    const requiredType = settings.focus === undefined || settings.focus.mailbox === true ? undefined : CPIM_ONLY[0]
    return { maxFileSize, strict, requiredType, transportFault: media => offerFault(settings, media) }
  }
}
