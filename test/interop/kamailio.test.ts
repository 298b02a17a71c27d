import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

const CONFIGURATION = new URL('kamailio.cfg', import.meta.url)
const DOMAIN = 'example.test'
const PASSWORD = 's3cret'

describe.skipIf(!installed('kamailio', '-v'))('through a real Kamailio: registrar and proxy with digest, TCP', () => {
  let folder: TempFolder
  let kamailio: ChildProcess
  let port: number
  const running: CommandLine[] = []

  const start = async (algorithm: string) => {
    folder = new TempFolder()
    port = await freePort()
    let text = readFileSync(CONFIGURATION, 'utf8')
    for (const [name, value] of Object.entries({ PORT: port, DOMAIN, PASSWORD, ALGORITHM: algorithm }))
      text = text.replaceAll(`@${name}@`, String(value))
    kamailio = spawn(
      'kamailio',
      ['-f', folder.file('kamailio.cfg', text), '-DD', '-E', '-m', '32', '-Y', folder.path, '-P', folder.join('pid')],
      { stdio: 'ignore' },
    )
    await reachable(port)
  }
  beforeEach(() => void running.splice(0))
  afterEach(async () => {
    await Promise.all(running.map(command => command.stop()))
    const gone = new Promise(resolve => kamailio.on('close', resolve))
    kamailio.kill('SIGTERM')
    await gone
    folder.remove()
  })

  const run = (args: string[], password = PASSWORD) => {
    const command = new CommandLine(args, { CPMFT_PASSWORD: password })
    running.push(command)
    return command
  }
  const account = (user: string) => ['--as', `sip:${user}@${DOMAIN}`, '--proxy', `sip:127.0.0.1:${port};transport=tcp`]

  for (const algorithm of ['MD5', 'SHA-256']) {
    it(`registers with ${algorithm}, sends two files and shows who asserts the sender @req SIP-1 SIP-2 SIP-3 SIP-28 SIP-33 D-20 CPM-2`, async () => {
      await start(algorithm)
      const inbox = folder.join('inbox')
      mkdirSync(inbox)
      const bob = run(['receive', ...account('bob'), '--into', inbox, '--accept', 'all', '--once', '--json'])
      await bob.says(/"registered"|"listening"|registered/i)
      const files = [folder.file('notes.txt', 'through Kamailio\n'), folder.file('data.bin', randomBytes(2_000_000))]
      const alice = run(['send', ...files, ...account('alice'), '--to', `sip:bob@${DOMAIN}`])
      expect(await alice.exit, alice.stderr).toBe(0)
      expect(await bob.exit, bob.stderr).toBe(0)
      expect(bob.stdout).toContain('asserted')
      for (const file of files) expect(sha1(join(inbox, file.slice(folder.path.length + 1)))).toBe(sha1(file))
    })
  }

  it('leaves with 6 when the password is wrong @req SIP-2', async () => {
    await start('MD5')
    const alice = run(['send', folder.file('a.txt', 'x'), ...account('alice'), '--to', `sip:bob@${DOMAIN}`], 'wrong')
    expect(await alice.exit).toBe(6)
  })

  it('leaves with 5 when the recipient is not registered @req SIP-34', async () => {
    await start('MD5')
    const alice = run(['send', folder.file('a.txt', 'x'), ...account('alice'), '--to', `sip:nobody@${DOMAIN}`])
    expect(await alice.exit).toBe(5)
  })
})

async function reachable(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const open = await new Promise<boolean>(resolve => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.destroy()
        resolve(true)
      })
      socket.on('error', () => resolve(false))
    })
    if (open) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  throw new Error('Kamailio did not start')
}
