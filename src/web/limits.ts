/** Octets of the head of a request: our own page needs a few hundred. House. */
export const HEAD_OCTETS = 16 * 1024

/** Connections to the page at once: a browser opens six for each tab. House. */
export const PAGE_CONNECTIONS = 128

/** Time for the head of a request, milliseconds. House. */
export const HEAD_WAIT = 10_000

/** Time for the body of a command, milliseconds. House. */
export const COMMAND_WAIT = 10_000

/** Octets of the random token, and of a ticket for one download (128 bits and more cannot be guessed). House. */
export const TOKEN_OCTETS = 32

/** Uploads at once. House. */
export const UPLOADS_AT_ONCE = 8

/** Uploads that wait to be sent. House. */
export const UPLOADS_WAITING = 1_000

/** An upload that sends nothing for this time is over, milliseconds. House. */
export const UPLOAD_SILENCE = 60_000

/** Octets that an upload leaves free on the disk. House. */
export const DISK_RESERVE = 64 * 1024 * 1024

/** Copies of files whose transfer did not end well stay this long, so that it can be resumed or retried, milliseconds. House. */
export const UNFINISHED_LIFE = 7 * 24 * 60 * 60 * 1000

/** Old uploads are looked for this often, milliseconds. House. */
export const SWEEP_INTERVAL = 10 * 60 * 1000

/** Characters of `X-File-Name`: three for each octet of a long name, and some more. House. */
export const FILE_NAME_HEADER = 4_096

/** Tickets for downloads that nobody used yet. House. */
export const DOWNLOAD_TICKETS = 256

/** Offers that wait for an answer; further ones are left to other devices. House. */
export const OFFERS_WAITING = 200

/** Changes of one event; when there are more, pages read everything again. House. */
export const CHANGES_AT_ONCE = 2_000

/** Octets of trace that wait for a page; the rest stays in the ring until it has read them. House. */
export const TRACE_BACKLOG = 1024 * 1024

/** Slow questions (doctor, live check of an account, OPTIONS) at once. House. */
export const QUESTIONS_AT_ONCE = 8

/** Rates of transfers that stand still sink this often, milliseconds. House. */
export const RATE_TICK = 1_000
