import { ALPHA, consistsOf, DIGIT, decodeLatin1, is, parseInteger, RemoteProtocolError, SDP_TOKEN } from '../wire/index.js'
import { MAX_LINE_BYTES, MAX_MEDIA, MAX_PORT, MAX_SESSION_BYTES } from './limits.js'
import type { Attribute, ConnectionData, MediaDescription, Origin, SessionDescription } from './session-description.js'

type Draft<T> = { -readonly [K in keyof T]: T[K] }
type MediaDraft = Draft<Omit<MediaDescription, 'attributes' | 'connections' | 'others'>> & {
  attributes: Attribute[]
  connections: ConnectionData[]
  others: string[]
}
type SessionDraft = Draft<Omit<SessionDescription, 'origin' | 'name' | 'timing' | 'others' | 'attributes' | 'media'>> & {
  origin?: Origin
  name?: string
  timing: string[]
  others: string[]
  attributes: Attribute[]
  media: MediaDraft[]
}

/**
 * Reads one session description (RFC 8866 §5, §9). Every text of the result has one character per byte, so nothing is lost.
 * Tolerated: bare LF as line end (SDP-1), an empty or missing `s=`, no `t=`, lines of one section in another order, unknown line types,
 * an m-line without format (SDP-2 decides about it later).
 * @throws RemoteProtocolError 400 when it cannot be parsed (SDP-1); 413 for too many bytes, 488 for too many or too long lines (SDP-25)
 */
export function decodeSession(bytes: Uint8Array): SessionDescription {
  if (bytes.length > MAX_SESSION_BYTES)
    throw new RemoteProtocolError('sdp-too-large', `The session description has more than ${MAX_SESSION_BYTES} octets.`, 413)
  const lines = splitLines(decodeLatin1(bytes))
  if (lines[0] !== 'v=0') throw malformed('The session description does not start with v=0.')
  const session: SessionDraft = { timing: [], others: [], attributes: [], media: [] }
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string
    if (line[1] !== '=' || !is(line.charCodeAt(0), ALPHA)) throw malformed(`Line ${index + 1} is not of the form x=value.`)
    const media = session.media.at(-1)
    if (line[0] === 'm') addMedia(session, line.slice(2))
    else if (media === undefined) readSessionLine(session, line)
    else readMediaLine(media, line)
  }
  return finish(session)
}

function splitLines(text: string): string[] {
  const lines = text.split('\n')
  // The text behind the last line end is no line; further empty lines at the end are harmless
  while (lines.length > 0 && isBlank(lines.at(-1) as string)) lines.pop()
  return lines.map((raw, index) => {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.length > MAX_LINE_BYTES)
      throw new RemoteProtocolError('sdp-line-too-long', `Line ${index + 1} of the session description is too long.`, 488)
    if (line.includes('\0') || line.includes('\r')) throw malformed(`Line ${index + 1} contains NUL or CR.`)
    return line
  })
}

function isBlank(line: string): boolean {
  return line === '' || line === '\r'
}

function readSessionLine(session: SessionDraft, line: string): void {
  const value = line.slice(2)
  switch (line[0]) {
    case 'v':
      throw malformed('v= repeats.')
    case 'o':
      if (session.origin !== undefined) throw malformed('o= repeats.')
      session.origin = readOrigin(value)
      break
    case 's':
      if (session.name !== undefined) throw malformed('s= repeats.')
      session.name = value
      break
    case 'i':
      session.information ??= value
      break
    case 'c':
      if (session.connection !== undefined) throw malformed('c= repeats.')
      session.connection = readConnection(value)
      break
    case 't':
    case 'r':
    case 'z':
      session.timing.push(line)
      break
    case 'a':
      session.attributes.push(readAttribute(value))
      break
    default:
      session.others.push(line)
  }
}

function readMediaLine(media: MediaDraft, line: string): void {
  const value = line.slice(2)
  switch (line[0]) {
    case 'v':
    case 'o':
    case 's':
      throw malformed(`${line[0]}= stands below an m-line.`)
    case 'i':
      media.information ??= value
      break
    case 'c':
      media.connections.push(readConnection(value))
      break
    case 'a':
      media.attributes.push(readAttribute(value))
      break
    default:
      media.others.push(line)
  }
}

/** `alice 3923820001 2 IN IP4 192.0.2.10` */
function readOrigin(value: string): Origin {
  const [username = '', sessionId = '', sessionVersion = '', network, addressType, address = '', ...rest] = value.split(' ')
  if (username === '' || !consistsOf(sessionId, DIGIT) || !consistsOf(sessionVersion, DIGIT) || rest.length > 0)
    throw malformed('o= does not have the form "user id version IN type address".')
  return { username, sessionId, sessionVersion, ...readAddress(network, addressType, address, 'o') }
}

/** `IN IP4 192.0.2.10` */
function readConnection(value: string): ConnectionData {
  const [network, addressType, address = '', ...rest] = value.split(' ')
  if (rest.length > 0) throw malformed('c= does not have the form "IN type address".')
  return readAddress(network, addressType, address, 'c')
}

function readAddress(network: string | undefined, addressType: string | undefined, address: string, line: string): ConnectionData {
  if (network !== 'IN' || (addressType !== 'IP4' && addressType !== 'IP6') || address === '' || address.includes('\t'))
    throw malformed(`${line}= does not end with "IN IP4 address" or "IN IP6 address".`)
  return { addressType, address }
}

/** `name` or `name:value` */
function readAttribute(text: string): Attribute {
  const colon = text.indexOf(':')
  return colon < 0 ? { name: text } : { name: text.slice(0, colon), value: text.slice(colon + 1) }
}

/** `message 2855 TCP/MSRP *`, `message 2855/2 TCP/MSRP *` */
function addMedia(session: SessionDraft, value: string): void {
  if (session.media.length >= MAX_MEDIA)
    throw new RemoteProtocolError('too-many-media', `The session description has more than ${MAX_MEDIA} m-lines.`, 488)
  const [media = '', ports = '', protocol = '', ...formats] = value.split(' ')
  const [portText = '', countText, ...rest] = ports.split('/')
  const port = parseInteger(portText)
  const portCount = countText === undefined ? undefined : parseInteger(countText)
  const validPort = port !== undefined && port <= MAX_PORT && rest.length === 0
  const validCount = countText === undefined || (portCount !== undefined && portCount > 0)
  const validProtocol = protocol.split('/').every(part => consistsOf(part, SDP_TOKEN))
  const validFormats = formats.every(format => format !== '')
  if (!consistsOf(media, SDP_TOKEN) || !validPort || !validCount || !validProtocol || !validFormats)
    throw malformed('m= does not have the form "media port proto format ...".')
  session.media.push({ media, port, ...(portCount && { portCount }), protocol, formats, attributes: [], connections: [], others: [] })
}

function finish(draft: SessionDraft): SessionDescription {
  const { origin, name = '-', others, media, ...session } = draft
  if (origin === undefined) throw malformed('The session description has no o= line.')
  return { origin, name, ...session, ...(others.length > 0 && { others }), media: media.map(finishMedia) }
}

function finishMedia({ others, connections, ...media }: MediaDraft): MediaDescription {
  return { ...media, ...(connections.length > 0 && { connections }), ...(others.length > 0 && { others }) }
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-sdp', message, 400)
}
