/** Default of `ConnectOptions.timeout`, milliseconds (house, SEC-12 family). */
export const CONNECT_TIMEOUT = 10_000

/** TLS handshake of an accepted connection, milliseconds (SEC-12). */
export const HANDSHAKE_TIMEOUT = 10_000

/** Accepted connections of one listener (SEC-12). */
export const MAX_CONNECTIONS = 256

/** Accepted connections of one listener from one address; loopback is exempt (SEC-12). */
export const MAX_CONNECTIONS_PER_ADDRESS = 16

/** After `end()`, milliseconds without any octet until the connection is destroyed (Appendix A: wait for the peer's close). */
export const END_TIMEOUT = 30_000

/** Addresses of one name that are tried (house: a name may not send us through a whole network). */
export const MAX_ADDRESSES = 8

/** Wait for one NAPTR or SRV answer, milliseconds, and records of it that are passed on (house). */
export const LOOKUP_TIMEOUT = 5_000
export const MAX_RECORDS = 32

/** Block of a bulk read or write, octets: big blocks cost least per octet (measured). */
export const BLOCK_SIZE = 1024 * 1024

/** First receive block of a connection, octets: most connections never carry a file. */
export const SMALL_BLOCK_SIZE = 64 * 1024

/** Receive blocks of one connection that sinks may hold before it stops reading. */
export const MAX_HELD_BLOCKS = 4

/** Block for one of several files that share a connection, octets: their turns are shorter. */
export const MIDDLE_BLOCK_SIZE = 256 * 1024

/** Octets that all connections of the process may have asked for or written and not yet sent: four windows (house). */
export const SEND_BUDGET = 16 * 1024 * 1024

/** Octets of blocks that all connections may read into, with those that are held; each has one at least (house). */
export const RECEIVE_BUDGET = 32 * 1024 * 1024

/**
 * Octets of free blocks kept for reuse by the process: a new block costs more than to fill it, and V8 does not know how much memory a
 * shared one that is thrown away still takes.
 */
export const MAX_FREE_OCTETS = 16 * 1024 * 1024

/** Octets and pieces of one write to a file that was gathered from what waited; Linux takes 1024 pieces (IOV_MAX). */
export const MAX_WRITE = 4 * 1024 * 1024
export const MAX_GATHERED = 1024

/** Blocks of a file that is only hashed: one is hashed, the next is read meanwhile (measured: a third brings nothing). */
export const READ_AHEAD = 2

/** Whole files that workers hash at once: each has blocks of its own, and a large one must not keep all others waiting (house). */
export const MAX_FILES_HASHED = 8

/** Commands in one message to a hash worker, and messages it has not answered: it always has the next one, and many files share one (house). */
export const HASH_BATCH = 64
export const HASH_BATCHES = 2

/** Octets of a write that this thread makes itself while others are hashed: it is over before the thread pool would have begun (measured). */
export const PROMPT_SIZE = 256 * 1024

/** Of several writes to one file only larger ones are made so, octets. */
export const LEAST_PROMPT_WRITE = 16 * 1024

/** Smaller ones that come together are made so when they are no more than this; many are gathered while the pool writes (house). */
export const MAX_PROMPT_PIECES = 4

/** Octets that such reads bring within one turn of the event loop: less than a millisecond with their hash. */
export const PROMPT_TURN = 1024 * 1024

/** Octets received within one turn of the event loop, by all connections: a few milliseconds with all that is done with them (measured). */
export const RECEIVE_TURN = 2 * 1024 * 1024

/** A call that took longer had to wait for more than memory, milliseconds. */
export const PROMPT_CALL = 5

/** The thread pool makes the calls of the time after it, milliseconds, four times as long after another one within the longest (house). */
export const FIRST_PROMPT_PAUSE = 50
export const PROMPT_PAUSE = 1000

/** Disjoint written ranges remembered per sink; a peer that scatters more is hashed at the end. */
export const MAX_RANGES = 4096

/** Files below are hashed on the main thread: a worker would cost more than it saves. */
export const WORKER_THRESHOLD = 1024 * 1024

