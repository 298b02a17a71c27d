import { encodeLatin1, hasLineBreak, LocalProtocolError } from '../wire/index.js'
import type { Attribute, ConnectionData, MediaDescription, SessionDescription } from './session-description.js'

/**
 * Writes a session description in the order of RFC 8866 §9, lines ended by CRLF (SDP-1).
 * @throws LocalProtocolError when a text holds CR, LF or NUL, which would forge lines (SEC-14)
 */
export function encodeSession(session: SessionDescription): Uint8Array {
  const { origin, others = [] } = session
  const lines = [
    'v=0',
    `o=${origin.username} ${origin.sessionId} ${origin.sessionVersion} IN ${origin.addressType} ${origin.address}`,
    `s=${session.name}`,
    ...informationLine(session.information),
    ...linesOf(others, 'uep'),
    ...(session.connection === undefined ? [] : [connectionLine(session.connection)]),
    ...linesOf(others, 'b'),
    ...session.timing,
    ...linesOf(others, 'k'),
    ...unknownLines(others, 'uepbk'),
    ...session.attributes.map(attributeLine),
    ...session.media.flatMap(mediaLines),
  ]
  const broken = lines.find(hasLineBreak)
  if (broken !== undefined) throw new LocalProtocolError('line-break', `A text with a line break cannot stand in ${broken.slice(0, 2)}.`)
  return encodeLatin1(`${lines.join('\r\n')}\r\n`)
}

function mediaLines(media: MediaDescription): string[] {
  const { others = [] } = media
  const port = media.portCount === undefined ? `${media.port}` : `${media.port}/${media.portCount}`
  return [
    `m=${[media.media, port, media.protocol, ...media.formats].join(' ')}`,
    ...informationLine(media.information),
    ...(media.connections ?? []).map(connectionLine),
    ...linesOf(others, 'b'),
    ...linesOf(others, 'k'),
    ...unknownLines(others, 'bk'),
    ...media.attributes.map(attributeLine),
  ]
}

function informationLine(information: string | undefined): string[] {
  return information === undefined ? [] : [`i=${information}`]
}

function connectionLine(connection: ConnectionData): string {
  return `c=IN ${connection.addressType} ${connection.address}`
}

function attributeLine(attribute: Attribute): string {
  return attribute.value === undefined ? `a=${attribute.name}` : `a=${attribute.name}:${attribute.value}`
}

/** The lines whose type is one of `types`, in the order of `types`. */
function linesOf(lines: readonly string[], types: string): string[] {
  return [...types].flatMap(type => lines.filter(line => line[0] === type))
}

function unknownLines(lines: readonly string[], known: string): string[] {
  return lines.filter(line => !known.includes(line[0] as string))
}
