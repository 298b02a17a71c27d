import type { BigIntStats } from 'node:fs'
import { MAX_DIGESTS, SETTLED_AFTER } from './limits.js'

/** SHA-1 digests by the identity of a file and its times, the least recently used forgotten first. */
export class DigestCache {
  readonly #digests = new Map<string, Uint8Array>()

  find(stats: BigIntStats): Uint8Array | undefined {
    const key = keyOf(stats)
    const digest = this.#digests.get(key)
    if (digest === undefined) return undefined
    this.#digests.delete(key)
    this.#digests.set(key, digest)
    return digest.slice()
  }

  /** Remembers nothing of a file that was touched just now: a second change within one tick of the clock would not show. */
  remember(stats: BigIntStats, digest: Uint8Array, now: number): void {
    const touched = Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs))
    if (now - touched < SETTLED_AFTER) return
    this.#digests.set(keyOf(stats), digest.slice())
    const oldest = this.#digests.keys().next()
    if (this.#digests.size > MAX_DIGESTS && !oldest.done) this.#digests.delete(oldest.value)
  }
}

function keyOf(stats: BigIntStats): string {
  return `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`
}
