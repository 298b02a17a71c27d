import { decodeUtf8, encodeUtf8, is, percentDecode, percentEncode, UNRESERVED } from '../wire/index.js'

/** `cid:id2@alicepc.example.com` of a Content-ID without angle brackets; unsafe bytes become `%HH`, `@` stays (SDP-20, RFC 2392 §2). */
export function formatFileIcon(contentId: string): string {
  return `cid:${percentEncode(encodeUtf8(contentId), byte => is(byte, UNRESERVED) || "@!$&'()*+,;=".includes(String.fromCharCode(byte)))}`
}

/** The Content-ID of a `cid:` URL, decoded; undefined for anything else: the icon then is ignored (SDP-20). */
export function parseFileIcon(value: string): string | undefined {
  if (value.slice(0, 4).toLowerCase() !== 'cid:' || value.length === 4) return undefined
  const bytes = percentDecode(value.slice(4))
  return bytes && decodeUtf8(bytes)
}
