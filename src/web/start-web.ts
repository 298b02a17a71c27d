import { getRequestListener } from '@hono/node-server'
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CpmftError } from '../client/index.js'
import { AppFiles } from './app-files.js'
import { DownloadTickets } from './download-tickets.js'
import { gateRefusal } from './gate.js'
import { HEAD_OCTETS, HEAD_WAIT, PAGE_CONNECTIONS, SWEEP_INTERVAL, TOKEN_OCTETS } from './limits.js'
import { LivePage } from './live-page.js'
import { Outbox } from './outbox.js'
import type { WebOptions } from './page-world.js'
import { setSecurityHeaders } from './security-headers.js'
import { TokenCheck } from './token-check.js'
import { webApp } from './web-app.js'

/** A page that is being served. */
export interface WebHandle extends AsyncDisposable {
  /** With the token in its fragment. */
  readonly url: string
  /** Ends the answers that are open and the world behind the page. */
  close(): Promise<void>
}

/** A token that nobody guesses. */
export function newToken(): string {
  return randomBytes(TOKEN_OCTETS).toString('base64url')
}

/**
 * Serves the page of a client on loopback.
 * @throws CpmftError `address-in-use`, or `internal` when the page was not built
 */
export async function startWeb(options: WebOptions): Promise<WebHandle> {
  const { host = '127.0.0.1', desktop } = options
  const token = options.token ?? newToken()
  const files = await AppFiles.read(options.app)
  const outbox = await Outbox.open(options.outbox, folder => desktop.freeSpace(folder))
  const page = new LivePage(options)
  const app = webApp({ page, outbox, files, tickets: new DownloadTickets(() => performance.now()), token: new TokenCheck(token) })
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false })
  const server = createServer({ maxHeaderSize: HEAD_OCTETS, headersTimeout: HEAD_WAIT, requestTimeout: 0 })
  server.maxConnections = PAGE_CONNECTIONS
  await listen(server, host, options.port ?? 0)
  const authority = `${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`
  server.on('request', (request, response) => serve(request, response, authority, listener))
  server.on('clientError', (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'))
  if (options.world !== undefined) await page.enter(options.world)
  const sweep = (): void => void outbox.sweep(page.world?.client.store, Date.now())
  sweep()
  const sweeping = setInterval(sweep, SWEEP_INTERVAL)
  sweeping.unref()
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    clearInterval(sweeping)
    const closed = new Promise<void>(resolve => server.close(() => resolve()))
    await page.close()
    server.closeAllConnections()
    await closed
  }
  const handle: WebHandle = {
    url: `http://${authority}/#token=${token}`,
    close: () => (closing ??= close()),
    [Symbol.asyncDispose]: () => handle.close(),
  }
  return handle
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** Nothing reaches the page but what passed the gate; every answer has the security headers. */
function serve(request: IncomingMessage, response: ServerResponse, authority: string, listener: Listener): void {
  setSecurityHeaders(response)
  const refusal = gateRefusal(request, authority)
  if (refusal === undefined) {
    void listener(request, response)
    return
  }
  const { status, code, text } = refusal
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ error: { code, text } }))
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' ? new CpmftError('address-in-use', `It is ${host}:${port}.`) : new CpmftError('network', error.code),
      ),
    )
    server.listen(port, host, resolve)
  })
}
