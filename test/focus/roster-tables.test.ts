import { describe, expect, it } from 'vitest'
import {
  CONFERENCE_TABLE,
  CREATOR_ANSWER_TABLE,
  DELIVERY_TABLE,
  LEG_TABLE,
  type Recipient,
  Roster,
  type RosterOutput,
  SOURCE_TABLE,
} from '../../src/focus/index.js'
import type { Arrow } from '../../src/wire/index.js'

type AnyTable = Readonly<Record<string, Readonly<Record<string, Arrow<string, string> | undefined>>>>

const TABLES = {
  leg: LEG_TABLE as AnyTable,
  delivery: DELIVERY_TABLE as AnyTable,
  source: SOURCE_TABLE as AnyTable,
  conference: CONFERENCE_TABLE as AnyTable,
  creatorAnswer: CREATOR_ANSWER_TABLE as AnyTable,
}
const eventsOf = (table: AnyTable) => [...new Set(Object.values(table).flatMap(row => Object.keys(row)))]

/** The shortest way of events to each state. */
function waysOf(table: AnyTable): Map<string, string[]> {
  const ways = new Map<string, string[]>([[Object.keys(table)[0] as string, []]])
  for (const [state, way] of ways)
    for (const [event, arrow] of Object.entries(table[state] ?? {}))
      if (arrow !== undefined && !ways.has(arrow.to)) ways.set(arrow.to, [...way, event])
  return ways
}

const member = (uri: string): Recipient => ({ uri, copyControl: 'to', anonymize: false })
const snapshot = (roster: Roster) =>
  JSON.stringify([roster.participants.map(row => [row, [...row.deliveries]]), roster.files, roster.phase])

/** A conference with a file of the creator; p1 is under test, p2 keeps everything else alive. */
class Probe {
  readonly roster = new Roster({
    creator: { uri: 'sip:alice@home1.example' },
    recipients: [member('sip:bob@home2.example'), member('sip:erin@home2.example')],
  })
  readonly #kind: 'leg' | 'delivery' | 'source' | 'conference'

  constructor(kind: 'leg' | 'delivery' | 'source' | 'conference') {
    this.#kind = kind
    const { roster } = this
    roster.addFile('f', 'p0')
    if (kind !== 'conference') roster.moveConference('answered')
    this.connect('p2')
    if (kind !== 'leg') this.connect('p1')
    if (kind === 'source') roster.moveDelivery('p1', 'f', 'accept')
    if (kind !== 'source') roster.moveSource('f', 'accept')
    if (kind === 'conference') {
      // What the focus has whole goes on without the creator
      roster.moveDelivery('p1', 'f', 'accept')
      for (const event of ['start', 'complete', 'verified'] as const) roster.moveSource('f', event)
    }
  }

  connect(id: string): void {
    this.roster.moveLeg(id, 'invite')
    this.roster.moveLeg(id, 'accept')
    if (id === 'p2') this.roster.moveDelivery(id, 'f', 'accept')
  }

