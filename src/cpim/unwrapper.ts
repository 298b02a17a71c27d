import { RemoteProtocolError } from '../wire/index.js'
import { type CpimHead, decodeCpimHead } from './head.js'
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
  #collected: Uint8Array
  readonly #seen: Uint8Array
  #covered = 0

  /**
   * @param total octets of the whole message, if announced
   * @param size octets of the content, if announced (the file or the range of it)
   */
  constructor(total: number | undefined, size: number | undefined) {
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
    if (this.head !== undefined) return content(offset - this.#covered, bytes, 0)
    if (offset !== this.#covered)
      throw new RemoteProtocolError('cpim-head-missing', 'Content came before the CPIM headers and the file size is unknown.', 413)
    this.#grow(offset + bytes.length)
    this.#collected.set(bytes, offset)
    const read = decodeCpimHead(this.#collected.subarray(0, offset + bytes.length), CPIM_HEAD_OCTETS)
    if (read === undefined) {
      this.#covered = offset + bytes.length
      return undefined
    }
    this.head = read.head
    this.#covered = read.length
    return content(0, bytes, read.length - offset)
  }

  /** Octets the head took; 0 until it is complete. */
  get headLength(): number {
    return this.head === undefined ? 0 : (this.#headLength ?? this.#covered)
  }

  #pushKnown(headLength: number, offset: number, bytes: Uint8Array): Content | undefined {
    if (offset < headLength && this.head === undefined) {
      const part = bytes.subarray(0, Math.min(bytes.length, headLength - offset))
      this.#collected.set(part, offset)
      this.#mark(offset, offset + part.length)
      if (this.#covered === headLength) this.#read(headLength)
    }
    return content(Math.max(0, offset - headLength), bytes, headLength - offset)
  }

  #read(headLength: number): void {
    const read = decodeCpimHead(this.#collected, headLength)
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

function content(offset: number, bytes: Uint8Array, skip: number): Content | undefined {
  if (skip <= 0) return { offset, bytes }
  return skip < bytes.length ? { offset, bytes: bytes.subarray(skip) } : undefined
}
