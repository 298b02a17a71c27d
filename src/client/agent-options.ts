import { ANONYMOUS_URI, FILE_TRANSFER_ACCEPT_CONTACT, FILE_TRANSFER_FEATURE, THUMBNAIL_FEATURE } from '../cpm/index.js'
import type { ExtraHeaders, UserAgentOptions } from '../sip/index.js'
import { randomUuid } from '../wire/index.js'
import type { ClientOptions } from './api.js'
import type { Host } from './host.js'
import { hopOf, readHop } from './sip-address.js'
import { VERSION } from './version.js'

/** Methods we take (SIP-10). */
export const ALLOW = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'NOTIFY', 'MESSAGE']
/** Bodies we understand (SIP-10). */
export const ACCEPT = ['application/sdp', 'multipart/related', 'multipart/mixed', 'message/cpim', 'application/resource-lists+xml']

/** The SIP user agent behind a client, without its sockets (SIP-1, SIP-10, CPM-9). */
export function agentOptions(
  aor: string,
  options: ClientOptions,
  host: Host,
  profile: 'secure' | 'open' = 'open',
): Omit<UserAgentOptions, 'listening' | 'random' | 'hash'> {
  const user = hopOf(aor)?.uri.user ?? ''
  return {
    aor,
    contactParameters: [`+sip.instance="<urn:uuid:${randomUuid(host.random)}>"`, FILE_TRANSFER_FEATURE, THUMBNAIL_FEATURE],
    userAgent: `CPM-client/OMA1.0 cpmft/${VERSION}`,
    allow: ALLOW,
    supported: ['timer', '100rel'],
    accept: ACCEPT,
    trace: true,
    ...(profile === 'secure' ? { secure: true } : {}),
    ...(options.displayName === undefined ? {} : { displayName: options.displayName }),
    ...(options.proxy === undefined ? {} : { proxy: readHop(options.proxy) }),
    ...(options.password === undefined ? {} : { credentials: { username: options.username ?? user, password: options.password } }),
  }
}

/** What OPTIONS of ours says of us (RCS-8). */
export function capabilityHeaders(): readonly (readonly [name: string, value: string])[] {
  return [
    ['Accept', ACCEPT.join(', ')],
    ['Accept-Contact', FILE_TRANSFER_ACCEPT_CONTACT],
  ]
}

/** Who asks for the state of a conference: the proxy knows, others only where we do not hide (SIP-29). */
export function identityHeaders({ aor, anonymous }: ClientOptions): ExtraHeaders {
  const preferred = ['P-Preferred-Identity', `<${aor}>`] as const
  return anonymous === true ? [preferred, ['From', `"Anonymous" <${ANONYMOUS_URI}>`], ['Privacy', 'id']] : [preferred]
}
