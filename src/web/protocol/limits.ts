/** Changes go to the page at most once in this time, milliseconds: ten times a second. */
export const CHANGE_INTERVAL = 100

/** Events kept for pages that come back (by number), so that they need not read everything again. */
export const KEPT_EVENTS = 512

/** Octets of JSON that kept events may take together. */
export const KEPT_EVENT_OCTETS = 8 * 1024 * 1024

/** Octets of a command in JSON. */
export const COMMAND_OCTETS = 256 * 1024

/** Pages that may listen at once. */
export const LISTENERS = 16

/** Octets that wait for a page that does not read; then it is cut off and comes back. */
export const LISTENER_BACKLOG = 4 * 1024 * 1024

/** A comment line goes out after this much silence, milliseconds, so that both ends notice a broken connection. */
export const HEARTBEAT = 15_000

/** Trace entries that are kept for the Wire place; the oldest go first. */
export const TRACE_ENTRIES = 100_000

/** Characters of message text that kept trace entries may have together. */
export const TRACE_TEXT = 128 * 1024 * 1024

/** Trace entries of one answer or one event. */
export const TRACE_PAGE = 2_000

/** Rows of one page of history. */
export const HISTORY_PAGE = 200

/** Files in one transfer from the page, as in one offer. */
export const FILES_PER_TRANSFER = 1_000

/** Recipients of one transfer from the page. */
export const RECIPIENTS_PER_TRANSFER = 200

/** Uploads that nobody sent are deleted after this time, milliseconds. */
export const UPLOAD_LIFE = 24 * 60 * 60 * 1000

/** A link to a received file works for this time, milliseconds. */
export const DOWNLOAD_TICKET_LIFE = 60_000

/** Ended transfers that stay among the live cards; older ones are in the history only. */
export const RECENT_TRANSFERS = 200
