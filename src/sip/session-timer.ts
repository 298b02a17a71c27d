import { LEAST_SESSION_EXPIRES, SESSION_EXPIRY_MARGIN } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import { hasOptionTag } from './option-tags.js'
import { formatSessionExpires, parseMinSe, parseSessionExpires } from './session-expires.js'
import type { SipLimits } from './user-agent-types.js'

type Field = readonly [name: string, value: string]

/** Session timer of one dialog (RFC 4028): what to ask for, what was agreed, when to refresh and when to give up (SIP-25, SIP-26). */
export class SessionTimer {
  /** Agreed interval in seconds; undefined while no timer runs. */
  interval: number | undefined
  refresher: 'local' | 'remote' | undefined
  #asked: number
  #least: number
  #leastTold = false

  constructor(limits: SipLimits) {
    this.#least = Math.max(limits.minSessionExpires, LEAST_SESSION_EXPIRES)
    this.#asked = Math.max(limits.sessionExpires, this.#least)
  }

  /** Session-Expires and Min-SE of our INVITE, re-INVITE or UPDATE. The refresher stays who it is (RFC 4028 §7.4). */
  requestFields(): Field[] {
    const seconds = this.interval ?? this.#asked
    const refresher = this.refresher === undefined ? undefined : this.refresher === 'local' ? 'uac' : 'uas'
    return [
      ['Session-Expires', formatSessionExpires({ seconds: Math.max(seconds, this.#least), ...(refresher && { refresher }) })],
      // RFC 4028 §7.1: Min-SE once it differs from the default, and always in the initial request
      ...(this.interval === undefined || this.#leastTold ? [['Min-SE', `${this.#least}`] as const] : []),
    ]
  }

  /** Takes Min-SE of a 422. @returns false when asking again would not help */
  tooSmall(response: SipResponse): boolean {
    const least = parseMinSe(response.headers.get('min-se') ?? '')
    if (least === undefined || least <= this.#least) return false
    this.#least = least
    this.#leastTold = true
    this.#asked = Math.max(this.#asked, least)
    return true
  }

  /** 2xx to a request of ours (RFC 4028 §7.2). */
  agreedByResponse(response: SipResponse): void {
    const value = parseSessionExpires(response.headers.get('session-expires') ?? '')
    if (value === undefined || value.seconds < LEAST_SESSION_EXPIRES) {
      this.interval = undefined
      this.refresher = undefined
      return
    }
    this.interval = value.seconds
    this.refresher = value.refresher === 'uas' ? 'remote' : 'local'
  }

  /** Least interval to tell in a 422, when the request asks for less (RFC 4028 §9). */
  refusal(request: SipRequest): number | undefined {
    const value = request.headers.read('session-expires', parseSessionExpires)
    if (value === undefined || value.seconds >= this.#least) return undefined
    return hasOptionTag(request.headers, 'supported', 'timer') ? this.#least : undefined
  }

  /** Agrees to a request of the peer; @returns the fields of our 2xx (RFC 4028 §9, Table 2) */
  agreedByRequest(request: SipRequest): Field[] {
    const asked = request.headers.read('session-expires', parseSessionExpires)
    const peerCan = hasOptionTag(request.headers, 'supported', 'timer')
    const minimum = Math.max(this.#least, request.headers.read('min-se', parseMinSe) ?? 0)
    this.interval = Math.max(Math.min(asked?.seconds ?? this.#asked, this.#asked), minimum)
    const refresher = peerCan ? (asked?.refresher ?? 'uac') : 'uas'
    this.refresher = refresher === 'uas' ? 'local' : 'remote'
    return [
      ...(refresher === 'uac' ? [['Require', 'timer'] as const] : []),
      ['Session-Expires', formatSessionExpires({ seconds: this.interval, refresher })],
    ]
  }

  /** When to refresh, counted from the last agreement, milliseconds; undefined when that is the peer's task or no timer runs. */
  get refreshAfter(): number | undefined {
    return this.interval !== undefined && this.refresher === 'local' ? this.interval * 500 : undefined
  }

  /** When the session is over unless it is refreshed, milliseconds (RFC 4028 §10). */
  get expireAfter(): number | undefined {
    return this.interval === undefined ? undefined : (this.interval - Math.min(SESSION_EXPIRY_MARGIN, this.interval / 3)) * 1000
  }
}
