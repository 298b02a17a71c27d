import type { FileMedia } from '../sdp/index.js'
import type { ReceivingLine, SendingLine } from './file-line.js'
import { CPIM_ONLY } from './group-session.js'
import { WRAPPER_ALLOWANCE } from './limits.js'
import { answerTransport, offerTransport, type OwnTransport } from './own-transport.js'
import type { OutgoingFile, RelayPath, SessionSettings } from './session-types.js'

/** Types we take on every line: wrapped first, then anything (D-15). */
export const ACCEPT_TYPES: readonly string[] = ['message/cpim', '*']

/** Our m-line for a file we offer (OA-2, OA-3, CR-6). */
export function offerMedia(file: OutgoingFile, transferId: string, settings: SessionSettings): { media: FileMedia; sessionId: string } {
  const { transport, sessionId } = offerTransport(settings, file.relay)
  const dates = { ...(file.created && { creation: file.created }), ...(file.modified && { modification: file.modified }) }
  const media: FileMedia = {
    ...ownLine(transport, settings),
    direction: 'sendonly',
    maxSize: undefined,
    selector: file.selector,
    transferId,
    disposition: file.disposition,
    date: Object.keys(dates).length > 0 ? dates : undefined,
    range: file.range,
    information: file.description,
  }
  return { media, sessionId }
}

/** Our m-line for a file we accept: name, type, size and hash copied, same id, nothing that OA-22 forbids. */
export function acceptMedia(
  line: ReceivingLine,
  offer: FileMedia,
  settings: SessionSettings,
  relay: RelayPath | undefined,
): { media: FileMedia; sessionId: string } {
  const { transport, sessionId } = answerTransport(settings, offer, relay)
  const media: FileMedia = {
    ...ownLine(transport, settings),
    direction: 'recvonly',
    maxSize: maxSize(settings),
    selector: line.description.selector,
    transferId: line.transferId,
    disposition: undefined,
    date: undefined,
    range: offer.range,
    information: undefined,
  }
  return { media, sessionId }
}

/** Our m-line for a file we pull: only what tells which file, and which part of it (OA-4). */
export function wantMedia(line: ReceivingLine, transferId: string, settings: SessionSettings): { media: FileMedia; sessionId: string } {
  const { transport, sessionId } = offerTransport(settings, line.relay)
  const { selector, range } = line.description
  const media: FileMedia = {
    ...ownLine(transport, settings),
    direction: 'recvonly',
    maxSize: maxSize(settings),
    selector,
    transferId,
    disposition: undefined,
    date: undefined,
    range,
    information: undefined,
  }
  return { media, sessionId }
}

/** Our m-line for a file the peer pulls: type and hash say what comes, name and size travel with the file (OA-23). */
export function serveMedia(line: SendingLine, offer: FileMedia, settings: SessionSettings): { media: FileMedia; sessionId: string } {
  const { transport, sessionId } = answerTransport(settings, offer, line.file.relay)
  const { type, hashes } = line.file.selector
  const media: FileMedia = {
    ...ownLine(transport, settings),
    direction: 'sendonly',
    maxSize: undefined,
    // A line without any selector would be no file line (SDP-8)
    selector: type === undefined && hashes.length === 0 ? line.file.selector : { ...(type && { type }), hashes },
    transferId: line.transferId,
    disposition: line.file.disposition,
    date: undefined,
    range: offer.range,
    information: undefined,
  }
  return { media, sessionId }
}

/** `a=max-size` counts the wrapper too (RCS-6). */
function maxSize({ maxFileSize }: SessionSettings): number | undefined {
  return maxFileSize === undefined ? undefined : maxFileSize + WRAPPER_ALLOWANCE
}

function ownLine(transport: OwnTransport, { group, focus }: SessionSettings) {
  // GRP-23: the bare attribute, since there are no nicknames and no private messages (SDP-24)
  if (focus !== undefined && focus.mailbox !== true)
    return { ...transport, acceptTypes: CPIM_ONLY, acceptWrappedTypes: ['*'], icon: undefined, chatroom: [] }
  // D-15: exactly message/cpim towards a group
  if (group !== undefined) return { ...transport, acceptTypes: CPIM_ONLY, acceptWrappedTypes: ['*'], icon: undefined }
  return { ...transport, acceptTypes: ACCEPT_TYPES, acceptWrappedTypes: [], icon: undefined }
}
