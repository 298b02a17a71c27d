import { consistsOf, DIGIT, HEX } from '../wire/index.js'

/**
 * The value of a numeric host: `192.0.2.1` or `[2001:db8::1]` as text that is equal exactly when the addresses are.
 * @returns undefined for names and for anything malformed
 */
export function parseHost(host: string): string | undefined {
  if (host.startsWith('[') && host.endsWith(']')) return parseIpv6(host.slice(1, -1))?.join(':')
  return parseIpv4(host)?.join('.')
}

/** Four decimal octets without leading zeros (RFC 3986 §3.2.2). */
function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const octets: number[] = []
  for (const part of parts) {
    if (part.length > 3 || !consistsOf(part, DIGIT) || (part.length > 1 && part[0] === '0') || Number(part) > 255) return undefined
    octets.push(Number(part))
  }
  return octets
}

/** Eight groups; `::` stands once for one or more zero groups; the last two may be written as IPv4 (RFC 4291 §2.2). */
function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::')
  if (halves.length > 2 || text.length > 45) return undefined
  const head = parseGroups(halves[0] as string)
  const tail = halves.length === 2 ? parseGroups(halves[1] as string) : []
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  return [...head, ...new Array<number>(missing).fill(0), ...tail]
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return []
  const parts = text.split(':')
  const groups: number[] = []
  for (const [index, part] of parts.entries()) {
    const ipv4 = index === parts.length - 1 ? parseIpv4(part) : undefined
    if (ipv4 !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = ipv4
      groups.push(a * 256 + b, c * 256 + d)
    } else if (part.length > 4 || !consistsOf(part, HEX)) return undefined
    else groups.push(Number.parseInt(part, 16))
  }
  return groups
}
