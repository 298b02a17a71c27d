import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IncomingOffer, Transfer, TransferEvent, TransferFile } from '../../src/client/index.js'
import { CpmftError } from '../../src/client/index.js'
import { applyChanges, openView } from '../../src/web/app/model/page-view.js'
import { PageModel } from '../../src/web/page-model.js'
import { type PageChange, type PageState, RECENT_TRANSFERS } from '../../src/web/protocol/index.js'
import type { TransferCard } from '../../src/web/transfer-card.js'

type Live = { -readonly [Name in keyof TransferFile]: TransferFile[Name] }

const FACTS = {
  version: '1',
  mode: 'client',
  account: undefined,
  limits: { maxFileSize: undefined, warnSize: undefined, maxGroupSize: 10 },
} as const

/** A model with a clock in our hands. */
function world() {
  const clock = { time: 0 }
  let dirty = 0
  const model = new PageModel(FACTS, { now: () => clock.time, date: () => 1_000_000 + clock.time }, () => dirty++)
  return { model, clock, dirty: () => dirty }
}

function file(name: string, size: number, fields: Partial<Live> = {}): Live {
  return {
    id: name,
    name,
    size,
    type: 'text/plain',
    sha1: undefined,
    state: 'hashing',
    bytes: 0,
    confirmed: true,
    path: undefined,
    error: undefined,
    ...fields,
  }
}

function transfer(id: string, files: readonly Live[], more: object = {}): Transfer {
  const peer = { uri: 'sip:bob@example.com;transport=tcp', displayName: undefined, identity: 'unverified', known: false }
  return { id, peer, files, ...more } as unknown as Transfer
}

const SENT = { direction: 'sent', subject: undefined } as const
const report = (ok: boolean, files: readonly Live[], error?: CpmftError): TransferEvent => ({ type: 'done', report: { ok, files, error } })

/** What the page itself makes of changes. */
function apply(state: PageState, changes: readonly PageChange[]): PageState {
  const { transferIds, transfers, offers } = applyChanges(openView(state), changes)
  return { ...state, transfers: transferIds.flatMap(id => transfers.get(id) ?? []), offers }
}

/** Drives one file through its life. */
function move(model: PageModel, card: TransferCard, live: Live, state: Live['state'], bytes = live.bytes): void {
  live.state = state
  live.bytes = bytes
  model.happened(card, { type: 'state', file: live, state })
}

