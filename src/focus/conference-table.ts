import type { Table } from '../wire/index.js'

export type ConferencePhase =
  /** The creator's INVITE is not answered yet. */
  | 'forming'
  | 'running'
  /** The creator left; members still get what the focus has (GRP-32, GRP-36). */
  | 'draining'
  | 'ended'

export type ConferenceEvent =
  /** 200 to the creator */
  | 'answered'
  /** final refusal to the creator */
  | 'refused'
  /** CANCEL or BYE of the creator, or its dialog broke */
  | 'creator-left'
  /** no member is connected and no invitation pending */
  | 'last-member-left'
  /** no delivery is under way any more */
  | 'legs-finished'
  /** the spool has no more time (spoolTtl) */
  | 'expire'

export type ConferenceAction =
  | 'cancel-pending'
  | 'bye-creator'
  | 'bye-members'
  /** `Subscription-State: terminated;reason=noresource` (GRP-38). */
  | 'end-subscriptions'
  /** The conference URI means nothing from now on. */
  | 'forget'

/** GRP-36, GRP-42: the focus follows the creator, and the last member out ends the conference. */
export const CONFERENCE_TABLE: Table<ConferencePhase, ConferenceEvent, ConferenceAction> = {
  forming: {
    answered: { to: 'running', do: [] },
    refused: { to: 'ended', do: ['cancel-pending', 'bye-members', 'end-subscriptions', 'forget'] },
    'creator-left': { to: 'ended', do: ['cancel-pending', 'bye-members', 'end-subscriptions', 'forget'] },
  },
  running: {
    'creator-left': { to: 'draining', do: ['cancel-pending'] },
    'last-member-left': { to: 'ended', do: ['bye-creator', 'end-subscriptions', 'forget'] },
  },
  draining: {
    'legs-finished': { to: 'ended', do: ['bye-members', 'end-subscriptions', 'forget'] },
    'last-member-left': { to: 'ended', do: ['end-subscriptions', 'forget'] },
    expire: { to: 'ended', do: ['bye-members', 'end-subscriptions', 'forget'] },
  },
  ended: {},
}
