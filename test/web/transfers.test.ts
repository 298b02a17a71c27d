import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Client, IncomingOffer } from '../../src/client/index.js'
import { EventReader } from '../kit/event-reader.js'
import { PageKit, takeAll } from '../kit/page-kit.js'

let kit: PageKit
let bob: Client
let page: EventReader
const ONE_LINE = 'one line\n'
beforeEach(async () => {
  kit = await PageKit.start()
  bob = await kit.client('bob')
  page = await EventReader.open(kit.origin, kit.token)
})
afterEach(async () => {
  page.close()
  await kit[Symbol.asyncDispose]()
})

const send = async (names: readonly string[], options: object = {}, to: string = bob.contact) => {
  const uploads: string[] = []
  for (const name of names) uploads.push((await kit.upload(name, ONE_LINE)).body.id)
  return kit.call('POST', '/api/transfers', { to: [{ uri: to }], uploads, ...options })
}
const phase = (id: string, wanted: string) => page.until(() => page.transfer(id)?.phase === wanted)
const nextOffer = async (client: Client): Promise<IncomingOffer> => {
  for await (const offer of client.offers()) return offer
  throw new Error('no offer')
}

describe('sending from the page', () => {
  it('uploads, sends, tells every phase, and deletes nothing that history may want @req SND-11', async () => {
    void takeAll(bob)
    const { status, body } = await send(['plan.txt', 'naïve 🙂.txt'], { subject: 'Two of them' })
    expect(status).toBe(200)
    await phase(body.id, 'ended')
    expect(page.transfer(body.id)).toMatchObject({
      direction: 'sent',
      subject: 'Two of them',
      ok: true,
      actions: [],
      files: [
        { index: 0, name: 'plan.txt', state: 'done', bytes: 9, confirmed: true },
        { index: 1, name: 'naïve 🙂.txt', state: 'done' },
      ],
    })
    expect((await readdir(kit.inbox('bob'))).sort()).toEqual(['naïve 🙂.txt', 'plan.txt'])
    const history = await kit.call('GET', '/api/history')
    expect(history.body.rows).toMatchObject([
      { id: body.id, direction: 'sent', actions: ['send-again'], files: [{ here: true, state: 'done' }, { here: true }] },
    ])
    const again = await kit.call('POST', `/api/transfers/${body.id}/actions`, { action: 'send-again' })
    expect(again.body.id).not.toBe(body.id)
    await phase(again.body.id, 'ended')
    expect((await readdir(kit.inbox('bob'))).length).toBe(4)
  })

  it('names an upload safely, and keeps it for the owner only', async () => {
    const { body } = await kit.upload('../../<img src=x onerror=alert(1)>.svg', 'x')
    expect(body.name).not.toMatch(/[/\\<>]/)
    expect(await readdir(join(kit.folder, 'outbox', body.id))).toEqual([body.name])
  })

  it('shows what the other side declined, aborts, and puts away only what is over', async () => {
    const declined = await send(['a.txt'])
    const offer = await nextOffer(bob)
    expect((await kit.call('POST', `/api/transfers/${declined.body.id}/actions`, { action: 'dismiss' })).status).toBe(409)
    await offer.decline('Not now')
    await phase(declined.body.id, 'ended')
    expect(page.transfer(declined.body.id)).toMatchObject({ ok: false, files: [{ state: 'declined' }] })
    await page.until(() => page.transfer(declined.body.id)?.actions.includes('retry') === true)
    const cancelled = await send(['b.txt', 'c.txt'])
    const both = await nextOffer(bob)
    const act = (action: string, file?: number) =>
      kit.call('POST', `/api/transfers/${cancelled.body.id}/actions`, { action, ...(file !== undefined && { file }) })
    expect((await act('cancel', 7)).status).toBe(404)
    expect((await act('cancel')).status).toBe(200)
    await phase(cancelled.body.id, 'ended')
    expect(page.transfer(cancelled.body.id)?.files.map(({ state }) => state)).toEqual(['cancelled', 'cancelled'])
    await new Promise(resolve => (both.signal.aborted ? resolve(0) : both.signal.addEventListener('abort', resolve)))
    expect((await act('dismiss')).status).toBe(200)
    await page.until(() => page.transfer(cancelled.body.id) === undefined)
    void takeAll(bob)
    expect((await kit.call('POST', `/api/transfers/${declined.body.id}/actions`, { action: 'retry' })).body).toEqual({
      id: declined.body.id,
    })
    await page.until(() => page.transfer(declined.body.id)?.ok === true)
  })

  it('tries one file of several again', async () => {
    const { body } = await send(['a.txt', 'b.txt', 'c.txt'])
    const offer = await nextOffer(bob)
    offer.accept(offer.files.slice(0, 1))
    await page.until(() => page.transfer(body.id)?.actions.includes('retry') === true)
    void takeAll(bob)
    expect((await kit.call('POST', `/api/transfers/${body.id}/actions`, { action: 'retry', file: 2 })).status).toBe(200)
    await page.until(() => page.transfer(body.id)?.files[2]?.state === 'done')
    expect(page.transfer(body.id)?.files.map(({ state }) => state)).toEqual(['done', 'declined', 'done'])
    expect((await kit.call('POST', `/api/transfers/${body.id}/actions`, { action: 'retry', file: 0 })).status).toBe(409)
  })

  it('refuses addresses that are none, transfers that are unknown, and both people and a group', async () => {
    expect(await send(['a.txt'], {}, 'not an address')).toMatchObject({ status: 400, body: { error: { code: 'bad-address' } } })
    expect((await kit.call('POST', '/api/transfers/NOPE/actions', { action: 'resume' })).body.error.code).toBe('no-such-transfer')
    expect((await send(['a.txt'], { group: 'sip:g@127.0.0.1' })).status).toBe(400)
    const two = await send(['a.txt'], { to: [{ uri: 'sip:a@127.0.0.1' }, { uri: 'sip:b@127.0.0.1', copyControl: 'bcc' }] })
    expect(two).toMatchObject({ status: 409, body: { error: { code: 'no-group-service' } } })
  })
})

