/** Most body parts of one multipart body (OA-12). */
export const MAX_PARTS = 32

/** Longest head of one body part in octets, its blank line not counted; house limit, a real one has 5 short lines (SEC-11). */
export const MAX_PART_HEAD_BYTES = 8192

/** Most header lines of one body part; house limit (SEC-11). */
export const MAX_PART_HEADERS = 32

/** Longest boundary (RFC 2046 §5.1.1). */
export const MAX_BOUNDARY = 70

/** What a document from a peer may hold (SEC-11). */
export const XML_LIMITS = {
  /** Octets (SEC-11). */
  bytes: 262_144,
  /** Elements inside one another, the root counted (SEC-11). */
  depth: 32,
  /** Elements of the whole document; a conference of the largest size needs about 5,000. House. */
  elements: 16_384,
} as const

/** What a document may hold that the operator imports, such as the lists of a group store (GRP-44). */
export const XML_IMPORT_LIMITS = {
  /** Octets. House. */
  bytes: 1_048_576,
  /** Elements inside one another; deep nesting makes the parser slow. House. */
  depth: 64,
  /** Elements of the whole document. House. */
  elements: 65_536,
} as const
