import { lookup } from 'node:dns/promises'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import { connect as tlsConnect } from 'node:tls'
import { type ConnectOptions, HostError } from '../client/index.js'
import { BlockReceiver } from './block-receiver.js'
import { networkError } from './host-errors.js'
import { CONNECT_TIMEOUT, MAX_ADDRESSES } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { hostClosed, TcpConnection } from './tcp-connection.js'
import type { TlsOptions } from './tls-options.js'

/** Connects to an address, or to the addresses of a name in their order (CON-5). Rejects with a `HostError`. */
export async function connectStream(options: ConnectOptions, tls: TlsOptions, resources: OpenResources): Promise<TcpConnection> {
  const deadline = performance.now() + (options.timeout ?? CONNECT_TIMEOUT)
  const addresses = await resolve(options, deadline)
  let last: HostError | undefined
  for (const [index, address] of addresses.entries()) {
    // each address gets its share of what is left, so that a silent one does not use up the time of the others
    const timeout = Math.max(1, (deadline - performance.now()) / (addresses.length - index))
    try {
      return await connectAddress(address, timeout, { options, tls, resources })
    } catch (error) {
      last = networkError(error, `${options.host}:${options.port} cannot be reached`)
      if (last.code === 'aborted') break
    }
  }
  throw last ?? new HostError('unknown-host', `${options.host} has no address.`)
}

/** Addresses of `host`, itself if it is one. */
export async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    const found = await lookup(host, { all: true, verbatim: true })
    return found.slice(0, MAX_ADDRESSES).map(entry => entry.address)
  } catch (error) {
    throw networkError(error, `${host} cannot be resolved`)
  }
}

async function resolve(options: ConnectOptions, deadline: number): Promise<string[]> {
  if (options.signal?.aborted) throw cancelled(options)
  if (isIP(options.host) !== 0) return [options.host]
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const stopped = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(options)), deadline - performance.now())
    onAbort = () => reject(cancelled(options))
    options.signal?.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([addressesOf(options.host), stopped])
  } finally {
    clearTimeout(timer)
    if (onAbort !== undefined) options.signal?.removeEventListener('abort', onAbort)
  }
}

interface Attempt {
  readonly options: ConnectOptions
  readonly tls: TlsOptions
  readonly resources: OpenResources
}

function connectAddress(address: string, timeout: number, { options, tls, resources }: Attempt): Promise<TcpConnection> {
  return new Promise((resolve, reject) => {
    const receiver = new BlockReceiver()
    const socket = openSocket(address, options, tls, receiver)
    const settle = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
      untrack()
    }
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', () => {})
      socket.once('close', () => receiver.close())
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(cancelled(options))
    const timer = setTimeout(() => fail(timedOut(options)), timeout)
    const untrack = resources.add(`connecting ${address}:${options.port}`, () => fail(hostClosed()))
    options.signal?.addEventListener('abort', onAbort)
    if (options.signal?.aborted) return onAbort()
    socket.on('error', fail)
    socket.once(options.transport === 'tls' ? 'secureConnect' : 'connect', () => {
      settle()
      resolve(track(socket, receiver, resources))
    })
  })
}

function openSocket(address: string, options: ConnectOptions, tls: TlsOptions, receiver: BlockReceiver): Socket {
  const onread = { buffer: () => receiver.buffer(), callback: (length: number) => receiver.filled(length) }
  if (options.transport === 'tls') {
    const settings = {
      host: address,
      port: options.port,
      // the certificate is checked against what the caller asked for, not against the address it resolved to
      servername: options.serverName ?? (isIP(options.host) === 0 ? options.host : ''),
      ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
      ...(tls.cert === undefined || tls.key === undefined ? {} : { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }),
      // documented by Node, missing in its types
      onread,
    }
    const socket = tlsConnect(settings)
    socket.setNoDelay(true)
    socket.pause()
    return socket
  }
  const socket = netConnect({ host: address, port: options.port, noDelay: true, onread })
  // paused before it is connected: Node reads nothing until `start`
  socket.pause()
  return socket
}

/** Wraps a connected socket and lists it among the open resources until it is closed. */
export function track(socket: Socket, receiver: BlockReceiver | undefined, resources: OpenResources, onClosed?: () => void): TcpConnection {
  const connection = new TcpConnection(socket, receiver, () => {
    untrack()
    onClosed?.()
  })
  const name = `connection ${connection.local.host}:${connection.local.port} > ${connection.remote.host}:${connection.remote.port}`
  const untrack = resources.add(name, () => closed(socket, connection))
  return connection
}

function closed(socket: Socket, connection: TcpConnection): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve())
    connection.fail(hostClosed())
  })
}

function timedOut(options: ConnectOptions): HostError {
  return new HostError('connection-timeout', `${options.host}:${options.port} did not answer in time.`)
}

function cancelled(options: ConnectOptions): HostError {
  return new HostError('aborted', `Connecting to ${options.host}:${options.port} was cancelled.`)
}
