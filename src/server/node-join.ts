import type { NodeHost } from '../node/index.js'
import { formatHost, parseSipUri, type SipUri, type Transport } from '../sip/index.js'
import { NodeDirectory } from './node-directory.js'
import { NodePlaces } from './node-places.js'
import type { OpenedServerDatabase } from './open-server-database.js'
import type { ServerLog } from './server-log.js'
import type { ServerSettings } from './server-settings.js'

export interface JoinOptions {
  readonly database: OpenedServerDatabase
  readonly host: NodeHost
  readonly secret: Uint8Array
  readonly settings: Pick<ServerSettings, 'node' | 'nodeAddress' | 'nodeTimeout'>
  /** Where we listen. */
  readonly addresses: readonly { readonly transport: Transport; readonly uri: string }[]
  /** Whether other servers may use the same database. */
  readonly isShared: boolean
  /** Whether they deliver what we leave. */
  readonly isFollowed: boolean
  readonly log: ServerLog
}

/** How servers of one database talk to each other, best first. */
const TRANSPORTS: readonly Transport[] = ['tcp', 'tls', 'udp']

/**
 * Makes us known to the other servers of the database, and them to us. Bindings over connections of an earlier life of ours go (RFC 5626 §5.3).
 * @throws ConfigError when another server has our name, HostError('store')
 */
export async function joinNodes(
  options: JoinOptions,
): Promise<{ readonly nodes: NodePlaces | undefined; readonly leave: () => Promise<void> }> {
  const { database, host, secret, settings, addresses, isShared, isFollowed, log } = options
  const { node: id, nodeAddress, nodeTimeout: timeout } = settings
  const [first] = TRANSPORTS.flatMap(wanted => addresses.find(({ transport }) => transport === wanted) ?? [])
  const address = nodeAddress ?? first?.uri
  // over WebSocket alone nobody could reach us
  if (!isShared || address === undefined) {
    await database.bindings.dropFlow(id)
    return { nodes: undefined, leave: async () => {} }
  }
  const directory = await NodeDirectory.join({ database, id, address, timeout, isFollowed, date: () => host.date(), log })
  const nodes = new NodePlaces({ id, address, directory, secret, hash: (algorithm, bytes) => host.hash(algorithm, bytes) })
  return { nodes, leave: () => directory.close() }
}

/** `10.0.0.5:5060` of the address of a server, as `readNodeAddress` took it. */
export function hostPortOf(address: string): string {
  const { scheme, host, port, parameters } = parseSipUri(address) as SipUri
  const isSecure = scheme === 'sips' || parameters.get('transport')?.toLowerCase() === 'tls'
  return `${formatHost(host)}:${port ?? (isSecure ? 5061 : 5060)}`
}
