import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
let port: number
const running: CommandLine[] = []

/** One of the people, with a state of his own. */
const run = (who: string, args: readonly string[], env: Record<string, string> = {}): CommandLine => {
  const command = new CommandLine(args, { XDG_STATE_HOME: folder.join(who), XDG_CONFIG_HOME: folder.join(who), CPMFT_PASSWORD: '', ...env })
  running.push(command)
  return command
}
const startServer = async (...more: string[]): Promise<CommandLine> => {
  const data = folder.join('data')
  const server = run('server', [
    'server',
    '--listen',
    `sip:127.0.0.1:${port}`,
    '--data',
    data,
    '--metrics',
    'none',
    '--domain',
    'lab.test',
    ...more,
  ])
  await server.says('Try it in other terminals', 30_000)
  return server
}
const account = (user: string, transport = 'tcp') => [
  '--as',
  `sip:${user}@lab.test`,
  '--proxy',
  `sip:127.0.0.1:${port};transport=${transport}`,
]
const inboxOf = (name: string): string => {
  const inbox = folder.join(`inbox-${name}`)
  mkdirSync(inbox, { recursive: true })
  return inbox
}
const receive = async (
  user: string,
  more: readonly string[] = [],
  env: Record<string, string> = {},
  device = user,
): Promise<CommandLine> => {
  const receiver = run(device, ['receive', ...account(user), '--into', inboxOf(device), '--accept', 'all', ...more], env)
  await receiver.says(/listening/i, 30_000)
  return receiver
}

beforeEach(async () => {
  folder = new TempFolder()
  port = await freePort()
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  folder.remove()
})

describe('a server and its clients, each a process', { timeout: 90_000 }, () => {
  it('two receivers register without password, and what is sent to one arrives there octet for octet @req SIP-3', async () => {
    const server = await startServer('--open-registration', '--store-and-forward', 'false')
    expect(server.stderr).toContain(`cpmft receive --as sip:bob@lab.test --proxy 'sip:127.0.0.1:${port};transport=tcp'`)
    const bob = await receive('bob', ['--once'])
    const carol = await receive('carol')
    const file = folder.file('plan.bin', randomBytes(3_000_000))
    const alice = run('alice', ['send', file, '--to', 'sip:bob@lab.test', ...account('alice')])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    expect(bob.stdout).toBe(`${join(inboxOf('bob'), 'plan.bin')}\n`)
    expect(sha1(join(inboxOf('bob'), 'plan.bin'))).toBe(sha1(file))
    expect(carol.stdout).toBe('')
    const nobody = run('alice', ['send', file, '--to', 'sip:nobody@lab.test', ...account('alice')])
    expect(await nobody.exit, nobody.stderr).toBe(5)
    server.process.kill('SIGTERM')
    expect(await server.exit, server.stderr).toBe(0)
  })

  it('with accounts nobody gets in without the password @req SIP-2 SEC-5', async () => {
    const data = folder.join('data')
    for (const user of ['alice', 'bob']) {
      const added = run('server', ['user', 'add', `sip:${user}@lab.test`, '--data', data], { CPMFT_PASSWORD: `${user}-secret` })
      expect(await added.exit, added.stderr).toBe(0)
    }
    const server = await startServer()
    expect(server.stderr).toContain('cpmft user add sip:alice@lab.test')
    const bob = await receive('bob', ['--once'], { CPMFT_PASSWORD: 'bob-secret' })
    const file = folder.file('plan.bin', randomBytes(200_000))
    const wrong = run('mallory', ['send', file, '--to', 'sip:bob@lab.test', ...account('alice')], { CPMFT_PASSWORD: 'guess' })
    expect(await wrong.exit, wrong.stderr).toBe(6)
    const alice = run('alice', ['send', file, '--to', 'sip:bob@lab.test', ...account('alice')], { CPMFT_PASSWORD: 'alice-secret' })
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    expect(sha1(join(inboxOf('bob'), 'plan.bin'))).toBe(sha1(file))
    expect(server.stderr).toContain('wrong credentials')
    for (const secret of ['alice-secret', 'bob-secret', 'guess', folder.join('')])
      expect(server.stderr.split('Try it')[0]).not.toContain(secret)
  })

  it('of several devices one wins, the others stop ringing @req RCS-11', async () => {
    await startServer('--open-registration')
    const desk = run('desk', ['receive', ...account('bob'), '--into', inboxOf('desk'), '--accept', 'none'])
    await desk.says(/listening/i, 30_000)
    const phone = await receive('bob', ['--once'], {}, 'phone')
    const file = folder.file('plan.bin', randomBytes(200_000))
    const alice = run('alice', ['send', file, '--to', 'sip:bob@lab.test', ...account('alice')])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await phone.exit, phone.stderr).toBe(0)
    expect(sha1(join(inboxOf('phone'), 'plan.bin'))).toBe(sha1(file))
    expect(desk.stdout).toBe('')
  })

  it('registrations outlive a kill of the server', async () => {
    const first = await startServer('--open-registration')
    const at = await freePort()
    const bob = await receive('bob', ['--once', '--listen', `sip:bob@127.0.0.1:${at}`])
    first.process.kill('SIGKILL')
    await first.exit
    await startServer('--open-registration')
    const file = folder.file('plan.bin', randomBytes(200_000))
    const alice = run('alice', ['send', file, '--to', 'sip:bob@lab.test', ...account('alice')])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    expect(sha1(join(inboxOf('bob'), 'plan.bin'))).toBe(sha1(file))
  })

  it('says before a start what would keep it from starting', async () => {
    const data = folder.join('data')
    const taken = await startServer('--open-registration')
    const checked = run('server', ['server', '--check', '--listen', `sip:127.0.0.1:${port}`, '--data', data, '--domain', 'lab.test'])
    expect(await checked.exit).toBe(2)
    expect(checked.stdout).toContain(`fail  listen       127.0.0.1:${port} (tcp) cannot be used: it is taken.`)
    expect(checked.stdout).toContain('cpmft user add sip:alice@lab.test')
    const second = run('server', ['server', '--listen', `sip:127.0.0.1:${port}`, '--data', data, '--metrics', 'none'])
    expect(await second.exit).toBe(2)
    expect(second.stderr).toContain('cpmft server --check')
    await taken.stop()
    const good = run('server', ['server', '--check', '--listen', `sip:127.0.0.1:${port}`, '--data', data, '--open-registration', '--json'])
    expect(await good.exit, good.stdout).toBe(0)
    for (const [args, words] of [
      [['--listen', 'sip:0.0.0.0:5060', '--open-registration', '--domain', 'lab.test'], 'Open registration believes anybody'],
      [['--listen', 'sip:0.0.0.0:5060'], 'The server needs to know its domain.'],
      [['--listen', 'sips:127.0.0.1:5061'], 'Listening with TLS needs a certificate.'],
      [['--listen', 'nowhere'], 'is no address to listen at'],
      [['--log-level', 'loud'], '--log-level must be one of debug, info, warn, error, silent'],
      [['--metrics', 'everywhere'], 'is no place for metrics'],
      [['--drain-limit', 'long'], '--drain-limit must be a time'],
    ] as const) {
      const refused = run('server', ['server', '--data', data, ...args])
      expect(await refused.exit, refused.stderr).toBe(2)
      expect(refused.stderr).toContain(words)
    }
  })
})
