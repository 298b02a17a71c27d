import { type CpimHead, CpimUnwrapper, mimeHeader, readImdnHeaders } from '../cpim/index.js'
import { isEmptyFileHash, notifyOrderOf, type OfferedFileDescription, type Outcome, verifyFile, WRAPPER_ALLOWANCE } from '../cpm/index.js'
import { equalFold, RemoteProtocolError } from '../wire/index.js'
import type { DepositNote, DepositOrder } from './deposit-note.js'
import { DEPOSIT_FIELDS } from './limits.js'

/** Octets of a file as it was offered; an empty one has no size (D-16). */
export function sizeOf({ selector }: Pick<OfferedFileDescription, 'selector'>): number | undefined {
  return selector.size ?? (isEmptyFileHash(selector.hashes) ? 0 : undefined)
}

/** The message of one file as it comes from its sender: `message/cpim`, or the file as it is. */
export class DepositMessage {
  readonly #file: OfferedFileDescription
  readonly #hidden: boolean
  #contentType = ''
  #headers: DepositNote['headers'] = []
  #unwrapper: CpimUnwrapper | undefined
  #head: CpimHead | undefined
  #position = 0
  #limit = 0
  #started = false

  /**
   * @param file with its size
   * @param conference for recipients whose names nobody may learn: their notifications go there, and we send none (IMDN-7)
   */
  constructor(
    file: OfferedFileDescription,
    hidden: boolean,
    private readonly conference?: string,
  ) {
    this.#file = file
    this.#hidden = hidden
  }

  /** Octets of its CPIM head; 0 for a message that has none. */
  get headLength(): number {
    return this.#unwrapper?.headLength ?? 0
  }

  /** Octets of the file. */
  get size(): number {
    return sizeOf(this.#file) ?? 0
  }

  /** @throws RemoteProtocolError when it cannot be the file */
  begin(total: number | undefined, contentType: string, headers: readonly (readonly [string, string])[]): void {
    const wrapped = equalFold((contentType.split(';', 1)[0] as string).trim(), 'message/cpim')
    this.#started = true
    this.#contentType = contentType
    this.#unwrapper = wrapped ? new CpimUnwrapper(undefined, undefined) : undefined
    this.#headers = wrapped ? [] : headers.filter(isContentField).slice(0, DEPOSIT_FIELDS.count)
    this.#limit = this.size + (wrapped ? WRAPPER_ALLOWANCE : 0)
    if (total !== undefined && total > this.#limit) throw tooLong()
  }

  /**
   * Octets of the message, in order; what came before is passed over (MSRP-27).
   * @returns those that are new, and where the file begins once that is known
   * @throws RemoteProtocolError when they cannot be part of it
   */
  take(position: number, bytes: Uint8Array): { readonly fresh: Uint8Array; readonly contentAt?: number } {
    if (position > this.#position) throw new RemoteProtocolError('octets-missing', 'Octets of the message were left out.', 413)
    const fresh = bytes.subarray(this.#position - position)
    const offset = this.#position
    this.#position += fresh.length
    if (this.#position > this.#limit) throw tooLong()
    if (this.#unwrapper === undefined) return { fresh, ...(offset === 0 && { contentAt: 0 }) }
    if (this.#head !== undefined || fresh.length === 0) return { fresh }
    this.#unwrapper.push(offset, fresh)
    this.#head = this.#unwrapper.head
    return { fresh, ...(this.#head !== undefined && { contentAt: this.headLength }) }
  }

  /** Compares what came with what was offered; undefined when nothing is wrong. */
  verify(length: number, size: number, sha1: Uint8Array): Outcome | undefined {
    if (!this.#started || length !== this.#position || (this.#unwrapper !== undefined && this.#head === undefined))
      return { code: 'protocol-error', detail: 'The message ended too soon.' }
    const contentType = this.#head === undefined ? this.#contentType : (mimeHeader(this.#head, 'Content-Type') ?? 'text/plain')
    return verifyFile(this.#file.selector, { size, sha1, contentType })
  }

  /** What has to be remembered beside its octets. */
  note(): DepositNote {
    const { selector, disposition, description, modified, created, icon } = this.#file
    const order = this.#order()
    const route = order === undefined ? undefined : this.conference
    return {
      contentType: this.#contentType,
      headers: this.#headers,
      hidden: this.#hidden,
      order: route === undefined ? order : undefined,
      ...(route !== undefined && { notifyRoute: route }),
      file: { selector, disposition, description, modified, ...(created !== undefined && { created }), icon },
    }
  }

  /** Nobody could notify a sender who stays unnamed (IMDN-1). */
  #order(): DepositOrder | undefined {
    if (this.#head === undefined || this.#hidden) return undefined
    const order = notifyOrderOf(this.#head)
    return order === undefined ? undefined : { ...order, wanted: readImdnHeaders(this.#head).wanted }
  }
}

function tooLong(): RemoteProtocolError {
  return new RemoteProtocolError('size-mismatch', 'More octets came than were announced.', 413)
}

/** Fields that say something of the content (RFC 2045 §9); its type is kept by itself. */
function isContentField([name, value]: readonly [string, string]): boolean {
  const lower = name.toLowerCase()
  return lower.startsWith('content-') && lower !== 'content-type' && value.length <= DEPOSIT_FIELDS.octets
}
