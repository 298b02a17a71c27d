/** One line of a trace file: a SIP datagram of 64 KiB whose every byte needs a six-character escape, and room for the rest. House. */
export const MAX_LINE_LENGTH = 512 * 1024

/** Entries a ladder is drawn from; about 100 MB of trace. House. */
export const MAX_ENTRIES = 200_000

/** Records of the same message that are looked through for one of another party: its retransmissions. House; RFC 3261 §17.1.1.2 allows 7. */
export const MAX_TWIN_CANDIDATES = 32

/** Runs of chunks with the same Message-ID or transaction id that are kept apart, one for each pair of ends. House. */
export const MAX_LIKE_RUNS = 32

/** Runs of chunks that may go on at the same time; the one that stood still longest ends. House; the page shows 200 transfers at once. */
export const MAX_OPEN_RUNS = 256

/** Header lines looked at in one message; SIP-36 and MSRP-3 allow fewer. House. */
export const MAX_HEADERS = 256

/** Characters of one label before it is cut. House. */
export const MAX_LABEL_LENGTH = 120

/** Rows of a drawing; a browser scrolls through more than that only slowly. The rest is counted in its last line. House. */
export const MAX_SVG_ROWS = 5000

/** Rows of a Mermaid diagram: with labels of the usual length they stay below the 50,000 characters that Mermaid reads. House. */
export const MAX_MERMAID_ROWS = 500

/** Addresses written below the name of a lane; the rest is counted. House. */
export const MAX_LANE_ADDRESSES = 3

/** Characters of one message that are taken apart; a SIP message over UDP has at most so many (RFC 768). */
export const MAX_DISSECTED = 65_536

/** Coloured pieces of one message. House. */
export const MAX_SPANS = 20_000

/** Parts of one message that are listed. House. */
export const MAX_NODES = 5_000

/** Elements of XML inside one another that are shown as such; those deeper stand side by side. House. */
export const MAX_DISSECTED_DEPTH = 32

/** Bodies inside bodies: a notification inside CPIM inside a multipart body, and room for more. House. */
export const MAX_BODY_DEPTH = 6

/** Lines of each of two messages that are compared; what follows is left out. House. */
export const MAX_COMPARED_LINES = 1_000
