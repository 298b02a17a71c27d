import type { ExtraHeaders } from '../sip/index.js'
import type { Conversation } from './conversation.js'
import { FILE_TRANSFER_ACCEPT_CONTACT, FILE_TRANSFER_ICSI } from './feature-tags.js'
import { SUBJECT_CHARACTERS } from './limits.js'

/** Header fields that make an INVITE a CPM File Transfer invitation (section 10 of the requirements, callflow 1). */
export function inviteHeaders(options: {
  ownUri: string
  /** Given when `ownUri` hides it. */
  account?: string | undefined
  conversation: Conversation
  subject: string | undefined
  accessNetworkInfo?: string | undefined
}): ExtraHeaders {
  const headers: [string, string][] = [
    ['Accept-Contact', FILE_TRANSFER_ACCEPT_CONTACT],
    ['P-Preferred-Service', FILE_TRANSFER_ICSI],
    ['P-Preferred-Identity', `<${options.account ?? options.ownUri}>`],
    ['Conversation-ID', options.conversation.conversationId],
    ['Contribution-ID', options.conversation.contributionId],
  ]
  // RFC 3323 §4.1.1.3 and RFC 3325 §9.3: the proxy knows who we are and tells nobody
  if (options.account !== undefined) headers.push(['From', `"Anonymous" <${options.ownUri}>`], ['Privacy', 'id'])
  if (options.subject !== undefined) headers.push(['Subject', oneLine(options.subject)])
  // CPM-11: what the access network says of itself is passed on as it was configured
  if (options.accessNetworkInfo !== undefined) headers.push(['P-Access-Network-Info', oneLine(options.accessNetworkInfo)])
  return headers
}

/** Free text as one header line (SEC-14). */
export function oneLine(text: string): string {
  let line = ''
  for (const character of text.slice(0, SUBJECT_CHARACTERS)) line += character < ' ' || character === '\x7f' ? ' ' : character
  return line.trim()
}
