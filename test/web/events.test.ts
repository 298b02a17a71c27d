import { afterEach, beforeEach, expect, it } from 'vitest'
import type { PageChange } from '../../src/web/protocol/index.js'
import { EventReader } from '../kit/event-reader.js'
import { PageKit, takeAll } from '../kit/page-kit.js'

let kit: PageKit
const open: EventReader[] = []
const listen = async (options: Parameters<typeof EventReader.open>[2] = {}) => {
  const reader = await EventReader.open(kit.origin, kit.token, options)
  open.push(reader)
  return reader
}
beforeEach(async () => {
  kit = await PageKit.start()
})
afterEach(async () => {
  for (const reader of open.splice(0)) reader.close()
  await kit[Symbol.asyncDispose]()
})
const contact = (number: number) => kit.call('PUT', '/api/contacts', { uri: `sip:c${number}@example.com` })

it('gives a page that comes back what it missed, once, and the state when that is too long ago', async () => {
  const first = await listen()
  await contact(1)
  await first.until(() => first.changes.some(({ type }) => type === 'people'))
  const { lastId } = first
  first.close()
  await contact(2)
  await new Promise(resolve => setTimeout(resolve, 250))
  await contact(3)
  await new Promise(resolve => setTimeout(resolve, 250))
  const back = await listen({ lastId: lastId as string, state: first.state })
  await back.until(() => back.changes.length === 2)
  expect(back.changes.map(({ type }) => type)).toEqual(['people', 'people'])
  expect(back.snapshots).toEqual([])
  const [epoch, number] = (back.lastId as string).split('-')
  expect(Number(number)).toBe(Number(lastId?.split('-')[1]) + 2)
  for (const lost of [`${epoch}-9999`, 'other-1', 'nonsense', `${epoch}-`, `${epoch}--1`]) {
    const anew = await listen({ lastId: lost })
    await anew.until(() => anew.snapshots.length === 1)
    expect(anew.snapshots).toEqual([back.lastId])
  }
})

it('tells several pages the same, and that the server ends', async () => {
  const readers = [await listen(), await listen(), await listen()]
  await contact(1)
  for (const reader of readers) await reader.until(() => reader.changes.some(({ type }) => type === 'people'))
  expect(new Set(readers.map(({ lastId }) => lastId)).size).toBe(1)
  await kit.web.close()
  for (const reader of readers) {
    await reader.until(() => reader.ended)
    expect(reader.closing).toBe(true)
  }
})

it('has room for so many pages, and frees it when they leave', async () => {
  const readers = await Promise.all(Array.from({ length: 16 }, () => listen()))
  await expect(listen()).rejects.toThrow('503')
  readers[0]?.close()
  await new Promise(resolve => setTimeout(resolve, 100))
  await listen()
})

it('sends at most ten events a second, with rate and time left once they are steady, and every state @req SND-11', async () => {
  const bob = await kit.client('bob')
  void takeAll(bob)
  const page = await listen()
  const { body } = await kit.upload('large.bin', new Uint8Array(48 * 1024 * 1024))
  const sent = await kit.call('POST', '/api/transfers', { to: [{ uri: bob.contact }], uploads: [body.id] })
  await page.until(() => page.transfer(sent.body.id)?.ok === true)
  const spans = page.times.slice(1).map((time, index) => time - (page.times[index] as number))
  const seconds = ((page.times.at(-1) as number) - (page.times[0] as number)) / 1000
  expect(spans.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 2)
  const states = page.changes.flatMap(change => (change.type === 'transfer' ? [change.transfer.files[0]?.state] : []))
  expect(states.at(-1)).toBe('done')
  const bytes = page.changes
    .filter((change): change is PageChange & { type: 'progress' } => change.type === 'progress')
    .map(({ files }) => files[0]?.bytes ?? 0)
  for (const each of bytes) expect(each).toBeLessThanOrEqual(48 * 1024 * 1024)
})

it('gives the trace from any place, live, without passwords, and says what is no longer kept @req SEC-9', async () => {
  const bob = await kit.client('bob')
  void takeAll(bob)
  const page = await listen({ trace: 0 })
  const { body } = await kit.upload('a.txt', 'secret octets')
  const sent = await kit.call('POST', '/api/transfers', { to: [{ uri: bob.contact }], uploads: [body.id] })
  await page.until(() => page.transfer(sent.body.id)?.ok === true && page.trace.some(({ line }) => line.includes('SEND')))
  expect(page.trace.map(({ seq }) => seq)).toEqual(page.trace.map((_, index) => index + 1))
  expect(page.trace.some(({ line }) => line.includes('INVITE sip:bob'))).toBe(true)
  expect(page.trace.every(({ line }) => !line.includes('secret octets'))).toBe(true)
  const paths = page.trace.flatMap(({ line }) => /msrp:\/\/[^/]*\/([^;]*);tcp/.exec(line)?.[1] ?? [])
  expect(paths.length).toBeGreaterThan(0)
  for (const session of paths) expect(session.length).toBeLessThanOrEqual(6)
  const all = (await kit.call('GET', '/api/trace?after=0')).body
  expect(all).toMatchObject({ oldest: 1, entries: expect.any(Array) })
  expect((await kit.call('GET', `/api/trace?after=${all.last}`)).body.entries.length).toBeLessThan(5)
  expect((await kit.call('GET', '/api/trace?after=-1')).status).toBe(400)
  expect((await kit.call('GET', '/api/events?trace=x')).status).toBe(400)
})
