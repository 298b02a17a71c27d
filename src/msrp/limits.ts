import type { EndpointLimits } from './endpoint-types.js'

/** Waits in milliseconds and counts of an endpoint, unless its options say otherwise. */
export const DEFAULT_LIMITS: EndpointLimits = {
  transaction: 30_000, // RFC 4975 §7.1.1
  successReport: 120_000, // RFC 4975 §7.1.1 gives two minutes as an example (SND-8)
  bind: 30_000, // RFC 4976 §6.1 (CON-13)
  linger: 30_000, // house (CON-17)
  ownRelayLinger: 3_600_000, // RFC 4976 §5.4 (RLY-9)
  foreignRelayLinger: 300_000, // RFC 4976 §5.4 (RLY-9)
  keepAlive: 120_000, // house (CON-19)
  firstRequest: 30_000, // RFC 4976 §6.1 (CON-17)
  rejectedRequests: 5, // RFC 4976 §6.1 (CON-17)
  chunkIdle: 60_000, // house, a client with an open connection (MSRP-31)
  unanswered: 64, // house (OA-64)
  header: 30_000, // house (SEC-12)
}

/** The first chunk of a message, and any to a slow peer, is ended with `+` when nothing else ends it before (house). */
export const CHUNK_SIZE = 4 * 1024 * 1024
/** What chunks grow to while they are answered within so many milliseconds; one client in wide use drops messages of more than 16 MB (house). */
export const MAX_CHUNK_SIZE = 15 * 1024 * 1024
export const PROMPT_ANSWER = 1000
/** The same when the path has relays: one in wide use drops chunks of more than 10 KiB without a word (house). */
export const RELAY_CHUNK_SIZE = 8 * 1024
/** Longest chunk on a WebSocket, where it cannot be interrupted (house, WS-4). */
export const WEBSOCKET_CHUNK_SIZE = 64 * 1024
/** Longest WebSocket message taken; servers are to cut what they forward into small chunks (RFC 7977 §5.1; the figure is ours). */
export const MAX_WEBSOCKET_MESSAGE = 1024 * 1024
/** Octets asked for at once, while one session alone has octets to send. */
export const BLOCK_SIZE = 1024 * 1024
/** Octets asked for or written and not yet taken by the transport; bounds memory on a slow link. */
export const WINDOW = 4 * 1024 * 1024
/** One turn of a session while several have octets to send (CON-18). */
export const QUANTUM = 64 * 1024

/** A chunk with a longer body must be interruptible, no chunk but the last may be shorter (RFC 4975 §5.1, §7.1.1). */
export const SHORT_CHUNK = 2048
/** Body of anything but a SEND (RFC 4975 §7.1, MSRP-10). */
export const MAX_OTHER_BODY = 10_240

/** One header line and one header block of a request or response (MSRP-3). */
export const MAX_HEADER_LINE = 8 * 1024
export const MAX_HEADER_BLOCK = 64 * 1024
/** Header lines of one block; a real one has about ten (house). */
export const MAX_HEADER_COUNT = 256
/** `ident` of transaction ids and Message-IDs, characters (RFC 4975 §9, MSRP-4). */
export const MIN_IDENT = 4
export const MAX_IDENT = 32
/** Heads of one connection that are known again by their octets, so sessions that take turns on it without being read anew (house). */
export const MAX_KNOWN_HEADS = 8
/** Longest malformed transaction id that a 400 still echoes (MSRP-4). */
export const MAX_ECHOED_TID = 64
/** URIs of one path; one endpoint and the relays of both sides (house). */
export const MAX_PATH_URIS = 16

/** tid and Message-ID may have 32 characters; long ones make the search for the end-line faster at every receiver (RFC 4975 §9). */
export const TOKEN_LENGTH = 32
/** Characters of them that are new in each, 95 random bits; RFC 4975 §7.1 wants 64 (MSRP-4, MSRP-11). */
export const TOKEN_FRESH_LENGTH = 16
/** 20 alphanumerics are 119 random bits, RFC 4975 §14.1 wants 80 (CON-2). */
export const SESSION_ID_LENGTH = 20
/** Letters of the host name that a WebSocket client gives itself, as in the examples of RFC 7977 §8. */
export const INVALID_HOST_LENGTH = 12
/** Attempts for a transaction id that is neither in use nor in the body; two in a row mean a broken random source. */
export const MAX_TOKEN_ATTEMPTS = 16

/** Separate ranges kept for one message: a peer that sends single octets with gaps would fill the memory (house). */
export const MAX_RANGES = 1024
/** Transactions that need no answer but whose error response is still understood (house). */
export const MAX_SETTLED_TRANSACTIONS = 64

/** `CRLF 7"-" tid flag CRLF` at its longest, for a tid that a 400 echoes. */
export const MAX_END_LINE = 2 + 7 + MAX_ECHOED_TID + 1 + 2

/** Relays of our own in a row; with as many of the peer they fit into one path (house). */
export const MAX_RELAYS = 4
/** Port of a relay whose URI names none and that has no SRV records (RFC 4976 §8, RLY-4). */
export const RELAY_PORT = 2855
/** Port of MSRP over WebSocket where the URI names none (RFC 6455 §3). */
export const WEBSOCKET_PORT = 443
/** AUTH requests with credentials until a relay that always has another nonce is given up (house). */
export const MAX_AUTH_ATTEMPTS = 3
/** AUTH is repeated when this share of Expires is over (RLY-3). */
export const RENEWAL_SHARE = 0.8
/** Bounds of the wait before it, milliseconds: a relay must neither keep us busy nor overflow a timer (house). */
export const MIN_RENEWAL = 5_000
export const MAX_RENEWAL = 24 * 3_600_000
/** 119 random bits (SEC-8). */
export const CNONCE_LENGTH = 20
