import {
  ANONYMOUS_URI,
  type GroupProfile,
  type Identity,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_PEER,
  RELEASE_TIMER,
  RING_TIMEOUT,
  type SessionEvent,
  type SessionSettings,
  TOO_MANY_SESSIONS,
} from '../cpm/index.js'
import type { EndpointEvent } from '../msrp/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import type { ClientOptions, OfferGroup } from './api.js'
import type { Host } from './host.js'
import type { MsrpDriver } from './msrp-driver.js'
import { offerGroup } from './offer-group.js'
import { originalSender } from './original-sender.js'
import { demandTls, mayConnect } from './profile.js'
import { type FileEvent, SessionRunner } from './session-runner.js'
import { hopOf, isWildcard } from './sip-address.js'
import type { SipDriver } from './sip-driver.js'

export interface SessionPoolOptions {
  readonly host: Host
  readonly client: ClientOptions
  readonly profile: 'secure' | 'open'
  readonly sip: SipDriver
  readonly msrp: MsrpDriver
  readonly ready: Promise<void>
  /** Events that concern no single file. */
  readonly onEvent: (event: Exclude<SessionEvent, FileEvent>, runner: SessionRunner) => void
  readonly onFault: (error: unknown, runner: SessionRunner) => void
}

/** Whom a session is with. */
export interface SessionTarget {
  /** Files with the same key go into one session (D-6). */
  readonly key: string
  /** Request-URI of the INVITE. */
  readonly uri: string
  readonly group?: GroupProfile
}

/** A session between two people. */
export function personal(uri: string): SessionTarget {
  return { key: uri, uri }
}

/** All CPM sessions of a client: opens them, finds them, keeps their number in bounds (CPM-14). */
export class SessionPool {
  readonly #options: SessionPoolOptions
  readonly #sessions = new Map<string, SessionRunner>()
  /** Dialogs of the peer whose session is not there yet, with what was heard of them since. */
  readonly #arriving = new Map<string, UserAgentEvent[]>()
  readonly #bySessionId = new Map<string, SessionRunner>()
  readonly #identities = new Map<string, Identity>()
  readonly #groups = new Map<string, OfferGroup>()
  #closing = false
  #next = 1

  constructor(options: SessionPoolOptions) {
    this.#options = options
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0
  }

  /** Who called; undefined for sessions of our own. */
  identity(runner: SessionRunner): Identity | undefined {
    return this.#identities.get(runner.id)
  }

  /** The group that a session came from (GRP-43). */
  group(runner: SessionRunner): OfferGroup | undefined {
    return this.#groups.get(runner.id)
  }

  onSip(event: UserAgentEvent & { readonly id: string }): void {
    if (event.name === 'incoming') return this.#incoming(event)
    this.#arriving.get(event.id)?.push(event)
    this.#sessions.get(event.id)?.push({ type: 'sip', event })
  }

  onMsrp(event: EndpointEvent): void {
    this.#bySessionId.get(event.sessionId)?.push({ type: 'msrp', event })
  }

  onNeedData(need: { sessionId: string; offset: number; length: number }): void {
    const { sessionId, offset, length } = need
    this.#bySessionId.get(sessionId)?.push({ type: 'need-data', sessionId, offset, length })
  }

