import { ALPHA, consistsOf, DIGIT, is, percentDecode, type Random, randomToken, UNRESERVED, VISIBLE, decodeLatin1 } from '../wire/index.js'
import { parseHost } from './host-address.js'
import { INVALID_HOST_LENGTH, SESSION_ID_LENGTH } from './limits.js'

/**
 * An MSRP URI (RFC 4975 §9):
 *
 *     MSRP-URI = ("msrp" / "msrps") "://" [userinfo "@"] host [":" port] ["/" session-id] ";" transport *(";" parameter)
 *     msrps://alice@relay.example.com:2855/u8Kx03;tcp
 */
export interface MsrpUri {
  /** `msrps`: the connection must use TLS. */
  readonly secure: boolean
  readonly userinfo?: string
  /** Name, IPv4 address, or IPv6 address in brackets, as written. */
  readonly host: string
  readonly port?: number
  readonly sessionId?: string
  /** Lower case: `tcp`, `ws`. */
  readonly transport: string
  /** What follows the transport, each as written: `p=1`. */
  readonly parameters: readonly string[]
}

/** Reads one URI; undefined when it does not follow the grammar or its userinfo holds a password (RFC 4975 §6, CON-1). */
export function parseMsrpUri(text: string): MsrpUri | undefined {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase()
  if (scheme !== 'msrp' && scheme !== 'msrps') return undefined
  if (!text.startsWith('://', scheme.length) || !consistsOf(text, VISIBLE)) return undefined
  const semicolon = text.indexOf(';', scheme.length)
  if (semicolon < 0) return undefined // the transport is not optional
  const [transport = '', ...parameters] = text.slice(semicolon + 1).split(';')
  if (!consistsOf(transport, ALPHA | DIGIT) || !parameters.every(isParameter)) return undefined
  const before = text.slice(scheme.length + 3, semicolon)
  const slash = before.indexOf('/')
  const authority = parseAuthority(slash < 0 ? before : before.slice(0, slash))
  const sessionId = slash < 0 ? undefined : before.slice(slash + 1)
  if (authority === undefined || (sessionId !== undefined && !isSessionId(sessionId))) return undefined
  return {
    secure: scheme === 'msrps',
    ...authority,
    ...(sessionId !== undefined && { sessionId }),
    transport: transport.toLowerCase(),
    parameters,
  }
}

export function formatMsrpUri(uri: MsrpUri): string {
  const userinfo = uri.userinfo === undefined ? '' : `${uri.userinfo}@`
  const port = uri.port === undefined ? '' : `:${uri.port}`
  const sessionId = uri.sessionId === undefined ? '' : `/${uri.sessionId}`
  return `${uri.secure ? 'msrps' : 'msrp'}://${userinfo}${uri.host}${port}${sessionId};${[uri.transport, ...uri.parameters].join(';')}`
}

/** The comparison of RFC 4975 §6.1: user and further parameters do not count, the session-id counts with its case (CON-3). */
export function equalMsrpUris(a: MsrpUri, b: MsrpUri): boolean {
  return (
    a.secure === b.secure && a.port === b.port && a.sessionId === b.sessionId && a.transport === b.transport && sameHost(a.host, b.host)
  )
}

/** A session-id that nobody can guess (RFC 4975 §14.1, CON-2). */
export function newSessionId(random: Random): string {
  return randomToken(random, SESSION_ID_LENGTH)
}

/**
 * Own URI of a WebSocket client, which does not know its address: `msrps://<random>.invalid:2855/<session>;ws` (RFC 7977 §5.2.1,
 * §8.1.1; WS-3). The relay that the WebSocket leads to stands before it in every path.
 */
export function newWebSocketUri(random: Random): string {
  const host = `${randomToken(random, INVALID_HOST_LENGTH).toLowerCase()}.invalid`
  return `msrps://${host}:2855/${newSessionId(random)};ws`
}

function parseAuthority(text: string): { userinfo?: string; host: string; port?: number } | undefined {
  const at = text.lastIndexOf('@')
  const userinfo = at < 0 ? undefined : text.slice(0, at)
  if (userinfo !== undefined && (userinfo.includes(':') || userinfo.includes('@'))) return undefined // a password (RFC 4975 §6)
  const place = text.slice(at + 1)
  const hostEnd = place.startsWith('[') ? place.indexOf(']') + 1 : endOfName(place)
  const host = place.slice(0, hostEnd)
  const rest = place.slice(hostEnd)
  if (!isHost(host)) return undefined
  const base = { ...(userinfo !== undefined && { userinfo }), host }
  if (rest === '') return base
  const digits = rest.slice(1)
  if (rest[0] !== ':' || digits.length > 5 || !consistsOf(digits, DIGIT) || Number(digits) > 65_535) return undefined
  return { ...base, port: Number(digits) }
}

function endOfName(place: string): number {
  const colon = place.indexOf(':')
  return colon < 0 ? place.length : colon
}

function isHost(host: string): boolean {
  if (host.startsWith('[')) return parseHost(host) !== undefined
  for (let index = 0; index < host.length; index++) {
    const code = host.charCodeAt(index)
    if (!is(code, UNRESERVED) && !"%!$&'()*+,=".includes(host[index] as string)) return false
  }
  return host !== '' && percentDecode(host) !== undefined
}

function isSessionId(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    if (!is(text.charCodeAt(index), UNRESERVED) && !'+=/'.includes(text[index] as string)) return false
  }
  return text !== ''
}

function isParameter(text: string): boolean {
  return text !== '' && !text.startsWith('=')
}

function sameHost(a: string, b: string): boolean {
  if (a === b) return true
  const left = comparableHost(a)
  return left === comparableHost(b)
}

/** IP addresses by value, names in lower case, `%HH` of unreserved characters decoded (RFC 4975 §6.1 rule 2). */
function comparableHost(host: string): string {
  const decoded = decodeLatin1(percentDecode(host, true) as Uint8Array).toLowerCase()
  return parseHost(decoded) ?? decoded
}
