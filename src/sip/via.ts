import { consistsOf, DIGIT, equalFold, is, type Parameters, parseParameters, SIP_TOKEN } from '../wire/index.js'
import { listValues, splitList } from './header-list.js'
import type { SipHeaders } from './headers.js'
import { formatHost, isHost, parseHostPort, parsePort } from './host.js'
import type { SipMessage, SipRequest } from './message.js'
import { formatParameters } from './parameter-tail.js'
import type { Address } from './user-agent-types.js'

/** `SIP/2.0/TCP host:port;branch=z9hG4bK…;received=192.0.2.1;rport=5062` (RFC 3261 §20.42, RFC 3581) */
export interface Via {
  /** Upper case: `UDP`, `TCP`, `TLS`, `WS`, `WSS`, or a token we do not know. */
  readonly transport: string
  readonly host: string
  readonly port?: number
  readonly branch?: string
  readonly received?: string
  /** true: asked for by the client and not yet filled in. */
  readonly rport?: number | true
  /** All others, such as `maddr`, `ttl`, `alias`, `keep`. */
  readonly parameters: Parameters
}

export function parseVia(text: string): Via | undefined {
  const semicolon = text.indexOf(';')
  const end = semicolon < 0 ? text.length : semicolon
  const from = text.startsWith(PROTOCOL) ? PROTOCOL.length : afterProtocol(text, end)
  let space = from
  while (space < end && is(text.charCodeAt(space), SIP_TOKEN)) space++
  let at = space
  while (at < end && isBlank(text.charCodeAt(at))) at++
  // a blank must follow the transport, and something that blank
  if (space === from || at === space) return undefined
  let to = end
  while (to > at && isBlank(text.charCodeAt(to - 1))) to--
  const place = parseHostPort(text, at, to)
  const parameters = parseParameters(text, end)
  return place && parameters && withParameters(text.slice(from, space).toUpperCase(), place, parameters)
}

/** Index of the transport behind `SIP / 2.0 /`, which may hold blanks; `end` when something else stands there. */
function afterProtocol(text: string, end: number): number {
  const first = text.indexOf('/')
  const second = text.indexOf('/', first + 1)
  if (first < 0 || second < 0 || second > end) return end
  if (!equalFold(text.slice(0, first).trim(), 'SIP') || text.slice(first + 1, second).trim() !== '2.0') return end
  let at = second + 1
  while (at < end && isBlank(text.charCodeAt(at))) at++
  return at
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

export function formatVia(via: Via): string {
  let text = `SIP/2.0/${via.transport} ${formatHost(via.host)}`
  if (via.port !== undefined) text += `:${via.port}`
  if (via.branch !== undefined) text += `;branch=${via.branch}`
  if (via.received !== undefined) text += `;received=${via.received}`
  if (via.rport !== undefined) text += via.rport === true ? ';rport' : `;rport=${via.rport}`
  return text + formatParameters(via.parameters)
}

/** Topmost Via; undefined when there is none or it is malformed. */
export function topVia(message: SipMessage): Via | undefined {
  return message.headers.read('via', parseFirst)
}

function parseFirst(line: string): Via | undefined {
  const [first] = splitList(line)
  return first === undefined ? undefined : parseVia(first)
}

/** All Via values, topmost first; undefined when one is malformed. */
export function parseVias(headers: SipHeaders): Via[] | undefined {
  // a first line without any value is no topmost Via
  const first = headers.read('via', parseFirst)
  if (first === undefined) return undefined
  const vias = [first]
  const values = listValues(headers, 'via')
  for (let index = 1; index < values.length; index++) {
    const via = parseVia(values[index] as string)
    if (via === undefined) return undefined
    vias.push(via)
  }
  return vias
}

/** Writes where the request came from into its top Via: `received` when it differs from sent-by, `rport` when asked for (SIP-38). */
export function stampReceived(request: SipRequest, remote: Address): void {
  const line = request.headers.get('via')
  if (line === undefined) return
  const via = topVia(request)
  if (via === undefined) return
  // RFC 3581 §4: with rport, received is written even if it equals sent-by. Whatever the client wrote itself is not believed.
  const { transport, host, port, branch, rport, parameters } = via
  const elsewhere = host !== remote.host
  if (rport === undefined && !elsewhere && via.received === undefined) return
  const stamped: MutableVia = { transport, host, parameters }
  if (port !== undefined) stamped.port = port
  if (branch !== undefined) stamped.branch = branch
  if (rport !== undefined || elsewhere) stamped.received = remote.host
  if (rport !== undefined) stamped.rport = remote.port
  const [, ...others] = splitList(line)
  request.headers.setFirst('Via', [formatVia(stamped), ...others].join(', '))
}

/** Where a response goes when its connection is gone or the transport is UDP (RFC 3261 §18.2.2, RFC 3581 §4). */
export function responseAddress(via: Via): Address {
  const port = via.port ?? (via.transport === 'TLS' ? 5061 : 5060)
  const maddr = via.parameters.get('maddr')
  if (maddr !== undefined && isHost(maddr)) return { host: maddr, port }
  if (via.received === undefined) return { host: via.host, port }
  return { host: via.received, port: typeof via.rport === 'number' ? via.rport : port }
}

/** Filled by assignment: this runs for every message, and spreading objects costs more than all the rest of it. */
type MutableVia = { -readonly [Key in keyof Via]: Via[Key] }

function withParameters(transport: string, place: { host: string; port?: number }, all: Parameters): Via | undefined {
  const via: MutableVia = { transport, host: place.host, parameters: NONE }
  if (place.port !== undefined) via.port = place.port
  const branch = all.get('branch')
  const received = all.get('received')
  const rport = all.get('rport')
  const ttl = all.get('ttl')
  if (branch !== undefined) {
    if (!consistsOf(branch, SIP_TOKEN)) return undefined
    via.branch = branch
  }
  if (received !== undefined) {
    // RFC 5118 §4.5: brackets around the IPv6 address are outside the grammar and tolerated
    via.received = received.startsWith('[') && received.endsWith(']') ? received.slice(1, -1) : received
    if (!isHost(via.received)) return undefined
  }
  if (rport !== undefined) {
    const port = rport === '' ? true : parsePort(rport)
    if (port === undefined) return undefined
    via.rport = port
  }
  if (ttl !== undefined && !isTimeToLive(ttl)) return undefined
  const known = Number(branch !== undefined) + Number(received !== undefined) + Number(rport !== undefined)
  if (all.size > known) via.parameters = new Map([...all].filter(([name]) => !OWN_FIELDS.has(name)))
  return via
}

function isTimeToLive(text: string): boolean {
  return consistsOf(text, DIGIT) && Number(text) <= 255
}

const PROTOCOL = 'SIP/2.0/'
const NONE: Parameters = new Map()
/** Parameters that are fields of `Via`. */
const OWN_FIELDS: ReadonlySet<string> = new Set(['branch', 'received', 'rport'])
