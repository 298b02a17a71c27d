/** A call of the database of the server may hold up this thread for a lock of another process, milliseconds (house). */
export const DATABASE_BLOCK = 20

/** Compiled statements of SQLite that are kept (house). */
export const DATABASE_STATEMENTS = 128

/** Users, addresses with their bindings, and answers about groups that are kept in memory: some 20 MB when all are (house). */
export const CACHED_USERS = 10_000
export const CACHED_ADDRESSES = 10_000
export const CACHED_GROUPS = 10_000

/** Registrations that share one transaction of SQLite: other processes wait for its end, some milliseconds (house). */
export const GROUPED_WRITES = 64

/** Connections to PostgreSQL of one node, the one that listens not counted (house: 100 is the default of a whole server). */
export const DATABASE_CONNECTIONS = 10

/** Wait for a connection to PostgreSQL, and for one statement, milliseconds (house). */
export const DATABASE_CONNECT_TIMEOUT = 5_000
export const DATABASE_STATEMENT_TIMEOUT = 30_000

/** Silence after which TCP asks whether PostgreSQL is still there, milliseconds (house). */
export const DATABASE_KEEP_ALIVE = 10_000

/** Times a transaction is tried that PostgreSQL ended for the sake of another one (house). */
export const DATABASE_ATTEMPTS = 5

/** Until the connection that listens is made again, milliseconds (house). */
export const DATABASE_RELISTEN = 1_000

/** Octets of one notification of PostgreSQL (postgresql.org/docs, NOTIFY: less than 8000). */
export const MAX_NEWS = 7_999

/** Users or deposits of one answer of the database (house). */
export const DATABASE_PAGE = 1_000

/** Octets of one passage kept in memory for its readers; who is further behind reads from disk (GRP-29; performance goal: 2 MiB). */
export const PASSAGE_WINDOW = 2 * 1024 * 1024

/** The same once memory for all passages is used up (house). */
export const SMALLEST_WINDOW = 64 * 1024

/** Octets that all passages of a process keep in memory together; above, every window shrinks (house). */
export const PASSAGE_MEMORY = 64 * 1024 * 1024

/** Octets of one passage on their way to disk before its sender is slowed down (GRP-29). */
export const SPOOL_HIGH_WATER = 4 * 1024 * 1024

/** Octets of one read from disk, and of one that is read ahead, for each member that is behind, when many are and when few are (house). */
export const SPOOL_BLOCK = 64 * 1024
export const LARGE_SPOOL_BLOCK = 1024 * 1024

/** Octets read ahead in large blocks by all members together; more of them read in small ones (house). */
export const READ_AHEAD_MEMORY = 16 * 1024 * 1024

/** Octets of one passage on disk (house; the size limit of files comes first). */
export const PASSAGE_QUOTA = 16 * 1024 ** 3

/** Octets of all passages of a process on disk (GRP-29). */
export const SPOOL_QUOTA = 64 * 1024 ** 3

/** Milliseconds a passage lives at most (Appendix A: spoolTtl). */
export const SPOOL_TTL = 24 * 3600 * 1000

/** Passages of a process (house). */
export const MAX_PASSAGES = 4096

/** Readers of one passage: the members of one group, and some (house). */
export const MAX_PASSAGE_READERS = 1024

/**
 * Octets on their way to one member over MSRP: a member that stops reading holds no more of them in memory. Larger writes cost the system less an
 * octet: 256 KiB took a quarter more CPU (ADR 15).
 */
export const LEG_WINDOW = 1024 * 1024

/** Entries of the spool folder that the sweep at start looks at (house). */
export const MAX_SPOOL_ENTRIES = 100_000

/** Spooled messages that are longer than this, octets, are hashed by a worker that reads the file (house, like `WORKER_THRESHOLD`). */
export const SPOOL_HASH_THRESHOLD = 4 * 1024 * 1024

/** Addresses whose wrong passwords are counted, and what each may do: ten at once, then one in six seconds (house). */
export const LOGIN_ADDRESSES = 10_000
export const FAILED_LOGINS = { rate: 1 / 6, burst: 10 }

/** Requests of one address outside dialogs; loopback is exempt unless the configuration gives a number (SEC-12; a busy client sends a few a second). */
export const REQUEST_RATE = { rate: 100, burst: 300 }

/** Addresses whose requests are counted, and flows whose owner is remembered (house). */
export const KNOWN_FLOWS = 10_000

/** Octets of the configuration file of the server (house). */
export const MAX_SERVER_CONFIG = 1024 * 1024

/** Requests that wait for the database at one time; while it hangs, more are told to come back later (house: seconds of a busy server). */
export const UNDECIDED_REQUESTS = 10_000

/** `/metrics` and `/healthz`: milliseconds for a request, octets of its head, connections (house). */
export const HTTP_LIMITS = { time: 10_000, head: 8192, connections: 64 }

/** Devices of one user, and registrations, seconds: less gets 423, more is cut (Appendix A; RFC 3261 §10.3; 600,000 is seen in the field). */
export const BINDINGS_OF_USER = 10
export const REGISTRATION_EXPIRES = { least: 60, usual: 3600, most: 604_800 }

