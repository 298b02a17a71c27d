import type { Table } from '../wire/index.js'

export type NotifierState =
  /** The application decides. */
  | 'requested'
  | 'pending'
  | 'active'
  /** The last NOTIFY is on its way. */
  | 'closing'
  | 'ended'

export type NotifierEvent =
  | 'accept active'
  | 'accept pending'
  | 'accept once'
  | 'reject'
  | 'no answer'
  | 'notify active'
  | 'notify pending'
  | 'close'
  | 'refresh'
  | 'unsubscribe'
  | 'no state'
  | 'too slow'
  | 'expired'
  | 'NOTIFY done'
  | 'subscriber gone'

export type NotifierAction =
  | 'send 200'
  | 'send rejection'
  | 'send 500'
  | 'send NOTIFY'
  | 'send last NOTIFY'
  | 'report refreshed'
  | 'report ended'
  | 'blame local'
  | 'blame remote'
  | 'blame timeout'

/** While the subscription lives. */
const LIVING = {
  'notify active': { to: 'active', do: ['send NOTIFY'] },
  close: { to: 'closing', do: ['blame local', 'send last NOTIFY'] },
  unsubscribe: { to: 'closing', do: ['send 200', 'blame remote', 'send last NOTIFY'] },
  'too slow': { to: 'closing', do: ['blame timeout', 'send last NOTIFY'] },
  expired: { to: 'closing', do: ['blame timeout', 'send last NOTIFY'] },
  'subscriber gone': { to: 'ended', do: ['blame remote', 'report ended'] },
} as const

/** A peer's subscription to state of ours (RFC 6665 §4.2). `blame` sets who or what ended it. */
export const NOTIFIER_TABLE: Table<NotifierState, NotifierEvent, NotifierAction> = {
  requested: {
    // RFC 6665 §4.2.1.2: NOTIFY follows at once, whatever was decided
    'accept active': { to: 'active', do: ['send 200', 'send NOTIFY'] },
    'accept pending': { to: 'pending', do: ['send 200', 'send NOTIFY'] },
    // RFC 6665 §4.4.3: Expires 0 asks for the state once
    'accept once': { to: 'closing', do: ['send 200', 'blame remote', 'send last NOTIFY'] },
    reject: { to: 'ended', do: ['send rejection'] },
    'no answer': { to: 'ended', do: ['send 500', 'blame timeout', 'report ended'] },
  },
  pending: {
    'notify pending': { to: 'pending', do: ['send NOTIFY'] },
    refresh: { to: 'pending', do: ['send 200', 'report refreshed'] },
    'no state': { to: 'pending', do: ['send NOTIFY'] },
    ...LIVING,
  },
  active: {
    refresh: { to: 'active', do: ['send 200', 'report refreshed'] },
    'no state': { to: 'active', do: ['send NOTIFY'] },
    ...LIVING,
  },
  closing: {
    'NOTIFY done': { to: 'ended', do: ['report ended'] },
    'subscriber gone': { to: 'ended', do: ['report ended'] },
  },
  ended: {},
}
