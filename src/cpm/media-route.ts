import { parseMsrpUri, type SessionOptions } from '../msrp/index.js'
import type { FileMedia } from '../sdp/index.js'
import { judgePlainAnswer, matchAddress, type PlainAnswerVerdict } from './cema-rules.js'
import { bareHost, pathFault, roles } from './media-path.js'
import { peerFingerprints, withoutCema } from './own-transport.js'
import type { SessionSettings } from './session-types.js'

/** How the MSRP session of one line is connected. */
export type MediaRoute = Pick<SessionOptions, 'role' | 'target' | 'remotePath' | 'fingerprints'>

/** What CEMA asks for when our offer had `a=msrp-cema` and the answer has none (CON-33); undefined when that is not the case. */
export function plainAnswerVerdict(own: FileMedia, answer: FileMedia, settings: SessionSettings): PlainAnswerVerdict | undefined {
  const role = roles(own.setup, answer.setup)?.offerer
  if (!own.cema || answer.cema || role === undefined) return undefined
  return judgePlainAnswer({
    match: matchAddress(answer, settings.addressesOf),
    role,
    ownRelay: own.path.length > 1,
    peerRelay: answer.path.length > 1,
  })
}

/** Our line for a second offer, in plain RFC 4975, when the answer calls for one (CON-33); undefined when the first one stands. */
export function secondOffer(own: FileMedia | undefined, answer: FileMedia, settings: SessionSettings): FileMedia | undefined {
  if (own === undefined || pathFault(answer) !== undefined) return undefined
  return plainAnswerVerdict(own, answer, settings) === 'offer-again' ? withoutCema(own) : undefined
}

/** Path and target of a line in our `role`. The endpoint puts the relays it asked for us in front of the path (RLY-3). */
export function mediaRoute(own: FileMedia, remote: FileMedia, role: 'active' | 'passive', settings: SessionSettings): MediaRoute {
  const target = role === 'active' ? connectTarget(own, remote, settings) : undefined
  const fingerprints = peerFingerprints(settings, own, remote)
  const known = fingerprints.length > 0 ? { fingerprints } : {}
  return { role, remotePath: remote.path, ...known, ...(target === undefined ? {} : { target: { ...target, ...known } }) }
}

/** The nearest relay of ours (CON-24), c=/m= of the peer where CEMA says so (CON-31, CON-33), else the leftmost URI of its path (CON-5). */
export function connectTarget(own: FileMedia, remote: FileMedia, settings: SessionSettings): SessionOptions['target'] {
  const relay = own.path.length > 1 ? own.path[own.path.length - 2] : undefined
  const first = parseMsrpUri(relay ?? remote.path[0] ?? '')
  if (first?.port === undefined) return undefined
  const host = bareHost(first.host)
  const { address, port, secure } = remote
  if (relay !== undefined || address === undefined || port === 9 || port === 0 || !usesAddress(own, remote, settings))
    return { host, port: first.port, secure: first.secure }
  // CON-42: the certificate is for the host of the URI, wherever the connection goes
  return { host: address, port, secure, ...(secure && address !== host ? { serverName: host } : {}) }
}

function usesAddress(own: FileMedia, remote: FileMedia, settings: SessionSettings): boolean {
  if (!own.cema || remote.cema) return own.cema
  return remote.path.length < 2 || matchAddress(remote, settings.addressesOf) === 'other'
}
