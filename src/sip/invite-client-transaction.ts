import type { Table } from '../wire/index.js'
import type { ClientAction } from './transaction.js'

export type InviteClientState = 'calling' | 'proceeding' | 'completed' | 'accepted' | 'terminated'
export type InviteClientEvent = '1xx' | '2xx' | '3xx-6xx' | 'timer A' | 'timer B' | 'timer D' | 'timer M' | 'transport error'

/** INVITE client transaction: RFC 3261 §17.1.1 and figure 5, with the Accepted state of RFC 6026 §7.2. */
export const INVITE_CLIENT_TABLE: Table<InviteClientState, InviteClientEvent, ClientAction> = {
  calling: {
    '1xx': { to: 'proceeding', do: ['stop A', 'stop B', 'report'] },
    '2xx': { to: 'accepted', do: ['stop A', 'stop B', 'start M', 'report'] },
    '3xx-6xx': { to: 'completed', do: ['stop A', 'stop B', 'send ACK', 'start D', 'report'] },
    'timer A': { to: 'calling', do: ['send request', 'start A'] },
    'timer B': { to: 'terminated', do: ['stop A', 'report timeout'] },
    'transport error': { to: 'terminated', do: ['stop A', 'stop B', 'report transport error'] },
  },
  proceeding: {
    '1xx': { to: 'proceeding', do: ['report'] },
    '2xx': { to: 'accepted', do: ['start M', 'report'] },
    '3xx-6xx': { to: 'completed', do: ['send ACK', 'start D', 'report'] },
    'transport error': { to: 'terminated', do: ['report transport error'] },
  },
  completed: {
    '3xx-6xx': { to: 'completed', do: ['send ACK'] },
    'timer D': { to: 'terminated', do: [] },
    // the user already has its final response
    'transport error': { to: 'terminated', do: ['stop D'] },
  },
  accepted: {
    '2xx': { to: 'accepted', do: ['report'] },
    'timer M': { to: 'terminated', do: [] },
  },
  terminated: {},
}
