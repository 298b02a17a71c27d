import type { Random } from '../wire/index.js'

/** Name of a transport connection, unique among the living ones: `out-1` for ours, whatever the driver chose for accepted ones. */
export type ConnectionId = string

export interface EndpointOptions {
  readonly random: Random
  /** Emit a `trace` output for each request and response that is sent or received. */
  readonly trace?: boolean
  /** Largest body of one chunk before it is ended with `+`, octets; a chunk above 2048 is interruptible (MSRP-21). */
  readonly chunkSize?: number
  /** Octets asked for with one `need-data`. */
  readonly blockSize?: number
  /** Octets a connection may have asked for or written and not yet been told `written` for. */
  readonly window?: number
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

/** One MSRP session: one file, one m-line. */
export interface SessionOptions {
  /** Own MSRP URI; its session-id names the session in all inputs and events. */
  readonly localUri: string
  /** The peer's `a=path`, leftmost first. */
  readonly remotePath: readonly string[]
  /** `active` connects and sends first; `passive` waits to be bound (RFC 6135, CON-10, CON-20). */
  readonly role: 'active' | 'passive'
  /** Which way payload flows: we `send` or `receive` (OA-36, OA-37). */
  readonly direction: 'send' | 'receive'
  /** Where an active session connects: host and port of the leftmost URI, or of c=/m= under CEMA. */
  readonly target?: { readonly host: string; readonly port: number; readonly secure: boolean }
  /** Types we receive, as in our own `a=accept-types`: `message/cpim`, `image/*`, `*`. */
  readonly acceptTypes: readonly string[]
  /** Largest whole incoming MSRP message, octets (MSRP-29); infinite when absent. */
  readonly maxLength?: number
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
  /** Register a session once the SDP answer is known; an active one makes the endpoint connect or reuse a connection (CON-11). */
  | { readonly type: 'add-session'; readonly session: SessionOptions }
  /** Forget a session: later requests for it get 481. Its connection stays for the others, or lingers. */
  | { readonly type: 'remove-session'; readonly sessionId: string }
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
  | { readonly type: 'bytes'; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** The transport took this many octets of earlier `write` outputs (flow control and the 30 s timer use it). */
  | { readonly type: 'written'; readonly connection: ConnectionId; readonly length: number }
  /** The transport connection ended, failed to open, or was reset. */
  | { readonly type: 'closed'; readonly connection: ConnectionId; readonly error?: string }
  | { readonly type: 'timeout' }

export type EndpointOutput =
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly host: string; readonly port: number; readonly secure: boolean }
  /** Write these views in this order; body views are the ones given as `data`, never copies. Ends with `written`. */
  | { readonly type: 'write'; readonly connection: ConnectionId; readonly views: readonly Uint8Array[] }
  /** Close after everything written so far went out. */
  | { readonly type: 'close'; readonly connection: ConnectionId }
  /** Give `length` octets of the outgoing message from `offset` (0-based) as `data`, in the order asked. */
  | { readonly type: 'need-data'; readonly sessionId: string; readonly offset: number; readonly length: number }
  | { readonly type: 'event'; readonly event: EndpointEvent }
  | { readonly type: 'trace'; readonly entry: MsrpTrace }

export type EndpointEvent =
  /** The session is bound to a connection: first request answered (active) or received (passive). */
  | { readonly type: 'bound'; readonly sessionId: string; readonly connection: ConnectionId }
  /** Outgoing progress in octets of the message: handed to the transport, answered 200, confirmed by success REPORT (SND-11). */
  | { readonly type: 'progress'; readonly sessionId: string; readonly handed: number; readonly answered: number; readonly reported: number }
  /** Every chunk up to `$` was answered 200 (or needs no answer): completion trigger A (CR-8). */
  | { readonly type: 'answered'; readonly sessionId: string }
  /** Success REPORTs cover the whole message: completion trigger B (CR-9). */
  | { readonly type: 'reported'; readonly sessionId: string }
  /** The success REPORT did not come in time (SND-8). */
  | { readonly type: 'unconfirmed'; readonly sessionId: string }
  /** `#` went out after an `abort` of the sending side (OA-40). */
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
