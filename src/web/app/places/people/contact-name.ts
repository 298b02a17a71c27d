import type { ContactView } from '../../../protocol/index.js'
import { nameOf } from '../../format/party.js'

/** What a contact is called. */
export function contactName({ uri, name }: Pick<ContactView, 'uri' | 'name'>): string {
  return nameOf({ uri, displayName: name })
}
