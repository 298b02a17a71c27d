import type { CpimUnwrapper } from '../cpim/index.js'
import type { Direction, FileMedia, MediaDescription, Setup } from '../sdp/index.js'
import { closedMedia, rejectedMedia, writeFileMedia } from '../sdp/index.js'
import { roles } from './media-path.js'
import type { Outcome } from './outcome.js'
import type { RefusalCause } from './refusal.js'
import type { FilePhase, FileSender, NotifyOrder, OfferedFileDescription, OutgoingFile, RelayPath, WantedFile } from './session-types.js'
import type { Wrapping } from './wrapper.js'

/** What every m-line of the session has, whatever it carries. */
interface LineState {
  /** What our SDP says of the line; undefined until we said something. */
  own: FileMedia | undefined
  /** What the peer's SDP said last. */
  remote: FileMedia | undefined
  /** The m-line is to get port 0 in our next offer. */
  wantsClose: boolean
  /** Port 0 is agreed, by whoever. */
  closed: boolean
}

/** The part of a file's state that both directions share. */
interface FileState extends LineState {
  readonly fileId: string
  transferId: string
  state: FilePhase
  outcome: Outcome | undefined
  /** MSRP session-id of our path URI; '' before there is one. */
  sessionId: string
  /** Time of the last progress event. */
  progressAt: number
  /** The peer's m-line that began the transfer, as it came (OA-21); undefined when an offer of ours began it. */
  readonly offered: MediaDescription | undefined
  /** What a 488 says when no line is better than this one; undefined for a line that can be accepted. */
  readonly refusal: RefusalCause | undefined
  /** Who holds the file at the moment (OA-38). */
  heldByUs: boolean
  heldByPeer: boolean
  /** The MSRP endpoint was told to pause it. */
  paused: boolean
  /** Our next offer is to tell the peer that we hold the file, or go on with it. */
  wantsOffer: boolean
  /** The offer that waits for its answer tells so. */
  telling: boolean
  /** Our next offer is to repeat the line, which the answer did not settle (CON-33). */
  offerAgain: boolean
  /** What the peer knows of our path, which a renewal at our relays may change (RLY-3). */
  ownPath: 'known' | 'changed' | 'telling'
  /** Connects so far (SEC-10). */
  attempts: number
}

export interface SendingLine extends FileState {
  readonly kind: 'send'
  /** For a pull of the peer: what it named, until the application chose the file. */
  file: OutgoingFile
  /** What the peer wants; undefined for a push of ours. */
  readonly description: OfferedFileDescription | undefined
  wrapping: Wrapping | undefined
  /** Octets of the file before the part that the peer asked for (D-17). */
  skipped: number
  /** Octets of the message answered or reported. */
  confirmed: number
  /** False when the REPORT never came (SND-8). */
  certain: boolean
}

export interface ReceivingLine extends FileState {
  readonly kind: 'receive'
  /** What is known of the file; the answer to a pull of ours adds to it. */
  description: OfferedFileDescription
  messageId: string | undefined
  unwrapper: CpimUnwrapper | undefined
  contentType: string
  /** What the sender wants to hear of the file (IMDN-1, IMDN-2). */
  notify: NotifyOrder | undefined
  /** Relays that act for us on a pull of ours. */
  readonly relay: RelayPath | undefined
  /** The name in the wrapper; a pulled file has it from there (OA-23). */
  fileName: string | undefined
  /** From of the wrapper: in a group who sent the file (GRP-43). */
  sender: FileSender | undefined
  /** Content octets seen, counted to the highest position. */
  reached: number
}

/** An m-line that is no file for us: audio, a broken line, a pull. It keeps its place with port 0 (OA-20, SDP-2). */
export interface OtherLine extends LineState {
  readonly kind: 'other'
  readonly offered: MediaDescription
}

export type FileLine = SendingLine | ReceivingLine
export type Line = FileLine | OtherLine

const FRESH = {
  outcome: undefined,
  sessionId: '',
  own: undefined,
  wantsClose: false,
  closed: false,
  progressAt: Number.NEGATIVE_INFINITY,
  heldByUs: false,
  heldByPeer: false,
  paused: false,
  wantsOffer: false,
  telling: false,
  offerAgain: false,
  ownPath: 'known',
  attempts: 0,
} as const

