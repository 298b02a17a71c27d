import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
let inbox: string
const running: CommandLine[] = []

const run = (who: 'alice' | 'bob', args: readonly string[], env: Record<string, string> = {}): CommandLine => {
  const command = new CommandLine(args, { XDG_STATE_HOME: folder.join(who), XDG_CONFIG_HOME: folder.join(who), ...env })
  running.push(command)
  return command
}
const eventOf = (command: CommandLine, name: string): Record<string, unknown> | undefined =>
  command.stdout
    .split('\n')
    .filter(line => line.startsWith('{'))
    .map(line => JSON.parse(line) as Record<string, unknown>)
    .find(({ event }) => event === name)

beforeEach(() => {
  folder = new TempFolder()
  inbox = folder.join('inbox')
  mkdirSync(inbox)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

describe('two processes, files that are asked for and looked back at', () => {
  it('gets what is shared and nothing else @req OA-4 OA-31 OA-35 RCV-11', async () => {
    const uri = `sip:bob@127.0.0.1:${await freePort()}`
    const file = folder.file('big.bin', randomBytes(2_000_000))
    folder.file('secret.txt', 'secret')
    const bob = run('bob', ['share', file, '--listen', uri])
    await bob.says(/listening/i)
    const alice = run('alice', ['get', '--from', uri, '--name', 'big.bin', '--size', '2000000', '--into', inbox])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(alice.stdout).toBe(`${join(inbox, 'big.bin')}\n`)
    expect(sha1(join(inbox, 'big.bin'))).toBe(sha1(file))
    const nothing = run('alice', ['get', '--from', uri, '--name', 'secret.txt', '--into', inbox])
    expect(await nothing.exit).toBe(7)
    await bob.says('gets big.bin')
    bob.process.kill('SIGINT')
    expect(await bob.exit).toBe(130)
    expect(bob.stderr).not.toContain('secret')
  })

  it.runIf(process.platform === 'linux')('opens a received file, and the sender hears of it @req IMDN-3 IMDN-8', async () => {
    const uri = `sip:bob@127.0.0.1:${await freePort()}`
    const opener = folder.file('xdg-open', `#!/bin/sh\nprintf %s "$1" > "${folder.join('opened')}"\n`)
    chmodSync(opener, 0o755)
    const bob = run('bob', ['receive', '--listen', uri, '--into', inbox, '--accept', 'all', '--once'])
    await bob.says(/listening/i)
    const own = `sip:alice@127.0.0.1:${await freePort()}`
    const alice = run('alice', ['send', folder.file('plan.txt', 'plan'), '--to', uri, '--listen', own, '--wait-notices', '15s', '--json'])
    expect(await bob.exit, bob.stderr).toBe(0)
    const history = run('bob', ['history', '--json'])
    await history.exit
    const id = String(eventOf(history, 'transfer')?.['transfer'])
    const open = run('bob', ['history', '--open', id], { PATH: `${folder.path}:${process.env['PATH']}` })
    expect(await open.exit, open.stderr).toBe(0)
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(alice.stdout).toContain('"state":"displayed"')
    expect(readFileSync(folder.join('opened'), 'utf8')).toBe(join(inbox, 'plan.txt'))
    const sent = run('alice', ['history'])
    await sent.exit
    expect(sent.stdout).toContain('plan.txt  4 B  done  displayed')
  })

  it('lets the receiver go on after Ctrl-C of the sender @req RCS-2 RCS-3', async () => {
    const uri = `sip:bob@127.0.0.1:${await freePort()}`
    const own = `sip:alice@127.0.0.1:${await freePort()}`
    const file = folder.file('big.bin', randomBytes(200_000_000))
    const bob = run('bob', ['receive', '--listen', uri, '--into', inbox, '--accept', 'all', '--once', '--json'])
    await bob.says(/listening/i)
    const alice = run('alice', ['send', file, '--to', uri, '--listen', own, '--chunk-size', '64KiB'])
    const received = (): number => Number([...bob.stdout.matchAll(/"event":"progress".*"bytes":(\d+)/g)].at(-1)?.[1] ?? 0)
    await expect.poll(received, { timeout: 15_000 }).toBeGreaterThan(200_000)
    alice.process.kill('SIGINT')
    expect(await alice.exit).toBe(130)
    expect(alice.stderr).toMatch(/Go on with big\.bin \(\d+ % of 200 MB\): cpmft resume \w+/)
    expect(await bob.exit).toBe(3)
    const command = String(eventOf(bob, 'next')?.['command'])
    expect(command).toMatch(/^cpmft resume \w+$/)
    const reachable = run('alice', ['receive', '--listen', own, '--accept', 'none'])
    await reachable.says(/listening/i)
    const resumed = run('bob', [...command.split(' ').slice(1), '--into', inbox, '--json'])
    expect(await resumed.exit, resumed.stdout).toBe(0)
    const files = eventOf(resumed, 'done')?.['files'] as readonly { resumedAt: number; path: string }[] | undefined
    const saved = files?.[0]
    expect(saved?.resumedAt).toBeGreaterThan(100_000)
    expect(sha1(saved?.path ?? '')).toBe(sha1(file))
  })
})
