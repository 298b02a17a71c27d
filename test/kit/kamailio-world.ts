import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Client, createClient, type NodeClientOptions } from '../../src/node/index.js'
import type { TraceEntry } from '../../src/trace/index.js'
import { Kamailio } from './kamailio.js'

export type Traced = Extract<TraceEntry, { kind: 'message' }>

/** A client at Kamailio, and what it saw. */
export class Party {
  readonly entries: Traced[] = []
  /** What became of the registration, in order. */
  readonly registrations: string[] = []

  constructor(
    readonly client: Client,
    readonly inbox: string,
  ) {
    void (async () => {
      for await (const entry of client.trace())
        if (entry.kind === 'message') this.entries.push(entry)
        else if (entry.machine === 'registration') this.registrations.push(entry.state)
    })()
  }

  /** First lines of the SIP messages in one direction. */
  starts(direction: 'in' | 'out'): string[] {
    return this.messages('sip', direction).map(text => text.slice(0, text.indexOf('\r\n')))
  }

  messages(protocol: 'sip' | 'msrp', direction: 'in' | 'out'): string[] {
    return this.entries.filter(entry => entry.protocol === protocol && entry.direction === direction).map(({ text }) => text)
  }

  /** Accepts everything until the client closes. */
  acceptAll(): this {
    void (async () => {
      for await (const offer of this.client.offers()) offer.accept()
    })()
    return this
  }
}

/** Clients of one domain at one Kamailio. */
export class KamailioWorld {
  readonly #clients: Client[] = []
  #folders = 0

  private constructor(readonly kamailio: Kamailio) {}

  static async start(): Promise<KamailioWorld> {
    return new KamailioWorld(await Kamailio.start())
  }

  /** Registers nobody by itself: await `client.ready`. */
  async party(user: string, transport: Parameters<Kamailio['proxy']>[0], options: Partial<NodeClientOptions> = {}): Promise<Party> {
    const { kamailio } = this
    const inbox = join(kamailio.folder.join('inbox'), `${user}-${++this.#folders}`)
    mkdirSync(inbox)
    const client = await createClient({
      aor: `sip:${user}@${kamailio.domain}`,
      password: kamailio.password,
      proxy: kamailio.proxy(transport),
      into: inbox,
      releaseTimer: 0,
      tls: { ca: kamailio.ca },
      ...options,
    })
    this.#clients.push(client)
    return new Party(client, inbox)
  }

  async close(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.close()))
    await this.kamailio.close()
  }
}

/** Waits until `done`, at most `milliseconds`. */
export async function until(done: () => boolean, milliseconds = 10_000, what = 'it'): Promise<void> {
  const end = performance.now() + milliseconds
  while (!done()) {
    if (performance.now() > end) throw new Error(`${what} did not happen`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
