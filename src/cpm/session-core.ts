import { Negotiation } from '../sdp/index.js'
import type { Body } from '../sip/index.js'
import { randomInteger, Timers } from '../wire/index.js'
import type { Conversation } from './conversation.js'
import type { FileLine, Line } from './file-line.js'
import type { FileContext } from './file-machine.js'
import type { Conference } from './group-session.js'
import type { Outcome } from './outcome.js'
import type { Refusal } from './refusal.js'
import type { SessionState, SessionTableEvent } from './session-table.js'
import type { SessionEvent, SessionOutput, SessionSettings } from './session-types.js'

/** What the parts of one CPM session share: its lines, its negotiation, its timers and the outputs of the running step. */
export class SessionCore {
  readonly settings: SessionSettings
  readonly negotiation: Negotiation
  readonly timers = new Timers<string>()
  /** Set with the first offer, sent or received. */
  conversation: Conversation | undefined
  state: SessionState = 'idle'
  /** One per m-line, in order. */
  lines: Line[] = []
  /** Files that wait for the next offer. */
  queue: FileLine[] = []
  /** Files that are still being verified while another one has their m-line (OA-30). */
  displaced: FileLine[] = []
  /** Every id of this dialog, also of files whose line another file took over (OA-26). */
  readonly usedIds = new Set<string>()
  /** Lines the user is being asked about; they take effect with the answer. */
  asked: { lines: Line[]; first: boolean; reclosed: boolean } | undefined
  /** We sent the INVITE (D-5). */
  initiator = false
  subject: string | undefined
  /** Of a group, since its answer (GRP-7). */
  conference: Conference | undefined
  /** `Session-Replaces` of the INVITE (CPM-12). */
  replaces: string | undefined
  /** The peer keeps files for somebody else (RCS-9). */
  messageTaker = false
  /** The answer that the arrow `accept` of the table sends. */
  answer: Body | undefined
  closing: { reason: string | undefined } | undefined
  /** A refused offer waits for its back-off (SIP-22). */
  offerHeld = false
  refusal: Refusal | undefined
  outcome: Outcome | undefined
  /** ms; begins as in the settings. */
  releaseTimer: number
  now = 0
  readonly out: SessionOutput[] = []
  /** Moves the session along its table; false when the table refuses the event. */
  readonly fire: (event: SessionTableEvent) => boolean
  #nextFile = 1
  #warned = false

  constructor(settings: SessionSettings, fire: (event: SessionTableEvent) => boolean) {
    this.settings = settings
    this.releaseTimer = settings.releaseTimer
    this.fire = fire
    /* v8 ignore next -- a split text has a first part */
    const user = settings.ownUri.replace(/^[a-z]+:/i, '').split(/[@;?]/)[0] ?? ''
    this.negotiation = new Negotiation({
      username: user.replaceAll(/[^A-Za-z0-9._+-]/g, '') || '-',
      sessionId: String(randomInteger(settings.random, 0x7fff_ffff) + 1),
      address: settings.media.host,
    })
  }

  emit(event: SessionEvent): void {
    this.out.push({ type: 'event', event })
  }

  files(): FileLine[] {
    return this.lines.filter(line => line.kind !== 'other')
  }

  byFile(fileId: string): FileLine | undefined {
    return fileIn(this.lines, fileId) ?? fileIn(this.queue, fileId) ?? fileIn(this.displaced, fileId)
  }

  bySession(sessionId: string): FileLine | undefined {
    // for each chunk of each file: without a list of its own
    for (const line of this.lines) if (line.kind !== 'other' && line.sessionId === sessionId && sessionId !== '') return line
    return undefined
  }

  /** Whether all files of the session's lines are so. */
  every(test: (line: FileLine) => boolean): boolean {
    for (const line of this.lines) if (line.kind !== 'other' && !test(line)) return false
    return true
  }

  /** Gives the m-line at `index` to another file (OA-30). */
  displace(index: number, by: Line): void {
    const line = this.lines[index]
    this.lines[index] = by
    if (line === undefined || line.kind === 'other' || line === by) return
    this.noteIds([line])
    if (line.state === 'verifying') this.displaced.push(line)
  }

  noteIds(lines: readonly Line[]): void {
    for (const line of lines) if (line.kind !== 'other' && line.transferId !== '') this.usedIds.add(line.transferId)
  }

  /** Fingerprints, ours or the peer's, go over signalling that anybody may have changed: said once (CON-45). */
  warnOfFingerprints(): void {
    if (this.#warned || this.settings.signallingSecure === true) return
    this.#warned = this.files().some(({ own, remote }) => [own, remote].some(side => (side?.fingerprints.length ?? 0) > 0))
    if (this.#warned) this.emit({ type: 'insecure-signalling' })
  }

  newFileId(): string {
    return `${this.settings.id}/in-${this.#nextFile++}`
  }

  /** What one file's machine may touch. */
  context(): FileContext {
    return {
      settings: this.settings,
      // GRP-6: messages to a group are addressed to its conference
      peerUri: this.conference?.uri ?? this.settings.peerUri,
      timers: this.timers,
      now: this.now,
      emit: event => this.emit(event),
      msrp: input => void this.out.push({ type: 'msrp', input }),
    }
  }
}

function fileIn(lines: readonly Line[], fileId: string): FileLine | undefined {
  for (const line of lines) if (line.kind !== 'other' && line.fileId === fileId) return line
  return undefined
}
