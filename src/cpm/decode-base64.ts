const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Value of each character code, -1 for one that is not of the alphabet. */
const VALUES = Int8Array.from({ length: 128 }, (_, code) => ALPHABET.indexOf(String.fromCharCode(code)))

/**
 * Octets of a base64 body (RFC 2045 §6.8): line breaks and blanks do not count, `=` ends it.
 * @returns undefined when another character occurs, or the last group has one character only
 */
export function decodeBase64(bytes: Uint8Array): Uint8Array | undefined {
  const decoded = new Uint8Array(Math.floor((bytes.length * 3) / 4))
  let [length, bits, collected] = [0, 0, 0]
  let padded = false
  for (const code of bytes) {
    if (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a) continue
    if (code === 0x3d) {
      padded = true
      continue
    }
    const value = VALUES[code] ?? -1
    if (padded || value < 0) return undefined
    collected = ((collected << 6) | value) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    decoded[length++] = collected >> bits
  }
  return bits === 6 ? undefined : decoded.subarray(0, length)
}
