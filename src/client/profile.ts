import type { ClientOptions } from './api.js'
import { CpmftError } from './errors.js'
import { hopOf, readHop } from './sip-address.js'

/**
 * Whether everything goes over TLS (SEC-7): as asked for, else unless every address that messages travel between is on this machine.
 * The own address of record counts only where nothing else says where they go.
 */
export function profileOf(options: ClientOptions): 'secure' | 'open' {
  if (options.profile !== undefined) return options.profile
  // Behind a proxy the recipient's address is nowhere that we send to
  const reach = options.proxy === undefined ? options.reach : undefined
  const hops = [options.listen, options.proxy, reach].filter(text => text !== undefined)
  return (hops.length === 0 ? [options.aor] : hops).every(text => isLoopback(hopOf(readHop(text))?.host ?? '')) ? 'open' : 'secure'
}

/**
 * Refuses what the secure profile cannot keep: an address that asks for a plain transport.
 * @throws CpmftError `insecure`
 */
export function demandTls(what: string, address: string): void {
  const hop = hopOf(address)
  const { transport } = hop ?? {}
  if (transport === undefined || transport === 'tls' || transport === 'wss') return
  throw new CpmftError('insecure', `${what} asks for ${transport.toUpperCase()}: ${address}.`)
}

/** 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (host.startsWith('127.') && /^[\d.]+$/.test(host)) || host === '::ffff:127.0.0.1'
}

/** 169.254.0.0/16 and fe80::/10. */
function isLinkLocal(host: string): boolean {
  return (host.startsWith('169.254.') && /^[\d.]+$/.test(host)) || /^fe[89ab][0-9a-f]:/i.test(host)
}

/** Addresses that name no machine: 0.0.0.0, :: and multicast or broadcast. */
function isNobody(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || /^ff[0-9a-f]{2}:/i.test(host) || /^(22[4-9]|23\d|255)\./.test(host)
}

/** What decides whether a media address may be connected to. */
export interface MediaPolicy {
  readonly allowPrivate: boolean
  /** Own media address towards this peer. */
  readonly own: { readonly host: string; readonly port: number }
  /** Own ports that nobody may lead us back to: SIP. */
  readonly servicePorts: readonly number[]
}

/**
 * Whether a peer may make us connect to this address (SEC-10): not to loopback or link-local addresses unless we stand there ourselves,
 * never to our own services.
 */
export function mayConnect(host: string, port: number, policy: MediaPolicy): boolean {
  const bare = host.replace(/^\[|\]$/g, '').toLowerCase()
  if (isNobody(bare)) return false
  if (bare === policy.own.host && policy.servicePorts.includes(port)) return false
  if (policy.allowPrivate) return true
  if (isLoopback(bare)) return isLoopback(policy.own.host)
  return !isLinkLocal(bare) || isLinkLocal(policy.own.host)
}
