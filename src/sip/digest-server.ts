import {
  type DigestAlgorithm,
  type DigestHash,
  digestAlgorithm,
  digestResponseOf,
  equalFold,
  equalSecret,
  type Random,
} from '../wire/index.js'
import { encodeBase64Url } from './base64-url.js'
import { credentialsOf } from './challenge.js'
import { formatChallenge } from './digest.js'
import { keyedHash } from './keyed-hash.js'
import { DIGEST_SERVER } from './limits.js'
import type { SipRequest } from './message.js'
import { equalSipUris } from './uri.js'
import type { ExtraHeaders } from './user-agent-types.js'

export interface DigestServerOptions {
  readonly realm: string
  /** Secret of this server, at least 16 octets. Servers with the same one take each other's nonces. */
  readonly secret: Uint8Array
  readonly random: Random
  readonly hash: DigestHash
  /** Best first: clients take the topmost they can do (RFC 8760 §2.3). */
  readonly algorithms?: readonly DigestAlgorithm[]
  /** Milliseconds a nonce may be used. */
  readonly nonceLife?: number
  /** Nonces whose uses are counted. */
  readonly nonces?: number
}

/** Credentials for our realm that can be looked at. */
export interface GivenCredentials {
  readonly username: string
  readonly algorithm: DigestAlgorithm
  readonly nonce: string
  readonly uri: string
  readonly nc: string
  readonly cnonce: string
  readonly response: string
}

/**
 * `stale`: the nonce is not ours, too old or another's, whatever the password; or the password is right and the nonce was used so already.
 * A new challenge goes back without asking anybody (RFC 7616 §3.3).
 */
export type DigestVerdict = 'right' | 'wrong' | 'stale'

/** Uses of one nonce: the highest nc, and which of those just below it came too, a bit each. */
interface Use {
  highest: number
  below: number
  readonly issued: number
}

/** The server's end of digest authentication (RFC 7616, RFC 8760), without any memory of nonces that nobody has used. */
export class DigestServer {
  readonly #options: Required<DigestServerOptions>
  readonly #uses = new Map<string, Use>()
  /** Goes on where it was: one from the start would pass over the places of all that were deleted since the table was laid out. */
  readonly #oldest = this.#uses.entries()
  /** Nonces issued until then whose uses are not known count as used. */
  #forgotten = -1
  /** The nonce of ours that was looked at last. */
  #genuine: { readonly nonce: string; readonly peer: string; readonly issued: number } | undefined

  constructor(options: DigestServerOptions) {
    this.#options = { algorithms: ['SHA-256', 'SHA-512-256', 'MD5'], ...DIGEST_SERVER, ...options }
  }

  /**
   * Header fields of a 401, or of a 407 with `proxy`: one challenge for each algorithm.
   * @param now milliseconds since 1970
   * @param peer whom alone the nonce is good for, for example an address: who can only pretend to have it never hears the nonce (RFC 7616 §5.4)
   */
  challenge(now: number, { proxy = false, stale = false, peer = '' } = {}): ExtraHeaders {
    const { realm, algorithms } = this.#options
    const nonce = this.#nonce(now, peer)
    const name = proxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'
    return algorithms.map(algorithm => [name, formatChallenge({ proxy, realm, nonce, algorithm, qop: ['auth'], stale })])
  }

  /** What a request brings for our realm; undefined when it brings nothing that could be right. */
  given(request: SipRequest, proxy = false): GivenCredentials | undefined {
    for (const fields of credentialsOf(request.headers, proxy)) {
      const given = this.#usable(fields)
      if (given !== undefined && (given.uri === request.uri || equalSipUris(given.uri, request.uri))) return given
    }
    return undefined
  }

  /** Whether we gave this nonce to `peer` a short time ago; of any other no password is looked at. @param now milliseconds since 1970 */
  isCurrent({ nonce }: GivenCredentials, now: number, peer = ''): boolean {
    return this.#current(nonce, now, peer) !== undefined
  }

