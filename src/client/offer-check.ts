import { formatOctets, strongestHash } from '../sdp/index.js'
import type { OfferedFileDescription } from '../cpm/index.js'
import type { ClientOptions, Party } from './api.js'
import type { FileNews } from './incoming-offer.js'
import type { KnownPart } from './receiving-transfer.js'
import type { Contact, Store } from './store.js'
import { RESUME_TTL, WARN_SIZE } from './limits.js'
import { octetsToExpect } from './receive-quota.js'
import { limitOf } from './session-pool.js'

export interface OfferCheckOptions {
  readonly store: Store | undefined
  readonly client: ClientOptions
  readonly date: () => number
  /** Octets that may still come from a sender (SEC-4). */
  readonly left: (peer: string) => Promise<number>
  /** Settles once nobody here writes this file of this sender any more, where that can be had. */
  readonly freePart: (peer: string, sha1: string) => Promise<void>
}

/** What this client knows about an offer before anybody is asked: contact, quotas, files that are here already, wholly or in part. */
export class OfferCheck {
  readonly #options: OfferCheckOptions

  constructor(options: OfferCheckOptions) {
    this.#options = options
  }

  /** The party with what the contacts say of it. */
  async party(from: Party): Promise<Party> {
    const contact = await this.#contact(from)
    if (contact === undefined) return from
    return { ...from, displayName: contact.name ?? from.displayName, known: true, trusted: contact.trusted }
  }

  /** Whether files of this party are accepted without asking (RCS-7): by the user's rule, below the warning size, from somebody proven. */
  acceptsUnasked(from: Party, files: readonly OfferedFileDescription[]): boolean {
    const { autoAccept, warnSize, proxy } = this.#options.client
    if (autoAccept !== true || from.trusted !== true) return false
    // Behind a proxy only its word counts; without one nobody could give it
    if (proxy !== undefined && from.identity !== 'asserted') return false
    const limit = limitOf(warnSize ?? WARN_SIZE)
    return files.every(({ selector }) => limit === undefined || (selector.size ?? Number.POSITIVE_INFINITY) <= limit)
  }

  /** Quotas (SEC-4), ranges that fit what is here (RCS-4), and files that are here already (RCV-15). */
  async news(
    files: readonly OfferedFileDescription[],
    from: Party,
  ): Promise<ReadonlyMap<string, FileNews & { readonly part?: KnownPart }>> {
    const news = new Map<string, FileNews & { readonly part?: KnownPart }>()
    let left = await this.#options.left(from.uri)
    for (const file of files) {
      const found = { ...(await this.#range(file, from)), ...(await this.#already(file)) }
      const size = octetsToExpect(file.selector) - (found.resumesAt ?? 0)
      if (size > left) news.set(file.fileId, { ...found, unavailable: 'The quota for received files is used up.' })
      else if (Object.keys(found).length > 0) news.set(file.fileId, found)
      if (size <= left) left -= size
    }
    return news
  }

  async #contact(from: Party): Promise<Contact | undefined> {
    if (from.identity === 'anonymous') return undefined
    const contacts = (await this.#options.store?.contacts()) ?? []
    return contacts.find(({ uri }) => sameAddress(uri, from.uri))
  }

  /** A range is of use only where it joins what is here (RCS-4): octets 1 to start-1 of the same file from the same sender (RCS-1). */
  async #range(file: OfferedFileDescription, from: Party): Promise<FileNews & { readonly part?: KnownPart }> {
    const { range, selector } = file
    if (range === undefined || file.unavailable !== undefined) return {}
    const wholeRest = range.stop === undefined || range.stop === selector.size
    if (range.start === 1 && wholeRest) return {}
    const hash = strongestHash(selector.hashes)
    if (!wholeRest || hash === undefined || selector.size === undefined) return { unavailable: NOT_JOINABLE }
    await this.#options.freePart(from.uri, formatOctets(hash.octets))
    const since = this.#options.date() - (this.#options.client.resumeTtl ?? RESUME_TTL) * 1000
    const found = await this.#options.store?.findFile({
      direction: 'received',
      want: 'part',
      sha1: hash.octets,
      size: selector.size,
      peer: from.uri,
      since,
    })
    if (found?.file.part === undefined || found.file.bytes < range.start - 1) return { unavailable: NOT_JOINABLE }
    const origin = { transfer: found.transfer, index: found.file.index }
    return { resumesAt: range.start - 1, part: { path: found.file.part, length: range.start - 1, origin } }
  }

  async #already(file: OfferedFileDescription): Promise<FileNews> {
    const hash = strongestHash(file.selector.hashes)
    if (hash === undefined || file.range !== undefined) return {}
    const found = await this.#options.store?.findFile({ direction: 'received', want: 'complete', sha1: hash.octets })
    return found?.file.path === undefined ? {} : { alreadyAt: found.file.path }
  }
}

const NOT_JOINABLE = 'The rest of a file of which the beginning is not here.'

/** Addresses of contacts compare without letter case and parameters. */
export function sameAddress(a: string, b: string): boolean {
  return bare(a) === bare(b)
}

function bare(uri: string): string {
  return uri
    .replace(/[;?].*$/, '')
    .replace(/^sips:/i, 'sip:')
    .toLowerCase()
}
