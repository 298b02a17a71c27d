import { copyFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, group, type Notice, type Transfer } from '../../src/node/index.js'
import { sameOctets, ServerWorld, takeNext } from '../kit/server-world.js'

let world: ServerWorld | undefined

afterEach(async () => {
  await world?.[Symbol.asyncDispose]()
  world = undefined
})

async function spooled(): Promise<string[]> {
  const names = await readdir(join(world?.folder ?? '', 'spool')).catch(() => [])
  return names.filter(name => name.endsWith('.cpmft-deposit'))
}

async function noticeOf(client: Client, state: Notice['state']): Promise<Notice> {
  for await (const notice of client.notices()) if (notice.state === state) return notice
  throw new Error('no notice came')
}

function pathOf(transfer: Transfer): string | undefined {
  return transfer.files[0]?.path
}

describe('a file for somebody who is away', () => {
  it('is kept, and brought when the recipient registers @req RCS-9 RCS-10', async () => {
    world = await ServerWorld.start()
    const alice = await world.client('alice', { notifications: true })
    const source = await world.file('report.pdf', 300_000)
    const stored = noticeOf(alice, 'stored')
    const transfer = alice.send(world.aor('bob'), source)
    const result = await transfer.done
    expect(result).toMatchObject({ ok: true, files: [{ stored: true }] })
    expect((await stored).name).toBe('report.pdf')
    expect(await spooled()).toHaveLength(1)
    const delivered = noticeOf(alice, 'delivered')
    const bob = await world.client('bob', { notifications: true })
    const received = await takeNext(bob)
    expect(received.peer).toMatchObject({ uri: world.aor('alice'), identity: 'asserted' })
    expect(await sameOctets(pathOf(received), source)).toBe(true)
    expect((await delivered).name).toBe('report.pdf')
    await expect.poll(spooled).toEqual([])
  }, 20_000)

  it('comes after a restart of the server too, every file of the transfer in one offer @req RCS-9 RCS-10', async () => {
    world = await ServerWorld.start()
    const alice = await world.client('alice')
    const sources = [await world.file('a.bin', 70_000), await world.file('b.bin', 1), await world.file('c.bin', 0)]
    expect((await alice.send(world.aor('bob'), sources, { subject: 'Plans' }).done).ok).toBe(true)
    expect(await spooled()).toHaveLength(3)
    await alice.close()
    await world.server.close()
    // as if it had been killed while it stored another one
    const [name = ''] = await spooled()
    await copyFile(join(world.folder, 'spool', name), join(world.folder, 'spool', name.replace(/^.{4}/, 'ffff')))
    await using again = await ServerWorld.start({ data: world.folder })
    expect(await spooled()).toHaveLength(3)
    const bob = await again.client('bob')
    for await (const offer of bob.offers()) {
      expect(offer.files.map(({ name }) => name)).toEqual(['a.bin', 'b.bin', 'c.bin'])
      expect(offer.subject).toBe('Plans')
      const received = offer.accept()
      expect((await received.done).ok).toBe(true)
      for (const [index, source] of sources.entries()) expect(await sameOctets(received.files[index]?.path, source)).toBe(true)
      break
    }
    await expect.poll(spooled).toEqual([])
  }, 20_000)

  it('is not stored over what a person says, and is over when the recipient declines it later @req RCS-9', async () => {
    const news: string[] = []
    world = await ServerWorld.start({ storeAndForward: { onNews: ({ type }) => news.push(type) } })
    const alice = await world.client('alice')
    const source = await world.file('a.bin', 5000)
    const carol = await world.client('carol')
    const declined = alice.send(world.aor('carol'), source)
    for await (const offer of carol.offers()) {
      await offer.decline()
      break
    }
    expect((await declined.done).files[0]?.state).toBe('declined')
    expect(news).toEqual([])
    expect((await alice.send(world.aor('bob'), source).done).ok).toBe(true)
    const bob = await world.client('bob')
    for await (const offer of bob.offers()) {
      await offer.decline()
      break
    }
    await expect.poll(() => news).toEqual(['stored', 'declined'])
    await expect.poll(spooled).toEqual([])
  }, 20_000)

  it('is kept when no device answers, and tried again @req RCS-9', async () => {
    const news: string[] = []
    world = await ServerWorld.start({ storeAndForward: { limits: { backoff: [300] }, onNews: ({ type }) => news.push(type) } })
    const alice = await world.client('alice')
    const source = await world.file('a.bin', 5000)
    // rings, and nobody looks
    const deaf = await world.client('bob', { ringTimeout: 0.5 })
    expect((await alice.send(world.aor('bob'), source).done).ok).toBe(true)
    await expect.poll(() => news.slice(0, 2), { timeout: 5000 }).toEqual(['stored', 'waiting'])
    await deaf.close()
    const bob = await world.client('bob')
    expect(await sameOctets(pathOf(await takeNext(bob)), source)).toBe(true)
    await expect.poll(() => news.at(-1)).toBe('delivered')
  }, 20_000)

  it('is offered whole again to a recipient who vanished in the middle @req RCS-9 RCS-10', async () => {
    const news: string[] = []
    world = await ServerWorld.start({ storeAndForward: { limits: { backoff: [60_000] }, onNews: ({ type }) => news.push(type) } })
    const alice = await world.client('alice')
    const source = await world.file('large.bin', 30_000_000)
    expect((await alice.send(world.aor('bob'), source).done).ok).toBe(true)
    const first = await world.client('bob')
    for await (const offer of first.offers()) {
      const received = offer.accept()
      for await (const event of received) if (event.type === 'progress' && event.bytes > 0) break
      break
    }
    await first.close()
    await expect.poll(() => news).toEqual(['stored', 'waiting'])
    const second = await world.client('bob')
    expect(await sameOctets(pathOf(await takeNext(second)), source)).toBe(true)
    await expect.poll(() => news.at(-1)).toBe('delivered')
    await expect.poll(spooled).toEqual([])
  }, 30_000)

  it('is delivered to its end when the server drains @req RCS-9', async () => {
    world = await ServerWorld.start()
    const server = world
    const alice = await server.client('alice')
    const source = await server.file('large.bin', 20_000_000)
    expect((await alice.send(server.aor('bob'), source).done).ok).toBe(true)
    const bob = await server.client('bob')
    for await (const offer of bob.offers()) {
      const received = offer.accept()
      for await (const event of received) if (event.type === 'progress' && event.bytes > 0) break
      const drained = server.server.drain(10_000)
      expect((await received.done).ok).toBe(true)
      await drained
      expect(await sameOctets(pathOf(received), source)).toBe(true)
      break
    }
    await expect.poll(spooled).toEqual([])
  }, 30_000)

  it('of somebody who stays unnamed is brought without a name @req RCS-9 SIP-29', async () => {
    world = await ServerWorld.start()
    const alice = await world.client('alice', { anonymous: true })
    const source = await world.file('a.bin', 5000)
    expect((await alice.send(world.aor('bob'), source).done).ok).toBe(true)
    const received = await takeNext(await world.client('bob'))
    expect(received.peer.identity).toBe('anonymous')
    expect(JSON.stringify(received.peer)).not.toContain('alice')
  }, 20_000)

  it('is refused beyond a quota and where nothing is kept, as if there were no store @req RCS-9 SEC-4', async () => {
    const limits = { file: 10_000, ofRecipient: 15_000, ofSender: 24_000, total: 100_000 }
    world = await ServerWorld.start({ storeAndForward: { limits, notFor: ['sip:zoe@cpm.test'] } })
    const alice = await world.client('alice', { releaseTimer: 0 })
    const [large, small] = [await world.file('large.bin', 10_001), await world.file('small.bin', 9000)]
    const outcome = async (to: string, file: string): Promise<string | undefined> => {
      const report = await alice.send((world as ServerWorld).aor(to), file).done
      // a session that lives on would take the next file
      await new Promise(resolve => setTimeout(resolve, 200))
      return report.ok ? 'kept' : (report.error?.code ?? report.files[0]?.error?.code)
    }
    expect(await outcome('bob', large)).toBe('unreachable')
    expect(await outcome('zoe', small)).toBe('unreachable')
    expect(await outcome('bob', small)).toBe('kept')
    // of the recipient
    expect(await outcome('bob', small)).toBe('unreachable')
    expect(await outcome('carol', small)).toBe('kept')
    // of the sender
    expect(await outcome('dan', small)).toBe('unreachable')
    expect(await spooled()).toHaveLength(2)
  }, 20_000)

  it('is thrown away when nobody comes in time @req RCS-9', async () => {
    const news: string[] = []
    const metrics = { host: '127.0.0.1', port: 0 }
    world = await ServerWorld.start({ metrics, storeAndForward: { limits: { ttl: 400 }, onNews: ({ type }) => news.push(type) } })
    const alice = await world.client('alice')
    expect((await alice.send(world.aor('bob'), await world.file('a.bin', 5000)).done).ok).toBe(true)
    await expect.poll(() => news, { timeout: 5000 }).toEqual(['stored', 'expired'])
    await expect.poll(spooled).toEqual([])
    const numbers = await (await fetch(`${world.server.metrics}/metrics`)).text()
    expect(numbers).toContain('cpmft_deposits_total{event="expired"} 1')
  }, 20_000)
})

