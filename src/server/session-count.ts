import type { ProxyEvent } from '../sip/index.js'
import { KNOWN_SESSIONS } from './limits.js'

type Event<Name> = Extract<ProxyEvent, { name: Name }>

/** Sessions through the proxy, by Call-ID: from the INVITE that began one to its BYE. */
export class SessionCount {
  /** INVITEs without a final response. */
  readonly #begun = new Map<string, string>()
  readonly #open = new Set<string>()

  /** An INVITE outside a dialog was sent on. */
  began(id: string, callId: string): void {
    this.#begun.set(id, callId)
  }

  finished({ id, status }: Event<'finished'>): void {
    const callId = this.#begun.get(id)
    this.#begun.delete(id)
    if (callId === undefined || status >= 300) return
    this.#open.add(callId)
    // A session whose ends vanished never says BYE: the oldest are forgotten
    for (const oldest of this.#open) {
      if (this.#open.size <= KNOWN_SESSIONS) break
      this.#open.delete(oldest)
    }
  }

  /** Whatever the answer to a BYE is, the session is over (RFC 3261 §15.1.1). */
  passed({ method, callId }: Pick<Event<'passed'>, 'method' | 'callId'>): void {
    if (method === 'BYE') this.#open.delete(callId)
  }

  /** Sessions, and INVITEs that may become some. */
  get count(): number {
    return this.#open.size + this.#begun.size
  }

  get open(): number {
    return this.#open.size
  }
}
