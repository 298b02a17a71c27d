import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CommandLine } from './command-line.js'
import { FakeTransfer, transferFile } from './fake-client.js'

const folder = mkdtempSync(join(tmpdir(), 'cpmft-get-'))
afterAll(() => rmSync(folder, { recursive: true }))
const LISTEN = ['--listen', 'sip:bob@127.0.0.1:5070']

describe('share', () => {
  it('says what is shared with whom and who gets what, until Ctrl-C @req OA-35', async () => {
    const line = new CommandLine({ shared: [new FakeTransfer([transferFile()])] })
    const exit = line.run('share', 'plan.pdf', ...LISTEN, '--with', 'sip:carol@example.org')
    await expect.poll(() => line.stderr.text, { timeout: 10_000 }).toContain('Delivered    plan.pdf')
    expect(line.stderr.text).toContain('sip:bob@example.org gets plan.pdf')
    expect(line.stderr.text).toContain('Files may be got by sip:carol@example.org.')
    line.signals.emit('SIGINT')
    expect(await exit).toBe(130)
    expect(line.client?.sent[0]?.slice(0, 2)).toEqual(['share', ['plan.pdf']])
    expect(line.client?.closed).toBe(1)
  })

  it('ends after one transfer with --once, as machines see', async () => {
    const line = new CommandLine({ shared: [new FakeTransfer([transferFile()])] })
    expect(await line.run('share', 'plan.pdf', ...LISTEN, '--once', '--json')).toBe(0)
    const events = line.events.map(({ event }) => event)
    expect(events.slice(0, 3)).toEqual(['shared', 'listening', 'got'])
    expect(events.slice(-2)).toEqual(['done', 'exit'])
  })

  it('needs an address where it can be reached', async () => {
    expect(await new CommandLine().run('share', 'plan.pdf')).toBe(2)
  })
})

describe('get', () => {
  it('asks for each file by what is said of it; an option said again begins the next one @req OA-32', async () => {
    const line = new CommandLine()
    const wanted = [
      '--name',
      'a',
      '--size',
      '3',
      '--name',
      'b',
      '--type',
      'image/png',
      '--sha1',
      'ab'.repeat(20),
      '--sha1',
      'cd'.repeat(20),
    ]
    expect(await line.run('get', '--from', 'sip:bob@example.org', ...wanted, '--into', folder, '--on-conflict', 'overwrite')).toBe(0)
    expect(line.client?.sent).toEqual([
      [
        'get',
        'sip:bob@example.org',
        [{ name: 'a', size: 3 }, { name: 'b', type: 'image/png', sha1: 'ab'.repeat(20) }, { sha1: 'cd'.repeat(20) }],
        { into: folder, onConflict: 'overwrite' },
      ],
    ])
    expect(line.stdout.text).toBe('/in/plan.pdf\n')
  })

  it('counts what the other side does not share as not got', async () => {
    const some = new FakeTransfer([transferFile(), transferFile({ state: 'declined' })])
    expect(await new CommandLine({ transfer: some }).run('get', '--from', 'sip:b@c', '--name', 'a', '--into', folder)).toBe(3)
    const none = new FakeTransfer([transferFile({ state: 'declined' })])
    expect(await new CommandLine({ transfer: none }).run('get', '--from', 'sip:b@c', '--name', 'a', '--into', folder)).toBe(4)
  })

  it.each([
    ['nobody', ['--name', 'a'], 2],
    ['no file', ['--from', 'sip:b@c'], 2],
    ['half a hash', ['--from', 'sip:b@c', '--sha1', 'abc'], 2],
    ['no folder', ['--from', 'sip:b@c', '--name', 'a', '--into', join(folder, 'none')], 9],
  ])('refuses %s', async (_, args, exit) => {
    const line = new CommandLine()
    expect(await line.run('get', ...args)).toBe(exit)
    expect(line.client).toBeUndefined()
  })
})
