import type { Table } from '../wire/index.js'

export type SubscriberState =
  /** SUBSCRIBE sent, no NOTIFY came: `notify_wait` of RFC 6665 §4.1.2. */
  | 'calling'
  /** Given up before the first NOTIFY: there is no dialog yet to take it back in. */
  | 'withdrawn'
  | 'pending'
  | 'active'
  /** SUBSCRIBE with Expires 0 sent, the last NOTIFY is awaited. */
  | 'leaving'
  | 'ended'

export type SubscriberEvent =
  | 'success'
  | 'failure'
  | 'subscription unknown'
  | 'NOTIFY pending'
  | 'NOTIFY active'
  | 'NOTIFY terminated'
  | 'no NOTIFY'
  | 'refresh due'
  | 'expired'
  | 'withdraw'

export type SubscriberAction =
  | 'report subscribed'
  | 'report notified'
  | 'report ended'
  | 'note duration'
  | 'send refresh'
  | 'put off refresh'
  | 'send unsubscription'

/** While the dialog exists. */
const LIVING = {
  'NOTIFY pending': { to: 'pending', do: ['note duration', 'report notified'] },
  'NOTIFY active': { to: 'active', do: ['note duration', 'report notified'] },
  'NOTIFY terminated': { to: 'ended', do: ['report notified', 'report ended'] },
  'no NOTIFY': { to: 'ended', do: ['report ended'] },
  'subscription unknown': { to: 'ended', do: ['report ended'] },
  expired: { to: 'ended', do: ['report ended'] },
  withdraw: { to: 'leaving', do: ['send unsubscription'] },
} as const

/** Our subscription to the state of a peer's resource (RFC 6665 §4.1.2). */
export const SUBSCRIBER_TABLE: Table<SubscriberState, SubscriberEvent, SubscriberAction> = {
  calling: {
    success: { to: 'calling', do: ['report subscribed'] },
    failure: { to: 'ended', do: ['report ended'] },
    // RFC 6665 §4.1.2.4: NOTIFY may be faster than the 2xx
    'NOTIFY pending': { to: 'pending', do: ['note duration', 'report notified'] },
    'NOTIFY active': { to: 'active', do: ['note duration', 'report notified'] },
    'NOTIFY terminated': { to: 'ended', do: ['report notified', 'report ended'] },
    'no NOTIFY': { to: 'ended', do: ['report ended'] },
    withdraw: { to: 'withdrawn', do: [] },
  },
  withdrawn: {
    success: { to: 'withdrawn', do: [] },
    failure: { to: 'ended', do: ['report ended'] },
    'NOTIFY pending': { to: 'leaving', do: ['send unsubscription'] },
    'NOTIFY active': { to: 'leaving', do: ['send unsubscription'] },
    'NOTIFY terminated': { to: 'ended', do: ['report ended'] },
    'no NOTIFY': { to: 'ended', do: ['report ended'] },
  },
  pending: {
    success: { to: 'pending', do: ['note duration', 'report subscribed'] },
    // RFC 6665 §4.1.2.2: the subscription holds as long as it was granted
    failure: { to: 'pending', do: ['put off refresh'] },
    'refresh due': { to: 'pending', do: ['send refresh'] },
    ...LIVING,
  },
  active: {
    success: { to: 'active', do: ['note duration', 'report subscribed'] },
    failure: { to: 'active', do: ['put off refresh'] },
    'refresh due': { to: 'active', do: ['send refresh'] },
    ...LIVING,
  },
  leaving: {
    success: { to: 'leaving', do: [] },
    failure: { to: 'ended', do: ['report ended'] },
    'subscription unknown': { to: 'ended', do: ['report ended'] },
    // sent before our SUBSCRIBE arrived
    'NOTIFY pending': { to: 'leaving', do: [] },
    'NOTIFY active': { to: 'leaving', do: [] },
    'NOTIFY terminated': { to: 'ended', do: ['report notified', 'report ended'] },
    'no NOTIFY': { to: 'ended', do: ['report ended'] },
  },
  ended: {},
}
