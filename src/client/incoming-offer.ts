import { type Conversation, isEmptyFileHash, type OfferedFileDescription, type Outcome } from '../cpm/index.js'
import { formatOctets, strongestHash } from '../sdp/index.js'
import type { AcceptOptions, IncomingOffer, OfferedFile, OfferGroup, Party, ReceivedFile, Transfer } from './api.js'
import { CpmftError } from './errors.js'
import { errorOf } from './live-file.js'

/** What is known here about an offered file. */
export interface FileNews {
  /** Octets of it that are here already (RCS-2). */
  readonly resumesAt?: number
  /** Where a file with its hash was saved before (RCV-15). */
  readonly alreadyAt?: string
  /** Why it cannot be accepted here. */
  readonly unavailable?: string
}

export interface OfferHandleOptions {
  readonly id: string
  readonly from: Party
  readonly files: readonly OfferedFileDescription[]
  readonly news: ReadonlyMap<string, FileNews>
  readonly subject: string | undefined
  readonly conversation: Conversation
  readonly replaces?: string
  readonly group?: OfferGroup
  /** The transfer that began without asking. */
  readonly accepted?: Transfer<ReceivedFile>
  readonly accept: (chosen: readonly OfferedFileDescription[], options: AcceptOptions) => Transfer<ReceivedFile>
  readonly decline: (reason: string | undefined) => void
}

/** The application form of an SDP offer: who, which files, and the one choice (CR-19 to CR-22). */
export class OfferHandle implements IncomingOffer {
  readonly id: string
  readonly from: Party
  readonly files: readonly OfferedFile[]
  readonly subject: string | undefined
  readonly conversationId: string
  readonly contributionId: string
  declare readonly replaces?: string
  declare readonly group?: OfferGroup
  declare readonly accepted?: Transfer<ReceivedFile>
  readonly #options: OfferHandleOptions
  readonly #over = new AbortController()

  constructor(options: OfferHandleOptions) {
    this.#options = options
    this.id = options.id
    this.from = options.from
    this.subject = options.subject
    this.conversationId = options.conversation.conversationId
    this.contributionId = options.conversation.contributionId
    this.files = options.files.map(file => offeredFile(file, options.news.get(file.fileId) ?? {}))
    if (options.replaces !== undefined) this.replaces = options.replaces
    if (options.group !== undefined) this.group = options.group
    if (options.accepted !== undefined) this.accepted = options.accepted
  }

  get totalSize(): number {
    return this.files.reduce((total, { size }) => total + (size ?? 0), 0)
  }

  get signal(): AbortSignal {
    return this.#over.signal
  }

  accept(files: readonly OfferedFile[] = this.files, options: AcceptOptions = {}): Transfer<ReceivedFile> {
    const ids = new Set(files.filter(({ unavailable }) => unavailable === undefined).map(({ id }) => id))
    const chosen = this.#options.files.filter(({ transferId }) => ids.has(transferId))
    this.#answerOnce()
    return this.#options.accept(chosen, options)
  }

  async decline(reason?: string): Promise<void> {
    this.#answerOnce()
    this.#options.decline(reason)
  }

  ignore(): void {
    // The ring time runs on; the session answers 480 when it is over (D-7)
  }

  /** The caller withdrew, or the time is over (RCV-8). */
  withdraw(outcome: Outcome): void {
    this.#over.abort(errorOf(outcome))
  }

  /** @throws CpmftError when the offer was answered before or is void */
  #answerOnce(): void {
    if (this.accepted !== undefined) throw new CpmftError('withdrawn', 'It was accepted by the rule for this sender.')
    if (this.signal.aborted) {
      if (this.signal.reason instanceof CpmftError) throw this.signal.reason
      throw new CpmftError('withdrawn')
    }
    this.#over.abort(new CpmftError('withdrawn', 'It was answered already.'))
  }
}

function offeredFile(description: OfferedFileDescription, news: FileNews): OfferedFile {
  const { selector } = description
  const hash = strongestHash(selector.hashes)
  return {
    id: description.transferId,
    name: selector.name ?? 'unnamed',
    // An empty file is offered by its hash alone (D-16)
    size: selector.size ?? (isEmptyFileHash(selector.hashes) ? 0 : undefined),
    type: selector.type === undefined ? 'application/octet-stream' : `${selector.type.type}/${selector.type.subtype}`,
    sha1: hash === undefined ? undefined : formatOctets(hash.octets),
    disposition: description.disposition,
    description: description.description,
    modified: description.modified,
    icon: description.icon,
    unavailable: news.unavailable ?? description.unavailable,
    ...(news.resumesAt === undefined ? {} : { resumesAt: news.resumesAt }),
    ...(news.alreadyAt === undefined ? {} : { alreadyAt: news.alreadyAt }),
  }
}
