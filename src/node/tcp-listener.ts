import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { HostError, type Listener, type ListenOptions } from '../client/index.js'
import { readInto } from './accepted-socket.js'
import { BlockReceiver } from './block-receiver.js'
import { isSecure, track } from './connect.js'
import { networkError } from './host-errors.js'
import { MAX_CONNECTIONS, MAX_CONNECTIONS_PER_ADDRESS } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { plainAddress, type TcpConnection } from './tcp-connection.js'
import { type TlsOptions, tlsServerSettings } from './tls-options.js'
import { webSocketServer } from './web-socket-server.js'

/** Limits of one listener (SEC-12), and how it reads. */
export interface ListenLimits {
  /** Default 256. */
  readonly maxConnections?: number
  /** Default 16. */
  readonly maxConnectionsPerAddress?: number
  /** Count loopback peers too. Default false: a proxy on the same machine speaks for many. */
  readonly limitLoopback?: boolean
  /** Read every piece of an accepted connection into memory of its own, with documented means of Node only. Slower. Default false. */
  readonly freshMemory?: boolean
}

/** Opens a listener. Rejects with a `HostError`. */
export async function listenStream(
  options: ListenOptions,
  tls: TlsOptions,
  limits: ListenLimits,
  resources: OpenResources,
): Promise<Listener> {
  const server = await createListener(options, tls, resources)
  const admission = new Admission(limits)
  server.prependListener('connection', (socket: Socket) => {
    // without a listener an early reset would end the process
    socket.on('error', () => {})
    const leave = admission.enter(plainAddress(socket.remoteAddress))
    if (leave === undefined) socket.destroy()
    else if (options.transport === 'tcp')
      options.onConnection(
        accept(socket, { ...limits, ...(options.holdable !== undefined && { holdable: options.holdable }) }, resources, leave),
      )
    else socket.once('close', leave)
  })
  if (isSecure(options)) trackHandshakes(server, resources)
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

async function createListener(options: ListenOptions, tls: TlsOptions, resources: OpenResources): Promise<Server> {
  if (options.transport === 'tcp') return createServer({ noDelay: true, pauseOnConnect: true })
  try {
    if (options.transport !== 'tls') return await webSocketServer(options, tls, resources)
    const server = createTlsServer({ ...tlsServerSettings(tls, options.requestCertificate ?? false), noDelay: true })
    server.on('secureConnection', socket => {
      socket.pause()
      if (!socket.destroyed) options.onConnection(track(socket, new BlockReceiver(options.holdable, true), resources, undefined, true))
    })
    // a failed handshake concerns nobody but the peer
    server.on('tlsClientError', (_, socket) => socket.destroy())
    return server
  } catch (error) {
    throw error instanceof HostError ? error : new HostError('tls', 'The certificate or its key cannot be used.')
  }
}

/** A peer in the middle of its handshake must not keep a closed host alive. */
function trackHandshakes(server: Server, resources: OpenResources): void {
  const handshakes = new Map<string, () => void>()
  const end = (peer: string): void => {
    handshakes.get(peer)?.()
    handshakes.delete(peer)
  }
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket)
    const destroy = (): void => {
      end(peer)
      socket.destroy()
    }
    handshakes.set(peer, resources.add(`handshake ${peer}`, destroy))
    socket.once('close', () => end(peer))
  })
  // another object for the same connection, with the same two ends
  server.on('secureConnection', (socket: Socket) => end(peerOf(socket)))
}

function peerOf(socket: Socket): string {
  return `${plainAddress(socket.remoteAddress)}:${socket.remotePort}`
}

function accept(
  socket: Socket,
  limits: ListenLimits & Pick<ListenOptions, 'holdable'>,
  resources: OpenResources,
  onClosed: () => void,
): TcpConnection {
  if (limits.freshMemory) return track(socket, undefined, resources, onClosed)
  const receiver = new BlockReceiver(limits.holdable)
  const reading = readInto(receiver, socket)
  if (reading !== undefined) return track(reading, receiver, resources, onClosed)
  receiver.close()
  return track(socket, undefined, resources, onClosed)
}

/** Counts the connections of one listener, in all and by address. */
class Admission {
  readonly #limits: ListenLimits
  readonly #counts = new Map<string, number>()
  #all = 0

  constructor(limits: ListenLimits) {
    this.#limits = limits
  }

  /** Undefined when a limit is reached; else to be called once when the connection is closed. */
  enter(address: string): (() => void) | undefined {
    const count = this.#counts.get(address) ?? 0
    const most = this.#limits.maxConnectionsPerAddress ?? MAX_CONNECTIONS_PER_ADDRESS
    const exempt = isLoopback(address) && !this.#limits.limitLoopback
    if (this.#all >= (this.#limits.maxConnections ?? MAX_CONNECTIONS) || (count >= most && !exempt)) return undefined
    this.#all++
    this.#counts.set(address, count + 1)
    return () => {
      this.#all--
      const left = (this.#counts.get(address) ?? 1) - 1
      if (left > 0) this.#counts.set(address, left)
      else this.#counts.delete(address)
    }
  }
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
