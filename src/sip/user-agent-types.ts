import type { Random } from '../wire/index.js'
import type { SipHeaders } from './headers.js'
import type { SipRequest, SipResponse } from './message.js'
import type { TextCodec } from './text-codec.js'
import type { SubscriptionCommand, SubscriptionEvent } from './subscription-types.js'

export type Transport = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

export interface Address {
  /** IP address or host name, IPv6 without brackets. */
  readonly host: string
  readonly port: number
}

/**
 * Where SIP messages travel: one stream connection, or for UDP one pair of addresses.
 * UDP flows are named `udp/<host>:<port>` after the remote address and need no opening; others `out-N` (ours) or as the driver names accepted ones.
 */
export type FlowId = string

/** One answer to a NAPTR question (RFC 3403 §4.1). */
export interface NaptrRecord {
  readonly order: number
  readonly preference: number
  /** `s`: the replacement has SRV records. */
  readonly flags: string
  /** `SIP+D2T` */
  readonly service: string
  readonly replacement: string
}

/** One answer to an SRV question (RFC 2782). */
export interface SrvRecord {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly name: string
}

export interface UserAgentOptions {
  /** Address of record: `sip:alice@example.org`. */
  readonly aor: string
  readonly displayName?: string
  /** Where the host listens, per transport: used for Via sent-by and Contact. A flow's own local address fills the gaps. */
  readonly listening: readonly { readonly transport: Transport; readonly address: Address }[]
  /** Outbound proxy URI, used as first hop of every request outside a dialog and pre-loaded as Route when it carries `;lr`. */
  readonly proxy?: string
  /** Parameters put on every Contact: `+sip.instance="<…>"`, `+g.3gpp.icsi-ref="…"`, in order. */
  readonly contactParameters?: readonly string[]
  readonly userAgent?: string
  readonly allow: readonly string[]
  readonly supported: readonly string[]
  readonly accept: readonly string[]
  /** Event packages peers may subscribe to (RFC 6665), shown as Allow-Events; `allow` must hold SUBSCRIBE then. Without it a SUBSCRIBE is a `request` event. */
  readonly events?: readonly string[]
  readonly credentials?: { readonly username: string; readonly password: string }
  /** The driver answers `resolve` outputs: names without port are looked up by NAPTR and SRV (SIP-37). Default false: names go to it as they are. */
  readonly resolve?: boolean
  /** Nothing but TLS: names lead to TLS servers only, and requests over other transports are refused with 480 (SEC-7). Default false. */
  readonly secure?: boolean
  /** Stream transports the driver can open besides those it listens on, for URIs that name none. Default: TCP and TLS. */
  readonly connects?: readonly Transport[]
  /** Register as one whose flow the first proxy must keep (RFC 5626): `reg-id` and `ob`. Default: on streams where we do not listen. */
  readonly outbound?: boolean
  /** Path and query of the URL of our WebSockets. Default `/`. */
  readonly webSocketPath?: string
  /** Follow the Contact of a 301 or 302 without asking (SIP-34). Default false: the response is reported. */
  readonly followRedirects?: boolean
  /** Requests for any user part are ours, as for a conference factory; else another user gets 404. */
  readonly anyRecipient?: boolean
  readonly random: Random
  /** UTF-8 of the platform, where there is a fast one. */
  readonly text?: TextCodec
  /** Hash for digest authentication; the core computes none itself. */
  readonly hash: (algorithm: 'md5' | 'sha-256' | 'sha-512-256', bytes: Uint8Array) => Uint8Array
  /** Emit a `trace` output for each message that is sent or received. */
  readonly trace?: boolean
  /** Overrides of the timers and limits of `sip/limits.ts`. */
  readonly limits?: Partial<SipLimits>
}

/** Milliseconds, counts and sizes; defaults in `sip/limits.ts` (RFC 3261 §17, Appendix A). */
export interface SipLimits {
  readonly t1: number
  readonly t2: number
  readonly t4: number
  /** Session-Expires we ask for, and the least we accept, seconds (RFC 4028). */
  readonly sessionExpires: number
  readonly minSessionExpires: number
  /** Header block and body of one message, octets (SIP-36). */
  readonly headerBytes: number
  readonly bodyBytes: number
  readonly headerCount: number
  /** Time for one message to arrive whole on a stream (SEC-12). */
  readonly messageTime: number
  /** Living dialogs, and server transactions under way. */
  readonly dialogs: number
  readonly transactions: number
  /** Server transactions that are over and remembered for copies of their requests (RFC 3261 §17.2). */
  readonly finishedTransactions: number
  /** Living subscriptions, ours and those of peers. */
  readonly subscriptions: number
  /** Server transactions under way that came from one host. Default: as many as `transactions`. */
  readonly perSource?: number
  /** Stream flows at one time, ours and accepted. Default `FLOWS`. */
  readonly flows?: number
}

