import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { extname, join, normalize } from 'node:path'
import type { PageChange, PageState, TracePage } from '../../src/web/protocol/index.js'
import { TRACE_PAGE } from '../../src/web/protocol/limits.js'
import { type Answer, answerTo, type Scenario } from './scripted-answers.js'
import { changed } from './scripted-state.js'

/** Where `npm run build` puts the page; the tests run from the top folder. */
const PAGE = join(process.cwd(), 'dist/web/app')
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}

/** What the page asked for, beside reading. */
export interface SeenCommand {
  readonly method: string
  readonly path: string
  readonly query: Record<string, string>
  /** Parsed JSON; of an upload its name and size. */
  readonly body: unknown
}

/**
 * The server of the page, played from plain objects: for states that are hard to reach with a real client, for accessibility checks and for pictures.
 * ```
 * await using server = await ScriptedServer.start({ state: { transfers: [sentTransfer()] } })
 * await page.goto(server.url)
 * server.change({ type: 'offer', offer: offer() })
 * await server.command('POST', '/api/offers/OF1')
 * ```
 */
export class ScriptedServer implements AsyncDisposable {
  readonly token = 'scripted-token'
  readonly commands: SeenCommand[] = []
  state: PageState
  readonly #epoch = randomBytes(2).toString('hex')
  readonly #events: { readonly number: number; readonly event: string; readonly data: unknown }[] = []
  readonly #listeners = new Map<ServerResponse, { trace: boolean }>()
  readonly #sockets = new Set<Socket>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #waiting = new Set<() => void>()
  readonly #trace: string[]
  #server: Server | undefined
  #port = 0
  #played = false

  private constructor(readonly scenario: Scenario) {
    this.state = { ...scenario.state }
    this.#trace = [...(scenario.trace ?? [])]
  }

