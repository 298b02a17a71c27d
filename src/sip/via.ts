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
  const first = text.indexOf('/')
  const second = text.indexOf('/', first + 1)
  if (first < 0 || second < 0 || second > end) return undefined
  if (!equalFold(text.slice(0, first).trim(), 'SIP') || text.slice(first + 1, second).trim() !== '2.0') return undefined
  const sent = text.slice(second + 1, end).trim()
  let space = 0
  while (space < sent.length && is(sent.charCodeAt(space), SIP_TOKEN)) space++
  const gap = sent[space]
  if (space === 0 || (gap !== ' ' && gap !== '\t')) return undefined
  const place = parseHostPort(sent.slice(space).trim())
  const parameters = parseParameters(text, end)
  return place && parameters && withParameters(sent.slice(0, space).toUpperCase(), place, parameters)
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
  return parseVia(line.includes(',') ? (splitList(line)[0] ?? '') : line)
}

/** All Via values, topmost first; undefined when one is malformed. */
export function parseVias(headers: SipHeaders): Via[] | undefined {
  if (!headers.repeats('via') && headers.get('via')?.includes(',') === false) {
    const via = headers.read('via', parseFirst)
    return via && [via]
  }
  // a first line without any value is no topmost Via
  if (headers.read('via', parseFirst) === undefined) return undefined
  const vias = listValues(headers, 'via').map(parseVia)
  return vias.every(via => via !== undefined) ? vias : undefined
}

/** Writes where the request came from into its top Via: `received` when it differs from sent-by, `rport` when asked for (SIP-38). */
export function stampReceived(request: SipRequest, remote: Address): void {
  const line = request.headers.get('via')
  if (line === undefined) return
  const via = topVia(request)
  if (via === undefined) return
  // RFC 3581 §4: with rport, received is written even if it equals sent-by. Whatever the client wrote itself is not believed.
  const { received: untrusted, rport, ...rest } = via
  const elsewhere = via.host !== remote.host
  if (rport === undefined && !elsewhere && untrusted === undefined) return
  const stamped: Via = {
    ...rest,
    ...((rport !== undefined || elsewhere) && { received: remote.host }),
    ...(rport !== undefined && { rport: remote.port }),
  }
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
  let others: Map<string, string> | undefined
  for (const [name, value] of all) {
    if (name === 'branch') {
      if (!consistsOf(value, SIP_TOKEN)) return undefined
      via.branch = value
    } else if (name === 'received') {
      // RFC 5118 §4.5: brackets around the IPv6 address are outside the grammar and tolerated
      via.received = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value
      if (!isHost(via.received)) return undefined
    } else if (name === 'rport') {
      const port = value === '' ? true : parsePort(value)
      if (port === undefined) return undefined
      via.rport = port
    } else if (name === 'ttl' && !isTimeToLive(value)) return undefined
    else {
      others ??= new Map()
      others.set(name, value)
    }
  }
  if (others !== undefined) via.parameters = others
  return via
}

function isTimeToLive(text: string): boolean {
  return consistsOf(text, DIGIT) && Number(text) <= 255
}

const NONE: Parameters = new Map()
