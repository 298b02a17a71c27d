import type { Challenge } from './challenge.js'
import { challengesOf, selectChallenges } from './challenge.js'
import { authorize, type NonceCounts } from './digest.js'
import type { SipRequest, SipResponse } from './message.js'
import type { UserAgentOptions } from './user-agent-types.js'

/**
 * Challenges seen so far, one per realm, and the answers to them: put on later requests too (RFC 3261 §22.1, SIP-2).
 * What a registrar or a user agent asked for goes to the same address only: others could guess passwords from it at their leisure.
 */
export class Authenticator {
  /** By realm, and for those that no proxy sent by the address in To as well (RFC 3261 §22.2). */
  readonly #known = new Map<string, { readonly challenge: Challenge; readonly to: string | undefined }>()
  readonly #nonceCounts: NonceCounts = new Map()

  constructor(private readonly options: UserAgentOptions) {}

  /** Adds credentials for every known realm. */
  authorize(request: SipRequest): void {
    const { credentials, random, hash } = this.options
    if (credentials === undefined || this.#known.size === 0) return
    const { method, uri } = request
    const to = addressOf(request)
    const challenges = [...this.#known.values()].filter(known => known.to === undefined || known.to === to).map(known => known.challenge)
    const nonceCounts = this.#nonceCounts
    for (const [name, value] of authorize({ challenges, method, uri, credentials, nonceCounts, random, hash }))
      request.headers.append(name, value)
  }

  /**
   * Remembers the challenges that a 401 or 407 answers `request` with.
   * @param answered realms this request has answered already; grows
   * @returns whether sending the request again makes sense: a new nonce for a realm not answered yet, or a stale one (SIP-2)
   */
  challenged(request: SipRequest, response: SipResponse, answered: Set<string>): boolean {
    const chosen = this.options.credentials === undefined ? [] : selectChallenges(challengesOf(response))
    let again = false
    for (const challenge of chosen) {
      const to = challenge.proxy ? undefined : addressOf(request)
      const realm = `${challenge.realm} ${to}`
      const repeated = this.#known.get(realm)?.challenge.nonce === challenge.nonce && answered.has(realm)
      if (repeated || (answered.has(realm) && !challenge.stale)) return false
      this.#known.set(realm, { challenge, to })
      answered.add(realm)
      again = true
    }
    return again
  }
}

/** `<sip:bob@home2.example>`: To without its tag, the same in all requests of a dialog. */
function addressOf(request: SipRequest): string {
  return (request.headers.get('To') as string).split(';tag=', 1)[0] as string
}
