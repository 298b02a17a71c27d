import { type Random, randomToken } from '../wire/index.js'
import { TOKEN_FRESH_LENGTH, TOKEN_LENGTH } from './limits.js'

/** Tokens made at once: one call of the random source costs far more than the octets it gives. */
const BATCH = 64

/**
 * Random alphanumeric tokens for transaction ids and Message-IDs. The first half of each is new: 95 bits (RFC 4975 §7.1 wants 64). The second
 * half is drawn once, since random octets cost more than the rest of a token; it is there for its length.
 */
export class TokenSource {
  readonly #random: Random
  readonly #end: string
  #pool = ''

  constructor(random: Random) {
    this.#random = random
    this.#end = randomToken(random, TOKEN_LENGTH - TOKEN_FRESH_LENGTH)
  }

  next(): string {
    if (this.#pool === '') this.#pool = this.#batch()
    const token = this.#pool.slice(0, TOKEN_LENGTH)
    this.#pool = this.#pool.slice(TOKEN_LENGTH)
    return token
  }

  #batch(): string {
    const fresh = randomToken(this.#random, TOKEN_FRESH_LENGTH * BATCH)
    let pool = ''
    for (let at = 0; at < fresh.length; at += TOKEN_FRESH_LENGTH) pool += fresh.slice(at, at + TOKEN_FRESH_LENGTH) + this.#end
    return pool
  }
}
