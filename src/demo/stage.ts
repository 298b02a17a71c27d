import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, CpmClient, createClient, type NodeHost, nodeHost, type OpenedStore } from '../node/index.js'
import type { TraceEntry } from '../trace/index.js'
import { makeUser, type ServerHandle, startServer } from '../server/index.js'

const DOMAIN = 'demo.invalid'
/** Seconds a session waits for more files, short so that the demo ends. */
const RELEASE_TIMER = 1

/** The world of the demo: a server on loopback with four accounts, and a folder that goes away with it. */
export class Stage implements AsyncDisposable {
  readonly host: NodeHost = nodeHost()

  private constructor(
    readonly folder: string,
    readonly server: ServerHandle,
    private readonly signal: AbortSignal,
  ) {}

  /** @param trace gets the messages of the server and its focus */
  static async set(signal: AbortSignal, trace?: (entry: TraceEntry) => void): Promise<Stage> {
    const folder = await mkdtemp(join(tmpdir(), 'cpmft-demo-'))
    try {
      const server = await startServer({
        listen: ['sip:127.0.0.1:*;transport=tcp'],
        domains: [DOMAIN],
        data: join(folder, 'server'),
        ...(trace !== undefined && { trace }),
      })
      for (const user of ['alice', 'bob', 'carol', 'dan'])
        await server.database.users.put(makeUser({ aor: `sip:${user}@${DOMAIN}`, password: secretOf(user), created: Date.now() }))
      return new Stage(folder, server, signal)
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      throw error
    }
  }

  get proxy(): string {
    return this.server.addresses[0]?.uri ?? ''
  }

  aor(user: string): string {
    return `sip:${user}@${DOMAIN}`
  }

  /** Somebody goes online, with a folder for what comes; registered once `ready` settles. */
  async client(user: string): Promise<Client> {
    await mkdir(this.inbox(user), { recursive: true })
    return createClient({
      aor: this.aor(user),
      password: secretOf(user),
      proxy: this.proxy,
      into: this.inbox(user),
      releaseTimer: RELEASE_TIMER,
      store: join(this.folder, `${user}.sqlite`),
      signal: this.signal,
    })
  }

  /** The same on a host of its own. */
  async clientAt(host: NodeHost, user: string, store: OpenedStore): Promise<Client> {
    await mkdir(this.inbox(user), { recursive: true })
    const options = {
      aor: this.aor(user),
      displayName: `${user.slice(0, 1).toUpperCase()}${user.slice(1)}`,
      password: secretOf(user),
      proxy: this.proxy,
      into: this.inbox(user),
      releaseTimer: RELEASE_TIMER,
      signal: this.signal,
    }
    return CpmClient.open(host, options, async () => {
      await host.close()
      await store.close()
    })
  }

  inbox(user: string): string {
    return join(this.folder, `inbox of ${user}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close()
    await this.host.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

function secretOf(user: string): string {
  return `${user} in the demo`
}
