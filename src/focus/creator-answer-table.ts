import type { Table } from '../wire/index.js'

/** Where the answer to the creator's INVITE stands (D-12). */
export type CreatorAnswerState =
  | 'waiting'
  /** A member rings, and the creator was told. */
  | 'ringing'
  /** A member accepted; others may do so within the window. */
  | 'collecting'
  | 'answered'
  | 'refused'
  | 'withdrawn'

export type CreatorAnswerEvent =
  /** mode `immediate`: the list is good, that is enough (GRP-21) */
  | 'immediate'
  | 'ring'
  /** a member accepted at least one file */
  | 'accept'
  /** who had accepted left again, while others have not answered */
  | 'accepter-left'
  /** every member answered and at least one accepted a file */
  | 'all-answered'
  /** every member answered and none accepted a file */
  | 'all-refused'
  | 'window-over'
  | 'ring-limit'
  /** CANCEL of the creator */
  | 'withdraw'

export type CreatorAnswerAction =
  | 'send-180'
  | 'start-window'
  | 'stop-window'
  /** 200 with the files that at least one member accepted (D-13). */
  | 'answer'
  /** The best code of the members (GRP-20). */
  | 'refuse'
  /** CANCEL to members who have not answered. */
  | 'cancel-legs'
  /** CANCEL or BYE, as each leg stands. */
  | 'end-legs'

/** GRP-20, GRP-21: 180 with the first that rings, 200 with those who accept within the window, else the best refusal. */
export const CREATOR_ANSWER_TABLE: Table<CreatorAnswerState, CreatorAnswerEvent, CreatorAnswerAction> = {
  waiting: {
    immediate: { to: 'answered', do: ['answer'] },
    ring: { to: 'ringing', do: ['send-180'] },
    accept: { to: 'collecting', do: ['start-window'] },
    'all-answered': { to: 'answered', do: ['answer'] },
    'all-refused': { to: 'refused', do: ['refuse'] },
    'ring-limit': { to: 'refused', do: ['cancel-legs', 'refuse'] },
    withdraw: { to: 'withdrawn', do: ['end-legs'] },
  },
  ringing: {
    accept: { to: 'collecting', do: ['start-window'] },
    'all-answered': { to: 'answered', do: ['answer'] },
    'all-refused': { to: 'refused', do: ['refuse'] },
    'ring-limit': { to: 'refused', do: ['cancel-legs', 'refuse'] },
    withdraw: { to: 'withdrawn', do: ['end-legs'] },
  },
  collecting: {
    'accepter-left': { to: 'waiting', do: ['stop-window'] },
    'all-answered': { to: 'answered', do: ['stop-window', 'answer'] },
    'all-refused': { to: 'refused', do: ['stop-window', 'refuse'] },
    // Late members are invited on and served from the spool (D-12)
    'window-over': { to: 'answered', do: ['answer'] },
    'ring-limit': { to: 'answered', do: ['stop-window', 'cancel-legs', 'answer'] },
    withdraw: { to: 'withdrawn', do: ['stop-window', 'end-legs'] },
  },
  answered: {},
  refused: {},
  withdrawn: {},
}
