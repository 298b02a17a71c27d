import { isUsableAddress } from '../sip/index.js'
import { decodeXml, RemoteProtocolError, type XmlElement, xmlAttribute, xmlChildren } from '../wire/index.js'
import { MAX_ADDRESS, MAX_ADHOC_GROUP_SIZE, MAX_LIST_ENTRIES } from './limits.js'
import {
  COPY_CONTROL_NAMESPACE,
  COPY_CONTROLS,
  type CopyControl,
  distinctRecipients,
  LISTS_NAMESPACE,
  type Recipient,
} from './recipient.js'
import { shortened } from './shortened.js'

export interface RecipientListRules {
  /** Every address of the creator: no INVITE goes back there. */
  readonly creator: readonly string[]
  /** People of the group, the creator included. Default 10. */
  readonly maxGroupSize?: number
}

/** RFC 5366 prints its example with this one. */
const MISSPELT_COPY_CONTROL = 'urn:ietf:params:xml:ns:copyControl'

/**
 * Reads the list of an INVITE to the conference factory: who is to be invited, each once (GRP-15).
 * @throws RemoteProtocolError 400 when it is no resource list or holds an address that cannot be invited, 403 for too many people,
 * 488 when nobody is left, 413 beyond the limits of XML
 */
export function decodeRecipientList(bytes: Uint8Array, rules: RecipientListRules): Recipient[] {
  const entries = flatEntries(listsOf(decodeXml(bytes)))
  if (entries.length > MAX_LIST_ENTRIES) throw tooMany()
  const recipients = distinctRecipients(entries.map(readEntry), rules.creator)
  if (recipients.length === 0) throw new RemoteProtocolError('empty-recipient-list', 'The recipient list names nobody.', 488)
  if (recipients.length > (rules.maxGroupSize ?? MAX_ADHOC_GROUP_SIZE) - 1) throw tooMany()
  return recipients
}

/** The `<list>` elements right below the root. @throws RemoteProtocolError 400 for another document */
export function listsOf(root: XmlElement): XmlElement[] {
  if (root.name !== 'resource-lists' || root.namespace !== LISTS_NAMESPACE) throw malformed('The document is no resource list.')
  return xmlChildren(root, LISTS_NAMESPACE, 'list')
}

/** What `<display-name>` says, at most MAX_TEXT characters; undefined when it says nothing. */
export function displayNameOf(element: XmlElement): string | undefined {
  return shortened(xmlChildren(element, LISTS_NAMESPACE, 'display-name')[0]?.text)
}

/** One `<entry>`. @throws RemoteProtocolError 400 for an address that cannot be invited */
export function readEntry(element: XmlElement): Recipient {
  const uri = xmlAttribute(element, 'uri')?.trim() ?? ''
  // Only sip, sips and tel can be invited (GRP-15); headers in the address would be put into the INVITE (RFC 3261 §19.1.5)
  if (uri.length > MAX_ADDRESS || !isUsableAddress(uri)) throw malformed('An entry of the list has no address that can be invited.')
  const displayName = displayNameOf(element)
  return {
    uri,
    copyControl: readCopyControl(attributeOf(element, 'copyControl')),
    anonymize: readAnonymize(attributeOf(element, 'anonymize')),
    ...(displayName !== undefined && { displayName }),
  }
}

/** Nested lists, references to other documents and foreign elements are passed over (RFC 5366 §4). */
function flatEntries(lists: readonly XmlElement[]): XmlElement[] {
  return lists.flatMap(list => xmlChildren(list, LISTS_NAMESPACE, 'entry'))
}

function attributeOf(entry: XmlElement, name: string): string | undefined {
  return (xmlAttribute(entry, name, COPY_CONTROL_NAMESPACE) ?? xmlAttribute(entry, name, MISSPELT_COPY_CONTROL))?.trim()
}

/** RFC 5364 §4: without the attribute it is `bcc`; so it is with a word we cannot read, which shows nobody. */
function readCopyControl(text: string | undefined): CopyControl {
  return COPY_CONTROLS.find(value => value === text) ?? 'bcc'
}

/** xs:boolean; whoever writes something else wanted to hide rather than to show. */
function readAnonymize(text: string | undefined): boolean {
  return text !== undefined && text !== 'false' && text !== '0'
}

function tooMany(): RemoteProtocolError {
  return new RemoteProtocolError('too-many-participants', 'Too many participants', 403)
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-recipient-list', message, 400)
}
