import { createHash, timingSafeEqual } from 'node:crypto'

/** Compares tokens in a time that tells nothing of them. */
export class TokenCheck {
  readonly #wanted: Buffer

  constructor(token: string) {
    this.#wanted = digest(token)
  }

  /** @param authorization value of the header: `Bearer TOKEN` */
  accepts(authorization: string | undefined): boolean {
    const given = authorization?.startsWith('Bearer ') ? authorization.slice('Bearer '.length) : ''
    return timingSafeEqual(digest(given), this.#wanted)
  }
}

/** Of one length, whatever was given. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
