import { concatBytes, decodeUtf8, type DigestHash, encodeUtf8, percentDecode, type Random } from '../wire/index.js'
import { addressOfRecord } from './address-of-record.js'
import { decodeBase64Url, encodeBase64Url } from './base64-url.js'
import { keyedHash } from './keyed-hash.js'
import { parseSipUri, type SipUri } from './uri.js'

/** One device of an address of record: what a GRUU stands for (RFC 5627 §3.1). */
export interface GruuTarget {
  readonly aor: string
  /** As in `+sip.instance`, without the angle brackets: `urn:uuid:…`. */
  readonly instance: string
  /** Only the registration that began with this Call-ID; set for temporary GRUUs (RFC 5627 §5.1). */
  readonly callIdMark?: string
}

export interface GruuOptions {
  /** Secret of the domain, at least 16 octets; the same on all its servers. */
  readonly secret: Uint8Array
  readonly random: Random
  readonly hash: DigestHash
}

/**
 * GRUUs that carry what they stand for, so that nothing is remembered (RFC 5627 §5.4, appendix A):
 * `sip:alice@example.org;gr=urn:uuid:f81d4fae-…` and `sip:tgruu.7hs8s…@example.org;gr`.
 */
export class Gruus {
  readonly #options: GruuOptions

  constructor(options: GruuOptions) {
    this.#options = options
  }

  publicOf(aor: string, instance: string): string {
    return `${aor};gr=${escapeParameter(instance)}`
  }

  /** A new one each time; nobody can tell from two of them whether they belong together (RFC 5627 §5.1). */
  temporaryOf(aor: string, instance: string, callId: string): string {
    const salt = this.#options.random(SALT)
    const sealed = this.#masked(salt, encodeUtf8(`${this.markOf(callId)} ${instance} ${aor}`))
    const token = concatBytes(salt, this.#seal(salt, sealed), sealed)
    return `sip:${PREFIX}${encodeBase64Url(token)}@${aor.slice(aor.indexOf('@') + 1)};gr`
  }

  /** What tells registrations apart without telling what they are. */
  markOf(callId: string): string {
    return encodeBase64Url(this.#keyed('call', callId).subarray(0, MARK))
  }

  /** @returns undefined when the address is no GRUU of ours; 'invalid' for one that somebody made up */
  read(uri: SipUri): GruuTarget | 'invalid' | undefined {
    const instance = uri.parameters.get('gr')
    const { user } = uri
    if (instance === undefined || user === undefined || uri.scheme === 'tel') return undefined
    if (instance !== '') return publicTarget(addressOfRecord(uri) as string, percentDecode(instance))
    return (user.startsWith(PREFIX) ? this.#open(user.slice(PREFIX.length)) : undefined) ?? 'invalid'
  }

  #open(text: string): GruuTarget | undefined {
    const token = decodeBase64Url(text)
    if (token === undefined || token.length <= SALT + SEAL) return undefined
    const [salt, seal, sealed] = [token.subarray(0, SALT), token.subarray(SALT, SALT + SEAL), token.subarray(SALT + SEAL)]
    const expected = this.#seal(salt, sealed)
    let difference = 0
    for (const [index, octet] of expected.entries()) difference |= octet ^ (seal[index] as number)
    if (difference !== 0) return undefined
    const [callIdMark = '', instance = '', aor = ''] = decodeUtf8(this.#masked(salt, sealed)).split(' ')
    return { aor, instance, callIdMark }
  }

  #seal(salt: Uint8Array, sealed: Uint8Array): Uint8Array {
    return this.#keyed('seal', concatBytes(salt, sealed)).subarray(0, SEAL)
  }

  /** The text under a stream of keyed hashes over salt and counter; the same again gives the text. */
  #masked(salt: Uint8Array, text: Uint8Array): Uint8Array {
    const masked = text.slice()
    for (let at = 0; at < masked.length; at += 32) {
      const stream = this.#keyed('mask', concatBytes(salt, Uint8Array.of(at >> 8, at & 0xff)))
      for (let index = 0; index < stream.length && at + index < masked.length; index++)
        masked[at + index] = (masked[at + index] as number) ^ (stream[index] as number)
    }
    return masked
  }

  #keyed(purpose: string, message: Uint8Array | string): Uint8Array {
    const { hash, secret } = this.#options
    return keyedHash(hash, keyedHash(hash, secret, `gruu ${purpose}`), message)
  }
}

/** Whether the address could be a GRUU: for one of ours a contact would lead back to itself (RFC 5627 §5.1). */
export function looksLikeGruu(text: string): boolean {
  return parseSipUri(text)?.parameters.has('gr') === true
}

/** paramchar (RFC 3261 §25.1): a colon may stand there, most other punctuation not. */
function escapeParameter(text: string): string {
  let escaped = ''
  for (const octet of encodeUtf8(text)) {
    const character = String.fromCharCode(octet)
    escaped += octet < 0x80 && PLAIN.includes(character) ? character : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return escaped
}

function publicTarget(aor: string, instance: Uint8Array | undefined): GruuTarget | 'invalid' {
  // The URI has been read, so its escapes are whole
  /* v8 ignore next -- parseSipUri refuses a lone percent sign */
  return instance === undefined ? 'invalid' : { aor, instance: decodeUtf8(instance) }
}

const PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.!~*'():[]/&+$"
const PREFIX = 'tgruu.'
/** Octets: what RFC 5627 appendix A.2 has, and enough that no two are alike. */
const SALT = 10
const SEAL = 10
const MARK = 6
