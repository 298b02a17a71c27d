import type { ClientOptions } from './api.js'
import { CpmftError } from './errors.js'
import type { Host } from './host.js'
import { demandTls } from './profile.js'
import { hopOf, readHop } from './sip-address.js'

/** Where and how a client listens for SIP. */
export interface ListenPoint {
  readonly host: string
  readonly port: number
  readonly transports: readonly ('udp' | 'tcp' | 'tls')[]
}

/**
 * What was asked for, else an own address that reaches the proxy, else every interface. In the secure profile TLS alone,
 * and nothing at all where there is no certificate to listen with: then the proxy reaches us over our own connection.
 * @throws CpmftError `bad-address`, `insecure`
 */
export async function listenPoint(host: Host, options: ClientOptions, profile: 'secure' | 'open'): Promise<ListenPoint> {
  const { listen, proxy, reach, aor } = options
  const secure = profile === 'secure'
  if (secure) {
    if (listen !== undefined) demandTls('The address to listen at', readHop(listen))
    if (proxy !== undefined) demandTls('The proxy', readHop(proxy))
    else if (reach !== undefined) demandTls('The recipient', readHop(reach))
  }
  const canListen = !secure || (host.certificate !== undefined && host.certificate.selfSigned !== true)
  if (secure && !canListen && (listen !== undefined || (proxy === undefined && reach === undefined)))
    throw new CpmftError('insecure', 'There is no certificate to listen with.')
  if (listen !== undefined) {
    const hop = hopOf(readHop(listen))
    if (hop === undefined) throw new CpmftError('bad-address', `It was "${listen}".`)
    const named = hop.uri.scheme === 'sips' ? 'tls' : hop.transport
    return { host: hop.host, port: hop.uri.port ?? 0, transports: transportsOf(named, secure) }
  }
  const towards = hopOf(readHop(proxy ?? reach ?? aor))
  const address = await host.localAddress(towards?.host ?? '127.0.0.1')
  return { host: address, port: 0, transports: canListen ? transportsOf(undefined, secure) : [] }
}

function transportsOf(named: string | undefined, secure: boolean): ListenPoint['transports'] {
  if (named === 'tls' || (named === undefined && secure)) return ['tls']
  if (named === 'udp') return ['udp']
  return named === 'tcp' ? ['tcp'] : ['tcp', 'udp']
}
