import { concatBytes, type DigestHash, encodeUtf8 } from '../wire/index.js'

const BLOCK = 64

/** A key as it stands before the message and before the inner hash. */
interface Pads {
  readonly inner: Uint8Array
  readonly outer: Uint8Array
}

/** A server has two or three keys and uses them for every request. */
const KNOWN = new WeakMap<Uint8Array, Pads>()

/** HMAC with SHA-256 (RFC 2104, RFC 4868), 32 octets. @param key nobody changes it afterwards */
export function keyedHash(hash: DigestHash, key: Uint8Array, message: Uint8Array | string): Uint8Array {
  let pads = KNOWN.get(key)
  if (pads === undefined) KNOWN.set(key, (pads = padsOf(hash, key)))
  const { inner, outer } = pads
  const bytes = typeof message === 'string' ? encodeUtf8(message) : message
  return hash('sha-256', concatBytes(outer, hash('sha-256', concatBytes(inner, bytes))))
}

function padsOf(hash: DigestHash, key: Uint8Array): Pads {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? hash('sha-256', key) : key)
  return { inner: block.map(octet => octet ^ 0x36), outer: block.map(octet => octet ^ 0x5c) }
}
