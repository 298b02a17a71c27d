import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
let port: number
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
  await server.says('Try it in other terminals', 30_000)
  return server
}
const inboxOf = (user: string): string => folder.join(`inbox-${user}`)
const receive = async (user: string): Promise<CommandLine> => {
  mkdirSync(inboxOf(user), { recursive: true })
  const receiver = run(user, 'receive', ...account(user), '--into', inboxOf(user), '--accept', 'all', '--json')
  await receiver.says('"listening"', 30_000)
  return receiver
}
const send = (file: string): CommandLine =>
  run('alice', 'send', file, '--to', 'sip:bob@lab.test', '--to', 'sip:carol@lab.test', ...account('alice'), '--json')
const finished = (user: string): string[] => readdirSync(inboxOf(user)).filter(name => !name.endsWith('.cpmft-part'))
/** What the server keeps on disk for members that are behind. */
const spooled = (): string[] => {
  const spool = join(folder.join('data'), 'spool')
  return existsSync(spool) ? readdirSync(spool).filter(name => name.endsWith('.cpmft-spool')) : []
}
const until = async (condition: () => boolean, seconds: number): Promise<void> => {
  for (const end = Date.now() + seconds * 1000; !condition(); await new Promise(resolve => setTimeout(resolve, 20)))
    if (Date.now() > end)
      throw new Error(
        `It never came true.\n${running.map(({ stdout, stderr }) => stdout.slice(-1500) + stderr.slice(-500)).join('\n---\n')}`,
      )
}

beforeEach(async () => {
  folder = new TempFolder()
  port = await freePort()
})
afterEach(async () => {
  for (const command of running) command.process.kill('SIGCONT')
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

describe('a server that is killed while a group gets a file', { timeout: 120_000 }, () => {
  it('leaves everybody with a clear end, sweeps its disk when it comes back, and serves again @req GRP-29 GRP-32 CR-13', async () => {
    const first = await startServer()
    const bob = await receive('bob')
    const carol = await receive('carol')
    const alice = send(folder.file('large.bin', randomBytes(150_000_000)))
    await carol.says('"progress"', 30_000)
    // Carol falls behind, so that octets for her are on the disk of the server
    carol.process.kill('SIGSTOP')
    await until(() => spooled().length > 0 || alice.process.exitCode !== null, 30)
    first.process.kill('SIGKILL')
    await first.exit
    carol.process.kill('SIGCONT')
    expect(spooled()).toHaveLength(1)
    expect(await alice.exit, alice.stderr).toBe(3)
    for (const member of [bob, carol]) await member.says(/"connection-lost"|"failed"/, 60_000)
    expect(finished('carol')).toEqual([])
    await startServer()
    expect(spooled()).toEqual([])
    // The same receivers, which register again by themselves; who is not back yet gets the file later
    const small = folder.file('small.bin', randomBytes(300_000))
    const again = send(small)
    await again.exit
    await until(() => ['bob', 'carol'].every(user => finished(user).includes('small.bin')), 60)
    for (const user of ['bob', 'carol']) expect(sha1(join(inboxOf(user), 'small.bin'))).toBe(sha1(small))
  })
})
