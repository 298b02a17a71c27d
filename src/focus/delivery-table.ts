import type { Table } from '../wire/index.js'

/** One file on its way to one member. */
export type DeliveryState =
  | 'offered'
  /** Accepted; nothing is sent yet. */
  | 'accepted'
  | 'sending'
  | 'finished'
  | 'declined'
  | 'failed'
  /** The sender took the file back. */
  | 'cancelled'
  /** The member cannot be reached, and somebody shall keep the file for it (RCS-9). */
  | 'deferred'
  /** Somebody keeps it. */
  | 'stored'

export type DeliveryEvent =
  | 'accept'
  | 'decline'
  /** the member's accept-wrapped-types exclude the type of the file (GRP-28) */
  | 'unsuitable'
  /** the CPIM headers are read (GRP-27) */
  | 'start'
  /** the member has all of it: CR-8 or CR-9 on this leg */
  | 'delivered'
  /** error response, failure REPORT, no response */
  | 'fail'
  /** the member stops it: 413 or port 0 (GRP-33) */
  | 'abort'
  /** the source ended before the focus had all of it (GRP-32) */
  | 'source-end'
  /** the leg of the member is gone */
  | 'leg-end'
  /** the member cannot be reached, and a copy for it is wanted (RCS-9) */
  | 'defer'
  /** the copy is safe */
  | 'store'

export type DeliveryAction =
  /** Begin the message on this leg. */
  | 'open'
  /** `#` on the message of this leg. */
  | 'stop'
  /** Offer port 0 on the line of this leg (CR-10, GRP-36). */
  | 'close-line'
  /** Counts and the conference package have news (GRP-31). */
  | 'tell'

/** GRP-27, GRP-28, GRP-31 to GRP-33: whatever happens on one leg stays on it. */
export const DELIVERY_TABLE: Table<DeliveryState, DeliveryEvent, DeliveryAction> = {
  offered: {
    accept: { to: 'accepted', do: ['tell'] },
    decline: { to: 'declined', do: ['tell'] },
    unsuitable: { to: 'failed', do: ['close-line', 'tell'] },
    'source-end': { to: 'cancelled', do: ['tell'] },
    'leg-end': { to: 'failed', do: ['tell'] },
    defer: { to: 'deferred', do: ['tell'] },
  },
  accepted: {
    start: { to: 'sending', do: ['open', 'tell'] },
    unsuitable: { to: 'failed', do: ['close-line', 'tell'] },
    fail: { to: 'failed', do: ['close-line', 'tell'] },
    abort: { to: 'failed', do: ['close-line', 'tell'] },
    'source-end': { to: 'cancelled', do: ['close-line', 'tell'] },
    'leg-end': { to: 'failed', do: ['tell'] },
  },
  sending: {
    delivered: { to: 'finished', do: ['close-line', 'tell'] },
    fail: { to: 'failed', do: ['close-line', 'tell'] },
    abort: { to: 'failed', do: ['stop', 'close-line', 'tell'] },
    'source-end': { to: 'cancelled', do: ['stop', 'close-line', 'tell'] },
    'leg-end': { to: 'failed', do: ['tell'] },
  },
  finished: {},
  declined: {},
  failed: {},
  cancelled: {},
  deferred: {
    store: { to: 'stored', do: ['tell'] },
    fail: { to: 'failed', do: ['tell'] },
    'source-end': { to: 'cancelled', do: ['tell'] },
  },
  stored: {},
}
