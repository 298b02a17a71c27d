import { isEmptyFileHash, MAX_UNKNOWN_SIZE } from '../cpm/index.js'
import type { FileSelector } from '../sdp/index.js'
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
  /** Settles once the record has all that was told to it. */
  readonly #settled: () => Promise<void>
  readonly #promised = new Set<Promised>()
  /** One promise after the other: two at once would both see room for themselves. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(quota: ClientOptions['quota'], store: Store | undefined, date: () => number, settled: () => Promise<void>) {
    this.#quota = quota ?? {}
    this.#store = store
    this.#date = date
    this.#settled = settled
  }

  /** Octets that may still come from this sender; infinite where there is no quota. */
  async left(peer: string): Promise<number> {
    const { perSenderDay, total } = this.#quota
    const ofSender = perSenderDay === undefined ? 0 : await this.#used(peer, this.#date() - DAY)
    const ofAll = total === undefined ? 0 : await this.#used(undefined, 0)
    return Math.min((perSenderDay ?? Number.POSITIVE_INFINITY) - ofSender, (total ?? Number.POSITIVE_INFINITY) - ofAll)
  }

  /**
   * Keeps room for an accepted file until it is over; undefined where nothing has to be kept. Rejects with `CpmftError` `quota`.
   * @param selector what the offer says of the file
   */
  reserve(peer: string, file: LiveFile, selector: FileSelector): Promise<void> | undefined {
    if (this.#quota.perSenderDay === undefined && this.#quota.total === undefined) return undefined
    const reserved = this.#tail.then(async () => {
      const octets = octetsToExpect(selector)
      if (octets - file.bytes > (await this.left(peer))) throw new CpmftError('quota')
      this.#promised.add({ peer, file, octets })
    })
    this.#tail = reserved.catch(() => undefined)
    return reserved
  }

  async #used(peer: string | undefined, since: number): Promise<number> {
    // Before the record is read: what runs on meanwhile counts twice rather than not at all
    let octets = 0
    for (const promise of this.#promised) {
      const { file } = promise
      if (file.over) this.#promised.delete(promise)
      // What is written counts by the record; where octets came is no measure, since a peer may begin with the last ones
      else if ((peer ?? promise.peer) === promise.peer)
        octets += Math.max(0, promise.octets - (this.#store === undefined ? 0 : file.recorded))
    }
    await this.#settled()
    // A store that fails must not keep files away
    return octets + ((await this.#store?.receivedOctets(peer, since).catch(() => 0)) ?? 0)
  }
}

interface Promised {
  readonly peer: string
  readonly file: LiveFile
  /** Of the whole file, or as many as may come. */
  readonly octets: number
}

/** Octets that may come of an offered file, to be counted before they are here (RCS-12, D-16). */
export function octetsToExpect({ size, hashes }: FileSelector): number {
  return size ?? (isEmptyFileHash(hashes) ? 0 : MAX_UNKNOWN_SIZE)
}
