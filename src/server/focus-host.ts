import { type Connection, mayConnect, type MsrpDriver, type SipDriver } from '../client/index.js'
import type { MediaAddress } from '../cpm/index.js'
import { Conference, type ConferenceNews, type Deposit, FanOutGuard, type PassageCommand, type PassageEvent } from '../focus/index.js'
import { HashPool, OpenResources } from '../node/index.js'
import type { EndpointEvent, EndpointOutput } from '../msrp/index.js'
import type { Transport, UserAgentCommand, UserAgentEvent } from '../sip/index.js'
import { addressedBy, invitationOf, type Refusal, senderOf } from './focus-admission.js'
import { optionsAnswer } from './focus-answers.js'
import { isForStore } from './deposit-group.js'
import { FocusConference } from './focus-conference.js'
import { factoryOf, nameOf, openMsrp, openSip } from './focus-drivers.js'
import { InviteWindow } from './focus-invite-window.js'
import {
  FOCUS_DEFAULTS,
  type FocusFigures,
  type FocusHostOptions,
  type FocusLimits,
  type FocusReport,
  type MsrpGuest,
  type SharedMsrp,
} from './focus-options.js'
import { namedPipe } from './focus-pipe.js'
import { conferenceSettings } from './focus-settings.js'
import { FOCUS_CLOSE_WAIT, FOCUS_RETRY_AFTER, LEG_WINDOW } from './limits.js'
import { PassageHost } from './passage-host.js'
import { SILENT } from './server-log.js'

type Incoming = UserAgentEvent & { readonly name: 'incoming' }

/**
 * A focus: its own SIP user agent behind one proxy, its own MSRP endpoint, and all conferences between them (GRP-14 to GRP-42).
 * Octets of files go through the `PassageHost` without being copied.
 */
export class FocusHost {
  readonly #options: FocusHostOptions
  readonly #limits: FocusLimits
  readonly #guard: FanOutGuard
  readonly #invites: InviteWindow
  readonly #hashes: HashPool
  #guest: MsrpGuest | undefined
  readonly #passages: PassageHost
  readonly #conferences = new Map<string, FocusConference>()
  /** By conference URI, while that means something. */
  readonly #byUri = new Map<string, FocusConference>()
  /** By ids that the user agent chose, and by MSRP session. */
  readonly #byEvent = new Map<string, FocusConference>()
  readonly #bySession = new Map<string, FocusConference>()
  /** INVITEs whose group is being looked up. */
  readonly #arriving = new Set<string>()
  #sip!: SipDriver
  #msrp!: MsrpDriver
  #next = 1
  #draining = false
  #idle: (() => void)[] = []
  #closing: Promise<void> | undefined

  /** @throws HostError when an address is taken or is not ours */
  static async open(options: FocusHostOptions): Promise<FocusHost> {
    const focus = new FocusHost(options)
    await focus.#passages.sweep()
    await focus.#open()
    return focus
  }

