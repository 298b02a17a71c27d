import { createHash } from 'node:crypto'
import { type ClientOptions, CpmClient, type IncomingOffer, type Transfer } from '../../src/client/index.js'
import { type VirtualHost, VirtualNetwork, virtualHost } from '../../src/testkit/index.js'
import { WireLog } from './wire-log.js'

export const certificateOf = (octet: number) => ({ sha256: new Uint8Array(32).fill(octet) })

/** Alice and Bob with certificates of their own, SIP over TLS. */
export class SecurePair {
  readonly network = new VirtualNetwork(1)
  readonly hosts = { alice: this.#host('192.0.2.10', 0xa1), bob: this.#host('192.0.2.20', 0xb0) }
  alice!: CpmClient
  bob!: CpmClient
  log!: { alice: WireLog; bob: WireLog }
  readonly offers: IncomingOffer[] = []
  readonly received: Transfer[] = []
  readonly aliceUri = 'sip:alice@192.0.2.10:5061;transport=tls'
  readonly bobUri = 'sip:bob@192.0.2.20:5061;transport=tls'

  #host(address: string, octet: number): VirtualHost {
    return virtualHost(this.network, address, { sha1: () => createHash('sha1'), certificate: certificateOf(octet) })
  }

  async start(options: { alice?: Partial<ClientOptions>; bob?: Partial<ClientOptions> } = {}): Promise<this> {
    const open = (name: 'alice' | 'bob') => {
      const { address } = this.hosts[name]
      const listen = `sip:${name}@${address}:5061;transport=tls`
      const all = { aor: `sip:${name}@${address}`, listen, into: '/inbox', notifications: false, ...options[name] }
      return this.network.until(CpmClient.open(this.hosts[name], all))
    }
    this.alice = await open('alice')
    this.bob = await open('bob')
    this.log = { alice: new WireLog(this.alice), bob: new WireLog(this.bob) }
    void this.#serve()
    return this
  }

  async #serve(): Promise<void> {
    for await (const offer of this.bob.offers()) {
      this.offers.push(offer)
      this.received.push(offer.accept())
    }
  }

  /** From now on this host shows another certificate than it announces. */
  impersonate(name: 'alice' | 'bob'): void {
    this.network.join(this.hosts[name].address, certificateOf(0xee))
  }

  file(name: string, bytes: Uint8Array, owner: 'alice' | 'bob' = 'alice'): string {
    this.hosts[owner].files.set(`/outbox/${name}`, { bytes })
    return `/outbox/${name}`
  }

  async close(): Promise<void> {
    await this.network.until(Promise.all([this.alice.close(), this.bob.close()]))
    await this.network.run(100)
  }
}
