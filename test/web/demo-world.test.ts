import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { demoWorld, startWeb } from '../../src/web/index.js'
import { EventReader } from '../kit/event-reader.js'

it('plays the tour: every step ends well, and the page sees it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'cpmft-tour-'))
  const world = await demoWorld(new AbortController().signal)
  const desktop = { open: async () => {}, reveal: async () => {}, freeSpace: async () => 1e12 }
  const web = await startWeb({ version: '0', outbox: join(folder, 'outbox'), desktop, world })
  const url = new URL(web.url)
  const token = url.hash.slice('#token='.length)
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const post = (path: string, body: unknown) => fetch(url.origin + path, { method: 'POST', headers, body: JSON.stringify(body) })
  const page = await EventReader.open(url.origin, token)
  const ended = (id: string) =>
    page.until(
      state => state.tour?.steps.some(step => step.id === id && step.state !== 'open' && step.state !== 'running') === true,
      30_000,
    )
  try {
    for (const step of ['send', 'decline', 'group', 'resume']) {
      expect((await post('/api/tour', { step })).status).toBe(200)
      if (step === 'resume') {
        await page.until(state => state.transfers[0]?.actions.includes('resume') === true, 30_000)
        const [broken] = page.state.transfers
        expect((await post(`/api/transfers/${broken?.id}/actions`, { action: 'resume' })).status).toBe(200)
      }
      await ended(step)
    }
    await post('/api/tour', { step: 'accept-some' })
    await page.until(state => state.offers.length === 1)
    const [offer] = page.state.offers
    expect(offer?.files.map(({ risky }) => risky)).toEqual([false, false, false, true])
    expect(offer).toMatchObject({ from: { uri: 'sip:bob@demo.invalid', identity: 'asserted', known: true } })
    await post(`/api/offers/${offer?.id}`, { answer: 'accept', files: ['0', '2'] })
    await ended('accept-some')
    expect(page.state.tour?.steps.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'done', 'done'])
    const [received, film] = page.state.transfers
    expect(received).toMatchObject({ direction: 'received', ok: true, files: [{ state: 'done' }, { state: 'done' }] })
    expect(film?.files[0]?.resumedAt).toBeGreaterThan(1_000_000)
    const trace = await fetch(`${url.origin}/api/trace?after=0`, { headers })
    const parties = new Set(((await trace.json()) as { entries: { line: string }[] }).entries.map(({ line }) => JSON.parse(line).party))
    for (const party of ['alice', 'bob', 'carol', 'dan', 'focus']) expect(parties).toContain(party)
  } finally {
    page.close()
    await web.close()
    await rm(folder, { recursive: true, force: true })
  }
}, 60_000)

it('ends at once, in the middle of any step, and leaves nothing behind', async () => {
  for (const step of ['group', 'resume', 'accept-some']) {
    const world = await demoWorld(new AbortController().signal)
    const folder = dirname(world.into)
    await world.client.ready
    await world.tour?.play(step)
    await expect(world.tour?.play('send')).rejects.toThrow('A step is playing')
    await new Promise(resolve => setTimeout(resolve, 400))
    const begin = performance.now()
    await world.close()
    expect(performance.now() - begin).toBeLessThan(6000)
    // nobody makes it again from behind
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(existsSync(folder), step).toBe(false)
  }
}, 40_000)
