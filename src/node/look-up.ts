import { Resolver } from 'node:dns/promises'
import type { DnsRecords } from '../client/index.js'
import { LOOKUP_TIMEOUT, MAX_RECORDS } from './limits.js'
import type { OpenResources } from './open-resources.js'

/** NAPTR or SRV records of `name` (SIP-37); none when DNS has none, fails or is silent. `servers` replaces those of the system. */
export async function lookUp(
  name: string,
  kind: 'NAPTR' | 'SRV',
  resources: OpenResources,
  servers?: readonly string[],
): Promise<DnsRecords> {
  // its own resolver, so that a question can be called off without touching those of others
  const resolver = new Resolver({ timeout: LOOKUP_TIMEOUT, tries: 1 })
  if (servers !== undefined) resolver.setServers(servers)
  const cancel = (): void => resolver.cancel()
  const untrack = resources.add(`${kind} ${name}`, cancel)
  const timer = setTimeout(cancel, LOOKUP_TIMEOUT)
  try {
    const records = kind === 'NAPTR' ? await resolver.resolveNaptr(name) : await resolver.resolveSrv(name)
    return records.slice(0, MAX_RECORDS)
  } catch {
    return []
  } finally {
    clearTimeout(timer)
    untrack()
  }
}
