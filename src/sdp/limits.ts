/** Longest session description that is read; longer ones get 413 (SDP-25). */
export const MAX_SESSION_BYTES = 65_536

/** Longest line of a session description without its line end; longer ones get 488 (SDP-25). */
export const MAX_LINE_BYTES = 8192

/** Most m-lines of one session description; more get 488 (SDP-25). */
export const MAX_MEDIA = 64

/** Longest file-transfer-id that counts as one (SDP-17). */
export const MAX_TRANSFER_ID = 256

/** Length of the file-transfer-id that we make: 32 characters are the advice of RFC 5547 §8.1 (SDP-17). */
export const NEW_TRANSFER_ID = 32

/** Characters of `i=` that are kept (SDP-22). */
export const MAX_INFORMATION = 1000

/** Highest port of an m-line (TCP). */
export const MAX_PORT = 65_535
