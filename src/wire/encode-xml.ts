import { LocalProtocolError } from './errors.js'
import { encodeUtf8 } from './text.js'

/** An element to write. Names carry their prefix, and the prefix is declared by an attribute like any other: `['xmlns:cp', 'urn:x']`. */
export interface XmlOutput {
  readonly name: string
  readonly attributes?: readonly (readonly [name: string, value: string])[]
  readonly content?: readonly (XmlOutput | string)[]
}

/**
 * Octets of the document, XML declaration in front, without added white space. Every text and value is escaped.
 * @throws LocalProtocolError like `formatXml`
 */
export function encodeXml(root: XmlOutput): Uint8Array {
  return encodeUtf8(formatXml(root))
}

/**
 * The same as text.
 * @throws LocalProtocolError for a name that is none, or a text with characters that XML 1.0 cannot hold at all
 */
export function formatXml(root: XmlOutput): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\r\n${elementText(root)}`
}

function elementText({ name, attributes = [], content = [] }: XmlOutput): string {
  const tag = [checkName(name), ...attributes.map(([key, value]) => `${checkName(key)}="${escapeText(value)}"`)].join(' ')
  if (content.length === 0) return `<${tag}/>`
  return `<${tag}>${content.map(part => (typeof part === 'string' ? escapeText(part) : elementText(part))).join('')}</${name}>`
}

/** Tab and line ends would be changed on reading, in values even into spaces (XML 1.0 §2.11, §3.3.3). */
const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\t': '&#9;',
  '\n': '&#10;',
  '\r': '&#13;',
}

function escapeText(text: string): string {
  let escaped = ''
  for (const character of text) {
    const escape = ESCAPES[character]
    if (escape === undefined && !isAllowed(character.codePointAt(0) as number))
      throw new LocalProtocolError('bad-xml-text', 'The text holds a character that XML cannot hold.')
    escaped += escape ?? character
  }
  return escaped
}

/** XML 1.0 §2.2 Char, tab and line ends left aside. */
function isAllowed(code: number): boolean {
  return code >= 0x20 && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff
}

/** ASCII names are enough for every vocabulary that is written here. */
function checkName(name: string): string {
  if (/^[A-Za-z_][A-Za-z0-9_.:-]*$/.test(name)) return name
  throw new LocalProtocolError('bad-xml-name', `"${name}" is no name of XML.`)
}
