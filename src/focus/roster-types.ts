import type { DisconnectionMethod } from './conference-info.js'
import type { ConferenceAction } from './conference-table.js'
import type { DeliveryAction, DeliveryState } from './delivery-table.js'
import type { LegAction, LegState } from './leg-table.js'
import type { Recipient } from './recipient.js'
import type { SourceAction, SourceState } from './source-table.js'

/** Who made the conference. */
export interface RosterCreator {
  readonly uri: string
  readonly displayName?: string
  /** Asked for privacy: the others see `sip:anonymousN@anonymous.invalid`. */
  readonly hidden?: boolean
}

export interface RosterOptions {
  readonly creator: RosterCreator
  /** Who is to be invited, each address once. */
  readonly recipients: readonly Recipient[]
  /** Shown to everybody. */
  readonly subject?: string
}

/** One person in the conference, as the focus knows it. */
export interface Participant {
  /** `p0` is the creator, the others follow in the order of the list. */
  readonly id: string
  readonly role: 'creator' | 'member'
  readonly uri: string
  /** What the others see: the address, or `sip:anonymousN@anonymous.invalid` for `bcc`, anonymised ones and creators with privacy. */
  readonly entity: string
  readonly hidden: boolean
  readonly displayName: string | undefined
  /** Of a member. The creator's dialog is the conference itself. */
  readonly leg: LegState
  readonly ending: DisconnectionMethod | undefined
  /** Final response that refused our INVITE. */
  readonly refusal: number | undefined
  /** State of each file that goes to this participant, by its id. */
  readonly deliveries: ReadonlyMap<string, DeliveryState>
}

/** One file of the conference. */
export interface RosterFile {
  readonly fileId: string
  /** Id of the participant that sends it (GRP-37). */
  readonly source: string
  readonly state: SourceState
  /** `i=` of its line. */
  readonly information: string | undefined
}

/** One thing to do, in order. */
export type RosterOutput =
  | { readonly type: 'leg'; readonly participant: string; readonly action: Exclude<LegAction, 'end-deliveries' | 'tell'> }
  | { readonly type: 'delivery'; readonly participant: string; readonly fileId: string; readonly action: Exclude<DeliveryAction, 'tell'> }
  | { readonly type: 'source'; readonly fileId: string; readonly action: Exclude<SourceAction, 'begin-deliveries' | 'end-deliveries'> }
  | { readonly type: 'conference'; readonly action: Exclude<ConferenceAction, 'cancel-pending' | 'bye-members'> }
  /** Nobody reads the spool of this file any more (GRP-29). */
  | { readonly type: 'free-spool'; readonly fileId: string }
  /** The conference package has news (GRP-38). */
  | { readonly type: 'tell' }

/** How many of those who were offered a file stand where with it: "k of n" is `finished` of `of` (GRP-31). */
export interface Tally {
  readonly of: number
  readonly undecided: number
  /** Accepted, whatever became of it unless it failed. */
  readonly accepted: number
  readonly finished: number
  readonly declined: number
  readonly failed: number
}

/** What the members said to the creator's first offer (GRP-20). */
export interface Replies {
  readonly ringing: boolean
  /** At least one member accepted at least one file. */
  readonly accepted: boolean
  /** At least one member has not answered. */
  readonly pending: boolean
  /** Statuses of those who accepted nothing, in the meaning of `bestRefusal`. */
  readonly refusals: readonly number[]
}
