import { CpmftError } from './errors.js'
import type { LiveFile } from './live-file.js'
import type { ClientOptions } from './api.js'
import type { Store } from './store.js'

const DAY = 24 * 3600 * 1000

/** The octets that may still be received (SEC-4): what the record counts, and what running transfers were promised. */
export class ReceiveQuota {
  readonly #quota: NonNullable<ClientOptions['quota']>
  readonly #store: Store | undefined
  readonly #date: () => number
  readonly #promised = new Set<{ readonly peer: string; readonly file: LiveFile }>()
  /** One promise after the other: two at once would both see room for themselves. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(quota: ClientOptions['quota'], store: Store | undefined, date: () => number) {
    this.#quota = quota ?? {}
    this.#store = store
    this.#date = date
  }

  /** Octets that may still come from this sender; infinite where there is no quota. */
  async left(peer: string): Promise<number> {
    const { perSenderDay, total } = this.#quota
    const ofSender = perSenderDay === undefined ? 0 : await this.#used(peer, this.#date() - DAY)
    const ofAll = total === undefined ? 0 : await this.#used(undefined, 0)
    return Math.min((perSenderDay ?? Number.POSITIVE_INFINITY) - ofSender, (total ?? Number.POSITIVE_INFINITY) - ofAll)
  }

  /** Keeps room for an accepted file until it is over; undefined where nothing has to be kept. Rejects with `CpmftError` `quota`. */
  reserve(peer: string, file: LiveFile): Promise<void> | undefined {
    if (this.#quota.perSenderDay === undefined && this.#quota.total === undefined) return undefined
    const reserved = this.#tail.then(async () => {
      if ((file.size ?? 0) - file.bytes > (await this.left(peer))) throw new CpmftError('quota')
      this.#promised.add({ peer, file })
    })
    this.#tail = reserved.catch(() => undefined)
    return reserved
  }

  async #used(peer: string | undefined, since: number): Promise<number> {
    // A store that fails must not keep files away
    let octets = (await this.#store?.receivedOctets(peer, since).catch(() => 0)) ?? 0
    for (const promise of this.#promised) {
      const { file } = promise
      if (file.over) this.#promised.delete(promise)
      else if ((peer ?? promise.peer) === promise.peer) octets += Math.max(0, (file.size ?? 0) - file.bytes)
    }
    return octets
  }
}
