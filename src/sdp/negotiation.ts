import { type Arrow, equalBytes, follow, LocalProtocolError, RemoteProtocolError, type Table } from '../wire/index.js'
import { decodeSession } from './decode-session.js'
import { encodeSession } from './encode-session.js'
import { type OwnOrigin, ownSession } from './own-session.js'
import type { MediaDescription, Origin, SessionDescription } from './session-description.js'

export type NegotiationState = 'idle' | 'local-offer' | 'remote-offer'
export type NegotiationEvent = 'offer' | 'answered' | 'refused' | 'offered' | 'answer' | 'declined'
export type NegotiationAction = 'send-offer' | 'keep-offer' | 'send-answer' | 'commit' | 'roll-back'

/** RFC 3264 §4: one offer at a time, and an answer or a refusal ends it (SND-6, SIP-22). */
export const NEGOTIATION_TABLE: Table<NegotiationState, NegotiationEvent, NegotiationAction> = {
  idle: {
    offer: { to: 'local-offer', do: ['send-offer', 'keep-offer'] },
    offered: { to: 'remote-offer', do: ['keep-offer'] },
  },
  'local-offer': {
    answered: { to: 'idle', do: ['commit'] },
    refused: { to: 'idle', do: ['roll-back'] },
  },
  'remote-offer': {
    answer: { to: 'idle', do: ['send-answer', 'commit'] },
    declined: { to: 'idle', do: ['roll-back'] },
  },
}

/** Offer and answer of one dialog, from our side (RFC 3264). */
export class Negotiation {
  readonly #origin: OwnOrigin
  #state: NegotiationState = 'idle'
  #local: SessionDescription | undefined
  #remote: SessionDescription | undefined
  #offer: SessionDescription | undefined
  #sent: Sent | undefined
  #received: { readonly origin: Origin; readonly bytes: Uint8Array } | undefined
  #peerForgotVersion = false

  constructor(origin: OwnOrigin) {
    this.#origin = origin
  }

  get state(): NegotiationState {
    return this.#state
  }

  /** Our description of the last completed exchange. */
  get local(): SessionDescription | undefined {
    return this.#local
  }

  /** The peer's description of the last completed exchange. */
  get remote(): SessionDescription | undefined {
    return this.#remote
  }

  /** The offer that waits for an answer, ours or the peer's. */
  get pendingOffer(): SessionDescription | undefined {
    return this.#offer
  }

  /** The last description of the peer changed something but not its `o=` line: it counts all the same, worth a log entry (OA-9). */
  get peerForgotVersion(): boolean {
    return this.#peerForgotVersion
  }

  /**
   * A new offer of ours with these lines, in the order of the session.
   * @returns the body to send; the bytes of the last one sent when nothing differs (OA-9)
   * @throws LocalProtocolError while an offer is open, with fewer lines than agreed (OA-1), or when a closed line lost its id (OA-8)
   */
  offer(media: readonly MediaDescription[]): Uint8Array {
    const arrow = this.#arrow('offer')
    const before = this.#local?.media ?? []
    if (media.length < before.length) throw new LocalProtocolError('fewer-media', 'An m-line never goes away; close it with port 0.')
    media.forEach((line, index) => checkClosed(line, before[index], index))
    const sent = this.#compose(media, this.#local?.timing)
    this.#take(arrow, { offer: sent.session })
    return sent.bytes
  }

