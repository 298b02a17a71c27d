/** Octets of CPIM and MIME headers before the content; the wrapper allowance of MSRP-29. */
export const CPIM_HEAD_OCTETS = 65_536

/** Characters of an `imdn.Message-ID`, ours or a peer's; longer ones cannot be answered. House. */
export const MAX_IMDN_ID = 256

/** Length of the message ids that we make: 95 random bits, 64 are the least (IMDN-1, RFC 5438 §6.3). */
export const NEW_IMDN_ID = 16

/** Most `IMDN-Record-Route` headers a notification follows back; more than that is no path but an attack. House. */
export const MAX_IMDN_ROUTES = 16

/** Characters of an address in a notification or its headers. House. */
export const MAX_IMDN_URI = 2048

/** Characters of the `datetime` of a notification; RFC 3339 with nine digits of a second has 35. House. */
export const MAX_IMDN_DATE = 64

/** Characters of `subject` and `note` that are kept; the rest is cut off. House. */
export const MAX_IMDN_TEXT = 1000
