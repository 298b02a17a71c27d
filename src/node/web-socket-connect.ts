import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import { type ConnectOptions, HostError } from '../client/index.js'
import { cancelled, connectSocket, isSecure, timedOut } from './connect.js'
import { networkError } from './host-errors.js'
import { END_TIMEOUT, MAX_UPGRADE_HEAD, MAX_WS_FRAGMENTS, MAX_WS_MESSAGE } from './limits.js'
import { monotonic } from './monotonic.js'
import type { OpenResources } from './open-resources.js'
import { hostClosed } from './tcp-connection.js'
import type { TlsOptions } from './tls-options.js'
import { WebSocketConnection } from './web-socket-connection.js'

/** What both ends want of the library. Deflate is off: files are compressed already, and it makes room for bombs. */
export const WS_SETTINGS = {
  perMessageDeflate: false,
  maxPayload: MAX_WS_MESSAGE,
  maxFragments: MAX_WS_FRAGMENTS,
  closeTimeout: END_TIMEOUT,
}

type Library = typeof import('ws')

/** Opens a WebSocket over a connection of our own, so that addresses, TLS and time are looked after in one place. Rejects with a `HostError`. */
export async function connectWebSocket(options: ConnectOptions, tls: TlsOptions, resources: OpenResources): Promise<WebSocketConnection> {
  const library = await import('ws')
  const wrap = (socket: Socket, _: unknown, deadline: number): Promise<WebSocketConnection> =>
    upgrade(library, socket, { options, resources, deadline })
  return connectSocket({ options, tls, resources, wrap, ownMemory: false })
}

interface Upgrade {
  readonly options: ConnectOptions
  readonly resources: OpenResources
  readonly deadline: number
}

function upgrade(library: Library, transport: Socket, { options, resources, deadline }: Upgrade): Promise<WebSocketConnection> {
  return new Promise((resolve, reject) => {
    transport.on('error', () => {})
    let socket: WebSocket | undefined
    const settle = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      untrack()
    }
    const fail = (error: HostError): void => {
      settle()
      socket?.on('error', () => {})
      transport.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(cancelled(options))
    const timer = setTimeout(() => fail(timedOut(options)), Math.max(0, deadline - monotonic()))
    const untrack = resources.add(`connecting ${options.host}:${options.port}`, () => fail(hostClosed()))
    options.signal?.addEventListener('abort', onAbort)
    try {
      socket = open(library, transport, options)
    } catch {
      return fail(new HostError('network', `${options.host}:${options.port} cannot be written as the address of a WebSocket.`))
    }
    const opening = socket
    // no text of the peer: its status is enough
    opening.once('unexpected-response', (_, response) => fail(refused(options, `answered ${response.statusCode}`)))
    opening.once('error', error => fail(handshakeError(error, options)))
    opening.once('open', () => {
      settle()
      resolve(trackWebSocket(opening, transport, resources))
    })
  })
}

function open(library: Library, transport: Socket, options: ConnectOptions): WebSocket {
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  const url = `${isSecure(options) ? 'wss' : 'ws'}://${host}:${options.port}${options.path ?? '/'}`
  return new library.WebSocket(url, options.protocol === undefined ? [] : [options.protocol], {
    ...WS_SETTINGS,
    createConnection: () => transport,
    maxHeaderSize: MAX_UPGRADE_HEAD,
  })
}

/** The library's own errors are about the answer (WS-1: another sub-protocol, or none), the others about the connection. */
function handshakeError(error: unknown, options: ConnectOptions): HostError {
  if (error instanceof Error && !('code' in error)) return refused(options, `is no such WebSocket server: ${error.message}`)
  return networkError(error, `${options.host}:${options.port} failed`)
}

function refused(options: ConnectOptions, what: string): HostError {
  return new HostError('network', `${options.host}:${options.port} ${what}.`)
}

/** Wraps an open WebSocket and lists it among the open resources until it is closed. */
export function trackWebSocket(socket: WebSocket, transport: Socket, resources: OpenResources): WebSocketConnection {
  const connection = new WebSocketConnection(socket, transport, () => untrack())
  const name = `websocket ${connection.local.host}:${connection.local.port} > ${connection.remote.host}:${connection.remote.port}`
  const untrack = resources.add(name, async () => {
    const gone = new Promise<void>(resolve => void socket.once('close', () => resolve()))
    connection.fail(hostClosed())
    await gone
  })
  return connection
}
