import type { ContactView, GroupView, HistoryRow } from '../../../protocol/index.js'
import { nameOf, shortAddress } from '../../format/party.js'
import type { Recipient } from '../../model/draft.js'
import { isSameAddress, readAddress } from '../people/address.js'

/** What somebody who types may mean. */
export interface Suggestion {
  readonly key: string
  readonly kind: 'contact' | 'group' | 'recent' | 'typed'
  readonly name: string
  /** The address, or how many people. */
  readonly detail: string | number
  readonly recipients: readonly Recipient[]
}

export interface AddressBook {
  readonly contacts: readonly ContactView[]
  readonly groups: readonly GroupView[]
  /** Earlier transfers, newest first. */
  readonly recent: readonly HistoryRow[]
}

/** Suggestions shown at once. */
const MOST = 8

/** Those of the address book that fit what was typed, and what was typed itself when it is an address. Who is chosen already is left out. */
export function suggestionsFor(typed: string, book: AddressBook, chosen: readonly Recipient[], ownAddress: string): readonly Suggestion[] {
  const text = typed.trim().toLowerCase()
  const isChosen = (uri: string): boolean => isSameAddress(uri, ownAddress) || chosen.some(recipient => isSameAddress(recipient.uri, uri))
  const contacts = book.contacts.map(({ uri, name }) => personSuggestion('contact', uri, name))
  const recent = peersOf(book.recent)
    .filter(({ uri }) => !book.contacts.some(contact => isSameAddress(contact.uri, uri)))
    .map(({ uri, name }) => personSuggestion('recent', uri, name))
  const groups = book.groups.map(group => groupSuggestion(group, book.contacts))
  const fitting = [...contacts, ...groups, ...recent].filter(
    ({ name, detail, recipients }) =>
      `${name} ${detail}`.toLowerCase().includes(text) && recipients.length > 0 && !recipients.every(({ uri }) => isChosen(uri)),
  )
  const own = typedSuggestion(typed, ownAddress, fitting)
  return [...fitting.slice(0, MOST), ...(own === undefined || isChosen(own.recipients[0]?.uri ?? '') ? [] : [own])]
}

function personSuggestion(kind: 'contact' | 'recent', uri: string, name: string | undefined): Suggestion {
  return {
    key: `${kind} ${uri}`,
    kind,
    name: nameOf({ uri, displayName: name }),
    detail: shortAddress(uri),
    recipients: [{ uri, name, copyControl: 'to' }],
  }
}

function groupSuggestion(group: GroupView, contacts: readonly ContactView[]): Suggestion {
  const recipients: readonly Recipient[] =
    group.uri === undefined
      ? group.members.map(uri => ({ uri, name: contacts.find(contact => isSameAddress(contact.uri, uri))?.name, copyControl: 'to' }))
      : [{ uri: group.uri, name: group.name, copyControl: 'to', group }]
  return { key: `group ${group.name}`, kind: 'group', name: group.name, detail: group.members.length, recipients }
}

/** What was typed, as an address; the part after the @ may be left out for those of our own domain. */
function typedSuggestion(typed: string, ownAddress: string, known: readonly Suggestion[]): Suggestion | undefined {
  const read = readTyped(typed, ownAddress)
  if (read.uri === undefined || known.some(({ recipients }) => recipients.some(({ uri }) => isSameAddress(uri, read.uri)))) return undefined
  const { uri } = read
  return {
    key: `typed ${uri}`,
    kind: 'typed',
    name: shortAddress(uri),
    detail: uri,
    recipients: [{ uri, name: undefined, copyControl: 'to' }],
  }
}

/** `bob` -> `sip:bob@example.com` for somebody of `example.com` */
export function readTyped(typed: string, ownAddress: string): ReturnType<typeof readAddress> {
  const text = typed.trim()
  const domain = shortAddress(ownAddress).split('@')[1]
  const isUser = domain !== undefined && /^[\w.-]{1,64}$/.test(text)
  return readAddress(isUser ? `${text}@${domain}` : text)
}

/** Who was sent to or heard from, each once, newest first. */
function peersOf(rows: readonly HistoryRow[]): readonly { readonly uri: string; readonly name: string | undefined }[] {
  const peers = new Map<string, { readonly uri: string; readonly name: string | undefined }>()
  for (const { peer, peerName, group, recipients } of rows) {
    if (group !== undefined || recipients !== undefined || peer.endsWith('.invalid')) continue
    if (!peers.has(peer)) peers.set(peer, { uri: peer, name: peerName })
  }
  return [...peers.values()]
}

/** Why a recipient cannot be added; undefined when they can. */
export function recipientProblem(uri: string, chosen: readonly Recipient[], ownAddress: string): 'self' | 'twice' | undefined {
  if (isSameAddress(uri, ownAddress)) return 'self'
  return chosen.some(recipient => isSameAddress(recipient.uri, uri)) ? 'twice' : undefined
}

/** The suggestion that somebody means who types on and does not choose: the only one of that name or address, or the only one that fits. */
export function meantBy(typed: string, options: readonly Suggestion[]): Suggestion | undefined {
  const text = typed.trim().toLowerCase()
  const known = options.filter(({ kind }) => kind !== 'typed')
  const exact = known.filter(({ name, detail }) => name.toLowerCase() === text || detail === text)
  if (exact.length > 0) return exact.length === 1 ? exact[0] : undefined
  return known.length === 1 && !text.includes('@') ? known[0] : undefined
}
