import type { ContactView, GroupView } from '../../../protocol/index.js'
import { shortAddress } from '../../format/party.js'
import { contactName } from './contact-name.js'

/** Contacts whose name or address has the text in it, by name. */
export function matchingContacts(contacts: readonly ContactView[], text: string): ContactView[] {
  const wanted = text.trim().toLowerCase()
  return contacts.filter(contact => hasText(contact, wanted)).sort((one, other) => contactName(one).localeCompare(contactName(other)))
}

/** Groups whose name, address or people have the text in them, by name. */
export function matchingGroups(groups: readonly GroupView[], contacts: readonly ContactView[], text: string): GroupView[] {
  const wanted = text.trim().toLowerCase()
  return groups
    .filter(
      group =>
        group.name.toLowerCase().includes(wanted) ||
        (group.uri !== undefined && shortAddress(group.uri).toLowerCase().includes(wanted)) ||
        group.members.some(uri => hasText(contacts.find(contact => contact.uri === uri) ?? { uri, name: undefined }, wanted)),
    )
    .sort((one, other) => one.name.localeCompare(other.name))
}

function hasText(contact: Pick<ContactView, 'uri' | 'name'>, wanted: string): boolean {
  return contactName(contact).toLowerCase().includes(wanted) || shortAddress(contact.uri).toLowerCase().includes(wanted)
}
