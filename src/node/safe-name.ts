import sanitize from 'sanitize-filename'
import { MAX_EXTENSION, MAX_NAME } from './limits.js'

/** Name of a file whose announced name leaves nothing usable. */
const FALLBACK = 'file'

/**
 * A name for the disk made from a name from the wire (SEC-1): last path segment, no control, bidi or invisible characters,
 * no characters or device names that some system forbids, at most 200 octets of UTF-8 with the extension kept.
 * A name that would be hidden, `.profile`, gets a `_` in front: what arrives shall be seen, and no program shall read it as its settings.
 * The hint is taken as it is: percent signs are never decoded here (SEC-2). Works alike for `filename` of Content-Disposition (SEC-3).
 */
export function safeName(hint: string): string {
  const segment = hint.slice(Math.max(hint.lastIndexOf('/'), hint.lastIndexOf('\\')) + 1)
  const visible = trimEnd(dropForbidden(segment))
  const name = cut(isDevice(visible) || visible.startsWith('.') ? `_${visible}` : visible)
  // a second opinion: after the rules above it has nothing to remove, and what it does not know it leaves alone
  const clean = trimEnd(sanitize(name))
  return clean === '' ? FALLBACK : clean
}

/** `photo.jpg` with 2 gives `photo (2).jpg`. */
export function numberedName(name: string, number: number): string {
  const { stem, extension } = split(name)
  return `${stem} (${number})${extension}`
}

/** Windows opens a device for these, with any extension and in any folder. */
const DEVICES = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])$/i

function isDevice(name: string): boolean {
  const dot = name.indexOf('.')
  const stem = trimEnd(dot < 0 ? name : name.slice(0, dot))
  return stem.length <= 7 && DEVICES.test(stem)
}

function dropForbidden(name: string): string {
  let kept = ''
  for (const character of name) if (!isForbidden(character.codePointAt(0) as number)) kept += character
  return kept
}

/** Characters that Windows refuses in names; `:` would name a stream of the file on NTFS. */
const ILLEGAL = ':?<>*|"'

function isForbidden(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    ILLEGAL.includes(String.fromCodePoint(code)) ||
    isBidiControl(code) ||
    isInvisible(code) ||
    (code >= 0xd800 && code <= 0xdfff) // a lone surrogate has no UTF-8
  )
}

function isBidiControl(code: number): boolean {
  return code === 0x61c || code === 0x200e || code === 0x200f || (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
}

/** Zero-width space, line and paragraph separator, word joiner, byte order mark. The joiners of emoji and Indic scripts stay. */
function isInvisible(code: number): boolean {
  return code === 0x200b || code === 0x2028 || code === 0x2029 || code === 0x2060 || code === 0xfeff
}

function trimEnd(name: string): string {
  let end = name.length
  while (end > 0 && (name[end - 1] === '.' || name[end - 1] === ' ')) end--
  return name.slice(0, end)
}

function split(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf('.')
  if (dot <= 0 || Buffer.byteLength(name.slice(dot)) > MAX_EXTENSION) return { stem: name, extension: '' }
  return { stem: name.slice(0, dot), extension: name.slice(dot) }
}

function cut(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME) return name
  const { stem, extension } = split(name)
  let room = MAX_NAME - Buffer.byteLength(extension)
  let kept = ''
  // by code points: no character is split
  for (const character of stem) {
    room -= Buffer.byteLength(character)
    if (room < 0) break
    kept += character
  }
  return kept + extension
}
