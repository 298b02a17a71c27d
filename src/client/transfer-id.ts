import { type Random, randomInteger } from '../wire/index.js'
import type { Store } from './store.js'

/** Upper-case letters and digits without look-alikes: no 0 and O, no 1, I and L. People read these ids aloud and type them. */
const ALPHABET = 'ABCDEFGHJKMNPQRSTUVWXYZ23456789'

const SHORTEST = 4
export const LONGEST_ID = 8

/** Ids tried of each length before the next length: with a tenth of them taken, three misses happen once in a thousand times. */
const ATTEMPTS = 3

/** An id of a transfer, like `7Q2F`: `length` characters, 4 to 8, each uniformly distributed. */
export function newTransferId(random: Random, length = SHORTEST): string {
  const wanted = Math.min(LONGEST_ID, Math.max(SHORTEST, Math.trunc(length)))
  let id = ''
  while (id.length < wanted) id += ALPHABET[randomInteger(random, ALPHABET.length)]
  return id
}

/**
 * An id that no transfer of the store has: as short as there is room for. Two processes that ask at the same moment get different ids
 * because they are random. Rejects with `HostError('store')` when the store fails.
 */
export async function unusedTransferId(random: Random, store: Pick<Store, 'transfer'>, shortest = SHORTEST): Promise<string> {
  for (let length = shortest; length < LONGEST_ID; length++) {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const id = newTransferId(random, length)
      if ((await store.transfer(id)) === undefined) return id
    }
  }
  return newTransferId(random, LONGEST_ID)
}

/** What somebody typed as an id: upper case, without spaces around; undefined when no transfer can have it. */
export function readTransferId(text: string): string | undefined {
  const id = text.trim().toUpperCase()
  if (id.length < SHORTEST || id.length > LONGEST_ID) return undefined
  for (const character of id) if (!ALPHABET.includes(character)) return undefined
  return id
}
