import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommandLine, freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
let inbox: string
const running: CommandLine[] = []
const cleanup: (() => void)[] = []

const run = (args: string[]) => {
  const command = new CommandLine(args)
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
  for (const undo of cleanup.splice(0)) undo()
  folder.remove()
})

const receiver = async (...extra: string[]) => {
  const uri = `sip:bob@127.0.0.1:${await freePort()}`
  const bob = run(['receive', '--listen', uri, '--into', inbox, '--accept', 'all', ...extra])
  await bob.says(/listening/i)
  return { bob, uri }
}
/** A transfer of a large file, some of it already over. */
const halfway = async (...extra: string[]) => {
  const { bob, uri } = await receiver('--json', ...extra)
  const file = folder.file('large.bin', randomBytes(400_000_000))
  const alice = run(['send', file, '--to', uri, '--json'])
  await bob.says('"progress"', 15_000)
  return { alice, bob, file }
}
/** Names in the inbox that are not partial files. */
const finished = () => readdirSync(inbox).filter(name => !name.endsWith('.cpmft-part'))

describe('what goes wrong at one end', () => {
  it('the receiver is killed: the sender says so and leaves with 3; no half file has the final name @req CR-13 RCV-11 CON-16', async () => {
    const { alice, bob } = await halfway()
    bob.process.kill('SIGKILL')
    expect(await alice.exit, alice.stderr).toBe(3)
    expect(alice.stdout).toContain('"connection-lost"')
    expect(finished()).toEqual([])
  })

  it('the sender is killed: the receiver fails the file, leaves with 3 and keeps nothing @req CR-13 RCV-11 CON-16', async () => {
    const { alice, bob } = await halfway('--once', '--no-store')
    alice.process.kill('SIGKILL')
    expect(await bob.exit, bob.stderr).toBe(3)
    expect(bob.stdout).toContain('"connection-lost"')
    expect(readdirSync(inbox)).toEqual([])
  })

  it('the file is cut short while it is sent: 9 for the sender, nothing kept by the receiver @req SND-4 OA-45', async () => {
    const { alice, bob, file } = await halfway('--once', '--no-store')
    truncateSync(file, 1000)
    expect(await alice.exit, alice.stderr).toBe(9)
    expect(alice.stdout).toContain('"file-changed"')
    expect(await bob.exit, bob.stderr).toBe(3)
    expect(readdirSync(inbox)).toEqual([])
  })

  it('the target folder goes away while receiving: 9 for the receiver, 3 for the sender @req RCV-14 MSRP-52', async () => {
    const { alice, bob } = await halfway('--once')
    rmSync(inbox, { recursive: true })
    expect(await bob.exit, bob.stderr).toBe(9)
    expect(await alice.exit, alice.stderr).toBe(3)
    expect(existsSync(inbox)).toBe(false)
  })
})

describe('a disk that is too small', () => {
  /** A file system of so many megabytes; needs the right to mount. */
  const small = (megabytes: number) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'cpmft-test', inbox])
    if (mounted.status !== 0) return false
    cleanup.push(() => void spawnSync('umount', ['-l', inbox]))
    return true
  }

  it('declines with port 0 what does not fit, and takes what does @req RCV-10', async context => {
    if (!small(24)) return context.skip('mounting a small file system needs root')
    const { uri } = await receiver()
    const files = [folder.file('fits.bin', randomBytes(1_000_000)), folder.file('large.bin', randomBytes(30_000_000))]
    const alice = run(['send', ...files, '--to', uri, '--json'])
    // some saved, some not
    expect(await alice.exit, alice.stderr).toBe(3)
    expect(alice.stdout).toContain('"declined"')
    expect(finished()).toEqual(['fits.bin'])
  })

  it('stops the sender when it fills up in the middle, and keeps no half file @req RCV-10 OA-41 RCV-11', async context => {
    if (!small(220)) return context.skip('mounting a small file system needs root')
    const { bob, uri } = await receiver('--once', '--no-store', '--json')
    const alice = run(['send', folder.file('large.bin', randomBytes(200_000_000)), '--to', uri, '--json'])
    await bob.says('"progress"')
    alice.process.kill('SIGSTOP')
    const filler = join(inbox, 'filler')
    expect(() => {
      for (;;) appendFileSync(filler, Buffer.alloc(4_000_000))
    }).toThrow(/ENOSPC/)
    alice.process.kill('SIGCONT')
    expect(await bob.exit, bob.stderr).toBe(9)
    expect(bob.stdout).toContain('"disk-full"')
    expect(await alice.exit, alice.stderr).toBe(3)
    expect(alice.stdout).toContain('"aborted-by-peer"')
    expect(readdirSync(inbox)).toEqual(['filler'])
  })
})