  static async start(scenario: Scenario): Promise<ScriptedServer> {
    const scripted = new ScriptedServer(scenario)
    await scripted.comeBack()
    return scripted
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get url(): string {
    return `${this.origin}/#token=${this.token}`
  }

  /** Tells the page of changes, and remembers them for one that reads the state again. */
  change(...changes: PageChange[]): void {
    this.state = changed(this.state, changes)
    this.#tell('changes', changes)
  }

  /** Another state altogether, as after the first run. */
  become(state: PageState): void {
    this.state = state
    this.#tell('snapshot', state)
  }

  /** More lines of a recording. */
  record(...lines: string[]): void {
    const before = this.#trace.length
    this.#trace.push(...lines)
    for (const [response, { trace }] of this.#listeners) if (trace) this.#sendTrace(response, before)
  }

  /** Says that it ends in good order. */
  closing(): void {
    this.#tell('closing', {})
  }

  /** Cuts every connection and listens no more. */
  async goAway(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    for (const socket of this.#sockets) socket.destroy()
    this.#listeners.clear()
    if (server !== undefined) await new Promise<void>(resolve => server.close(() => resolve()))
  }

  /** Listens, at the same port as before. */
  async comeBack(): Promise<void> {
    const server = createServer((request, response) => void this.#serve(request, response))
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(this.#port, '127.0.0.1', resolve))
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** The first command that fits and was not asked for before; waits for it. */
  async command(method: string, path: string | RegExp, within = 5_000): Promise<SeenCommand> {
    const until = Date.now() + within
    for (;;) {
      const at = this.commands.findIndex(
        command => command.method === method && (typeof path === 'string' ? command.path === path : path.test(command.path)),
      )
      if (at >= 0) return this.commands.splice(at, 1)[0] as SeenCommand
      const left = until - Date.now()
      if (left <= 0) throw new Error(`no ${method} ${path} came; there were: ${this.commands.map(c => `${c.method} ${c.path}`).join(', ')}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#waiting.add(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer)
    await this.goAway()
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = new URL(request.url ?? '/', this.origin)
      if (url.pathname.startsWith('/api/')) await this.#api(request, response, url)
      else if (url.pathname === '/favicon.ico') response.writeHead(204).end()
      else if (url.pathname.startsWith('/download/')) {
        response
          .writeHead(200, { 'content-type': 'application/octet-stream', 'content-disposition': 'attachment; filename="file.bin"' })
          .end('file')
      } else await this.#page(response, url.pathname)
    } catch (error) {
      if (!response.headersSent) response.writeHead(500)
      response.end(String(error))
    }
  }

  async #page(response: ServerResponse, path: string): Promise<void> {
    // The places have paths of their own, and one page
    const file = extname(path) === '' ? '/index.html' : normalize(path)
    const bytes = await readFile(join(this.scenario.page ?? PAGE, file)).catch(() => undefined)
    if (bytes === undefined) return void response.writeHead(404).end()
    const nonce = randomBytes(12).toString('base64')
    response.writeHead(200, {
      'content-type': TYPES[extname(file)] ?? 'application/octet-stream',
      'x-content-type-options': 'nosniff',
      'content-security-policy': `default-src 'self'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data: blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    })
    response.end(extname(file) === '.html' ? bytes.toString().replaceAll('{{nonce}}', nonce) : bytes)
  }

  async #api(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    if (request.headers.authorization !== `Bearer ${this.token}`) {
      return sendAnswer(response, { status: 401, body: { error: { code: 'not-allowed', text: 'The page has no right to ask.' } } })
    }
    if (url.pathname === '/api/events') return this.#listen(request, response, url)
    if (url.pathname === '/api/trace') return sendAnswer(response, { body: this.#tracePage(Number(url.searchParams.get('after') ?? 0)) })
    const command = {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: await bodyOf(request),
    }
    this.commands.push(command)
    for (const wake of this.#waiting) wake()
    this.#waiting.clear()
    if (this.scenario.delay !== undefined) await new Promise(resolve => setTimeout(resolve, this.scenario.delay))
    const answer = await answerTo(command, this)
    if (answer.lines === undefined) return sendAnswer(response, answer)
    response.writeHead(200, { 'content-type': 'application/x-ndjson' })
    for (const line of answer.lines) {
      response.write(`${JSON.stringify(line)}\n`)
      if (this.scenario.findingDelay !== undefined) await new Promise(resolve => setTimeout(resolve, this.scenario.findingDelay))
    }
    response.end()
  }

  #listen(request: IncomingMessage, response: ServerResponse, url: URL): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    const [epoch, number] = String(request.headers['last-event-id'] ?? '').split('-')
    const seen = Number(number)
    if (epoch === this.#epoch && Number.isInteger(seen)) {
      for (const event of this.#events) if (event.number > seen) write(response, event.event, event.data, `${this.#epoch}-${event.number}`)
    } else write(response, 'snapshot', this.state, `${this.#epoch}-${this.#events.length}`)
    const trace = url.searchParams.get('trace')
    this.#listeners.set(response, { trace: trace !== null })
    response.on('close', () => this.#listeners.delete(response))
    if (trace !== null) this.#sendTrace(response, Number(trace))
    if (!this.#played) this.#play()
  }

  #play(): void {
    this.#played = true
    for (const act of this.scenario.script ?? []) {
      const timer = setTimeout(() => {
        this.#timers.delete(timer)
        if (act.changes !== undefined) this.change(...act.changes)
        if (act.trace !== undefined) this.record(...act.trace)
      }, act.at)
      this.#timers.add(timer)
    }
  }

  #tell(event: string, data: unknown): void {
    const number = this.#events.length + 1
    this.#events.push({ number, event, data })
    for (const response of this.#listeners.keys()) write(response, event, data, `${this.#epoch}-${number}`)
  }

  #sendTrace(response: ServerResponse, after: number): void {
    for (let at = after; at < this.#trace.length; at += TRACE_PAGE) write(response, 'trace', this.#tracePage(at))
  }

  #tracePage(after: number): TracePage {
    const entries = this.#trace.slice(after, after + TRACE_PAGE).map((line, at) => ({ seq: after + at + 1, line }))
    return { entries, last: after + entries.length, oldest: 1 }
  }
}

function write(response: ServerResponse, event: string, data: unknown, id?: string): void {
  response.write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
}

function sendAnswer(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json' })
  response.end(JSON.stringify(answer.body ?? {}))
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  if (request.method === 'GET' || request.method === 'DELETE') return undefined
  const name = request.headers['x-file-name']
  let size = 0
  const parts: Buffer[] = []
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length
    if (name === undefined) parts.push(part)
  }
  if (name !== undefined) return { name: decodeURIComponent(String(name)), size }
  const text = Buffer.concat(parts).toString()
  return text === '' ? undefined : JSON.parse(text)
}
