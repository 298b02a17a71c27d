import type { DigestHash, Random } from '../wire/index.js'
import type { WindowBudget } from './window-budget.js'

/** `wss`: WebSocket over TLS with the subprotocol `msrp` (RFC 7977 §5.1); there is no plain one (WS-1). */
export type MsrpTransport = 'tcp' | 'tls' | 'wss'

/** Name of a transport connection, unique among the living ones: `out-1` for ours, whatever the driver chose for accepted ones. */
export type ConnectionId = string

export interface EndpointOptions {
  readonly random: Random
  /** Needed for `authorize` only. */
  readonly hash?: DigestHash
  /** Emit a `trace` output for each request and response that is sent or received. */
  readonly trace?: boolean
  /** Largest body of one chunk before it is ended with `+`, octets; above 2048 it is interruptible (MSRP-21). Default: 4 MiB, up to 15 to fast peers. */
  readonly chunkSize?: number
  /** Octets asked for with one `need-data`. */
  readonly blockSize?: number
  /** Octets a connection may have asked for or written and not yet been told `written` for. */
  readonly window?: number
  /** What all connections of the process share; a window is its share then, where that is less. */
  readonly budget?: WindowBudget
  /**
   * The wait for a response begins anew with each response to an earlier request: what the system has taken may still be far from a peer that
   * reads slowly. For servers, whose peers share nothing but the server; chunks must be short then. Default false: MSRP-43 as it stands.
   */
  readonly slowPeers?: boolean
  /** Overrides of the timers and counts of `msrp/limits.ts`. */
  readonly limits?: Partial<EndpointLimits>
}

/** Waits in milliseconds, counts and sizes; defaults in `msrp/limits.ts`. */
export interface EndpointLimits {
  /** Response wait, from the last octet handed to the transport (MSRP-43): 30 s */
  readonly transaction: number
  /** Success REPORT wait after the last 200 (SND-8): 120 s */
  readonly successReport: number
  /** Passive side waits to be bound (CON-13): 30 s */
  readonly bind: number
  /** A connection with no session is closed after (CON-17): 30 s */
  readonly linger: number
  /** The same for the relay that acts for us (RFC 4976 §5.4, RLY-9): 1 h */
  readonly ownRelayLinger: number
  /** The same for a relay of the peer (RFC 4976 §5.4, RLY-9): 5 min */
  readonly foreignRelayLinger: number
  /** A session with `keepAlive` sends something after its connection was silent for this long (CON-19): 120 s */
  readonly keepAlive: number
  /** A connection that never carried a valid request is closed after (CON-17): 30 s */
  readonly firstRequest: number
  /** Rejected requests before such a connection is closed at once (CON-17): 5 */
  readonly rejectedRequests: number
  /** No octet of an unfinished incoming message for this long abandons it (MSRP-31): 60 s */
  readonly chunkIdle: number
  /** Requests of one connection not yet answered (OA-64): 64 */
  readonly unanswered: number
  /** Time for one header block to arrive (SEC-12): 30 s */
  readonly header: number
}

/** Relays that shall act for one session (RFC 4976 §5.1): each session needs URIs of its own (RLY-3). */
export interface AuthorizationOptions {
  /** Own MSRP URI of that session, `msrps`; its session-id names the session in events, before it is added too. */
  readonly localUri: string
  /** The relay that we connect to first, then the one behind it, and so on (RLY-6). */
  readonly relays: readonly RelayOptions[]
  /** Where the first relay is reached, if not at host and port of its URI. */
  readonly target?: { readonly host: string; readonly port: number }
}

export interface RelayOptions {
  /** `msrps://alice@relay.example.com;tcp`: the port may be left out (RLY-4), `;ws` means MSRP over WebSocket (RFC 7977). */
  readonly uri: string
  readonly username: string
  readonly password: string
  /** Seconds to ask for; the relay decides when absent. */
  readonly expires?: number
}

/** `sha-256` and the octets of a hash over the DER form of a certificate (RFC 8122 §5). */
export interface CertificateHash {
  readonly algorithm: string
  readonly octets: Uint8Array
}

/** Who must be at the other end of a TLS connection. */
export interface TlsPeer {
  /** Name the certificate must be for, when it is not `host` (CON-42): CEMA connects elsewhere than the URI says. */
  readonly serverName?: string
  /** The certificate must have one of these hashes, and needs no known issuer then (CON-43). */
  readonly fingerprints?: readonly CertificateHash[]
}

export interface SessionTarget extends TlsPeer {
  readonly host: string
  readonly port: number
  readonly secure: boolean
}