  /** @param ha1 `H(user:realm:password)` for the algorithm of the credentials; @param now milliseconds since 1970; @param peer as for `challenge` */
  verify(given: GivenCredentials, ha1: string, method: string, now: number, peer = ''): DigestVerdict {
    const { nonce, uri, nc, cnonce, algorithm } = given
    const issued = this.#current(nonce, now, peer)
    // first of all, else whoever makes up nonces could try passwords without being counted (SEC-13)
    if (issued === undefined) return 'stale'
    const expected = digestResponseOf(ha1, { algorithm, nonce, method, uri, qop: { nc, cnonce }, hash: this.#options.hash })
    if (!equalSecret(given.response, expected)) return 'wrong'
    return this.#count(nonce, issued, Number.parseInt(nc, 16)) ? 'right' : 'stale'
  }

  #usable(fields: ReadonlyMap<string, string>): GivenCredentials | undefined {
    const { realm, algorithms } = this.#options
    const algorithm = digestAlgorithm(fields.get('algorithm') ?? 'MD5')
    const [username, nonce, uri, nc, cnonce, response] = ['username', 'nonce', 'uri', 'nc', 'cnonce', 'response'].map(
      name => fields.get(name) ?? '',
    ) as [string, string, string, string, string, string]
    if (algorithm === undefined || !algorithms.includes(algorithm) || fields.get('realm') !== realm) return undefined
    // RFC 8760 §2.6: qop is always there for the newer ones; RFC 2069 could be replayed for ever
    if (username === '' || cnonce === '' || !equalFold(fields.get('qop') ?? '', 'auth') || !/^[0-9a-fA-F]{1,8}$/.test(nc)) return undefined
    return { username, algorithm, nonce, uri, nc, cnonce, response: response.toLowerCase() }
  }

  /** `mbx2k1w9.Qm3…`: when it was made, something random, and a seal over both. */
  #nonce(now: number, peer: string): string {
    const text = `${now.toString(36)}.${encodeBase64Url(this.#options.random(9))}`
    return `${text}.${this.#seal(text, peer)}`
  }

  /** When a nonce of ours was made; undefined for one that is not ours, another's or too old. */
  #current(nonce: string, now: number, peer: string): number | undefined {
    const issued = this.#issued(nonce, peer)
    return issued === undefined || now - issued > this.#options.nonceLife || issued > now + CLOCK_STEP ? undefined : issued
  }

  /** Each request asks twice: whether the nonce is current, and whether the password is right. */
  #issued(nonce: string, peer: string): number | undefined {
    if (this.#genuine?.nonce === nonce && this.#genuine.peer === peer) return this.#genuine.issued
    const end = nonce.lastIndexOf('.')
    const text = nonce.slice(0, Math.max(0, end))
    if (!equalSecret(nonce.slice(end + 1), this.#seal(text, peer))) return undefined
    const issued = Number.parseInt(text, 36)
    this.#genuine = { nonce, peer, issued }
    return issued
  }

  #seal(text: string, peer: string): string {
    const { hash, secret, realm } = this.#options
    // `text` has no line break, or it is none of ours
    return encodeBase64Url(keyedHash(hash, secret, `nonce ${realm} ${peer}\n${text}`).subarray(0, 16))
  }

  /** Whether this nc of the nonce is used for the first time (RFC 7616 §3.3); requests may overtake each other a little. */
  #count(nonce: string, issued: number, nc: number): boolean {
    const use = this.#uses.get(nonce)
    if (use === undefined) {
      if (issued <= this.#forgotten) return false
      this.#remember(nonce, { highest: nc, below: 0, issued })
      return true
    }
    const behind = use.highest - nc
    if (behind < 0) {
      use.below = -behind > WINDOW ? 0 : ((use.below << -behind) | (1 << (-behind - 1))) & MASK
      use.highest = nc
      return true
    }
    if (behind === 0 || behind > WINDOW || (use.below & (1 << (behind - 1))) !== 0) return false
    use.below |= 1 << (behind - 1)
    return true
  }

  #remember(nonce: string, use: Use): void {
    // text of its own: engines make a part of a text that keeps the whole, here the message
    this.#uses.set(nonce.split('.').join('.'), use)
    if (this.#uses.size <= this.#options.nonces) return
    const [oldest, { issued }] = this.#oldest.next().value as [string, Use]
    this.#uses.delete(oldest)
    this.#forgotten = Math.max(this.#forgotten, issued)
  }
}

/** Requests that may come after one with a higher nc: as many as bits are left in an integer that is never negative. */
const WINDOW = 30
const MASK = 2 ** WINDOW - 1
/** The clock of the server may be set back this far, milliseconds. */
const CLOCK_STEP = 60_000