const UNSENT = { kind: 'send', wrapping: undefined, skipped: 0, confirmed: 0, certain: true } as const
const UNRECEIVED = {
  kind: 'receive',
  messageId: undefined,
  unwrapper: undefined,
  contentType: '',
  fileName: undefined,
  sender: undefined,
  notify: undefined,
  relay: undefined,
  reached: 0,
} as const
const OURS = { transferId: '', state: 'queued', remote: undefined, offered: undefined, refusal: undefined } as const

/** A file we push. */
export function sendingLine(file: OutgoingFile): SendingLine {
  return { ...FRESH, ...UNSENT, ...OURS, fileId: file.fileId, file, description: undefined }
}

/** A file we pull. */
export function wantedLine({ fileId, selector, range, relay }: WantedFile): ReceivingLine {
  const description: OfferedFileDescription = {
    fileId,
    transferId: '',
    selector,
    disposition: 'attachment',
    description: undefined,
    modified: undefined,
    icon: undefined,
    range,
    unavailable: undefined,
  }
  return { ...FRESH, ...UNRECEIVED, ...OURS, fileId, description, relay }
}

/** A file the peer pushes. */
export function receivingLine(
  description: OfferedFileDescription,
  offered: MediaDescription,
  remote: FileMedia,
  refusal?: RefusalCause,
): ReceivingLine {
  const { fileId, transferId } = description
  return { ...FRESH, ...UNRECEIVED, fileId, transferId, state: 'offered', description, offered, remote, refusal }
}

/** A file the peer pulls; which one it is, the application says with its answer. */
export function pulledLine(
  description: OfferedFileDescription,
  offered: MediaDescription,
  remote: FileMedia,
  refusal?: RefusalCause,
): SendingLine {
  const { fileId, transferId, selector } = description
  const file: OutgoingFile = { fileId, selector, disposition: 'attachment' }
  return { ...FRESH, ...UNSENT, fileId, transferId, state: 'offered', file, description, offered, remote, refusal }
}

export function otherLine(offered: MediaDescription): OtherLine {
  return { kind: 'other', offered, own: undefined, remote: undefined, wantsClose: false, closed: true }
}

/** The m-line for our next SDP: live, closed (D-4), or the port-0 mirror of a line we never took (OA-21). */
export function mediaOf(line: Line, body: 'offer' | 'answer'): MediaDescription {
  if (line.offered !== undefined && (line.kind === 'other' || line.own === undefined)) return rejectedMedia(line.offered)
  /* v8 ignore next -- a file of ours is described before it is put into an offer */
  if (line.kind === 'other' || line.own === undefined) throw new TypeError('a file was put into an offer before it was described')
  const setup = setupIn(body, line.own.setup, line.remote?.setup)
  const media = writeFileMedia({ ...line.own, setup, direction: directionIn(body, line) })
  return line.closed || line.wantsClose ? closedMedia(media) : media
}

/** RFC 3264 §6.1: a paused line is answered as paused; an offer says what we want ourselves. */
function directionIn(body: 'offer' | 'answer', line: FileLine): Direction {
  // The first offer of a line says which way the file goes, paused or not: `inactive` alone tells no push from a pull
  const held = line.heldByUs && line.remote !== undefined
  if (held || (body === 'answer' && line.remote?.direction === 'inactive')) return 'inactive'
  return line.kind === 'send' ? 'sendonly' : 'recvonly'
}

/** Which side connects, as the line's first offer and answer left it; undefined for a contradiction. */
export function connectingSide(line: FileLine): 'us' | 'peer' | undefined {
  const ours = line.offered === undefined
  const [offer, answer] = ours ? [line.own?.setup, line.remote?.setup] : [line.remote?.setup, line.own?.setup]
  const offerer = roles(offer, answer)?.offerer
  if (offerer === undefined) return undefined
  return (offerer === 'active') === ours ? 'us' : 'peer'
}

/** Whether the line has to be offered once more before its file can begin (CON-33). */
export function mustOffer(line: FileLine): boolean {
  return line.offerAgain && line.state === 'offered'
}

/** An offer leaves the role open where we can be reached, an answer names the one that was chosen; the connection stays (CON-20). */
function setupIn(body: 'offer' | 'answer', own: Setup | undefined, remote: Setup | undefined): Setup | undefined {
  if (body === 'offer') return own === 'passive' ? 'actpass' : own
  return own === 'actpass' ? roles(own, remote)?.offerer : own
}
