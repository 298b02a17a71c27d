import { decodeUtf8, encodeUtf8, isUtf8 } from '../wire/index.js'

/**
 * Text of a header line. Lines are ASCII but for comments and file names, so the plain case is made fast.
 * @returns undefined when the octets are not UTF-8 or hold control characters other than HTAB (RFC 4975 §9 utf8text)
 */
export function decodeLine(bytes: Uint8Array, from: number, to: number): string | undefined {
  let seen = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    seen |= byte
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return undefined
  }
  if (seen >= 0x80) return isUtf8(bytes, from, to) ? decodeUtf8(bytes, from, to) : undefined
  return String.fromCharCode.apply(null, bytes.subarray(from, to) as unknown as number[])
}

/** Octets of heads that we write: one octet per character while all are ASCII, UTF-8 otherwise. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x80) return encodeUtf8(text)
    bytes[index] = code
  }
  return bytes
}
