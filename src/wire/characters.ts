/** Character classes of the ABNF grammars, one bit each; test with `is(code, TOKEN)`. */
export const ALPHA = 1
export const DIGIT = 2
export const HEX = 4
/** RFC 3261 §25.1 token: alphanum / "-" / "." / "!" / "%" / "*" / "_" / "+" / "`" / "'" / "~" */
export const SIP_TOKEN = 8
/** RFC 4566 §9 token-char, also the token of RFC 5547 selectors and transfer ids and the one of MIME (RFC 2045 §5.1) */
export const SDP_TOKEN = 16
/** RFC 4975 §9 ident-char: alphanum / "." / "-" / "+" / "%" / "=" */
export const MSRP_IDENT = 32
/** RFC 3986 §2.3 unreserved: alphanum / "-" / "." / "_" / "~" */
export const UNRESERVED = 64
/** Printable ASCII without space */
export const VISIBLE = 128

const CLASSES = new Uint8Array(256)
mark('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', ALPHA | SIP_TOKEN | SDP_TOKEN | MSRP_IDENT | UNRESERVED)
mark('0123456789', DIGIT | HEX | SIP_TOKEN | SDP_TOKEN | MSRP_IDENT | UNRESERVED)
mark('ABCDEFabcdef', HEX)
mark("-.!%*_+`'~", SIP_TOKEN)
mark("!#$%&'*+-.^_`{|}~", SDP_TOKEN)
mark('.-+%=', MSRP_IDENT)
mark('-._~', UNRESERVED)
for (let code = 0x21; code < 0x7f; code++) CLASSES[code] = (CLASSES[code] as number) | VISIBLE

/** Whether the character code (or byte) belongs to one of the classes in `mask`. */
export function is(code: number, mask: number): boolean {
  return code < 256 && ((CLASSES[code] as number) & mask) !== 0
}

/** Whether `text` is not empty and consists of characters of `mask` only. */
export function consistsOf(text: string, mask: number): boolean {
  if (text.length === 0) return false
  for (let index = 0; index < text.length; index++) if (!is(text.charCodeAt(index), mask)) return false
  return true
}

/** ASCII case-insensitive equality, as the grammars mean it: `toLowerCase` alone would also take the Kelvin sign for a k. */
export function equalFold(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (fold(a.charCodeAt(index)) !== fold(b.charCodeAt(index))) return false
  return true
}

/** Decimal digits to an integer of at most 2^53-1; undefined for anything else. */
export function parseInteger(text: string): number | undefined {
  if (text.length > 16 || !consistsOf(text, DIGIT)) return undefined
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : undefined
}

/** Whether a value from the application would break out of its header line (SEC-14). */
export function hasLineBreak(text: string): boolean {
  return text.includes('\r') || text.includes('\n') || text.includes('\0')
}

function fold(code: number): number {
  return code >= 0x41 && code <= 0x5a ? code + 0x20 : code
}

function mark(characters: string, mask: number): void {
  for (let index = 0; index < characters.length; index++) {
    const code = characters.charCodeAt(index)
    CLASSES[code] = (CLASSES[code] as number) | mask
  }
}
