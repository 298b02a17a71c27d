import { type Random, randomInteger } from '../wire/index.js'
import { isHost } from './host.js'
import { isSecure, type Service } from './hop.js'
import { DNS_RECORDS, DNS_SERVICES } from './limits.js'
import type { NaptrRecord, SrvRecord, Transport } from './user-agent-types.js'

/** A name with SRV records and the transport they are for. */
export interface ServiceName {
  readonly name: string
  readonly transport: Transport
}

/** RFC 3263 §4.1, §10; RFC 7118 §5.5 */
const NAPTR_SERVICES: ReadonlyMap<string, Transport> = new Map([
  ['SIPS+D2T', 'tls'],
  ['SIP+D2T', 'tcp'],
  ['SIP+D2U', 'udp'],
  ['SIPS+D2W', 'wss'],
  ['SIP+D2W', 'ws'],
])

/** In the order of SIP-37; none for WebSocket (RFC 7118 §5.5). */
const SRV_PREFIXES = [
  { transport: 'tls', prefix: '_sips._tcp.' },
  { transport: 'tcp', prefix: '_sip._tcp.' },
  { transport: 'udp', prefix: '_sip._udp.' },
] as const

/**
 * SRV names a domain without usable NAPTR records may have.
 * @param ours transports we have; one that the URI names is tried in any case
 */
export function serviceNames({ name, secure, transport }: Service, ours: ReadonlySet<Transport>): ServiceName[] {
  const fits = (one: Transport) => (transport === undefined ? ours.has(one) && (isSecure(one) || !secure) : one === transport)
  return SRV_PREFIXES.filter(entry => fits(entry.transport)).map(entry => ({ name: entry.prefix + name, transport: entry.transport }))
}

/** NAPTR records that lead to SRV records of a transport we have, by order and preference (RFC 3263 §4.1). */
export function servicesOf(
  records: readonly (NaptrRecord | SrvRecord)[],
  { secure }: Service,
  ours: ReadonlySet<Transport>,
): ServiceName[] {
  const usable = records
    .slice(0, DNS_RECORDS)
    .filter(isNaptr)
    .flatMap(({ order, preference, service, replacement }) => {
      const transport = NAPTR_SERVICES.get(service.toUpperCase())
      const name = withoutRoot(replacement)
      if (transport === undefined || !ours.has(transport) || (secure && !isSecure(transport)) || !isName(name)) return []
      return [{ order, preference, name, transport }]
    })
  usable.sort((a, b) => a.order - b.order || a.preference - b.preference)
  return usable.slice(0, DNS_SERVICES).map(({ name, transport }) => ({ name, transport }))
}

/**
 * SRV records in the order in which they are tried: by priority, and by chance according to weight within one (RFC 2782).
 * @returns no records with `refused` when the domain says that it has no such service
 */
export function targetsOf(
  records: readonly (NaptrRecord | SrvRecord)[],
  random: Random,
): { readonly targets: { host: string; port: number }[]; readonly refused: boolean } {
  const found = records.slice(0, DNS_RECORDS).filter(isSrv)
  const usable = found.filter(({ name }) => isName(withoutRoot(name)))
  const targets: SrvRecord[] = []
  for (const priority of [...new Set(usable.map(record => record.priority))].sort((a, b) => a - b))
    targets.push(
      ...shuffled(
        usable.filter(record => record.priority === priority),
        random,
      ),
    )
  const refused = found.length > 0 && found.every(({ name }) => name === '.' || name === '')
  return { targets: targets.map(({ name, port }) => ({ host: withoutRoot(name), port })), refused }
}

/** RFC 2782, Weight: a record is drawn with the chance its weight has among those left; zeros stand first and so have a small one. */
function shuffled(records: readonly SrvRecord[], random: Random): SrvRecord[] {
  const left = [...records].sort((a, b) => Number(a.weight > 0) - Number(b.weight > 0))
  const drawn: SrvRecord[] = []
  while (left.length > 0) {
    let rest = randomInteger(random, left.reduce((sum, record) => sum + record.weight, 0) + 1)
    const at = left.findIndex(record => (rest -= record.weight) <= 0)
    drawn.push(...left.splice(at, 1))
  }
  return drawn
}

function isNaptr(record: NaptrRecord | SrvRecord): record is NaptrRecord {
  return 'replacement' in record && isCount(record.order) && isCount(record.preference) && record.flags.toLowerCase() === 's'
}

function isSrv(record: NaptrRecord | SrvRecord): record is SrvRecord {
  return 'weight' in record && isCount(record.priority) && isCount(record.weight) && isCount(record.port) && record.port > 0
}

/** 0 to 65535 */
function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff
}

function isName(name: string): boolean {
  return name !== '' && isHost(name)
}

function withoutRoot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}
