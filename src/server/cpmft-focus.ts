import { join } from 'node:path'
import { ConfigError, nodeHost } from '../node/index.js'
import { parseSipUri } from '../sip/index.js'
import { FocusHost } from './focus-host.js'
import { HttpDesk } from './http-desk.js'
import { DRAIN_LIMIT } from './limits.js'
import { isLoopback } from './listen-address.js'
import { openServerDatabase, serverDatabasePath, serverDataFolder } from './open-server-database.js'
import { SILENT } from './server-log.js'
import { ServerMetrics } from './server-metrics.js'
import type { ServerOptions } from './server-options.js'
import { mediaOf, readDomains, readListen, readUser } from './server-settings.js'

export interface FocusOptions
  extends Pick<
    ServerOptions,
    'publicHost' | 'data' | 'database' | 'tls' | 'factory' | 'node' | 'metrics' | 'log' | 'media' | 'allowPrivate'
  > {
  /** Where the proxy reaches us: one address, `sip:10.0.0.5:5070;transport=tcp`. */
  readonly listen: string
  /** The proxy that everything goes to and comes from, and whose asserted identities count: `sip:10.0.0.1;transport=tcp;lr`. */
  readonly proxy: string
  /** Domain of the factory, of conferences and groups. */
  readonly domain: string
}

/** A focus that runs as application server. */
export interface FocusHandle extends AsyncDisposable {
  /** For the proxy's dispatcher: `sip:10.0.0.5:5070;transport=tcp` */
  readonly uri: string
  readonly factory: string
  readonly metrics: string | undefined
  drain(limit?: number): Promise<void>
  close(): Promise<void>
}

/**
 * Starts a focus alone, behind the proxy of somebody else: a SIP core or Kamailio sends it what is for the factory, for conferences and for groups,
 * authenticated and with P-Asserted-Identity. @throws ConfigError, HostError
 */
export async function startFocus(options: FocusOptions): Promise<FocusHandle> {
  const listen = readListen(options.listen)
  const [domain] = readDomains([options.domain])
  const factory = readUser(options.factory ?? 'conference-factory')
  if (parseSipUri(options.proxy) === undefined)
    throw new ConfigError('The proxy is no SIP address.', "Write it like 'sip:10.0.0.1;transport=tcp;lr'.")
  const transports = listen.transports.filter(transport => transport !== 'ws' && transport !== 'wss')
  if (transports.length === 0) throw new ConfigError('A proxy reaches a focus over UDP, TCP or TLS.', 'Leave transport=ws away.')
  const data = options.data ?? serverDataFolder()
  const owned: (() => Promise<void>)[] = []
  const end = async (): Promise<void> => {
    for (const close of owned.splice(0).reverse()) await close()
  }
  try {
    const { database: place } = options
    const database = typeof place === 'object' ? place : await openServerDatabase(place ?? serverDatabasePath(data))
    if (database !== place) owned.push(() => database.close())
    const host = nodeHost(options.tls === undefined ? {} : { tls: options.tls })
    owned.push(() => host.close())
    const box: { focus?: FocusHost } = {}
    const metrics = new ServerMetrics({ bindings: async () => 0, sessions: () => 0, focus: () => box.focus?.figures })
    const focus = await FocusHost.open({
      host,
      domain,
      factory,
      proxy: options.proxy,
      sip: { ...listen, transports },
      media: mediaOf(options, [listen], isLoopback(listen.host)),
      spool: join(data, 'spool'),
      group: uri => database.groups.get(uri),
      log: options.log ?? SILENT,
      meter: metrics,
      onNews: ({ id }, news) => metrics.file(id, news),
      ...(options.node !== undefined && { node: options.node }),
    })
    box.focus = focus
    owned.push(() => focus.close())
    return await handleOf(
      { focus, metrics, options, domain, factory, transport: transports.includes('tcp') ? 'tcp' : transports[0] },
      owned,
      end,
    )
  } catch (error) {
    await end().catch(() => {})
    throw error
  }
}

async function handleOf(
  parts: {
    focus: FocusHost
    metrics: ServerMetrics
    options: FocusOptions
    domain: string
    factory: string
    transport: string | undefined
  },
  owned: (() => Promise<void>)[],
  end: () => Promise<void>,
): Promise<FocusHandle> {
  const { focus, metrics, options, domain, factory, transport } = parts
  const state = { draining: false }
  const health = (): 'ready' | 'draining' => (state.draining ? 'draining' : 'ready')
  const http =
    options.metrics === undefined ? undefined : await HttpDesk.open({ ...options.metrics, metrics: () => metrics.read(), health })
  if (http !== undefined) owned.push(() => http.close())
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => (closing ??= end())
  const drain = async (limit = DRAIN_LIMIT): Promise<void> => {
    state.draining = true
    await focus.drain(limit)
  }
  const { host, port } = focus.address.sip
  return {
    uri: `sip:${host.includes(':') ? `[${host}]` : host}:${port};transport=${transport}`,
    factory: `sip:${factory}@${domain}`,
    metrics: http === undefined ? undefined : `http://${options.metrics?.host}:${http.port}`,
    drain,
    close,
    [Symbol.asyncDispose]: close,
  }
}
