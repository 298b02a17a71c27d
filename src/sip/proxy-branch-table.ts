import type { Table } from '../wire/index.js'

/**
 * `opening`: no server has the request yet; `withdrawn`: it is to be cancelled as soon as something is heard (RFC 3261 §9.1);
 * `answered`: it had a 2xx, of which there may be more; `over`: it had another final response, or none in time.
 */
export type ProxyBranchState = 'opening' | 'calling' | 'proceeding' | 'withdrawn' | 'cancelling' | 'answered' | 'over'
export type ProxyBranchEvent = 'sent' | '1xx' | '2xx' | '3xx-6xx' | 'next server' | 'withdraw' | 'timer C' | 'timer cancel'
export type ProxyBranchAction =
  | 'try'
  | 'start C'
  | 'stop C'
  | 'send CANCEL'
  | 'start cancel'
  | 'stop cancel'
  | 'pass'
  | 'report'
  | 'report 408'
  | 'report 487'
  | 'forget'

/** One branch of a proxied INVITE: RFC 3261 §16.6 to §16.8 and §16.10. `forget` ends the client transaction. */
export const PROXY_INVITE_BRANCH_TABLE: Table<ProxyBranchState, ProxyBranchEvent, ProxyBranchAction> = {
  opening: {
    sent: { to: 'calling', do: ['start C'] },
    '3xx-6xx': { to: 'over', do: ['report'] },
    'next server': { to: 'opening', do: ['try'] },
    withdraw: { to: 'over', do: ['report 487'] },
  },
  calling: {
    '1xx': { to: 'proceeding', do: ['start C', 'pass'] },
    '2xx': { to: 'answered', do: ['stop C', 'report'] },
    '3xx-6xx': { to: 'over', do: ['stop C', 'report'] },
    'next server': { to: 'opening', do: ['stop C', 'try'] },
    withdraw: { to: 'withdrawn', do: ['stop C'] },
    'timer C': { to: 'over', do: ['forget', 'report 408'] },
  },
  proceeding: {
    '1xx': { to: 'proceeding', do: ['start C', 'pass'] },
    '2xx': { to: 'answered', do: ['stop C', 'report'] },
    '3xx-6xx': { to: 'over', do: ['stop C', 'report'] },
    'next server': { to: 'opening', do: ['stop C', 'try'] },
    withdraw: { to: 'cancelling', do: ['stop C', 'send CANCEL', 'start cancel'] },
    'timer C': { to: 'cancelling', do: ['send CANCEL', 'start cancel'] },
  },
  withdrawn: {
    '1xx': { to: 'cancelling', do: ['send CANCEL', 'start cancel'] },
    '2xx': { to: 'answered', do: ['report'] },
    '3xx-6xx': { to: 'over', do: ['report'] },
  },
  cancelling: {
    '1xx': { to: 'cancelling', do: [] },
    '2xx': { to: 'answered', do: ['stop cancel', 'report'] },
    '3xx-6xx': { to: 'over', do: ['stop cancel', 'report'] },
    // RFC 3261 §9.1: whoever does not know CANCEL will not answer either
    'timer cancel': { to: 'over', do: ['forget', 'report 408'] },
  },
  answered: {
    '2xx': { to: 'answered', do: ['report'] },
  },
  over: {},
}

/** One branch of any other request: it cannot be cancelled, only forgotten. */
export const PROXY_BRANCH_TABLE: Table<ProxyBranchState, ProxyBranchEvent, ProxyBranchAction> = {
  opening: {
    sent: { to: 'calling', do: [] },
    '3xx-6xx': { to: 'over', do: ['report'] },
    'next server': { to: 'opening', do: ['try'] },
    withdraw: { to: 'over', do: ['report 487'] },
  },
  calling: {
    '1xx': { to: 'calling', do: ['pass'] },
    '2xx': { to: 'over', do: ['report'] },
    '3xx-6xx': { to: 'over', do: ['report'] },
    'next server': { to: 'opening', do: ['try'] },
    withdraw: { to: 'over', do: ['forget', 'report 487'] },
  },
  proceeding: {},
  withdrawn: {},
  cancelling: {},
  answered: {},
  over: {},
}
