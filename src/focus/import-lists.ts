import { decodeXml, RemoteProtocolError, XML_IMPORT_LIMITS, type XmlElement, xmlAttribute, xmlChildren } from '../wire/index.js'
import { displayNameOf, listsOf, readEntry } from './decode-recipient-list.js'
import type { GroupMember } from './group-definition.js'
import { MAX_GROUP_MEMBERS, MAX_GROUPS } from './limits.js'
import { distinctRecipients, LISTS_NAMESPACE } from './recipient.js'
import { shortened } from './shortened.js'

/** One `<list>` of a resource-lists document; it becomes a group once it has an address of its own. */
export interface ImportedList {
  /** `<display-name>`, else the `name` attribute; undefined when it has neither. */
  readonly name: string | undefined
  readonly members: readonly GroupMember[]
  /** References to entries and lists on an XCAP server that are not in the document (RFC 4826 §3.1). */
  readonly unresolved: number
}

/**
 * The lists of an `application/resource-lists+xml` document, each with the lists inside it (GRP-44, RFC 4826). Doubles are removed; the
 * copy control of RFC 5364 does not count here: a member that is not said to be hidden is visible.
 * @throws RemoteProtocolError 400 when it is no resource list or an entry has no address that can be invited, 413 beyond the limits of XML
 * for imports or of groups
 */
export function importLists(bytes: Uint8Array): ImportedList[] {
  const lists = listsOf(decodeXml(bytes, XML_IMPORT_LIMITS))
  if (lists.length > MAX_GROUPS) throw tooLarge(`The document has more than ${MAX_GROUPS} lists.`)
  return lists.map(readList)
}

function readList(list: XmlElement): ImportedList {
  const found = { entries: [] as XmlElement[], unresolved: 0 }
  gather(list, found)
  if (found.entries.length > MAX_GROUP_MEMBERS) throw tooLarge(`A list has more than ${MAX_GROUP_MEMBERS} entries.`)
  const people = distinctRecipients(found.entries.map(readEntry))
  return {
    name: displayNameOf(list) ?? shortened(xmlAttribute(list, 'name')),
    members: people.map(({ uri, displayName }) => ({ uri, ...(displayName !== undefined && { name: displayName }), hidden: false })),
    unresolved: found.unresolved,
  }
}

/** Depth first, in the order of the document; its depth is limited by the XML reader. */
function gather(list: XmlElement, found: { readonly entries: XmlElement[]; unresolved: number }): void {
  for (const child of list.children) {
    if (child.namespace !== LISTS_NAMESPACE) continue
    if (child.name === 'entry') found.entries.push(child)
    else if (child.name === 'list') gather(child, found)
  }
  found.unresolved += xmlChildren(list, LISTS_NAMESPACE, 'entry-ref').length + xmlChildren(list, LISTS_NAMESPACE, 'external').length
}

function tooLarge(message: string): RemoteProtocolError {
  return new RemoteProtocolError('too-many-entries', message, 413)
}
