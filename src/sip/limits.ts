import type { SipLimits } from './user-agent-types.js'

/** Defaults of the timers and limits an application may override (RFC 3261 §17.1.1.1 and Table 4, requirements Appendix A). */
export const SIP_LIMITS: SipLimits = {
  t1: 500,
  t2: 4000,
  t4: 5000,
  sessionExpires: 1800,
  minSessionExpires: 90,
  /** SIP-36 */
  headerBytes: 65_536,
  /** Session description of 64 KiB (SDP-25) with an icon of 64 KiB and a recipient list beside it. */
  bodyBytes: 262_144,
  /** House: 30 times what a long INVITE carries. */
  headerCount: 512,
  /** SEC-12 */
  messageTime: 30_000,
  /** House: 64 sessions of CPM-14 with room for forks. */
  dialogs: 256,
  transactions: 2048,
  /** House: over UDP, half a minute (timers J and L) of 256 requests a second. */
  finishedTransactions: 8192,
  /** House: as many as sessions. */
  subscriptions: 256,
}

/** RFC 3261 §18.1.1: a longer request travels over a congestion controlled transport (SIP-5). */
export const UDP_REQUEST_BYTES = 1300

/** RFC 3261 §8.1.1.6 */
export const MAX_FORWARDS = 70

/** Longest wait of an INVITE of ours for its final response, milliseconds: above every callee's own limit (RFC 3261 §16.6 step 11). */
export const FINAL_RESPONSE_TIME = 240_000

/** Longest wait for the application to answer an INVITE or re-INVITE, milliseconds; its own ringing limit is shorter (D-7). */
export const ANSWER_TIME = 180_000

/** RFC 3261 §13.3.1: a 180 is repeated this often, milliseconds. */
export const RINGING_REPEAT = 60_000

/** Longest wait for the application to answer a non-INVITE request: half of timer F, so that the answer is still of use (RFC 4320 §4). */
export const NON_INVITE_ANSWER_TIME = 16_000

/** Attempts of one request while challenges come back; a stale nonce may be replaced, but not for ever (SIP-2). */
export const ATTEMPTS = 5

/** SIP-34: repetitions without the option tags of a 420, and after a server failure. */
export const EXTENSION_RETRIES = 1
export const SERVER_FAILURE_RETRIES = 1

/** SIP-34: Contacts of 301 and 302 followed one after another. */
export const REDIRECTIONS = 2

/** Longest Retry-After of a server failure that is waited for, seconds: as long as a transaction may take; a longer one is reported (house). */
export const LONGEST_RETRY_AFTER = 32

/** SIP-34: a callee that is busy for less than so many seconds is asked again, so often. */
export const LONGEST_BUSY_WAIT = 60
export const BUSY_RETRIES = 1

/** Longest wait for the answers to one round of DNS questions, milliseconds: above the driver's own limit (house). */
export const RESOLVE_TIME = 6000

/** Records of one DNS answer that are read, services of one domain that are asked for, targets that are tried (house). */
export const DNS_RECORDS = 32
export const DNS_SERVICES = 3
export const DNS_TARGETS = 8

/** House: DNS answers are used again for this long, milliseconds, and for this many names, so that a dialog asks once. */
export const DNS_CACHE = { time: 60_000, names: 64 }

/** Repetitions after 422 (SIP-34) or 423. */
export const CORRECTIONS = 3

/** RFC 4028 §10: a session ends this long before its interval is over, or a third of it; seconds. */
export const SESSION_EXPIRY_MARGIN = 32

/** RFC 4028 §4: no interval below this, seconds. */
export const LEAST_SESSION_EXPIRES = 90

/** SIP-3: failed registrations are tried again after these milliseconds, doubling from the first to the second. */
export const REGISTER_BACKOFF = { first: 30_000, last: 1_800_000 }

/** Least wait after a failed registration, milliseconds: a registrar that says Retry-After: 0 gets no flood (house). */
export const LEAST_REGISTER_WAIT = 1000

/** SIP-3: a registration granted for longer than this (seconds) is refreshed `before` its end, a shorter one at half time. */
export const REGISTER_REFRESH = { long: 1200, before: 600 }

/** Seconds: a SUBSCRIBE that asks for less than `least` gets 423 (RFC 6665 §4.2.1.1), for more `most`, for none `usual` (RFC 4575 §3.3). */
export const SUBSCRIPTION_EXPIRES = { least: 60, usual: 3600, most: 86_400 }

