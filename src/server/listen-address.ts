import { isIpv4, isIpv6 } from '../sip/index.js'
import { parseSipUri, type Transport } from '../sip/index.js'

/** One place to listen at. */
export interface ListenAddress {
  readonly host: string
  readonly port: number
  readonly transports: readonly Transport[]
}

/**
 * `sip:127.0.0.1:5060` -> UDP and TCP there; `;transport=udp|tcp|tls|ws|wss` chooses one; `sips:` means TLS. Port 0 cannot be written in a URI:
 * `sip:127.0.0.1:*` lets the system choose.
 * @returns undefined when it is no such address
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const anyPort = /:\*(?=;|$)/.test(text)
  const uri = parseSipUri(anyPort ? text.replace(/:\*(?=;|$)/, '') : text)
  if (uri === undefined || uri.scheme === 'tel' || uri.user !== undefined) return undefined
  const named = uri.parameters.get('transport')?.toLowerCase()
  const transports = transportsOf(uri.scheme, named)
  if (transports === undefined) return undefined
  const [first] = transports
  const isSecure = first === 'tls' || first === 'wss'
  return { host: uri.host, port: anyPort ? 0 : (uri.port ?? (isSecure ? 5061 : 5060)), transports }
}

function transportsOf(scheme: 'sip' | 'sips', named: string | undefined): readonly Transport[] | undefined {
  if (named === undefined) return scheme === 'sips' ? ['tls'] : ['udp', 'tcp']
  if (scheme === 'sips') return named === 'tcp' || named === 'tls' ? ['tls'] : named === 'ws' || named === 'wss' ? ['wss'] : undefined
  return TRANSPORTS.find(transport => transport === named) === undefined ? undefined : [named as Transport]
}

const TRANSPORTS: readonly Transport[] = ['udp', 'tcp', 'tls', 'ws', 'wss']

/** Whether nobody outside this machine can reach the address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase()
  if (isIpv4(name)) return name.startsWith('127.')
  return isIpv6(name) ? name === '::1' : name === 'localhost'
}

/** Whether an address stands for all of this machine. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
