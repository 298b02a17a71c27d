import { connectionData } from './connection-data.js'
import type { MediaDescription, SessionDescription } from './session-description.js'

/** Who we are in `o=` of one dialog; the address also is the session's `c=`. */
export interface OwnOrigin {
  readonly username: string
  /** Digits, unique for this user and host (RFC 8866 §5.2). */
  readonly sessionId: string
  /** Host name or address; IPv6 with or without brackets. */
  readonly address: string
}

/** Our session description of that version; a media `c=` that repeats the one of the session is left out. */
export function ownSession(
  origin: OwnOrigin,
  version: number,
  media: readonly MediaDescription[],
  timing: readonly string[] = ['t=0 0'],
): SessionDescription {
  const connection = connectionData(origin.address)
  return {
    origin: { username: origin.username, sessionId: origin.sessionId, sessionVersion: `${version}`, ...connection },
    name: '-',
    connection,
    timing,
    attributes: [],
    media: media.map(line => withoutConnection(line, connection.address)),
  }
}

function withoutConnection(line: MediaDescription, address: string): MediaDescription {
  const { connections, ...rest } = line
  return connections?.every(connection => connection.address === address) ? rest : line
}
