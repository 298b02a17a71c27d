/** Wait for BYE, CANCEL and de-registration when closing, ms. House: nobody who types Ctrl-C waits longer. */
export const CLOSE_WAIT = 2000
/** Wait for the answers to our last BYE and the like before the sockets close, ms (house). */
export const LAST_MESSAGES_WAIT = 60
/** Registration expiry we ask for, seconds (Appendix A). */
export const REGISTRATION_EXPIRES = 3600
/** Wait for the 200 to the last REGISTER when leaving, ms (house). */
export const LEAVE_WAIT = 1000
/** Octets a sink may hold unwritten before the sender is slowed down (SND-5, house). */
export const SINK_HIGH_WATER = 4 * 1024 * 1024
/** Octets of a streamed file kept for its reader before the sender is slowed down (house). */
export const STREAM_HIGH_WATER = 1024 * 1024
/**
 * Octets queued for a peer that does not read. Files stay far below (`WINDOW` of the endpoint), so these are answers:
 * a peer that sends and never reads is not read either (SEC-12).
 */
export const MSRP_QUEUED_OCTETS = 8 * 1024 * 1024
/** The same for SIP, where messages are small: more means the peer never will read, and the connection goes (SEC-12). */
export const SIP_QUEUED_OCTETS = 1024 * 1024
/** SIP connections others opened to us, in all and from one address (SEC-12). */
export const SIP_CONNECTIONS = { total: 256, perPeer: 16 }
/** Peers of whom is remembered which of several datagram sockets they wrote to (house). */
export const DATAGRAM_PEERS = 10_000
/** Trace entries kept for a reader that is slow; the oldest go first (house). */
export const ENTRIES_KEPT = 100_000
/** Events of a transfer kept for a reader that is slow or absent; older progress is of no use (house). */
export const EVENTS_KEPT = 1000
/** Characters of a text in the store that is only shown: names, subject, the words of an error. Longer ones are cut (house). */
export const STORED_TEXT = 1000
/** Characters of a text in the store that must stay whole: addresses, paths, ids. More than a SIP message can carry (SIP-36), so no peer stays out of the record by a long address. */
export const STORED_KEY = 65_536
/** Files of one transfer in the store: more than the media descriptions of one session (SDP-25) many times over (house). */
export const STORED_FILES = 10_000
/** Transfers in the store; the oldest are forgotten first, so that offers nobody wanted cannot fill the disk (house). */
export const STORED_TRANSFERS = 100_000
/** Groups of the own address book, and members of one (house). */
export const STORED_GROUPS = 1000
export const STORED_MEMBERS = 1000
/** Contacts in the store (house). */
export const STORED_CONTACTS = 10_000
/** Peers whose capabilities are remembered; those learned longest ago are forgotten first (house). */
export const STORED_CAPABILITIES = 10_000
/** Feature tags remembered of one peer; the others are dropped (house). */
export const STORED_TAGS = 64
/** Transfers in one answer of the store, also when no limit is asked for (house). */
export const HISTORY_ROWS = 1000
/** Least time between two records of how far one file got, ms (house): a killed process loses less than this. */
export const PROGRESS_SAVED_EVERY = 250
/** An attempt to receive a file that was silent for this long gives way to a resume of the same file, ms (house). */
export const SILENT_ATTEMPT = 2000
/** Fewer octets of a file are not worth keeping (house). */
export const SMALLEST_PART = 64 * 1024
/**
 * When a receiver has less than it confirmed (it was killed between 200 and disk), the sender steps back by this before it starts anew, octets (RCS-4).
 * Covers what a sink may hold unwritten, twice.
 */
export const RESUME_STEP_BACK = 16 * 1024 * 1024
/** A refusal this soon after the first ring came from the program, not from its user, ms (house). */
export const REFUSED_UNASKED = 1500
/** How long a partial file can be gone on with, seconds (RCS-3, Appendix A). */
export const RESUME_TTL = 24 * 3600
/** How long what OPTIONS told of a peer counts, seconds (OA-51). */
export const CAPABILITY_TTL = 24 * 3600
/** Octets above which nothing is accepted without asking (Appendix A: FT WARN SIZE). */
export const WARN_SIZE = 2 * 1024 * 1024
/** Octets of the icon we send (Appendix A). */
export const ICON_OCTETS = 5 * 1024
/** Wait for the answer to OPTIONS, ms: a fifth of what SIP would wait (house). */
export const CAPABILITY_WAIT = 6400
/** Files sent by this process whose notifications are awaited (house). */
export const NOTICES_AWAITED = 10_000
/** The record of a file says nothing new for so long, ms: its process died. While octets flow, and while somebody is asked, hashes or pauses (house). */
export const SILENT_TRANSFER = 60_000
export const SILENT_QUESTION = 3_600_000
/** Transfers by which peers fetch again what was sent before, kept for a reader that is slow or absent (house). */
export const FETCHES_KEPT = 64
/** Faults of one of our machines after each of which the rest goes on; with more the process ends, as it would with the first (house). */
export const FAULTS_FORGIVEN = 16
/** Wait for the addresses of a name in a session description, ms; a session begins without them then (house). */
export const NAME_WAIT = 2000
/** Names of one session description that are looked up, and those of one peer that are remembered (house). */
export const NAMES_PER_BODY = 8
export const NAMES_KNOWN = 64
/** Wait for a relay to let us in, ms: a TLS handshake and two AUTHs (house). */
export const RELAY_WAIT = 15_000
/** Members of a group with an address of its own whose progress is followed; more are not shown (house). */
export const GROUP_RECIPIENTS = 500
/** Seconds without news of any recipient after which a transfer to a group ends: the example value of the release timer (CR-14). */
export const RECIPIENT_WAIT = 30
/** A group session is held for its recipients no longer than this without anything happening in it, ms (SND-1, house). */
export const GROUP_HOLD = 3_600_000
/** Seconds we subscribe to a conference for (GRP-9). */
export const CONFERENCE_EXPIRES = 3600
/** Subscriptions to one conference, begun anew after a gap or a failure (house): a server that always leaves gaps is not asked for ever. */
export const CONFERENCE_SUBSCRIPTIONS = 20
/** Recipients of one transfer in the store (house): the members of the largest group. */
export const STORED_RECIPIENTS = 500
