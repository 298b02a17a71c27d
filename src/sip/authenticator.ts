import type { Challenge } from './challenge.js'
import { challengesOf, selectChallenges } from './challenge.js'
import { authorize, type NonceCounts } from './digest.js'
import type { SipRequest, SipResponse } from './message.js'
import type { UserAgentOptions } from './user-agent-types.js'

/** Challenges seen so far, one per realm, and the answers to them: put on every later request too (RFC 3261 §22.1, SIP-2). */
export class Authenticator {
  readonly #known = new Map<string, Challenge>()
  readonly #nonceCounts: NonceCounts = new Map()

  constructor(private readonly options: UserAgentOptions) {}

  /** Adds credentials for every known realm. */
  authorize(request: SipRequest): void {
    const { credentials, random, hash } = this.options
    if (credentials === undefined || this.#known.size === 0) return
    const { method, uri } = request
    const challenges = [...this.#known.values()]
    const nonceCounts = this.#nonceCounts
    for (const [name, value] of authorize({ challenges, method, uri, credentials, nonceCounts, random, hash }))
      request.headers.append(name, value)
  }

  /**
   * Remembers the challenges of a 401 or 407.
   * @param answered realms this request has answered already; grows
   * @returns whether sending the request again makes sense: a new nonce for a realm not answered yet, or a stale one (SIP-2)
   */
  challenged(response: SipResponse, answered: Set<string>): boolean {
    const chosen = this.options.credentials === undefined ? [] : selectChallenges(challengesOf(response))
    let again = false
    for (const challenge of chosen) {
      const realm = `${challenge.proxy} ${challenge.realm}`
      const repeated = this.#known.get(realm)?.nonce === challenge.nonce && answered.has(realm)
      if (repeated || (answered.has(realm) && !challenge.stale)) return false
      this.#known.set(realm, challenge)
      answered.add(realm)
      again = true
    }
    return again
  }
}
