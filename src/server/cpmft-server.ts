import { join } from 'node:path'
import { type NodeHost, nodeHost } from '../node/index.js'
import { DigestServer, Gruus, type ProxyEvent, type Transport } from '../sip/index.js'
import type { DigestName } from './database.js'
import { addressKey } from './address-key.js'
import { DepositAgent } from './deposit-agent.js'
import { FocusHost } from './focus-host.js'
import type { FocusFigures, FocusReport } from './focus-options.js'
import { HttpDesk } from './http-desk.js'
import { DRAIN_LIMIT, DRAIN_WAIT, REQUEST_RATE, SWEEP_INTERVAL } from './limits.js'
import { type OpenedServerDatabase, openServerDatabase, serverDatabasePath } from './open-server-database.js'
import type { DeskOptions } from './desk-options.js'
import { hostPortOf, joinNodes } from './node-join.js'
import type { NodePlaces } from './node-places.js'
import { ownAddress } from './own-address.js'
import { pipe } from './pipe.js'
import { RequestDesk } from './request-desk.js'
import { type ServerLog, SILENT } from './server-log.js'
import { ServerMetrics } from './server-metrics.js'
import type { ServerOptions, StoreOptions } from './server-options.js'
import { serverSecret } from './server-secret.js'
import { needsOtherName, type ServerSettings, serverSettings } from './server-settings.js'
import { SessionCount } from './session-count.js'
import { SipElement } from './sip-element.js'
import { isTrustedSender } from './trusted-sender.js'

/** One place the server is reached at. */
export interface ServerAddress {
  readonly transport: Transport
  readonly host: string
  readonly port: number
  /** For `--proxy` of a client: `sip:127.0.0.1:5060;transport=tcp` */
  readonly uri: string
}

/** A server that runs. */
export interface ServerHandle extends AsyncDisposable {
  readonly domain: string
  readonly factory: string
  readonly addresses: readonly ServerAddress[]
  /** `http://127.0.0.1:9464`; undefined without. */
  readonly metrics: string | undefined
  readonly database: OpenedServerDatabase
  /** What group transfers do at this moment, for whoever looks for one that does not move. */
  readonly groups: FocusReport
  /** Takes no new sessions (503 with Retry-After) and settles when the running ones have ended, at the latest after `limit` milliseconds. */
  drain(limit?: number): Promise<void>
  /** Ends everything now. */
  close(): Promise<void>
}

/**
 * Starts registrar and proxy of a domain (RFC 3261 §10, §16).
 * @throws ConfigError when the options contradict each other, HostError when an address is taken or the database cannot be used
 */
export async function startServer(options: ServerOptions = {}): Promise<ServerHandle> {
  const settings = serverSettings(options)
  const owned: (() => Promise<void>)[] = []
  try {
    return await new Starter(options, settings, owned).start()
  } catch (error) {
    for (const close of owned.reverse()) await close().catch(() => {})
    throw error
  }
}

/** The steps of a start; whatever is open is in `owned`, to be closed in reverse order. */
class Starter {
  readonly #log: ServerLog
  readonly #sessions = new SessionCount()

  constructor(
    private readonly options: ServerOptions,
    private readonly settings: ServerSettings,
    private readonly owned: (() => Promise<void>)[],
  ) {
    this.#log = options.log ?? SILENT
  }

  async start(): Promise<ServerHandle> {
    const { settings, owned } = this
    const database = await this.#openDatabase()
    const host = this.#openHost()
    const secret = this.options.secret ?? (await this.#secret(database, host))
    const box: { desk?: RequestDesk; focus?: FocusHost } = {}
    const metrics = this.#metrics(database, () => box.focus?.figures)
    const focus = await this.#openFocus(database, host, metrics)
    box.focus = focus
    const element = await this.#openElement(host, event => this.#take(event, metrics, box.desk))
    owned.push(() => element.close())
    const addresses = element.listening.map(({ transport, address }) => serverAddress(transport, address))
    const { nodes, leave } = await joinNodes({
      ...{ database, host, secret, settings, log: this.#log, addresses },
      isShared: this.#isShared(database),
      isFollowed: typeof this.options.storeAndForward === 'object' && this.options.storeAndForward.sharedSpool === true,
    })
    owned.push(leave)
    // Closes first: its last messages go through the proxy
    owned.push(() => focus.close())
    const [near, far] = pipe(FOCUS)
    focus.attach(near)
    element.adopt(FOCUS, far, 'tcp')
    const store = await this.#openStore(database, host, focus, element, metrics)
    const desk = new RequestDesk(this.#deskOptions({ database, host, secret, meter: metrics, element, nodes }))
    box.desk = desk
    const state = { draining: false }
    const http = await this.#openHttp(metrics, state)
    this.#keepHouse(database)
    this.#log.info({ domain: settings.domains[0], addresses: addresses.map(({ uri }) => uri).join(' ') }, 'server started')
    return this.#handle({ database, desk, focus, store, addresses, metrics: http, state })
  }

  async #openDatabase(): Promise<OpenedServerDatabase> {
    const { database } = this.options
    if (typeof database === 'object') return database
    const opened = await openServerDatabase(database ?? serverDatabasePath(this.settings.data))
    this.owned.push(() => opened.close())
    return opened
  }

  #secret(database: OpenedServerDatabase, host: NodeHost): Promise<Uint8Array> {
    return database.kind === 'postgres' ? database.secrets.get('server', host.random(32)) : serverSecret(this.settings.data)
  }

  /** Whether other servers may use the same database. */
  #isShared(database: OpenedServerDatabase): boolean {
    return database.kind === 'postgres' || this.options.node !== undefined
  }

