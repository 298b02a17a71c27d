import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

const OCTETS = 80 * 2 ** 20

let folder: TempFolder
let port: number
let inbox: string
const running: CommandLine[] = []

const run = (who: string, ...args: string[]): CommandLine => {
  const command = new CommandLine(args, { XDG_STATE_HOME: folder.join(who), XDG_CONFIG_HOME: folder.join(who), CPMFT_PASSWORD: '' })
  running.push(command)
  return command
}
const account = (user: string): string[] => ['--as', `sip:${user}@lab.test`, '--proxy', `sip:127.0.0.1:${port};transport=tcp`]
const startServer = async (): Promise<CommandLine> => {
  const place = ['--listen', `sip:127.0.0.1:${port}`, '--data', folder.join('data'), '--domain', 'lab.test', '--metrics', 'none']
  const server = run('server', 'server', ...place, '--open-registration')
  await server.says('Try it in other terminals')
  return server
}
const receive = async (): Promise<CommandLine> => {
  const bob = run('bob', 'receive', ...account('bob'), '--into', inbox, '--accept', 'all', '--json')
  await bob.says('"listening"')
  return bob
}
const kept = (): string[] => readdirSync(folder.join('data/spool')).filter(name => name.endsWith('.cpmft-deposit'))

beforeEach(async () => {
  folder = new TempFolder()
  inbox = folder.join('inbox')
  mkdirSync(inbox)
  port = await freePort()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

describe('a server that is killed while it delivers what it kept', { timeout: 90_000 }, () => {
  it('delivers it after its restart: the same octets, exactly one copy @req RCS-9 RCS-10', async () => {
    const first = await startServer()
    const file = folder.file('plan.bin', randomBytes(OCTETS))
    const alice = run('alice', 'send', file, '--to', 'sip:bob@lab.test', ...account('alice'))
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(alice.stdout + alice.stderr).toContain('plan.bin is stored at the server until sip:bob@lab.test is online')
    expect(kept()).toHaveLength(1)
    const bob = await receive()
    await bob.says(/"progress"/)
    first.process.kill('SIGKILL')
    await first.exit
    expect(kept()).toHaveLength(1)
    expect(readdirSync(inbox)).not.toContain('plan.bin')
    await bob.stop()
    await startServer()
    const again = await receive()
    await again.says(/"state":"done"|"done"/, 30_000)
    await expect.poll(() => readdirSync(inbox).filter(name => !name.startsWith('.')), { timeout: 20_000 }).toEqual(['plan.bin'])
    expect(sha1(folder.join('inbox/plan.bin'))).toBe(sha1(file))
    await expect.poll(kept, { timeout: 10_000 }).toEqual([])
    // nothing comes twice
    await new Promise(resolve => setTimeout(resolve, 1500))
    expect(readdirSync(inbox).filter(name => !name.startsWith('.'))).toEqual(['plan.bin'])
  })
})
