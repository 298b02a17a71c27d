import { connectionData } from './connection-data.js'
import { formatFileDate } from './file-date.js'
import { formatFileIcon } from './file-icon.js'
import type { FileMedia } from './file-media.js'
import { formatFileRange } from './file-range.js'
import { formatFileSelector } from './file-selector.js'
import { formatFingerprint } from './fingerprint.js'
import { formatInformation } from './information.js'
import type { Attribute, MediaDescription } from './session-description.js'

/** Attributes that only mean something while the line is open: a closing offer leaves them out (D-4). */
const OPEN_ONLY = ['setup', 'msrp-cema', 'fingerprint', 'file-disposition', 'file-date', 'file-icon', 'file-range']

/**
 * The m-line of one file. The address becomes its own `c=`, which `Negotiation` drops where it repeats the one of the session.
 * @throws LocalProtocolError when the selector or a date cannot be written
 */
export function writeFileMedia(media: FileMedia): MediaDescription {
  return {
    media: 'message',
    port: media.port,
    protocol: media.secure ? 'TCP/TLS/MSRP' : 'TCP/MSRP',
    formats: ['*'],
    ...(media.information !== undefined && { information: formatInformation(media.information) }),
    ...(media.address !== undefined && { connections: [connectionData(media.address)] }),
    attributes: [...transportAttributes(media), ...fileAttributes(media)],
  }
}

/** The refusal of an offered line: port 0, selector and transfer id as they came, byte by byte (OA-21). */
export function rejectedMedia(offered: MediaDescription): MediaDescription {
  return {
    media: offered.media,
    port: 0,
    protocol: offered.protocol,
    // The grammar wants a format; an offer without one is read as "*" (SDP-2)
    formats: offered.formats.length > 0 ? offered.formats : ['*'],
    attributes: offered.attributes.filter(({ name }) => name === 'file-selector' || name === 'file-transfer-id'),
  }
}

/** Our own line with port 0, in the place it had: path, selector and transfer id stay (D-4, CR-10). */
export function closedMedia(own: MediaDescription): MediaDescription {
  return {
    media: own.media,
    port: 0,
    protocol: own.protocol,
    formats: own.formats,
    attributes: own.attributes.filter(({ name }) => !OPEN_ONLY.includes(name)),
  }
}

function transportAttributes(media: FileMedia): Attribute[] {
  return [
    ...flag(media.direction),
    ...valued('setup', media.setup),
    ...flag(media.cema ? 'msrp-cema' : undefined),
    ...media.fingerprints.map(fingerprint => ({ name: 'fingerprint', value: formatFingerprint(fingerprint) })),
    ...valued('accept-types', listed(media.acceptTypes)),
    ...valued('accept-wrapped-types', listed(media.acceptWrappedTypes)),
    ...valued('max-size', media.maxSize?.toString()),
    ...valued('path', listed(media.path)),
    ...chatroom(media.chatroom),
  ]
}

function fileAttributes(media: FileMedia): Attribute[] {
  const date = media.date && formatFileDate(media.date)
  return [
    ...valued('file-selector', media.selector && formatFileSelector(media.selector)),
    ...valued('file-transfer-id', media.transferId),
    ...valued('file-disposition', media.disposition),
    ...valued('file-date', date === '' ? undefined : date),
    ...valued('file-icon', media.icon && formatFileIcon(media.icon)),
    ...valued('file-range', media.range && formatFileRange(media.range)),
  ]
}

/** Bare when nothing beyond the room itself is allowed (RFC 7701 §8). */
function chatroom(tokens: readonly string[] | undefined): Attribute[] {
  if (tokens === undefined) return []
  return [tokens.length === 0 ? { name: 'chatroom' } : { name: 'chatroom', value: tokens.join(' ') }]
}

function flag(name: string | undefined): Attribute[] {
  return name === undefined ? [] : [{ name }]
}

function valued(name: string, value: string | undefined): Attribute[] {
  return value === undefined ? [] : [{ name, value }]
}

function listed(values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(' ')
}
