import {
  digestQop,
  digestResponse,
  type DigestHash,
  equalFold,
  equalSecret,
  nonceCount,
  parseDigest,
  parseDigestParameters,
  quote,
  type Random,
  randomToken,
} from '../wire/index.js'
import { CNONCE_LENGTH } from './limits.js'

/** One use of a nonce. */
interface NonceUse {
  readonly nonce: string
  readonly uri: string
  readonly nc: string
  readonly cnonce: string
}

/** What a challenge is after the one before it: `repeated` means that our credentials were wrong (RLY-2). */
export type ChallengeKind = 'new' | 'repeated' | 'unusable'

/**
 * Digest authentication at one relay (RFC 4976 §9.1), which knows MD5 and qop `auth` only:
 *
 *     WWW-Authenticate: Digest realm="relay.example.com", nonce="n0nceA1", qop="auth"
 *     Authorization: Digest username="alice", realm="relay.example.com", nonce="n0nceA1", uri="msrps://…", response="70c1…", …
 *     Authentication-Info: nextnonce="n0nceA2", rspauth="…", cnonce="c11ent", nc=00000001, qop=auth
 */
export class RelayDigest {
  readonly #credentials: { readonly username: string; readonly password: string }
  readonly #hash: DigestHash
  readonly #random: Random
  #realm = ''
  #nonce: string | undefined
  /** `, opaque="…", algorithm=MD5` as far as the challenge named them. */
  #echo = ''
  #uses = 0
  #last: NonceUse | undefined

  constructor(credentials: { readonly username: string; readonly password: string }, hash: DigestHash, random: Random) {
    this.#credentials = credentials
    this.#hash = hash
    this.#random = random
  }

  /** Takes the values of WWW-Authenticate; the first that can be answered counts. `domain` is ignored (RFC 4976 §9.1). */
  challenge(values: readonly string[]): ChallengeKind {
    for (const value of values) {
      const parameters = parseDigest(value)
      const realm = parameters?.get('realm')
      const nonce = parameters?.get('nonce')
      if (parameters === undefined || realm === undefined || nonce === undefined || nonce === '') continue
      const algorithm = parameters.get('algorithm')
      if (!digestQop(parameters).includes('auth') || !equalFold(algorithm ?? 'MD5', 'MD5')) continue
      const isRepeated = nonce === this.#last?.nonce && !equalFold(parameters.get('stale') ?? '', 'true')
      if (nonce !== this.#nonce) this.#uses = 0
      this.#realm = realm
      this.#nonce = nonce
      const opaque = parameters.get('opaque')
      this.#echo = `${opaque === undefined ? '' : `, opaque=${quote(opaque)}`}${algorithm === undefined ? '' : ', algorithm=MD5'}`
      return isRepeated ? 'repeated' : 'new'
    }
    return 'unusable'
  }

  /** Value of Authorization for a request whose right-most To-Path URI is `uri`; undefined before the first challenge. */
  authorization(uri: string): string | undefined {
    const nonce = this.#nonce
    if (nonce === undefined) return undefined
    const use = { nonce, uri, nc: nonceCount(++this.#uses), cnonce: randomToken(this.#random, CNONCE_LENGTH) }
    this.#last = use
    let value = `Digest username=${quote(this.#credentials.username)}, realm=${quote(this.#realm)}, nonce=${quote(nonce)}`
    // RFC 4976 §9.1: the uri is quoted, qop is not
    value += `, uri=${quote(uri)}, response="${this.#digest('AUTH', use)}", qop=auth, nc=${use.nc}, cnonce="${use.cnonce}"`
    return value + this.#echo
  }

  /**
   * Takes Authentication-Info of a 200: the nonce of the next request, and the proof that the relay knows the password too.
   * @returns false when that proof is wrong (RLY-3)
   */
  confirm(value: string | undefined): boolean {
    const info = value === undefined ? undefined : parseDigestParameters(value)
    const proof = info?.get('rspauth')
    // RFC 7616 §3.5: the relay's proof is made with an empty method
    if (proof !== undefined && this.#last !== undefined && !equalSecret(proof.toLowerCase(), this.#digest('', this.#last))) return false
    const next = info?.get('nextnonce')
    this.#last = undefined
    if (next === undefined || next === '' || next === this.#nonce) return true
    this.#nonce = next
    this.#uses = 0
    return true
  }

  #digest(method: string, { nonce, uri, nc, cnonce }: NonceUse): string {
    const parts = { ...this.#credentials, realm: this.#realm, nonce, method, uri, qop: { nc, cnonce } }
    return digestResponse({ ...parts, algorithm: 'MD5', hash: this.#hash })
  }
}
