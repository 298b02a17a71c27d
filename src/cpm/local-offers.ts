import {
  closedMedia,
  directionsOf,
  type FileMedia,
  keepsTransferId,
  type LineFault,
  type MediaDescription,
  newTransferId,
  readFileMedia,
  type SessionDescription,
} from '../sdp/index.js'
import type { Body, UserAgentEvent } from '../sip/index.js'
import { offerMedia, wantMedia } from './answer-media.js'
import { bracketed } from './cema-rules.js'
import { type FileLine, type Line, mediaOf, mustOffer, type ReceivingLine, type SendingLine } from './file-line.js'
import { fireFile, prepareReceiving, prepareSending, takePath } from './file-machine.js'
import { isOver } from './file-tables.js'
import { directionFault, mustTell, takeDirection, untold } from './hold.js'
import { LONGEST_OFFER_WAIT, OFFER_TRIES } from './limits.js'
import { secondOffer } from './media-route.js'
import { withOrders } from './notify-order.js'
import { readOfferBody } from './offer-body.js'
import { OfferIcons } from './offer-icons.js'
import { type Outcome, outcomeOfResponse } from './outcome.js'
import { answerTransportFault } from './own-transport.js'
import { faultIn, joined, PULL_FAULTS, PUSH_FAULTS, pullFault, pushFault, tellRange } from './read-answer.js'
import type { SessionCore } from './session-core.js'

/** Back-off when a refusal does not say how long, ms. */
const RETRY_OFFER = 2000

/** Refusals of an offer that leave the session as it was and may be gone the next time (SIP-21, SIP-22; RFC 3261 §21.5.4: 503 acts as 500). */
const FOR_NOW: ReadonlySet<number> = new Set([491, 500, 503])

/** Our offers inside one session and what becomes of them (RFC 5547 §8.2, SND-6). */
export class LocalOffers {
  readonly #core: SessionCore
  /** How often the offer that waits was refused for its timing. */
  #refusals = 0
  /** The files of the offer that waits, and what was in their m-lines before (OA-30). */
  #fresh: FileLine[] = []
  #before: Line[] = []
  /** Lines it repeats in plain RFC 4975 (CON-33). */
  #repeated: FileLine[] = []
  readonly #icons: OfferIcons

  constructor(core: SessionCore) {
    this.#core = core
    this.#icons = new OfferIcons(core.settings.random, bracketed(core.settings.media.host))
  }

