import type { Table } from '../wire/index.js'

/** States of a CPM session: the INVITE dialog that carries files (SND-1). */
export type SessionState = 'idle' | 'inviting' | 'cancelling' | 'ringing' | 'established' | 'releasing' | 'terminated'

export type SessionTableEvent =
  | 'send'
  | 'incoming'
  | 'established'
  | 'rejected'
  /** refused for its icons, and worth another INVITE (OA-13) */
  | 'retry'
  | 'answer'
  | 'decline'
  /** the caller withdrew, or the ring time is over */
  | 'withdraw'
  /** the last line ended and nothing waits */
  | 'idle'
  /** a new file, or an offer of the peer */
  | 'busy'
  /** the release timer or the peer-release watchdog fired */
  | 'expire'
  | 'close'
  /** the dialog ended */
  | 'end'

export type SessionAction = 'invite' | 'cancel' | 'ring' | 'accept' | 'reject' | 'bye' | 'start-release' | 'stop-release' | 'finish'

/** RFC 5547 §8.4 and CR 7.x.2: files, then the release timer, then BYE. */
export const SESSION_TABLE: Table<SessionState, SessionTableEvent, SessionAction> = {
  idle: {
    send: { to: 'inviting', do: ['invite'] },
    incoming: { to: 'ringing', do: ['ring'] },
    decline: { to: 'terminated', do: ['reject', 'finish'] },
    close: { to: 'terminated', do: ['finish'] },
  },
  inviting: {
    established: { to: 'established', do: [] },
    rejected: { to: 'terminated', do: ['finish'] },
    retry: { to: 'inviting', do: ['invite'] },
    close: { to: 'cancelling', do: ['cancel'] },
    end: { to: 'terminated', do: ['finish'] },
  },
  cancelling: {
    // The 200 crossed our CANCEL: ACK went out already, now BYE (SIP-18)
    established: { to: 'terminated', do: ['bye', 'finish'] },
    rejected: { to: 'terminated', do: ['finish'] },
    end: { to: 'terminated', do: ['finish'] },
  },
  ringing: {
    answer: { to: 'established', do: ['accept'] },
    decline: { to: 'terminated', do: ['reject', 'finish'] },
    withdraw: { to: 'terminated', do: ['finish'] },
    close: { to: 'terminated', do: ['reject', 'finish'] },
    end: { to: 'terminated', do: ['finish'] },
  },
  established: {
    idle: { to: 'releasing', do: ['start-release'] },
    busy: { to: 'established', do: [] },
    close: { to: 'terminated', do: ['bye', 'finish'] },
    end: { to: 'terminated', do: ['finish'] },
  },
  releasing: {
    busy: { to: 'established', do: ['stop-release'] },
    expire: { to: 'terminated', do: ['bye', 'finish'] },
    close: { to: 'terminated', do: ['bye', 'finish'] },
    end: { to: 'terminated', do: ['finish'] },
  },
  terminated: {},
}
