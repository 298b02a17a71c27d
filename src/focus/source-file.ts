import { type CpimHead, CpimUnwrapper, mimeHeader } from '../cpim/index.js'
import {
  extentOf,
  MAX_UNKNOWN_SIZE,
  type NotifyOrder,
  notifyOrderOf,
  type OfferedFileDescription,
  type Outcome,
  verifyFile,
  WRAPPER_ALLOWANCE,
} from '../cpm/index.js'
import { RemoteProtocolError } from '../wire/index.js'
import { checkGroupMessage, type GroupMessageRules } from './check-group-message.js'
import type { PassageCommand } from './passage-types.js'

/** Where the octets of a file are: `failed` when their keeper lost them. */
export type PassageState = 'none' | 'open' | 'closed' | 'failed'

export interface SourceOptions extends GroupMessageRules {
  /** Id in the conference, the same on all legs. */
  readonly fileId: string
  /** Participant that sends it. */
  readonly source: string
  readonly description: OfferedFileDescription
  readonly passage: string
  /** Octets of the file at most, when its sender did not say how many. */
  readonly maxFileSize: number | undefined
  readonly strict: boolean
}

/** One file on its way into the conference: its octets go into the passage as they come, and its head says whether they may go on. */
export class SourceFile {
  readonly options: SourceOptions
  passage: PassageState = 'none'
  /** Nobody who has not read of the passage will want to. */
  settled = false
  /** The head, once it is read and found good (GRP-26). */
  head: CpimHead | undefined
  /** What its sender wants to hear of it. */
  order: NotifyOrder | undefined
  /** Octets of the whole message, as soon as they are known. */
  total: number | undefined
  readonly #collector: CpimUnwrapper
  #position = 0

  constructor(options: SourceOptions) {
    this.options = options
    this.#collector = new CpimUnwrapper(undefined, undefined, { strict: options.strict })
  }

  get fileId(): string {
    return this.options.fileId
  }

  /** Name of the line it comes in on, in the session of its sender. */
  get line(): string {
    return this.options.description.fileId
  }

  /**
   * The message begins.
   * @param total what its sender announced
   * @throws RemoteProtocolError 415 when it is no message/cpim
   */
  begin(total: number | undefined, contentType: string): PassageCommand[] {
    const { passage, maxFileSize, description } = this.options
    // Containers pass the MSRP endpoint, whatever the line accepts (GRP-26)
    if (contentType.split(';', 1)[0]?.trim().toLowerCase() !== 'message/cpim') checkGroupMessage(undefined, this.options)
    this.total = total
    this.passage = 'open'
    const length = extentOf(description.range, description.selector.size).length ?? maxFileSize ?? MAX_UNKNOWN_SIZE
    return [{ name: 'open', passage, total, limit: length + WRAPPER_ALLOWANCE, keep: true }]
  }

  /**
   * Octets of the message. Chunks of a sender come in order over its one connection; what came before is passed over (MSRP-27).
   * @throws RemoteProtocolError when they cannot be part of it, or the head is not one for this conference (GRP-26)
   */
  take(position: number, bytes: Uint8Array): PassageCommand[] {
    const { passage } = this.options
    if (position > this.#position) throw new RemoteProtocolError('octets-missing', 'Octets of the message were left out.', 413)
    const fresh = bytes.subarray(this.#position - position)
    if (fresh.length === 0) return []
    const offset = this.#position
    this.#position += fresh.length
    const before = this.head === undefined ? this.#readHead(offset, fresh) : []
    if (this.total !== undefined && this.#position > this.total)
      throw new RemoteProtocolError('size-mismatch', 'More octets came than were announced.', 413)
    return [...before, { name: 'write', passage, offset, bytes: fresh }]
  }

  /** All octets came. @returns why the message is not what was announced; undefined when nothing is wrong so far */
  end(length: number): Outcome | undefined {
    if (this.head === undefined) return { code: 'protocol-error', detail: 'The message ended inside its CPIM headers.' }
    if (this.total !== undefined && this.total !== length)
      return { code: 'size-mismatch', detail: 'The message has another length than was announced.' }
    this.total = length
    return undefined
  }

  /** Compares the file with its offer (GRP-30). */
  verify(size: number, sha1: Uint8Array): Outcome | undefined {
    const { selector, range } = this.options.description
    return verifyFile(selector, { size, sha1, contentType: this.#contentType }, range)
  }

  get #contentType(): string {
    return (this.head && mimeHeader(this.head, 'Content-Type')) ?? 'text/plain'
  }

  #readHead(offset: number, bytes: Uint8Array): PassageCommand[] {
    this.#collector.push(offset, bytes)
    const { head, headLength } = this.#collector
    if (head === undefined) return []
    checkGroupMessage(head, this.options)
    this.#fixTotal(headLength)
    this.head = head
    this.order = notifyOrderOf(head)
    return [{ name: 'content-at', passage: this.options.passage, offset: headLength }]
  }

  /** The members are told the length before all of it is there: it must be the right one (MSRP-20). */
  #fixTotal(headLength: number): void {
    const { range, selector } = this.options.description
    const { length } = extentOf(range, selector.size)
    if (length === undefined) return
    if (this.total !== undefined && this.total !== headLength + length)
      throw new RemoteProtocolError('size-mismatch', 'The message length does not fit the announced file size.', 413)
    this.total = headLength + length
  }
}
