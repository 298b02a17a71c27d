import { randomBytes } from 'node:crypto'
import { DOWNLOAD_TICKETS, TOKEN_OCTETS } from './limits.js'
import { DOWNLOAD_TICKET_LIFE } from './protocol/index.js'

/** A received file that may be downloaded once. */
export interface Ticket {
  readonly path: string
  readonly name: string
}

/** A link cannot carry the token, so each download gets a name that works once and soon. */
export class DownloadTickets {
  readonly #tickets = new Map<string, Ticket & { readonly until: number }>()

  constructor(private readonly now: () => number) {}

  issue(ticket: Ticket): string {
    const now = this.now()
    for (const [id, { until }] of this.#tickets) if (until < now) this.#tickets.delete(id)
    if (this.#tickets.size >= DOWNLOAD_TICKETS) this.#tickets.delete(this.#tickets.keys().next().value as string)
    const id = randomBytes(TOKEN_OCTETS).toString('base64url')
    this.#tickets.set(id, { ...ticket, until: now + DOWNLOAD_TICKET_LIFE })
    return id
  }

  /** Gives it up: the second time there is none. */
  redeem(id: string): Ticket | undefined {
    const ticket = this.#tickets.get(id)
    this.#tickets.delete(id)
    return ticket === undefined || ticket.until < this.now() ? undefined : ticket
  }
}
