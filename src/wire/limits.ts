/** Most body parts of one multipart body (OA-12). */
export const MAX_PARTS = 32

/** Longest head of one body part in octets, its blank line not counted; house limit, a real one has 5 short lines (SEC-11). */
export const MAX_PART_HEAD_BYTES = 8192

/** Most header lines of one body part; house limit (SEC-11). */
export const MAX_PART_HEADERS = 32

/** Longest boundary (RFC 2046 §5.1.1). */
export const MAX_BOUNDARY = 70
