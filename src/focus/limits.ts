/** People in an ad-hoc group, its creator included (GRP-5, Appendix A). */
export const MAX_ADHOC_GROUP_SIZE = 10

/** Entries of a recipient list that are looked at; doubles count here, more are refused like too many people. House. */
export const MAX_LIST_ENTRIES = 256

/** Characters of an address in lists, group definitions and conference documents. House. */
export const MAX_ADDRESS = 2048

/** Characters of a name or subject that are kept; the rest is cut off. House. */
export const MAX_TEXT = 200

/** Random characters of a conference URI, 131 bits; 64 are the least (GRP-18). */
export const CONFERENCE_TOKEN = 22

/** People in the picture of a conference that a subscriber keeps; more are not shown. House. */
export const MAX_CONFERENCE_USERS = 1000

/** Devices of one of them. House. */
export const MAX_ENDPOINTS = 16

/** Files of one device: the m-line limit of SDP-25. */
export const MAX_ENDPOINT_MEDIA = 64

/** Least time between two notifications of one subscriber, ms (GRP-38, RFC 4575 §3.9). */
export const NOTIFY_INTERVAL = 5000

/** How long more members may accept after the first, ms (GRP-20, Appendix A). */
export const ACCEPT_WINDOW = 2000

/** Conferences one creator may make in a period (GRP-41). */
export const GROUP_SESSIONS_PER_PERIOD = 20

/** That period, ms (GRP-41). */
export const FAN_OUT_PERIOD = 60_000

/** Creators whose conferences are counted; the one that was quiet longest is forgotten. House. */
export const CREATORS_REMEMBERED = 10_000

/** Groups of one definition file. House. */
export const MAX_GROUPS = 1000

/** Members of one group. House. */
export const MAX_GROUP_MEMBERS = 500

/** Characters of a definition file. House. */
export const MAX_GROUP_FILE = 1_048_576

/** A started message without a new octet for this long is dropped, ms (GRP-34, RFC 7701 §6.1); for the MSRP endpoint of the focus. */
export const CHUNK_IDLE = 540_000

/** How long members are served after the creator left, ms (GRP-29, Appendix A). */
export const SPOOL_TTL = 86_400_000

/** Subscriptions of one participant to the conference package; devices and restarts need a few. House. */
export const SUBSCRIPTIONS_PER_PARTICIPANT = 8

/** Files of one conference, of all participants together: the m-line limit of SDP-25, as each leg has them all. */
export const MAX_CONFERENCE_FILES = 64

/** What the creator's INVITE waits longer than the members ring, ms, so that it gets the answer made of theirs. House. */
export const CREATOR_RING_GRACE = 5000

/** Refusals of a member who may be reached later (RCS-9): no answer, away, no binding. */
export const DEFERRABLE_STATUSES: ReadonlySet<number> = new Set([404, 408, 480])

/** Refusals by which a member declines the files (D-8, GRP-20). */
export const DECLINING_STATUSES: ReadonlySet<number> = new Set([488, 603, 606])

/** Notifications of members that wait for their response at once. House. */
export const FORWARDED_MESSAGES = 64

/** How often the progress of files makes news for subscribers, ms; each of them has a pace of its own besides (GRP-38). House. */
export const PROGRESS_PICTURE = 1000