  /**
   * Gets ready for files towards a peer. The function it settles with chooses a session for so many files, a running one where there
   * is room (CR-16), and must be called at once: two transfers that start together meet in one session (D-6).
   */
  async towards(target: SessionTarget): Promise<(count: number) => SessionRunner | undefined> {
    const { key, uri: peerUri } = target
    const { profile, client, ready } = this.#options
    // A proxy goes first: which transport it then takes is its own business
    if (profile === 'secure' && client.proxy === undefined) demandTls('The recipient', peerUri)
    const media = await this.#mediaHost(peerUri)
    await ready
    return count => {
      if (this.#closing) return undefined
      const ofPeer = [...this.#sessions.values()].filter(session => session.key === key)
      const running = ofPeer.find(({ session }) => session.room >= count)
      if (running !== undefined) return running
      // A session without room waits for nothing more
      for (const full of ofPeer) if (full.session.state === 'releasing' && full.session.initiator) full.command({ name: 'close' })
      return this.#open(`s${this.#next++}`, target, media)
    }
  }

  /** The session is over. */
  forget(runner: SessionRunner): void {
    this.#sessions.delete(runner.id)
    this.#identities.delete(runner.id)
    this.#groups.delete(runner.id)
  }

  /** Takes no more sessions and ends those there are. */
  close(): void {
    this.#closing = true
    for (const runner of this.#sessions.values()) runner.command({ name: 'close' })
  }

  /** Own address for the media of this peer. */
  async #mediaHost(peerUri: string): Promise<string> {
    const { host } = this.#options.sip.address
    return isWildcard(host) ? this.#options.host.localAddress(hopOf(peerUri)?.host ?? '127.0.0.1') : host
  }

  #open(id: string, target: SessionTarget, media: string): SessionRunner {
    const runner = new SessionRunner({
      key: target.key,
      host: this.#options.host,
      sip: this.#options.sip,
      msrp: this.#options.msrp,
      settings: this.#settings(id, target, media),
      claim: (sessionId, owner) => this.#bySessionId.set(sessionId, owner),
      release: sessionId => this.#bySessionId.delete(sessionId),
      onEvent: (event, owner) => this.#options.onEvent(event, owner),
      onFault: (error, owner) => this.#options.onFault(error, owner),
    })
    this.#sessions.set(id, runner)
    return runner
  }

  #settings(id: string, { uri: peerUri, group }: SessionTarget, mediaHost: string): SessionSettings {
    const { host, client, profile, msrp, sip } = this.#options
    const { successReport, failureReport, releaseTimer, ringTimeout, accessNetworkInfo } = client
    const own = { host: mediaHost, port: msrp.port }
    const maxFileSize = limitOf(client.maxFileSize)
    const secure = profile === 'secure'
    const sha256 = host.certificate?.sha256
    return {
      id,
      ...ownIdentity(client),
      peerUri,
      media: own,
      random: host.random,
      releaseTimer: releaseTimer === undefined ? RELEASE_TIMER : releaseTimer * 1000,
      ringTimeout: ringTimeout === undefined ? RING_TIMEOUT : ringTimeout * 1000,
      successReport: successReport ?? true,
      failureReport: failureReport ?? 'yes',
      dateTime: () => new Date(host.date()).toISOString().replace(/\.\d+Z$/, 'Z'),
      secure,
      // The secure profile lets SIP go over TLS only
      signallingSecure: secure,
      mayConnect: (address, port) =>
        mayConnect(address, port, { allowPrivate: client.allowPrivate ?? false, own, servicePorts: [sip.address.port] }),
      ...(sha256 !== undefined ? { fingerprints: [{ algorithm: 'sha-256', octets: sha256 }] } : {}),
      ...(maxFileSize === undefined ? {} : { maxFileSize }),
      ...(accessNetworkInfo === undefined ? {} : { accessNetworkInfo }),
      ...(group === undefined ? {} : { group }),
    }
  }

  #incoming(event: UserAgentEvent & { name: 'incoming' }): void {
    const { request, trusted = false, remote, body } = event
    const identity = originalSender({ request, trusted, host: remote.host }, this.#options.client)
    const samePeer = [...this.#sessions.values()].filter(({ peerUri }) => peerUri === identity.uri).length
    const inAll = this.#sessions.size + this.#arriving.size
    if (this.#closing || inAll >= MAX_SESSIONS || samePeer >= MAX_SESSIONS_PER_PEER) {
      this.#options.sip.command({ name: 'reject', id: event.id, ...TOO_MANY_SESSIONS })
      return
    }
    const { host } = this.#options.sip.address
    this.#identities.set(event.id, identity)
    const group = offerGroup(request, body, [this.#options.client.aor])
    if (group !== undefined) this.#groups.set(event.id, group)
    const target = { ...personal(identity.uri), ...(group === undefined ? {} : { group: {} }) }
    if (!isWildcard(host)) this.#open(event.id, target, host).push({ type: 'sip', event })
    else void this.#arrive(event, target, group?.uri ?? identity.uri)
  }

  /** Finds out our own address for this peer first; meanwhile the caller may already withdraw. */
  async #arrive(event: UserAgentEvent & { name: 'incoming' }, target: SessionTarget, mediaPeer: string): Promise<void> {
    const { id } = event
    const heard: UserAgentEvent[] = [event]
    this.#arriving.set(id, heard)
    try {
      const media = await this.#mediaHost(mediaPeer)
      if (this.#closing) throw new Error('closing')
      const runner = this.#open(id, target, media)
      for (const each of heard) runner.push({ type: 'sip', event: each })
    } catch {
      this.#identities.delete(id)
      this.#groups.delete(id)
      this.#options.sip.command({ name: 'reject', id, ...TOO_MANY_SESSIONS })
    } finally {
      this.#arriving.delete(id)
    }
  }
}

/** Who we say we are (SIP-29). */
function ownIdentity({ aor, displayName, anonymous }: ClientOptions): Pick<SessionSettings, 'ownUri' | 'ownDisplayName' | 'account'> {
  if (anonymous === true) return { ownUri: ANONYMOUS_URI, account: aor }
  return { ownUri: aor, ...(displayName === undefined ? {} : { ownDisplayName: displayName }) }
}

/** 0 means no limit (RCS-6). */
export function limitOf(octets: number | undefined): number | undefined {
  return octets === undefined || octets === 0 ? undefined : octets
}
