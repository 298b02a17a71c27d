import { RELEASE_TIMER, type SessionEvent } from '../cpm/index.js'
import type { EndpointEvent } from '../msrp/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import type { TraceEntry } from '../trace/index.js'
import { ACCEPT, ALLOW, agentOptions, capabilityHeaders, identityHeaders } from './agent-options.js'
import type {
  AcceptOptions,
  Client,
  ClientOptions,
  Destination,
  GetOptions,
  IncomingOffer,
  Notice,
  RegistrationNews,
  SendOptions,
  Share,
  ShareOptions,
  Transfer,
  WantedFile,
} from './api.js'
import { answerRequest } from './capabilities.js'
import { CpmftError } from './errors.js'
import { EventQueue } from './event-queue.js'
import type { ClientContext } from './client-context.js'
import { GroupSessions } from './group-sessions.js'
import type { FileInput, Host, HostAddress } from './host.js'
import { targetOf } from './group.js'
import {
  isToSeveral,
  planOf,
  resumableFiles,
  retryableFiles,
  retryDestination,
  storedTransfer,
  wantedAgain,
  wantedSelector,
} from './history.js'
import { withInterrupted } from './interrupted.js'
import { Journal } from './journal.js'
import { listenPoint } from './listen-point.js'
import { LooseEnds } from './loose-ends.js'
import { MsrpDriver } from './msrp-driver.js'
import { NoticeDesk } from './notice-desk.js'
import { PeerCapabilities } from './peer-capabilities.js'
import { mayConnect, profileOf } from './profile.js'
import { Reception } from './reception.js'
import type { ReceivedFileView } from './receiving-transfer.js'
import { Registrar } from './registrar.js'
import { RelayAccess } from './relay-access.js'
import { asError } from './sending-transfer.js'
import { SessionPool } from './session-pool.js'
import type { FileEvent, SessionRunner } from './session-runner.js'
import { hopOf, readAddress } from './sip-address.js'
import { SipDriver } from './sip-driver.js'
import { ShareList } from './share-list.js'
import type { HistoryQuery, Store, StoredCapabilities, StoredFile, StoredTransfer } from './store.js'
import { TraceFeed } from './trace-feed.js'
import { Transfers } from './transfers.js'
import { CLOSE_WAIT, LAST_MESSAGES_WAIT, RESUME_TTL } from './limits.js'

/** A CPM Client over a host: registration, sessions and transfers, outgoing and incoming. */
export class CpmClient implements Client {
  readonly aor: string
  readonly ready: Promise<void>
  readonly #context: ClientContext
  /** The options, of which the folder for received files may change. */
  readonly #folder: { into?: string }
  readonly #afterClose: () => Promise<void>
  readonly #trace: TraceFeed
  readonly #registrar: Registrar | undefined
  readonly #shares: ShareList
  readonly #transfers: Transfers
  readonly #reception: Reception
  #closing: Promise<void> | undefined

  /**
   * @param afterClose runs once the client has closed everything of its own
   * @throws CpmftError when the address is not usable or taken, or would be unprotected in the secure profile
   */
  static async open(host: Host, options: ClientOptions, afterClose: () => Promise<void> = async () => undefined): Promise<CpmClient> {
    options.signal?.throwIfAborted()
    const aor = readAddress(options.aor)
    const profile = profileOf({ ...options, aor })
    const box: { client?: CpmClient } = {}
    let sip: SipDriver | undefined
    try {
      const { transports, ...address } = await listenPoint(host, options, profile)
      const trace = new TraceFeed(hopOf(aor)?.uri.user ?? aor, () => host.date())
      sip = await SipDriver.open({
        host,
        address,
        transports,
        agent: agentOptions(aor, options, host, profile),
        onEvent: event => box.client?.onSip(event),
        onTrace: entry => trace.sip(entry),
        onFault: error => trace.fault('sip', error),
      })
      const msrp = await MsrpDriver.open({
        host,
        listen: address.host,
        secure: profile === 'secure',
        permits: permitsOf(options, address, sip.address.port),
        endpoint: {
          trace: true,
          ...(host.windows === undefined ? {} : { budget: host.windows }),
          ...(options.chunkSize === undefined ? {} : { chunkSize: options.chunkSize }),
        },
        onEvent: event => box.client?.onMsrp(event),
        onNeedData: need => box.client?.onNeedData(need),
        onTrace: (entry, local, remote, transport) => trace.msrp(entry, local, remote, transport),
        onFault: error => trace.fault('msrp', error),
      })
      if (options.signal?.aborted === true) await msrp.close()
      options.signal?.throwIfAborted()
      box.client = new CpmClient({ host, options: { ...options, aor }, profile, sip, msrp, trace, afterClose })
      return box.client
    } catch (error) {
      await sip?.close()
      throw options.signal?.aborted === true ? options.signal.reason : asError(error)
    }
  }

