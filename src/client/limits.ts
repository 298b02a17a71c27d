/** Wait for BYE, CANCEL and de-registration when closing, ms. House: nobody who types Ctrl-C waits longer. */
export const CLOSE_WAIT = 2000
/** Time for the last BYE and its answer to cross before the sockets close, ms (house). */
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
/** Trace entries kept for a reader that is slow; the oldest go first (house). */
export const ENTRIES_KEPT = 100_000
/** Events of a transfer kept for a reader that is slow or absent; older progress is of no use (house). */
export const EVENTS_KEPT = 1000
