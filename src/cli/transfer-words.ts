import type { StoredFile, StoredTransfer } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import { storedRecipientNames } from './recipient-words.js'
import { terminalName, terminalText } from './terminal-text.js'

/** Files of one transfer that are named in one line. */
const NAMED = 3

/** `to bob <sip:bob@example.org>`, `from sip:alice@example.com` */
export function peerWords({ direction, peer, peerName, group, recipients }: StoredTransfer): string {
  if (group !== undefined) return `to ${terminalText(group)}`
  if (recipients !== undefined) return `to ${storedRecipientNames(recipients)}`
  const uri = terminalText(peer)
  const who = peerName === undefined || peerName === '' ? uri : `${terminalText(peerName, 40)} <${uri}>`
  return `${direction === 'sent' ? 'to' : 'from'} ${who}`
}

/** `plan.pdf, photos.zip and 3 more` */
export function fileNames(files: readonly StoredFile[]): string {
  const names = files.slice(0, NAMED).map(({ name }) => terminalName(name))
  return `${names.join(', ')}${files.length > NAMED ? ` and ${files.length - NAMED} more` : ''}`
}

/** `43 % of 39.9 MB`; only octets where the size is not known. */
export function shareWords(files: readonly StoredFile[]): string {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const sizes = files.map(({ size }) => size)
  if (sizes.includes(undefined)) return formatSize(bytes)
  const size = sizes.reduce<number>((sum, each) => sum + (each ?? 0), 0)
  return `${percent(bytes, size)} % of ${formatSize(size)}`
}

/** Never 100 before all of it is there. */
export function percent(bytes: number, size: number): number {
  return size <= 0 ? 0 : Math.min(100, Math.floor((bytes / size) * 100))
}

/** `just now`, `5 min ago`, `3 h ago`, `2 days ago` */
export function ageWords(milliseconds: number): string {
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ago`
  return `${Math.floor(hours / 24)} days ago`
}

/** `2026-11-23`, in the time zone of the user. */
export function localDay(date: number): string {
  const day = new Date(date)
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`
}

/** `14:02`, in the time zone of the user. */
export function localTime(date: number): string {
  const time = new Date(date)
  return `${two(time.getHours())}:${two(time.getMinutes())}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

/** The record of a transfer as machines get it. */
export function transferFields(transfer: StoredTransfer, missing: ReadonlySet<string> = new Set()): object {
  const { id, direction, kind, account, peer, peerName, subject, started, ended, files, group, recipients } = transfer
  return {
    transfer: id,
    direction: direction === 'sent' ? 'sending' : 'receiving',
    kind,
    account,
    peer,
    peerName,
    subject,
    started,
    ended,
    files: files.map(file => storedFileFields(file, missing)),
    group,
    recipients: recipients?.map(({ files: places, ...recipient }) => ({ ...recipient, files: places.map(place => place + 1) })),
  }
}

function storedFileFields(file: StoredFile, missing: ReadonlySet<string>): object {
  const { index, name, type, size, sha1, state, bytes, path, part, error, notice, updated } = file
  const hex = sha1 === undefined ? undefined : [...sha1].map(octet => octet.toString(16).toUpperCase().padStart(2, '0')).join(':')
  return {
    number: index + 1,
    name,
    type,
    size,
    sha1: hex,
    state,
    bytes,
    path,
    part,
    error,
    notice,
    updated,
    ...(path !== undefined && missing.has(path) && { missing: true }),
  }
}
