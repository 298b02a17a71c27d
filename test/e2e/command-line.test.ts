import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { sha1, TempFolder } from '../kit/temp-folder.js'

describe('two processes of the command line, no server', () => {
  let folder: TempFolder
  let inbox: string
  const running: CommandLine[] = []
  const run = (args: string[], env: Record<string, string> = {}) => {
    const command = new CommandLine(args, env)
    running.push(command)
    return command
  }

  beforeEach(() => {
    folder = new TempFolder()
    inbox = folder.join('inbox')
    mkdirSync(inbox)
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(command => command.stop()))
    folder.remove()
  })

  const receiver = async (...extra: string[]) => {
    const port = await freePort()
    const uri = `sip:bob@127.0.0.1:${port}`
    const bob = run(['receive', '--listen', uri, '--into', inbox, ...extra])
    await bob.says(/listening/i)
    return { bob, uri }
  }

  it('sends several files, prints the saved paths and leaves with 0 @req CR-1 CR-7 CR-21 RCV-7 RCV-11 RCV-17', async () => {
    const { bob, uri } = await receiver('--accept', 'all', '--once')
    const files = [
      folder.file('empty.txt', ''),
      folder.file('it\'s 50% "off" 🙂.txt', 'hello\n'),
      folder.file('big.bin', randomBytes(3_000_000)),
    ]
    const alice = run(['send', ...files, '--to', uri, '--json'])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    const saved = bob.stdout.trim().split('\n').sort()
    expect(saved).toHaveLength(3)
    for (const path of saved) expect(existsSync(path)).toBe(true)
    expect(readdirSync(inbox).sort()).toEqual(
      ['big.bin', 'empty.txt', "it's 50% _off_ 🙂.txt"].sort().map(name => (existsSync(join(inbox, name)) ? name : expect.any(String))),
    )
    expect(sha1(join(inbox, 'big.bin'))).toBe(sha1(files[2] as string))
    for (const line of alice.stdout.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ v: 1 })
  })

  it('keeps receiving without --once, and never overwrites a file @req RCV-11', async () => {
    const { bob, uri } = await receiver('--accept', 'all')
    const file = folder.file('same.txt', 'first\n')
    expect(await run(['send', file, '--to', uri]).exit).toBe(0)
    folder.file('same.txt', 'second\n')
    expect(await run(['send', file, '--to', uri]).exit).toBe(0)
    await bob.says('same (2).txt')
    expect(readFileSync(join(inbox, 'same.txt'), 'utf8')).toBe('first\n')
    expect(readFileSync(join(inbox, 'same (2).txt'), 'utf8')).toBe('second\n')
    bob.process.kill('SIGINT')
    expect(await bob.exit).toBe(130)
  })

  it('leaves with 4 when everything is declined @req CR-22 D-7', async () => {
    const { uri } = await receiver('--accept', 'none')
    const alice = run(['send', folder.file('a.txt', 'x'), '--to', uri])
    expect(await alice.exit).toBe(4)
    expect(alice.stderr).toMatch(/declined/i)
    expect(readdirSync(inbox)).toEqual([])
  })

  it('leaves with 5 when nobody listens there, with 9 for a missing file', async () => {
    const port = await freePort()
    const alice = run(['send', folder.file('a.txt', 'x'), '--to', `sip:bob@127.0.0.1:${port}`])
    expect(await alice.exit).toBe(5)
    const missing = run(['send', folder.join('nothing-here.txt'), '--to', `sip:bob@127.0.0.1:${port}`])
    expect(await missing.exit).toBe(9)
  })

  it('leaves with 130 after Ctrl-C, tells the peer, and leaves no half file under the final name @req OA-40 SND-10 RCV-11', async () => {
    const { bob, uri } = await receiver('--accept', 'all', '--no-store')
    const file = folder.file('large.bin', randomBytes(200_000_000))
    const alice = run(['send', file, '--to', uri, '--json'])
    await alice.says('"progress"', 15_000)
    alice.process.kill('SIGINT')
    expect(await alice.exit).toBe(130)
    await bob.says(/cancel|abort|fail|withdr/i)
    expect(readdirSync(inbox).filter(name => !name.endsWith('.cpmft-part'))).toEqual([])
    await bob.stop()
    expect(readdirSync(inbox)).toEqual([])
  })

  it('records a trace and draws the ladder of it', async () => {
    const { uri } = await receiver('--accept', 'all', '--once')
    const trace = folder.join('trace.jsonl')
    expect(await run(['send', folder.file('a.txt', 'hello'), '--to', uri, '--trace', trace]).exit).toBe(0)
    const ladder = run(['trace', trace])
    expect(await ladder.exit).toBe(0)
    for (const label of ['INVITE', '200 OK', 'SEND', 'REPORT', 'BYE']) expect(ladder.stdout).toContain(label)
  })

  it('plays the demo, all of it on the wire, and records it when asked to', async () => {
    const trace = folder.join('demo.jsonl')
    const demo = run(['demo', '--headless', '--trace', trace])
    expect(await demo.exit, demo.stdout).toBe(0)
    for (const text of ['delivered', 'declined by Bob', 'REGISTER', 'SEND', 'BYE', 'octet for octet']) expect(demo.stdout).toContain(text)
    expect(readFileSync(trace, 'utf8').split('\n').length).toBeGreaterThan(50)
  })
})
