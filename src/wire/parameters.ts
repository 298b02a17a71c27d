import { is, SDP_TOKEN, SIP_TOKEN } from './characters.js'

/**
 * `;name=value;flag;other="quoted \" value"` — the parameter tail of SIP and MIME header values.
 * Names are lower case; a parameter without `=` has the value ''. Quoted values are unquoted here.
 */
export type Parameters = ReadonlyMap<string, string>

/**
 * Reads parameters from `text[from …]`, which is empty or starts with `;` (white space allowed around separators).
 * @returns undefined when the text does not follow the grammar or a name repeats
 */
export function parseParameters(text: string, from = 0): Parameters | undefined {
  let at = skipSpace(text, from)
  if (at >= text.length) return NONE
  const parameters = new Map<string, string>()
  while (at < text.length) {
    if (text.charCodeAt(at) !== SEMICOLON) return undefined
    at = skipSpace(text, at + 1)
    if (at >= text.length) return parameters // a trailing ";" is common and harmless
    at = readParameter(text, at, parameters)
    if (at < 0) return undefined
  }
  return parameters
}

/** Adds the one parameter that is all of `text`, but for a ";" behind it. @returns false when it is none, or another of this name is there */
export function addParameter(text: string, parameters: Map<string, string>): boolean {
  const at = readParameter(text, 0, parameters)
  return at >= 0 && (at === text.length || (text.charCodeAt(at) === SEMICOLON && skipSpace(text, at + 1) === text.length))
}

/** @returns the index behind the parameter at `text[at]` and its white space; -1 when there is none, or another of this name */
function readParameter(text: string, at: number, parameters: Map<string, string>): number {
  const name = readName(text, at)
  if (name === '' || parameters.has(name)) return -1
  at = skipSpace(text, at + name.length)
  if (text.charCodeAt(at) !== EQUALS) {
    parameters.set(name, '')
    return at
  }
  at = skipSpace(text, at + 1)
  if (text.charCodeAt(at) === QUOTE) {
    const quoted = readQuoted(text, at)
    if (quoted === undefined) return -1
    parameters.set(name, quoted.value)
    return skipSpace(text, quoted.end)
  }
  const end = endOfValue(text, at)
  parameters.set(name, text.slice(at, end))
  return skipSpace(text, end)
}

/** The quoted string that starts at `text[at]`, unescaped, and the index after its closing quote (RFC 3261 §25.1). */
export function readQuoted(text: string, at: number): { value: string; end: number } | undefined {
  let value = ''
  let start = at + 1
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === QUOTE) return { value: value + text.slice(start, index), end: index + 1 }
    if (code === BACKSLASH) {
      value += text.slice(start, index)
      start = ++index
    }
  }
  return undefined
}

/** `text` as a quoted string with `\` before quotes and backslashes. */
export function quote(text: string): string {
  let quoted = '"'
  for (const character of text) quoted += character === '"' || character === '\\' ? `\\${character}` : character
  return `${quoted}"`
}

/** Splits at `separator` outside quotes and angle brackets; pieces are trimmed, empty ones kept. */
export function splitOutsideQuotes(text: string, separator: string): string[] {
  const pieces: string[] = []
  let start = 0
  let inAngle = false
  for (let index = 0; index < text.length; index++) {
    const character = text[index]
    if (character === '"' && !inAngle) {
      const quoted = readQuoted(text, index)
      if (quoted === undefined) break
      index = quoted.end - 1
    } else if (character === '<') inAngle = true
    else if (character === '>') inAngle = false
    else if (character === separator && !inAngle) {
      pieces.push(text.slice(start, index).trim())
      start = index + 1
    }
  }
  pieces.push(text.slice(start).trim())
  return pieces
}

function skipSpace(text: string, at: number): number {
  while (isBlank(text.charCodeAt(at))) at++
  return at
}

/** The token that starts at `text[at]`, lower case; '' when there is none. */
function readName(text: string, at: number): string {
  let end = at
  let hasUpper = false
  for (let code = text.charCodeAt(end); is(code, SIP_TOKEN | SDP_TOKEN); code = text.charCodeAt(++end))
    hasUpper ||= code >= 0x41 && code <= 0x5a
  const name = text.slice(at, end)
  return hasUpper ? name.toLowerCase() : name
}

/** Index of the next blank or ";". */
function endOfValue(text: string, at: number): number {
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (isBlank(code) || code === SEMICOLON) break
  }
  return at
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

const NONE: Parameters = new Map()
const QUOTE = 0x22
const SEMICOLON = 0x3b
const EQUALS = 0x3d
const BACKSLASH = 0x5c
