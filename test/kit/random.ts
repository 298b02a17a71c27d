import { SeededRandom } from '../../src/testkit/seeded-random.js'
import type { Random } from '../../src/wire/index.js'

/** A reproducible source of bytes for machines under test. */
export function seededRandom(seed: number): Random {
  const random = new SeededRandom(seed)
  return length => random.bytes(length)
}
