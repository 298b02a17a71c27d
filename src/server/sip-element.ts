import { SipSockets } from '../client/index.js'
import type { Connection, Host } from '../client/index.js'
import { type FlowId, Proxy, type ProxyCommand, type ProxyEvent, type Transport } from '../sip/index.js'
import type { TraceEntry } from '../trace/index.js'
import { ASSERTED } from './identity-headers.js'
import { traceFeed } from './trace-feed.js'
import type { ListenAddress } from './listen-address.js'

export interface SipElementOptions {
  readonly host: Host
  readonly listen: readonly ListenAddress[]
  /** What we are reached by, for wildcard addresses; port 0 is that of the listener. */
  readonly shown: (address: ListenAddress) => { readonly host: string; readonly port: number } | undefined
  /** What means us beside the addresses we listen at. */
  readonly names: readonly string[]
  readonly server: string
  readonly connections: { readonly total: number; readonly perPeer: number }
  /** Flows of this process, which may be silent. */
  readonly kept: readonly FlowId[]
  readonly onEvent: (event: ProxyEvent) => void
  /** Gets every message, as the party `server`. */
  readonly trace?: ((entry: TraceEntry) => void) | undefined
}

/** The proxy on sockets. */
export class SipElement {
  readonly #sockets: SipSockets<ProxyCommand, ProxyEvent>

  private constructor(sockets: SipSockets<ProxyCommand, ProxyEvent>) {
    this.#sockets = sockets
  }

  /** @throws HostError when an address is taken or is not ours */
  static async open(options: SipElementOptions): Promise<SipElement> {
    const { host, listen, shown, names, server, connections, onEvent, trace } = options
    const feed = traceFeed('server', host, trace)
    const sockets = await SipSockets.open<ProxyCommand, ProxyEvent>({
      host,
      listen: listen.map(address => {
        const other = shown(address)
        return { ...address, ...(other !== undefined && { shown: other }) }
      }),
      machine: network =>
        new Proxy({
          ...network,
          names,
          server,
          kept: options.kept,
          asserted: ASSERTED.filter(name => name.startsWith('P-Asserted')),
          ...(feed !== undefined && { trace: true }),
        }),
      onEvent,
      onTrace: entry => feed?.sip(entry),
      connections,
    })
    return new SipElement(sockets)
  }

  get listening(): SipSockets<ProxyCommand, ProxyEvent>['listening'] {
    return this.#sockets.listening
  }

  command(command: ProxyCommand): void {
    this.#sockets.command(command)
  }

  /** A connection inside this process becomes a flow of the proxy. */
  adopt(flow: FlowId, connection: Connection, transport: Transport): void {
    this.#sockets.adopt(flow, connection, transport)
  }

  stopListening(): Promise<void> {
    return this.#sockets.stopListening()
  }

  close(): Promise<void> {
    return this.#sockets.close()
  }
}
