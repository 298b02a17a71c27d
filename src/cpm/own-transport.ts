import { parseMsrpUri } from '../msrp/index.js'
import type { FileMedia } from '../sdp/index.js'
import { answersCema, refusesPlainOffer } from './cema-rules.js'
import { strongestFingerprints } from './fingerprints.js'
import { answerSetup, bareHost, newOwnUri, pathFault } from './media-path.js'
import type { Outcome } from './outcome.js'
import type { MediaAddress, RelayPath, SessionSettings } from './session-types.js'

/** What our m-line says about the way to us. */
export type OwnTransport = Pick<FileMedia, 'port' | 'secure' | 'address' | 'path' | 'setup' | 'cema' | 'fingerprints'>

export interface OwnLineTransport {
  readonly transport: OwnTransport
  /** MSRP session-id of our URI. */
  readonly sessionId: string
}

/** Where an active endpoint listens: the discard port (RFC 4145 §4, CON-22). */
const NOWHERE = 9

/** The way to us in an offer: the role stays open where we, or our relay, can be reached (CON-20, CON-30, CON-40). */
export function offerTransport(settings: SessionSettings, relay: RelayPath | undefined): OwnLineTransport {
  const secure = relay === undefined ? settings.secure === true : isSecure(relay)
  const setup = relay !== undefined || settings.reachable !== false ? 'actpass' : 'active'
  return transportOf(settings, { secure, setup, cema: settings.cema !== false, relay })
}

/** The way to us in the answer to an offer that has no `offerFault`. A relay of another kind than the line cannot be used on it. */
export function answerTransport(settings: SessionSettings, offer: FileMedia, relay: RelayPath | undefined): OwnLineTransport {
  const usable = relay !== undefined && isSecure(relay) === offer.secure ? relay : undefined
  const setup = answerSetup(offer.setup, usable !== undefined || canListen(settings, offer.secure))
  const facts = { setup: offer.setup, peerRelay: offer.path.length > 1, ownRelay: usable !== undefined }
  return transportOf(settings, {
    secure: offer.secure,
    setup,
    cema: settings.cema !== false && answersCema(facts),
    relay: usable,
  })
}

/**
 * Why an offered line cannot be answered with a connection of ours; undefined when it can.
 * A line over TLS is never answered without it (CON-40), and no octet goes to a peer whose fingerprints say nothing (CON-43).
 */
export function offerFault(settings: SessionSettings, offer: FileMedia): string | undefined {
  const fault = pathFault(offer) ?? fingerprintFault(settings, offer)
  if (fault !== undefined) return fault
  const setup = answerSetup(offer.setup, canListen(settings, offer.secure))
  const listener = listenerFor(settings, offer.secure)
  // Who wants TLS on its own lines sends and takes nothing in the clear (SEC-7), unless it listens for that on purpose
  if (listener === undefined && !offer.secure) return 'Files are taken over TLS only.'
  if (listener === undefined && setup === 'passive') return 'We cannot be reached over TLS.'
  const { strict, addressesOf } = settings
  if (refusesPlainOffer(offer, setup === 'passive', { strict: strict === true, addressesOf }))
    return 'The address of the m-line is not the one of the MSRP path.'
  return undefined
}

/** Why an answered line cannot be used: TLS was taken away (CON-40), or nobody could check the peer (CON-43). */
export function answerTransportFault(settings: SessionSettings, own: FileMedia | undefined, answer: FileMedia): Outcome | undefined {
  if (own?.secure !== answer.secure) return { code: 'protocol-error', detail: 'The answer changes whether the line uses TLS.' }
  const detail = fingerprintFault(settings, answer)
  return detail === undefined ? undefined : { code: 'tls', detail }
}

/** The line for a second offer in plain RFC 4975: c=/m= are our own again, also with a relay (CON-33, SDP-3). */
export function withoutCema(own: FileMedia): FileMedia {
  const uri = own.path.length > 1 ? parseMsrpUri(own.path.at(-1) as string) : undefined
  return uri?.port === undefined ? { ...own, cema: false } : { ...own, cema: false, address: bareHost(uri.host), port: uri.port }
}

/** The line after a renewal at our relays gave another path: c=/m= follow it where they name the relay (RLY-3, CON-30). */
export function withPath(own: FileMedia, path: readonly string[]): FileMedia {
  const outer = own.cema ? parseMsrpUri(path[0] as string) : undefined
  return outer?.port === undefined ? { ...own, path } : { ...own, path, address: bareHost(outer.host), port: outer.port }
}

/** The fingerprints of the peer that count, when the peer itself is at the other end of the TLS connection. */
export function peerFingerprints(settings: SessionSettings, own: FileMedia, remote: FileMedia): FileMedia['fingerprints'] {
  // TLS goes hop by hop: a relay shows its own certificate, and is known by its name (RFC 4976 §8)
  if (!remote.secure || own.path.length > 1 || remote.path.length > 1) return []
  return strongestFingerprints(remote.fingerprints, settings.allowWeakFingerprint === true)
}

function fingerprintFault(settings: SessionSettings, remote: FileMedia): string | undefined {
  if (!remote.secure || remote.fingerprints.length === 0 || remote.path.length > 1) return undefined
  const known = strongestFingerprints(remote.fingerprints, settings.allowWeakFingerprint === true)
  return known.length > 0 ? undefined : 'None of the certificate fingerprints can be checked.'
}

function transportOf(
  settings: SessionSettings,
  line: { secure: boolean; setup: 'active' | 'passive' | 'actpass'; cema: boolean; relay: RelayPath | undefined },
): OwnLineTransport {
  const { secure, setup, cema, relay } = line
  const listener = listenerFor(settings, secure) ?? settings.media
  // Behind a relay our own port is never connected to, and the peer's way to us stays open whatever the role (CON-24)
  const own = { host: listener.host, port: setup === 'active' && relay === undefined ? NOWHERE : listener.port }
  const { uri, sessionId } = knownUri(relay) ?? newOwnUri(own, settings.random, secure)
  // RLY-3: farthest relay first, which is the one the peer talks to
  const path = [...[...(relay?.usePath ?? [])].reverse(), uri]
  const outer = relay === undefined || !cema ? undefined : parseMsrpUri(relay.usePath.at(-1) ?? uri)
  return {
    transport: {
      port: outer?.port ?? own.port,
      address: outer === undefined ? own.host : bareHost(outer.host),
      secure,
      path,
      setup,
      cema,
      fingerprints: secure && relay === undefined ? (settings.fingerprints ?? []) : [],
    },
    sessionId,
  }
}

function knownUri(relay: RelayPath | undefined): { uri: string; sessionId: string } | undefined {
  const uri = relay?.localUri
  const sessionId = uri === undefined ? undefined : parseMsrpUri(uri)?.sessionId
  return uri === undefined || sessionId === undefined ? undefined : { uri, sessionId }
}

/** Our listener of that kind; undefined when there is none. */
function listenerFor(settings: SessionSettings, secure: boolean): MediaAddress | undefined {
  if (secure === (settings.secure === true)) return settings.media
  return settings.otherMedia
}

function canListen(settings: SessionSettings, secure: boolean): boolean {
  return settings.reachable !== false && listenerFor(settings, secure) !== undefined
}

function isSecure(relay: RelayPath): boolean {
  return parseMsrpUri(relay.usePath[0] ?? '')?.secure === true
}
