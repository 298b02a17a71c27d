import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { HTTP_LIMITS } from './limits.js'

export interface HttpDeskOptions {
  readonly host: string
  readonly port: number
  /** Prometheus text. */
  readonly metrics: () => Promise<{ readonly type: string; readonly text: string }>
  readonly health: () => 'ready' | 'draining'
}

/** `/metrics` and `/healthz` for those who run the server. */
export class HttpDesk {
  readonly #server

  private constructor(private readonly options: HttpDeskOptions) {
    this.#server = createServer(
      {
        headersTimeout: HTTP_LIMITS.time,
        requestTimeout: HTTP_LIMITS.time,
        maxHeaderSize: HTTP_LIMITS.head,
        keepAliveTimeout: HTTP_LIMITS.time,
      },
      (request, response) => void this.#answer(request, response),
    )
    this.#server.maxConnections = HTTP_LIMITS.connections
  }

  /** Rejects with the system's error when the address is taken. */
  static async open(options: HttpDeskOptions): Promise<HttpDesk> {
    const desk = new HttpDesk(options)
    await new Promise<void>((resolve, reject) => {
      desk.#server.once('error', reject)
      desk.#server.listen(options.port, options.host, resolve)
    })
    return desk
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?', 1)[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'Only GET.\n')
    if (path === '/healthz') {
      const health = this.options.health()
      return end(response, health === 'ready' ? 200 : 503, `${health}\n`)
    }
    if (path !== '/metrics') return end(response, 404, 'There are /metrics and /healthz.\n')
    try {
      const { type, text } = await this.options.metrics()
      end(response, 200, text, type)
    } catch {
      end(response, 500, 'The metrics could not be read.\n')
    }
  }
}

function end(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' })
  response.end(text)
}
