import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { type Client, createClient, type NodeClientOptions } from '../../src/node/index.js'
import { makeUser, type OpenedServerDatabase, openServerDatabase } from '../../src/server/index.js'
import { CommandLine, freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'
import { PostgresCluster } from '../server/postgres-cluster.js'

const DOCUMENT = new URL('../../docs/how-to/many-nodes.md', import.meta.url)

/** A block of the document, which is what people copy. */
function block(first: string): string {
  const blocks = readFileSync(DOCUMENT, 'utf8').split('\n```')
  const found = blocks.map(text => text.slice(text.indexOf('\n') + 1)).find(text => text.startsWith(first))
  if (found === undefined) throw new Error(`no block that begins with ${first}`)
  return `${found}\n`
}

/** Kamailio, PostgreSQL and servers in processes of their own, as `docs/how-to/many-nodes.md` says. */
export class ManyNodes {
  readonly domain = 'example.org'
  readonly folder = new TempFolder()
  readonly nodes = new Map<string, CommandLine>()
  readonly #ports = new Map<string, number>()
  readonly #clients: Client[] = []
  #postgres: PostgresCluster | undefined
  #kamailio: ChildProcess | undefined
  #url = ''
  #port = 0
  #folders = 0
  database!: OpenedServerDatabase
  /** What Kamailio said. */
  log = ''

  static async start(programs: string): Promise<ManyNodes> {
    const world = new ManyNodes()
    try {
      await world.#start(programs)
      return world
    } catch (error) {
      await world.close()
      throw error
    }
  }

  async #start(programs: string): Promise<void> {
    this.#postgres = new PostgresCluster(programs)
    this.#url = this.#postgres.createDatabase()
    this.database = await openServerDatabase(this.#url)
    for (const node of ['a', 'b']) this.#ports.set(node, await freePort())
    await Promise.all([this.run('a'), this.run('b')])
    await this.#startKamailio()
  }

  /** SIP URI of Kamailio. */
  get proxy(): string {
    return `sip:127.0.0.1:${this.#port};transport=tcp`
  }

  nodeProxy(node: string): string {
    return `sip:127.0.0.1:${this.#ports.get(node)};transport=tcp`
  }

  aor(user: string): string {
    return `sip:${user}@${this.domain}`
  }

  async run(node: string): Promise<void> {
    const data = this.folder.join(`data-${node}`)
    const settings = {
      listen: `sip:127.0.0.1:${this.#ports.get(node)}`,
      domain: this.domain,
      database: this.#url,
      node,
      'node-timeout': '3s',
      data,
      spool: this.folder.join('spool'),
      'shared-spool': undefined,
      metrics: 'none',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [`--${name}`] : [`--${name}`, value]))
    const server = new CommandLine(['server', ...flags])
    this.nodes.set(node, server)
    await server.says('Try it in other terminals', 20_000)
  }

  /** `kill -9` */
  async kill(node: string): Promise<void> {
    const server = this.nodes.get(node)
    server?.process.kill('SIGKILL')
    await server?.exit
  }

  async addUsers(...users: readonly string[]): Promise<void> {
    for (const user of users)
      await this.database.users.put(makeUser({ aor: this.aor(user), password: `${user}-secret`, created: Date.now() }))
  }

  /** A client that is registered. */
  async client(user: string, options: Partial<NodeClientOptions> = {}): Promise<Client> {
    const into = this.folder.join(`inbox-${user}-${this.#folders++}`)
    mkdirSync(into)
    const client = await createClient({
      aor: this.aor(user),
      password: `${user}-secret`,
      proxy: this.proxy,
      into,
      releaseTimer: 0,
      store: this.folder.join(`store-${this.#folders}.db`),
      ...options,
    })
    this.#clients.push(client)
    await client.ready
    return client
  }

  /** Ends every process. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.close().catch(() => {})))
    await Promise.all([...this.nodes.values()].map(server => server.stop()))
    await this.database?.close().catch(() => {})
    if (this.#kamailio !== undefined && this.#kamailio.exitCode === null) {
      const gone = new Promise(resolve => this.#kamailio?.on('close', resolve))
      this.#kamailio.kill('SIGTERM')
      await gone
    }
    this.#postgres?.stop()
    this.folder.remove()
  }

  async #startKamailio(): Promise<void> {
    this.#port = await freePort()
    const places: Record<string, string> = {
      '192.0.2.5:5060': `127.0.0.1:${this.#port}`,
      '10.0.0.11:5060': `127.0.0.1:${this.#ports.get('a')}`,
      '10.0.0.12:5060': `127.0.0.1:${this.#ports.get('b')}`,
      '/etc/kamailio/dispatcher.list': this.folder.join('dispatcher.list'),
    }
    const placed = (text: string): string => Object.entries(places).reduce((done, [from, to]) => done.replaceAll(from, to), text)
    this.folder.file('dispatcher.list', placed(block('1 sip:')))
    const file = this.folder.file('kamailio.cfg', placed(block('#!KAMAILIO')))
    const args = ['-f', file, '-DD', '-E', '-m', '64', '-Y', this.folder.path, '-P', this.folder.join('kamailio.pid')]
    const child = spawn('kamailio', args, { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#kamailio = child
    child.stderr?.on('data', (data: Buffer) => (this.log += data.toString()))
    for (let tries = 0; tries < 200 && child.exitCode === null; tries++) {
      if (await reachable(this.#port)) return
      await new Promise(resolve => setTimeout(resolve, 30))
    }
    throw new Error(`Kamailio did not start\n${this.log}`)
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
