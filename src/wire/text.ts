/** Writes `text` at `target[at]`. @returns the index behind it; -1 when it is not ASCII or has no room there: then `target` may hold a part of it */
export function writeAscii(text: string, target: Uint8Array, at: number): number {
  if (text.length > target.length - at) return -1
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code >= 0x80) return -1
    target[at++] = code
  }
  return at
}

/** Bytes of `text` as UTF-8 (RFC 3629); lone surrogates become U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3)
  let at = 0
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index)
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = index + 1 < text.length ? text.charCodeAt(index + 1) : 0
      if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
        index++
      } else code = 0xfffd
    }
    if (code < 0x80) bytes[at++] = code
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    } else {
      bytes[at++] = 0xf0 | (code >> 18)
      bytes[at++] = 0x80 | ((code >> 12) & 0x3f)
      bytes[at++] = 0x80 | ((code >> 6) & 0x3f)
      bytes[at++] = 0x80 | (code & 0x3f)
    }
  }
  return bytes.subarray(0, at)
}

/** UTF-8 text of `bytes[from, to)`; every ill-formed sequence becomes one U+FFFD. */
export function decodeUtf8(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return isAscii(bytes, from, to) ? decodeLatin1(bytes, from, to) : readUtf8(bytes, from, to).text
}

/** Whether `bytes[from, to)` is well-formed UTF-8 (shortest form, no surrogates, at most U+10FFFF). */
export function isUtf8(bytes: Uint8Array, from = 0, to = bytes.length): boolean {
  return readUtf8(bytes, from, to).wellFormed
}

/** Text with one character per byte, U+0000 to U+00FF. Reverses `encodeLatin1` for every byte sequence. */
export function decodeLatin1(bytes: Uint8Array, from = 0, to = bytes.length): string {
  let text = ''
  for (let at = from; at < to; at += CODE_UNITS_AT_ONCE) text += fromCharCodes(bytes.subarray(at, Math.min(to, at + CODE_UNITS_AT_ONCE)))
  return text
}

/** One byte per character; the low eight bits of characters above U+00FF. */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index)
  return bytes
}

/** Concatenates short pieces (heads, descriptions). Never used for file bytes. */
export function concatBytes(...pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}

/** Arguments of one `String.fromCharCode` call; engines limit them to about 65,000. */
const CODE_UNITS_AT_ONCE = 8192

function readUtf8(bytes: Uint8Array, from: number, to: number): { text: string; wellFormed: boolean } {
  const units: number[] = []
  let text = ''
  let wellFormed = true
  let at = from
  while (at < to) {
    const lead = bytes[at] as number
    if (lead < 0x80) {
      units.push(lead)
      at++
    } else {
      const length = sequenceLength(bytes, at, to)
      if (length > 0) pushCodePoint(units, codePoint(bytes, at, length))
      else {
        units.push(0xfffd)
        wellFormed = false
      }
      at += Math.abs(length)
    }
    if (units.length >= CODE_UNITS_AT_ONCE) text += fromCharCodes(units.splice(0))
  }
  return { text: text + fromCharCodes(units), wellFormed }
}

function isAscii(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if ((bytes[at] as number) > 0x7f) return false
  return true
}

/** Length of the well-formed sequence at `at`, or minus the number of bytes to replace by U+FFFD (RFC 3629 §4). */
function sequenceLength(bytes: Uint8Array, at: number, to: number): number {
  const lead = bytes[at] as number
  const wanted = lead >= 0xc2 && lead <= 0xdf ? 2 : lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0
  if (wanted === 0) return -1
  for (let index = 1; index < wanted; index++) {
    const byte = at + index < to ? (bytes[at + index] as number) : 0
    const low = index === 1 && lead === 0xe0 ? 0xa0 : index === 1 && lead === 0xf0 ? 0x90 : 0x80
    const high = index === 1 && lead === 0xed ? 0x9f : index === 1 && lead === 0xf4 ? 0x8f : 0xbf
    if (byte < low || byte > high) return -index
  }
  return wanted
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  let code = (bytes[at] as number) & (0x7f >> length)
  for (let index = 1; index < length; index++) code = (code << 6) | ((bytes[at + index] as number) & 0x3f)
  return code
}

function pushCodePoint(units: number[], code: number): void {
  if (code < 0x10000) units.push(code)
  else units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff))
}

/** `apply` takes array-likes as they are; spreading a typed array walks an iterator and is nine times slower. */
function fromCharCodes(units: ArrayLike<number>): string {
  return String.fromCharCode.apply(null, units as number[])
}