export interface Body {
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** Header fields the caller adds to a message, in order. Values must not hold line breaks (SEC-14). */
export type ExtraHeaders = readonly (readonly [name: string, value: string])[]

/**
 * URI for our Contact instead of the address we are reached at, such as that of a conference (RFC 4579 §4.2): in this message and in all
 * later ones of its dialog. The parameters of the user agent follow it.
 */
export type OwnContact = string

export type UserAgentInput =
  | { readonly type: 'command'; readonly command: UserAgentCommand }
  /** A stream flow is open: asked for with `connect`, or accepted. */
  | { readonly type: 'opened'; readonly flow: FlowId; readonly transport: Transport; readonly local: Address; readonly remote: Address }
  | { readonly type: 'bytes'; readonly flow: FlowId; readonly bytes: Uint8Array }
  | { readonly type: 'datagram'; readonly flow: FlowId; readonly local: Address; readonly remote: Address; readonly bytes: Uint8Array }
  /** A stream flow ended or could not be opened; for UDP, sending failed (for example an ICMP error). */
  | { readonly type: 'closed'; readonly flow: FlowId; readonly error?: string }
  /** The answer to `resolve`; no records when there are none or the question failed. */
  | { readonly type: 'resolved'; readonly id: string; readonly records: readonly (NaptrRecord | SrvRecord)[] }
  | { readonly type: 'timeout' }

export type UserAgentOutput =
  /**
   * `domain` is the name a TLS certificate must be for, when `remote` came from DNS (RFC 5922 §4).
   * `url` is set for a WebSocket: subprotocol `sip`, one `write` or `bytes` for one message (RFC 7118 §4).
   */
  | {
      readonly type: 'connect'
      readonly flow: FlowId
      readonly transport: Transport
      readonly remote: Address
      readonly domain?: string
      readonly url?: string
    }
  /** A question to DNS, only with the option `resolve`; `resolved` answers it. */
  | { readonly type: 'resolve'; readonly id: string; readonly name: string; readonly kind: 'NAPTR' | 'SRV' }
  /** `remote` is set for UDP flows. */
  | { readonly type: 'write'; readonly flow: FlowId; readonly bytes: Uint8Array; readonly remote?: Address }
  | { readonly type: 'close'; readonly flow: FlowId }
  | { readonly type: 'event'; readonly event: UserAgentEvent }
  | { readonly type: 'trace'; readonly entry: SipTrace }

export interface SipTrace {
  readonly flow: FlowId
  readonly transport: Transport
  readonly direction: 'in' | 'out'
  readonly local: Address
  readonly remote: Address
  readonly bytes: Uint8Array
}

/**
 * `id` names an INVITE usage (one dialog, before and after it exists), a registration or a single request.
 * Outgoing ids are chosen by the caller, incoming ones by the user agent; both are unique while they live.
 */
export type UserAgentCommand =
  | SubscriptionCommand
  | {
      readonly name: 'register'
      readonly id: string
      readonly registrar: string
      readonly expires: number
      readonly headers?: ExtraHeaders
    }
  | { readonly name: 'unregister'; readonly id: string }
  /** Start a session: offer in the INVITE (SIP-10). */
  | {
      readonly name: 'invite'
      readonly id: string
      readonly to: string
      readonly body: Body
      readonly headers?: ExtraHeaders
      readonly contact?: OwnContact
    }
  /** Withdraw an INVITE that has no final response: CANCEL as soon as a provisional came (SIP-18). */
  | { readonly name: 'cancel'; readonly id: string; readonly reason?: string }
  /** 180 to an incoming INVITE. */
  | { readonly name: 'ring'; readonly id: string; readonly contact?: OwnContact }
  /** 200 to an incoming INVITE, or to the re-INVITE or UPDATE announced by `offered`. */
  | {
      readonly name: 'accept'
      readonly id: string
      readonly body: Body
      readonly headers?: ExtraHeaders
      readonly contact?: OwnContact
    }
  /** Final non-2xx to an incoming INVITE, or to the offer announced by `offered` (which leaves the session as it was). */
  | { readonly name: 'reject'; readonly id: string; readonly status: number; readonly reason?: string; readonly headers?: ExtraHeaders }
  /** New offer inside the dialog, by re-INVITE. Only one may be outstanding (SND-6). */
  | { readonly name: 'offer'; readonly id: string; readonly body: Body; readonly headers?: ExtraHeaders }
  /** End the dialog; with an early or unanswered INVITE this is `cancel` or 480. `reason` becomes a Reason header value. */
  | { readonly name: 'bye'; readonly id: string; readonly reason?: string }
  /** OPTIONS, MESSAGE and the like, outside any dialog. */
  | {
      readonly name: 'request'
      readonly id: string
      readonly method: string
      readonly to: string
      readonly body?: Body
      readonly headers?: ExtraHeaders
    }
  /** Final response to a `request` event. */
  | {
      readonly name: 'respond'
      readonly id: string
      readonly status: number
      readonly reason?: string
      readonly body?: Body
      readonly headers?: ExtraHeaders
    }

export type UserAgentEvent =
  | SubscriptionEvent
  /** 1xx above 100 to our INVITE. */
  | { readonly name: 'provisional'; readonly id: string; readonly status: number; readonly response: SipResponse }
  /** Our INVITE was refused for now and goes out again after so many milliseconds, as the peer asked (SIP-34). */
  | { readonly name: 'waiting'; readonly id: string; readonly status: number; readonly after: number }
  /** 2xx to our INVITE; the ACK is sent. `body` is the answer. */
  | {
      readonly name: 'established'
      readonly id: string
      readonly body: Body | undefined
      readonly response: SipResponse
      readonly remote: Address
      /** It came over TLS: nobody between us and the next hop could change it (CON-45). */
      readonly secure?: true
    }
  /** Our INVITE failed: final response, or none. */
  | {
      readonly name: 'rejected'
      readonly id: string
      readonly cause: 'response' | 'timeout' | 'transport' | 'cancelled' | 'auth'
      readonly status?: number
      readonly response?: SipResponse
    }
  /** New INVITE that passed the SIP checks of RCV-1; nothing but 100 was sent. `trusted` tells whether asserted headers may be believed. */
  | {
      readonly name: 'incoming'
      readonly id: string
      readonly request: SipRequest
      readonly body: Body | undefined
      readonly remote: Address
      readonly transport: Transport
      /** It came from the outbound proxy, whose assertions count (SIP-28). */
      readonly trusted?: boolean
      /** As in `established`. */
      readonly secure?: true
    }
  /** The caller withdrew an INVITE that we had not answered; 487 is sent. */
  | { readonly name: 'cancelled'; readonly id: string; readonly reason?: string }
  /** ACK to our 200 arrived. */
  | { readonly name: 'confirmed'; readonly id: string }
  /** Offer inside the dialog. Answer with `accept` or `reject`. */
  | {
      readonly name: 'offered'
      readonly id: string
      readonly body: Body
      readonly method: 'INVITE' | 'UPDATE'
      readonly request: SipRequest
    }
  /** The peer took back the offer announced by `offered`, or nobody answered it in time; the session is as before. */
  | { readonly name: 'offer-withdrawn'; readonly id: string }
  /** 2xx to our `offer`; the ACK is sent. */
  | { readonly name: 'answered'; readonly id: string; readonly body: Body | undefined }
  /** Our `offer` was refused and the session is as before. For 491 try again after `retryAfter` milliseconds (SIP-22). */
  | {
      readonly name: 'refused'
      readonly id: string
      readonly status: number
      readonly retryAfter?: number
      readonly response?: SipResponse
    }
  /** The dialog is gone. */
  | { readonly name: 'ended'; readonly id: string; readonly by: 'local' | 'remote' | 'timeout' | 'transport'; readonly reason?: string }
  | {
      readonly name: 'registered'
      readonly id: string
      readonly expires: number
      readonly serviceRoute: readonly string[]
      readonly associatedUris: readonly string[]
      /** As in `established`. */
      readonly secure?: true
    }
  | { readonly name: 'unregistered'; readonly id: string }
  /** Registration failed; the user agent tries again by itself after `retryAfter` milliseconds, or not at all. */
  | {
      readonly name: 'registration-failed'
      readonly id: string
      readonly cause: 'response' | 'timeout' | 'transport' | 'auth'
      readonly status?: number
      readonly retryAfter?: number
    }
  /** A request outside any dialog that the user agent does not answer itself: OPTIONS, MESSAGE. Answer with `respond`. */
  | {
      readonly name: 'request'
      readonly id: string
      readonly request: SipRequest
      readonly remote: Address
      /** As in `incoming`. */
      readonly trusted?: boolean
    }
  | {
      readonly name: 'response'
      readonly id: string
      readonly cause: 'response' | 'timeout' | 'transport' | 'auth'
      readonly response?: SipResponse
    }

export type { SipHeaders }
