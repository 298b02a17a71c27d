import { RemoteProtocolError } from '../wire/index.js'
import { type CpimHead, type CpimOptions, decodeCpimHead } from './head.js'
import { CPIM_HEAD_OCTETS } from './limits.js'

/** Octets of the content at `offset`, 0-based; a view of what was pushed. */
export interface Content {
  readonly offset: number
  readonly bytes: Uint8Array
}

/**
 * Takes the CPIM head off a message that arrives in pieces, without copying the content.
 * Pieces may come out of order when `total` and `size` are known, because then the head's length is known too.
 */
export class CpimUnwrapper {
  /** The head once it is complete. */
  head: CpimHead | undefined
  readonly #headLength: number | undefined
  readonly #options: CpimOptions
  #collected: Uint8Array
  readonly #seen: Uint8Array
  #covered = 0

  /**
   * @param total octets of the whole message, if announced
   * @param size octets of the content, if announced (the file or the range of it)
   * @param options how the head is read
   */
  constructor(total: number | undefined, size: number | undefined, options: CpimOptions = {}) {
    this.#options = options
    const length = total !== undefined && size !== undefined ? total - size : undefined
    if (length !== undefined && (length <= 0 || length > CPIM_HEAD_OCTETS))
      throw new RemoteProtocolError('size-mismatch', 'The message length does not fit the announced file size.', 413)
    this.#headLength = length
    this.#collected = new Uint8Array(length ?? 512)
    this.#seen = new Uint8Array(length ?? 0)
  }

  /**
   * @param offset of `bytes` in the message, 0-based
   * @returns the part of `bytes` that is content, if any
   * @throws RemoteProtocolError 400, 413 or 415; the message is then lost
   */
  push(offset: number, bytes: Uint8Array): Content | undefined {
    if (this.#headLength !== undefined) return this.#pushKnown(this.#headLength, offset, bytes)
    return this.head === undefined ? this.#pushFirst(offset, bytes) : content(offset, bytes, this.#covered)
  }

  /** Octets the head took; 0 until it is complete. */
  get headLength(): number {
    return this.head === undefined ? 0 : (this.#headLength ?? this.#covered)
  }

  #pushFirst(offset: number, bytes: Uint8Array): Content | undefined {
    if (offset > this.#covered)
      throw new RemoteProtocolError('cpim-head-missing', 'Content came before the CPIM headers and the file size is unknown.', 413)
    const part = bytes.subarray(0, CPIM_HEAD_OCTETS - offset)
    const end = Math.max(this.#covered, offset + part.length)
    this.#grow(end)
    this.#collected.set(part, offset)
    this.#covered = end
    const collected = this.#collected.subarray(0, end)
    // Only a blank line can end the head: without one there is nothing to read again, however small the pieces are
    const read =
      end < CPIM_HEAD_OCTETS && !hasBlankLine(collected, offset) ? undefined : decodeCpimHead(collected, CPIM_HEAD_OCTETS, this.#options)
    if (read === undefined) return undefined
    this.head = read.head
    this.#covered = read.length
    this.#collected = new Uint8Array(0)
    return content(offset, bytes, read.length)
  }

  #pushKnown(headLength: number, offset: number, bytes: Uint8Array): Content | undefined {
    if (offset < headLength && this.head === undefined) {
      const part = bytes.subarray(0, Math.min(bytes.length, headLength - offset))
      this.#collected.set(part, offset)
      this.#mark(offset, offset + part.length)
      if (this.#covered === headLength) this.#read(headLength)
    }
    return content(offset, bytes, headLength)
  }

  #read(headLength: number): void {
    const read = decodeCpimHead(this.#collected, headLength + 1, this.#options)
    if (read?.length !== headLength)
      throw new RemoteProtocolError('size-mismatch', 'The CPIM headers and the announced file size do not add up.', 413)
    this.head = read.head
    this.#collected = new Uint8Array(0)
  }

  /** Counts each octet of the head once, however often and in whatever order it comes. */
  #mark(from: number, to: number): void {
    for (let at = from; at < to; at++) {
      if (this.#seen[at] === 0) this.#covered++
      this.#seen[at] = 1
    }
  }

  #grow(length: number): void {
    if (length <= this.#collected.length) return
    const larger = new Uint8Array(Math.max(length, this.#collected.length * 2))
    larger.set(this.#collected)
    this.#collected = larger
  }
}

/** The part of `bytes`, which lie at `offset` of the message, that comes after `headLength` octets. */
function content(offset: number, bytes: Uint8Array, headLength: number): Content | undefined {
  if (offset >= headLength) return { offset: offset - headLength, bytes }
  const skip = headLength - offset
  return skip < bytes.length ? { offset: 0, bytes: bytes.subarray(skip) } : undefined
}

/** Whether an empty line ends at or after `from`. */
function hasBlankLine(bytes: Uint8Array, from: number): boolean {
  for (let feed = bytes.indexOf(LF, from); feed >= 0; feed = bytes.indexOf(LF, feed + 1)) {
    const before = bytes[feed - 1] === CR ? feed - 2 : feed - 1
    if (before < 0 || bytes[before] === LF) return true
  }
  return false
}

const CR = 13
const LF = 10
