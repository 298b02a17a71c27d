import type { FileRange, FileSelector } from '../sdp/index.js'
import { equalBytes, parseMediaType, sameMediaType } from '../wire/index.js'
import { extentOf } from './file-extent.js'
import type { Outcome } from './outcome.js'

/** What really arrived. */
export interface ReceivedFile {
  readonly size: number
  /** 20 octets; undefined when the offer had no hash to compare with. */
  readonly sha1: Uint8Array | undefined
  /** Content-Type of the file itself, wrapper taken off. */
  readonly contentType: string
}

/**
 * Compares a complete file with what was announced (RCV-13). Undefined when they agree.
 * @param range only this part came: its length is checked, and no hash, because that is of the whole file. The assembled file is then
 * checked without it.
 */
export function verifyFile(announced: FileSelector, received: ReceivedFile, range?: FileRange): Outcome | undefined {
  const { length } = extentOf(range, announced.size)
  if (length !== undefined && length !== received.size)
    return { code: 'size-mismatch', detail: `${length} octets were announced, ${received.size} came.` }
  const hash = range !== undefined ? undefined : announced.hashes.find(({ algorithm }) => algorithm.toLowerCase() === 'sha-1')
  if (hash !== undefined && (received.sha1 === undefined || !equalBytes(hash.octets, received.sha1))) return { code: 'hash-mismatch' }
  const type = parseMediaType(received.contentType)
  if (announced.type !== undefined && (type === undefined || !sameMediaType(announced.type, type)))
    return { code: 'type-mismatch', detail: `The message says ${received.contentType}.` }
  return undefined
}
