/** Source of cryptographically strong random bytes, given by the host (SEC-8). */
export type Random = (length: number) => Uint8Array

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** `length` characters of `A-Z a-z 0-9`, each uniformly distributed (5.95 bits a character). */
export function randomToken(random: Random, length: number): string {
  const codes = new Array<number>(length)
  let count = 0
  while (count < length) {
    const bytes = random(length - count + 4)
    for (let index = 0; index < bytes.length && count < length; index++) {
      const byte = bytes[index] as number
      // 248 = 4 * 62: bytes above it would favour the first letters
      if (byte < 248) codes[count++] = ALPHANUMERIC.charCodeAt(byte % 62)
    }
  }
  return String.fromCharCode.apply(null, codes)
}

/** A random integer in `0 … below - 1`; `below` at most 2^32. */
export function randomInteger(random: Random, below: number): number {
  const bound = Math.floor(0x1_0000_0000 / below) * below
  for (;;) {
    const [a = 0, b = 0, c = 0, d = 0] = random(4)
    const value = a * 0x100_0000 + (b << 16) + (c << 8) + d
    if (value < bound) return value % below
  }
}

/** A version 4 UUID (RFC 9562 §5.4) as 36 characters of text. */
export function randomUuid(random: Random): string {
  const bytes = random(16)
  const hex = [...bytes].map((byte, index) => {
    const value = index === 6 ? (byte & 0x0f) | 0x40 : index === 8 ? (byte & 0x3f) | 0x80 : byte
    return value.toString(16).padStart(2, '0')
  })
  return [hex.slice(0, 4), hex.slice(4, 6), hex.slice(6, 8), hex.slice(8, 10), hex.slice(10)].map(part => part.join('')).join('-')
}
