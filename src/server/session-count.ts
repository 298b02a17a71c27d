import type { ProxyEvent } from '../sip/index.js'

/**
 * How many sessions go through the proxy: INVITEs that began one and were accepted, less the BYEs. A session that ends without BYE stays counted
 * until the next time there is none, so this is a number for people, and for waiting a limited time.
 */
export class SessionCount {
  readonly #begun = new Set<string>()
  #open = 0

  /** An INVITE outside a dialog was sent on. */
  began(id: string): void {
    this.#begun.add(id)
  }

  finished({ id, method, status }: Extract<ProxyEvent, { name: 'finished' }>): void {
    if (this.#begun.delete(id) && status < 300) this.#open++
    else if (method === 'BYE' && (status < 300 || status === 481)) this.#open = Math.max(0, this.#open - 1)
  }

  cancelled(id: string): void {
    this.#begun.delete(id)
  }

  /** Open ones, and those that may become so. */
  get count(): number {
    return this.#open + this.#begun.size
  }

  get open(): number {
    return this.#open
  }
}
