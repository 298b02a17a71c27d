import type { FileHash } from '../sdp/index.js'

/** First octets of the SHA-1 of nothing, `DA:39:A3:EE:5E:6B:4B:0D:…` (D.2). */
const EMPTY_SHA1 = [0xda, 0x39, 0xa3, 0xee, 0x5e, 0x6b, 0x4b, 0x0d]

/** Whether the hash is that of an empty file: the grammar has no `size:0`, so such a file is offered without a size (D-16). */
export function isEmptyFileHash(hashes: readonly FileHash[]): boolean {
  return hashes.some(
    ({ algorithm, octets }) => algorithm.toLowerCase() === 'sha-1' && EMPTY_SHA1.every((octet, at) => octets[at] === octet),
  )
}
