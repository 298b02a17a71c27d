import type { ConnectionData } from './session-description.js'

/** `c=` data of a host: an IPv6 address, with or without brackets, or an IPv4 address or domain name. */
export function connectionData(host: string): ConnectionData {
  const address = host.startsWith('[') ? host.slice(1, -1) : host
  return { addressType: address.includes(':') ? 'IP6' : 'IP4', address }
}
