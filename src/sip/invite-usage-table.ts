import type { Table } from '../wire/index.js'

export type InviteUsageState =
  /** Ours: INVITE sent, nothing came back. */
  | 'calling'
  /** Ours, given up before the first provisional response: CANCEL must wait (RFC 3261 §9.1). */
  | 'withdrawn'
  | 'proceeding'
  | 'cancelling'
  /** Theirs: the application decides. */
  | 'received'
  | 'ringing'
  /** Theirs: 2xx sent, no ACK yet. */
  | 'accepted'
  /** Theirs: 2xx sent and already unwanted; BYE must wait for the ACK (RFC 3261 §15). */
  | 'accepted and leaving'
  | 'established'
  /** BYE sent. */
  | 'leaving'
  /** BYE sent after a CANCEL that came too late; the application knows already. */
  | 'undoing'
  | 'ended'

export type InviteUsageEvent =
  | 'provisional'
  | 'success'
  | 'failure'
  | 'withdraw'
  | 'no final response'
  | 'CANCEL without effect'
  | 'ring'
  | 'accept'
  | 'reject'
  | 'CANCEL'
  | 'no answer'
  | 'no PRACK'
  | 'ACK'
  | 'no ACK'
  | 'BYE'
  | 'dialog unknown'
  | 'peer silent'
  | 'peer unreachable'
  | 'session expired'
  | 'BYE done'

export type InviteUsageAction =
  | 'report provisional'
  | 'report established'
  | 'report rejected'
  | 'report cancelled'
  | 'report confirmed'
  | 'report ended'
  | 'blame local'
  | 'blame remote'
  | 'blame timeout'
  | 'blame transport'
  | 'send CANCEL'
  | 'send 180'
  | 'send 2xx'
  | 'send rejection'
  | 'send 480'
  | 'send 487'
  | 'send 504'
  | 'send BYE'
  | 'forget INVITE'

/** What an answered or unanswered incoming INVITE has in common before the final response. */
const UNANSWERED = {
  accept: { to: 'accepted', do: ['send 2xx'] },
  reject: { to: 'ended', do: ['send rejection'] },
  withdraw: { to: 'ended', do: ['send 480'] },
  CANCEL: { to: 'ended', do: ['send 487', 'report cancelled'] },
  // RFC 3261 §15: the caller may also leave its early dialog by BYE
  BYE: { to: 'ended', do: ['send 487', 'report cancelled'] },
  'no answer': { to: 'ended', do: ['send 480', 'blame timeout', 'report ended'] },
} as const

/**
 * The INVITE usage of a dialog (RFC 5057 §2), ours and theirs, from INVITE to the end of the dialog (RFC 3261 §9, §13, §15).
 * `blame` sets who or what ended the dialog, `report ended` tells the application.
 */
export const INVITE_USAGE_TABLE: Table<InviteUsageState, InviteUsageEvent, InviteUsageAction> = {
  calling: {
    provisional: { to: 'proceeding', do: ['report provisional'] },
    success: { to: 'established', do: ['report established'] },
    failure: { to: 'ended', do: ['report rejected'] },
    withdraw: { to: 'withdrawn', do: [] },
  },
  withdrawn: {
    provisional: { to: 'cancelling', do: ['send CANCEL'] },
    success: { to: 'undoing', do: ['report cancelled', 'send BYE'] },
    failure: { to: 'ended', do: ['report cancelled'] },
  },
  proceeding: {
    provisional: { to: 'proceeding', do: ['report provisional'] },
    success: { to: 'established', do: ['report established'] },
    failure: { to: 'ended', do: ['report rejected'] },
    withdraw: { to: 'cancelling', do: ['send CANCEL'] },
    'no final response': { to: 'cancelling', do: ['blame timeout', 'send CANCEL'] },
  },
  cancelling: {
    provisional: { to: 'cancelling', do: [] },
    // SIP-18: the 2xx was faster than the CANCEL
    success: { to: 'undoing', do: ['report cancelled', 'send BYE'] },
    failure: { to: 'ended', do: ['report cancelled'] },
    // RFC 3261 §9.1: no final response within 64*T1 after the CANCEL
    'CANCEL without effect': { to: 'ended', do: ['forget INVITE', 'report cancelled'] },
  },
  received: { ring: { to: 'ringing', do: ['send 180'] }, ...UNANSWERED },
  ringing: { 'no PRACK': { to: 'ended', do: ['send 504', 'blame timeout', 'report ended'] }, ...UNANSWERED },
  accepted: {
    ACK: { to: 'established', do: ['report confirmed'] },
    // SIP-15
    'no ACK': { to: 'leaving', do: ['blame timeout', 'send BYE'] },
    withdraw: { to: 'accepted and leaving', do: ['blame local'] },
    // RFC 3261 §9.2: CANCEL has no effect once there is a final response
    CANCEL: { to: 'accepted', do: [] },
    BYE: { to: 'ended', do: ['blame remote', 'report ended'] },
  },
  'accepted and leaving': {
    ACK: { to: 'leaving', do: ['send BYE'] },
    'no ACK': { to: 'leaving', do: ['send BYE'] },
    CANCEL: { to: 'accepted and leaving', do: [] },
    BYE: { to: 'ended', do: ['report ended'] },
  },
  established: {
    withdraw: { to: 'leaving', do: ['blame local', 'send BYE'] },
    BYE: { to: 'ended', do: ['blame remote', 'report ended'] },
    // RFC 3261 §12.2.1.2
    'dialog unknown': { to: 'ended', do: ['blame remote', 'report ended'] },
    'peer silent': { to: 'leaving', do: ['blame timeout', 'send BYE'] },
    'peer unreachable': { to: 'leaving', do: ['blame transport', 'send BYE'] },
    'session expired': { to: 'leaving', do: ['blame timeout', 'send BYE'] },
  },
  leaving: {
    // both sides left at once
    BYE: { to: 'leaving', do: [] },
    'BYE done': { to: 'ended', do: ['report ended'] },
  },
  undoing: {
    BYE: { to: 'undoing', do: [] },
    'BYE done': { to: 'ended', do: [] },
  },
  ended: {},
}