  private constructor(parts: {
    host: Host
    options: ClientOptions
    profile: 'secure' | 'open'
    sip: SipDriver
    msrp: MsrpDriver
    trace: TraceFeed
    afterClose: () => Promise<void>
  }) {
    const { host, profile, sip, msrp, trace } = parts
    const options: ClientOptions & { into?: string } = { ...parts.options }
    this.#folder = options
    this.#afterClose = parts.afterClose
    this.#trace = trace
    this.aor = options.aor
    const wanted = options.register ?? options.proxy !== undefined
    this.#registrar = wanted ? new Registrar(sip, registrarOf(options.aor)) : undefined
    this.ready = this.#registrar?.ready ?? Promise.resolve()
    this.ready.catch(() => undefined)
    const account = options.aor
    const onFailure = () => trace.state('session', 'store', 'failed')
    const journal = new Journal({ store: host.store, date: () => host.date(), account, onFailure })
    const { ready } = this
    const onEvent = (event: Exclude<SessionEvent, FileEvent>, runner: SessionRunner) => this.#onSession(event, runner)
    const onFault = (error: unknown, { peerUri }: SessionRunner) => trace.fault(peerUri, error)
    const pool = new SessionPool({ host, client: options, profile, sip, msrp, ready, onEvent, onFault })
    const headers = () => capabilityHeaders()
    const capabilities = new PeerCapabilities({ host, sip, store: host.store, ttl: options.capabilityTtl, headers })
    const { displayName } = options
    const tellsDisplay = options.displayNotifications ?? true
    const notices = new NoticeDesk({
      host,
      sip,
      journal,
      aor: options.aor,
      displayName,
      tellsDisplay,
      onNotice: notice => this.#transfers.noted(notice),
    })
    const relay = relayOf(host, msrp, sip, options)
    const groups = new GroupSessions({
      host,
      sip,
      releaseTimer: options.releaseTimer === undefined ? RELEASE_TIMER : options.releaseTimer * 1000,
      headers: identityHeaders(options),
    })
    this.#context = { host, options, sip, msrp, pool, groups, journal, looseEnds: new LooseEnds(), capabilities, notices, relay }
    this.#shares = new ShareList(host)
    this.#transfers = new Transfers(this.#context)
    this.#reception = new Reception(this.#context, this.#shares, this.#transfers)
    options.signal?.addEventListener('abort', this.#onAbort, { once: true })
  }

  readonly #onAbort = () => void this.close()

  get contact(): string {
    const { address, transport } = this.#context.sip
    if (transport === undefined) return this.aor
    const user = hopOf(this.aor)?.uri.user
    const host = address.host.includes(':') ? `[${address.host}]` : address.host
    // Who listens for TCP listens for UDP as well, and large INVITEs need TCP
    return `sip:${user === undefined ? '' : `${user}@`}${host}:${address.port};transport=${transport}`
  }

  get store(): Store | undefined {
    return this.#context.host.store
  }

  send(to: Destination, files: FileInput | readonly FileInput[], options: SendOptions = {}): Transfer {
    this.#mustBeOpen()
    const inputs = listOf(files)
    if (inputs.length === 0) throw new CpmftError('no-files')
    const plans = inputs.map((input, index) => ({ input, index }))
    const target = targetOf(to, this.#context.options, options.fallbackToSingle)
    if (target.kind === 'single' && target.group === undefined) return this.#transfers.send(target.uri, plans, options)
    return this.#transfers.sendToGroup(target, plans, options)
  }

  get(from: string, wanted: WantedFile | readonly WantedFile[], options: GetOptions = {}): Transfer<ReceivedFileView> {
    this.#mustBeOpen()
    const selectors = listOf(wanted).map((file, index) => ({ selector: wantedSelector(file), index }))
    if (selectors.length === 0) throw new CpmftError('no-files')
    return this.#transfers.get(readAddress(from), selectors, options)
  }

  async share(files: FileInput | readonly FileInput[], options: ShareOptions = {}): Promise<Share> {
    this.#mustBeOpen()
    try {
      return await this.#shares.add(listOf(files), { ...options, ...(options.with && { with: options.with.map(readAddress) }) })
    } catch (error) {
      throw options.signal?.aborted === true ? options.signal.reason : asError(error)
    }
  }

  async interrupted(): Promise<StoredTransfer[]> {
    const { host, options, journal } = this.#context
    await journal.settled()
    const since = host.date() - (options.resumeTtl ?? RESUME_TTL) * 1000
    const all = (await this.store?.transfers({ since })) ?? []
    // Another account of the same store is somebody else: the peer would not know its files
    const ours = all.filter(({ id, account }) => account === options.aor && !this.#transfers.isRunning(id))
    return ours.filter(transfer => resumableFiles(transfer).length > 0)
  }

  async resume(id: string, options: AcceptOptions = {}): Promise<Transfer> {
    const stored = await this.#stored(id)
    const files = chosenFiles(resumableFiles(stored), options.only)
    if (files.length === 0) throw new CpmftError('not-resumable', 'Nothing of it is left to go on with.')
    if (stored.direction === 'sent') {
      const { signal } = options
      return this.#transfers.send(
        stored.peer,
        files.map(file => planOf(file, false)),
        signal === undefined ? {} : { signal },
        stored,
      )
    }
    return this.#transfers.get(
      stored.peer,
      files.map(file => wantedAgain(file, false)),
      options,
      stored,
    )
  }

  async retry(id: string, options: SendOptions = {}): Promise<Transfer> {
    const stored = await this.#stored(id)
    const files = chosenFiles(retryableFiles(stored), options.only)
    if (files.length === 0)
      throw new CpmftError('not-resumable', stored.direction === 'sent' ? 'Nothing of it failed.' : 'Its sender has to send it again.')
    const plans = files.map(file => planOf(file, true))
    if (stored.direction === 'sent' && isToSeveral(stored)) {
      const target = targetOf(retryDestination(stored), this.#context.options, options.fallbackToSingle)
      return this.#transfers.sendToGroup(target, plans, options, stored)
    }
    if (stored.direction === 'sent') return this.#transfers.send(stored.peer, plans, options, stored)
    return this.#transfers.get(
      stored.peer,
      files.map(file => wantedAgain(file, true)),
      options,
      stored,
    )
  }

  async history(query: HistoryQuery = {}): Promise<StoredTransfer[]> {
    const now = this.#context.host.date()
    const all = (await this.store?.transfers(query)) ?? []
    return all.map(transfer => (this.#transfers.isRunning(transfer.id) ? transfer : withInterrupted(transfer, now)))
  }

  notices(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Notice> {
    return { [Symbol.asyncIterator]: () => this.#context.notices.notices.reader(options.signal) }
  }

  fetched(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<Transfer> {
    return { [Symbol.asyncIterator]: () => this.#reception.fetched.reader(options.signal) }
  }

  registration(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<RegistrationNews> {
    return { [Symbol.asyncIterator]: () => (this.#registrar?.news ?? NO_NEWS).reader(options.signal) }
  }

  async displayed(transferId: string, index: number): Promise<void> {
    const stored = await storedTransfer(this.store, transferId)
    const file = stored.files.find(each => each.index === index)
    if (stored.direction !== 'received' || file?.imdn === undefined) return
    this.#context.notices.send(JSON.parse(file.imdn), 'displayed', stored.conversationId)
    this.#context.journal.write(store => store.saveFile(stored.id, { ...file, notice: 'displayed', imdn: undefined }))
  }

  async capabilities(
    uri: string,
    options: { readonly refresh?: boolean; readonly signal?: AbortSignal } = {},
  ): Promise<StoredCapabilities> {
    this.#mustBeOpen()
    const peer = readAddress(uri)
    const known = options.refresh === true ? undefined : await this.#context.capabilities.known(peer)
    return known ?? this.#context.capabilities.ask(peer, options.signal)
  }

  receiveInto(folder: string): void {
    this.#folder.into = folder
  }

  offers(options: { readonly signal?: AbortSignal } = {}): AsyncIterable<IncomingOffer> {
    return { [Symbol.asyncIterator]: () => this.#reception.desk.offers.reader(options.signal) }
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
    const { sip, options, pool, groups, capabilities, notices, looseEnds } = this.#context
    if (event.name === 'request') {
      if (event.request.method === 'MESSAGE') looseEnds.add(notices.onMessage(event))
      sip.command(answerRequest(event, this.contact, ALLOW, ACCEPT, options.maxFileSize))
    } else if (event.name === 'registered' || event.name === 'unregistered' || event.name === 'registration-failed') {
      this.#trace.state('registration', this.aor, event.name)
      this.#registrar?.onEvent(event)
    } else if (event.name === 'response') capabilities.onResponse(event)
    else if (groups.onSip(event)) return
    else if ('id' in event) pool.onSip(event)
  }

  onMsrp(event: EndpointEvent): void {
    if (this.#context.relay?.onMsrp(event) !== true) this.#context.pool.onMsrp(event)
  }

  onNeedData(need: { sessionId: string; offset: number; length: number }): void {
    this.#context.pool.onNeedData(need)
  }

  #onSession(event: Exclude<SessionEvent, FileEvent>, runner: SessionRunner): void {
    switch (event.type) {
      case 'ringing':
        this.#transfers.ringing(runner)
        break
      case 'waiting':
        this.#transfers.waiting(runner, event)
        break
      case 'established':
        this.#trace.state('session', runner.peerUri, 'established')
        if (event.conference !== undefined) this.#context.groups.established(runner, event.conference)
        break
      case 'offer':
        this.#context.looseEnds.add(this.#reception.desk.arrive(event, runner))
        break
      case 'offer-withdrawn':
        this.#reception.desk.withdraw(runner, event.outcome)
        break
      case 'insecure-signalling':
        this.#transfers.insecure(runner)
        break
      case 'ended':
        this.#reception.desk.withdraw(runner, event.outcome ?? { code: 'session-ended' })
        this.#trace.state('session', runner.peerUri, 'ended')
        this.#context.pool.forget(runner)
        this.#context.groups.forget(runner)
        this.#transfers.forget(runner)
    }
  }

  /** @throws CpmftError `no-such-transfer`, or `not-resumable` while it runs */
  async #stored(id: string): Promise<StoredTransfer> {
    this.#mustBeOpen()
    await this.#context.journal.settled()
    const stored = await storedTransfer(this.store, id)
    if (this.#transfers.isRunning(stored.id)) throw new CpmftError('not-resumable', 'It is running.')
    return stored
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new CpmftError('session-ended', 'The client is closed.')
  }

  async #shutDown(): Promise<void> {
    const { pool, groups, sip, msrp, journal, looseEnds, notices, options } = this.#context
    this.#transfers.abort()
    groups.close()
    pool.close()
    options.signal?.removeEventListener('abort', this.#onAbort)
    await this.#shares.close()
    await this.#registrar?.leave()
    await this.#until(() => pool.isEmpty && this.#transfers.isEmpty, CLOSE_WAIT)
    this.#reception.desk.end()
    this.#reception.fetched.end()
    notices.notices.end()
    // A BYE that just went out wants its 200 before the sockets go; answers of ours are out already
    await sip.answered(LAST_MESSAGES_WAIT)
    try {
      await Promise.all([sip.close(), msrp.close()])
      await this.#until(() => looseEnds.isEmpty, CLOSE_WAIT)
      await journal.settled()
    } finally {
      this.#trace.end()
      await this.#afterClose()
    }
  }

  /** Waits until `done`, looking at once and then every few milliseconds, but not longer than `limit`. */
  async #until(done: () => boolean, limit: number): Promise<void> {
    const { host } = this.#context
    const end = host.now() + limit
    for (let pause = 1; !done() && host.now() < end; pause = Math.min(20, pause * 2))
      await new Promise<void>(resolve => void host.after(pause, resolve))
  }
}

/** A client without a registrar never has any. */
const NO_NEWS = new EventQueue<RegistrationNews>()
NO_NEWS.end()

/** SEC-10 for addresses behind names. */
function permitsOf(options: ClientOptions, own: HostAddress, sipPort: number): (address: string, port: number) => boolean {
  const policy = { allowPrivate: options.allowPrivate ?? false, own, servicePorts: [sipPort] }
  return (address, port) => mayConnect(address, port, policy)
}

/** Those at the places `only`, or all. */
function chosenFiles(files: readonly StoredFile[], only: readonly number[] | undefined): readonly StoredFile[] {
  return only === undefined ? files : files.filter(({ index }) => only.includes(index))
}

function listOf<T>(one: T | readonly T[]): readonly T[] {
  return Array.isArray(one) ? (one as readonly T[]) : [one as T]
}

/** `sip:alice@example.org` -> `sip:example.org` (RFC 3261 §10.2) */
function registrarOf(aor: string): string {
  return `${aor.startsWith('sips:') ? 'sips' : 'sip'}:${aor.slice(aor.indexOf('@') + 1)}`
}

function relayOf(host: Host, msrp: MsrpDriver, sip: SipDriver, options: ClientOptions): RelayAccess | undefined {
  const { relay, password } = options
  if (relay === undefined) return undefined
  const username = options.username ?? hopOf(options.aor)?.uri.user ?? ''
  return new RelayAccess({ host, msrp, relay, username, password, address: sip.address.host })
}
