import { acceptsType, type FileMedia, type LineFault, readFileMedia, type SessionDescription } from '../sdp/index.js'
import type { SipRequest } from '../sip/index.js'
import { isEmptyFileHash } from './empty-file.js'
import { namesFileTransfer } from './feature-tags.js'
import { type FileLine, type Line, otherLine, pulledLine, receivingLine } from './file-line.js'
import { MAX_UNKNOWN_SIZE } from './limits.js'
import { iconOf, type OfferBody } from './offer-body.js'
import { notAcceptable, type Refusal, type RefusalCause } from './refusal.js'
import type { OfferedFileDescription } from './session-types.js'

export interface OfferPolicy {
  readonly maxFileSize: number | undefined
  readonly strict: boolean
  /** Why no MSRP session could come about; undefined when one can. */
  readonly transportFault: (media: FileMedia) => string | undefined
  /** A type that the peer must take on each line; at a focus message/cpim (GRP-23). */
  readonly requiredType: string | undefined
}

/**
 * One offered m-line as a line of ours: a file that can be asked for, or one that keeps port 0.
 * Checks in the order of RCV-1: line validity, then limits. A file that is over a limit is shown and never acceptable (RCV-4).
 */
export function readOfferedLine(session: SessionDescription, index: number, fileId: string, body: OfferBody, policy: OfferPolicy): Line {
  const offered = session.media[index]
  /* v8 ignore next -- asked for the lines of the session only */
  if (offered === undefined) throw new RangeError('no such m-line')
  const { media, faults } = readFileMedia(session, index, { strict: policy.strict })
  if (offered.port === 0 || faults.some(({ code }) => code === 'not-msrp') || media.selector === undefined) return otherLine(offered)
  const pull = media.direction === 'recvonly'
  const fault = lineFault(faults) ?? typeFault(media, policy) ?? transportFault(media, policy)
  const [cause, text] = fault ?? (pull ? undefined : limitFault(media, policy)) ?? []
  const description = describe(media, fileId, body, text)
  return pull ? pulledLine({ ...description, kind: 'pull' }, offered, media, cause) : receivingLine(description, offered, media, cause)
}

/** Why a line cannot be accepted: what a 488 would say, and a word for the user. */
type Unavailable = readonly [cause: RefusalCause, text: string]

function lineFault(faults: readonly LineFault[]): Unavailable | undefined {
  const [fault] = faults
  if (fault === undefined) return undefined
  return [fault.code === 'no-accept-types' || fault.code === 'bad-format' ? 'no-format' : 'none-accepted', fault.message]
}

function typeFault(media: FileMedia, { requiredType }: OfferPolicy): Unavailable | undefined {
  if (requiredType === undefined || acceptsType(media.acceptTypes, requiredType)) return undefined
  return ['no-format', `The line does not accept ${requiredType}.`]
}

function transportFault(media: FileMedia, policy: OfferPolicy): Unavailable | undefined {
  const fault = policy.transportFault(media)
  return fault === undefined ? undefined : ['no-transport', fault]
}

/**
 * Whether the offer as a whole can be a CPM File Transfer (CPM-3, RCV-4 to RCV-6, SIP-35).
 * @returns the 488 it must get, or undefined when there is something to ask the user about
 */
export function refuseOffer(request: SipRequest, lines: readonly Line[], session: SessionDescription, host: string): Refusal | undefined {
  const files = lines.filter((line): line is FileLine => line.kind !== 'other')
  if (files.some(({ refusal }) => refusal === undefined)) return undefined
  const [first] = files
  /* v8 ignore next -- a line without a refusal was found acceptable above */
  if (first !== undefined) return notAcceptable(first.refusal ?? 'none-accepted', host)
  const msrp = session.media.some(({ media, protocol }) => media === 'message' && protocol.toUpperCase().endsWith('MSRP'))
  if (msrp && namesFileTransfer(request)) return notAcceptable('no-description', host)
  const message = session.media.some(({ media }) => media === 'message')
  return notAcceptable(message && !msrp ? 'no-transport' : 'no-media', host)
}

function describe(media: FileMedia, fileId: string, body: OfferBody, unavailable: string | undefined): OfferedFileDescription {
  return {
    fileId,
    transferId: media.transferId ?? '',
    /* v8 ignore next -- a line without a selector is no file */
    selector: media.selector ?? { hashes: [] },
    disposition: media.disposition ?? 'render',
    description: media.information,
    modified: media.date?.modification,
    ...(media.date?.creation === undefined ? {} : { created: media.date.creation }),
    icon: iconOf(body, media.icon),
    range: media.range,
    unavailable,
  }
}

function limitFault(media: FileMedia, policy: OfferPolicy): Unavailable | undefined {
  const size = media.selector?.size
  const { maxFileSize } = policy
  /* v8 ignore next -- a line without a selector is no file */
  const hashes = media.selector?.hashes ?? []
  if (size === undefined && maxFileSize !== undefined && maxFileSize < MAX_UNKNOWN_SIZE && !isEmptyFileHash(hashes))
    return ['too-large', 'The file has no announced size and may pass the limit.']
  if (size !== undefined && maxFileSize !== undefined && size > maxFileSize)
    return ['too-large', `The file is over the limit of ${maxFileSize} octets.`]
  return undefined
}
