import { decodeUtf8, encodeUtf8, percentDecode, percentEncode } from '../wire/index.js'

/**
 * A file name as it stands between the quotes of `name:"…"` (RFC 5547 §6): UTF-8, one character per byte, with NUL, CR, LF, `"` and `%`
 * (SDP-9), `/` and `\` (SDP-10) and all other control bytes as `%HH`.
 */
export function encodeFileName(name: string): string {
  return percentEncode(encodeUtf8(name), byte => isPlain(byte) && byte !== 0x2f && byte !== 0x5c)
}

/** The value of a `type:` parameter, escaped like a file name but for `/` and `\`, which mean no directory there (SDP-13). */
export function encodeQuoted(value: string): string {
  return percentEncode(encodeUtf8(value), isPlain)
}

/**
 * Decodes `%HH` once and reads the bytes as UTF-8; ill-formed UTF-8 becomes U+FFFD (SDP-11).
 * @returns undefined when `%` is not followed by two hex digits; with `lenient` that `%` stands for itself
 */
export function decodeQuoted(text: string, lenient: boolean): string | undefined {
  const bytes = percentDecode(text, lenient)
  return bytes && decodeUtf8(bytes)
}

/** What stands behind the last `/` or `\`: the only part of a local path that may be announced (SDP-10). */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1)
}

function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte !== 0x7f && byte !== 0x22 && byte !== 0x25
}
