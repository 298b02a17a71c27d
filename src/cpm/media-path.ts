import { formatMsrpUri, newSessionId, parseMsrpUri, type SessionOptions } from '../msrp/index.js'
import type { FileMedia, Setup } from '../sdp/index.js'
import type { Random } from '../wire/index.js'
import type { MediaAddress } from './session-types.js'

/** A fresh MSRP URI of ours for one file session (CON-2). */
export function newOwnUri(media: MediaAddress, random: Random): { uri: string; sessionId: string } {
  const sessionId = newSessionId(random)
  return {
    uri: formatMsrpUri({ secure: false, host: bracketed(media.host), port: media.port, sessionId, transport: 'tcp', parameters: [] }),
    sessionId,
  }
}

/** Why the peer's path cannot be used (SDP-4, CON-1, CON-4, CON-40); undefined when it can. */
export function pathFault(media: FileMedia): string | undefined {
  const uris = media.path.map(text => parseMsrpUri(text))
  const first = uris[0]
  if (first === undefined || uris.includes(undefined)) return 'The MSRP path is not valid.'
  if (uris.some(uri => uri?.secure !== media.secure)) return 'The MSRP path and the m-line disagree on TLS.'
  if (first.transport.toLowerCase() !== 'tcp') return `The transport ${first.transport} cannot be connected to.`
  if (uris.some(uri => uri?.port === undefined || uri.sessionId === undefined)) return 'An MSRP URI lacks its port or session.'
  return undefined
}

/** Which side connects, from the two `a=setup` values (CON-20, CON-21); undefined for a contradiction. */
export function roles(offer: Setup | undefined, answer: Setup | undefined): { offerer: 'active' | 'passive' } | undefined {
  const offered = offer === undefined || offer === 'holdconn' ? 'active' : offer
  const answered = answer === undefined || answer === 'holdconn' ? 'passive' : answer
  if (answered === 'actpass') return undefined
  if (offered === answered) return undefined
  return { offerer: answered === 'passive' ? 'active' : 'passive' }
}

/** Our `a=setup` in an answer (CON-20): we listen, so we are passive whenever the offer lets us. */
export function answerSetup(offer: Setup | undefined): 'active' | 'passive' {
  return offer === 'passive' ? 'active' : 'passive'
}

/** Where the active side connects: c=/m= when both ends speak CEMA (CON-31), else the leftmost path URI (CON-5). */
export function connectTarget(own: FileMedia, remote: FileMedia): SessionOptions['target'] {
  if (own.cema && remote.cema && remote.address !== undefined && remote.port !== 9 && remote.port !== 0)
    return { host: remote.address, port: remote.port, secure: remote.secure }
  const first = remote.path[0] === undefined ? undefined : parseMsrpUri(remote.path[0])
  if (first?.port === undefined) return undefined
  return { host: first.host.replace(/^\[|\]$/g, ''), port: first.port, secure: first.secure }
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host
}
