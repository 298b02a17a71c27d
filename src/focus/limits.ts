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
