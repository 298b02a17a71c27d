import { type FileSelector, formatOctets, sha1Hash } from '../sdp/index.js'
import { parseMediaType } from '../wire/index.js'
import { isAnonymous } from '../cpm/index.js'
import type { Destination, WantedFile } from './api.js'
import { CpmftError } from './errors.js'
import { group } from './group.js'
import type { FilePlan } from './outgoing-transfer.js'
import type { KnownPart } from './receiving-transfer.js'
import type { Store, StoredFile, StoredRecipient, StoredTransfer } from './store.js'
import { readTransferId } from './transfer-id.js'

/** States in which a file needs nothing more. */
const SETTLED = new Set(['done', 'declined'])

/** Files of an earlier transfer that can go on where they stopped (RCS-1): the same file is still there, and its hash is known. */
export function resumableFiles(transfer: StoredTransfer): readonly StoredFile[] {
  // How far members are is the group server's knowledge, not ours
  if (isToSeveral(transfer)) return []
  return transfer.files.filter(file => {
    if (SETTLED.has(file.state) || file.sha1 === undefined) return false
    return transfer.direction === 'received' ? file.part !== undefined : transfer.kind === 'push' && file.path !== undefined
  })
}

/** It was sent to a group or to several people. */
export function isToSeveral({ group, recipients }: StoredTransfer): boolean {
  return group !== undefined || recipients !== undefined
}

/** Those who lack a file of the transfer; who is `stored` gets it when it is online, and people without a name cannot be called. */
export function recipientsLeft({ files, recipients = [] }: StoredTransfer): readonly StoredRecipient[] {
  return recipients.filter(
    recipient => recipient.state !== 'stored' && !isAnonymous(recipient.uri) && files.some(({ index }) => !recipient.files.includes(index)),
  )
}

/** Files of an earlier transfer that can be tried again from their start. */
export function retryableFiles(transfer: StoredTransfer): readonly StoredFile[] {
  if (isToSeveral(transfer) && transfer.direction === 'sent') return lackedFiles(transfer)
  const isOurs = transfer.direction === 'sent' ? transfer.kind === 'push' : transfer.kind === 'pull'
  if (!isOurs) return []
  return transfer.files.filter(file => file.state !== 'done' && (transfer.direction === 'received' || file.path !== undefined))
}

/** Files that somebody lacks; of a group that never told who its members are, those that it did not take. */
function lackedFiles(transfer: StoredTransfer): readonly StoredFile[] {
  const left = recipientsLeft(transfer)
  return transfer.files.filter(({ index, path, state }) => {
    const isLacked = transfer.recipients === undefined ? state !== 'done' : left.some(({ files }) => !files.includes(index))
    return isLacked && path !== undefined
  })
}

/** Where the files of a transfer to several go again: only to those who lack one (a smaller group, or one person). */
export function retryDestination(transfer: StoredTransfer): Destination {
  const options = transfer.subject === undefined ? {} : { subject: transfer.subject }
  const left = recipientsLeft(transfer)
  if (left.length === 0 && transfer.group !== undefined) return group(transfer.group, options)
  return group(
    left.map(({ uri, copyControl }) => ({ uri, copyControl })),
    options,
  )
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
