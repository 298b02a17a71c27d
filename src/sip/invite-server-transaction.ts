import type { Table } from '../wire/index.js'
import type { ServerAction } from './transaction.js'

export type InviteServerState = 'proceeding' | 'completed' | 'confirmed' | 'accepted' | 'terminated'
export type InviteServerEvent =
  | 'request'
  | 'ACK'
  | 'send 1xx'
  | 'send 2xx'
  | 'send 3xx-6xx'
  | 'refuse'
  | 'timer G'
  | 'timer H'
  | 'timer I'
  | 'timer L'
  | 'transport error'

/** INVITE server transaction: RFC 3261 §17.2.1 and figure 7, with the Accepted state of RFC 6026 §7.1. */
export const INVITE_SERVER_TABLE: Table<InviteServerState, InviteServerEvent, ServerAction> = {
  proceeding: {
    request: { to: 'proceeding', do: ['send response'] },
    'send 1xx': { to: 'proceeding', do: ['send response'] },
    'send 2xx': { to: 'accepted', do: ['send response', 'start L'] },
    'send 3xx-6xx': { to: 'completed', do: ['send response', 'start G', 'start H'] },
    // as a stateless server would (RFC 3261 §8.2.7): who heard nothing repeats the request, so that an answer to a forged address goes there once
    refuse: { to: 'completed', do: ['send response', 'start H'] },
    // the response may still travel over a new connection (RFC 3261 §18.2.2)
    'transport error': { to: 'proceeding', do: [] },
  },
  completed: {
    request: { to: 'completed', do: ['send response'] },
    ACK: { to: 'confirmed', do: ['stop G', 'stop H', 'start I'] },
    'timer G': { to: 'completed', do: ['send response', 'start G'] },
    'timer H': { to: 'terminated', do: ['stop G', 'report timeout'] },
    'transport error': { to: 'terminated', do: ['stop G', 'stop H', 'report transport error'] },
  },
  confirmed: {
    request: { to: 'confirmed', do: [] },
    ACK: { to: 'confirmed', do: [] },
    'timer I': { to: 'terminated', do: [] },
  },
  accepted: {
    // the copies of the 2xx come from the transaction user (RFC 6026 §7.1)
    request: { to: 'accepted', do: [] },
    ACK: { to: 'accepted', do: ['report ACK'] },
    'send 2xx': { to: 'accepted', do: ['send response'] },
    'timer L': { to: 'terminated', do: [] },
    'transport error': { to: 'accepted', do: [] },
  },
  terminated: {},
}
