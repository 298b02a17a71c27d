import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { StoredTransfer } from '../../src/client/store.js'
import { CommandLine } from './command-line.js'
import { CUT, NOW, storedFile, storedTransfer } from './stored-transfer.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-history-'))
afterAll(() => rmSync(folder, { recursive: true }))
const saved = join(folder, 'photo.jpg')
writeFileSync(saved, 'x')

const PHOTOS = storedTransfer({
  id: '8KD7',
  direction: 'received',
  peer: 'sip:alice@example.com',
  peerName: 'Alice\nReed',
  subject: 'Trip',
  started: NOW - 5 * 24 * 3600 * 1000,
  files: [
    storedFile({ name: 'photo.jpg', path: saved, imdn: '{"order":1}' }),
    storedFile({ index: 1, name: 'gone\x07.jpg', path: join(folder, 'gone.jpg') }),
  ],
})

async function commandLine(transfers: readonly StoredTransfer[] = [CUT, PHOTOS]): Promise<CommandLine> {
  const line = new CommandLine()
  for (const transfer of transfers) await line.store.saveTransfer(transfer)
  return line
}

describe('history', () => {
  it('shows the newest first, by day, marks what is missing, and prints nothing that acts', async () => {
    const line = await commandLine()
    expect(await line.run('history')).toBe(0)
    const lines = line.stdout.text.trimEnd().split('\n')
    expect(lines.filter(text => /^\d{4}-\d\d-\d\d$/.test(text))).toHaveLength(2)
    expect(lines[1]).toMatch(/^ {2}7Q2F {2}\d\d:\d\d {2}to sip:bob@example\.org$/)
    expect(lines[2]).toBe('      1  plan.pdf  1.0 kB  failed at 43 % (connection-lost)  (missing)')
    expect(lines[4]).toMatch(/8KD7 {2}\d\d:\d\d {2}from Alice\\x0aReed <sip:alice@example\.com> {2}"Trip"$/u)
    expect(lines[5]).toBe('      1  photo.jpg  1.0 kB  done')
    expect(lines[6]).toMatch(/^ {6}2 {2}gone.*\.jpg {2}1\.0 kB {2}done {2}\(missing\)$/)
    expect(line.stdout.text).not.toContain('\x07')
  })

  it('shows what was under way when its process died as interrupted, and not what still runs', async () => {
    const at = (name: string, state: string, ago: number) => storedFile({ name, state, bytes: 430, updated: NOW - ago })
    const files = [
      at('a', 'receiving', 61_000),
      at('b', 'receiving', 59_000),
      at('c', 'offered', 3_601_000),
      at('d', 'paused', 600_000),
      at('e', 'failed', 9_000_000),
    ]
    const running = storedTransfer({ ended: undefined, files: files.map((file, index) => ({ ...file, index })) })
    const line = await commandLine([running, storedTransfer({ id: 'ABCD', files: [at('f', 'sending', 9_000_000)] })])
    expect(await line.run('history', '--json')).toBe(0)
    const states = line.events.flatMap(({ event, files: shown }) =>
      event === 'transfer' ? [(shown as { state: string }[]).map(file => file.state)] : [],
    )
    expect(states).toEqual([['sending'], ['interrupted', 'receiving', 'interrupted', 'paused', 'failed']])
    await line.run('history')
    expect(line.stdout.text).toContain('a  1.0 kB  interrupted at 43 %')
  })

  it('finds by text, direction, peer, failure, date and number', async () => {
    const ids = async (...args: string[]): Promise<unknown[]> => {
      const line = await commandLine()
      expect(await line.run('history', '--json', ...args)).toBe(0)
      return line.events.filter(({ event }) => event === 'transfer').map(({ transfer }) => transfer)
    }
    expect(await ids()).toEqual(['7Q2F', '8KD7'])
    expect(await ids('PHOTO')).toEqual(['8KD7'])
    expect(await ids('--direction', 'sent')).toEqual(['7Q2F'])
    expect(await ids('--peer', 'ALICE@')).toEqual(['8KD7'])
    expect(await ids('--failed')).toEqual(['7Q2F'])
    expect(await ids('--before', '2023-11-12')).toEqual(['8KD7'])
    expect(await ids('--limit', '1')).toEqual(['7Q2F'])
  })

  it('opens a file that is there, and tells its sender in the account of before @req IMDN-8', async () => {
    const line = await commandLine()
    expect(await line.run('history', '--open', '8kd7:1')).toBe(0)
    expect(line.opened).toEqual([saved])
    expect(line.client?.sent).toEqual([['displayed', '8KD7', 0]])
    expect(line.clientOptions[0]).toMatchObject({ aor: 'sip:tester@here', reach: 'sip:alice@example.com' })
  })

  it('opens without telling whom nobody asked to tell', async () => {
    const line = await commandLine([{ ...PHOTOS, files: [storedFile({ path: saved })] }])
    expect(await line.run('history', '--open', '8KD7')).toBe(0)
    expect(line.opened).toEqual([saved])
    expect(line.client).toBeUndefined()
  })

  it('reveals the folder', async () => {
    const line = await commandLine()
    expect(await line.run('history', '--reveal', '8KD7:1')).toBe(0)
    expect(line.stdout.text).toBe(`${folder}\n`)
    expect(line.opened).toEqual([])
  })

  it.each([
    ['8KD7', 2],
    ['8KD7:2', 9],
    ['8KD7:9', 9],
    ['7Q2F', 9],
    ['ZZZZ', 2],
  ])('does not open %s: exit %i', async (id, exit) => {
    const line = await commandLine()
    expect(await line.run('history', '--open', id)).toBe(exit)
    expect(line.opened).toEqual([])
  })

  it('forgets one, or all before a day, and never everything by mistake', async () => {
    const line = await commandLine()
    expect(await line.run('history', '--forget')).toBe(2)
    expect(await line.store.transfers()).toHaveLength(2)
    expect(await line.run('history', '--forget', '--before', '2023-11-12')).toBe(0)
    expect((await line.store.transfers()).map(({ id }) => id)).toEqual(['7Q2F'])
    expect(await line.run('history', '--forget', '7Q2F')).toBe(0)
    expect(await line.store.transfers()).toEqual([])
    expect(await line.run('history', '--forget', '7Q2F')).toBe(2)
  })
})