/** One MSRP session: one file, one m-line. */
export interface SessionOptions {
  /**
   * Own MSRP URI; its session-id names the session in all inputs and events. When relays were asked to act for it, with `authorize`,
   * all its requests go through them.
   */
  readonly localUri: string
  /** The peer's `a=path`, leftmost first. */
  readonly remotePath: readonly string[]
  /** `active` connects and sends first; `passive` waits to be bound (RFC 6135, CON-10, CON-20). */
  readonly role: 'active' | 'passive'
  /** Which way payload flows: we `send` or `receive` (OA-36, OA-37). */
  readonly direction: 'send' | 'receive'
  /** Where an active session connects: host and port of the leftmost URI, or of c=/m= under CEMA. */
  readonly target?: SessionTarget
  /** Hashes of the certificates the peer may show. When passive, the driver compares the client certificate once `bound` says whose it is (CON-43). */
  readonly fingerprints?: readonly CertificateHash[]
  /** Types we receive, as in our own `a=accept-types`: `message/cpim`, `image/*`, `*`. */
  readonly acceptTypes: readonly string[]
  /** Largest whole incoming MSRP message, octets (MSRP-29); infinite when absent. */
  readonly maxLength?: number
  /** Largest body of one chunk of this session, octets; by default the endpoint's, or 8 KiB when its path has relays. */
  readonly chunkSize?: number
  /** Send a bodiless SEND whenever the connection was silent for a while, against NATs that forget (CON-19). */
  readonly keepAlive?: boolean
}

