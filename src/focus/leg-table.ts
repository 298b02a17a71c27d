import type { Table } from '../wire/index.js'

/** A leg: the dialog between the focus and one member, from the INVITE to its end (GRP-19, GRP-33). */
export type LegState = 'idle' | 'inviting' | 'ringing' | 'cancelling' | 'connected' | 'leaving' | 'gone'

export type LegEvent =
  | 'invite'
  /** not to be invited after all: no consent, or the creator left before */
  | 'skip'
  | 'ring'
  /** 2xx */
  | 'accept'
  /** any other final response */
  | 'reject'
  /** nobody is left who would send to this member */
  | 'cancel'
  /** BYE of the member */
  | 'leave'
  /** the focus ends the dialog */
  | 'end'
  /** the dialog or the connection broke */
  | 'fail'
  /** our BYE is answered */
  | 'ended'

export type LegAction =
  | 'send-invite'
  | 'send-cancel'
  | 'send-bye'
  /** End what is still sent to this member or comes from it, and nothing else (GRP-33). */
  | 'end-deliveries'
  /** The conference package has news (GRP-31, GRP-38). */
  | 'tell'

/** RFC 4579 §5.2; a member that declined may be invited again for later files (GRP-35). */
export const LEG_TABLE: Table<LegState, LegEvent, LegAction> = {
  idle: {
    invite: { to: 'inviting', do: ['send-invite', 'tell'] },
    skip: { to: 'gone', do: ['end-deliveries', 'tell'] },
  },
  inviting: {
    ring: { to: 'ringing', do: ['tell'] },
    accept: { to: 'connected', do: ['tell'] },
    reject: { to: 'gone', do: ['end-deliveries', 'tell'] },
    cancel: { to: 'cancelling', do: ['send-cancel', 'end-deliveries', 'tell'] },
    fail: { to: 'gone', do: ['end-deliveries', 'tell'] },
  },
  ringing: {
    accept: { to: 'connected', do: ['tell'] },
    reject: { to: 'gone', do: ['end-deliveries', 'tell'] },
    cancel: { to: 'cancelling', do: ['send-cancel', 'end-deliveries', 'tell'] },
    fail: { to: 'gone', do: ['end-deliveries', 'tell'] },
  },
  cancelling: {
    // The 200 crossed our CANCEL (SIP-18)
    accept: { to: 'leaving', do: ['send-bye'] },
    reject: { to: 'gone', do: ['tell'] },
    fail: { to: 'gone', do: ['tell'] },
  },
  connected: {
    leave: { to: 'gone', do: ['end-deliveries', 'tell'] },
    end: { to: 'leaving', do: ['send-bye', 'end-deliveries', 'tell'] },
    fail: { to: 'gone', do: ['end-deliveries', 'tell'] },
  },
  leaving: {
    leave: { to: 'gone', do: ['tell'] },
    ended: { to: 'gone', do: ['tell'] },
    fail: { to: 'gone', do: ['tell'] },
  },
  gone: {
    invite: { to: 'inviting', do: ['send-invite', 'tell'] },
  },
}
