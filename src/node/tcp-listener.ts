import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { HostError, type Listener, type ListenOptions } from '../client/index.js'
import { track } from './connect.js'
import { networkError } from './host-errors.js'
import { HANDSHAKE_TIMEOUT, MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { plainAddress } from './tcp-connection.js'
import type { TlsOptions } from './tls-options.js'

/** Limits of one listener (SEC-12). */
export interface ListenLimits {
  /** Default 256. */
  readonly maxConnections?: number
  /** Default 16. */
  readonly maxConnectionsPerAddress?: number
  /** Count loopback peers too. Default false: a proxy on the same machine speaks for many. */
  readonly limitLoopback?: boolean
}

/** Opens a listener. Rejects with a `HostError`. */
export async function listenStream(
  options: ListenOptions,
  tls: TlsOptions,
  limits: ListenLimits,
  resources: OpenResources,
): Promise<Listener> {
  const server = options.transport === 'tls' ? tlsServer(tls) : createServer({ noDelay: true, pauseOnConnect: true })
  server.maxConnections = limits.maxConnections ?? MAX_CONNECTIONS
  limitPerAddress(server, limits)
  const sockets = new Set<Socket>()
  server.on(options.transport === 'tls' ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (socket.destroyed) return
    sockets.add(socket)
    options.onConnection(track(socket, undefined, resources, () => sockets.delete(socket)))
  })
  await opened(server, options)
  const { address, port } = server.address() as AddressInfo
  const close = (): Promise<void> => {
    untrack()
    // connections live on: the listener only stops accepting
    return new Promise(resolve => {
      server.close()
      resolve()
    })
  }
  const untrack = resources.add(`listener ${options.transport} ${address}:${port}`, close)
  return { address: { host: address, port }, close }
}

function tlsServer(tls: TlsOptions): Server {
  if (tls.cert === undefined || tls.key === undefined) throw new HostError('tls', 'Listening with TLS needs a certificate and its key.')
  try {
    const server = createTlsServer({
      cert: Buffer.from(tls.cert),
      key: Buffer.from(tls.key),
      ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
      handshakeTimeout: HANDSHAKE_TIMEOUT,
      noDelay: true,
    })
    server.on('secureConnection', socket => socket.pause())
    // a failed handshake concerns nobody but the peer
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  } catch {
    throw new HostError('tls', 'The certificate or its key cannot be used.')
  }
}

function limitPerAddress(server: Server, limits: ListenLimits): void {
  const most = limits.maxConnectionsPerAddress ?? MAX_CONNECTIONS_PER_ADDRESS
  const counts = new Map<string, number>()
  server.prependListener('connection', (socket: Socket) => {
    // without a listener an early reset would end the process
    socket.on('error', () => {})
    const address = plainAddress(socket.remoteAddress)
    if (!limits.limitLoopback && isLoopback(address)) return
    const count = counts.get(address) ?? 0
    if (count >= most) {
      socket.destroy()
      return
    }
    counts.set(address, count + 1)
    socket.once('close', () => {
      const left = (counts.get(address) ?? 1) - 1
      if (left > 0) counts.set(address, left)
      else counts.delete(address)
    })
  })
}

function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}

function opened(server: Server, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(networkError(error, `Listening at ${options.host}:${options.port} failed`))
    server.once('error', fail)
    server.listen({ host: options.host, port: options.port }, () => {
      server.off('error', fail)
      // running out of descriptors while accepting must not end the process
      server.on('error', () => {})
      resolve()
    })
  })
}
