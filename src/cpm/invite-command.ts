import type { Body, UserAgentCommand } from '../sip/index.js'
import { newConversation } from './conversation.js'
import { contactOf } from './focus-session.js'
import { RECIPIENT_LIST_HEADERS, withRecipientList } from './group-session.js'
import { inviteHeaders } from './invite-headers.js'
import type { SessionCore } from './session-core.js'

/** The INVITE of a session with its offer: to a person, to a group with a recipient list (GRP-2, GRP-3), or from a focus to a member (GRP-19, GRP-24). */
export function inviteCommand(core: SessionCore, offer: Body): UserAgentCommand & { readonly name: 'invite' } {
  const { settings, subject } = core
  const { id, ownUri, account, accessNetworkInfo, group, focus, peerUri, random } = settings
  /* v8 ignore next -- chosen with the first file */
  const conversation = core.conversation ?? newConversation(random)
  const own = focus?.inviteHeaders ?? inviteHeaders({ ownUri, account, conversation, subject, accessNetworkInfo })
  const headers = group?.recipientList === undefined ? own : [...own, ...RECIPIENT_LIST_HEADERS]
  const part = group?.recipientList ?? focus?.invitePart
  const body = part === undefined ? offer : withRecipientList(offer, part, random)
  return { name: 'invite', id, to: peerUri, body, headers, ...contactOf(focus) }
}
