/**
 * `text` with everything made visible that could move the cursor, change colours or reorder what stands on the line:
 * control characters (C0, DEL, C1), bidirectional marks, line and paragraph separators, invisible and unassigned formatting characters.
 * Each becomes `\x1b` or `\u202e`; the backslash itself stays as it is. Lone surrogates become U+FFFD.
 */
export function visibleText(text: string): string {
  let visible = ''
  for (const character of text) {
    const code = character.codePointAt(0) as number
    if (!isDangerous(code)) visible += character
    else if (code >= 0xd800 && code <= 0xdfff) visible += '\ufffd'
    else visible += code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  }
  return visible
}

function isDangerous(code: number): boolean {
  if (code < 0x20 || (code >= 0x7f && code <= 0x9f)) return true
  if (code < 0xad) return false
  return FORMATTING.some(([first, last]) => code >= first && code <= last)
}

/** Unicode general category Cf, Zl, Zp and Cs as far as they hide or reorder text; emoji joiners (U+200D) are harmless and stay. */
const FORMATTING: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x61c, 0x61c],
  [0x180e, 0x180e],
  [0x200b, 0x200c],
  [0x200e, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xfff0, 0xfffb],
  [0xfffe, 0xffff],
  [0xe0000, 0xe007f],
]
