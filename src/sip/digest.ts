import {
  type DigestAlgorithm,
  type DigestHash,
  digestAlgorithm,
  digestResponse,
  equalFold,
  equalSecret,
  nonceCount,
  quote,
  type Random,
  randomToken,
} from '../wire/index.js'
import { type Challenge, selectChallenges } from './challenge.js'
import { NONCES } from './limits.js'

export type Hash = DigestHash

/** How often each nonce was used: the source of nc. Keep one for as long as its nonces may be used again. */
export type NonceCounts = Map<string, number>

export interface AuthorizeInput {
  /** All challenges of the response, in wire order. */
  readonly challenges: readonly Challenge[]
  readonly method: string
  /** Request-URI, as on the request line. */
  readonly uri: string
  readonly credentials: { readonly username: string; readonly password: string }
  readonly nonceCounts: NonceCounts
  readonly random: Random
  readonly hash: Hash
}

/**
 * Header fields that answer the challenges, one per realm (RFC 7616 §3.4, SIP-2): `Authorization` or `Proxy-Authorization`.
 * Empty when there is no challenge we can answer. Counts the nonce up.
 */
export function authorize(input: AuthorizeInput): [name: string, value: string][] {
  return selectChallenges(input.challenges).map(challenge => {
    const count = (input.nonceCounts.get(challenge.nonce) ?? 0) + 1
    if (count === 1) forgetOldest(input.nonceCounts)
    input.nonceCounts.set(challenge.nonce, count)
    return [challenge.proxy ? 'Proxy-Authorization' : 'Authorization', credentials(input, challenge, count)]
  })
}

export interface VerifyInput {
  /** Parameters of the credentials, see `credentialsOf`. */
  readonly given: ReadonlyMap<string, string>
  readonly realm: string
  readonly nonce: string
  readonly method: string
  /** Request-URI of the request; the credentials must name the same. */
  readonly uri: string
  readonly password: string
  /** Algorithms our challenges named. */
  readonly algorithms: readonly DigestAlgorithm[]
  /** Highest nc accepted for this nonce so far, 0 at first: a repeated nc is a replay. */
  readonly lastCount: number
  readonly hash: Hash
}

/** Server side check (RFC 7616 §3.3). @returns the nc to remember as `lastCount`, or undefined when the credentials are wrong */
export function verifyDigest(input: VerifyInput): number | undefined {
  const { given } = input
  const algorithm = digestAlgorithm(given.get('algorithm') ?? 'MD5')
  const nc = given.get('nc') ?? ''
  const cnonce = given.get('cnonce')
  const username = given.get('username')
  if (algorithm === undefined || !input.algorithms.includes(algorithm) || username === undefined || cnonce === undefined) return undefined
  if (given.get('realm') !== input.realm || given.get('nonce') !== input.nonce || given.get('uri') !== input.uri) return undefined
  if (!equalFold(given.get('qop') ?? '', 'auth')) return undefined
  const count = parseCount(nc)
  if (count === undefined || count <= input.lastCount) return undefined
  const expected = digestResponse({ ...input, algorithm, username, qop: { nc, cnonce } })
  return equalSecret((given.get('response') ?? '').toLowerCase(), expected) ? count : undefined
}

/** A challenge as a header value for 401 or 407. */
export function formatChallenge(challenge: Challenge & { readonly algorithm: DigestAlgorithm }): string {
  const opaque = challenge.opaque === undefined ? '' : `, opaque=${quote(challenge.opaque)}`
  const qop = challenge.qop.length === 0 ? '' : `, qop=${quote(challenge.qop.join(','))}`
  const stale = challenge.stale ? ', stale=true' : ''
  return `Digest realm=${quote(challenge.realm)}, nonce=${quote(challenge.nonce)}${opaque}, algorithm=${challenge.algorithm}${qop}${stale}`
}

/** A server that sends a new nonce every time must not fill the memory. */
function forgetOldest(counts: NonceCounts): void {
  for (const nonce of counts.keys()) {
    if (counts.size < NONCES) return
    counts.delete(nonce)
  }
}

function credentials(input: AuthorizeInput, challenge: Challenge, count: number): string {
  const { username, password } = input.credentials
  const algorithm = challenge.algorithm as DigestAlgorithm
  const nc = nonceCount(count)
  const cnonce = randomToken(input.random, CNONCE_LENGTH)
  const { realm, nonce } = challenge
  const { method, uri, hash } = input
  const qop = challenge.qop.length === 0 ? undefined : { nc, cnonce }
  const response = digestResponse({ algorithm, username, realm, password, nonce, method, uri, ...(qop && { qop }), hash })
  let value = `Digest username=${quote(username)}, realm=${quote(realm)}, nonce=${quote(nonce)}, uri=${quote(uri)}`
  value += `, response="${response}", algorithm=${algorithm}`
  if (qop !== undefined) value += `, cnonce="${cnonce}", qop=auth, nc=${nc}`
  return challenge.opaque === undefined ? value : `${value}, opaque=${quote(challenge.opaque)}`
}

/** nc-value = 8LHEX; the grammar says 8, some send fewer */
function parseCount(nc: string): number | undefined {
  if (nc.length === 0 || nc.length > 8 || !/^[0-9a-fA-F]+$/.test(nc)) return undefined
  return Number.parseInt(nc, 16)
}

/** 95 bits (SEC-8). */
const CNONCE_LENGTH = 16