  #openHost(): NodeHost {
    const { limits } = this.settings
    const host = nodeHost({
      ...(this.options.tls !== undefined && { tls: this.options.tls }),
      limits: { maxConnections: limits.connections, maxConnectionsPerAddress: limits.connectionsPerAddress },
    })
    this.owned.push(() => host.close())
    return host
  }

  async #openFocus(database: OpenedServerDatabase, host: NodeHost, metrics: ServerMetrics): Promise<FocusHost> {
    const { domains, factory, data, media } = this.settings
    return FocusHost.open({
      host,
      domain: domains[0],
      factory,
      // The other end of the pipe
      proxy: `sip:${FOCUS}.invalid:2;transport=tcp`,
      sip: { host: media.listen, port: 0, transports: [] },
      media,
      spool: join(data, 'spool'),
      group: uri => database.groups.get(uri),
      log: this.#log,
      ...(this.options.trace !== undefined && { trace: this.options.trace }),
      meter: metrics,
      onNews: ({ id }, news) => metrics.file(id, news),
      ...(this.#isShared(database) && { node: this.settings.node }),
    })
  }

  /** Closes before the focus, whose MSRP listener it uses. */
  async #openStore(
    database: OpenedServerDatabase,
    host: NodeHost,
    focus: FocusHost,
    element: SipElement,
    metrics: ServerMetrics,
  ): Promise<DepositAgent | undefined> {
    const options = this.options.storeAndForward ?? {}
    if (options === false) return undefined
    const { domains, data, node, nodeTimeout } = this.settings
    const store = await DepositAgent.open({
      ...options,
      ...{ host, database, node, domain: domains[0], log: this.#log },
      limits: { nodeDead: nodeTimeout, sweep: Math.min(nodeTimeout, SWEEP_INTERVAL), ...options.limits },
      spool: options.spool ?? join(data, 'spool'),
      keepsFor: keepsFor(options),
      knows: async aor => this.settings.openRegistration || (await database.users.get(aor)) !== undefined,
      share: guest => focus.share(guest),
      onNews: news => {
        metrics.deposit(news)
        options.onNews?.(news)
      },
    })
    this.owned.push(() => store.close())
    const [near, far] = pipe(STORE)
    element.adopt(STORE, far, 'tcp')
    store.attach(near)
    return store
  }

  #storeRule(): Pick<DeskOptions, 'store'> {
    const options = this.options.storeAndForward ?? {}
    if (options === false) return {}
    return { store: { flow: STORE, keepsFor: keepsFor(options) } }
  }

  async #openElement(host: NodeHost, onEvent: (event: ProxyEvent) => void): Promise<SipElement> {
    const { listen, publicHost, domains, limits, nodeAddress } = this.settings
    // What others see of a listener at all addresses
    const other = publicHost ?? (listen.some(needsOtherName) ? await host.localAddress(SOMEWHERE) : undefined)
    return SipElement.open({
      host,
      listen,
      shown: address =>
        other !== undefined && (publicHost !== undefined || needsOtherName(address)) ? { host: other, port: 0 } : undefined,
      names: [
        ...domains,
        ...(publicHost === undefined ? [] : [publicHost]),
        ...(nodeAddress === undefined ? [] : [hostPortOf(nodeAddress)]),
      ],
      server: 'cpmft',
      kept: [FOCUS, STORE],
      trace: this.options.trace,
      // the host has counted by address already, and knows which of them is loopback
      connections: { total: limits.connections, perPeer: limits.connections },
      onEvent,
    })
  }

  #take(event: ProxyEvent, metrics: ServerMetrics, desk: RequestDesk | undefined): void {
    switch (event.name) {
      case 'request':
        return desk?.take(event)
      case 'cancelled':
        return desk?.cancelled(event.id)
      case 'finished':
        metrics.response(event.method, event.status)
        return this.#sessions.finished(event)
      case 'passed':
        metrics.response(event.method, event.status)
        return this.#sessions.passed(event)
      case 'flow-closed':
        return void desk?.flowClosed(event.flow)
    }
  }

  #deskOptions(parts: {
    readonly database: OpenedServerDatabase
    readonly host: NodeHost
    readonly secret: Uint8Array
    readonly meter: ServerMetrics
    readonly element: SipElement
    readonly nodes: NodePlaces | undefined
  }): DeskOptions {
    const { settings } = this
    const { database, host, secret, meter, element, nodes } = parts
    const { domains, limits, publicHost } = settings
    const { algorithms } = this.options
    const listening = element.listening.map(({ address }) => address)
    const crypto = { secret, random: host.random, hash: (algorithm: DigestName, bytes: Uint8Array) => host.hash(algorithm, bytes) }
    const gruus = new Gruus(crypto)
    const isTrusted: DeskOptions['isTrusted'] = event =>
      event.flow === FOCUS || event.flow === STORE || isTrustedSender(settings.trusted, event) || nodes?.isSealed(event) === true
    return {
      domains,
      factory: settings.factory,
      node: settings.node,
      authentication: settings.openRegistration ? 'open' : 'digest',
      database,
      digest: new DigestServer({ realm: domains[0], ...crypto, ...(algorithms !== undefined && { algorithms }) }),
      gruus,
      registrar: {
        expires: limits.expires,
        maxBindings: limits.bindingsOfUser,
        gruus,
        flowTimer: limits.flowTimer,
        isOwn: ownAddress(publicHost === undefined ? domains : [...domains, publicHost.toLowerCase()], listening),
      },
      isTrusted,
      edges: settings.edges,
      ...(nodes !== undefined && { nodes }),
      focus: FOCUS,
      ...this.#storeRule(),
      limits: {
        requests: limits.requests ?? REQUEST_RATE,
        limitsLoopback: limits.requests !== undefined,
        failedLogins: limits.failedLogins,
      },
      date: () => host.date(),
      now: () => host.now(),
      command: command => element.command(command),
      began: (id, callId) => this.#sessions.began(id, callId),
      log: this.#log,
      meter,
    }
  }

  #metrics(database: OpenedServerDatabase, focus: () => FocusFigures | undefined): ServerMetrics {
    return new ServerMetrics({
      bindings: () => database.bindings.count(Date.now()),
      sessions: () => this.#sessions.open,
      focus,
    })
  }

  async #openHttp(metrics: ServerMetrics, state: { readonly draining: boolean }): Promise<string | undefined> {
    const place = this.options.metrics
    if (place === undefined) return undefined
    const desk = await HttpDesk.open({ ...place, metrics: () => metrics.read(), health: () => (state.draining ? 'draining' : 'ready') })
    this.owned.push(() => desk.close())
    return `http://${place.host.includes(':') ? `[${place.host}]` : place.host}:${desk.port}`
  }

  /** Forgets what is over. */
  #keepHouse(database: OpenedServerDatabase): void {
    const timer = setInterval(() => {
      database.bindings.sweep(Date.now()).catch(() => this.#log.error({}, 'expired bindings not removed'))
    }, SWEEP_INTERVAL)
    this.owned.push(async () => clearInterval(timer))
  }

  #handle(parts: {
    readonly database: OpenedServerDatabase
    readonly desk: RequestDesk
    readonly focus: FocusHost
    readonly store: DepositAgent | undefined
    readonly addresses: readonly ServerAddress[]
    readonly metrics: string | undefined
    readonly state: { draining: boolean }
  }): ServerHandle {
    const { settings, owned } = this
    const { desk, focus, store, state, addresses, metrics, database } = parts
    const domain = settings.domains[0]
    let closing: Promise<void> | undefined
    const close = (): Promise<void> => {
      closing ??= (async () => {
        for (const end of owned.splice(0).reverse()) await end()
        this.#log.info({}, 'server ended')
      })()
      return closing
    }
    const drain = async (limit = DRAIN_LIMIT): Promise<void> => {
      state.draining = true
      desk.drain(DRAIN_WAIT)
      this.#log.info({ sessions: this.#sessions.count }, 'draining')
      const end = performance.now() + limit
      await Promise.all([focus.drain(limit), store?.drain(limit)])
      while (this.#sessions.count + desk.pending > 0 && performance.now() < end && closing === undefined)
        await new Promise(resolve => setTimeout(resolve, LOOK))
    }
    const factory = `sip:${settings.factory}@${domain}`
    return {
      ...{ domain, factory, addresses, metrics, database, drain, close, [Symbol.asyncDispose]: close },
      get groups() {
        return focus.report
      },
    }
  }
}

/** The flow to our own focus, and the name of the pipe. */
const FOCUS = 'focus'

/** The same to what keeps files for people who are away. */
const STORE = 'store'

/** For whom files are kept. */
function keepsFor({ notFor = [] }: StoreOptions): (aor: string) => boolean {
  const excepted = new Set(notFor.map(addressKey))
  return aor => !excepted.has(addressKey(aor))
}

/** Milliseconds between two looks whether all sessions have ended. */
const LOOK = 100

/** An address outside this network; nothing is ever sent there (RFC 5737 §3). */
const SOMEWHERE = '192.0.2.1'

function serverAddress(transport: Transport, { host, port }: { readonly host: string; readonly port: number }): ServerAddress {
  const shown = host.includes(':') ? `[${host}]` : host
  // `sips` would ask for TLS on every hop (RFC 5630 §3.1.4); this says how to reach us
  return { transport, host, port, uri: `sip:${shown}:${port};transport=${transport}` }
}