  /** A closed line keeps the id that was agreed last, also where an offer for its slot came to nothing (OA-8). */
  #offerLine(line: Line, index: number): MediaDescription {
    const media = mediaOf(line, 'offer')
    const agreed = this.#core.negotiation.local?.media[index]
    return agreed === undefined || media.port !== 0 || keepsTransferId(media, agreed) ? media : closedMedia(agreed)
  }

  /** The next offer holds all changes that wait: closes, pauses and new files together (SND-6). */
  compose(): Body {
    const { settings, lines } = this.#core
    this.#before = [...lines]
    this.#fresh = this.#core.queue.splice(0)
    for (const line of lines)
      if (line.kind !== 'other' && mustTell(line)) {
        line.telling = line.wantsOffer
        line.wantsOffer = false
        if (line.ownPath === 'changed') line.ownPath = 'telling'
      }
    this.#repeated = this.#core.files().filter(mustOffer)
    for (const line of this.#repeated) line.offerAgain = false
    for (const line of this.#fresh) {
      line.transferId = newTransferId(settings.random)
      const { media, sessionId } =
        line.kind === 'send' ? offerMedia(line.file, line.transferId, settings) : wantMedia(line, line.transferId, settings)
      line.own = { ...media, icon: line.kind === 'send' ? this.#icons.take(line.file.icon) : undefined }
      line.sessionId = sessionId
      this.#core.displace(this.#slot(), line)
      fireFile(this.#core.context(), line, 'offer')
    }
    this.#core.warnOfFingerprints()
    const body = this.#icons.body(this.#core.negotiation.offer(lines.map((line, index) => this.#offerLine(line, index))), this.#core.now)
    return settings.notifyInInvite === true ? withOrders(body, this.#fresh, settings) : body
  }

  /** Where the next new file goes: the m-line of a file that is over (OA-30), or a new one (D-6). */
  #slot(): number {
    const { lines, settings } = this.#core
    const free = settings.reuseSlots === true ? lines.findIndex(line => line.kind !== 'other' && line.closed) : -1
    return free < 0 ? lines.length : free
  }

  answered(body: Body | undefined): void {
    let answer: SessionDescription
    try {
      if (body === undefined) throw new RangeError('no answer')
      const offer = readOfferBody(body)
      if (offer === undefined) throw new RangeError('no answer')
      answer = this.#core.negotiation.answered(offer.sdp)
    } catch {
      // CR-7: an answer that does not fit the offer ends the session; the ACK is already out
      const outcome: Outcome = { code: 'protocol-error', detail: 'The SDP answer does not fit the offer.' }
      return this.abandon(outcome, 'SIP;cause=488;text="Bad answer"')
    }
    this.#refusals = 0
    this.#icons.done(this.#fresh)
    this.#core.lines.forEach((line, index) => {
      if (line.kind !== 'other' && !line.closed) this.#applyAnswer(line, answer, index)
    })
  }

  /** The answer is of no use: every file ends and the session with them. */
  abandon(outcome: Outcome, reason: string): void {
    if (this.#core.negotiation.state === 'local-offer') this.#core.negotiation.refused()
    this.#core.outcome = outcome
    for (const line of this.#core.files()) fireFile(this.#core.context(), line, 'end', outcome)
    this.#core.closing ??= { reason }
  }

  #applyAnswer(line: FileLine, answer: SessionDescription, index: number): void {
    const context = this.#core.context()
    const offered = this.#core.negotiation.local?.media[index]
    const { media: remote, faults } = readFileMedia(answer, index, { answer: true })
    line.telling = false
    if (line.ownPath === 'telling') line.ownPath = 'known'
    if (offered?.port === 0 || remote.port === 0) return this.#closed(line, remote, offered?.port === 0)
    if (line.state === 'offered') {
      if (this.#offersAgain(line, remote)) return
      const outcome = line.kind === 'send' ? this.#startSending(line, remote, faults) : this.#startReceiving(line, remote, faults)
      if (outcome === undefined) fireFile(context, line, 'accept')
      else fireFile(context, line, 'fail', outcome)
      if (outcome === undefined && line.kind === 'send') tellRange(context, line)
      return
    }
    if (isOver(line.state)) return
    const fault = directionFault(line, remote.direction)
    const outcome: Outcome | undefined = fault === undefined ? takePath(context, line, remote) : { code: 'protocol-error', detail: fault }
    if (outcome !== undefined) fireFile(context, line, 'fail', outcome)
    else takeDirection(context, line, remote.direction, offeredInactive(offered))
  }

  /** The answer came without `a=msrp-cema`, and something on the way would be in the way: once more without it (CON-33). */
  #offersAgain(line: FileLine, remote: FileMedia): boolean {
    const own = secondOffer(line.own, remote, this.#core.settings)
    if (own === undefined) return false
    line.own = own
    line.remote = remote
    line.offerAgain = true
    return true
  }

  /** Port 0 on either side: the line is over, and the file with it (OA-24). */
  #closed(line: FileLine, remote: FileMedia, weClosed: boolean): void {
    const context = this.#core.context()
    line.closed = true
    line.remote = remote
    if (line.state === 'offered') fireFile(context, line, 'decline', { code: 'declined' })
    else if (!weClosed) fireFile(context, line, 'peer-close', { code: 'aborted-by-peer' })
    fireFile(context, line, 'closed')
  }

  #startSending(line: SendingLine, remote: FileMedia, faults: readonly LineFault[]): Outcome | undefined {
    line.remote = remote
    const { settings } = this.#core
    const detail = faultIn(faults, PUSH_FAULTS) ?? pushFault(line, remote, settings.strictRange === true)
    if (detail !== undefined) return { code: 'protocol-error', detail }
    return answerTransportFault(settings, line.own, remote) ?? prepareSending(this.#core.context(), line)
  }

  #startReceiving(line: ReceivingLine, remote: FileMedia, faults: readonly LineFault[]): Outcome | undefined {
    const { maxFileSize, strictRange } = this.#core.settings
    line.remote = remote
    const detail = faultIn(faults, PULL_FAULTS) ?? pullFault(line, remote, strictRange === true)
    if (detail !== undefined) return { code: 'protocol-error', detail }
    const insecure = answerTransportFault(this.#core.settings, line.own, remote)
    if (insecure !== undefined) return insecure
    /* v8 ignore next -- a line without a selector was refused above */
    const selector = joined(line.description.selector, remote.selector ?? { hashes: [] })
    line.description = { ...line.description, selector, range: remote.range }
    if (selector.size !== undefined && maxFileSize !== undefined && selector.size > maxFileSize)
      return { code: 'too-large', detail: `The file has ${selector.size} octets, at most ${maxFileSize} are taken.` }
    const outcome = prepareReceiving(this.#core.context(), line)
    if (outcome === undefined) this.#core.emit({ type: 'described', fileId: line.fileId, selector, range: remote.range })
    return outcome
  }

  offerRefused(event: UserAgentEvent & { name: 'refused' }): void {
    if (this.#core.negotiation.state !== 'local-offer') return
    /* v8 ignore next -- an offer of ours is pending here */
    const offered = this.#core.negotiation.pendingOffer?.media ?? []
    this.#core.negotiation.refused()
    const iconless = this.#icons.refused(event.status, this.#core.now)
    const wait = event.retryAfter ?? RETRY_OFFER
    const again = iconless || (FOR_NOW.has(event.status) && wait <= LONGEST_OFFER_WAIT && ++this.#refusals < OFFER_TRIES)
    for (const line of this.#core.files()) untold(this.#core.context(), line, again)
    // The files of the refused offer never took effect (callflow 3b)
    this.#core.lines = [...this.#before]
    const fresh = this.#takeBack()
    for (const line of this.#repeated) line.offerAgain = again
    if (again) {
      this.#requeue(fresh)
      if (iconless) return
      this.#core.offerHeld = true
      this.#core.timers.start('retry-offer', this.#core.now + wait)
      return
    }
    this.#refusals = 0
    const outcome = event.response === undefined ? { code: 'timeout' as const } : outcomeOfResponse(event.response)
    for (const line of fresh) {
      fireFile(this.#core.context(), line, outcome.code === 'declined' ? 'decline' : 'fail', outcome)
      fireFile(this.#core.context(), line, 'closed')
    }
    for (const line of this.#repeated) fireFile(this.#core.context(), line, 'fail', outcome)
    // A failed close never spoils a file (SND-7)
    this.#core.lines.forEach((line, index) => {
      if (line.kind !== 'other' && !line.closed && offered[index]?.port === 0) this.#markClosed(line)
    })
  }

  /** The INVITE was refused. @returns whether the same files are worth an INVITE without icons (OA-13); they wait for it then */
  rejected(status: number | undefined): boolean {
    if (status === undefined || this.#core.negotiation.state !== 'local-offer' || !this.#icons.refused(status, this.#core.now)) return false
    this.#core.negotiation.refused()
    this.#core.lines = []
    this.#requeue(this.#takeBack())
    return true
  }

  /** The new files of the offer that was refused; their icons went with it. */
  #takeBack(): FileLine[] {
    const fresh = this.#fresh.splice(0)
    this.#icons.done(fresh)
    return fresh
  }

  /** Files of an offer that met another one go back to the queue, in their order; they get a fresh id with the next offer. */
  #requeue(fresh: readonly FileLine[]): void {
    const waiting = fresh.filter(({ state }) => state === 'offered')
    for (const line of waiting) line.state = 'queued'
    this.#core.queue.unshift(...waiting)
    // What ended in the meantime has no line that could be closed
    for (const line of fresh) if (!waiting.includes(line)) this.#markClosed(line)
  }

  #markClosed(line: FileLine): void {
    line.closed = true
    fireFile(this.#core.context(), line, 'closed')
  }
}

function offeredInactive(offered: MediaDescription | undefined): boolean {
  return offered !== undefined && directionsOf(offered.attributes)[0] === 'inactive'
}