/** A message to be sent: one file. Its octets are pulled with `need-data`. */
export interface OutgoingMessage {
  /** Whole length in octets, wrapper included; known in advance (MSRP-20). */
  readonly total: number
  readonly contentType: string
  /** Further MIME headers in order, for example Content-Disposition. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly successReport: boolean
  readonly failureReport: 'yes' | 'no' | 'partial'
}

export type EndpointInput =
  /**
   * Ask relays to act for a session that is added later. `authorized` tells the path for its SDP; without that event, or after
   * `unauthorized`, the session cannot be had. `remove-session` gives the relays up, whether the session was added or not.
   */
  | { readonly type: 'authorize'; readonly authorization: AuthorizationOptions }
  /** Register a session once the SDP answer is known; an active one makes the endpoint connect or reuse a connection (CON-11). */
  | { readonly type: 'add-session'; readonly session: SessionOptions }
  /** Forget a session: later requests for it get 481. Its connection stays for the others, or lingers. */
  | { readonly type: 'remove-session'; readonly sessionId: string }
  /** Other relays stand before the peer, whose own URI, the last of the path, stayed: the session goes on through them (RLY-3). */
  | { readonly type: 'reroute'; readonly sessionId: string; readonly remotePath: readonly string[] }
  /** Send the session's one file. Octets follow as `data` after each `need-data`. */
  | { readonly type: 'send'; readonly sessionId: string; readonly message: OutgoingMessage }
  /** Answer to `need-data`: the octets at `offset`, at most the asked length and at least one octet. The view stays untouched until `written`. */
  | { readonly type: 'data'; readonly sessionId: string; readonly offset: number; readonly bytes: Uint8Array }
  /** Sender stops: `#` on the wire (OA-40); or receiver stops: 413 to the request in progress or the next one (OA-41). */
  | { readonly type: 'abort'; readonly sessionId: string }
  /** Sender pauses: the current chunk ends with `+`, nothing more until `continue` (OA-38). */
  | { readonly type: 'pause'; readonly sessionId: string }
  | { readonly type: 'continue'; readonly sessionId: string }
  /** Receiver verdict on a complete message (RCV-13, RCV-14): success REPORT for 200, failure REPORT otherwise, each only if asked for (MSRP-51, MSRP-52). */
  | { readonly type: 'verdict'; readonly sessionId: string; readonly messageId: string; readonly status: number; readonly comment?: string }
  /** A transport connection that the peer opened. */
  | { readonly type: 'accepted'; readonly connection: ConnectionId; readonly remote: string }
  /** The connection asked for by `connect` is usable. */
  | { readonly type: 'connected'; readonly connection: ConnectionId }
  /** On a `wss` connection one whole WebSocket message, text or binary (RFC 7977 §4.2, WS-2). */
  | { readonly type: 'bytes'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The transport took this many octets of earlier `write` outputs (flow control and the 30 s timer use it). */
  | { readonly type: 'written'; readonly connection: ConnectionId; readonly length: number }
  /** The transport connection ended, failed to open, or was reset. */
  | { readonly type: 'closed'; readonly connection: ConnectionId; readonly error?: string }
  | { readonly type: 'timeout' }

export type EndpointOutput =
  | ({
      readonly type: 'connect'
      readonly connection: ConnectionId
      readonly host: string
      readonly port: number
      /** We are the TLS client, whatever side offered (CON-23). */
      readonly secure: boolean
      readonly transport: MsrpTransport
      /** Look SRV records of this service up at `host` first; `port` counts only when there are none (RFC 4976 §8, RLY-4). */
      readonly service?: '_msrps._tcp'
    } & TlsPeer)
  /**
   * Write these views in this order; body views are the ones given as `data`, never copies. Ends with `written`.
   * On a `wss` connection they are one whole binary WebSocket message (WS-2).
   */
  | { readonly type: 'write'; readonly connection: ConnectionId; readonly views: readonly Uint8Array[] }
  /** Close after everything written so far went out. `code` is the WebSocket status when the peer broke a rule (RFC 6455 §7.4.1). */
  | { readonly type: 'close'; readonly connection: ConnectionId; readonly code?: number }
  /** Give `length` octets of the outgoing message from `offset` (0-based) as `data`, in the order asked. */
  | { readonly type: 'need-data'; readonly sessionId: string; readonly offset: number; readonly length: number }
  | { readonly type: 'event'; readonly event: EndpointEvent }
  | { readonly type: 'trace'; readonly entry: MsrpTrace }

export type EndpointEvent =
  /** The relays act for this session, from now on or, after a renewal, still (RFC 4976 §5.1). */
  | {
      readonly type: 'authorized'
      readonly sessionId: string
      /** For `a=path`: the relays, outermost first, and the own URI. A renewal may change it; then the peer must be told (RLY-3). */
      readonly path: readonly string[]
      /** Seconds until the first relay forgets us; they are renewed in time. */
      readonly expires: number | undefined
    }
  /** A relay does not act for this session (any more). The session, if it was added, fails when the connection is lost (RLY-9). */
  | {
      readonly type: 'unauthorized'
      readonly sessionId: string
      readonly cause: AuthorizationFailure
      readonly status?: number
      readonly comment?: string
    }
  /** The session is bound to a connection: first request answered (active) or received (passive). */
  | { readonly type: 'bound'; readonly sessionId: string; readonly connection: ConnectionId }
  /** Outgoing progress in octets of the message: handed to the transport, answered 200, confirmed by success REPORT (SND-11). */
  | { readonly type: 'progress'; readonly sessionId: string; readonly handed: number; readonly answered: number; readonly reported: number }
  /**
   * Every chunk up to `$` was answered 200 (or needs no answer): completion trigger A (CR-8). With a relay in the path the 200s prove
   * nothing: it then comes after `reported`, and only if no success REPORT was asked for (RLY-8).
   */
  | { readonly type: 'answered'; readonly sessionId: string }
  /** Success REPORTs cover the whole message: completion trigger B (CR-9). */
  | { readonly type: 'reported'; readonly sessionId: string }
  /** The success REPORT did not come in time (SND-8). With a relay in the path the session fails instead (RLY-8). */
  | { readonly type: 'unconfirmed'; readonly sessionId: string }
  /** After an `abort` of the sending side: `#` went out and was answered, or nobody will answer it (OA-40). */
  | { readonly type: 'aborted'; readonly sessionId: string }
  /** The current chunk ended with `+` after `pause`. */
  | { readonly type: 'paused'; readonly sessionId: string }
  /** First chunk of a new incoming message. */
  | { readonly type: 'message'; readonly sessionId: string; readonly message: IncomingMessage }
  /** Body octets at `offset` (0-based) of the message. The view is only valid until the driver reuses the block it came from. */
  | { readonly type: 'body'; readonly sessionId: string; readonly messageId: string; readonly offset: number; readonly bytes: Uint8Array }
  /** All octets 1…length are there; give a `verdict`. */
  | { readonly type: 'complete'; readonly sessionId: string; readonly messageId: string; readonly length: number }
  /** The peer ended its message with `#` (OA-45), or went silent (MSRP-31). */
  | { readonly type: 'abandoned'; readonly sessionId: string; readonly messageId: string; readonly cause: 'aborted' | 'idle' }
  /** Nothing more will happen in this session (CR-12, CR-13). `status` is the MSRP code where the peer gave one. */
  | {
      readonly type: 'failed'
      readonly sessionId: string
      readonly cause: FailureCause
      readonly status?: number
      readonly comment?: string
    }

export type AuthorizationFailure =
  /** no challenge that we can answer, wrong credentials, or a relay that does not know the password either (RLY-2) */
  | 'relay-auth-failed'
  /** another error response, see `status`, or a Use-Path that cannot be used */
  | 'refused'
  /** no response within 30 s */
  | 'timeout'
  | 'connection-lost'
  | 'connection-refused'
  | 'connection-timeout'
  | 'tls'

export type FailureCause =
  /** error response or failure REPORT; see `status` */
  | 'refused'
  /** no response within 30 s (local 408) */
  | 'timeout'
  | 'connection-lost'
  | 'connection-refused'
  /** nobody bound the passive session in time */
  | 'connection-timeout'
  | 'tls'

export interface IncomingMessage {
  readonly messageId: string
  /** Announced whole length in octets; undefined for `*`. */
  readonly total: number | undefined
  readonly contentType: string
  /** All headers of the first chunk, in order, as received. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly successReport: boolean
  readonly failureReport: 'yes' | 'no' | 'partial'
}

/** One request or response on the wire, for the trace room. */
export interface MsrpTrace {
  readonly connection: ConnectionId
  readonly direction: 'in' | 'out'
  /** Start line and headers up to and including the blank line, as on the wire. */
  readonly head: Uint8Array
  /** Octets of body that followed (bodies themselves are never traced, SEC-9). */
  readonly bodyLength: number
  /** `$`, `+` or `#`; undefined when the connection broke before the end-line. */
  readonly flag: string | undefined
}
