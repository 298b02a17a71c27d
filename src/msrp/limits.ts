import type { EndpointLimits } from './endpoint-types.js'

/** Waits in milliseconds and counts of an endpoint, unless its options say otherwise. */
export const DEFAULT_LIMITS: EndpointLimits = {
  transaction: 30_000, // RFC 4975 §7.1.1
  successReport: 120_000, // RFC 4975 §7.1.1 gives two minutes as an example (SND-8)
  bind: 30_000, // RFC 4976 §6.1 (CON-13)
  linger: 30_000, // house (CON-17)
  firstRequest: 30_000, // RFC 4976 §6.1 (CON-17)
  rejectedRequests: 5, // RFC 4976 §6.1 (CON-17)
  chunkIdle: 60_000, // house, a client with an open connection (MSRP-31)
  unanswered: 64, // house (OA-64)
  header: 30_000, // house (SEC-12)
}

/** Chunk that is ended with `+` when nothing else ends it before: large enough that heads cost nothing. */
export const CHUNK_SIZE = 4 * 1024 * 1024
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
/** Longest malformed transaction id that a 400 still echoes (MSRP-4). */
export const MAX_ECHOED_TID = 64
/** URIs of one path; one endpoint and the relays of both sides (house). */
export const MAX_PATH_URIS = 16

/** tid and Message-ID may have 32 characters; long ones make the search for the end-line faster at every receiver (RFC 4975 §9). */
export const TOKEN_LENGTH = 32
/** 20 alphanumerics are 119 random bits, RFC 4975 §14.1 wants 80 (CON-2). */
export const SESSION_ID_LENGTH = 20
/** Attempts for a transaction id that is neither in use nor in the body; two in a row mean a broken random source. */
export const MAX_TOKEN_ATTEMPTS = 16

/** Separate ranges kept for one message: a peer that sends single octets with gaps would fill the memory (house). */
export const MAX_RANGES = 1024
/** Transactions that need no answer but whose error response is still understood (house). */
export const MAX_SETTLED_TRANSACTIONS = 64

/** `CRLF 7"-" tid flag CRLF` at its longest, for a tid that a 400 echoes. */
export const MAX_END_LINE = 2 + 7 + MAX_ECHOED_TID + 1 + 2
