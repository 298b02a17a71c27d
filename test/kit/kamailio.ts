import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { makeCertificates } from '../../src/node/index.js'
import { freePort } from './command-line.js'
import { installed } from './installed.js'
import { TempFolder } from './temp-folder.js'

const CONFIGURATION = new URL('../interop/kamailio-edge.cfg', import.meta.url)
const MODULES = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64', '/usr/lib'].map(
  path => `${path}/kamailio/modules`,
)
/** Modules that Debian keeps in packages of their own. */
const EXTRA = { 'tls.so': 'kamailio-tls-modules', 'websocket.so': 'kamailio-websocket-modules' }

/** Whether Kamailio is here with TLS and WebSocket. */
export function kamailioInstalled(): boolean {
  if (!installed('kamailio', '-v')) return false
  const missing = Object.entries(EXTRA).filter(([module]) => !MODULES.some(folder => existsSync(`${folder}/${module}`)))
  for (const [, name] of missing) process.stderr.write(`skipped: ${name} is not installed (Debian package; .ci/run installs it)\n`)
  return missing.length === 0
}

/** A Kamailio of our own on loopback: proxy, registrar and MSRP relay, see `test/interop/kamailio-edge.cfg`. */
export class Kamailio {
  readonly domain = 'example.test'
  readonly password = 's3cret'
  readonly folder = new TempFolder()
  /** PEM of the authority that vouches for it. */
  ca = ''
  #process: ChildProcess | undefined
  #gone: Promise<void> = Promise.resolve()
  #log = ''

  private constructor(
    readonly port: number,
    readonly tlsPort: number,
  ) {}

  static async start(): Promise<Kamailio> {
    const kamailio = new Kamailio(await freePort(), await freePort())
    await kamailio.#prepare()
    await kamailio.run()
    return kamailio
  }

  /** SIP URI of it as a proxy. */
  proxy(transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'): string {
    const port = transport === 'tls' || transport === 'wss' ? this.tlsPort : this.port
    return `sip:127.0.0.1:${port};transport=${transport}`
  }

  get relay(): string {
    return `msrps://127.0.0.1:${this.tlsPort};tcp`
  }

  /** What it logged, for the message of a failed expectation. */
  get log(): string {
    return this.#log
  }

  /** Starts it, or starts it again after `stop` on the same ports with nothing remembered. */
  async run(): Promise<void> {
    const { folder } = this
    const args = ['-f', folder.join('kamailio.cfg'), '-DD', '-E', '-m', '64', '-Y', folder.path, '-P', folder.join('pid')]
    const child = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr?.on('data', (data: Buffer) => {
      this.#log += data.toString()
    })
    this.#process = child
    this.#gone = new Promise(resolve => child.on('close', () => resolve()))
    for (let tries = 0; tries < 200; tries++) {
      if ((await reachable(this.port)) && (await reachable(this.tlsPort))) return
      if (child.exitCode !== null) break
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    throw new Error(`Kamailio did not start\n${this.#log}`)
  }

  /** Ends it with all its connections; what it remembered is lost. */
  async stop(): Promise<void> {
    if (this.#process?.exitCode === null && this.#process.signalCode === null) this.#process.kill('SIGTERM')
    await this.#gone
  }

  async close(): Promise<void> {
    await this.stop()
    this.folder.remove()
  }

  async #prepare(): Promise<void> {
    const { folder } = this
    const paths = await makeCertificates({ into: folder.join('certificates'), names: ['127.0.0.1', 'localhost', this.domain] })
    this.ca = readFileSync(paths.ca, 'utf8')
    copyFileSync(paths.cert, folder.join('cert.pem'))
    copyFileSync(paths.key, folder.join('key.pem'))
    const values = { PORT: this.port, TLS_PORT: this.tlsPort, DOMAIN: this.domain, PASSWORD: this.password, FOLDER: folder.path }
    let text = readFileSync(CONFIGURATION, 'utf8')
    for (const [name, value] of Object.entries(values)) text = text.replaceAll(`@${name}@`, String(value))
    folder.file('kamailio.cfg', text)
    mkdirSync(folder.join('inbox'))
  }
}

function reachable(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
