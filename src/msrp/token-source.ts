import { type Random, randomToken } from '../wire/index.js'
import { TOKEN_LENGTH } from './limits.js'

/** Tokens made at once: one call of the random source costs far more than the octets it gives. */
const BATCH = 64

/** Random alphanumeric tokens for transaction ids and Message-IDs: 190 bits each (RFC 4975 §7.1 wants 64). */
export class TokenSource {
  readonly #random: Random
  #pool = ''

  constructor(random: Random) {
    this.#random = random
  }

  next(): string {
    if (this.#pool === '') this.#pool = randomToken(this.#random, TOKEN_LENGTH * BATCH)
    const token = this.#pool.slice(0, TOKEN_LENGTH)
    this.#pool = this.#pool.slice(TOKEN_LENGTH)
    return token
  }
}