  /**
   * The peer's answer to our offer. When it throws for the answer's sake, the offer counts as refused.
   * @throws RemoteProtocolError when it cannot be read or has another number of lines than the offer (CR-7), or nothing was offered
   */
  answered(bytes: Uint8Array): SessionDescription {
    const local = this.#offer
    const arrow = follow(NEGOTIATION_TABLE, this.#state, 'answered')
    if (local === undefined || arrow === undefined)
      throw new RemoteProtocolError('unexpected-answer', 'The peer answered an offer that we did not make.', 400)
    try {
      const remote = decodeSession(bytes)
      if (remote.media.length !== local.media.length)
        throw new RemoteProtocolError('media-count', `The answer has ${remote.media.length} m-lines, the offer ${local.media.length}.`, 488)
      this.#remember(remote, bytes)
      this.#take(arrow, { local, remote })
      return remote
    } catch (error) {
      this.refused()
      throw error
    }
  }

  /** Our offer failed: everything is as before it, only the version stays used (OA-9, RFC 3264 §8). */
  refused(): void {
    this.#take(this.#arrow('refused'))
  }

  /**
   * An offer of the peer.
   * @throws RemoteProtocolError 491 while our own offer is open, 500 while another one of the peer is (SIP-22); 488 for fewer lines
   * than before (OA-1); else as `decodeSession`. The state then is as before.
   */
  offered(bytes: Uint8Array): SessionDescription {
    const arrow = follow(NEGOTIATION_TABLE, this.#state, 'offered')
    if (arrow === undefined)
      throw this.#state === 'local-offer'
        ? new RemoteProtocolError('glare', 'Both sides offered at the same time.', 491)
        : new RemoteProtocolError('offer-pending', 'The offer before is not answered yet.', 500)
    const offer = decodeSession(bytes)
    const before = this.#remote?.media.length ?? 0
    if (offer.media.length < before)
      throw new RemoteProtocolError('fewer-media', `The offer has ${offer.media.length} m-lines, ${before} were agreed.`, 488)
    this.#remember(offer, bytes)
    this.#take(arrow, { offer })
    return offer
  }

  /**
   * Our answer, line by line like the offer; `t=` comes from the offer (OA-20).
   * @throws LocalProtocolError without an offer, for another number of lines, another media or protocol on a line, an open line that was
   * offered closed (RFC 3264 §6), or another file-transfer-id (OA-21, OA-22)
   */
  answer(media: readonly MediaDescription[]): Uint8Array {
    const arrow = this.#arrow('answer')
    const remote = this.#offer as SessionDescription
    if (media.length !== remote.media.length)
      throw new LocalProtocolError('media-count', `The answer needs ${remote.media.length} m-lines, it has ${media.length}.`)
    media.forEach((line, index) => checkAnswer(line, remote.media[index] as MediaDescription, index))
    const sent = this.#compose(media, remote.timing.length > 0 ? remote.timing : undefined)
    this.#take(arrow, { local: sent.session, remote })
    return sent.bytes
  }

  /** The peer's offer got an error response: everything is as before it. */
  declined(): void {
    this.#take(this.#arrow('declined'))
  }

  #arrow(event: NegotiationEvent): NegotiationArrow {
    const arrow = follow(NEGOTIATION_TABLE, this.#state, event)
    if (arrow !== undefined) return arrow
    throw new LocalProtocolError('negotiation-state', `"${event}" is not possible in the state "${this.#state}" of offer and answer.`)
  }

  #take(arrow: NegotiationArrow, exchange: Exchange = {}): void {
    this.#state = arrow.to
    this.#offer = arrow.do.includes('keep-offer') ? exchange.offer : undefined
    if (!arrow.do.includes('commit')) return
    this.#local = exchange.local
    this.#remote = exchange.remote
  }

  /** OA-9: the same bytes when nothing differs from what was sent last, else the next version, also when the last one was refused. */
  #compose(media: readonly MediaDescription[], timing?: readonly string[]): Sent {
    const version = this.#sent?.version ?? 0
    if (this.#sent !== undefined) {
      const same = ownSession(this.#origin, version, media, timing)
      if (equalBytes(encodeSession(same), this.#sent.bytes)) return this.#sent
    }
    const session = ownSession(this.#origin, version + 1, media, timing)
    this.#sent = { session, version: version + 1, bytes: encodeSession(session) }
    return this.#sent
  }

  #remember(session: SessionDescription, bytes: Uint8Array): void {
    const before = this.#received
    this.#peerForgotVersion = before !== undefined && sameOrigin(before.origin, session.origin) && !equalBytes(before.bytes, bytes)
    this.#received = { origin: session.origin, bytes: bytes.slice() }
  }
}

type NegotiationArrow = Arrow<NegotiationState, NegotiationAction>

interface Sent {
  readonly session: SessionDescription
  readonly version: number
  readonly bytes: Uint8Array
}

/** What an arrow keeps: an offer that waits, or both sides of a completed exchange. */
interface Exchange {
  readonly offer?: SessionDescription
  readonly local?: SessionDescription
  readonly remote?: SessionDescription
}

/** Whether a line still names the transfer that it named before, if it did (OA-8). */
export function keepsTransferId(line: MediaDescription, before: MediaDescription): boolean {
  const id = transferIdOf(before)
  return id === undefined || transferIdOf(line) === id
}

/** Whether a line can be the answer to an offered one: same media, protocol and transfer (RFC 3264 §6, OA-21). */
export function answers(line: MediaDescription, offered: MediaDescription): boolean {
  return line.media === offered.media && line.protocol === offered.protocol && keepsTransferId(line, offered)
}

/** OA-8: a finished file stays listed with its old id. */
function checkClosed(line: MediaDescription, before: MediaDescription | undefined, index: number): void {
  if (line.port === 0 && before !== undefined && !keepsTransferId(line, before))
    throw new LocalProtocolError('lost-transfer-id', `The closed m-line ${index + 1} lost its file-transfer-id.`)
}

function checkAnswer(line: MediaDescription, offered: MediaDescription, index: number): void {
  if (line.media !== offered.media || line.protocol !== offered.protocol)
    throw new LocalProtocolError('changed-media', `The answer turns m-line ${index + 1} into ${line.media} over ${line.protocol}.`)
  if (offered.port === 0 && line.port !== 0) throw new LocalProtocolError('opened-media', `M-line ${index + 1} was offered closed.`)
  if (!keepsTransferId(line, offered))
    throw new LocalProtocolError('changed-transfer-id', `The answer does not repeat the file-transfer-id of m-line ${index + 1}.`)
}

function transferIdOf(line: MediaDescription): string | undefined {
  return line.attributes.find(({ name }) => name === 'file-transfer-id')?.value
}

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.username === b.username && a.sessionId === b.sessionId && a.sessionVersion === b.sessionVersion && a.address === b.address
}
