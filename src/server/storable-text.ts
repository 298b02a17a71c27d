/** PostgreSQL takes neither NUL nor half of a surrogate pair in text; both become U+FFFD in either engine. */
export function storableText(text: string): string {
  return isPlain(text) ? text : [...text].map(character => (isPlain(character) ? character : '\u{FFFD}')).join('')
}

export function storableOptional(text: string | undefined): string | null {
  return text === undefined ? null : storableText(text)
}

function isPlain(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 0) return false
    if (code < 0xd800 || code > 0xdfff) continue
    const next = text.charCodeAt(index + 1)
    if (code > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false
    index++
  }
  return true
}
