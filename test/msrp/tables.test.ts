import { describe, expect, it } from 'vitest'
import { CONNECTION_TABLE, INCOMING_TABLE, OUTGOING_TABLE, RELAY_LOGIN_TABLE, SESSION_TABLE } from '../../src/msrp/index.js'
import { follow, type Table } from '../../src/wire/index.js'

const tables: Record<string, { table: Table<string, string, string>; first: string[]; last: string[] }> = {
  session: { table: SESSION_TABLE, first: ['waiting', 'connecting'], last: ['failed'] },
  connection: { table: CONNECTION_TABLE, first: ['connecting', 'open'], last: ['closed'] },
  outgoing: { table: OUTGOING_TABLE, first: ['sending'], last: ['aborted', 'failed', 'reported'] },
  'relay login': { table: RELAY_LOGIN_TABLE, first: ['waiting'], last: ['failed'] },
  incoming: { table: INCOMING_TABLE, first: ['waiting'], last: ['judged', 'abandoned', 'refused'] },
}

describe.each(Object.entries(tables))('%s table', (_name, { table, first, last }) => {
  const next = (state: string): string[] => Object.values(table[state] ?? {}).map(arrow => arrow?.to as string)

  it('leads only to states of the table, and from every state to an end @req SND-1', () => {
    const states = Object.keys(table)
    for (const state of states) for (const to of next(state)) expect(states).toContain(to)
    const reach = (from: readonly string[]): Set<string> => {
      const seen = new Set(from)
      for (const state of seen) for (const to of next(state)) seen.add(to)
      return seen
    }
    expect([...reach(first)].sort()).toEqual(states.sort())
    for (const state of states) expect([...reach([state])].some(reached => last.includes(reached))).toBe(true)
    for (const state of last) expect(next(state).every(to => last.includes(to))).toBe(true)
  })

  it('refuses an event it does not list @req SND-1', () => {
    for (const state of Object.keys(table)) expect(follow(table, state, 'no-such-event')).toBeUndefined()
  })
})
