import { defaultPort } from './hop.js'
import { parseHostPort } from './host.js'
import type { SipUri } from './uri.js'
import type { ProxyOptions } from './proxy-types.js'
import type { Transport } from './user-agent-types.js'
import type { Via } from './via.js'

/** What means this proxy in a Route, a Request-URI or a Via. */
export class OwnNames {
  /** `192.0.2.1:5060` */
  readonly #places = new Set<string>()
  /** Names that mean us on every port we listen on, and without one. */
  readonly #hosts = new Set<string>()
  readonly #ports = new Set<number>()

  constructor({ listening, names }: Pick<ProxyOptions, 'listening' | 'names'>) {
    for (const { address } of listening) {
      this.#places.add(keyOf(address.host, address.port))
      this.#ports.add(address.port)
    }
    for (const name of names) {
      const place = parseHostPort(name)
      if (place?.port !== undefined) this.#places.add(keyOf(place.host, place.port))
      else this.#hosts.add(name.toLowerCase())
    }
  }

  /** RFC 3261 §16.4 */
  hasUri({ scheme, host, port, parameters }: SipUri): boolean {
    if (scheme === 'tel') return false
    if (this.#hosts.has(host.toLowerCase()) && (port === undefined || this.#ports.has(port))) return true
    const transport = scheme === 'sips' ? 'tls' : ((parameters.get('transport')?.toLowerCase() ?? 'udp') as Transport)
    return this.#places.has(keyOf(host, port ?? defaultPort(transport)))
  }

  hasVia({ host, port, transport }: Via): boolean {
    return this.#places.has(keyOf(host, port ?? defaultPort(transport.toLowerCase() as Transport)))
  }
}

function keyOf(host: string, port: number): string {
  return `${host.toLowerCase()}:${port}`
}
