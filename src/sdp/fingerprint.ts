import { consistsOf, SDP_TOKEN } from '../wire/index.js'
import { formatOctets, parseOctets } from './file-hash.js'
import type { Fingerprint } from './file-media.js'

/** `sha-256 12:DF:3E:…` (RFC 8122 §5) */
export function formatFingerprint(fingerprint: Fingerprint): string {
  return `${fingerprint.algorithm} ${formatOctets(fingerprint.octets)}`
}

/** @returns undefined when it is not `algorithm HH:HH…`; algorithm names become lower case */
export function parseFingerprint(value: string): Fingerprint | undefined {
  const space = value.indexOf(' ')
  const algorithm = value.slice(0, Math.max(space, 0)).toLowerCase()
  const octets = parseOctets(value.slice(space + 1))
  return octets !== undefined && consistsOf(algorithm, SDP_TOKEN) ? { algorithm, octets } : undefined
}