describe('addresses and waits', () => {
  /** Takes every connection and never says a word. */
  const mute = async () => {
    const sockets: Socket[] = []
    const server: Server = createServer(socket => void sockets.push(socket))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    cleanup.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    return `sip:bob@127.0.0.1:${(server.address() as { port: number }).port}`
  }

  it('nobody answers: --timeout leaves with 10', async () => {
    const alice = run(['send', folder.file('a.txt', 'x'), '--to', await mute(), '--timeout', '1s'])
    expect(await alice.exit, alice.stderr).toBe(10)
  })

  it('a second Ctrl-C does not wait for the peer @req SND-10', async () => {
    const alice = run(['send', folder.file('a.txt', 'x'), '--to', await mute(), '--json'])
    await alice.says('"offered"')
    alice.process.kill('SIGINT')
    await new Promise(resolve => setTimeout(resolve, 300))
    expect(alice.process.exitCode).toBe(null)
    const before = Date.now()
    alice.process.kill('SIGINT')
    expect(await alice.exit).toBe(130)
    expect(Date.now() - before).toBeLessThan(1000)
  })

  it('the address is taken: 2, with the reason', async () => {
    const { uri } = await receiver()
    const second = run(['receive', '--listen', uri, '--into', inbox])
    expect(await second.exit).toBe(2)
    expect(second.stderr).toMatch(/listens at this address/)
  })
})

describe('names', () => {
  it.each([
    ['rename', ['same (2).txt', 'same.txt'], 'old', 0],
    ['overwrite', ['same.txt'], 'new', 0],
    ['skip', ['same.txt'], 'old', 4],
  ] as const)('an existing file with --on-conflict %s @req RCV-11', async (policy, names, content, exit) => {
    writeFileSync(join(inbox, 'same.txt'), 'old')
    const { uri } = await receiver('--on-conflict', policy)
    const alice = run(['send', folder.file('same.txt', 'new'), '--to', uri])
    expect(await alice.exit, alice.stderr).toBe(exit)
    expect(readdirSync(inbox).sort()).toEqual(names)
    expect(readFileSync(join(inbox, 'same.txt'), 'utf8')).toBe(content)
  })

  it('names from the wire never leave the folder and are safe on every system @req SEC-1 SEC-2 SDP-10 SDP-11', async () => {
    const { bob, uri } = await receiver('--once')
    const names = [
      '..\\..\\evil.bat',
      'CON',
      'nul.txt',
      'line\nbreak.txt',
      'in\u202enocent.gpj.exe',
      'dots...',
      ' spaces ',
      'colon:stream.txt',
      '%2e%2e%2fetc.txt',
      '50%25.txt',
      'é'.repeat(120),
      '.hidden',
    ]
    const files = names.map((name, index) => folder.file(name, `content ${index}`))
    const alice = run(['send', ...files, '--to', uri])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    const saved = readdirSync(inbox)
    expect(saved).toHaveLength(names.length)
    for (const name of saved) {
      // eslint-disable-next-line no-control-regex
      expect(name).not.toMatch(/[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069:\\]|^(con|nul)(\.|$)|[. ]$/i)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
    }
    expect(saved).toContain('evil.bat')
    expect(saved).toContain('%2e%2e%2fetc.txt')
    expect(saved).toContain('50%25.txt')
    const contents = saved.map(name => readFileSync(join(inbox, name), 'utf8')).sort()
    expect(contents).toEqual(names.map((_, index) => `content ${index}`).sort())
    expect(readdirSync(folder.path).sort()).toEqual([...names, 'inbox'].sort())
  })
})

describe('many files', () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => folder.file(`${index}.txt`, `file ${index}`))

  it('64 go in one session @req SDP-25 CR-7', async () => {
    const { bob, uri } = await receiver('--once')
    const alice = run(['send', ...many(64), '--to', uri])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(await bob.exit, bob.stderr).toBe(0)
    expect(readdirSync(inbox)).toHaveLength(64)
  })

  it('150 go in three sessions, one after the other @req SDP-25 CR-7', async () => {
    const { uri } = await receiver()
    const trace = folder.join('trace.jsonl')
    const alice = run(['send', ...many(150), '--to', uri, '--trace', trace])
    expect(await alice.exit, alice.stderr).toBe(0)
    expect(readdirSync(inbox)).toHaveLength(150)
    const calls = new Set(readFileSync(trace, 'utf8').match(/Call-ID: [^\\]+/g))
    expect(calls.size).toBe(3)
  })
})