/** Body of one SUBSCRIBE or NOTIFY, octets: the states of some two hundred participants (house). */
export const EVENT_BODY_BYTES = 131_072

/** NOTIFYs that wait for the answer to the one before; a subscriber that is slower must begin anew (house). */
export const NOTIFICATIONS = 32

/** Longest wait for the application to bring the state to a refreshed subscription, milliseconds (house; RFC 6665 §4.2.1.2 says at once). */
export const STATE_TIME = 500

/** Least wait before a SUBSCRIBE is refreshed, milliseconds: a notifier that grants nothing gets no flood (house). */
export const LEAST_REFRESH_WAIT = 1000

/**
 * RFC 5626 §4.4.1: keep-alive interval bounds on streams and the wait for the answer, milliseconds (SIP-4);
 * a Flow-Timer below `shortest` (house) or above `longest` (the RFC's bound for batteries) counts as that.
 */
export const KEEP_ALIVE = { least: 95_000, most: 120_000, answer: 10_000, shortest: 5000, longest: 840_000 }

/** Requests waiting for a stream flow to open; more than a session ever has under way (house). */
export const OPENING_REQUESTS = 256

/** Nonces whose use is counted; old ones are forgotten together (house). */
export const NONCES = 256

/** Early dialogs of one forked INVITE; more forks are ignored until they answer (house). */
export const EARLY_DIALOGS = 32

/** Stream flows at one time, ours and accepted (house). */
export const FLOWS = 512

/** Longest Retry-After of a 500 for an offer that comes too early, seconds (SIP-21). */
export const EARLY_OFFER_WAIT = 10

/** Wait before a session refresh that found no place is tried again, milliseconds (house). */
export const REFRESH_RETRY = 2000

/** RFC 3261 §14.1 (SIP-22): waits after a 491 in steps of 10 ms, milliseconds. */
export const GLARE_WAIT = { step: 10, owner: { least: 2100, most: 4000 }, other: { least: 0, most: 2000 } }

/**
 * Proxy: requests under way and finished ones that are remembered for half a minute, and stream flows (house: 1,000 registrations a second
 * over UDP; one host has a quarter of what there is; the sockets limit how many connections are accepted, SEC-12, and this leaves room for our own).
 */
export const PROXY_LIMITS: SipLimits = { ...SIP_LIMITS, transactions: 16_384, finishedTransactions: 65_536, perSource: 4096, flows: 16_384 }

/** Timer C, milliseconds: more than three minutes (RFC 3261 §16.6 step 11). */
export const RINGING_LIMIT = 190_000

/** Wait with 100 to an INVITE over UDP for the word of the policy, milliseconds (RFC 3261 §16.2). */
export const TRYING_WAIT = 200

/** Longest wait for the policy to answer or forward a request, milliseconds: half of timer F (house). */
export const DECISION_TIME = 16_000

/** ACKs that wait for the policy; more are dropped, as nobody answers them (house). */
export const WAITING_ACKS = 1_000

/** Targets of one forked request; those liked least are left out (house). */
export const FORK_TARGETS = 32

/** Branches of all requests under way (house: two devices for each of the transactions). */
export const PROXY_BRANCHES = 32_768

/** RFC 5393 §5.3.3: branches of one request at one time, here and further on. */
export const MAX_BREADTH = 60

/** Seconds in Retry-After of a proxy without room (house). */
export const OVERLOAD_WAIT = 30

/** Flow tokens of registrations that need not be sealed anew, and the longest one that is looked at, characters (house). */
export const FLOW_TOKENS = 10_000
export const FLOW_TOKEN_LENGTH = 512

/** Values of one feature tag, and of Accept-Contact and Reject-Contact together, that are compared; more are ignored (house). */
export const FEATURE_VALUES = 128
export const CALLER_PREFERENCES = 32

/** An accepted connection must bring its first message within `first`, one of ours without messages is closed after `unused`; ms (SEC-12, house). */
export const FLOW_SILENCE = { first: 30_000, unused: 600_000 }

/** Limits with the overrides of the application in place. */
export function withDefaults(overrides: Partial<SipLimits> = {}): SipLimits {
  return { ...SIP_LIMITS, ...overrides }
}

/**
 * Digest authentication of others (RFC 7616 §5.5 leaves both open): milliseconds a nonce may be used, and nonces whose uses are counted;
 * once there are more, the oldest is taken as used up and its client gets a new one unasked.
 */
export const DIGEST_SERVER = { nonceLife: 300_000, nonces: 16_384 }
