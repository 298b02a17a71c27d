import type { CpimUnwrapper } from '../cpim/index.js'
import type { FileMedia, MediaDescription, Setup } from '../sdp/index.js'
import { closedMedia, rejectedMedia, writeFileMedia } from '../sdp/index.js'
import { roles } from './media-path.js'
import type { Outcome } from './outcome.js'
import type { RefusalCause } from './refusal.js'
import type { FilePhase, OfferedFileDescription, OutgoingFile } from './session-types.js'
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
}

export interface SendingLine extends FileState {
  readonly kind: 'send'
  readonly file: OutgoingFile
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
  readonly description: OfferedFileDescription
  /** The m-line as offered, for mirroring (OA-21). */
  readonly offered: MediaDescription
  /** What a 488 says when no line is better than this one; undefined for a line that can be accepted. */
  readonly refusal: RefusalCause | undefined
  messageId: string | undefined
  unwrapper: CpimUnwrapper | undefined
  contentType: string
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

export function sendingLine(file: OutgoingFile): SendingLine {
  return {
    kind: 'send',
    fileId: file.fileId,
    file,
    transferId: '',
    state: 'queued',
    outcome: undefined,
    sessionId: '',
    own: undefined,
    remote: undefined,
    wantsClose: false,
    closed: false,
    wrapping: undefined,
    skipped: 0,
    confirmed: 0,
    certain: true,
    progressAt: Number.NEGATIVE_INFINITY,
  }
}

export function receivingLine(
  description: OfferedFileDescription,
  offered: MediaDescription,
  remote: FileMedia,
  refusal?: RefusalCause,
): ReceivingLine {
  return {
    kind: 'receive',
    fileId: description.fileId,
    description,
    offered,
    refusal,
    transferId: description.transferId,
    state: 'offered',
    outcome: undefined,
    sessionId: '',
    own: undefined,
    remote,
    wantsClose: false,
    closed: false,
    messageId: undefined,
    unwrapper: undefined,
    contentType: '',
    reached: 0,
    progressAt: Number.NEGATIVE_INFINITY,
  }
}

export function otherLine(offered: MediaDescription): OtherLine {
  return { kind: 'other', offered, own: undefined, remote: undefined, wantsClose: false, closed: true }
}

/** The m-line for our next SDP: live, closed (D-4), or the port-0 mirror of a line we never took (OA-21). */
export function mediaOf(line: Line, body: 'offer' | 'answer'): MediaDescription {
  if (line.kind !== 'send' && line.own === undefined) return rejectedMedia(line.offered)
  if (line.own === undefined) throw new TypeError('a file was put into an offer before it was described')
  const setup = setupIn(body, line.own.setup, line.remote?.setup)
  // RFC 3264 §6.1: a paused line is answered as paused, one that goes on again with the way of the file
  const resumed = line.kind === 'send' ? 'sendonly' : 'recvonly'
  const direction = body === 'answer' ? (line.remote?.direction === 'inactive' ? 'inactive' : resumed) : line.own.direction
  const media = writeFileMedia({ ...line.own, setup, direction })
  return line.closed || line.wantsClose ? closedMedia(media) : media
}

/** An offer leaves the role open where we can be reached, an answer names the one that was chosen; the connection stays (CON-20). */
function setupIn(body: 'offer' | 'answer', own: Setup | undefined, remote: Setup | undefined): Setup | undefined {
  if (body === 'offer') return own === 'passive' ? 'actpass' : own
  return own === 'actpass' ? roles(own, remote)?.offerer : own
}