  private constructor(options: FocusHostOptions) {
    this.#options = options
    this.#limits = { ...FOCUS_DEFAULTS, ...options.limits }
    this.#guard = new FanOutGuard(this.#limits.conferencesPerMinute)
    this.#invites = new InviteWindow(
      this.#limits.unansweredInvites,
      command => this.#sip.command(command),
      event => this.#onSip(event),
    )
    const { memory, host } = options
    this.#hashes = new HashPool(new OpenResources())
    this.#passages = new PassageHost({
      folder: options.spool,
      onEvent: event => this.#onPassage(event),
      hold: until => this.#msrp.hold(until),
      after: (milliseconds, callback) => host.after(milliseconds, callback),
      hashes: this.#hashes,
      ...(memory !== undefined && { memory }),
      limits: { spoolQuota: this.#limits.spool, inFlight: LEG_WINDOW, ...options.passages },
    })
  }

  get address(): { readonly sip: SipDriver['address']; readonly msrpPort: number } {
    return { sip: this.#sip.address, msrpPort: this.#msrp.port }
  }

  get figures(): FocusFigures {
    const { passages, memory, spooled, pending, octetsIn, octetsOut } = this.#passages.figures
    const own = { conferences: this.#conferences.size, members: this.#members, waitingInvites: this.#invites.waiting }
    return { ...own, passages, memory, spooled, pending, octetsIn, octetsOut }
  }

  /** Figures, and where every message stands that passes through: no names, no addresses. */
  get report(): FocusReport {
    return { figures: this.figures, passages: this.#passages.report }
  }

  /** A connection in memory to the proxy of this process becomes the only way in and out. */
  attach(connection: Connection, transport: Transport = 'tcp'): void {
    this.#sip.adopt('proxy', namedPipe(connection), transport)
  }

  /** Lets another user agent of this process use the MSRP listener of the focus: it hears of all sessions that belong to no conference. */
  share(guest: MsrpGuest): SharedMsrp {
    this.#guest = guest
    const { media, host } = this.#options
    const sha256 = host.certificate?.sha256
    return {
      msrp: this.#msrp,
      hashes: this.#hashes,
      media: {
        media: this.#media,
        secure: media.secure === true,
        signallingSecure: media.signallingSecure === true,
        mayConnect: (address, port) => this.#mayConnect(address, port),
        ...(sha256 !== undefined && { fingerprints: [{ algorithm: 'sha-256', octets: sha256 }] }),
      },
    }
  }

  /** Takes no new conferences; settles when the running ones have ended, or after `wait` milliseconds. */
  async drain(wait: number): Promise<void> {
    this.#draining = true
    if (this.#conferences.size === 0) return
    await this.#settled(wait)
  }

  /** Ends all conferences, waits a little for their last messages and closes everything. */
  close(reason?: string): Promise<void> {
    this.#closing ??= this.#close(reason)
    return this.#closing
  }

  get #members(): number {
    let members = 0
    for (const { settings } of this.#conferences.values()) members += settings.recipients.length
    return members
  }

  async #open(): Promise<void> {
    this.#msrp = await openMsrp(this.#options, {
      permits: (address, port) => this.#mayConnect(address, port),
      onEvent: event => this.#onMsrp(event),
      onNeedData: need => this.#onNeedData(need),
    })
    try {
      this.#sip = await openSip(this.#options, event => this.#onSip(event))
    } catch (error) {
      await this.#msrp.close()
      throw error
    }
  }

  #onSip(event: UserAgentEvent): void {
    this.#invites.event(event)
    if (event.name === 'incoming') return void this.#invited(event)
    if (event.name === 'request') return void this.#requested(event)
    if (event.name === 'subscription-requested') return this.#subscribed(event)
    if (event.name === 'cancelled' || event.name === 'ended') this.#arriving.delete(event.id)
    const conference = this.#byEvent.get(event.id) ?? this.#owner(event.id)
    if (event.name === 'ended' || event.name === 'cancelled' || event.name === 'subscription-ended') this.#byEvent.delete(event.id)
    if (conference !== undefined) conference.push({ type: 'sip', event })
    // a conference that failed may still be answered
    else if (event.name === 'established') this.#sip.command({ name: 'bye', id: event.id })
  }

  #onMsrp(event: EndpointEvent): void {
    const conference = this.#bySession.get(event.sessionId)
    if (conference === undefined) this.#guest?.onMsrp(event)
    else conference.push({ type: 'msrp', event })
  }

  #onNeedData(need: EndpointOutput & { type: 'need-data' }): void {
    const { sessionId, offset, length } = need
    const conference = this.#bySession.get(sessionId)
    if (conference === undefined) this.#guest?.onNeedData(need)
    else conference.push({ type: 'need-data', sessionId, offset, length })
  }

  /** `c7/p2/1` belongs to `c7`. */
  #owner(id: string): FocusConference | undefined {
    const end = id.indexOf('/')
    return end < 0 ? undefined : this.#conferences.get(id.slice(0, end))
  }

  async #invited(event: Incoming): Promise<void> {
    const { id } = event
    this.#arriving.add(id)
    const { group, permitted = () => true, consents, host } = this.#options
    let refusal: Refusal = { status: 500 }
    try {
      const invitation = await invitationOf(event, {
        factory: factoryOf(this.#options),
        domain: this.#options.domain,
        conferences: this.#byUri.keys(),
        group,
        permitted,
        consents,
        guard: this.#guard,
        groupSize: this.#limits.groupSize,
        now: host.now(),
        room: count => this.#room(count),
      })
      // the caller may have given up meanwhile
      if (!this.#arriving.delete(id)) return
      if (!('refusal' in invitation)) return this.#begin(event, invitation)
      refusal = invitation.refusal
    } catch (error) {
      this.#log.error({ error: nameOf(error) }, 'INVITE failed')
      if (!this.#arriving.delete(id)) return
    }
    this.#options.meter?.refused(refusal.status)
    this.#sip.command({ name: 'reject', id, ...refusal })
  }

  /** Why a conference with so many members cannot be made now. */
  #room(members: number): Refusal | undefined {
    const { conferences, members: most } = this.#limits
    const later = this.#draining || this.#conferences.size >= conferences || this.#members + members > most
    return later ? { status: 503, headers: [['Retry-After', `${FOCUS_RETRY_AFTER}`]] } : undefined
  }

  #begin(event: Incoming, invitation: Exclude<Awaited<ReturnType<typeof invitationOf>>, { refusal: Refusal }>): void {
    const { sender, recipients, unwilling, group } = invitation
    const settings = conferenceSettings(this.#options, this.#next++, sender, {
      media: this.#media,
      mayConnect: (address, port) => this.#mayConnect(address, port),
      recipients,
      unwilling,
      ...(group !== undefined && { group }),
      ...(this.#guest?.members !== undefined && { deferred: true }),
    })
    const machine = this.#options.machine?.(settings) ?? new Conference(settings)
    const conference: FocusConference = new FocusConference(settings, machine, this.#options.host, {
      sip: command => this.#command(command),
      msrp: input => this.#msrp.push(input),
      passage: command => this.#onPassageCommand(command),
      claim: sessionId => void this.#bySession.set(sessionId, conference),
      release: sessionId => void this.#bySession.delete(sessionId),
      news: news => this.#news(conference, news),
      crashed: error => {
        this.#log.error({ conference: settings.id, error: nameOf(error) }, 'conference failed')
        this.#options.meter?.conference('crashed')
        this.#forget(conference)
      },
    })
    this.#conferences.set(settings.id, conference)
    this.#byUri.set(settings.uri, conference)
    this.#byEvent.set(event.id, conference)
    this.#options.meter?.conference('opened')
    this.#options.onConference?.(settings.uri, sender.uri, 'opened')
    this.#log.info({ conference: settings.id, members: recipients.length, group: group?.uri }, 'conference opened')
    conference.push({ type: 'begin', event })
  }

  /** Where members are told to connect to. */
  get #media(): MediaAddress {
    const { announced, listen } = this.#options.media
    return announced ?? { host: listen, port: this.#msrp.port }
  }

  /** Nobody leads us to our own services (SEC-10). */
  #mayConnect(address: string, port: number): boolean {
    const { media, sip } = this.#options
    const own = this.#media
    return mayConnect(address, port, {
      allowPrivate: media.allowPrivate === true,
      own,
      servicePorts: [sip.port, ...(media.servicePorts ?? [])],
    })
  }

  #onPassage(event: PassageEvent): void {
    if (isForStore(event)) this.#guest?.members?.octets(event)
    else this.#owner(event.passage)?.push({ type: 'passage', event })
  }

  #onPassageCommand(command: PassageCommand): void {
    this.#passages.command(command)
    if (command.name === 'close') this.#guest?.members?.over(command.passage)
  }

  /** A member cannot be reached: its file is kept for it, or nobody keeps it (RCS-9). */
  #deposit(conference: FocusConference, wanted: Deposit): void {
    const { participant, fileId } = wanted
    const settled = (kept: boolean): void => conference.push({ type: 'deposited', participant, fileId, kept })
    const { group, uri } = conference.settings
    // not within the step that asks for it
    queueMicrotask(() => {
      const members = this.#guest?.members
      if (members === undefined) settled(false)
      else members.want({ wanted, group: group?.uri, conference: uri, passage: command => this.#passages.command(command), settled })
    })
  }

  #command(command: UserAgentCommand): void {
    this.#invites.command(command)
  }

  #news(conference: FocusConference, news: ConferenceNews): void {
    this.#options.meter?.news(news)
    this.#options.onNews?.(conference.settings, news)
    if (news.type === 'answered' && news.status >= 300) this.#options.meter?.refused(news.status)
    if (news.type === 'deposit-wanted') this.#deposit(conference, news.deposit)
    if (news.type === 'closed') this.#closed(conference)
    else if (news.type === 'ended') this.#forget(conference)
  }

  #closed({ settings }: FocusConference): void {
    if (!this.#byUri.delete(settings.uri)) return
    this.#options.onConference?.(settings.uri, settings.creator.uri, 'closed')
  }

  #forget(conference: FocusConference): void {
    this.#closed(conference)
    if (!this.#conferences.delete(conference.id)) return
    for (const map of [this.#byEvent, this.#bySession]) for (const [key, owner] of map) if (owner === conference) map.delete(key)
    // with what a faulty machine might have left open
    conference.end()
    this.#options.meter?.conference('closed')
    this.#log.info({ conference: conference.id }, 'conference ended')
    if (this.#conferences.size === 0) for (const wake of this.#idle.splice(0)) wake()
  }

  async #requested(event: UserAgentEvent & { readonly name: 'request' }): Promise<void> {
    const { id, request } = event
    const sender = senderOf(request, event.trusted === true)?.uri
    try {
      const conference = this.#conferenceOf(request.uri)
      if (request.method === 'MESSAGE' && conference !== undefined) return conference.push({ type: 'message', event, sender })
      const { kind } = await addressedBy(request.uri, {
        factory: factoryOf(this.#options),
        domain: this.#options.domain,
        conferences: this.#byUri.keys(),
        group: this.#options.group,
      })
      this.#sip.command({ name: 'respond', id, ...optionsAnswer(request, kind) })
    } catch (error) {
      this.#log.error({ method: request.method, error: nameOf(error) }, 'request failed')
      this.#sip.command({ name: 'respond', id, status: 500 })
    }
  }

  #subscribed(event: UserAgentEvent & { readonly name: 'subscription-requested' }): void {
    const within = event.within === undefined ? undefined : (this.#byEvent.get(event.within) ?? this.#owner(event.within))
    const conference = within ?? this.#conferenceOf(event.request.uri)
    if (conference === undefined) return this.#sip.command({ name: 'reject-subscription', id: event.id, status: 404 })
    this.#byEvent.set(event.id, conference)
    const sender = senderOf(event.request, event.trusted)?.uri
    conference.push({ type: 'subscribe', event, sender })
  }

  #conferenceOf(uri: string): FocusConference | undefined {
    const exact = this.#byUri.get(uri)
    if (exact !== undefined) return exact
    const user = userOf(uri)
    for (const [own, conference] of this.#byUri) if (user !== '' && userOf(own) === user) return conference
    return undefined
  }

  get #log() {
    return this.#options.log ?? SILENT
  }

  async #settled(wait: number): Promise<void> {
    await new Promise<void>(resolve => {
      const stop = this.#options.host.after(wait, resolve)
      this.#idle.push(() => {
        stop()
        resolve()
      })
    })
  }

  async #close(reason: string | undefined): Promise<void> {
    this.#draining = true
    for (const conference of [...this.#conferences.values()]) conference.push({ type: 'close', ...(reason !== undefined && { reason }) })
    if (this.#conferences.size > 0) await this.#settled(FOCUS_CLOSE_WAIT)
    for (const conference of [...this.#conferences.values()]) this.#forget(conference)
    await Promise.all([this.#sip.close(), this.#msrp.close()])
    await this.#passages.close()
    await this.#hashes.close()
  }
}

/** User part of `sip:ft-8Jq2Lx71Zk@example.org;transport=tcp`. */
function userOf(uri: string): string {
  const at = uri.indexOf('@')
  return at < 0 ? '' : uri.slice(uri.indexOf(':') + 1, at)
}
