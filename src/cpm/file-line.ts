import type { CpimUnwrapper } from '../cpim/index.js'
import type { FileMedia, MediaDescription } from '../sdp/index.js'
import { closedMedia, rejectedMedia, writeFileMedia } from '../sdp/index.js'
import type { Outcome } from './outcome.js'
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
    confirmed: 0,
    certain: true,
    progressAt: Number.NEGATIVE_INFINITY,
  }
}

export function receivingLine(description: OfferedFileDescription, offered: MediaDescription, remote: FileMedia): ReceivingLine {
  return {
    kind: 'receive',
    fileId: description.fileId,
    description,
    offered,
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
export function mediaOf(line: Line): MediaDescription {
  if (line.kind !== 'send' && line.own === undefined) return rejectedMedia(line.offered)
  if (line.own === undefined) throw new TypeError('a file was put into an offer before it was described')
  const media = writeFileMedia(line.own)
  return line.closed || line.wantsClose ? closedMedia(media) : media
}
