import { formatMsrpUri, type MsrpUri, newSessionId, parseMsrpUri } from '../msrp/index.js'
import type { FileMedia, Setup } from '../sdp/index.js'
import { equalFold, type Random } from '../wire/index.js'
import { bracketed } from './cema-rules.js'
import type { MediaAddress } from './session-types.js'

/** A fresh MSRP URI of ours for one file session (CON-2). */
export function newOwnUri(media: MediaAddress, random: Random, secure = false): { uri: string; sessionId: string } {
  const sessionId = newSessionId(random)
  return {
    uri: formatMsrpUri({ secure, host: bracketed(media.host), port: media.port, sessionId, transport: 'tcp', parameters: [] }),
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

/**
 * Whether only relays between us and the peer changed, and whoever connects still connects to the same place: a relay renewed its URIs (RLY-3).
 * Both paths have no `pathFault`.
 */
export function isRerouted(before: readonly string[], path: readonly string[]): boolean {
  if (before.length < 2 || path.length < 2 || before.at(-1) !== path.at(-1)) return false
  const [first, now] = [before, path].map(uris => parseMsrpUri(uris[0] as string)) as [MsrpUri, MsrpUri]
  return equalFold(first.host, now.host) && first.port === now.port
}

/** Which side connects, from the two `a=setup` values (CON-20, CON-21); undefined for a contradiction. */
export function roles(offer: Setup | undefined, answer: Setup | undefined): { offerer: 'active' | 'passive' } | undefined {
  const offered = offer === undefined || offer === 'holdconn' ? 'active' : offer
  const answered = answer === undefined || answer === 'holdconn' ? 'passive' : answer
  if (answered === 'actpass') return undefined
  if (offered === answered) return undefined
  return { offerer: answered === 'passive' ? 'active' : 'passive' }
}

/** Our `a=setup` in an answer (CON-20): passive whenever the offer lets us and somebody can connect to us. */
export function answerSetup(offer: Setup | undefined, reachable = true): 'active' | 'passive' {
  return offer === 'passive' || (offer === 'actpass' && !reachable) ? 'active' : 'passive'
}

/** An IPv6 address without its brackets, as c= lines and transports want it. */
export function bareHost(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
