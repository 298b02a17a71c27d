import { describe, expect, it } from 'vitest'
import { newsOf } from '../../src/web/app/shell/news.js'
import { applyChanges, applyEvent, openView } from '../../src/web/app/model/page-view.js'
import type { PageChange } from '../../src/web/protocol/index.js'
import { BOB, fileView, NOW, offeredFile, offerView, pageState, recipientView, transferView } from '../page/scenes.js'

const files = [fileView(0, 'plan.pdf', 1000), fileView(1, 'photos.zip', 4000)]
const progress = (id: string, bytes: number): PageChange => ({ type: 'progress', id, files: [{ index: 0, bytes, rate: 10, eta: 5 }] })

describe('applyEvent', () => {
  it('begins with a snapshot, and not before', () => {
    expect(applyEvent(undefined, { event: 'changes', data: [progress('T1', 1)] })).toBeUndefined()
    const view = applyEvent(undefined, { event: 'snapshot', data: pageState({ transfers: [transferView('T1', files)] }) })
    expect(view?.transferIds).toEqual(['T1'])
    expect(view?.transfers.get('T1')?.files).toBe(files)
    expect(applyEvent(view, { event: 'closing', data: {} })).toBe(view)
  })

  it('changes what moved and keeps the identity of the rest', () => {
    const before = openView(pageState({ transfers: [transferView('T1', files), transferView('T2', files)] }))
    const after = applyChanges(before, [progress('T1', 300), progress('T1', 400), progress('nobody', 1)])
    expect(after.transfers.get('T1')?.files[0]).toMatchObject({ bytes: 400, rate: 10, eta: 5 })
    expect(after.transfers.get('T1')?.files[1]).toBe(files[1])
    expect(after.transfers.get('T2')).toBe(before.transfers.get('T2'))
    expect(after.transferIds).toBe(before.transferIds)
    expect(after.offers).toBe(before.offers)
    expect(before.transfers.get('T1')?.files[0]?.bytes).toBe(0)
  })

  it('moves the grid of recipients', () => {
    const places = [
      { index: 0, state: 'sending', bytes: 1 },
      { index: 1, state: 'invited', bytes: 0 },
    ]
    const group = transferView('G', files, {
      recipients: [recipientView('sip:bob@example.com', 'sending', places), recipientView('sip:c@example.com', 'ringing', [])],
    })
    const before = openView(pageState({ transfers: [group] }))
    const after = applyChanges(before, [
      {
        type: 'progress',
        id: 'G',
        files: [],
        recipients: [{ uri: 'sip:bob@example.com', bytes: 77, files: [{ index: 0, state: 'delivered', bytes: 77 }] }],
      },
    ])
    const [bob, carol] = after.transfers.get('G')?.recipients ?? []
    expect(bob).toMatchObject({ bytes: 77, files: [{ index: 0, state: 'delivered', bytes: 77 }, places[1]] })
    expect(carol).toBe(group.recipients?.[1])
  })

  it('adds, replaces and removes transfers and offers', () => {
    const before = openView(pageState({ transfers: [transferView('T1', files)], offers: [offerView('O1', [])] }))
    const renewed = transferView('T1', files, { phase: 'ended' })
    const after = applyChanges(before, [
      { type: 'transfer', transfer: transferView('T2', files) },
      { type: 'transfer', transfer: renewed },
      { type: 'offer', offer: offerView('O2', []) },
      { type: 'offer', offer: offerView('O1', [], { subject: 'again' }) },
      { type: 'registration', registration: { state: 'failed' } },
      { type: 'folder', folder: { path: '/x', free: 1 } },
      { type: 'tour', tour: { steps: [], note: 'here' } },
      { type: 'notice', notice: { transferId: 'T1', index: 1, name: 'x', peer: BOB.uri, state: 'displayed', recipient: undefined } },
      { type: 'people' },
    ])
    expect(after.transferIds).toEqual(['T2', 'T1'])
    expect(after.transfers.get('T1')).toMatchObject({ phase: 'ended', files: [{}, { notice: 'displayed' }] })
    expect(after.offers.map(({ id, subject }) => [id, subject])).toEqual([
      ['O1', 'again'],
      ['O2', undefined],
    ])
    expect(after).toMatchObject({ registration: { state: 'failed' }, folder: { path: '/x' }, tour: { note: 'here' } })
    const gone = applyChanges(after, [
      { type: 'transfer-gone', id: 'T2' },
      { type: 'transfer-gone', id: 'T2' },
      { type: 'offer-gone', id: 'O1', why: 'withdrawn' },
    ])
    expect(gone.transferIds).toEqual(['T1'])
    expect(gone.offers.map(({ id }) => id)).toEqual(['O2'])
  })

  it('takes 200 transfers at 10 changes a second in a small part of the second', () => {
    const ids = Array.from({ length: 200 }, (_, at) => `T${at}`)
    let view = openView(pageState({ transfers: ids.map(id => transferView(id, files)) }))
    const begun = performance.now()
    for (let turn = 0; turn < 10; turn++)
      view = applyChanges(
        view,
        ids.map(id => progress(id, turn)),
      )
    expect(performance.now() - begun).toBeLessThan(250)
    expect(view.transfers.get('T199')?.files[0]?.bytes).toBe(9)
  })
})

describe('newsOf', () => {
  const words = (before: Parameters<typeof openView>[0], ...changes: PageChange[]): string[] =>
    newsOf(changes, openView(before)).map(({ text }) => text)
  const one = [fileView(0, 'plan\u202efdp.exe', 1000)]

  it('says states and never percents', () => {
    const ringing = transferView('T1', one, { phase: 'ringing' })
    const running = transferView('T1', one)
    const ended = transferView('T1', [{ ...one[0], state: 'done' } as (typeof one)[0]], { phase: 'ended', ok: true, ended: NOW })
    expect(words(pageState(), { type: 'transfer', transfer: ringing })).toEqual(['Waiting for the answer of Bob Stone.'])
    expect(words(pageState({ transfers: [ringing] }), { type: 'transfer', transfer: running })).toEqual([
      'Bob Stone accepted.',
      'Sending to Bob Stone.',
    ])
    expect(words(pageState({ transfers: [running] }), progress('T1', 500))).toEqual([])
    expect(words(pageState({ transfers: [running] }), { type: 'transfer', transfer: ended })).toEqual([
      'plan\\u202efdp.exe delivered to Bob Stone.',
    ])
    expect(words(pageState({ transfers: [ended] }), { type: 'transfer', transfer: { ...ended, actions: [] } })).toEqual([])
  })

  it('notes offers and ends, and says a lost registration once', () => {
    const offer = offerView('O1', [offeredFile('a', 'x', 1), offeredFile('b', 'y', 1)])
    expect(newsOf([{ type: 'offer', offer }], openView(pageState()))).toMatchObject([
      { text: 'Bob Stone wants to send you 2 files.', isNote: true },
    ])
    expect(words(pageState({ offers: [offer] }), { type: 'offer', offer })).toEqual([])
    const lost: PageChange = { type: 'registration', registration: { state: 'failed' } }
    expect(words(pageState(), lost)).toEqual(['Offline.'])
    expect(words(pageState({ registration: { state: 'failed' } }), lost)).toEqual([])
  })
})