describe('a transfer in the model', () => {
  it('goes through its phases, with the actions that make sense', () => {
    const { model } = world()
    const [a, b] = [file('a', 100), file('b', 50)]
    const card = model.begun(transfer('AAAA', [a, b]), SENT)
    const view = () => model.state().transfers[0]
    expect(view()).toMatchObject({ phase: 'preparing', actions: ['cancel'], started: 1_000_000 })
    model.happened(card, { type: 'hashing', file: a, bytes: 40, total: 100 })
    expect(view()?.files.map(({ bytes }) => bytes)).toEqual([40, 0])
    move(model, card, a, 'offered')
    expect(view()).toMatchObject({ phase: 'ringing', files: [{ bytes: 0 }, {}] })
    move(model, card, a, 'accepted')
    move(model, card, b, 'declined')
    expect(view()).toMatchObject({ phase: 'running' })
    move(model, card, a, 'sending')
    expect(view()?.actions).toEqual(['cancel', 'pause'])
    move(model, card, a, 'paused')
    expect(view()?.actions).toEqual(['cancel', 'continue'])
    move(model, card, a, 'failed', 60)
    model.happened(card, report(false, [a, b], new CpmftError('connection-lost')))
    expect(view()).toMatchObject({
      phase: 'ended',
      ok: false,
      ended: 1_000_000,
      actions: [],
      error: { code: 'connection-lost', text: 'The connection broke.' },
    })
    model.goesOn(card, ['resume', 'retry'])
    expect(view()?.actions).toEqual(['resume', 'retry'])
    const again = model.begun(transfer('AAAA', [file('a', 100, { index: 0, resumedAt: 60 })]), SENT)
    expect(model.state().transfers).toHaveLength(1)
    model.goesOn(card, ['retry'])
    expect(view()?.actions).toEqual(['cancel'])
    expect(again.fileAt(0)?.name).toBe('a')
    expect(model.dismiss('AAAA')).toBe(false)
  })

  it('keeps the files of the attempt before beside those that go on, and what was told of them', () => {
    const { model } = world()
    const first = model.begun(transfer('AAAA', [file('a', 1, { state: 'done' }), file('b', 1, { state: 'failed' })]), SENT)
    model.happened(first, report(false, []))
    model.notice({ transferId: 'AAAA', index: 0, name: 'a', peer: 'sip:b', state: 'displayed', recipient: undefined })
    const rest = file('b', 1, { state: 'sending', index: 1 })
    const second = model.begun(transfer('AAAA', [rest]), SENT)
    const states = () => model.state().transfers[0]?.files.map(({ index, state, notice }) => [index, state, notice])
    expect(states()).toEqual([
      [0, 'done', 'displayed'],
      [1, 'sending', undefined],
    ])
    move(model, second, rest, 'done')
    model.happened(second, report(true, [rest]))
    expect(model.state().transfers[0]).toMatchObject({ ok: true, phase: 'ended' })
    const third = model.begun(transfer('BBBB', [file('a', 1, { state: 'failed' }), file('b', 1, { state: 'failed' })]), SENT)
    model.happened(third, report(false, []))
    const one = file('b', 1, { state: 'done', index: 1 })
    model.happened(model.begun(transfer('BBBB', [one]), SENT), report(true, [one]))
    expect(model.state().transfers[0]).toMatchObject({ ok: false, files: [{ state: 'failed' }, { state: 'done' }] })
  })

  it('hides rate and time left until they are steady, and lets the rate sink when nothing moves', () => {
    const { model, clock } = world()
    const live = file('a', 10_000_000, { state: 'sending' })
    const card = model.begun(transfer('AAAA', [live]), SENT)
    const shown = () => model.state().transfers[0]?.files[0]
    const progress = (time: number, bytes: number) => {
      clock.time = time
      live.bytes = bytes
      model.happened(card, { type: 'progress', file: live, bytes, sent: bytes, total: live.size })
    }
    for (let at = 0; at < 20; at++) {
      progress(at * 100, at * 100_000)
      expect(shown()).toMatchObject({ rate: undefined, eta: undefined })
    }
    progress(2_000, 2_000_000)
    expect(shown()).toMatchObject({ rate: 1_000_000, eta: 8 })
    for (let seconds = 3; seconds < 30; seconds++) {
      clock.time = seconds * 1000
      model.tick()
    }
    expect(shown()?.rate).toBeLessThan(1000)
    expect(shown()?.eta).toBeGreaterThan(1000)
    move(model, card, live, 'paused')
    expect(shown()).toMatchObject({ rate: undefined, eta: undefined })
    expect(model.hasMoving).toBe(false)
  })

  it('tells numbers alone while only numbers change', () => {
    const { model } = world()
    const [a, b] = [file('a', 100, { state: 'sending' }), file('b', 100, { state: 'sending' })]
    const card = model.begun(transfer('AAAA', [a, b]), SENT)
    expect(model.changes()?.map(({ type }) => type)).toEqual(['transfer', 'history'])
    expect(model.isDirty).toBe(false)
    a.bytes = 10
    for (let time = 0; time < 3; time++) model.happened(card, { type: 'progress', file: a, bytes: 10, sent: 10, total: 100 })
    expect(model.changes()).toEqual([{ type: 'progress', id: 'AAAA', files: [{ index: 0, bytes: 10, rate: undefined, eta: undefined }] }])
    expect(model.changes()).toEqual([])
    move(model, card, b, 'done', 100)
    model.happened(card, { type: 'progress', file: a, bytes: 20, sent: 20, total: 100 })
    expect(model.changes()).toMatchObject([{ type: 'transfer', transfer: { files: [{ bytes: 10 }, { state: 'done' }] } }])
  })

  it('follows recipients: their octets as numbers, their states as more', () => {
    const { model } = world()
    const live = file('a', 100, { state: 'sending' })
    const bob = {
      uri: 'sip:bob@example.com',
      displayName: undefined,
      copyControl: 'to',
      state: 'invited',
      bytes: 0,
      total: 100,
      error: undefined,
      files: [{ file: live, state: 'sending', bytes: 0 }],
    }
    const card = model.begun(transfer('AAAA', [live], { recipients: [bob], group: { uri: undefined, name: 'Friends' } }), SENT)
    model.changes()
    const news = (state: 'sending' | 'delivered', bytes: number) => {
      Object.assign(bob, { state, bytes })
      model.happened(card, { type: 'recipient', uri: bob.uri, recipient: bob as never, state, bytes, total: 100, error: undefined })
      return model.changes()
    }
    expect(news('sending', 5)?.map(({ type }) => type)).toEqual(['transfer'])
    expect(news('sending', 50)).toEqual([
      {
        type: 'progress',
        id: 'AAAA',
        files: [],
        recipients: [{ uri: bob.uri, bytes: 50, files: [{ index: 0, state: 'sending', bytes: 0 }] }],
      },
    ])
    expect(news('delivered', 100)).toMatchObject([{ type: 'transfer', transfer: { recipients: [{ state: 'delivered', bytes: 100 }] } }])
  })

  it('shows whom we know by the name we gave, without touching names that they gave', () => {
    const { model } = world()
    model.begun(transfer('AAAA', [file('a', 1)]), SENT)
    model.changes()
    model.book(new Map([['sip:bob@example.com', { uri: 'sip:bob@example.com', name: 'Bob', trusted: true, added: 0 }]]))
    expect(model.changes()).toMatchObject([{ type: 'transfer', transfer: { peer: { displayName: 'Bob', known: true, trusted: true } } }])
  })

  it('keeps so many that ended, and all that run', () => {
    const { model } = world()
    const running = file('r', 1, { state: 'sending' })
    model.begun(transfer('RUNS', [running]), SENT)
    for (let count = 0; count < RECENT_TRANSFERS + 20; count++) {
      const live = file('a', 1, { state: 'done' })
      model.happened(model.begun(transfer(`T${count}`, [live]), SENT), report(true, [live]))
    }
    const { transfers } = model.state()
    expect(transfers).toHaveLength(RECENT_TRANSFERS + 1)
    expect(transfers[0]?.id).toBe(`T${RECENT_TRANSFERS + 19}`)
    expect(transfers.at(-1)?.id).toBe('RUNS')
    expect(model.dismiss('T100')).toBe(true)
    expect(model.dismiss('T100')).toBe(false)
  })

  it('tells 200 running transfers ten times a second in a few milliseconds each time', () => {
    const { model, clock } = world()
    const lives = Array.from({ length: 200 }, (_, number) => file(`f${number}`, 1e9, { state: 'sending' }))
    const cards = lives.map((live, number) => model.begun(transfer(`T${number}`, [live]), SENT))
    model.changes()
    const begin = performance.now()
    for (let round = 1; round <= 50; round++) {
      clock.time = round * 100
      lives.forEach((live, number) => {
        live.bytes = round * 1000
        model.happened(cards[number] as TransferCard, {
          type: 'progress',
          file: live,
          bytes: live.bytes,
          sent: live.bytes,
          total: live.size,
        })
      })
      expect(JSON.stringify(model.changes()).length).toBeLessThan(40_000)
    }
    expect((performance.now() - begin) / 50).toBeLessThan(20)
  })
})

