import type { Table } from '../wire/index.js'
import type { ServerAction } from './transaction.js'

export type NonInviteServerState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type NonInviteServerEvent = 'request' | 'send 1xx' | 'send 2xx' | 'send 3xx-6xx' | 'timer J' | 'transport error'

/** Non-INVITE server transaction: RFC 3261 §17.2.2 and figure 8. */
export const NON_INVITE_SERVER_TABLE: Table<NonInviteServerState, NonInviteServerEvent, ServerAction> = {
  trying: {
    request: { to: 'trying', do: [] },
    'send 1xx': { to: 'proceeding', do: ['send response'] },
    'send 2xx': { to: 'completed', do: ['send response', 'start J'] },
    'send 3xx-6xx': { to: 'completed', do: ['send response', 'start J'] },
    'transport error': { to: 'trying', do: [] },
  },
  proceeding: {
    request: { to: 'proceeding', do: ['send response'] },
    'send 1xx': { to: 'proceeding', do: ['send response'] },
    'send 2xx': { to: 'completed', do: ['send response', 'start J'] },
    'send 3xx-6xx': { to: 'completed', do: ['send response', 'start J'] },
    'transport error': { to: 'proceeding', do: [] },
  },
  completed: {
    request: { to: 'completed', do: ['send response'] },
    'timer J': { to: 'terminated', do: [] },
    'transport error': { to: 'terminated', do: ['stop J', 'report transport error'] },
  },
  terminated: {},
}
