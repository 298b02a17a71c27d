import { describe, expect, it } from 'vitest'
import { INVITE_CLIENT_TABLE } from '../../src/sip/invite-client-transaction.js'
import { INVITE_SERVER_TABLE } from '../../src/sip/invite-server-transaction.js'
import { SIP_LIMITS } from '../../src/sip/limits.js'
import { NON_INVITE_CLIENT_TABLE } from '../../src/sip/non-invite-client-transaction.js'
import { NON_INVITE_SERVER_TABLE } from '../../src/sip/non-invite-server-transaction.js'
import { type RunningTimer, Transaction, type TransactionKind } from '../../src/sip/transaction.js'
import { type Table, TimerHeap } from '../../src/wire/index.js'

type AnyTable = Table<string, string, string>
const MACHINES: [TransactionKind, AnyTable][] = [
  ['invite client', INVITE_CLIENT_TABLE],
  ['non-invite client', NON_INVITE_CLIENT_TABLE],
  ['invite server', INVITE_SERVER_TABLE],
  ['non-invite server', NON_INVITE_SERVER_TABLE],
]

const eventsOf = (table: AnyTable) => [...new Set(Object.values(table).flatMap(arrows => Object.keys(arrows)))]

function machine(kind: TransactionKind, reliable = false) {
  const timers = new TimerHeap<RunningTimer>()
  return { timers, transaction: new Transaction(kind, 'k', reliable, SIP_LIMITS, timers) }
}

describe.each(MACHINES)('the %s table', (kind, table) => {
  const steps = Object.entries(table).flatMap(([state, arrows]) => eventsOf(table).map(event => ({ state, event, arrow: arrows[event] })))

  it.each(steps.filter(step => step.arrow !== undefined))('walks $state on $event @req SIP-39', ({ state, event, arrow }) => {
    const { transaction } = machine(kind)
    transaction.state = state
    const work = transaction.handle(event, 1000)
    expect(transaction.state).toBe(arrow?.to)
    expect(work).toEqual(arrow?.do.filter(action => !action.startsWith('start') && !action.startsWith('stop')))
  })

  it('refuses every other event without a change', () => {
    for (const { state, event, arrow } of steps) {
      if (arrow !== undefined) continue
      const { transaction, timers } = machine(kind)
      transaction.state = state
      timers.start({ timer: 'A', transaction: machine(kind).transaction, at: 5, order: 0, place: -1 }, 5)
      expect(transaction.handle(event, 1000)).toBeUndefined()
      expect([transaction.state, timers.size, timers.deadline]).toEqual([state, 1, 5])
    }
  })

  it('can leave every state but the last', () => {
    for (const [state, arrows] of Object.entries(table)) {
      const exits = Object.values(arrows).filter(arrow => arrow?.to !== state)
      expect([state, exits.length > 0]).toEqual([state, state !== 'terminated'])
    }
  })
})

/** Deadlines of the running timers while nothing happens until the transaction ends. */
function silence(kind: TransactionKind, reliable: boolean, before: readonly string[] = []) {
  const { timers, transaction } = machine(kind, reliable)
  transaction.start(0)
  for (const event of before) transaction.handle(event, 0)
  const fired: string[] = []
  while (timers.deadline !== undefined) {
    const now = timers.deadline
    for (const row of timers.take(now)) {
      const { timer } = row
      fired.push(`${timer}@${now}`)
      transaction.handle(`timer ${timer}`, now)
    }
  }
  return { fired, state: transaction.state }
}

describe('transaction timers with the values of RFC 3261 Table 4', () => {
  it.each<[string, TransactionKind, boolean, string[], string[]]>([
    [
      'A doubles and B ends an INVITE over UDP',
      'invite client',
      false,
      [],
      ['A@500', 'A@1500', 'A@3500', 'A@7500', 'A@15500', 'A@31500', 'B@32000'],
    ],
    ['only B runs over TCP', 'invite client', true, [], ['B@32000']],
    ['D keeps a failed INVITE over UDP', 'invite client', false, ['3xx-6xx'], ['D@32000']],
    ['D is zero over TCP', 'invite client', true, ['3xx-6xx'], []],
    ['M keeps an answered INVITE everywhere', 'invite client', true, ['2xx'], ['M@32000']],
    [
      'E doubles up to T2 and F ends it',
      'non-invite client',
      false,
      [],
      ['E@500', 'E@1500', 'E@3500', 'E@7500', 'E@11500', 'E@15500', 'E@19500', 'E@23500', 'E@27500', 'E@31500', 'F@32000'],
    ],
    ['K waits T4 for copies', 'non-invite client', false, ['2xx'], ['K@5000']],
    ['K is zero over TCP', 'non-invite client', true, ['2xx'], []],
    [
      'G doubles up to T2 until H',
      'invite server',
      false,
      ['send 3xx-6xx'],
      ['G@500', 'G@1500', 'G@3500', 'G@7500', 'G@11500', 'G@15500', 'G@19500', 'G@23500', 'G@27500', 'G@31500', 'H@32000'],
    ],
    ['G does not run after a refusal', 'invite server', false, ['refuse'], ['H@32000']],
    ['only H runs over TCP', 'invite server', true, ['send 3xx-6xx'], ['H@32000']],
    ['I waits T4 for copies of the ACK', 'invite server', false, ['send 3xx-6xx', 'ACK'], ['I@5000']],
    ['I is zero over TCP', 'invite server', true, ['send 3xx-6xx', 'ACK'], []],
    ['L keeps an accepted INVITE everywhere', 'invite server', true, ['send 2xx'], ['L@32000']],
    ['J waits 64*T1 over UDP', 'non-invite server', false, ['send 2xx'], ['J@32000']],
    ['J is zero over TCP', 'non-invite server', true, ['send 2xx'], []],
  ])('%s @req SIP-39', (_name, kind, reliable, before, expected) => {
    expect(silence(kind, reliable, before)).toEqual({ fired: expected, state: 'terminated' })
  })

  it('waits T2 between copies once a provisional response came', () => {
    expect(silence('non-invite client', false, ['1xx']).fired.slice(0, 4)).toEqual(['E@500', 'E@4500', 'E@8500', 'E@12500'])
  })
})
