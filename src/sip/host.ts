import { ALPHA, DIGIT, HEX, is } from '../wire/index.js'

/**
 * host = hostname / IPv4address / IPv6reference (RFC 3261 §25.1). Kept without brackets everywhere: `2001:db8::9`.
 * Underscores are outside the grammar but live in real names, so they pass.
 */
export function isHost(host: string): boolean {
  return host.length <= HOST_LENGTH && (host.includes(':') ? isIpv6(host) : isHostname(host))
}

/** Host as it stands in URIs and Via: IPv6 in brackets. */
export function formatHost(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

/** `example.org`, `192.0.2.1:5060`, `[2001:db8::9]:5070` in `text[from, to)`; undefined when host or port break the grammar. */
export function parseHostPort(text: string, from = 0, to = text.length): { host: string; port?: number } | undefined {
  const end = endOfHostname(text, from, to)
  if (end > from && end - from <= HOST_LENGTH) {
    if (end === to) return { host: text.slice(from, end) }
    const port = text.charCodeAt(end) === COLON ? parsePort(text, end + 1, to) : undefined
    if (port !== undefined) return { host: text.slice(from, end), port }
  }
  return parseUnusualHostPort(text.slice(from, to))
}

/** With brackets, or with blanks around its parts. */
function parseUnusualHostPort(text: string): { host: string; port?: number } | undefined {
  const bracket = text.startsWith('[') ? text.indexOf(']') : -1
  if (text.startsWith('[') && bracket < 0) return undefined
  const colon = text.indexOf(':', bracket + 1)
  const end = colon < 0 ? text.length : colon
  // RFC 5118 §4.10: the old grammar led to a third colon before an IPv4 tail
  const host = bracket < 0 ? text.slice(0, end).trim() : text.slice(1, bracket).replace(':::', '::')
  if (bracket >= 0 ? !isIpv6(host) || text.slice(bracket + 1, end).trim() !== '' : !isHost(host)) return undefined
  if (colon < 0) return { host }
  const port = parsePort(text.slice(colon + 1).trim())
  return port === undefined ? undefined : { host, port }
}

/** 1 to 65535; leading zeros are allowed (RFC 4475 §3.1.1.1). */
export function parsePort(text: string, from = 0, to = text.length): number | undefined {
  if (from === to || to - from > 10) return undefined
  let port = 0
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    if (!is(code, DIGIT)) return undefined
    port = port * 10 + code - 0x30
  }
  return port >= 1 && port <= 65535 ? port : undefined
}

export function isIpv4(text: string): boolean {
  const parts = text.length <= 15 ? text.split('.') : []
  return parts.length === 4 && parts.every(isOctet)
}

/** RFC 4291 §2.2 text forms, without zone. */
export function isIpv6(text: string): boolean {
  if (text.length < 2 || text.length > 45) return false
  const gap = text.indexOf('::')
  if (gap >= 0 && text.indexOf('::', gap + 1) >= 0) return false
  if (gap < 0) return countGroups(text, true) === 8
  const head = gap === 0 ? 0 : countGroups(text.slice(0, gap), false)
  const tail = gap + 2 === text.length ? 0 : countGroups(text.slice(gap + 2), true)
  return head >= 0 && tail >= 0 && head + tail <= 7
}

/** 16-bit groups in `a:b:c`, where the last may be an IPv4 address that counts two; -1 when a group is malformed. */
function countGroups(text: string, ipv4AtEnd: boolean): number {
  const groups = text.split(':')
  let count = 0
  for (const [index, group] of groups.entries()) {
    if (ipv4AtEnd && index === groups.length - 1 && isIpv4(group)) count += 2
    else if (isGroup(group)) count++
    else return -1
  }
  return count
}

function isGroup(group: string): boolean {
  if (group.length === 0 || group.length > 4) return false
  for (let index = 0; index < group.length; index++) if (!is(group.charCodeAt(index), HEX)) return false
  return true
}

function isOctet(part: string): boolean {
  if (part.length === 0 || part.length > 3) return false
  for (let index = 0; index < part.length; index++) if (!is(part.charCodeAt(index), DIGIT)) return false
  return Number(part) <= 255
}

function isHostname(host: string): boolean {
  return host.length > 0 && endOfHostname(host, 0, host.length) === host.length
}

/** Index of the first character that cannot belong to the host name that starts at `from`. */
function endOfHostname(text: string, from: number, to: number): number {
  let previous = DOT
  for (let index = from; index < to; index++) {
    const code = text.charCodeAt(index)
    if (!is(code, ALPHA | DIGIT) && code !== 0x2d && code !== DOT && code !== 0x5f) return index
    if (code === DOT && previous === DOT) return index
    previous = code
  }
  return to
}

const DOT = 0x2e
const COLON = 0x3a

/** RFC 1035 §2.3.4 */
const HOST_LENGTH = 255