/** Hash workers of one host. */
export const MAX_WORKERS = 2

/** Milliseconds until an idle worker ends. */
export const WORKER_IDLE = 5_000

/** Heap of a hash worker, MB: what it hashes is shared memory, its own objects are a few messages. V8 takes more than it needs where it may (house). */
export const WORKER_HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 16 }

/** Digests remembered per host. */
export const MAX_DIGESTS = 1024

/** A file touched more recently than this (milliseconds) may change again within one tick of its time stamp: its digest is not remembered. */
export const SETTLED_AFTER = 2_000

/** Octets of UTF-8 of a file name (SEC-1). */
export const MAX_NAME = 200

/** Octets of an extension that is kept when a name is cut; a longer one is taken as part of the name. */
export const MAX_EXTENSION = 32

/** `name (2)` … `name (n)` tried before giving up. */
export const MAX_RENAMES = 10_000

/** Longest delay of a Node timer, milliseconds; longer ones are made of several. */
export const MAX_TIMER = 0x7fff_ffff

/** Octets of one WebSocket message, sent or received: a chunk of at most 64 KiB with its head (WS-4), or a SIP message (SIP-36). */
export const MAX_WS_MESSAGE = 256 * 1024

/** Fragments of one WebSocket message (house: a peer that sends single octets costs more than it brings). */
export const MAX_WS_FRAGMENTS = 1024

/** Octets of the head of a WebSocket handshake request (house). */
export const MAX_UPGRADE_HEAD = 8 * 1024

/** Between two pings of a WebSocket connection, milliseconds (WS-4). */
export const PING_INTERVAL = 30_000
/** Pings without a sign of life, after which a WebSocket peer is gone (house). One that does not read sends its own as often as we look, and may be a moment late. */
export const UNANSWERED_PINGS = 2

/** Names in a certificate that we make (house). */
export const MAX_CERTIFICATE_NAMES = 64

/** Days a certificate that we make is valid at most: what TLS clients still accept from private authorities. */
export const MAX_CERTIFICATE_DAYS = 825

/** Octets of an image file that an icon is made of; larger ones get none (house: it is read into memory). */
export const MAX_ICON_SOURCE = 32 * 1024 * 1024

/** Pixels of such an image: what it unpacks to is 4 octets each (house). */
export const MAX_ICON_PIXELS = 50_000_000

/** Longest side of an icon, pixels (RCS-5). */
export const ICON_SIDE = 96

/** Seconds until making an icon is given up (house). */
export const ICON_TIMEOUT = 10

/** Milliseconds a malware scanner may take for one file; later means refused (house, SEC-6). */
export const SCAN_TIMEOUT = 600_000

/** Entries of a folder that one sweep for abandoned partial files looks at (house). */
export const MAX_SWEPT_ENTRIES = 100_000

/** A call of the store may hold up this thread for a lock of another process, milliseconds; then it waits without blocking (house). */
export const STORE_BLOCK = 50

/** Wait of one call of the store for other processes, milliseconds; their writes take a few milliseconds each (house). */
export const STORE_WAIT = 10_000

/** Rows of one insert of the store: SQLite takes 32,766 parameters (sqlite.org/limits.html), a file has 17. */
export const STORE_BATCH = 500

/** Compiled statements of a store that are kept (house). */
export const STORE_STATEMENTS = 32

/** Saved transfers between two looks at how many there are (house). */
export const STORE_PRUNE = 1000

/** Octets of the configuration file (house). */
export const MAX_CONFIG = 1024 * 1024

/** Octets of a password file or of what a password command prints (house). */
export const MAX_PASSWORD = 4096

/** Wait for a password command, milliseconds: somebody may have to unlock a keyring first (house). */
export const PASSWORD_COMMAND_TIMEOUT = 60_000

/** Octets of received datagrams that the system keeps for us: some hundred requests, which the usual 208 KiB of Linux do not hold (house). */
export const DATAGRAM_BUFFER = 1024 * 1024
