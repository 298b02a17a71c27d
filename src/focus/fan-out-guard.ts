import { CREATORS_REMEMBERED, FAN_OUT_PERIOD, GROUP_SESSIONS_PER_PERIOD } from './limits.js'

/** Keeps one creator from making a crowd of conferences: each INVITE to the factory becomes many (GRP-41, RFC 5363 §4). */
export class FanOutGuard {
  /** Times of the latest conferences of each creator, oldest first; creators in the order of their latest. */
  readonly #times = new Map<string, number[]>()
  readonly #limit: number

  /** @param limit conferences of one creator in a minute */
  constructor(limit: number = GROUP_SESSIONS_PER_PERIOD) {
    this.#limit = limit
  }

  /**
   * Counts one more conference of `creator`.
   * @param creator proven address, in one spelling
   * @param now ms
   * @returns undefined when it may be made, else the seconds after which to try again: the Retry-After of a 486
   */
  take(creator: string, now: number): number | undefined {
    const recent = (this.#times.get(creator) ?? []).filter(time => time > now - FAN_OUT_PERIOD)
    const refused = recent.length >= this.#limit
    if (!refused) recent.push(now)
    this.#times.delete(creator)
    if (recent.length > 0) this.#times.set(creator, recent)
    if (this.#times.size > CREATORS_REMEMBERED) this.#times.delete(this.#times.keys().next().value as string)
    return refused ? Math.max(1, Math.ceil(((recent[0] ?? now) + FAN_OUT_PERIOD - now) / 1000)) : undefined
  }
}

/** Members split by whether they agreed to be invited by this creator; without a check everybody did (GRP-41, RFC 5363 §5). */
export function splitByConsent<Member extends { readonly uri: string }>(
  members: readonly Member[],
  consents?: (uri: string) => boolean,
): { readonly willing: Member[]; readonly unwilling: Member[] } {
  const agrees = ({ uri }: Member) => consents === undefined || consents(uri)
  return { willing: members.filter(agrees), unwilling: members.filter(member => !agrees(member)) }
}
