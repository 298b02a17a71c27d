import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type NodeClientOptions, type Transfer } from '../../src/node/index.js'
import { makeUser, type ServerHandle, type ServerOptions, startServer } from '../../src/server/index.js'

/** A server on loopback, clients of it, and their folders. */
export class ServerWorld implements AsyncDisposable {
  readonly #clients: Client[] = []
  #count = 0

  private constructor(
    readonly server: ServerHandle,
    readonly folder: string,
    private readonly open: boolean,
  ) {}

  static async start(options: ServerOptions = {}): Promise<ServerWorld> {
    const folder = options.data ?? (await mkdtemp(join(tmpdir(), 'cpmft-server-')))
    const all: ServerOptions = { listen: ['sip:127.0.0.1:*'], data: folder, openRegistration: true, ...options }
    return new ServerWorld(await startServer(all), folder, all.openRegistration === true)
  }

  /** `sip:127.0.0.1:40123;transport=tcp` */
  proxy(transport = 'tcp'): string {
    return this.server.addresses.find(address => address.transport === transport)?.uri ?? ''
  }

  aor(user: string): string {
    return `sip:${user}@${this.server.domain}`
  }

  async addUser(user: string, password = `${user}-secret`): Promise<void> {
    await this.server.database.users.put(makeUser({ aor: this.aor(user), password, created: 0 }))
  }

  /** A client that is registered. */
  async client(user: string, options: Partial<NodeClientOptions> = {}): Promise<Client> {
    const into = join(this.folder, `inbox-${user}-${this.#count++}`)
    await mkdir(into)
    const client = await createClient({
      aor: this.aor(user),
      proxy: this.proxy(),
      into,
      notifications: false,
      ...(this.open ? {} : { password: `${user}-secret` }),
      ...options,
    })
    this.#clients.push(client)
    await client.ready
    return client
  }

  async file(name: string, octets: number): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(
      path,
      Uint8Array.from({ length: octets }, (_, index) => (index * 31 + octets) % 251),
    )
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
    await this.server.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Takes the next offer whole. */
export async function takeNext(client: Client): Promise<Transfer> {
  for await (const offer of client.offers()) {
    const transfer = offer.accept()
    await transfer.done
    return transfer
  }
  throw new Error('no offer came')
}

export async function sameOctets(a: string | undefined, b: string | undefined): Promise<boolean> {
  return a !== undefined && b !== undefined && (await readFile(a)).equals(await readFile(b))
}
