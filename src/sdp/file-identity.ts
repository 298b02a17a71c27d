import { equalBytes, type MediaType, sameMediaType } from '../wire/index.js'
import type { FileHash, FileSelector } from './file-media.js'

/** What is known about one local file. */
export interface FileProperties {
  readonly name: string
  readonly size: number
  readonly type: MediaType
  /** Hashes of the whole file that were computed so far. */
  readonly hashes: readonly FileHash[]
}

/** Whether both selectors can denote the same file: nothing that both say contradicts; more or fewer selectors are fine (OA-28). */
export function sameFile(a: FileSelector, b: FileSelector): boolean {
  if (a.name !== undefined && b.name !== undefined && a.name !== b.name) return false
  if (a.size !== undefined && b.size !== undefined && a.size !== b.size) return false
  if (a.type !== undefined && b.type !== undefined && !sameMediaType(a.type, b.type)) return false
  return a.hashes.every(hash => {
    const other = hashOf(b.hashes, hash.algorithm)
    return other === undefined || equalBytes(hash.octets, other.octets)
  })
}

/**
 * Whether the file fits every given selector exactly: name as it is, size, type without parameters and case, hash (OA-32).
 * A sha-1 selector needs the file's sha-1; other algorithms count if the file has them. A selector of which nothing could be compared
 * fits no file.
 */
export function matchesSelector(selector: FileSelector, file: FileProperties): boolean {
  const { name, size, type, hashes } = selector
  const comparable = hashes.filter(({ algorithm }) => algorithm === 'sha-1' || hashOf(file.hashes, algorithm) !== undefined)
  if (name === undefined && size === undefined && type === undefined && comparable.length === 0) return false
  if (name !== undefined && name !== file.name) return false
  if (size !== undefined && size !== file.size) return false
  if (type !== undefined && !sameMediaType(type, file.type)) return false
  return comparable.every(hash => {
    const own = hashOf(file.hashes, hash.algorithm)
    return own !== undefined && equalBytes(own.octets, hash.octets)
  })
}

function hashOf(hashes: readonly FileHash[], algorithm: string): FileHash | undefined {
  return hashes.find(hash => hash.algorithm === algorithm)
}
