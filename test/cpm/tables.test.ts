import { describe, expect, it } from 'vitest'
import { type FilePhase, RECEIVING_FILE_TABLE, SENDING_FILE_TABLE, SESSION_TABLE, type SessionEvent } from '../../src/cpm/index.js'
import { type ReceivingLine, receivingLine, type SendingLine, sendingLine } from '../../src/cpm/file-line.js'
import { type FileContext, fireReceiving, fireSending } from '../../src/cpm/file-machine.js'
import type { EndpointInput } from '../../src/msrp/index.js'
import type { FileMedia } from '../../src/sdp/index.js'
import { type Arrow, follow, Timers } from '../../src/wire/index.js'

type AnyTable = Readonly<Record<string, Readonly<Record<string, Arrow<string, string> | undefined>>>>

const FILE_TABLES = { sending: SENDING_FILE_TABLE as AnyTable, receiving: RECEIVING_FILE_TABLE as AnyTable }
const eventsOf = (table: AnyTable) => [...new Set(Object.values(table).flatMap(row => Object.keys(row)))]

function reachable(table: AnyTable, from: string): Set<string> {
  const seen = new Set([from])
  for (const state of seen) for (const arrow of Object.values(table[state] ?? {})) if (arrow !== undefined) seen.add(arrow.to)
  return seen
}

const MEDIA: FileMedia = {
  port: 2855,
  secure: false,
  address: '192.0.2.1',
  direction: 'sendonly',
  path: ['msrp://192.0.2.1:2855/own;tcp'],
  acceptTypes: ['*'],
  acceptWrappedTypes: [],
  maxSize: undefined,
  setup: 'actpass',
  cema: false,
  fingerprints: [],
  selector: undefined,
  transferId: 'id',
  disposition: undefined,
  date: undefined,
  icon: undefined,
  range: undefined,
  information: undefined,
}

/** A line in some state, and what one event does to it. */
class Probe {
  readonly msrp: EndpointInput[] = []
  readonly events: SessionEvent[] = []
  readonly timers = new Timers<string>()
  readonly line: SendingLine | ReceivingLine

  constructor(direction: 'sending' | 'receiving', state: string) {
    const selector = { name: 'a', size: 5, hashes: [] }
    const description = { fileId: 'f', transferId: 'id', selector, disposition: 'render' } as never
    this.line =
      direction === 'sending'
        ? sendingLine({ fileId: 'f', selector, disposition: 'render' })
        : receivingLine(description, { media: 'message', port: 1, protocol: 'TCP/MSRP', formats: ['*'], attributes: [] }, MEDIA)
    this.line.own = MEDIA
    this.line.remote = { ...MEDIA, setup: direction === 'sending' ? 'passive' : 'actpass' }
    if (direction === 'receiving') this.line.own = { ...MEDIA, setup: 'passive' }
    this.line.sessionId = 'own'
    this.line.state = state as FilePhase
    if (this.line.kind === 'receive') this.line.messageId = 'm'
  }

  fire(event: string): boolean {
    const context: FileContext = {
      settings: {} as never,
      peerUri: 'sip:peer@example.org',
      timers: this.timers,
      now: 0,
      emit: told => void this.events.push(told),
      msrp: input => void this.msrp.push(input),
    }
    return this.line.kind === 'send' ? fireSending(context, this.line, event as never) : fireReceiving(context, this.line, event as never)
  }

  /** The actions that can be seen from outside. */
  get effects(): string[] {
    return [
      ...this.events.map(() => 'tell'),
      ...this.msrp.map(({ type }) => type),
      ...(this.line.wantsClose ? ['close-line'] : []),
      ...(this.timers.deadline === undefined ? [] : ['timer']),
    ]
  }
}

const EFFECTS: Record<string, string> = {
  tell: 'tell',
  open: 'add-session',
  stop: 'abort',
  verdict: 'verdict',
  release: 'remove-session',
  'close-line': 'close-line',
  'await-close': 'timer',
}

describe.each(['sending', 'receiving'] as const)('the table of a %s file', direction => {
  const table = FILE_TABLES[direction]
  const initial = direction === 'sending' ? 'queued' : 'offered'
  const used = reachable(table, initial)

  it('is walked arrow by arrow: the state it names, the actions it names @req SND-1', () => {
    let walked = 0
    for (const [state, row] of Object.entries(table))
      for (const [event, arrow] of Object.entries(row)) {
        if (arrow === undefined) continue
        const probe = new Probe(direction, state)
        expect(probe.fire(event), `${state} ${event}`).toBe(true)
        expect(probe.line.state, `${state} ${event}`).toBe(arrow.to)
        const expected = arrow.do.map(action => EFFECTS[action] as string)
        if (arrow.to === 'aborting') expected.push('timer')
        // the wait for the first octet
        if (direction === 'receiving' && arrow.do.some(action => action === 'open')) expected.push('timer')
        expect(probe.effects.sort(), `${state} ${event}`).toEqual(expected.sort())
        walked++
      }
    expect(walked).toBeGreaterThan(20)
  })

  it('refuses every other event and changes nothing @req SND-1', () => {
    let refused = 0
    for (const state of Object.keys(table))
      for (const event of eventsOf(table)) {
        if (table[state]?.[event] !== undefined) continue
        const probe = new Probe(direction, state)
        const before = JSON.stringify(probe.line)
        expect(probe.fire(event), `${state} ${event}`).toBe(false)
        expect(JSON.stringify(probe.line)).toBe(before)
        expect(probe.effects).toEqual([])
        refused++
      }
    expect(refused).toBeGreaterThan(50)
  })

  it('leads from every state to closed @req SND-1', () => {
    for (const state of used) expect(reachable(table, state), state).toContain('closed')
    expect(Object.keys(table.closed ?? {})).toEqual([])
  })

  it('lets the end of the dialog or the closed line leave every state @req SND-1 SIP-19', () => {
    for (const state of used) if (state !== 'closed') expect(table[state]?.end ?? table[state]?.closed, state).toBeDefined()
  })

  it('keeps a completed file completed @req SND-7 OA-47', () => {
    expect(Object.keys(table.completed ?? {})).toEqual(['closed'])
  })
})

describe('the table of a session', () => {
  const table = SESSION_TABLE as AnyTable

  it('leads from every state to terminated and nowhere from there @req SND-1', () => {
    for (const state of Object.keys(table)) {
      expect(reachable(table, 'idle'), state).toContain(state)
      expect(reachable(table, state), state).toContain('terminated')
    }
    expect(table.terminated).toEqual({})
  })

  it('ends with finish, and only then @req SND-1 CR-15', () => {
    for (const [state, row] of Object.entries(table))
      for (const [event, arrow] of Object.entries(row))
        expect(arrow?.do.at(-1) === 'finish', `${state} ${event}`).toBe(arrow?.to === 'terminated')
  })

  it('says BYE exactly where a dialog exists that we end @req CR-15 SIP-18', () => {
    const byes = Object.entries(table).flatMap(([state, row]) =>
      Object.entries(row).flatMap(([event, arrow]) => (arrow?.do.includes('bye') ? [`${state} ${event}`] : [])),
    )
    expect(byes).toEqual(['cancelling established', 'established close', 'releasing expire', 'releasing close'])
  })

  it('has no arrow for what it does not name @req SND-1', () => {
    expect(follow(SESSION_TABLE, 'idle', 'answer')).toBeUndefined()
    expect(follow(SESSION_TABLE, 'established', 'established')).toBeUndefined()
    for (const event of eventsOf(table)) expect(follow(SESSION_TABLE, 'terminated', event as never), event).toBeUndefined()
  })
})
