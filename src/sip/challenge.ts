import { type DigestAlgorithm, digestAlgorithm, digestQop, equalFold, parseDigest } from '../wire/index.js'
import type { SipHeaders } from './headers.js'
import type { SipResponse } from './message.js'

/** `Digest realm="home1.example", nonce="n0nce", qop="auth", algorithm=SHA-256` (RFC 3261 §20.44, RFC 8760 §2) */
export interface Challenge {
  /** Came in Proxy-Authenticate, so the answer goes into Proxy-Authorization. */
  readonly proxy: boolean
  readonly realm: string
  readonly nonce: string
  readonly opaque?: string
  /** MD5 when the challenge names none; undefined for one we do not know. */
  readonly algorithm: DigestAlgorithm | undefined
  /** Empty for challenges in the style of RFC 2069. */
  readonly qop: readonly string[]
  readonly stale: boolean
}

/** One value of WWW-Authenticate or Proxy-Authenticate; undefined when it is no usable Digest challenge. */
export function parseChallenge(value: string, proxy = false): Challenge | undefined {
  const parameters = parseDigest(value)
  const realm = parameters?.get('realm')
  const nonce = parameters?.get('nonce')
  if (parameters === undefined || realm === undefined || nonce === undefined || nonce === '') return undefined
  const opaque = parameters.get('opaque')
  return {
    proxy,
    realm,
    nonce,
    ...(opaque !== undefined && { opaque }),
    algorithm: digestAlgorithm(parameters.get('algorithm') ?? 'MD5'),
    qop: digestQop(parameters),
    stale: equalFold(parameters.get('stale') ?? '', 'true'),
  }
}

/** Digest challenges of a 401 or 407, in wire order. Each stands on its own line: these values hold commas (RFC 3261 §7.3.1). */
export function challengesOf(response: SipResponse): Challenge[] {
  const read = (name: string, proxy: boolean) => response.headers.getAll(name).flatMap(value => parseChallenge(value, proxy) ?? [])
  return [...read('WWW-Authenticate', false), ...read('Proxy-Authenticate', true)]
}

/** One challenge per realm: the topmost whose algorithm and qop we can do (RFC 8760 §2.4, D-20). */
export function selectChallenges(challenges: readonly Challenge[]): Challenge[] {
  const chosen = new Map<string, Challenge>()
  for (const challenge of challenges) {
    const key = `${challenge.proxy} ${challenge.realm}`
    const possible = challenge.algorithm !== undefined && (challenge.qop.length === 0 || challenge.qop.includes('auth'))
    if (possible && !chosen.has(key)) chosen.set(key, challenge)
  }
  return [...chosen.values()]
}

/** Parameters of the Digest credentials in Authorization or Proxy-Authorization, one map per line. */
export function credentialsOf(headers: SipHeaders, proxy: boolean): ReadonlyMap<string, string>[] {
  return headers.getAll(proxy ? 'Proxy-Authorization' : 'Authorization').flatMap(value => parseDigest(value) ?? [])
}
