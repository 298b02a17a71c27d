import { concatBytes, type DigestHash, encodeUtf8 } from '../wire/index.js'

const BLOCK = 64

/** HMAC with SHA-256 (RFC 2104, RFC 4868), 32 octets. */
export function keyedHash(hash: DigestHash, key: Uint8Array, message: Uint8Array | string): Uint8Array {
  const block = new Uint8Array(BLOCK)
  block.set(key.length > BLOCK ? hash('sha-256', key) : key)
  const inner = block.map(octet => octet ^ 0x36)
  const outer = block.map(octet => octet ^ 0x5c)
  const bytes = typeof message === 'string' ? encodeUtf8(message) : message
  return hash('sha-256', concatBytes(outer, hash('sha-256', concatBytes(inner, bytes))))
}
