import { addressOfRecord } from '../sip/index.js'
import { callerHost } from './caller-host.js'
import type { DeskOptions, RequestEvent } from './desk-options.js'
import type { User } from './database.js'
import { LOGIN_ADDRESSES } from './limits.js'
import { comeBackLater, type Reply } from './reply.js'
import { networkOf, TokenBuckets } from './token-buckets.js'

export type Login =
  | { readonly outcome: 'user'; readonly user: User; readonly own: readonly string[] }
  /** No credentials of our realm. */
  | { readonly outcome: 'none' }
  | { readonly outcome: 'refused'; readonly reply: Reply }

/** What nobody has: so that an unknown user takes as long as a wrong password (SEC-13). */
const NOBODY = { md5: '', 'sha-256': '', 'sha-512-256': '' }
const NAMES = { MD5: 'md5', 'SHA-256': 'sha-256', 'SHA-512-256': 'sha-512-256' } as const

/** Checks passwords (RFC 3261 §22), and slows down who guesses them. */
export class LoginDesk {
  readonly #failed: TokenBuckets

  constructor(private readonly options: DeskOptions) {
    this.#failed = new TokenBuckets(options.limits.failedLogins, LOGIN_ADDRESSES)
  }

  /** @param proxy as a proxy (407), else as the one the request is for (401) */
  async check(event: RequestEvent, proxy: boolean): Promise<Login> {
    const { request } = event
    const { digest, database, domains, date, now, log, edges } = this.options
    const remote = callerHost(event, edges)
    const given = digest.given(request, proxy)
    if (given === undefined) return { outcome: 'none' }
    const wait = this.#failed.wait(remote, now())
    if (wait > 0) {
      this.options.meter.refused('login')
      return { outcome: 'refused', reply: comeBackLater(wait) }
    }
    // A nonce that was not given to this address counts for nothing: a datagram may bear the address of somebody else, who is not to be locked out.
    // Everybody hears the same, whatever the password (SEC-13)
    const peer = networkOf(remote)
    if (!digest.isCurrent(given, date(), peer)) return { outcome: 'refused', reply: this.challenge(event, proxy, true) }
    const user = await database.users.byName(domains[0], given.username)
    const verdict = digest.verify(given, (user?.ha1 ?? NOBODY)[NAMES[given.algorithm]], request.method, date(), peer)
    if (verdict === 'right' && user !== undefined) return { outcome: 'user', user, own: [addressOfRecord(user.aor) ?? user.aor] }
    // who does not exist is never told more than who gave a wrong password (SEC-13)
    if (verdict === 'stale' && user !== undefined) return { outcome: 'refused', reply: this.challenge(event, proxy, true) }
    this.#failed.take(remote, now())
    log.warn({ remote, method: request.method }, 'wrong credentials')
    return { outcome: 'refused', reply: this.challenge(event, proxy) }
  }

  challenge(event: RequestEvent, proxy: boolean, stale = false): Reply {
    const { digest, date, edges } = this.options
    const peer = networkOf(callerHost(event, edges))
    return { status: proxy ? 407 : 401, headers: digest.challenge(date(), { proxy, stale, peer }) }
  }
}
