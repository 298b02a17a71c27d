import type { Table } from '../wire/index.js'
import type { ClientAction } from './transaction.js'

export type NonInviteClientState = 'trying' | 'proceeding' | 'completed' | 'terminated'
export type NonInviteClientEvent = '1xx' | '2xx' | '3xx-6xx' | 'timer E' | 'timer F' | 'timer K' | 'transport error'

/**
 * Non-INVITE client transaction: RFC 3261 §17.1.2 and figure 6.
 * A final response in `completed` is a copy, or too late to matter (RFC 4320).
 */
export const NON_INVITE_CLIENT_TABLE: Table<NonInviteClientState, NonInviteClientEvent, ClientAction> = {
  trying: {
    '1xx': { to: 'proceeding', do: ['report'] },
    '2xx': { to: 'completed', do: ['stop E', 'stop F', 'start K', 'report'] },
    '3xx-6xx': { to: 'completed', do: ['stop E', 'stop F', 'start K', 'report'] },
    'timer E': { to: 'trying', do: ['send request', 'start E'] },
    'timer F': { to: 'terminated', do: ['stop E', 'report timeout'] },
    'transport error': { to: 'terminated', do: ['stop E', 'stop F', 'report transport error'] },
  },
  proceeding: {
    '1xx': { to: 'proceeding', do: ['report'] },
    '2xx': { to: 'completed', do: ['stop E', 'stop F', 'start K', 'report'] },
    '3xx-6xx': { to: 'completed', do: ['stop E', 'stop F', 'start K', 'report'] },
    'timer E': { to: 'proceeding', do: ['send request', 'start E at T2'] },
    'timer F': { to: 'terminated', do: ['stop E', 'report timeout'] },
    'transport error': { to: 'terminated', do: ['stop E', 'stop F', 'report transport error'] },
  },
  completed: {
    'timer K': { to: 'terminated', do: [] },
    'transport error': { to: 'terminated', do: ['stop K'] },
  },
  terminated: {},
}
