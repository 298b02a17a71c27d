import { parseMediaType, type Part, partHeader, RemoteProtocolError, equalFold } from '../wire/index.js'
import { decodeRecipientList, type RecipientListRules } from './decode-recipient-list.js'
import { LISTS_TYPE, type Recipient } from './recipient.js'

/** The option tag of RFC 5366 §9. */
export const RECIPIENT_LIST_INVITE = 'recipient-list-invite'

/** The list as body part of our INVITE to the factory (GRP-3). */
export function recipientListPart(list: Uint8Array): Part {
  return {
    headers: [
      ['Content-Type', LISTS_TYPE],
      ['Content-Disposition', 'recipient-list'],
    ],
    body: list,
  }
}

/**
 * Finds the list among the parts of an INVITE to the factory and reads it (GRP-15, GRP-16). Without the option tag it counts just the same.
 * @throws RemoteProtocolError 400 when there is none, 415 when it is of another type, and like `decodeRecipientList`
 */
export function readRecipientListPart(parts: readonly Part[], rules: RecipientListRules): Recipient[] {
  const part = parts.find(isRecipientList)
  if (part === undefined) throw new RemoteProtocolError('no-recipient-list', 'The INVITE carries no recipient list.', 400)
  if (!isListsType(part)) throw new RemoteProtocolError('recipient-list-type', `A recipient list is of the type ${LISTS_TYPE}.`, 415)
  return decodeRecipientList(part.body, rules)
}

/** `Content-Disposition: recipient-list; handling=required`, or no disposition at all and the type of a list. */
function isRecipientList(part: Part): boolean {
  const disposition = partHeader(part, 'Content-Disposition')
  if (disposition === undefined) return isListsType(part)
  return equalFold((disposition.split(';', 1)[0] as string).trim(), 'recipient-list')
}

function isListsType(part: Part): boolean {
  const type = parseMediaType(partHeader(part, 'Content-Type') ?? '')
  return type !== undefined && equalFold(`${type.type}/${type.subtype}`, LISTS_TYPE)
}
