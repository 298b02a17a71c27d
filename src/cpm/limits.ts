/** Wait before BYE after the last file, ms (CR-14, D-5): the example value of the change request. */
export const RELEASE_TIMER = 30_000
/** The receiver ends a session that its sender forgot, ms (SND-12). */
export const PEER_RELEASE_TIMEOUT = 300_000
/** How long the user may take to answer an offer, ms (D-7). */
export const RING_TIMEOUT = 120_000
/** Wait for the peer's port-0 offer after its 413, ms (OA-43). */
export const CLOSE_AFTER_413 = 5_000
/** Wait for the peer's port-0 offer after its `#`, ms (OA-45). */
export const CLOSE_AFTER_ABORT = 30_000
/** Wait of a focus between the refusal of a message and its port-0 offer, ms (callflow 8b, house). */
export const CLOSE_AFTER_REFUSAL = 1_000
/**
 * Wait for the first octet of an accepted file while no other file of the session comes, ms: its sender died without a word. As long as a
 * receiver waits for a sender that forgot the session (SND-12, house).
 */
export const FIRST_OCTET_WAIT = 300_000
/** Wait for our own `#` to leave before the line is closed anyway, ms. */
export const ABORT_WAIT = 5_000
/** Least time between two progress events of one file, ms (SND-11). */
export const PROGRESS_INTERVAL = 100
/** Largest file of unknown size that is accepted, octets (RCS-12). */
export const MAX_UNKNOWN_SIZE = 10 * 1024 * 1024
/** Octets that CPIM and MIME headers may add to a file (MSRP-29). */
export const WRAPPER_ALLOWANCE = 65_536
/** Characters of a Conversation-ID or Contribution-ID (CPM-5). */
export const CONVERSATION_ID_CHARACTERS = 255
/** Characters of a Subject shown to the user. */
export const SUBJECT_CHARACTERS = 200
/** Files in one session, open and closed: the m-line limit of SDP-25. */
export const FILES_PER_SESSION = 64
/** CPM sessions at once, in all and with one peer (CPM-14). */
export const MAX_SESSIONS = 64
export const MAX_SESSIONS_PER_PEER = 8
/** Retry-After of the 486 that an extra session gets, seconds (CPM-14). */
export const BUSY_RETRY_AFTER = 30
/** Retry-After of the 500 for a second offer before the first is answered, seconds: the longest of 0 to 10 (SIP-21). */
export const OFFER_RETRY_AFTER = 10
/** Tries of one offer that is refused for now (491, 500, 503) before its files fail. */
export const OFFER_TRIES = 10
/** Warnings of a final response that are shown to the user: the cause, and what the other user said (house). */
export const WARNINGS_SHOWN = 2
/** Characters of a reason that the user gives for declining (house). */
export const REASON_CHARACTERS = 200
/** Longest Retry-After of such a refusal that is waited for, ms; a longer one counts as a refusal for good (house). */
export const LONGEST_OFFER_WAIT = 32_000
/** Nesting of multipart bodies in an INVITE (OA-12). */
export const MULTIPART_DEPTH = 4
/** Connects for one file, as a peer that moves its path again and again asks for (SEC-10). */
export const CONNECT_ATTEMPTS = 3
/** Largest icon we send, octets; thumbnails should have 5 KiB (RCS-5). */
export const SENT_ICON_OCTETS = 16 * 1024
/** Icons of one offer together, octets: what is beyond goes without. */
export const SENT_ICONS_OCTETS = 128 * 1024
/** Icons of one offer: with the SDP they are the 32 parts that a body may have (OA-12). */
export const ICONS_PER_OFFER = 31
/** Largest icon taken, octets (RCV-18). */
export const RECEIVED_ICON_OCTETS = 64 * 1024
/** A refusal this soon after an offer with icons is taken for one of the icons, ms (OA-13). */
export const ICON_RETRY = 2_000
/** Messages whose notifications are remembered, so that none is told twice (IMDN-3, house). */
export const TRACKED_NOTIFICATIONS = 4096
/** Largest MESSAGE that is looked at for notifications, octets (house). */
export const MESSAGE_BYTES = 65_536
/** Notifications taken from one MESSAGE; a server may gather them (RFC 5438 §8.3, house). */
export const NOTIFICATIONS_IN_MESSAGE = 32
/** Characters of a CPIM `DateTime` that is given back in notifications: RFC 3339 with nine digits of a second has 35 (house). */
export const NOTIFY_DATE_CHARACTERS = 64
/** Parts beside the SDP that ask for notifications: with it they are the 32 parts that a body may have (IMDN-2, OA-12). */
export const ORDERS_PER_OFFER = 31
