import type { SipRequest } from '../sip/index.js'
import { type Random, randomUuid } from '../wire/index.js'
import { CONVERSATION_ID_CHARACTERS } from './limits.js'

/** Ids that tie a CPM session to its conversation (CPM-5); they never change inside a dialog (CPM-7). */
export interface Conversation {
  /** Same for everything between the same parties that belongs together. */
  readonly conversationId: string
  /** New for every CPM session. */
  readonly contributionId: string
}

/** A new session, in `conversationId` when the parties already have one. */
export function newConversation(random: Random, conversationId = randomUuid(random)): Conversation {
  return { conversationId, contributionId: randomUuid(random) }
}

/** The ids of an incoming INVITE; local ones where the peer gave none or an unusable one (CPM-7). */
export function conversationOf(request: SipRequest, random: Random): Conversation {
  return {
    conversationId: usable(request.headers.get('Conversation-ID')) ?? randomUuid(random),
    contributionId: usable(request.headers.get('Contribution-ID')) ?? randomUuid(random),
  }
}

/** What could be sent on as it is: a NUL, which may be received, could not. */
function usable(id: string | undefined): string | undefined {
  return id !== undefined && id !== '' && id.length <= CONVERSATION_ID_CHARACTERS && /^[!-~]+$/.test(id) ? id : undefined
}
