import type { Identity, Outcome, SessionSettings } from '../cpm/index.js'
import type { EndpointEvent, EndpointInput } from '../msrp/index.js'
import type { FileSelector } from '../sdp/index.js'
import type { UserAgentCommand, UserAgentEvent } from '../sip/index.js'
import type { CreatorAnswerOptions } from './creator-answer.js'
import type { DeliveryState } from './delivery-table.js'
import type { GroupDefinition } from './group-definition.js'
import type { LegState } from './leg-table.js'
import type { PassageCommand, PassageEvent } from './passage-types.js'
import type { Recipient } from './recipient.js'
import type { SourceState } from './source-table.js'

/** What all dialogs of a conference have in common. */
export type DialogSettings = Pick<
  SessionSettings,
  | 'media'
  | 'random'
  | 'dateTime'
  | 'maxFileSize'
  | 'secure'
  | 'fingerprints'
  | 'otherMedia'
  | 'signallingSecure'
  | 'addressesOf'
  | 'allowWeakFingerprint'
  | 'reachable'
  | 'cema'
  | 'mayConnect'
  | 'strict'
>

export interface ConferenceSettings extends CreatorAnswerOptions {
  /** Unique in the focus. Begins the ids of its dialogs, requests and passages: `c7/p2/1`. */
  readonly id: string
  /** `newConferenceUri` (GRP-18). */
  readonly uri: string
  /** Who sent the INVITE, as digest or a trusted proxy proves (GRP-14). */
  readonly creator: Pick<Identity, 'uri'> & {
    readonly displayName?: string | undefined
    /** Further proven addresses; any of them may be the CPIM From (GRP-26). */
    readonly identities?: readonly string[]
    /** Asked for privacy. */
    readonly hidden?: boolean
  }
  /** Who is to be invited, each once, the creator not among them (GRP-15, GRP-40). */
  readonly recipients: readonly Recipient[]
  /** Addresses among them that did not agree to be invited: they are told of, and never called (GRP-41). */
  readonly unwilling?: readonly string[]
  /** The group, when its address was invited (GRP-40). */
  readonly group?: GroupDefinition
  readonly dialogs: DialogSettings
  /** Nobody but the creator may send files (GRP-37). Default false. */
  readonly onlyCreatorSends?: boolean
  /** Who refused before is invited again for files that are added (GRP-35). Default true. */
  readonly reinviteDecliners?: boolean
  /** The host keeps copies for members that cannot be reached (RCS-9): `deposit-wanted`. Default false. */
  readonly deferred?: boolean
  /** How long members may still be served after the creator left, ms (GRP-29). Default 24 h. */
  readonly spoolTtl?: number
  /** Least time between two notifications of one subscriber, ms (GRP-38). Default 5 s. */
  readonly notifyInterval?: number
}

/**
 * Inputs of a `Conference`. The MSRP endpoint of the host must be made with `limits: { chunkIdle: CHUNK_IDLE }` (GRP-34), the user agent
 * with `contactParameters: ['isfocus', …]`, `anyRecipient` and `events: ['conference']`.
 */
export type ConferenceInput =
  /** The INVITE that makes the conference, admitted and its list read. First input, once. */
  | { readonly type: 'begin'; readonly event: UserAgentEvent & { readonly name: 'incoming' } }
  /** An event of a dialog, request or subscription of this conference: ids that it used in commands, or that were given to it with an input. */
  | { readonly type: 'sip'; readonly event: UserAgentEvent }
  /** Events of MSRP sessions of this conference: those of its `add-session` inputs, until `remove-session`. */
  | { readonly type: 'msrp'; readonly event: EndpointEvent }
  | { readonly type: 'need-data'; readonly sessionId: string; readonly offset: number; readonly length: number }
  | { readonly type: 'passage'; readonly event: PassageEvent }
  /** SUBSCRIBE to the conference URI; `sender` is the proven address of who asks (GRP-38). */
  | {
      readonly type: 'subscribe'
      readonly event: UserAgentEvent & { readonly name: 'subscription-requested' }
      readonly sender: string | undefined
    }
  /** MESSAGE to the conference URI: a notification of a member (IMDN-7). Answered with `respond`. */
  | { readonly type: 'message'; readonly event: UserAgentEvent & { readonly name: 'request' }; readonly sender: string | undefined }
  /** The host has the whole file for a member, as asked by `deposit-wanted`, or cannot keep it. */
  | { readonly type: 'deposited'; readonly participant: string; readonly fileId: string; readonly kept: boolean }
  /** The host ends the conference. `reason` becomes a Reason header. */
  | { readonly type: 'close'; readonly reason?: string }
  | { readonly type: 'timeout' }

export type ConferenceOutput =
  | { readonly type: 'sip'; readonly command: UserAgentCommand }
  | { readonly type: 'msrp'; readonly input: EndpointInput }
  | { readonly type: 'passage'; readonly command: PassageCommand }
  | { readonly type: 'event'; readonly event: ConferenceNews }

/** What the host may want to log, count or act on. Participants are named as in `Roster`: `p0` is the creator. */
export type ConferenceNews =
  /** The creator got its final response. */
  | { readonly type: 'answered'; readonly status: number }
  /** A member's dialog moved; `status` is the final response that refused our INVITE. */
  | {
      readonly type: 'member'
      readonly participant: string
      readonly uri: string
      readonly state: LegState
      readonly status?: number
    }
  /** A file came into the conference, or moved on its way to the focus. */
  | {
      readonly type: 'file'
      readonly fileId: string
      readonly source: string
      readonly state: SourceState
      readonly selector: FileSelector
      readonly outcome?: Outcome
    }
  /** A file moved on its way to a participant. */
  | {
      readonly type: 'delivery'
      readonly participant: string
      readonly uri: string
      readonly fileId: string
      readonly state: DeliveryState
      readonly outcome?: Outcome
    }
  /**
   * A member cannot be reached (RCS-9): read the passage to its end under a reader name of your own, then say `deposited`. Comes once the
   * passage is open; the passage is kept until then.
   */
  | { readonly type: 'deposit-wanted'; readonly deposit: Deposit }
  /** From now on the conference URI means nothing: 404. Dialogs may still end. */
  | { readonly type: 'closed' }
  /** Nothing comes any more and no input is expected: forget the conference. */
  | { readonly type: 'ended' }

/** What a store needs to offer a file to a member later, in an INVITE of its own. */
export interface Deposit {
  readonly participant: string
  readonly recipient: Recipient
  readonly fileId: string
  /** Octets of the whole CPIM message are in this passage. */
  readonly passage: string
  /** Whole length of the message, when its sender said it. */
  readonly total: number | undefined
  readonly selector: FileSelector
  readonly disposition: 'render' | 'attachment'
  readonly description: string | undefined
  readonly modified: Date | undefined
  /** Address and name of who sent the file, unless hidden: `sip:anonymous1@anonymous.invalid`. */
  readonly sender: { readonly uri: string; readonly displayName?: string }
  readonly subject: string | undefined
  readonly conversation: { readonly conversationId: string; readonly contributionId: string }
}
