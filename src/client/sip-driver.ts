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
  readonly #host: Host
  #onAnswered = (): void => {}

  /** @throws HostError when the address is taken or is not ours */
  static async open(options: SipDriverOptions): Promise<SipDriver> {
    const { host, address, onEvent, onTrace, onFault, connections } = options
    const stream = options.transports.find(transport => transport !== 'udp')
    const transports = options.transports.filter(transport => transport === 'udp' || transport === stream)
    const inbox: { agent?: UserAgent; driver?: SipDriver } = {}
    const sockets = await SipSockets.open<UserAgentCommand, UserAgentEvent>({
      host,
      listen: transports.length === 0 ? [] : [{ ...address, transports }],
      machine: network => (inbox.agent = new UserAgent({ ...options.agent, ...network })),
      onEvent,
      onTrace,
      onRest: () => inbox.driver?.rest(),
      ...(onFault !== undefined && { onFault }),
      ...(connections !== undefined && { connections }),
    })
    inbox.driver = new SipDriver(host, sockets, inbox.agent as UserAgent, address)
    return inbox.driver
  }

  private constructor(
    host: Host,
    sockets: SipSockets<UserAgentCommand, UserAgentEvent>,
    agent: UserAgent,
    address: SipDriverOptions['address'],
  ) {
    this.#host = host
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

  /** Settles when each request of ours has its final answer, at the latest after `milliseconds` of the host's clock. */
  async answered(milliseconds: number): Promise<void> {
    if (!this.#agent.awaitsAnswers) return
    await new Promise<void>(resolve => {
      const stop = this.#host.after(milliseconds, resolve)
      this.#onAnswered = () => {
        stop()
        resolve()
      }
    })
  }

  /** @internal */
  rest(): void {
    if (!this.#agent.awaitsAnswers) this.#onAnswered()
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
