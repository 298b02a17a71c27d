import { hostname } from 'node:os'
import { ConfigError } from '../node/index.js'
import { isHost } from '../sip/index.js'
import type { FocusMedia } from './focus-options.js'
import { BINDINGS_OF_USER, FAILED_LOGINS, FLOW_TIMER, NODE_TIMEOUT, REGISTRATION_EXPIRES, SERVER_CONNECTIONS } from './limits.js'
import { isLoopback, isWildcard, type ListenAddress, parseListenAddress } from './listen-address.js'
import { readNodeAddress, readNodeName } from './node-places.js'
import { isPostgresUrl, serverDataFolder } from './open-server-database.js'
import type { ServerLimits, ServerOptions } from './server-options.js'

/** Where every listener is on loopback, so that no DNS is needed (RFC 6761 §6.2). */
const LAB_DOMAIN = 'cpm.test'

const LAB_LISTEN = ['sip:127.0.0.1:5060', 'sip:127.0.0.1:5066;transport=ws']

/** The options, checked and complete. */
export interface ServerSettings {
  readonly listen: readonly ListenAddress[]
  readonly domains: readonly [string, ...string[]]
  readonly publicHost: string | undefined
  readonly data: string
  readonly openRegistration: boolean
  readonly factory: string
  readonly node: string
  /** What the other servers of the database reach us by, when it was said. */
  readonly nodeAddress: string | undefined
  readonly nodeTimeout: number
  readonly edges: ReadonlySet<string>
  readonly trusted: ReadonlySet<string>
  /** MSRP of the focus. */
  readonly media: FocusMedia
  readonly limits: Omit<ServerLimits, 'requests'> & Pick<Partial<ServerLimits>, 'requests'>
}

/** @throws ConfigError that says what to change */
export function serverSettings(options: ServerOptions): ServerSettings {
  const listen = (options.listen ?? LAB_LISTEN).map(readListen)
  const local = listen.every(({ host }) => isLoopback(host))
  const { openRegistration = false, publicHost } = options
  if (openRegistration && !local)
    throw new ConfigError(
      'Open registration believes anybody, so it is for this machine alone.',
      'Listen at 127.0.0.1 or ::1 only, or leave --open-registration away and add users: cpmft user add sip:you@example.org',
    )
  for (const { transports } of listen)
    if (transports.some(transport => transport === 'tls' || transport === 'wss') && options.tls?.cert === undefined)
      throw new ConfigError(
        'Listening with TLS needs a certificate.',
        'Give --tls-cert and --tls-key; cpmft cert makes a pair to try with.',
      )
  if (publicHost !== undefined && !isHost(publicHost))
    throw new ConfigError(`"${publicHost.slice(0, 80)}" is no host.`, 'Give a name or an IP address.')
  return {
    listen,
    domains: readDomains(options.domains ?? (local ? [LAB_DOMAIN] : [])),
    publicHost,
    data: options.data ?? serverDataFolder(),
    openRegistration,
    factory: readUser(options.factory ?? 'conference-factory'),
    node: readNodeName(options.node ?? (typeof options.database === 'string' && isPostgresUrl(options.database) ? hostname() : 'server')),
    nodeAddress: options.nodeAddress === undefined ? undefined : readNodeAddress(options.nodeAddress),
    nodeTimeout: options.nodeTimeout ?? NODE_TIMEOUT,
    edges: new Set(options.edges ?? []),
    trusted: new Set(options.trusted ?? []),
    media: mediaOf(options, listen, local),
    limits: {
      failedLogins: FAILED_LOGINS,
      bindingsOfUser: BINDINGS_OF_USER,
      connections: SERVER_CONNECTIONS.total,
      connectionsPerAddress: SERVER_CONNECTIONS.perAddress,
      expires: REGISTRATION_EXPIRES,
      flowTimer: FLOW_TIMER,
      ...options.limits,
    },
  }
}

/** MSRP is taken where SIP is; with TLS when all SIP is (SEC-7). */
export function mediaOf(
  options: Pick<ServerOptions, 'media' | 'publicHost' | 'allowPrivate'>,
  listen: readonly ListenAddress[],
  local: boolean,
): FocusMedia {
  const isSecure = listen.every(({ transports }) => transports.every(transport => transport === 'tls' || transport === 'wss'))
  const { host, port } = { host: listen[0]?.host ?? '127.0.0.1', port: 0, ...options.media }
  const announced = options.publicHost === undefined ? undefined : { host: options.publicHost, port }
  return {
    listen: host,
    ...(port > 0 && { port }),
    ...(announced !== undefined && port > 0 && { announced }),
    secure: isSecure,
    signallingSecure: isSecure,
    servicePorts: listen.map(address => address.port),
    allowPrivate: options.allowPrivate ?? local,
  }
}

/** Whether an address of this listener is none that others could connect to. */
export function needsOtherName({ host }: ListenAddress): boolean {
  return isWildcard(host)
}

export function readListen(address: ListenAddress | string): ListenAddress {
  const read = typeof address === 'string' ? parseListenAddress(address) : address
  if (read === undefined)
    throw new ConfigError(
      `"${typeof address === 'string' ? address.slice(0, 80) : ''}" is no address to listen at.`,
      'Write it like sip:192.0.2.1:5060 or sips:192.0.2.1:5061 or sip:127.0.0.1:5066;transport=ws',
    )
  return read
}

export function readDomains(domains: readonly string[]): readonly [string, ...string[]] {
  const [first, ...rest] = domains.map(domain => domain.toLowerCase())
  if (first === undefined) throw new ConfigError('The server needs to know its domain.', 'Give it: --domain example.org')
  for (const domain of [first, ...rest])
    if (!isHost(domain))
      throw new ConfigError(`"${domain.slice(0, 80)}" is no domain.`, 'Write it like example.org, without sip: and port.')
  return [first, ...rest]
}

export function readUser(text: string): string {
  if (!/^[A-Za-z0-9._~!-]{1,64}$/.test(text))
    throw new ConfigError('The name of the conference factory is no user part.', 'Use letters, digits, - and .')
  return text
}
