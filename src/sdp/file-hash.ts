import { consistsOf, HEX, LocalProtocolError, SDP_TOKEN } from '../wire/index.js'
import type { FileHash } from './file-media.js'

/** Algorithms that count, strongest first, with the length of their value in octets (SDP-14, D-22). */
export const HASH_ALGORITHMS: readonly { readonly name: string; readonly octets: number }[] = [
  { name: 'sha-256', octets: 32 },
  { name: 'sha-1', octets: 20 },
]

/** @throws LocalProtocolError when `octets` is not 20 long */
export function sha1Hash(octets: Uint8Array): FileHash {
  if (octets.length !== 20) throw new LocalProtocolError('bad-hash', 'A SHA-1 value has 20 octets.')
  return { algorithm: 'sha-1', octets }
}

/** `sha-1:72:24:5F:…`, the value of a `hash:` selector. */
export function formatHash(hash: FileHash): string {
  return `${hash.algorithm}:${formatOctets(hash.octets)}`
}

/** @returns undefined when it is not `algorithm:HH:HH…`, or a known algorithm comes with the wrong number of octets (SDP-14) */
export function parseHash(text: string): FileHash | undefined {
  const colon = text.indexOf(':')
  const algorithm = text.slice(0, Math.max(colon, 0)).toLowerCase()
  if (!consistsOf(algorithm, SDP_TOKEN)) return undefined
  const octets = parseOctets(text.slice(colon + 1))
  const known = HASH_ALGORITHMS.find(({ name }) => name === algorithm)
  if (octets === undefined || (known !== undefined && known.octets !== octets.length)) return undefined
  return { algorithm, octets }
}

/** Whether this implementation can compute `algorithm`; others are skipped (SDP-15). */
export function isKnownHash(algorithm: string): boolean {
  return HASH_ALGORITHMS.some(({ name }) => name === algorithm)
}

/** The hash of the strongest known algorithm (SDP-15). */
export function strongestHash(hashes: readonly FileHash[]): FileHash | undefined {
  for (const { name } of HASH_ALGORITHMS) {
    const hash = hashes.find(({ algorithm }) => algorithm === name)
    if (hash !== undefined) return hash
  }
  return undefined
}

/** `72:24:5F`, upper case. */
export function formatOctets(octets: Uint8Array): string {
  return Array.from(octets, octet => octet.toString(16).toUpperCase().padStart(2, '0')).join(':')
}

/** Octets of `72:24:5f`, either case; undefined for anything else, the empty text included. */
export function parseOctets(text: string): Uint8Array | undefined {
  const pairs = text.split(':')
  if (!pairs.every(pair => pair.length === 2 && consistsOf(pair, HEX))) return undefined
  return Uint8Array.from(pairs, pair => Number.parseInt(pair, 16))
}
