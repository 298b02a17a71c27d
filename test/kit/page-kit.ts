import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type NodeClientOptions, openStore } from '../../src/node/index.js'
import type { ErrorView, HistoryPage, TracePage, UploadView } from '../../src/web/protocol/index.js'
import { type PageWorld, startWeb, type WebHandle, type WebOptions } from '../../src/web/index.js'

/** Whatever the server answers: which part is there depends on the question. */
export type Answer = HistoryPage & TracePage & UploadView & { readonly error: ErrorView; readonly url: string }

/** Alice has the page; the others are plain clients on loopback who reach her directly. */
export class PageKit implements AsyncDisposable {
  readonly #clients: Client[] = []
  readonly opened: string[] = []
  alice!: Client
  web!: WebHandle

  private constructor(readonly folder: string) {}

  static async start(
    options: { readonly web?: Partial<WebOptions>; readonly client?: Partial<NodeClientOptions>; readonly world?: Partial<PageWorld> } = {},
  ) {
    const kit = new PageKit(await mkdtemp(join(tmpdir(), 'cpmft-page-')))
    const world = await kit.world(options.client, options.world)
    await kit.serve({ world, ...options.web })
    return kit
  }

  /** Folder of received files of somebody. */
  inbox(user: string): string {
    return join(this.folder, `inbox of ${user}`)
  }

  /** A client with a store and an inbox; closed with the kit. */
  async client(user: string, options: Partial<NodeClientOptions> = {}): Promise<Client> {
    await mkdir(this.inbox(user), { recursive: true })
    const client = await createClient({
      aor: `sip:${user}@127.0.0.1`,
      into: this.inbox(user),
      reach: 'sip:127.0.0.1',
      store: join(this.folder, `${user}.sqlite`),
      releaseTimer: 1,
      ...options,
    })
    this.#clients.push(client)
    return client
  }

  /** Alice and what the page needs of her. */
  async world(options: Partial<NodeClientOptions> = {}, more: Partial<PageWorld> = {}): Promise<PageWorld> {
    const store = await openStore(join(this.folder, 'alice.sqlite'))
    const alice = await this.client('alice', { store, ...options })
    this.alice = alice
    return {
      client: alice,
      traces: [alice.trace()],
      profile: 'open',
      into: this.inbox('alice'),
      ...more,
      close: async () => {
        await alice.close()
        await store.close()
      },
    }
  }

  /** Starts the server of the page, again as well: give `port` and `token` for the same address. */
  async serve(options: Partial<WebOptions>): Promise<WebHandle> {
    this.web = await startWeb({
      version: '0.0.0',
      outbox: join(this.folder, 'outbox'),
      desktop: {
        open: async path => void this.opened.push(path),
        reveal: async path => void this.opened.push(`folder of ${path}`),
        freeSpace: async folder => {
          const { bavail, bsize } = await statfs(folder)
          return bavail * bsize
        },
      },
      ...options,
    })
    return this.web
  }

  get origin(): string {
    return new URL(this.web.url).origin
  }

  get token(): string {
    return new URL(this.web.url).hash.slice('#token='.length)
  }

  /** A request of the page: with the token, JSON both ways. */
  async call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: Answer }> {
    const response = await fetch(this.origin + path, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text.startsWith('{') || text.startsWith('[') ? (JSON.parse(text) as Answer) : (text as never) }
  }

  /** Uploads octets as the page does. Gives the answer. */
  async upload(name: string, octets: Uint8Array<ArrayBuffer> | string): Promise<{ readonly status: number; readonly body: Answer }> {
    const response = await fetch(`${this.origin}/api/uploads`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.token}`,
        'x-file-name': encodeURIComponent(name),
        'content-type': 'application/octet-stream',
      },
      body: octets,
    })
    return { status: response.status, body: (await response.json()) as Answer }
  }

  async file(name: string, content: string | Uint8Array): Promise<string> {
    const path = join(this.folder, name)
    await writeFile(path, content)
    return path
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.web?.close()
    for (const client of this.#clients) await client.close()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Takes all offers of a client whole. */
export async function takeAll(client: Client): Promise<void> {
  for await (const offer of client.offers()) offer.accept()
}
