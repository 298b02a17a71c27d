import { listValues } from './header-list.js'
import type { SipRequest } from './message.js'
import { tagIn } from './name-address.js'
import type { ProxyCore } from './proxy-core.js'
import { sequenceOf } from './cseq.js'
import { PLAIN_TEXT } from './text-codec.js'
import { MAGIC_COOKIE } from './transaction-layer.js'
import { parseVias, type Via } from './via.js'

/** Everything that decides where we send a request, as 64 bits in hex: the same again means a loop, another value a spiral (RFC 5393 §4.2). */
export function loopMark({ options }: ProxyCore, request: SipRequest): string {
  const { headers, uri } = request
  const routing = ['Route', 'Proxy-Require', 'Proxy-Authorization'].map(name => listValues(headers, name).join(','))
  const dialog = [headers.get('call-id'), tagIn(headers, 'from') ?? '', tagIn(headers, 'to') ?? '', `${sequenceOf(request)}`]
  const bytes = (options.text ?? PLAIN_TEXT).encode([uri, ...dialog, ...routing].join('\n'))
  let mark = ''
  for (const byte of options.hash('sha-256', bytes).subarray(0, MARK / 2)) mark += byte.toString(16).padStart(2, '0')
  return mark
}

/**
 * The mark of a request that may be one of a loop, or whose Route values will be taken away, which count too.
 * Of all others it is made when they go on: many are answered here.
 */
export function earlyMark(core: ProxyCore, request: SipRequest): string | undefined {
  const { headers } = request
  const wasHere = (parseVias(headers) as Via[]).some(via => core.names.hasVia(via))
  return wasHere || headers.has('route') ? loopMark(core, request) : undefined
}

/** A branch that says what the request looked like when it came. */
export function markedBranch(core: ProxyCore, mark: string): string {
  return `${MAGIC_COOKIE}${core.token()}.${mark}`
}

/** Whether the request was here before and would go the same ways again (RFC 3261 §16.3 step 4). */
export function isLoop(core: ProxyCore, request: SipRequest, mark: string): boolean {
  return (parseVias(request.headers) as Via[]).some(via => via.branch?.endsWith(`.${mark}`) === true && core.names.hasVia(via))
}

const MARK = 16
