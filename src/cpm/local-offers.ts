import { type FileMedia, newTransferId, rangeFits, readFileMedia, type SessionDescription } from '../sdp/index.js'
import type { Body, UserAgentEvent } from '../sip/index.js'
import { offerMedia } from './answer-media.js'
import { type FileLine, mediaOf, type SendingLine } from './file-line.js'
import { fireFile, fireSending, prepareSending } from './file-machine.js'
import { pathFault } from './media-path.js'
import { readOfferBody } from './offer-body.js'
import { OFFER_TRIES } from './limits.js'
import { outcomeOfResponse } from './outcome.js'
import type { SessionCore } from './session-core.js'

/** Back-off when a refusal does not say how long, ms. */
const RETRY_OFFER = 2000

/** Our offers inside one session and what becomes of them (RFC 5547 §8.2, SND-6). */
export class LocalOffers {
  readonly #core: SessionCore
  /** How often the offer that waits was refused for its timing. */
  #refusals = 0

  constructor(core: SessionCore) {
    this.#core = core
  }

  /** The next offer holds all changes that wait: closes and new files together (SND-6). */
  compose(): Body {
    for (const line of this.#core.queue.splice(0)) {
      line.transferId = newTransferId(this.#core.settings.random)
      const { media, sessionId } = offerMedia(line.file, line.transferId, this.#core.settings)
      line.own = media
      line.sessionId = sessionId
      this.#core.lines.push(line)
      fireSending(this.#core.context(), line, 'offer')
    }
    return { contentType: 'application/sdp', bytes: this.#core.negotiation.offer(this.#core.lines.map(line => mediaOf(line, 'offer'))) }
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
      if (this.#core.negotiation.state === 'local-offer') this.#core.negotiation.refused()
      this.#core.outcome = { code: 'protocol-error', detail: 'The SDP answer does not fit the offer.' }
      for (const line of this.#core.files()) fireFile(this.#core.context(), line, 'end', this.#core.outcome)
      this.#core.closing ??= { reason: 'SIP;cause=488;text="Bad answer"' }
      return
    }
    this.#refusals = 0
    const offered = this.#core.negotiation.local?.media ?? []
    this.#core.lines.forEach((line, index) => {
      if (line.kind !== 'other' && !line.closed) this.#applyAnswer(line, readFileMedia(answer, index, {}).media, offered[index]?.port === 0)
    })
  }

  #applyAnswer(line: FileLine, remote: FileMedia, weClosed: boolean): void {
    const context = this.#core.context()
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
    const fault = answerFault(remote, line.file.selector.size)
    const outcome = fault === undefined ? prepareSending(context, line) : ({ code: 'protocol-error', detail: fault } as const)
    if (outcome === undefined) fireSending(context, line, 'accept')
    else fireSending(context, line, 'fail', outcome)
  }

  offerRefused(event: UserAgentEvent & { name: 'refused' }): void {
    if (this.#core.negotiation.state !== 'local-offer') return
    const agreed = this.#core.negotiation.local?.media.length ?? 0
    const offered = this.#core.negotiation.pendingOffer?.media ?? []
    this.#core.negotiation.refused()
    if ((event.status === 491 || event.status === 500) && ++this.#refusals < OFFER_TRIES) {
      this.#requeue(agreed)
      this.#core.offerHeld = true
      this.#core.timers.start('retry-offer', this.#core.now + (event.retryAfter ?? RETRY_OFFER))
      return
    }
    this.#refusals = 0
    // The files of the refused offer never took effect (callflow 3b); a failed close never spoils a file (SND-7)
    const outcome = event.response === undefined ? { code: 'timeout' as const } : outcomeOfResponse(event.response)
    for (const line of this.#core.lines.splice(agreed)) {
      if (line.kind === 'other') continue
      if (line.kind === 'send') fireSending(this.#core.context(), line, outcome.code === 'declined' ? 'decline' : 'fail', outcome)
      fireFile(this.#core.context(), line, 'closed')
    }
    this.#core.lines.forEach((line, index) => {
      if (line.kind !== 'other' && !line.closed && offered[index]?.port === 0) this.#markClosed(line)
    })
  }

  /** Files of an offer that met another one go back to the queue, in their order; they get a fresh id with the next offer. */
  #requeue(agreed: number): void {
    const waiting = this.#core.lines.splice(agreed).filter(line => line.kind === 'send' && line.state === 'offered') as SendingLine[]
    for (const line of waiting) line.state = 'queued'
    this.#core.queue.unshift(...waiting)
  }

  #markClosed(line: FileLine): void {
    line.closed = true
    fireFile(this.#core.context(), line, 'closed')
  }
}

/** What makes an accepted line of an answer unusable (OA-39, SDP-4, SDP-5). */
function answerFault(remote: FileMedia, size: number | undefined): string | undefined {
  // The answerer's own range is served (D-17); one that lies outside of the file cannot be
  if (remote.range !== undefined && !rangeFits(remote.range, size ?? 0)) return 'The answer asks for octets that the file does not have.'
  if (remote.direction === 'sendonly') return 'The answer to sendonly says sendonly.'
  if (remote.acceptTypes.length === 0) return 'The answer names no accepted types.'
  return pathFault(remote)
}
