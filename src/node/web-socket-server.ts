import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Socket } from 'node:net'
import type { ListenOptions } from '../client/index.js'
import { isSecure } from './connect.js'
import { HANDSHAKE_TIMEOUT, MAX_UPGRADE_HEAD } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { hostClosed, plainAddress } from './tcp-connection.js'
import { type TlsOptions, tlsServerSettings } from './tls-options.js'
import { trackWebSocket, WS_SETTINGS } from './web-socket-connect.js'

/**
 * A server that takes WebSockets with the sub-protocol of `options` and answers everything else with 426 or 400. `Origin` and `Host` are not looked at:
 * anybody can write them, and what a peer may do is decided by SIP and MSRP.
 */
export async function webSocketServer(options: ListenOptions, tls: TlsOptions, resources: OpenResources): Promise<Server> {
  const { WebSocketServer } = await import('ws')
  const settings = { maxHeaderSize: MAX_UPGRADE_HEAD, noDelay: true }
  const server = isSecure(options)
    ? createSecureServer({ ...settings, ...tlsServerSettings(tls, options.requestCertificate ?? false) })
    : createServer(settings)
  const { protocol } = options
  const sockets = new WebSocketServer({
    ...WS_SETTINGS,
    noServer: true,
    clientTracking: false,
    handleProtocols: () => protocol ?? false,
  })
  const waiting = new WeakMap<Socket, () => void>()
  server.on(isSecure(options) ? 'secureConnection' : 'connection', (socket: Socket) => waiting.set(socket, limit(socket, resources)))
  server.on('request', (_, response) => response.writeHead(426, { Upgrade: 'websocket', Connection: 'close' }).end())
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => {})
    if (protocol !== undefined && !offers(request, protocol)) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      return
    }
    sockets.handleUpgrade(request, socket, head, opened => {
      waiting.get(socket)?.()
      options.onConnection(trackWebSocket(opened, socket, resources))
    })
  })
  // a failed handshake concerns nobody but the peer
  server.on('tlsClientError', (_, socket) => socket.destroy())
  server.on('clientError', (_, socket) => socket.destroy())
  return server
}

/** The whole way to a WebSocket has one limit, however the peer spends it (SEC-12). The result lifts it. */
function limit(socket: Socket, resources: OpenResources): () => void {
  const lift = (): void => {
    clearTimeout(timer)
    untrack()
  }
  const timer = setTimeout(() => socket.destroy(), HANDSHAKE_TIMEOUT)
  const untrack = resources.add(`handshake ${plainAddress(socket.remoteAddress)}:${socket.remotePort}`, () => {
    lift()
    socket.destroy(hostClosed())
  })
  socket.once('close', lift)
  return lift
}

/** `Sec-WebSocket-Protocol: msrp, other`; Node joins repeated lines with commas. */
function offers(request: IncomingMessage, protocol: string): boolean {
  const offered = request.headers['sec-websocket-protocol'] ?? ''
  return offered.split(',').some(one => one.trim() === protocol)
}
