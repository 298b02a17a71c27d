import { conferenceOf, readOfferBody } from '../cpm/index.js'
import { decodeRecipientHistory, type HistoryEntry, LISTS_TYPE, mayReplyToAll } from '../focus/index.js'
import type { Body, SipRequest } from '../sip/index.js'
import { equalFold, type Part, parseMediaType, partHeader } from '../wire/index.js'
import type { OfferGroup } from './api.js'

/** The group that an INVITE comes from (GRP-43), with those it tells us of (GRP-24); undefined when it comes from a person. */
export function offerGroup(request: SipRequest, body: Body | undefined, own: readonly string[]): OfferGroup | undefined {
  const conference = conferenceOf(request)
  if (conference === undefined) return undefined
  const recipients = historyOf(body)
  return {
    uri: conference.uri,
    name: undefined,
    subject: request.headers.get('Subject'),
    recipients: recipients.map(({ uri, displayName, copyControl, count }) => ({ uri, displayName, copyControl, count })),
    mayReplyToAll: mayReplyToAll(recipients, own),
  }
}

/** The list is optional: a broken one shows nobody. */
function historyOf(body: Body | undefined): readonly HistoryEntry[] {
  if (body === undefined) return []
  try {
    const part = readOfferBody(body)?.parts.find(isHistory)
    return part === undefined ? [] : decodeRecipientHistory(part.body)
  } catch {
    return []
  }
}

function isHistory(part: Part): boolean {
  const type = parseMediaType(partHeader(part, 'content-type') ?? '')
  const disposition = (partHeader(part, 'content-disposition') ?? '').split(';', 1)[0] as string
  return (
    type !== undefined && equalFold(`${type.type}/${type.subtype}`, LISTS_TYPE) && equalFold(disposition.trim(), 'recipient-list-history')
  )
}
