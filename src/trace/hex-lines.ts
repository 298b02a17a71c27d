/** One line of octets. */
export interface HexLine {
  /** Place of the first one. */
  readonly offset: number
  /** `4d 53 52 50`, two digits for each. */
  readonly hex: string
  /** The same as text: what is no printable ASCII is a dot. */
  readonly ascii: string
}

/** The octets of `text` (one character each) in lines of `perLine`. */
export function hexLines(text: string, perLine = 16): readonly HexLine[] {
  const lines: HexLine[] = []
  for (let offset = 0; offset < text.length; offset += perLine) {
    const codes = [...text.slice(offset, offset + perLine)].map(character => character.charCodeAt(0) & 0xff)
    lines.push({
      offset,
      hex: codes.map(code => code.toString(16).padStart(2, '0')).join(' '),
      ascii: codes.map(code => (code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '.')).join(''),
    })
  }
  return lines
}
