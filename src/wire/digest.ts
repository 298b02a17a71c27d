import { equalFold } from './characters.js'
import { addParameter, splitOutsideQuotes } from './parameters.js'
import { encodeUtf8, writeAscii } from './text.js'

/** Names of RFC 7616 §6.1 and RFC 8760 §2.1, as sent in `algorithm`. */
export type DigestAlgorithm = 'MD5' | 'SHA-256' | 'SHA-512-256'

/** The host's hash functions for digest authentication. They read `bytes` before they return and do not keep them. */
export type DigestHash = (algorithm: 'md5' | 'sha-256' | 'sha-512-256', bytes: Uint8Array) => Uint8Array

export interface DigestParts {
  readonly algorithm: DigestAlgorithm
  readonly username: string
  readonly realm: string
  readonly password: string
  readonly nonce: string
  /** Method of the request; '' for the `rspauth` of a server (RFC 7616 §3.5). */
  readonly method: string
  readonly uri: string
  /** Absent for the response of RFC 2069, which old servers still ask for. */
  readonly qop?: { readonly nc: string; readonly cnonce: string }
  readonly hash: DigestHash
}

/** `response` of RFC 7616 §3.4.1 for qop `auth` or none, as lower-case hex. */
export function digestResponse(parts: DigestParts): string {
  return digestResponseOf(digestHa1(parts), parts)
}

/** `H(user:realm:password)` as lower-case hex: all a server needs to know of a password (RFC 7616 §3.4.2, RFC 8760 §2.7). */
export function digestHa1(parts: Pick<DigestParts, 'algorithm' | 'username' | 'realm' | 'password' | 'hash'>): string {
  return digestHex(parts, `${parts.username}:${parts.realm}:${parts.password}`)
}

/** `digestResponse` for one who knows the hash of user name and password only. */
export function digestResponseOf(ha1: string, parts: Omit<DigestParts, 'username' | 'realm' | 'password'>): string {
  const a2 = digestHex(parts, `${parts.method}:${parts.uri}`)
  const { qop, nonce } = parts
  return digestHex(parts, qop === undefined ? `${ha1}:${nonce}:${a2}` : `${ha1}:${nonce}:${qop.nc}:${qop.cnonce}:auth:${a2}`)
}

/** Reads a name of an algorithm; undefined for one we do not know. */
export function digestAlgorithm(text: string): DigestAlgorithm | undefined {
  return ALGORITHMS.find(name => equalFold(name, text))
}

/**
 * `Digest a=1, b="2"`: parameters of a challenge or of credentials, names in lower case, values unquoted.
 * @returns undefined for another scheme, and when the text does not follow the grammar or a name repeats
 */
export function parseDigest(value: string): ReadonlyMap<string, string> | undefined {
  const space = value.search(/[ \t]/)
  if (space < 0 || !equalFold(value.slice(0, space), 'Digest')) return undefined
  return parseDigestParameters(value.slice(space))
}

/** `a=1, b="2"`, as in Authentication-Info: the comma list is read as if it were a parameter tail. */
export function parseDigestParameters(text: string): ReadonlyMap<string, string> | undefined {
  const parameters = new Map<string, string>()
  for (const piece of splitOutsideQuotes(text, ',')) {
    if (piece !== '' && !addParameter(piece, parameters)) return undefined
  }
  return parameters
}

/** Options of a `qop` value, in lower case and wire order; empty for challenges in the style of RFC 2069. */
export function digestQop(parameters: ReadonlyMap<string, string>): string[] {
  return (parameters.get('qop') ?? '').split(',').flatMap(option => option.trim().toLowerCase() || [])
}

/** Equality whose duration does not depend on where the texts differ (SEC-13). */
export function equalSecret(a: string, b: string): boolean {
  let difference = a.length ^ b.length
  for (let index = 0; index < b.length; index++) difference |= a.charCodeAt(index % (a.length || 1)) ^ b.charCodeAt(index)
  return difference === 0
}

/** `nc` of the `count`th use of a nonce: eight lower-case hexadecimal digits (RFC 7616 §3.4). */
export function nonceCount(count: number): string {
  return count.toString(16).padStart(8, '0')
}

function digestHex({ algorithm, hash }: Pick<DigestParts, 'algorithm' | 'hash'>, text: string): string {
  const length = writeAscii(text, SCRATCH, 0)
  return toHex(hash(HASH_NAMES[algorithm], length < 0 ? encodeUtf8(text) : SCRATCH.subarray(0, length)))
}

function toHex(bytes: Uint8Array): string {
  let text = ''
  for (let index = 0; index < bytes.length; index++) text += HEX[bytes[index] as number]
  return text
}

/** Two digits for each octet. */
const HEX: readonly string[] = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'))

const HASH_NAMES = { MD5: 'md5', 'SHA-256': 'sha-256', 'SHA-512-256': 'sha-512-256' } as const
/** Where most texts are laid out to be hashed: memory of its own costs a text more than its hash. */
const SCRATCH = new Uint8Array(512)
const ALGORITHMS: readonly DigestAlgorithm[] = ['SHA-256', 'SHA-512-256', 'MD5']