  fire(event: string): RosterOutput[] | undefined {
    const { roster } = this
    if (this.#kind === 'leg') return roster.moveLeg('p1', event as never)
    if (this.#kind === 'delivery') return roster.moveDelivery('p1', 'f', event as never)
    return this.#kind === 'source' ? roster.moveSource('f', event as never) : roster.moveConference(event as never)
  }

  get state(): string | undefined {
    const { roster } = this
    if (this.#kind === 'leg') return roster.participant('p1')?.leg
    if (this.#kind === 'delivery') return this.delivery('p1')
    return this.#kind === 'source' ? roster.files[0]?.state : roster.phase
  }

  delivery(id: string): string | undefined {
    return this.roster.participant(id)?.deliveries.get('f')
  }

  /** Names of the actions that came out for the thing under test, `tell` aside. */
  named(outputs: readonly RosterOutput[]): string[] {
    return outputs.flatMap(output =>
      output.type === this.#kind && !('participant' in output && output.participant !== 'p1') ? [output.action] : [],
    )
  }
}

/** Actions that move others instead of coming out. */
const INSIDE = ['tell', 'begin-deliveries', 'end-deliveries', 'cancel-pending', 'bye-members']
const LIVE = ['offered', 'accepted', 'sending']

describe.each(['leg', 'delivery', 'source', 'conference'] as const)('the table of a %s', kind => {
  const table = TABLES[kind]
  const ways = waysOf(table)
  const at = (state: string) => {
    const probe = new Probe(kind)
    for (const event of ways.get(state) as string[]) probe.fire(event)
    expect(probe.state, `way to ${state}`).toBe(state)
    return probe
  }

  it('is walked arrow by arrow: the state it names, the actions it names', () => {
    let walked = 0
    for (const [state, row] of Object.entries(table))
      for (const [event, arrow] of Object.entries(row)) {
        if (arrow === undefined) continue
        const probe = at(state)
        const outputs = probe.fire(event) as RosterOutput[]
        expect(probe.state, `${state} ${event}`).toBe(arrow.to)
        expect(probe.named(outputs), `${state} ${event}`).toEqual(arrow.do.filter(action => !INSIDE.includes(action)))
        if (arrow.do.includes('tell')) expect(outputs, `${state} ${event}`).toContainEqual({ type: 'tell' })
        if (arrow.do.includes('begin-deliveries')) expect([probe.delivery('p1'), probe.delivery('p2')]).toEqual(['sending', 'sending'])
        if (arrow.do.includes('end-deliveries')) expect(LIVE, `${state} ${event}`).not.toContain(probe.delivery('p1'))
        if (arrow.do.includes('bye-members')) expect(probe.roster.participant('p1')?.leg).toBe('leaving')
        walked++
      }
    expect(walked).toBeGreaterThan(7)
  })

  it('refuses every other event and changes nothing', () => {
    let refused = 0
    for (const state of Object.keys(table))
      for (const event of eventsOf(table)) {
        if (table[state]?.[event] !== undefined) continue
        const probe = at(state)
        const before = snapshot(probe.roster)
        expect(probe.fire(event), `${state} ${event}`).toBeUndefined()
        expect(snapshot(probe.roster), `${state} ${event}`).toBe(before)
        refused++
      }
    expect(refused).toBeGreaterThan(8)
  })
})

describe.each(Object.entries(TABLES))('the table %s', (_, table) => {
  it('reaches every state, and from every state an end', () => {
    const ways = waysOf(table)
    expect([...ways.keys()].sort()).toEqual(Object.keys(table).sort())
    const isEnd = (state: string) => Object.keys(table[state] ?? {}).length === 0 || state === 'gone'
    for (const state of Object.keys(table)) {
      const seen = new Set([state])
      for (const next of seen) for (const arrow of Object.values(table[next] ?? {})) if (arrow !== undefined) seen.add(arrow.to)
      expect([...seen].some(isEnd), state).toBe(true)
    }
  })
})

it('cancels pending invitations when the creator leaves or is refused', () => {
  for (const event of ['refused', 'creator-left'] as const) {
    const roster = new Roster({
      creator: { uri: 'sip:a@x.example' },
      recipients: ['b', 'c', 'd'].map(name => member(`sip:${name}@x.example`)),
    })
    roster.moveLeg('p1', 'invite')
    roster.moveLeg('p2', 'invite')
    roster.moveLeg('p2', 'ring')
    expect(roster.moveConference(event)).toEqual([
      { type: 'leg', participant: 'p1', action: 'send-cancel' },
      { type: 'tell' },
      { type: 'leg', participant: 'p2', action: 'send-cancel' },
      { type: 'tell' },
      { type: 'tell' },
      { type: 'conference', action: 'end-subscriptions' },
      { type: 'conference', action: 'forget' },
      { type: 'tell' },
    ])
    expect(roster.participants.map(({ leg }) => leg)).toEqual(['idle', 'cancelling', 'cancelling', 'gone'])
    // The 200 that crosses our CANCEL gets its BYE
    expect(roster.moveLeg('p1', 'accept')).toEqual([{ type: 'leg', participant: 'p1', action: 'send-bye' }])
  }
})