describe('receiving in the page', () => {
  it('shows an offer, takes the ticked files, and gives them out once as a download @req CR-19 RCV-4', async () => {
    const paths = [await kit.file('<b>bold.html', '<script>alert(1)</script>'), await kit.file('notes.txt', ONE_LINE)]
    const transfer = bob.send(kit.alice.contact, paths, { subject: 'Look' })
    await page.until(state => state.offers.length === 1)
    const [offer] = page.state.offers
    expect(offer).toMatchObject({
      subject: 'Look',
      from: { identity: 'unverified', known: false },
      files: [
        { id: '0', name: '<b>bold.html', risky: true },
        { id: '1', name: 'notes.txt', risky: false, size: 9 },
      ],
      totalSize: 34,
    })
    const answer = (body: object) => kit.call('POST', `/api/offers/${offer?.id}`, body)
    expect((await answer({ answer: 'accept', files: ['9'] })).status).toBe(400)
    const { body } = await answer({ answer: 'accept', files: ['0'] })
    expect((await answer({ answer: 'decline' })).status).toBe(409)
    await phase(body.id, 'ended')
    expect((await transfer.done).files.map(({ state }) => state)).toEqual(['done', 'declined'])
    expect(page.changes).toContainEqual({ type: 'offer-gone', id: offer?.id, why: 'answered' })
    expect(page.state.offers).toEqual([])
    const ticket = await kit.call('POST', `/api/history/${body.id}/files/0`, { action: 'download' })
    const response = await fetch(kit.origin + ticket.body.url, { headers: { range: 'bytes=0-1' } })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '25',
      'content-disposition': `attachment; filename="bbold.html"; filename*=UTF-8''bbold.html`,
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'none',
    })
    expect(await response.text()).toBe('<script>alert(1)</script>')
    expect((await fetch(kit.origin + ticket.body.url)).status).toBe(404)
    expect((await fetch(`${kit.origin}${ticket.body.url}/../../etc/passwd`)).status).toBe(404)
  })

  it('opens and reveals what was received, tells what is gone, forgets, and finds it by a text', async () => {
    const transfer = bob.send(kit.alice.contact, await kit.file('Übersicht.txt', ONE_LINE))
    await page.until(state => state.offers.length === 1)
    const { body } = await kit.call('POST', `/api/offers/${page.state.offers[0]?.id}`, { answer: 'accept', files: ['0'], always: true })
    await transfer.done
    await phase(body.id, 'ended')
    expect((await kit.call('GET', '/api/contacts')).body).toMatchObject([{ uri: expect.stringContaining('sip:bob@'), trusted: true }])
    const act = (action: string) => kit.call('POST', `/api/history/${body.id}/files/0`, { action })
    expect((await act('open')).status).toBe(200)
    expect((await act('reveal')).status).toBe(200)
    expect((await act('displayed')).status).toBe(200)
    const saved = join(kit.inbox('alice'), 'Übersicht.txt')
    expect(kit.opened).toEqual([saved, `folder of ${saved}`])
    expect((await act('locate')).status).toBe(400)
    await rm(saved)
    expect(await act('open')).toMatchObject({ status: 404, body: { error: { code: 'file-missing' } } })
    expect((await kit.call('GET', '/api/history?text=%C3%BCbersicht&direction=received')).body.rows).toMatchObject([
      { files: [{ here: false }] },
    ])
    expect((await kit.call('GET', '/api/history?text=nothing')).body).toEqual({ rows: [] })
    expect((await kit.call('GET', '/api/history?limit=0')).status).toBe(400)
    expect((await kit.call('DELETE', `/api/history/${body.id}`)).status).toBe(200)
    expect((await kit.call('DELETE', `/api/history/${body.id}`)).status).toBe(404)
    expect((await kit.call('POST', `/api/history/${body.id}/files/0`, { action: 'open' })).status).toBe(404)
  })

  it('closes the card of an offer that was withdrawn, declines and ignores @req RCV-8', async () => {
    const path = await kit.file('a.txt', ONE_LINE)
    const withdrawn = bob.send(kit.alice.contact, path)
    await page.until(state => state.offers.length === 1)
    withdrawn.abort()
    await page.until(state => state.offers.length === 0)
    expect(page.changes).toContainEqual({ type: 'offer-gone', id: 'o1', why: 'withdrawn' })
    const declined = bob.send(kit.alice.contact, path)
    await page.until(state => state.offers.length === 1)
    expect((await kit.call('POST', '/api/offers/o2', { answer: 'decline', reason: 'No' })).status).toBe(200)
    expect((await declined.done).files[0]?.state).toBe('declined')
    const ignored = bob.send(kit.alice.contact, path)
    await page.until(state => state.offers[0]?.id === 'o3')
    expect((await kit.call('POST', '/api/offers/o3', { answer: 'ignore' })).status).toBe(200)
    await page.until(state => state.offers.length === 0)
    ignored.abort()
  })

  it('saves where the page says, and only where that is a folder', async () => {
    const other = join(kit.folder, 'another place')
    expect((await kit.call('PUT', '/api/settings', { into: other })).body.error.code).toBe('folder-missing')
    expect((await kit.call('PUT', '/api/settings', { into: 'relative' })).status).toBe(400)
    await mkdir(other)
    expect((await kit.call('PUT', '/api/settings', { into: other })).status).toBe(200)
    await page.until(state => state.folder.path === other)
    bob.send(kit.alice.contact, await kit.file('a.txt', ONE_LINE))
    await page.until(state => state.offers.length === 1)
    const { body } = await kit.call('POST', '/api/offers/o1', { answer: 'accept', files: ['0'] })
    await phase(body.id, 'ended')
    expect(await readFile(join(other, 'a.txt'), 'utf8')).toBe(ONE_LINE)
    await rm(other, { recursive: true })
    expect((await kit.call('POST', '/api/doctor/fix', { action: 'create-folder' })).status).toBe(200)
    expect(await readdir(other)).toEqual([])
  })
})

