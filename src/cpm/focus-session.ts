import { acceptsType, type FileMedia } from '../sdp/index.js'
import type { ExtraHeaders } from '../sip/index.js'
import type { Part } from '../wire/index.js'

/**
 * What is different when we are the focus of a group: every line takes `message/cpim` and nothing else and says `a=chatroom`; files come
 * and go as whole CPIM messages, which the application opens with `forward`; a 180 goes out on the command `ring` only.
 */
export interface FocusProfile {
  /** The conference URI, our Contact in this dialog (GRP-18). */
  readonly contact: string
  /**
   * We keep files for one person who is away, and bring them later (RCS-9, RCS-10): lines are those of a person, so that messages of every
   * type come and go, and nothing is said of a group.
   */
  readonly mailbox?: true
  /** Header fields of our INVITE, in place of those of a client (GRP-19). */
  readonly inviteHeaders?: ExtraHeaders
  /** What goes beside the SDP in our INVITE (GRP-24). */
  readonly invitePart?: Part
}

/** The Contact that a command of this session has to say; that of the user agent when we are no focus. */
export function contactOf(focus: FocusProfile | undefined): { readonly contact?: string } {
  return focus === undefined ? {} : { contact: focus.contact }
}

export const CPIM_TYPE = 'message/cpim'

/** Whether whole CPIM messages may be sent on a line of the peer. */
export function takesCpim({ acceptTypes }: FileMedia): boolean {
  return acceptsType(acceptTypes, CPIM_TYPE)
}
