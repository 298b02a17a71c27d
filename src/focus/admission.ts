import { isAnonymous } from '../cpm/index.js'
import type { AddressKind } from './conference-uri.js'
import type { GroupDefinition } from './group-definition.js'
import { isMember, maySendTo } from './group-definition.js'
import { RECIPIENT_LIST_INVITE } from './recipient-list-part.js'

/** What is known of an INVITE before its body is read. */
export interface GroupInvite {
  /** What its Request-URI is. */
  readonly kind: AddressKind
  /** Inside a dialog. */
  readonly again: boolean
  /** Option tags of Require, lower case. */
  readonly required: readonly string[]
  /** Who sends it, as digest or a trusted proxy proves; undefined when nobody does (GRP-14, SEC-5). */
  readonly sender: string | undefined
  /** Whether the operator lets this sender make conferences. */
  readonly permitted: boolean
  /** The group, when `kind` is `group`. */
  readonly group?: GroupDefinition
  /** Whether the sender stands in the roster, when `kind` is `conference`. */
  readonly participates?: boolean
}

export type Admission =
  /** Read the list and invite those in it. */
  | { readonly verdict: 'ad-hoc' }
  /** Invite the members of the group. */
  | { readonly verdict: 'group' }
  /** Goes on in its dialog. */
  | { readonly verdict: 'again' }
  | { readonly verdict: 'refuse'; readonly status: 401 | 403 | 404 | 420; readonly unsupported?: string }

/** First who asks, then what for: nobody is invited before the creator is known and may invite (GRP-14, GRP-16, GRP-40, GRP-41). */
export function admit(invite: GroupInvite): Admission {
  const { kind, again, required, sender, permitted, group, participates } = invite
  if (sender === undefined || isAnonymous(sender)) return refuse(401)
  if (kind === 'foreign' || kind === 'no-conference' || (kind === 'group' && group === undefined)) return refuse(404)
  // RFC 5366 §5.1: only the factory knows what to do with a list, and only once
  if (required.includes(RECIPIENT_LIST_INVITE) && (kind !== 'factory' || again))
    return { verdict: 'refuse', status: 420, unsupported: RECIPIENT_LIST_INVITE }
  if (kind === 'conference') return participates === true ? { verdict: 'again' } : refuse(403)
  if (again) return { verdict: 'again' }
  if (!permitted) return refuse(403)
  if (group === undefined) return { verdict: 'ad-hoc' }
  return isMember(group, sender) && maySendTo(group, sender) ? { verdict: 'group' } : refuse(403)
}

/** Who may send files into a running conference (GRP-37). */
export interface SendingPolicy {
  readonly onlyCreatorSends?: boolean
  /** The group's own rule, for a conference of a group. */
  readonly group?: GroupDefinition
}

export function mayAddFiles(participant: { readonly role: 'creator' | 'member'; readonly uri: string }, policy: SendingPolicy): boolean {
  if (participant.role === 'creator') return true
  return policy.onlyCreatorSends !== true && (policy.group === undefined || maySendTo(policy.group, participant.uri))
}

function refuse(status: 401 | 403 | 404): Admission {
  return { verdict: 'refuse', status }
}
