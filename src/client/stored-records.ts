import { HostError } from './host.js'
import { HISTORY_ROWS, STORED_FILES, STORED_MEMBERS, STORED_RECIPIENTS, STORED_KEY, STORED_TAGS, STORED_TEXT } from './limits.js'
import type {
  Contact,
  FileQuery,
  HistoryQuery,
  StoredCapabilities,
  StoredFile,
  StoredGroup,
  StoredRecipient,
  StoredTransfer,
} from './store.js'

/** What every store does alike: the limits of a record, and what a search compares. A store applies these before it writes or reads. */

/** The transfer as it is kept: texts for people are cut. Throws `HostError('store')` when it cannot be kept at all. */
export function storableTransfer(transfer: StoredTransfer): StoredTransfer {
  const seen = new Set<number>()
  for (const { index } of transfer.files) {
    if (seen.has(index)) throw unstorable('order of files')
    seen.add(index)
  }
  return {
    ...transfer,
    id: key(transfer.id, 'id'),
    account: key(transfer.account, 'account'),
    peer: key(transfer.peer, 'address of the peer'),
    peerName: text(transfer.peerName),
    subject: text(transfer.subject),
    conversationId: optionalKey(transfer.conversationId, 'conversation'),
    started: integer(transfer.started, 'time'),
    ended: optionalInteger(transfer.ended, 'time'),
    files: transfer.files.map(storableFile).sort((a, b) => a.index - b.index),
    ...(transfer.group === undefined ? {} : { group: key(transfer.group, 'address of the group') }),
    ...(transfer.recipients === undefined ? {} : { recipients: storableRecipients(transfer.recipients) }),
  }
}

/** A double would make the record of one recipient two. */
function storableRecipients(recipients: readonly StoredRecipient[]): StoredRecipient[] {
  if (recipients.length > STORED_RECIPIENTS || new Set(recipients.map(({ uri }) => uri)).size < recipients.length)
    throw unstorable('list of recipients')
  return recipients.map(recipient => ({
    uri: key(recipient.uri, 'address of a recipient'),
    name: text(recipient.name),
    copyControl: recipient.copyControl,
    state: text(recipient.state),
    error: recipient.error === undefined ? undefined : { code: text(recipient.error.code), detail: text(recipient.error.detail) },
    files: recipient.files.slice(0, STORED_FILES).map(index => integer(index, 'place of a file')),
  }))
}

/** What a search for people looks at, a line each: the peer, the group, the recipients. */
export function peopleOf({ peer, peerName, group, recipients = [] }: StoredTransfer): string {
  const others = recipients.flatMap(({ uri, name }) => (name === undefined ? [uri] : [uri, name]))
  return foldedText([peer, peerName ?? '', ...(group === undefined ? [] : [group]), ...others].join('\n'))
}

/** The file as it is kept; see `storableTransfer`. */
export function storableFile(file: StoredFile): StoredFile {
  if (file.index < 0 || file.index >= STORED_FILES) throw unstorable('number of files')
  if (file.sha1 !== undefined && file.sha1.length !== 20) throw unstorable('SHA-1')
  return {
    ...file,
    index: integer(file.index, 'place of a file'),
    name: text(file.name),
    type: text(file.type),
    size: optionalInteger(file.size, 'size'),
    // The caller may reuse its octets
    sha1: file.sha1 === undefined ? undefined : new Uint8Array(file.sha1),
    state: text(file.state),
    bytes: integer(file.bytes, 'number of octets'),
    path: optionalKey(file.path, 'path'),
    part: optionalKey(file.part, 'path'),
    modified: optionalInteger(file.modified, 'time'),
    error: file.error === undefined ? undefined : { code: text(file.error.code), detail: text(file.error.detail) },
    imdn: optionalKey(file.imdn, 'notification'),
    updated: integer(file.updated, 'time'),
  }
}

export function storableContact(contact: Contact): Contact {
  return { ...contact, uri: key(contact.uri, 'address'), name: text(contact.name), added: integer(contact.added, 'time') }
}

/** The name stays whole, since it is how the group is found again. */
export function storableGroup(group: StoredGroup): StoredGroup {
  if (group.members.length > STORED_MEMBERS) throw unstorable('number of members')
  return {
    name: key(group.name, 'name of a group'),
    uri: optionalKey(group.uri, 'address of a group'),
    members: group.members.map(member => key(member, 'address of a member')),
    added: integer(group.added, 'time'),
  }
}

export function storableCapabilities(capabilities: StoredCapabilities): StoredCapabilities {
  return {
    ...capabilities,
    uri: key(capabilities.uri, 'address'),
    maxSize: optionalInteger(capabilities.maxSize, 'size'),
    // A tag that was cut would be another tag
    tags: capabilities.tags.filter(tag => tag.length <= STORED_TEXT).slice(0, STORED_TAGS),
    learned: integer(capabilities.learned, 'time'),
  }
}

/** How a text is compared in a search: letter case and the form of accents do not matter, everything else does. */
export function foldedText(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** The text of a search as it is compared, cut to what a kept text can have. */
export function searchedText(text: string): string {
  return foldedText(text.slice(0, STORED_TEXT))
}

/** Rows of an answer. */
export function historyRows(limit: HistoryQuery['limit']): number {
  if (limit === undefined || Number.isNaN(limit)) return HISTORY_ROWS
  return Math.max(0, Math.min(HISTORY_ROWS, Math.trunc(limit)))
}

/**
 * Does this file have what `query.want` asks for? `complete`: it is done. `part` of a received file: there is a partial file (RCS-3);
 * `part` of a sent file: the peer has some of it, but not all (RCS-2).
 */
export function hasWanted(file: Pick<StoredFile, 'state' | 'part' | 'bytes'>, query: Pick<FileQuery, 'want' | 'direction'>): boolean {
  if (query.want === 'complete') return file.state === 'done'
  return file.state !== 'done' && (query.direction === 'sent' ? file.bytes > 0 : file.part !== undefined)
}

/** Order of `Store.contacts`: by what is shown, then by address. */
export function compareContacts(a: Contact, b: Contact): number {
  const [left, right] = [foldedText(a.name ?? a.uri), foldedText(b.name ?? b.uri)]
  if (left !== right) return left < right ? -1 : 1
  return a.uri < b.uri ? -1 : a.uri > b.uri ? 1 : 0
}

/** Order of `Store.groups`. */
export function compareGroups(a: StoredGroup, b: StoredGroup): number {
  const [left, right] = [foldedText(a.name), foldedText(b.name)]
  if (left !== right) return left < right ? -1 : 1
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0
}

function text(value: string): string
function text(value: string | undefined): string | undefined
function text(value: string | undefined): string | undefined {
  return value === undefined ? undefined : clean(value.slice(0, STORED_TEXT))
}

function key(value: string, what: string): string {
  if (value.length > STORED_KEY) throw unstorable(what)
  return clean(value)
}

function optionalKey(value: string | undefined, what: string): string | undefined {
  return value === undefined ? undefined : key(value, what)
}

/** Lone surrogates do not survive UTF-8, and NUL ends a text in some engines: both become U+FFFD. */
function clean(value: string): string {
  return value.replace(/[\p{Surrogate}\0]/gu, '\ufffd')
}

function integer(value: number, what: string): number {
  const whole = Math.trunc(value)
  if (!Number.isSafeInteger(whole)) throw unstorable(what)
  return whole
}

function optionalInteger(value: number | undefined, what: string): number | undefined {
  return value === undefined ? undefined : integer(value, what)
}

function unstorable(what: string): HostError {
  return new HostError('store', `The ${what} of a transfer cannot be kept.`)
}