describe('a file for a group, some of whose members are away', () => {
  it('goes to those who are there, and to the others when they come, from one copy @req RCS-9 RCS-10 GRP-29', async () => {
    const news: string[] = []
    const onNews = ({ type, deposit }: { type: string; deposit: { recipient: string } }) => news.push(`${type} ${deposit.recipient}`)
    world = await ServerWorld.start({ storeAndForward: { onNews } })
    const server = world
    const alice = await server.client('alice')
    const bob = await server.client('bob')
    const source = await server.file('plan.bin', 700_000)
    const taken = takeNext(bob)
    const transfer = alice.send(group(['bob', 'carol', 'dan'].map(user => server.aor(user))), source)
    const report = await transfer.done
    expect(await sameOctets(pathOf(await taken), source)).toBe(true)
    const states = new Map(report.recipients?.map(({ uri, state }) => [uri, state]))
    expect([server.aor('bob'), server.aor('carol'), server.aor('dan')].map(uri => states.get(uri))).toEqual([
      'delivered',
      'stored',
      'stored',
    ])
    expect(await spooled()).toHaveLength(1)
    for (const user of ['carol', 'dan']) {
      const received = await takeNext(await server.client(user))
      expect(await sameOctets(pathOf(received), source)).toBe(true)
      expect(received.peer).toMatchObject({ uri: server.aor('alice'), identity: 'asserted' })
      await expect.poll(() => news).toContain(`delivered ${server.aor(user)}`)
      await expect.poll(spooled).toHaveLength(user === 'carol' ? 1 : 0)
    }
  }, 30_000)
})
