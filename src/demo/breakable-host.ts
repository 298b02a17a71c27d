import { type Connection, HostError, type NodeHost } from '../node/index.js'
import { slowSource } from './slow-source.js'

/** Octets a second that files are read with: slow enough to be watched. */
const RATE = 5_000_000

/** How long a broken network stays broken, milliseconds. */
const BROKEN = 1500

export interface BreakableHost {
  readonly host: NodeHost
  /** Cuts all connections but those to the server, and lets nobody in for a while. */
  cut(): void
}

/** A machine with a slow disk, and a network that can be broken. @param keeps whether a connection to `port` outlives a cut */
export function breakableHost(host: NodeHost, keeps: (port: number) => boolean): BreakableHost {
  const open = new Set<Connection>()
  let brokenUntil = 0
  const isBroken = (): boolean => performance.now() < brokenUntil
  const follow = (connection: Connection): Connection => {
    if (!keeps(connection.remote.port)) open.add(connection)
    if (open.size > 100) open.clear()
    return connection
  }
  return {
    host: {
      ...host,
      open: async file => slowSource(await host.open(file), octets => (octets / RATE) * 1000),
      connect: async options => {
        if (isBroken() && !keeps(options.port)) throw new HostError('network', 'The network of the demo is broken.')
        return follow(await host.connect(options))
      },
      listen: options =>
        host.listen({
          ...options,
          onConnection: connection => {
            if (isBroken()) connection.destroy()
            else options.onConnection(follow(connection))
          },
        }),
    },
    cut: () => {
      brokenUntil = performance.now() + BROKEN
      for (const connection of open) connection.destroy()
      open.clear()
    },
  }
}
