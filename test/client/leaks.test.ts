import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, type ClientOptions, CpmClient } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { CommandLine, freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'

let folder: TempFolder
beforeEach(() => {
  folder = new TempFolder()
})
afterEach(() => folder.remove())

describe('many transfers in one process, on real sockets', () => {
  let hosts: { alice: NodeHost; bob: NodeHost }
  let alice: Client
  let bob: Client
  let inbox: string

  const open = async (options: Partial<ClientOptions>) => {
    inbox = folder.join('inbox')
    mkdirSync(inbox)
    hosts = { alice: nodeHost(), bob: nodeHost() }
    const client = (host: NodeHost, name: string) =>
      CpmClient.open(host, { aor: `sip:${name}@127.0.0.1`, listen: 'sip:127.0.0.1;transport=tcp', into: inbox, ...options })
    alice = await client(hosts.alice, 'alice')
    bob = await client(hosts.bob, 'bob')
    void (async () => {
      for await (const offer of bob.offers()) offer.accept(undefined, { onConflict: 'overwrite' })
    })()
  }
  const close = async () => {
    await Promise.all([alice.close(), bob.close()])
    // threads that hash belong to the host, not to a transfer
    const left = [...hosts.alice.openResources(), ...hosts.bob.openResources()].filter(name => name !== 'hash worker')
    expect(left).toEqual([])
    await Promise.all([hosts.alice.close(), hosts.bob.close()])
  }
  /** Sockets, listeners, files and timers of this process, by kind. */
  const inUse = () => {
    const kinds = process.getActiveResourcesInfo().filter(kind => /TCP|UDP|FS|Timeout/.test(kind))
    return { sockets: kinds.filter(kind => /TCP|UDP/.test(kind)).length, timers: kinds.filter(kind => kind === 'Timeout').length }
  }

  it('300 one after the other, each in a session of its own, leave nothing behind @req CR-17 SND-1', { timeout: 60_000 }, async () => {
    await open({ releaseTimer: 0 })
    const file = folder.file('small.txt', 'hello\n')
    let after50 = inUse()
    let open50 = 0
    for (let count = 1; count <= 300; count++) {
      const report = await alice.send(bob.contact, file).done
      expect(report.ok, report.files[0]?.error?.message).toBe(true)
      if (count !== 50) continue
      after50 = inUse()
      open50 = hosts.alice.openResources().length + hosts.bob.openResources().length
    }
    expect(inUse().sockets).toBeLessThanOrEqual(after50.sockets)
    expect(inUse().timers).toBeLessThanOrEqual(after50.timers + 4)
    expect(hosts.alice.openResources().length + hosts.bob.openResources().length).toBeLessThanOrEqual(open50 + 4)
    await close()
  })

  it('32 at a time, 16 rounds: every file arrives, nothing is left @req CPM-14 D-6', { timeout: 60_000 }, async () => {
    await open({ releaseTimer: 30 })
    for (let round = 0; round < 16; round++) {
      const files = Array.from({ length: 32 }, (_, index) => folder.file(`${round}-${index}.txt`, `${round}/${index}`))
      const reports = await Promise.all(files.map(file => alice.send(bob.contact, file).done))
      expect(reports.flatMap(report => report.files.map(({ error }) => error?.message ?? 'ok'))).toEqual(files.map(() => 'ok'))
    }
    expect(readdirSync(inbox)).toHaveLength(512)
    await close()
  })

  it('1,000 files in one send go over sixteen sessions @req SDP-25 CR-7', { timeout: 60_000 }, async () => {
    await open({ releaseTimer: 30 })
    const files = Array.from({ length: 1000 }, (_, index) => folder.file(`${index}.txt`, `file ${index}`))
    const report = await alice.send(bob.contact, files).done
    expect(report.files.filter(({ state }) => state !== 'done').map(({ error }) => error?.message)).toEqual([])
    expect(readdirSync(inbox)).toHaveLength(1000)
    expect(readFileSync(`${inbox}/999.txt`, 'utf8')).toBe('file 999')
    await close()
  })

  it('an aborted signal, before and during, leaves nothing @req SND-10', async () => {
    await open({ releaseTimer: 0 })
    const file = folder.file('large.bin', new Uint8Array(50_000_000))
    const before = await alice.send(bob.contact, file, { signal: AbortSignal.abort() }).done
    expect(before.files[0]?.state).toBe('cancelled')
    for (const wait of [0, 1, 5, 20, 60]) {
      const controller = new AbortController()
      const transfer = alice.send(bob.contact, [file, file], { signal: controller.signal })
      setTimeout(() => controller.abort(), wait)
      const report = await transfer.done
      for (const { state } of report.files) expect(['cancelled', 'done']).toContain(state)
    }
    await close()
    expect(readdirSync(inbox).filter(name => name.endsWith('.cpmft-part'))).toEqual([])
  })
})

describe('memory', () => {
  const children: ChildProcess[] = []
  const commands: CommandLine[] = []
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await Promise.all(commands.splice(0).map(command => command.stop()))
  })

  it.runIf(existsSync('/proc/self/status'))(
    '2 GiB are sent with a heap of 128 MiB and flat memory @req SND-5',
    { timeout: 60_000 },
    async () => {
      const size = 2 * 1024 ** 3
      const port = await freePort()
      const script = fileURLToPath(new URL('../kit/stream-receiver.mjs', import.meta.url))
      const receiver = spawn(process.execPath, [script, String(port)], { stdio: ['ignore', 'pipe', 'inherit'] })
      children.push(receiver)
      let said = ''
      receiver.stdout.on('data', (data: Buffer) => {
        said += data.toString()
      })
      const until = async (text: string) => {
        for (let tries = 0; tries < 500 && !said.includes(text); tries++) await new Promise(resolve => setTimeout(resolve, 20))
      }
      await until('listening')
      const file = folder.file('sparse.bin', '')
      truncateSync(file, size)
      const sender = new CommandLine(['send', file, '--to', `sip:bob@127.0.0.1:${port}`, '--quiet'], {
        NODE_OPTIONS: '--max-old-space-size=128',
      })
      commands.push(sender)
      let peak = 0
      const watch = setInterval(() => {
        const status = `/proc/${sender.process.pid}/status`
        if (existsSync(status)) peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] ?? 0))
      }, 50)
      const exit = await sender.exit
      clearInterval(watch)
      expect(exit, sender.stderr).toBe(0)
      await until('}')
      expect(JSON.parse(said.split('\n')[1] ?? '{}')).toEqual({ ok: true, octets: size })
      // the program itself takes about 80 MB
      expect(peak).toBeGreaterThan(0)
      expect(peak / 1024).toBeLessThan(300)
    },
  )
})
