import { HEX, is } from './characters.js'
import { decodeLatin1 } from './text.js'

/** Replaces each byte that `keep` refuses by `%HH` in upper case. The result is one character per byte. */
export function percentEncode(bytes: Uint8Array, keep: (byte: number) => boolean): string {
  let text = ''
  for (const byte of bytes) text += keep(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  return text
}

/**
 * Decodes `%HH` once (never twice, SEC-2). Input and output are one character per byte.
 * @returns undefined when a `%` is not followed by two hex digits and `lenient` is off; with `lenient` that `%` stays.
 */
export function percentDecode(text: string, lenient = false): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length)
  let at = 0
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code !== 0x25) {
      bytes[at++] = code
    } else if (is(text.charCodeAt(index + 1), HEX) && is(text.charCodeAt(index + 2), HEX)) {
      bytes[at++] = Number.parseInt(text.slice(index + 1, index + 3), 16)
      index += 2
    } else if (lenient) bytes[at++] = code
    else return undefined
  }
  return bytes.subarray(0, at)
}

/** The percent-decoded text as one character per byte, or the text itself when it is not well-formed. */
export function percentDecoded(text: string): string {
  const bytes = percentDecode(text)
  return bytes === undefined ? text : decodeLatin1(bytes)
}
