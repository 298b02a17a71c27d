import { SipSockets } from '../../src/client/index.js'
import { nodeHost } from '../../src/node/index.js'
import { type NetworkOptions, Proxy, type ProxyCommand, type ProxyEvent, type ProxyTarget, type SipTrace } from '../../src/sip/index.js'
import { freePort } from './command-line.js'

/** Our proxy on sockets of loopback; every request that it asks about goes to `targets`. */
export class ProxyNode {
  readonly events: ProxyEvent[] = []
  readonly trace: SipTrace[] = []
  proxy: Proxy | undefined

  static async start(targets: (event: Extract<ProxyEvent, { name: 'request' }>) => readonly ProxyTarget[]): Promise<ProxyNode> {
    const port = await freePort()
    const box: { node?: ProxyNode } = {}
    const machines: Proxy[] = []
    const sockets = await SipSockets.open<ProxyCommand, ProxyEvent>({
      host: nodeHost(),
      listen: [{ host: '127.0.0.1', port, transports: ['tcp', 'udp'] }],
      machine: (network: NetworkOptions) => {
        const proxy = new Proxy({ ...network, names: [], trace: true })
        machines.push(proxy)
        return proxy
      },
      onEvent: event => {
        box.node?.events.push(event)
        if (event.name === 'request') sockets.command({ name: 'forward', id: event.id, targets: targets(event) })
      },
      onTrace: entry => box.node?.trace.push(entry),
    })
    const node = new ProxyNode(sockets, port)
    box.node = node
    node.proxy = machines[0]
    return node
  }

  private constructor(
    private readonly sockets: SipSockets<ProxyCommand, ProxyEvent>,
    readonly port: number,
  ) {}

  get address(): string {
    return `127.0.0.1:${this.port}`
  }

  /** First lines of what it sent and received. */
  starts(direction: 'in' | 'out'): string[] {
    const decoder = new TextDecoder()
    return this.trace.flatMap(entry => (entry.direction === direction ? [decoder.decode(entry.bytes).split('\r\n', 1)[0] as string] : []))
  }

  stop(): Promise<void> {
    return this.sockets.close()
  }
}
