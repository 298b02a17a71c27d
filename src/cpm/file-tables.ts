import type { Arrow, Table } from '../wire/index.js'
import type { FilePhase } from './session-types.js'

/** What a file's arrow asks for, in order. */
export type FileAction =
  /** Tell the user the new state. */
  | 'tell'
  /** Register the MSRP session, and for a sender start the message. */
  | 'open'
  /** Stop the message on the wire: `#` from a sender, 413 from a receiver. */
  | 'stop'
  /** Success or failure REPORT for the received message. */
  | 'verdict'
  /** Forget the MSRP session. */
  | 'release'
  /** Offer port 0 for this line (CR-10). */
  | 'close-line'
  /** Give the peer time to offer port 0 before we do (OA-43, OA-45). */
  | 'await-close'

export type SendingEvent =
  | 'offer'
  | 'accept'
  | 'decline'
  /** first octets of the message are asked for */
  | 'start'
  /** all chunks answered 200, a REPORT is still due (CR-9) */
  | 'answered'
  /** the completion trigger of D-1 fired */
  | 'confirm'
  | 'fail'
  /** 413: the receiver wants no more (OA-43) */
  | 'stopped-by-peer'
  /** the user cancels, or reading failed */
  | 'abort'
  /** our `#` is out after the user cancelled */
  | 'stopped'
  /** our `#` is out after reading failed */
  | 'broken'
  /** the peer offers port 0 */
  | 'peer-close'
  /** the dialog is gone */
  | 'end'
  /** port 0 is agreed */
  | 'closed'
  /** the peer gave another path (OA-10) */
  | 'move'

export type ReceivingEvent =
  /** a pull of ours goes out */
  | 'offer'
  | 'accept'
  | 'decline'
  | 'start'
  /** all octets are here */
  | 'complete'
  | 'saved'
  | 'spoiled'
  | 'fail'
  | 'abort'
  /** the sender ended the message with `#` */
  | 'abandoned'
  | 'peer-close'
  | 'end'
  | 'closed'
  | 'move'

const to = <A extends FileAction>(state: FilePhase, ...actions: A[]): Arrow<FilePhase, A> => ({ to: state, do: actions })

const SENT_FAILED = to('failed', 'release', 'tell', 'close-line')
const COMPLETED = to('completed', 'release', 'tell', 'close-line')
const LOST = to('failed', 'release', 'tell')
const CLOSED = to('closed', 'release')
const SENT_ANEW = to('connecting', 'stop', 'release', 'open', 'tell')
const RECEIVED_ANEW = to('connecting', 'release', 'open', 'tell')

/** One outgoing file (SND-1): from the user's instruction to the agreed port 0. */
export const SENDING_FILE_TABLE: Table<FilePhase, SendingEvent, FileAction> = {
  queued: { offer: to('offered', 'tell'), abort: to('aborted', 'tell'), end: to('failed', 'tell') },
  offered: {
    accept: to('connecting', 'open', 'tell'),
    decline: to('declined', 'tell'),
    fail: to('failed', 'tell', 'close-line'),
    abort: to('aborted', 'tell', 'close-line'),
    end: to('failed', 'tell'),
  },
  connecting: {
    start: to('sending', 'tell'),
    move: SENT_ANEW,
    fail: SENT_FAILED,
    abort: to('aborting', 'stop'),
    'stopped-by-peer': to('failed', 'tell', 'await-close'),
    'peer-close': to('aborted', 'stop', 'release', 'tell'),
    end: LOST,
  },
  sending: {
    answered: to('awaiting-confirmation', 'tell'),
    move: SENT_ANEW,
    confirm: COMPLETED,
    fail: SENT_FAILED,
    'stopped-by-peer': to('failed', 'tell', 'await-close'),
    abort: to('aborting', 'stop'),
    'peer-close': to('aborted', 'stop', 'release', 'tell'),
    end: LOST,
  },
  'awaiting-confirmation': {
    confirm: COMPLETED,
    fail: SENT_FAILED,
    'stopped-by-peer': to('failed', 'tell', 'await-close'),
    abort: to('aborted', 'release', 'tell', 'close-line'),
    'peer-close': to('aborted', 'release', 'tell'),
    end: LOST,
  },
  aborting: {
    stopped: to('aborted', 'release', 'tell', 'close-line'),
    broken: to('failed', 'release', 'tell', 'close-line'),
    'peer-close': to('aborted', 'release', 'tell'),
    end: to('aborted', 'release', 'tell'),
  },
  declined: { closed: CLOSED },
  completed: { closed: CLOSED },
  failed: { closed: CLOSED },
  aborted: { closed: CLOSED },
  accepted: {},
  receiving: {},
  verifying: {},
  closed: {},
}

/** One incoming file (SND-1, RCV-10 to RCV-16): from the offer, or our own wish for a pull, to the agreed port 0. */
export const RECEIVING_FILE_TABLE: Table<FilePhase, ReceivingEvent, FileAction> = {
  queued: { offer: to('offered', 'tell'), abort: to('aborted', 'tell'), fail: to('failed', 'tell'), end: to('failed', 'tell') },
  offered: {
    accept: to('connecting', 'open', 'tell'),
    decline: to('declined', 'tell'),
    fail: to('failed', 'tell', 'close-line'),
    abort: to('aborted', 'tell', 'close-line'),
    'peer-close': to('aborted', 'tell'),
    end: to('aborted', 'tell'),
  },
  connecting: {
    start: to('receiving', 'tell'),
    move: RECEIVED_ANEW,
    fail: to('failed', 'release', 'tell', 'close-line'),
    abort: to('aborted', 'stop', 'tell', 'close-line'),
    abandoned: to('aborted', 'tell', 'await-close'),
    'peer-close': to('aborted', 'release', 'tell'),
    end: LOST,
  },
  receiving: {
    complete: to('verifying', 'tell'),
    move: RECEIVED_ANEW,
    fail: to('failed', 'stop', 'tell', 'close-line'),
    abort: to('aborted', 'stop', 'tell', 'close-line'),
    abandoned: to('aborted', 'tell', 'await-close'),
    'peer-close': to('aborted', 'release', 'tell'),
    end: LOST,
  },
  // The sender may close the line, or even the dialog, before the octets are verified: the file is still saved (OA-47)
  verifying: {
    saved: to('completed', 'verdict', 'tell'),
    spoiled: to('failed', 'verdict', 'tell'),
    'peer-close': to('verifying'),
    end: to('verifying'),
  },
  declined: { closed: CLOSED },
  completed: { closed: CLOSED },
  failed: { closed: CLOSED },
  aborted: { closed: CLOSED },
  accepted: {},
  sending: {},
  'awaiting-confirmation': {},
  aborting: {},
  closed: {},
}

/** Whether nothing more will happen to the file itself (its line may still be open). */
export function isOver(state: FilePhase): boolean {
  return state === 'declined' || state === 'completed' || state === 'failed' || state === 'aborted' || state === 'closed'
}
