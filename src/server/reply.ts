import type { ExtraHeaders } from '../sip/index.js'

/** A final answer that we give ourselves. */
export interface Reply {
  readonly status: number
  readonly reason?: string
  readonly headers?: ExtraHeaders
}

/** RFC 3261 §21.5.4 @param milliseconds until it makes sense to come back */
export function comeBackLater(milliseconds: number): Reply {
  return { status: 503, headers: [['Retry-After', `${Math.max(1, Math.ceil(milliseconds / 1000))}`]] }
}
