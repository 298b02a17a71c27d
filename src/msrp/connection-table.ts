import type { Table } from '../wire/index.js'

export type ConnectionState = 'connecting' | 'open' | 'closing' | 'closed'
/** `give-up`: we close it. `lost`: the transport says it is over. */
export type ConnectionEvent = 'connected' | 'give-up' | 'lost'
export type ConnectionAction =
  /** every session that waited for it speaks */
  | 'greet'
  | 'fail-sessions'
  /** write what is still queued, then close */
  | 'close'
  /** drop what is still queued */
  | 'drop'

/** Life of one transport connection. */
export const CONNECTION_TABLE: Table<ConnectionState, ConnectionEvent, ConnectionAction> = {
  connecting: {
    connected: { to: 'open', do: ['greet'] },
    'give-up': { to: 'closing', do: ['fail-sessions', 'close'] },
    lost: { to: 'closed', do: ['drop', 'fail-sessions'] },
  },
  open: {
    'give-up': { to: 'closing', do: ['fail-sessions', 'close'] },
    lost: { to: 'closed', do: ['drop', 'fail-sessions'] },
  },
  closing: {
    // we gave up while it was being opened
    connected: { to: 'closing', do: ['close'] },
    lost: { to: 'closed', do: [] },
  },
  closed: {},
}
