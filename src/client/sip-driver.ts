import {
  type Address,
  type FlowId,
  type SipTrace,
  type Transport,
  UserAgent,
  type UserAgentCommand,
  type UserAgentEvent,
  type UserAgentOptions,
} from '../sip/index.js'
import type { Connection, Host, HostError } from './host.js'
import { SipSockets, type SipSocketsOptions } from './sip-sockets.js'

export interface SipDriverOptions {
  readonly host: Host
  /** Everything of the user agent but where it listens. */
  readonly agent: Omit<UserAgentOptions, 'listening' | 'random' | 'hash'>
  readonly address: { readonly host: string; readonly port: number }
  /** What to listen for; with none we are reached over connections of our own only (RFC 5626). UDP and TCP share a port. */
  readonly transports: readonly ('udp' | 'tcp' | 'tls')[]
  readonly onEvent: (event: UserAgentEvent) => void
  readonly onTrace: (entry: SipTrace) => void
  /** As in `SipSocketsOptions`. */
  readonly onFault?: (error: unknown) => void
  readonly connections?: SipSocketsOptions<UserAgentCommand, UserAgentEvent>['connections']
}

/** The SIP user agent on sockets of the host. */
export class SipDriver {
  readonly address: Address
  /** What others may connect with; undefined when nothing listens. */
  readonly transport: Transport | undefined
  readonly #sockets: SipSockets<UserAgentCommand, UserAgentEvent>
  readonly #agent: UserAgent

  /** @throws HostError when the address is taken or is not ours */
  static async open(options: SipDriverOptions): Promise<SipDriver> {
    const { host, address, onEvent, onTrace, onFault, connections } = options
    const stream = options.transports.find(transport => transport !== 'udp')
    const transports = options.transports.filter(transport => transport === 'udp' || transport === stream)
    let agent: UserAgent | undefined
    const sockets = await SipSockets.open<UserAgentCommand, UserAgentEvent>({
      host,
      listen: transports.length === 0 ? [] : [{ ...address, transports }],
      machine: network => (agent = new UserAgent({ ...options.agent, ...network })),
      onEvent,
      onTrace,
      ...(onFault !== undefined && { onFault }),
      ...(connections !== undefined && { connections }),
    })
    return new SipDriver(sockets, agent as UserAgent, address)
  }

  private constructor(sockets: SipSockets<UserAgentCommand, UserAgentEvent>, agent: UserAgent, address: SipDriverOptions['address']) {
    this.#sockets = sockets
    this.#agent = agent
    const [first] = sockets.listening
    this.address = first?.address ?? { host: address.host, port: address.port }
    this.transport = first?.transport
  }

  /** Why the latest connection of ours did not open; undefined when it did, or when there was none. */
  get connectError(): HostError | undefined {
    return this.#sockets.connectError
  }

  /** A request of ours has no final answer yet. */
  get awaitsAnswers(): boolean {
    return this.#agent.awaitsAnswers
  }

  command(command: UserAgentCommand): void {
    this.#sockets.command(command)
  }

  /** As in `SipSockets`: a focus behind the proxy of its own process is reached over a pipe. */
  adopt(flow: FlowId, connection: Connection, transport: Transport): void {
    this.#sockets.adopt(flow, connection, transport)
  }

  /** Settles after `milliseconds` of the host's clock. */
  wait(milliseconds: number): Promise<void> {
    return this.#sockets.wait(milliseconds)
  }

  close(): Promise<void> {
    return this.#sockets.close()
  }
}
