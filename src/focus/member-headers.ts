import { ANONYMOUS_URI, type Conversation, FILE_TRANSFER_ACCEPT_CONTACT, FILE_TRANSFER_ICSI } from '../cpm/index.js'
import type { ExtraHeaders } from '../sip/index.js'
import { CONFERENCE_EVENT } from './conference-info.js'
import { plainText } from './shortened.js'

export interface MemberInvitation {
  readonly conferenceUri: string
  readonly creator: { readonly uri: string; readonly hidden: boolean }
  /** The ids of the creator's INVITE: they hold for every leg (GRP-19). */
  readonly conversation: Conversation
  readonly subject?: string
}

/**
 * Header fields of the INVITE to a member (GRP-19): the conference calls, in the name of the creator unless that one asked for privacy.
 * Never `Require: recipient-list-invite`.
 */
export function memberHeaders({ conferenceUri, creator, conversation, subject }: MemberInvitation): ExtraHeaders {
  const title = plainText(subject)
  return [
    ['From', `<${conferenceUri}>`],
    ['P-Asserted-Identity', `<${creator.hidden ? ANONYMOUS_URI : creator.uri}>`],
    ['Referred-By', `<${creator.hidden ? ANONYMOUS_URI : creator.uri}>`],
    ['P-Asserted-Service', FILE_TRANSFER_ICSI],
    ['Accept-Contact', FILE_TRANSFER_ACCEPT_CONTACT],
    ['Conversation-ID', conversation.conversationId],
    ['Contribution-ID', conversation.contributionId],
    ['Allow-Events', CONFERENCE_EVENT],
    ...(title === undefined ? [] : [['Subject', title] as const]),
  ]
}
