import { consistsOf, DIGIT, parseInteger } from '../wire/index.js'
import { parseAcceptTypes } from './accept-types.js'
import { directionsOf } from './direction.js'
import { parseFileDate } from './file-date.js'
import { parseFileDisposition } from './file-disposition.js'
import { parseFileIcon } from './file-icon.js'
import type { Direction, FileMedia, FileRange, FileSelector, Fingerprint, LineFault, LineFaultCode } from './file-media.js'
import { parseFileRange, rangeFits } from './file-range.js'
import { parseFileSelector } from './file-selector.js'
import { isTransferId } from './file-transfer-id.js'
import { parseFingerprint } from './fingerprint.js'
import { parseInformation } from './information.js'
import type { Attribute, MediaDescription, SessionDescription } from './session-description.js'
import { parseSetup } from './setup.js'

export interface ReadFileMediaOptions {
  /** Refuse what the rows accept in lenient mode only (SDP-2, SDP-11, SDP-13, OA-3, D-18). Off by default. */
  readonly strict?: boolean
  /** The description is an answer: an absent direction and a selector with only a name are never faults (D-18, OA-23). */
  readonly answer?: boolean
}

/**
 * Reads the m-line `index` completely. Never throws; what cannot be read is undefined or empty and stands in `faults`.
 * A line with port 0 is closed: nothing that it lacks is a fault (OA-24, OA-52).
 * @returns `faults`: why the line cannot be accepted; none means usable
 */
export function readFileMedia(
  session: SessionDescription,
  index: number,
  options: ReadFileMediaOptions = {},
): { media: FileMedia; faults: LineFault[] } {
  const line = session.media[index] ?? NO_LINE
  const strict = options.strict === true
  const faults: LineFault[] = []
  const fault: Report = (code, message) => faults.push({ code, message })
  checkLine(line, strict, fault)
  const selector = readSelector(line, strict, fault)
  const direction = readDirection(session, line, fault)
  const media: FileMedia = {
    port: line.port,
    secure: line.protocol === 'TCP/TLS/MSRP',
    address: (line.connections?.[0] ?? session.connection)?.address,
    direction,
    path: readPath(line, fault),
    acceptTypes: readAcceptTypes(line, fault),
    acceptWrappedTypes: parseAcceptTypes(valueOf(line.attributes, 'accept-wrapped-types') ?? ''),
    maxSize: readMaxSize(line),
    ...readTransport(session, line),
    selector,
    transferId: readTransferId(line, fault),
    ...readHints(line),
    range: readRange(line, selector, fault),
    ...readChatroom(line),
    information: line.information === undefined ? undefined : parseInformation(line.information),
  }
  if (strict && options.answer !== true) checkOffer(direction, selector, fault)
  // Look at the port first (OA-24): a closed line only has to be a file line at all
  return { media, faults: line.port === 0 ? faults.filter(({ code }) => code === 'not-msrp') : faults }
}

type Report = (code: LineFaultCode, message: string) => void

const NO_LINE: MediaDescription = { media: '', port: 0, protocol: '', formats: [], attributes: [] }

/** SDP-2, SDP-23 */
function checkLine(line: MediaDescription, strict: boolean, fault: Report): void {
  if (line.media !== 'message' || (line.protocol !== 'TCP/MSRP' && line.protocol !== 'TCP/TLS/MSRP'))
    fault('not-msrp', `${line.media} over ${line.protocol} carries no files.`)
  const formats = line.formats.join(' ')
  if (formats !== '*' && (strict || formats !== '')) fault('bad-format', 'The format of an MSRP line is "*".')
  for (const name of ['file-selector', 'file-transfer-id', 'path'])
    if (line.attributes.filter(attribute => attribute.name === name).length > 1) fault('duplicate-attribute', `a=${name} repeats.`)
}

/** SDP-4; the URIs themselves are judged by who knows MSRP. */
function readPath(line: MediaDescription, fault: Report): string[] {
  const value = valueOf(line.attributes, 'path')
  if (value === undefined) {
    fault('no-path', 'The line has no a=path.')
    return []
  }
  const path = value.split(' ')
  if (!path.includes('')) return path
  fault('bad-path', 'The URIs of a=path are not separated by one space.')
  return []
}

/** SDP-5 */
function readAcceptTypes(line: MediaDescription, fault: Report): string[] {
  const types = parseAcceptTypes(valueOf(line.attributes, 'accept-types') ?? '')
  if (types.length === 0) fault('no-accept-types', 'The line accepts no media type.')
  return types
}

