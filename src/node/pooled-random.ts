import { randomFillSync } from 'node:crypto'

/** Octets fetched from the system at a time: one call costs about as much for 4096 as for 20. */
const POOL = 4096

/** Random octets of the system, fetched in larger pieces. No octet is given out twice, and none is left readable in the pool (SEC-8). */
export function pooledRandom(): (length: number) => Uint8Array {
  const pool = new Uint8Array(POOL)
  let used = POOL
  return length => {
    if (length > POOL) return randomFillSync(new Uint8Array(length))
    if (used + length > POOL) {
      randomFillSync(pool)
      used = 0
    }
    const bytes = pool.slice(used, used + length)
    pool.fill(0, used, used + length)
    used += length
    return bytes
  }
}
