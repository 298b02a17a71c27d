import { concatBytes, type DigestHash, encodeUtf8, writeAscii } from '../wire/index.js'

const BLOCK = 64
const HASH = 32

/** A key as it stands before the message and before the inner hash, with room for them. */
interface Pads {
  readonly inner: Uint8Array
  readonly outer: Uint8Array
}

/** Octets of a short message; a longer one costs memory of its own. */
const SHORT = 512

/** A server has two or three keys and uses them for every request. */
const KNOWN = new WeakMap<Uint8Array, Pads>()

/** HMAC with SHA-256 (RFC 2104, RFC 4868), 32 octets. @param key nobody changes it afterwards */
export function keyedHash(hash: DigestHash, key: Uint8Array, message: Uint8Array | string): Uint8Array {
  let pads = KNOWN.get(key)
  if (pads === undefined) KNOWN.set(key, (pads = padsOf(hash, key)))
  const { inner, outer } = pads
  const end = typeof message === 'string' ? writeAscii(message, inner, BLOCK) : -1
  outer.set(hash('sha-256', end < 0 ? withKey(inner, message) : inner.subarray(0, end)), BLOCK)
  return hash('sha-256', outer)
}

function withKey(inner: Uint8Array, message: Uint8Array | string): Uint8Array {
  return concatBytes(inner.subarray(0, BLOCK), typeof message === 'string' ? encodeUtf8(message) : message)
}

function padsOf(hash: DigestHash, key: Uint8Array): Pads {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? hash('sha-256', key) : key)
  const [inner, outer] = [new Uint8Array(BLOCK + SHORT), new Uint8Array(BLOCK + HASH)]
  inner.set(block.map(octet => octet ^ 0x36))
  outer.set(block.map(octet => octet ^ 0x5c))
  return { inner, outer }
}