/** SDP-8 to SDP-16 */
function readSelector(line: MediaDescription, strict: boolean, fault: Report): FileSelector | undefined {
  const value = valueOf(line.attributes, 'file-selector')
  if (value === undefined) {
    fault('no-selector', 'The line says no file.')
    return undefined
  }
  const selector = parseFileSelector(value, { lenient: !strict })
  if (selector === undefined) fault('bad-selector', 'a=file-selector cannot be read.')
  else if (isEmpty(selector)) fault('no-selector', 'a=file-selector holds no selector that is known.')
  return selector
}

/** SDP-17 */
function readTransferId(line: MediaDescription, fault: Report): string | undefined {
  const value = valueOf(line.attributes, 'file-transfer-id')
  if (value === undefined) fault('no-transfer-id', 'The line has no a=file-transfer-id.')
  else if (isTransferId(value)) return value
  else fault('bad-transfer-id', 'a=file-transfer-id is no token of at most 256 characters.')
  return undefined
}

/** SDP-21 */
function readRange(line: MediaDescription, selector: FileSelector | undefined, fault: Report): FileRange | undefined {
  const attribute = line.attributes.find(({ name }) => name === 'file-range')
  if (attribute === undefined) return undefined
  const range = parseFileRange(attribute.value ?? '')
  if (range === undefined) fault('bad-range', 'a=file-range is not start-stop.')
  else if (selector?.size !== undefined && !rangeFits(range, selector.size)) fault('bad-range', 'a=file-range lies outside of the file.')
  return range
}

/** The direction of the m-line, else of the session (RFC 8866 §6.7). */
function readDirection(session: SessionDescription, line: MediaDescription, fault: Report): Direction | undefined {
  const own = directionsOf(line.attributes)
  const directions = own.length > 0 ? own : directionsOf(session.attributes)
  if (directions.length > 1) fault('bad-direction', `The line is ${directions.join(' and ')} at once.`)
  return directions[0]
}

/** What a new transfer must say in strict mode: one direction (D-18), and for a push more than a name (OA-3). */
function checkOffer(direction: Direction | undefined, selector: FileSelector | undefined, fault: Report): void {
  if (direction === undefined || direction === 'sendrecv') fault('bad-direction', 'A file goes one way: sendonly or recvonly.')
  const weak = selector !== undefined && selector.type === undefined && selector.size === undefined && selector.hashes.length === 0
  if (direction !== 'recvonly' && weak && !isEmpty(selector)) fault('selector-too-weak', 'A name alone does not describe a file.')
}

/** `a=setup` and `a=fingerprint` may stand at session level (RFC 4145 §4, RFC 8122 §5), the line's own go first. */
function readTransport(session: SessionDescription, line: MediaDescription): Pick<FileMedia, 'setup' | 'cema' | 'fingerprints'> {
  const fingerprints = fingerprintsOf(line.attributes)
  return {
    setup: parseSetup(valueOf(line.attributes, 'setup') ?? valueOf(session.attributes, 'setup') ?? ''),
    cema: line.attributes.some(({ name, value }) => name === 'msrp-cema' && value === undefined),
    fingerprints: fingerprints.length > 0 ? fingerprints : fingerprintsOf(session.attributes),
  }
}

function readHints(line: MediaDescription): Pick<FileMedia, 'disposition' | 'date' | 'icon'> {
  const [disposition, date, icon] = ['file-disposition', 'file-date', 'file-icon'].map(name => valueOf(line.attributes, name))
  return {
    disposition: disposition === undefined ? undefined : parseFileDisposition(disposition),
    date: date === undefined ? undefined : parseFileDate(date),
    icon: icon === undefined ? undefined : parseFileIcon(icon),
  }
}

/** `a=chatroom` or `a=chatroom:nickname private-messages` (SDP-24) */
function readChatroom(line: MediaDescription): Pick<FileMedia, 'chatroom'> {
  const attribute = line.attributes.find(({ name }) => name === 'chatroom')
  return attribute === undefined ? {} : { chatroom: (attribute.value ?? '').split(' ').filter(token => token !== '') }
}

/** SDP-7: anything but digits is ignored, and so is a number beyond 2^53-1, which limits nothing. */
function readMaxSize(line: MediaDescription): number | undefined {
  const value = valueOf(line.attributes, 'max-size') ?? ''
  return consistsOf(value, DIGIT) ? parseInteger(value) : undefined
}

function fingerprintsOf(attributes: readonly Attribute[]): Fingerprint[] {
  return attributes.flatMap(({ name, value }) => (name === 'fingerprint' ? (parseFingerprint(value ?? '') ?? []) : []))
}

/** Value of the first attribute of that name which has one; a bare `a=file-selector` counts as none (SDP-8). */
function valueOf(attributes: readonly Attribute[], wanted: string): string | undefined {
  return attributes.find(({ name, value }) => name === wanted && value !== undefined)?.value
}

function isEmpty(selector: FileSelector): boolean {
  return selector.name === undefined && selector.type === undefined && selector.size === undefined && selector.hashes.length === 0
}
