import { type Client, type ClientOptions, CpmClient, profileOf, RESUME_TTL, type Store } from '../client/index.js'
import { selfSigned } from './dev-certificates.js'
import { type NodeHostOptions, nodeHost } from './node-host.js'
import { openStore } from './store.js'
import { sweepParts } from './sweep-parts.js'

/** Options of `createClient` on Node: those of every client, and what this machine gives it. */
export interface NodeClientOptions extends ClientOptions, Omit<NodeHostOptions, 'store'> {
  /** Where transfers, contacts and capabilities are remembered: a path, or a store that stays open. Default: nowhere. */
  readonly store?: string | Store
}

/**
 * Starts a CPM Client on this machine: opens its sockets and, with a registrar, begins to register (await `client.ready`).
 * @throws CpmftError `bad-address`, `address-in-use`, `insecure`, `store` and the like
 */
export async function createClient(options: NodeClientOptions): Promise<Client> {
  const store = typeof options.store === 'string' ? await openStore(options.store) : options.store
  const host = nodeHost({
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.scan === undefined ? {} : { scan: options.scan }),
    ...(await tlsOf(options)),
    ...(store === undefined ? {} : { store }),
  })
  const close = async () => {
    await host.close()
    if (typeof options.store === 'string') await store?.close()
  }
  try {
    const client = await CpmClient.open(host, options, close)
    if (store !== undefined) void sweep(store, options).catch(() => undefined)
    return client
  } catch (error) {
    await close()
    throw error
  }
}

/** In the secure profile media need a certificate, if only one that is known by its hash (CON-43). */
async function tlsOf(options: NodeClientOptions): Promise<Pick<NodeHostOptions, 'tls'>> {
  if (options.tls?.cert !== undefined || profileOf(options) !== 'secure') return options.tls === undefined ? {} : { tls: options.tls }
  const pair = await selfSigned()
  return { tls: { ...options.tls, ...pair, selfSigned: true } }
}

/** Partial files that nobody goes on with any more (RCS-3). */
async function sweep(store: Store, { into, resumeTtl }: NodeClientOptions): Promise<void> {
  const since = Date.now() - (resumeTtl ?? RESUME_TTL) * 1000
  const transfers = await store.transfers({ direction: 'received', since })
  const wanted = transfers.flatMap(({ files }) => files.map(({ part }) => part)).filter(part => part !== undefined)
  await sweepParts(into ?? '.', since, new Set(wanted))
}
