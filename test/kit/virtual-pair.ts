import { createHash } from 'node:crypto'
import { type Client, type ClientOptions, CpmClient, type IncomingOffer, type Transfer } from '../../src/client/index.js'
import { memoryStore, type VirtualHost, type VirtualHostOptions, VirtualNetwork, virtualHost } from '../../src/testkit/index.js'

const HASHES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' } as const

/** Two whole clients on one virtual network: SIP, SDP, MSRP, files, and a clock that jumps. */
export class VirtualPair {
  readonly network: VirtualNetwork
  readonly hosts: { alice: VirtualHost; bob: VirtualHost }
  alice!: Client
  bob!: Client
  readonly offers: IncomingOffer[] = []
  readonly received: Transfer[] = []

  /** @param remember both hosts have a store in memory */
  constructor(
    seed = 1,
    behaviour: ConstructorParameters<typeof VirtualNetwork>[1] = {},
    more: VirtualHostOptions & { readonly remember?: boolean } = {},
  ) {
    this.network = new VirtualNetwork(seed, behaviour)
    const options = {
      hash: (algorithm: keyof typeof HASHES, bytes: Uint8Array) => new Uint8Array(createHash(HASHES[algorithm]).update(bytes).digest()),
      sha1: () => createHash('sha1'),
      ...more,
    }
    const host = (address: string): VirtualHost => ({
      ...virtualHost(this.network, address, options),
      ...(more.remember === true ? { store: memoryStore() } : {}),
    })
    this.hosts = { alice: host('192.0.2.10'), bob: host('192.0.2.20') }
  }

  async start(options: { alice?: Partial<ClientOptions>; bob?: Partial<ClientOptions>; transport?: string } = {}): Promise<this> {
    const parameter = options.transport === undefined ? '' : `;transport=${options.transport}`
    const open = (host: VirtualHost, name: string, more: Partial<ClientOptions> = {}) =>
      CpmClient.open(host, {
        aor: `sip:${name}@${host.address}:5060`,
        listen: `sip:${name}@${host.address}:5060${parameter}`,
        into: '/inbox',
        profile: 'open',
        ...more,
      })
    this.alice = await this.network.until(open(this.hosts.alice, 'alice', options.alice))
    this.bob = await this.network.until(open(this.hosts.bob, 'bob', options.bob))
    return this
  }

  /** Bob answers every offer with `answer`; by default he takes everything. */
  serve(answer: (offer: IncomingOffer) => Transfer | undefined = offer => offer.accept()): void {
    void (async () => {
      for await (const offer of this.bob.offers()) {
        this.offers.push(offer)
        const transfer = answer(offer)
        if (transfer !== undefined) this.received.push(transfer)
      }
    })()
  }

  get aliceUri(): string {
    return 'sip:alice@192.0.2.10:5060;transport=tcp'
  }

  get bobUri(): string {
    return 'sip:bob@192.0.2.20:5060;transport=tcp'
  }

  file(name: string, bytes: Uint8Array, owner: 'alice' | 'bob' = 'alice'): string {
    this.hosts[owner].files.set(`/outbox/${name}`, { bytes })
    return `/outbox/${name}`
  }

  async close(): Promise<void> {
    await this.network.until(Promise.all([this.alice.close(), this.bob.close()]))
  }
}