/** Seconds a client with a connection of its own may be silent, told by Flow-Timer (RFC 5626 §4.4.1 has 120 for streams). */
export const FLOW_TIMER = 120

/** SIP connections in all and from one address other than loopback (SEC-12 has 256 and 16 for a client; a server has more clients). */
export const SERVER_CONNECTIONS = { total: 10_000, perAddress: 64 }

/** Milliseconds between two looks for bindings that are over, and between two signs of life of a node (house). */
export const SWEEP_INTERVAL = 30_000

/** Milliseconds that running transfers have to finish after SIGTERM, and callers are told to stay away meanwhile (house). */
export const DRAIN_LIMIT = 300_000
export const DRAIN_WAIT = 30_000

/** Conferences of one focus at a time, and people in all of them (house). */
export const FOCUS_CONFERENCES = 1000
export const FOCUS_MEMBERS = 10_000

/** INVITEs of one focus that nobody has answered at all, at one time; more wait (GRP-41, house). */
export const UNANSWERED_INVITES = 50

/** Seconds after which a full or stopping focus may be asked again (RFC 3261 §21.5.4, house). */
export const FOCUS_RETRY_AFTER = 30

/** Milliseconds for the last messages of conferences when their focus closes (house). */
export const FOCUS_CLOSE_WAIT = 2000

/** Received octets of one connection that members on their way may hold before it is not read any more (house: a block for each of many that are stuck). */
export const FOCUS_HOLDABLE = 64 * 1024 * 1024

/** A certificate that ends sooner is worth a word, milliseconds, and less free space than this, octets (house). */
export const CERTIFICATE_SOON = 14 * 86_400_000
export const LITTLE_SPACE = 1_000_000_000

/** Sessions through the proxy that are counted; ends that vanish without BYE would stay for ever (house). */
export const KNOWN_SESSIONS = 100_000

/**
 * Milliseconds a sender is held each time all members are behind what fits into memory, before the disk is used: with the window of 2 MiB nobody
 * who sends less than 40 MiB a second notices (house; a member that is slow must not block the sender, GRP-29).
 */
export const SPOOL_PATIENCE = 50

/**
 * Share of the time of a passage that its sender is held for members who are a little behind while others could read on (house). Members fall behind by
 * chance too, and the disk costs everybody more: ten members of equal speed had most of a file written in vain. One slow member costs the others that much.
 */
export const STRAGGLER_SHARE = 1 / 20

/** Store and forward: octets of one file (Appendix A: FT MAX SIZE), and of all files for one recipient, of one sender a day, of a node (SEC-4). */
export const DEPOSIT_OCTETS = { file: 100 * 1024 ** 2, recipient: 1024 ** 3, sender: 1024 ** 3, total: 16 * 1024 ** 3 }

/** Files that wait for one recipient (house). */
export const DEPOSITS_OF_RECIPIENT = 200

/** Milliseconds a file waits for its recipient (Appendix A: spoolTtl). */
export const DEPOSIT_TTL = 24 * 3600 * 1000

/** Milliseconds until a line of the database is written again that could not be (house). */
export const DEPOSIT_DATABASE_RETRY = 1000

/** Milliseconds after its last file until the store ends the session with a sender that does not (house). */
export const DEPOSIT_LINGER = 1000

/** Milliseconds before the second, third, … try to deliver; the last one counts for all that follow (house). */
export const DEPOSIT_BACKOFF: readonly number[] = [30_000, 120_000, 600_000, 1_800_000, 3_600_000]

/** Milliseconds between two looks for a recipient without any device, in case the news of its registration were lost (house). */
export const DEPOSIT_POLL = 300_000

/** Sessions that bring files, and that deliver them, at one time (house). */
export const DEPOSIT_SESSIONS = 256
export const DEPOSIT_DELIVERIES = 64

/** Recipients that registered while all deliveries were taken (house). */
export const DEPOSIT_WAITING = 10_000

/** Octets of what a spool file says behind its message: icon of 64 KiB in base64, selector, head fields (house). */
export const DEPOSIT_NOTE = 256 * 1024

/** Header fields of a message that is no CPIM, and octets of each, that go on with it (house). */
export const DEPOSIT_FIELDS = { count: 16, octets: 2048 }

/** Milliseconds the record of a deposit that ended is kept: it counts against its sender for a day (SEC-4). */
export const DEPOSIT_RECORD = 7 * 24 * 3600 * 1000

/** A node that said nothing for so long, milliseconds, is dead: others may deliver what it kept (house: three signs of life and some). */
export const DEPOSIT_NODE_DEAD = 120_000

/** A server that said nothing for so long, milliseconds, is dead to the others of its database, and how often it says something in that time (house). */
export const NODE_TIMEOUT = 20_000
export const NODE_BEATS = 4

/**
 * Octets of one chunk to a member. A member that reads 10 KiB a second answers each within 30 s (GRP-29, MSRP-43), while the system between us and
 * it may hold megabytes: 26 s for a chunk.
 */
export const LEG_CHUNK = 256 * 1024
