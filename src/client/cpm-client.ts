import {
  identityOf,
  MAX_SESSIONS,
  MAX_SESSIONS_PER_PEER,
  type Outcome,
  type OutgoingFile,
  RELEASE_TIMER,
  RING_TIMEOUT,
  type SessionEvent,
  TOO_MANY_SESSIONS,
} from '../cpm/index.js'
import type { EndpointEvent } from '../msrp/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import type { TraceEntry } from '../trace/index.js'
import { ACCEPT, ALLOW, agentOptions } from './agent-options.js'
import type { Client, ClientOptions, IncomingOffer, Party, SendOptions, Transfer } from './api.js'
import { answerRequest } from './capabilities.js'
import { CpmftError } from './errors.js'
import { EventQueue } from './event-queue.js'
import type { FileInput, Host } from './host.js'
import { OfferHandle } from './incoming-offer.js'
import { IncomingTransfer } from './incoming-transfer.js'
import { LooseEnds } from './loose-ends.js'
import { MsrpDriver } from './msrp-driver.js'
import { asError, OutgoingTransfer } from './outgoing-transfer.js'
import { Registrar } from './registrar.js'
import { type FileEvent, SessionRunner } from './session-runner.js'
import { hopOf, isWildcard, readAddress, readHop } from './sip-address.js'
import { SipDriver } from './sip-driver.js'
import { TraceFeed } from './trace-feed.js'
import { CLOSE_WAIT, LAST_MESSAGES_WAIT } from './limits.js'

/** Where a client listens: what was asked for, else an own address that reaches the proxy, else every interface. */
async function listenAddress(host: Host, options: ClientOptions): Promise<{ host: string; port: number; transport: string | undefined }> {
  if (options.listen !== undefined) {
    const hop = hopOf(readHop(options.listen))
    if (hop === undefined) throw new CpmftError('bad-address', `It was "${options.listen}".`)
    return { host: hop.host, port: hop.uri.port ?? 0, transport: hop.transport }
  }
  const towards = hopOf(readHop(options.proxy ?? options.reach ?? options.aor))
  return { host: await host.localAddress(towards?.host ?? '127.0.0.1'), port: 0, transport: undefined }
}

/** A CPM Client over a host: registration, sessions and transfers, outgoing and incoming. */
export class CpmClient implements Client {
  readonly aor: string
  readonly ready: Promise<void>
  readonly #host: Host
  readonly #afterClose: () => Promise<void>
  readonly #options: ClientOptions
  readonly #sip: SipDriver
  readonly #msrp: MsrpDriver
  readonly #trace: TraceFeed
  readonly #registrar: Registrar | undefined
  readonly #sessions = new Map<string, SessionRunner>()
  /** Dialogs of the peer whose session is not there yet, with what was heard of them since. */
  readonly #arriving = new Map<string, UserAgentEvent[]>()
  readonly #bySessionId = new Map<string, SessionRunner>()
  readonly #offers = new EventQueue<OfferHandle>()
  readonly #pending = new Map<string, OfferHandle>()
  readonly #parties = new Map<string, Party>()
  readonly #transfers = new Set<Transfer>()
  readonly #looseEnds = new LooseEnds()
  readonly #ringing = new Map<string, OutgoingTransfer>()
  #closing: Promise<void> | undefined
  #next = 1