describe('people', () => {
  it('keeps contacts and groups, and tells all pages', async () => {
    const put = (path: string, body: object) => kit.call('PUT', path, body)
    expect((await put('/api/contacts', { uri: 'sip:bob@example.com', name: 'Bob' })).body).toMatchObject({ name: 'Bob', trusted: false })
    expect((await put('/api/contacts', { uri: 'sip:bob@example.com', trusted: true })).body).toMatchObject({ name: 'Bob', trusted: true })
    expect((await put('/api/contacts', { uri: '<script>' })).status).toBe(400)
    expect((await put('/api/groups', { name: 'Hikers', members: ['sip:a@example.com', 'sip:a@example.com'] })).body).toMatchObject({
      members: ['sip:a@example.com'],
    })
    expect((await put('/api/groups', { name: 'Hikers', members: ['sip:b@example.com'] })).status).toBe(409)
    expect((await put('/api/groups', { name: 'Empty', members: [] })).status).toBe(400)
    expect((await put('/api/groups', { name: 'Walkers', was: 'Hikers', uri: 'sip:walkers@example.com', members: [] })).status).toBe(200)
    expect((await kit.call('GET', '/api/groups')).body).toEqual([{ name: 'Walkers', uri: 'sip:walkers@example.com', members: [] }])
    expect((await kit.call('DELETE', '/api/groups?name=Walkers')).status).toBe(200)
    expect((await kit.call('DELETE', '/api/groups?name=Walkers')).status).toBe(404)
    expect((await kit.call('DELETE', '/api/contacts?uri=sip:bob@example.com')).status).toBe(200)
    expect((await kit.call('DELETE', '/api/contacts')).status).toBe(404)
    await page.until(() => page.changes.some(({ type }) => type === 'people'))
  })

  it('asks what somebody can do', async () => {
    expect((await kit.call('GET', `/api/capabilities?uri=${encodeURIComponent(bob.contact)}`)).body).toMatchObject({
      reachable: true,
      fileTransfer: true,
    })
    await bob.close()
    expect((await kit.call('GET', '/api/capabilities?uri=sip:nobody@127.0.0.1:1;transport=tcp')).body).toMatchObject({
      reachable: false,
      error: { code: expect.any(String) },
    })
    expect((await kit.call('GET', '/api/capabilities')).status).toBe(400)
  })
})

describe('what lies in the outbox', () => {
  it('is an upload again after a restart, and another place for a sent file that moved', async () => {
    const { body } = await send(['a.txt'])
    const offer = await nextOffer(bob)
    await offer.decline()
    await phase(body.id, 'ended')
    const fresh = await kit.upload('b.txt', 'other')
    expect((await kit.call('POST', `/api/history/${body.id}/files/0`, { action: 'locate', upload: fresh.body.id })).status).toBe(200)
    expect((await kit.call('GET', '/api/history')).body.rows[0]?.files[0]?.path).toContain(fresh.body.id)
    await writeFile(join(kit.folder, 'outbox', fresh.body.id, 'b.txt'), 'other')
    expect((await kit.call('DELETE', `/api/uploads/${fresh.body.id}`)).status).toBe(200)
    expect((await kit.call('GET', '/api/history')).body.rows[0]?.files[0]?.here).toBe(false)
  })
})
