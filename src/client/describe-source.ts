import type { OutgoingFile } from '../cpm/index.js'
import { sha1Hash } from '../sdp/index.js'
import { parseMediaType } from '../wire/index.js'
import type { FileInput, FileSource } from './host.js'

/** Selector and dates of a source as they go into the offer (OA-3, D-16, D-22). */
export function describeSource(source: FileSource, sha1: Uint8Array): Pick<OutgoingFile, 'selector' | 'modified' | 'created'> {
  const type = parseMediaType(source.type)
  return {
    selector: {
      name: source.name,
      ...(type === undefined ? {} : { type }),
      ...(source.size > 0 ? { size: source.size } : {}),
      hashes: [sha1Hash(sha1)],
    },
    ...(source.modified === undefined ? {} : { modified: source.modified }),
    ...(source.created === undefined ? {} : { created: source.created }),
  }
}

/** Base name of an input, before it is opened. */
export function nameOf(input: FileInput): string {
  if (typeof input === 'string') return input.slice(Math.max(input.lastIndexOf('/'), input.lastIndexOf('\\')) + 1)
  if (input instanceof URL) return decoded(input.pathname.slice(input.pathname.lastIndexOf('/') + 1))
  return 'name' in input && typeof input.name === 'string' ? input.name : 'unnamed'
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
