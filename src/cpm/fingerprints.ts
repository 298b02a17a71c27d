import type { Fingerprint } from '../sdp/index.js'

/** Hash functions of RFC 8122 §5 with their octets, weakest first. md5 and md2 are none of them: nothing may be verified with those. */
const HASH_OCTETS: readonly (readonly [algorithm: string, octets: number])[] = [
  ['sha-1', 20],
  ['sha-224', 28],
  ['sha-256', 32],
  ['sha-384', 48],
  ['sha-512', 64],
]

/**
 * The fingerprints a certificate of the peer is compared with: those of the strongest algorithm that is known, one for each of the
 * certificates the peer may use (CON-43, RFC 8122 §5.1). An octet count that does not fit its algorithm does not count.
 * @param allowWeak whether SHA-1 counts (CON-44)
 * @returns algorithm names in lower case; empty when nothing can be verified
 */
export function strongestFingerprints(fingerprints: readonly Fingerprint[], allowWeak: boolean): Fingerprint[] {
  let strongest = -1
  let chosen: Fingerprint[] = []
  for (const { algorithm, octets } of fingerprints) {
    const name = algorithm.toLowerCase()
    const strength = HASH_OCTETS.findIndex(([known, length]) => known === name && length === octets.length)
    if (strength < (allowWeak ? 0 : 1) || strength < strongest) continue
    if (strength > strongest) chosen = []
    strongest = strength
    chosen.push({ algorithm: name, octets })
  }
  return chosen
}
