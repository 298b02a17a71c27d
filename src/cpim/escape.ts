/** RFC 3862 §2.3.1: four control characters by name, the others as \uHHHH; a quote only where quotes delimit the value. */
export function escapeValue(text: string, quoted: boolean): string {
  let escaped = ''
  for (const character of text) {
    const code = character.charCodeAt(0)
    const named = NAMES[character]
    if (named !== undefined) escaped += `\\${named}`
    else if (code < 0x20 || code === 0x7f) escaped += `\\u${code.toString(16).padStart(4, '0')}`
    else if (character === '"' && quoted) escaped += '\\"'
    else escaped += character
  }
  return escaped
}

/** RFC 3862 §2.3.1: an unknown escape is the character behind the backslash, a backslash at the end is nothing. */
export function unescapeValue(text: string): string {
  let value = ''
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== '\\') {
      value += text[index]
      continue
    }
    const escape = text[++index]
    const hex = text.slice(index + 1, index + 5)
    if (escape === 'u' && /^[0-9A-Fa-f]{4}$/.test(hex)) {
      value += String.fromCharCode(Number.parseInt(hex, 16))
      index += 4
    } else if (escape !== undefined) value += NAMED_ESCAPES[escape] ?? escape
  }
  return value
}

const NAMED_ESCAPES: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', r: '\r' }
const NAMES: Readonly<Record<string, string>> = { '\b': 'b', '\t': 't', '\n': 'n', '\r': 'r', '\\': '\\' }
