import { decodeLatin1, decodeUtf8, encodeLatin1, encodeUtf8 } from '../wire/index.js'
import { MAX_INFORMATION } from './limits.js'

/** Text of an `i=` line, from one character per byte to Unicode; at most 1000 characters, more are cut off (SDP-22). */
export function parseInformation(line: string): string {
  return cut(decodeUtf8(encodeLatin1(line)))
}

/** The text as UTF-8 with one character per byte, cut like `parseInformation` does. */
export function formatInformation(text: string): string {
  return decodeLatin1(encodeUtf8(cut(text)))
}

/** Never leaves half of a surrogate pair at the end. */
function cut(text: string): string {
  if (text.length <= MAX_INFORMATION) return text
  const last = text.charCodeAt(MAX_INFORMATION - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? MAX_INFORMATION - 1 : MAX_INFORMATION)
}