  /**
   * @param afterClose runs once the client has closed everything of its own
   * @throws CpmftError when the address is not usable or taken
   */
  static async open(host: Host, options: ClientOptions, afterClose: () => Promise<void> = async () => undefined): Promise<CpmClient> {
    options.signal?.throwIfAborted()
    const aor = readAddress(options.aor)
    const box: { client?: CpmClient } = {}
    let sip: SipDriver | undefined
    try {
      const address = await listenAddress(host, options)
      const trace = new TraceFeed(hopOf(aor)?.uri.user ?? aor, () => host.date())
      sip = await SipDriver.open({
        host,
        address,
        transports: address.transport === 'udp' ? ['udp'] : address.transport === 'tcp' ? ['tcp'] : ['tcp', 'udp'],
        agent: agentOptions(aor, options, host),
        onEvent: event => box.client?.onSip(event),
        onTrace: entry => trace.sip(entry),
      })
      const msrp = await MsrpDriver.open({
        host,
        listen: address.host,
        endpoint: { trace: true, ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }) },
        onEvent: event => box.client?.onMsrp(event),
        onNeedData: need => box.client?.onNeedData(need),
        onTrace: (entry, local, remote) => trace.msrp(entry, local, remote),
      })
      if (options.signal?.aborted === true) await msrp.close()
      options.signal?.throwIfAborted()
      box.client = new CpmClient(host, { ...options, aor }, sip, msrp, trace, afterClose)
      return box.client
    } catch (error) {
      await sip?.close()
      throw options.signal?.aborted === true ? options.signal.reason : asError(error)
    }
  }

  private constructor(
    host: Host,
    options: ClientOptions,
    sip: SipDriver,
    msrp: MsrpDriver,
    trace: TraceFeed,
    afterClose: () => Promise<void>,
  ) {
    this.#afterClose = afterClose
    this.aor = options.aor
    this.#host = host
    this.#options = options
    this.#sip = sip
    this.#msrp = msrp
    this.#trace = trace
    const wanted = options.register ?? options.proxy !== undefined
    this.#registrar = wanted ? new Registrar(sip, registrarOf(options.aor)) : undefined
    this.ready = this.#registrar?.ready ?? Promise.resolve()
    this.ready.catch(() => undefined)
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  readonly #onAbort = () => void this.close()

  get contact(): string {
    const { host, port } = this.#sip.address
    const user = hopOf(this.aor)?.uri.user
    return `sip:${user === undefined ? '' : `${user}@`}${host.includes(':') ? `[${host}]` : host}:${port};transport=tcp`
  }

  send(to: string, files: FileInput | readonly FileInput[], options: SendOptions = {}): Transfer {
    if (this.#closing !== undefined) throw new CpmftError('session-ended', 'The client is closed.')
    const inputs = Array.isArray(files) ? (files as readonly FileInput[]) : [files as FileInput]
    if (inputs.length === 0) throw new CpmftError('no-files')
    const peerUri = readAddress(to)
    const transfer = new OutgoingTransfer({
      id: `t${this.#next++}`,
      host: this.#host,
      msrp: this.#msrp,
      peer: { uri: peerUri, displayName: undefined, identity: 'unverified', known: false },
      inputs,
      send: options,
      maxFileSize: limitOf(this.#options.maxFileSize),
      looseEnds: this.#looseEnds,
      join: (described, owner) => this.#join(peerUri, described, owner, options.subject),
    })
    this.#track(transfer)
    return transfer
  }

  offers(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<IncomingOffer> {
    return { [Symbol.asyncIterator]: () => this.#offers.reader(options.signal) }
  }

  trace(): AsyncIterable<TraceEntry> {
    return this.#trace.read()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  onSip(event: UserAgentEvent): void {
    if (event.name === 'incoming') this.#incoming(event)
    else if (event.name === 'request') this.#sip.command(answerRequest(event, this.contact, ALLOW, ACCEPT, this.#options.maxFileSize))
    else if (event.name === 'registered' || event.name === 'unregistered' || event.name === 'registration-failed') {
      this.#trace.state('registration', this.aor, event.name)
      this.#registrar?.onEvent(event)
    } else if ('id' in event) {
      this.#arriving.get(event.id)?.push(event)
      this.#sessions.get(event.id)?.push({ type: 'sip', event })
    }
  }

  onMsrp(event: EndpointEvent): void {
    this.#bySessionId.get(event.sessionId)?.push({ type: 'msrp', event })
  }

  onNeedData(need: { sessionId: string; offset: number; length: number }): void {
    const { sessionId, offset, length } = need
    this.#bySessionId.get(sessionId)?.push({ type: 'need-data', sessionId, offset, length })
  }

  async #join(peerUri: string, described: readonly OutgoingFile[], owner: OutgoingTransfer, subject: string | undefined): Promise<void> {
    const media = await this.#mediaHost(peerUri)
    await this.ready
    // From here on nothing waits: two transfers that start together meet in one session (D-6)
    const files = described.filter(({ fileId }) => owner.wants(fileId))
    if (files.length === 0 || this.#closing !== undefined) return
    const ofPeer = [...this.#sessions.values()].filter(({ peerUri: uri }) => uri === peerUri)
    const running = ofPeer.find(({ session }) => session.room >= files.length)
    // A session without room waits for nothing more
    if (running === undefined)
      for (const full of ofPeer) if (full.session.state === 'releasing' && full.session.initiator) full.command({ name: 'close' })
    const runner = running ?? this.#openSession(`s${this.#next++}`, peerUri, media)
    this.#ringing.set(runner.id, owner)
    owner.attach(runner)
    runner.command({ name: 'send', files, ...(subject === undefined ? {} : { subject }) })
  }

  /** Own address for the media of this peer. */
  async #mediaHost(peerUri: string): Promise<string> {
    const { host } = this.#sip.address
    return isWildcard(host) ? this.#host.localAddress(hopOf(peerUri)?.host ?? '127.0.0.1') : host
  }

  #openSession(id: string, peerUri: string, media: string): SessionRunner {
    const { displayName, successReport, failureReport, releaseTimer, ringTimeout } = this.#options
    const maxFileSize = limitOf(this.#options.maxFileSize)
    const runner = new SessionRunner({
      host: this.#host,
      sip: this.#sip,
      msrp: this.#msrp,
      settings: {
        id,
        ownUri: this.aor,
        peerUri,
        media: { host: media, port: this.#msrp.port },
        random: this.#host.random,
        releaseTimer: releaseTimer === undefined ? RELEASE_TIMER : releaseTimer * 1000,
        ringTimeout: ringTimeout === undefined ? RING_TIMEOUT : ringTimeout * 1000,
        successReport: successReport ?? true,
        failureReport: failureReport ?? 'yes',
        dateTime: () => new Date(this.#host.date()).toISOString().replace(/\.\d+Z$/, 'Z'),
        ...(displayName === undefined ? {} : { ownDisplayName: displayName }),
        ...(maxFileSize === undefined ? {} : { maxFileSize }),
      },
      claim: (sessionId, owner) => this.#bySessionId.set(sessionId, owner),
      release: sessionId => this.#bySessionId.delete(sessionId),
      onEvent: (event, owner) => this.#onSession(event, owner),
    })
    this.#sessions.set(id, runner)
    return runner
  }

  #incoming(event: UserAgentEvent & { name: 'incoming' }): void {
    const identity = identityOf(event.request, event.trusted === true)
    const samePeer = [...this.#sessions.values()].filter(({ peerUri }) => peerUri === identity.uri).length
    const inAll = this.#sessions.size + this.#arriving.size
    if (this.#closing !== undefined || inAll >= MAX_SESSIONS || samePeer >= MAX_SESSIONS_PER_PEER) {
      this.#sip.command({ name: 'reject', id: event.id, ...TOO_MANY_SESSIONS })
      return
    }
    const { host } = this.#sip.address
    this.#parties.set(event.id, { uri: identity.uri, displayName: identity.displayName, identity: identity.certainty, known: false })
    if (!isWildcard(host)) this.#openSession(event.id, identity.uri, host).push({ type: 'sip', event })
    else void this.#arrive(event, identity.uri)
  }

  /** Finds out our own address for this peer first; meanwhile the caller may already withdraw. */
  async #arrive(event: UserAgentEvent & { name: 'incoming' }, peerUri: string): Promise<void> {
    const { id } = event
    const heard: UserAgentEvent[] = [event]
    this.#arriving.set(id, heard)
    try {
      const media = await this.#mediaHost(peerUri)
      if (this.#closing !== undefined) throw new CpmftError('cancelled')
      const runner = this.#openSession(id, peerUri, media)
      for (const each of heard) runner.push({ type: 'sip', event: each })
    } catch {
      this.#parties.delete(id)
      this.#sip.command({ name: 'reject', id, ...TOO_MANY_SESSIONS })
    } finally {
      this.#arriving.delete(id)
    }
  }

  #onSession(event: Exclude<SessionEvent, FileEvent>, runner: SessionRunner): void {
    switch (event.type) {
      case 'ringing':
        this.#ringing.get(runner.id)?.ringing()
        break
      case 'established':
        this.#trace.state('session', runner.peerUri, 'established')
        break
      case 'offer':
        this.#offer(event, runner)
        break
      case 'offer-withdrawn':
        this.#withdraw(runner, event.outcome)
        break
      case 'ended':
        this.#withdraw(runner, event.outcome ?? { code: 'session-ended' })
        this.#trace.state('session', runner.peerUri, 'ended')
        this.#sessions.delete(runner.id)
        this.#ringing.delete(runner.id)
        this.#parties.delete(runner.id)
    }
  }

  /** Nobody needs to be asked any more; an offer that nobody has read yet is never shown. */
  #withdraw(runner: SessionRunner, outcome: Outcome): void {
    const handle = this.#pending.get(runner.id)
    if (handle === undefined) return
    this.#pending.delete(runner.id)
    this.#offers.remove(handle)
    handle.withdraw(outcome)
  }

  #offer(event: SessionEvent & { type: 'offer' }, runner: SessionRunner): void {
    const from = this.#parties.get(runner.id) ?? { uri: runner.peerUri, displayName: undefined, identity: 'unverified', known: false }
    const handle = new OfferHandle({
      id: `${runner.id}/${this.#next++}`,
      from,
      files: event.files,
      subject: event.subject,
      conversation: event.conversation,
      accept: (chosen, accept) => {
        this.#pending.delete(runner.id)
        const into = accept.into ?? this.#options.into ?? '.'
        const transfer = new IncomingTransfer({
          id: `t${this.#next++}`,
          host: this.#host,
          msrp: this.#msrp,
          runner,
          peer: from,
          chosen,
          into,
          accept,
          looseEnds: this.#looseEnds,
        })
        this.#track(transfer)
        return transfer
      },
      decline: reason => {
        this.#pending.delete(runner.id)
        runner.command({ name: 'answer', accepted: [], ...(reason === undefined ? {} : { reason }) })
      },
    })
    this.#pending.set(runner.id, handle)
    this.#offers.push(handle)
  }

  #track(transfer: Transfer): void {
    this.#transfers.add(transfer)
    void transfer.done.then(() => this.#transfers.delete(transfer))
  }

  async #shutDown(): Promise<void> {
    for (const transfer of this.#transfers) transfer.abort()
    for (const runner of this.#sessions.values()) runner.command({ name: 'close' })
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    await this.#registrar?.leave()
    await this.#until(() => this.#sessions.size === 0 && this.#transfers.size === 0, CLOSE_WAIT)
    this.#offers.end()
    // A BYE that just went out wants its 200 before the sockets go
    await this.#until(() => false, LAST_MESSAGES_WAIT)
    try {
      await Promise.all([this.#sip.close(), this.#msrp.close()])
      await this.#until(() => this.#looseEnds.isEmpty, CLOSE_WAIT)
    } finally {
      this.#trace.end()
      await this.#afterClose()
    }
  }

  /** Waits until `done`, looking every few milliseconds, but not longer than `limit`. */
  async #until(done: () => boolean, limit: number): Promise<void> {
    const end = this.#host.now() + limit
    while (!done() && this.#host.now() < end) await new Promise<void>(resolve => void this.#host.after(Math.min(20, limit), resolve))
  }
}

function limitOf(maxFileSize: number | undefined): number | undefined {
  return maxFileSize === undefined || maxFileSize === 0 ? undefined : maxFileSize
}

/** `sip:alice@example.org` -> `sip:example.org` (RFC 3261 §10.2) */
function registrarOf(aor: string): string {
  return `sip:${aor.slice(aor.indexOf('@') + 1)}`
}
