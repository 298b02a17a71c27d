import type { ContactView, GroupView } from '../../../protocol/index.js'
import { draft, type Recipient } from '../../model/draft.js'
import { navigate } from '../../model/route.js'
import { isSameAddress } from './address.js'

/** Goes to where files are sent, with these recipients beside those that are there. */
function sendTo(recipients: readonly Recipient[]): void {
  draft.update(now => {
    const fresh = recipients.filter(({ uri }) => !now.recipients.some(other => isSameAddress(other.uri, uri)))
    return { ...now, isOpen: true, recipients: [...now.recipients, ...fresh] }
  })
  navigate('/')
}

export function sendToContact({ uri, name }: ContactView): void {
  sendTo([{ uri, name, copyControl: 'to' }])
}

/** A group with an address is one recipient, a list of people is all of them. */
export function sendToGroup(group: GroupView, contacts: readonly ContactView[]): void {
  const { uri, name, members } = group
  if (uri !== undefined) sendTo([{ uri, name, copyControl: 'to', group }])
  else
    sendTo(
      members.map(member => ({ uri: member, name: contacts.find(contact => isSameAddress(contact.uri, member))?.name, copyControl: 'to' })),
    )
}
