import type { Random } from '../wire/index.js'
import type { SipRequest } from './message.js'
import type { TextCodec } from './text-codec.js'
import type {
  Address,
  Body,
  ExtraHeaders,
  FlowId,
  SipLimits,
  Transport,
  UserAgentInput,
  UserAgentOptions,
  UserAgentOutput,
} from './user-agent-types.js'

/** A stateful forking proxy (RFC 3261 §16) without sockets, clock or memory of registrations: who is where is told to it. */
export interface ProxyOptions {
  /** Where the host listens, per transport: used in Via, Record-Route and Path. */
  readonly listening: readonly { readonly transport: Transport; readonly address: Address }[]
  /** `example.org`, `sip.example.org:5070`: what means us in a Route or a Request-URI besides the addresses of `listening`. */
  readonly names: readonly string[]
  readonly random: Random
  readonly hash: UserAgentOptions['hash']
  readonly text?: TextCodec
  /** As in `UserAgentOptions`. */
  readonly resolve?: boolean
  readonly connects?: readonly Transport[]
  readonly secure?: boolean
  /** `Server` of our own responses (CPM-9). */
  readonly server?: string
  readonly trace?: boolean
  readonly limits?: Partial<SipLimits>
  /** Timer C: an INVITE that rings longer is cancelled, ms (RFC 3261 §16.6, more than 3 minutes). */
  readonly ringLimit?: number
  /** Flows of our own process, such as the pipe to a focus: their silence is no reason to close them. */
  readonly kept?: readonly FlowId[]
  /** Header fields that only we may put in: taken out of requests inside dialogs, unless they come over a flow of `kept` (RFC 3325 §5). */
  readonly asserted?: readonly string[]
}

export type ProxyInput = Exclude<UserAgentInput, { type: 'command' }> | { readonly type: 'command'; readonly command: ProxyCommand }

export type ProxyOutput = Exclude<UserAgentOutput, { type: 'event' }> | { readonly type: 'event'; readonly event: ProxyEvent }

/** One place a request may go to. */
export interface ProxyTarget {
  /** New Request-URI. */
  readonly uri: string
  /** Route set to put before it, for example the Path of a registration (RFC 3327). */
  readonly route?: readonly string[]
  /** The connection to use while it lives: the client's own (RFC 5626). */
  readonly flow?: FlowId
  /** Targets with the same value are tried together, higher ones first (RFC 3261 §16.6, §10.2.1.2). Default 1. */
  readonly q?: number
  /** Tried only when all that were tried before ended with one of these statuses: whatever a person said stands. Default: any status. */
  readonly onlyAfter?: readonly number[]
}

export type ProxyCommand =
  /** Answer a `request` event oneself. */
  | {
      readonly name: 'respond'
      readonly id: string
      readonly status: number
      readonly reason?: string
      readonly headers?: ExtraHeaders
      readonly body?: Body
    }
  /** Send a `request` event on, to one place or forked to several. */
  | {
      readonly name: 'forward'
      readonly id: string
      readonly targets: readonly ProxyTarget[]
      /** Stay in the path of the dialog. Default true for INVITE and SUBSCRIBE. */
      readonly recordRoute?: boolean
      /** Header fields taken away and then added, for example asserted identities. Without `Route` the targets alone say where it goes. */
      readonly remove?: readonly string[]
      readonly add?: ExtraHeaders
    }

export type ProxyEvent =
  /**
   * A request whose next place is not told by its Route: answer with `respond` or `forward`. Requests inside dialogs that we record-routed
   * go on by themselves. The SIP checks of RFC 3261 §16.3 were passed. For an ACK, `respond` means that it goes nowhere.
   */
  | {
      readonly name: 'request'
      readonly id: string
      readonly request: SipRequest
      readonly flow: FlowId
      readonly transport: Transport
      readonly remote: Address
      readonly secure?: true
      /** Text that leads back to the flow of this request, for Path and for bindings; changes when the connection does. */
      readonly flowToken: string
      /** User part of the Route that led to us, when there is one that is no flow token of ours: what another server of the same domain says to us. */
      readonly routeUser?: string
    }
  /** The caller withdrew a request that we had not decided on (487 is sent), or waited too long for that (500): no command is needed any more. */
  | { readonly name: 'cancelled'; readonly id: string }
  /** A forwarded request got its final response, ours or another's. */
  | { readonly name: 'finished'; readonly id: string; readonly method: string; readonly status: number }
  /** A request inside a dialog, which went its way by itself, got its final response: a BYE ends the session of that Call-ID. */
  | { readonly name: 'passed'; readonly method: string; readonly status: number; readonly callId: string }
  /** A connection is gone: registrations over it lead nowhere (RFC 5626 §5.3). */
  | { readonly name: 'flow-closed'; readonly flow: FlowId }