describe('the model', () => {
  it('gives the state instead of very many changes', () => {
    const { model } = world()
    for (let count = 0; count < 5_000; count++)
      model.notice({ transferId: 'A', index: 0, name: 'a', peer: 'sip:b', state: 'delivered', recipient: undefined })
    expect(model.changes()).toBeUndefined()
    expect(model.changes()).toEqual([])
  })

  it('begins anew with another world', () => {
    const { model, dirty } = world()
    model.begun(transfer('AAAA', [file('a', 1)]), SENT)
    const before = dirty()
    model.begin({ ...FACTS, mode: 'first-run' }, { state: 'none' }, { path: '/x', free: 1 }, undefined)
    expect(dirty()).toBeGreaterThan(before)
    expect(model.changes()).toBeUndefined()
    expect(model.state()).toMatchObject({ mode: 'first-run', transfers: [], folder: { path: '/x' } })
  })

  it('holds so many offers that wait, each with names of our own for its files', () => {
    const { model } = world()
    const offer = (id: string) =>
      ({
        id,
        from: { uri: 'sip:a@b', displayName: 'A', identity: 'asserted', known: false },
        files: [
          {
            id: 'same',
            name: 'a',
            size: 1,
            type: 'a/b',
            sha1: undefined,
            disposition: 'attachment',
            description: undefined,
            modified: new Date(5),
            icon: { type: 'text/html', bytes: new TextEncoder().encode('<script>') },
            unavailable: undefined,
          },
        ],
        totalSize: 1,
        subject: undefined,
      }) as unknown as IncomingOffer
    for (let count = 1; count <= 200; count++) expect(model.offered(offer('x'), 1000)).toBe(`o${count}`)
    expect(model.offered(offer('x'), 1000)).toBeUndefined()
    expect(model.state().offers[0]).toMatchObject({ id: 'o1', expires: 1_001_000, files: [{ id: '0', modified: 5 }] })
    expect(model.state().offers[0]?.files[0]?.icon).toBeUndefined()
    expect(model.offerGone('o1', 'withdrawn')).toBe(true)
    expect(model.offerGone('o1', 'withdrawn')).toBe(false)
    expect(model.offer('o1')).toBeUndefined()
    expect(model.offered(offer('x'), 1000)).toBe('o201')
  })

  it('comes to the same state by changes as by asking again, whatever happens', () => {
    const step = fc.record({
      which: fc.nat(3),
      what: fc.constantFrom('begin', 'progress', 'state', 'end', 'dismiss', 'tick', 'goOn', 'look'),
      value: fc.nat(100),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const { model, clock } = world()
        const known = new Map<number, { card: TransferCard; live: Live; over: boolean }>()
        let page = model.state()
        const look = () => {
          page = apply(page, model.changes() ?? [])
          const order = (state: PageState) => [...state.transfers].sort((a, b) => (a.id < b.id ? -1 : 1))
          expect(order(page)).toEqual(order(model.state()))
        }
        for (const { which, what, value } of steps) {
          clock.time += value * 10
          const entry = known.get(which)
          if (what === 'begin') {
            const live = file('a', 1000)
            known.set(which, { live, over: false, card: model.begun(transfer(`T${which}`, [live]), SENT) })
          } else if (what === 'tick') model.tick()
          else if (what === 'look') look()
          else if (entry === undefined) continue
          else if (what === 'dismiss') {
            if (model.dismiss(`T${which}`)) known.delete(which)
          } else if (what === 'goOn' && entry.over) model.goesOn(entry.card, ['retry'])
          else if (entry.over) continue
          else if (what === 'progress') {
            entry.live.bytes += value
            model.happened(entry.card, { type: 'progress', file: entry.live, bytes: entry.live.bytes, sent: 0, total: 1000 })
          } else if (what === 'state')
            move(model, entry.card, entry.live, (['offered', 'sending', 'paused', 'verifying'] as const)[value % 4] as Live['state'])
          else if (what === 'end') {
            move(model, entry.card, entry.live, 'done')
            model.happened(entry.card, report(true, [entry.live]))
            entry.over = true
          }
        }
        look()
      }),
      { numRuns: 300 },
    )
  })
})
