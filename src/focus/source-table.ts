import type { Table } from '../wire/index.js'

/** One file on its way from the participant who sends it to the focus (GRP-30, GRP-37). */
export type SourceState =
  /** The sender's offer waits for the members (D-12). */
  | 'offered'
  | 'accepted'
  | 'receiving'
  /** All octets are in the spool; size and hash are compared with the offer. */
  | 'verifying'
  /** The focus has all of it and said so; members may go on without the sender. */
  | 'spooled'
  | 'ended'

export type SourceEvent =
  | 'accept'
  /** port 0 in the answer (D-13) */
  | 'decline'
  | 'start'
  | 'complete'
  | 'verified'
  /** size or hash differ */
  | 'spoiled'
  /** the spool is full or broken (GRP-29) */
  | 'store-fail'
  /** no delivery is left that could succeed */
  | 'no-receiver'
  /** no chunk for 540 s (GRP-34) */
  | 'stall'
  /** `#`, port 0, BYE or a lost connection of the sender */
  | 'abort'
  /** the sender's port-0 offer after our REPORT (CR-10) */
  | 'close'

export type SourceAction =
  | 'begin-deliveries'
  /** `source-end` to every delivery of this file that is not finished (GRP-32). */
  | 'end-deliveries'
  | 'verify'
  | 'report-success'
  /** REPORT `000 403`: what came is not what was offered. */
  | 'report-mismatch'
  /** REPORT `000 413`: all octets came, and nobody gets them (GRP-31). */
  | 'report-undeliverable'
  /** 413 to the SENDs that still come. */
  | 'refuse'
  /** Offer port 0 to the sender. */
  | 'close-line'

/** RFC 7701 §6.1, §6.3 and D-14: the focus answers for itself. */
export const SOURCE_TABLE: Table<SourceState, SourceEvent, SourceAction> = {
  offered: {
    accept: { to: 'accepted', do: [] },
    decline: { to: 'ended', do: ['end-deliveries'] },
    abort: { to: 'ended', do: ['end-deliveries'] },
  },
  accepted: {
    start: { to: 'receiving', do: ['begin-deliveries'] },
    // GRP-21: accepted at once, and then nobody wanted it
    'no-receiver': { to: 'ended', do: ['close-line'] },
    'store-fail': { to: 'ended', do: ['end-deliveries', 'close-line'] },
    abort: { to: 'ended', do: ['end-deliveries'] },
    close: { to: 'ended', do: ['end-deliveries'] },
  },
  receiving: {
    complete: { to: 'verifying', do: ['verify'] },
    'store-fail': { to: 'ended', do: ['refuse', 'end-deliveries', 'close-line'] },
    'no-receiver': { to: 'ended', do: ['refuse', 'close-line'] },
    stall: { to: 'ended', do: ['end-deliveries', 'close-line'] },
    abort: { to: 'ended', do: ['end-deliveries'] },
    close: { to: 'ended', do: ['end-deliveries'] },
  },
  verifying: {
    verified: { to: 'spooled', do: ['report-success'] },
    spoiled: { to: 'ended', do: ['report-mismatch', 'end-deliveries', 'close-line'] },
    'store-fail': { to: 'ended', do: ['report-undeliverable', 'end-deliveries', 'close-line'] },
    'no-receiver': { to: 'ended', do: ['report-undeliverable', 'close-line'] },
    abort: { to: 'ended', do: ['end-deliveries'] },
    close: { to: 'ended', do: ['end-deliveries'] },
  },
  spooled: {
    // Too late for the sender to hear of it
    'store-fail': { to: 'ended', do: ['end-deliveries'] },
    // The success REPORT is out, so members end as they may (GRP-31, GRP-32)
    abort: { to: 'ended', do: [] },
    close: { to: 'ended', do: [] },
  },
  ended: {},
}
