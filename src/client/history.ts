import { type FileSelector, formatOctets, sha1Hash } from '../sdp/index.js'
import { parseMediaType } from '../wire/index.js'
import type { WantedFile } from './api.js'
import { CpmftError } from './errors.js'
import type { FilePlan } from './outgoing-transfer.js'
import type { KnownPart } from './receiving-transfer.js'
import type { Store, StoredFile, StoredTransfer } from './store.js'
import { readTransferId } from './transfer-id.js'

/** States in which a file needs nothing more. */
const SETTLED = new Set(['done', 'declined'])

/** Files of an earlier transfer that can go on where they stopped (RCS-1): the same file is still there, and its hash is known. */
export function resumableFiles(transfer: StoredTransfer): readonly StoredFile[] {
  return transfer.files.filter(file => {
    if (SETTLED.has(file.state) || file.sha1 === undefined) return false
    return transfer.direction === 'received' ? file.part !== undefined : transfer.kind === 'push' && file.path !== undefined
  })
}

/** Files of an earlier transfer that can be tried again from their start. */
export function retryableFiles(transfer: StoredTransfer): readonly StoredFile[] {
  const isOurs = transfer.direction === 'sent' ? transfer.kind === 'push' : transfer.kind === 'pull'
  if (!isOurs) return []
  return transfer.files.filter(file => file.state !== 'done' && (transfer.direction === 'received' || file.path !== undefined))
}

/** @throws CpmftError `no-such-transfer` */
export async function storedTransfer(store: Store | undefined, id: string): Promise<StoredTransfer> {
  const known = readTransferId(id)
  const transfer = known === undefined ? undefined : await store?.transfer(known)
  if (transfer === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
  return transfer
}

/** How a sent file goes on; with `fromStart` it is sent as if for the first time. */
export function planOf(file: StoredFile, fromStart: boolean): FilePlan {
  const confirmed = fromStart || file.sha1 === undefined ? undefined : { confirmed: file.bytes, sha1: formatOctets(file.sha1) }
  return { input: file.path ?? '', index: file.index, ...(confirmed === undefined ? {} : { resume: confirmed }) }
}

/** How a received file is asked for again. */
export function wantedAgain(
  file: StoredFile,
  fromStart: boolean,
): { readonly selector: FileSelector; readonly part?: KnownPart; readonly index: number } {
  const type = file.type === 'application/octet-stream' ? undefined : parseMediaType(file.type)
  const selector = {
    ...(file.name === 'unnamed' ? {} : { name: file.name }),
    ...(type === undefined ? {} : { type }),
    ...(file.size === undefined ? {} : { size: file.size }),
    hashes: file.sha1 === undefined ? [] : [sha1Hash(file.sha1)],
  }
  const part = fromStart || file.part === undefined ? {} : { part: { path: file.part, length: file.bytes } }
  return { selector, index: file.index, ...part }
}

/**
 * The selector of a file to ask for.
 * @throws CpmftError `no-files` when it says nothing usable
 */
export function wantedSelector(wanted: WantedFile): FileSelector {
  const { name, size } = wanted
  const type = wanted.type === undefined ? undefined : parseMediaType(wanted.type)
  const octets = wanted.sha1 === undefined ? undefined : hashOctets(wanted.sha1)
  if ((name ?? type ?? size ?? octets) === undefined || (wanted.type !== undefined && type === undefined))
    throw new CpmftError('no-files', 'A file to ask for needs a name, a type, a size or a SHA-1.')
  return {
    ...(name === undefined ? {} : { name }),
    ...(type === undefined ? {} : { type }),
    ...(size === undefined ? {} : { size }),
    hashes: octets === undefined ? [] : [sha1Hash(octets)],
  }
}

/** 20 octets as hex, with or without colons. @throws CpmftError `no-files` */
function hashOctets(text: string): Uint8Array {
  const hex = text.replaceAll(':', '')
  if (!/^[0-9a-f]{40}$/i.test(hex)) throw new CpmftError('no-files', 'A SHA-1 has 20 octets in hex.')
  return Uint8Array.from({ length: 20 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16))
}
